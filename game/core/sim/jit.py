"""`jit`: compile a kernel with numba and cache it where a changed rule or helper can never be missed.

Numba's disk cache looks at the kernel's own file only. So the cache folder's name carries a hash of everything the
machine code depends on: the rules, every source of the core and the bots, numba's version, the CPU and whether
bounds are checked. Kernels import it, so it comes before numba; where numba was loaded first it redirects the setting
in place. NUMBA_CACHE_DIR is overruled: a folder that it names may be another's.
"""

import hashlib
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from game.core.sim.kernel_cache import CACHE_VARIABLE, kernel_cache

__all__ = [
    "CACHE_VARIABLE",
    "cache_folder",
    "cache_root",
    "jit",
    "jit_allocating",
    "jit_inline",
    "source_digest",
]

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def source_digest(package: Path) -> str:
    """Return the hash that names the kernel cache, over the sources below `package` (the `core` folder)."""
    digest = hashlib.sha256()
    files = [
        package / "rules.py",
        *sorted((package / "sim").glob("*.py")),
        *sorted((package / "bots").glob("*.py")),
    ]
    for file in files:
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    flags = (
        os.environ.get("NUMBA_BOUNDSCHECK", ""),
        os.environ.get("NUMBA_DISABLE_JIT", ""),
        platform.machine(),
        _cpu_name(),
        platform.python_version(),
        _numba_version(),
    )
    digest.update("\0".join(flags).encode())
    return digest.hexdigest()[:24]


def cache_root() -> Path:
    """Return the folder that holds the kernel caches: this user's own, because numba keeps kernels as pickles."""
    return kernel_cache().root


def cache_folder() -> Path:
    """Return this build's cache folder."""
    return cache_root() / source_digest(Path(__file__).resolve().parents[1])


def _numba_version() -> str:
    from importlib.metadata import version

    return version("numba")


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith(("model name", "flags")):
                return line
    except OSError:
        pass
    return platform.processor()


def _point_numba_at_cache() -> None:
    folder = str(cache_folder())
    if "numba" in sys.modules:
        from numba import config

        config.CACHE_DIR = folder  # type: ignore[attr-defined]
    os.environ["NUMBA_CACHE_DIR"] = folder


_point_numba_at_cache()

from numba import njit, types  # noqa: E402  (the cache folder must be set first)


def _compile(function: Kernel, **options: Any) -> Kernel:
    compiler: Any = njit(cache=True, nogil=True, **options)
    compiled: Any = compiler(function)
    if compiled is not function:  # NUMBA_DISABLE_JIT hands the function back
        _forget_literals(compiled)
    kernel: Kernel = compiled
    return kernel


def _forget_literals(dispatcher: Any) -> None:
    """Compile a kernel once for all integers, not again for every constant that another kernel calls it with."""
    resolve = dispatcher.get_call_template
    plain: Any = types.unliteral

    def template(args: Any, keywords: Any) -> Any:
        return resolve(tuple(map(plain, args)), {name: plain(kind) for name, kind in keywords.items()})

    dispatcher.get_call_template = template


def jit(function: Kernel) -> Kernel:
    """Compile `function` with numba: no fastmath, cached on disk, without the GIL.

    Without numba's memory runtime too: kernels write into the caller's arrays and cannot allocate (numba refuses to
    compile one that does), and no array's reference is counted at every call, which costs a third of a tick.
    """
    return _compile(function, _nrt=False)


def jit_inline(function: Kernel) -> Kernel:
    """Compile a small kernel as `jit` does and let LLVM put it into every caller: for what runs at each tank or leg."""
    return _compile(function, _nrt=False, forceinline=True)


def jit_allocating(function: Kernel) -> Kernel:
    """Compile a kernel that needs working memory of its own: for set-up, never for a tick."""
    return _compile(function)
