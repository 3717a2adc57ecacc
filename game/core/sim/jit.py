"""`jit`: runs a kernel's machine code from the package, or compiles it with numba, and never uses outdated code.

Numba's disk cache checks only the kernel's own file. So the name of the cache folder contains a hash of everything that the
machine code depends on: the rules, every source of the core and the bots, the kernels of matches, numba's version, the CPU
and whether bounds are checked. numba is imported when something must be compiled; if it was imported before, its setting
is changed in place. NUMBA_CACHE_DIR is ignored: its folder may belong to another user.
"""

import hashlib
import os
import platform
import sys
from collections.abc import Callable, Sequence
from functools import update_wrapper
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from game.core.sim.kernel_cache import CACHE_VARIABLE, kernel_cache
from game.core.sim.prebuilt import ArgumentBlock, KernelEntry, prebuilt, read_result, write_argument

__all__ = ["CACHE_VARIABLE", "cache_folder", "cache_root", "jit", "jit_inline", "source_digest"]

Function = TypeVar("Function", bound=Callable[..., Any])


def source_digest(package: Path) -> str:
    """Return the hash that names the kernel cache: of the sources below `package` (`core`) and the kernels of matches."""
    digest = hashlib.sha256()
    files = [
        package / "rules.py",
        *sorted((package / "sim").glob("*.py")),
        *sorted((package / "bots").glob("*.py")),
        *sorted((package.parent / "match").glob("*kernels.py")),  # these call each other's kernels
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
    """Return the folder of the kernel caches. It belongs to this user only, because numba stores kernels as pickles."""
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


def point_numba_at_cache() -> None:
    """Make numba use this build's cache folder instead of NUMBA_CACHE_DIR."""
    folder = str(cache_folder())
    if "numba" in sys.modules:
        from numba import config

        config.CACHE_DIR = folder  # type: ignore[attr-defined]
    os.environ["NUMBA_CACHE_DIR"] = folder


def _numba() -> Any:
    """Return numba, which takes a second to import, with its cache folder set."""
    point_numba_at_cache()
    import numba

    from game.core.sim import lanes_numba

    lanes_numba.register()
    return numba


class Kernel:
    """A compiled function: machine code from the package (`prebuilt`), or else compiled by numba.

    A call from Python looks for a prebuilt entry that takes the arguments. Kernels that call it use numba's dispatcher.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self.py_func = function
        self._options = options
        self._entries: Sequence[KernelEntry] | None = None
        self._dispatcher: Any = None
        update_wrapper(self, function)

    def dispatcher(self) -> Any:
        """Return numba's dispatcher, which compiles for any arguments."""
        if self._dispatcher is None:
            compiler: Any = _numba().njit(cache=True, nogil=True, **self._options)
            self._dispatcher = compiler(self.py_func)
            _compile_once_for_integers(self._dispatcher)
        return self._dispatcher

    @property
    def _numba_type_(self) -> Any:
        """The type that numba gives this object when a kernel calls it."""
        return _numba().types.Dispatcher(self.dispatcher())

    def __call__(self, *args: Any) -> Any:
        """Run the kernel. Raises RuntimeError if its machine code fails."""
        entries = self._entries
        if entries is None:
            entries = self._entries = self._prebuilt()
        for entry in entries:
            if len(args) != entry.count:
                continue
            try:
                arguments = entry.blocks.pop()
            except IndexError:  # every block is in use by a thread
                arguments = ArgumentBlock(entry)
            if not _fill(entry, arguments, args):
                entry.blocks.append(arguments)
                continue
            if entry.call(arguments.address):
                raise RuntimeError(f"kernel {self.py_func.__name__}: an error in its machine code")
            found = read_result(arguments.block, entry.slots, entry.result, entry.results)
            entry.blocks.append(arguments)
            return found
        if MISSES and prebuilt() is not None:
            for callback in MISSES:
                callback(self)
        return self.dispatcher()(*args)

    def _prebuilt(self) -> "Sequence[KernelEntry]":
        made = prebuilt()
        return made.entries.get((self.py_func.__module__, self.py_func.__name__), ()) if made else ()


def release_arguments() -> None:
    """Release the arrays of the last calls: each entry keeps its arguments so that unchanged ones need not be written again."""
    made = prebuilt()
    for entries in made.entries.values() if made else ():
        for entry in entries:
            for arguments in list(entry.blocks):
                arguments.held = [arguments] * entry.count


MISSES: Final[list[Callable[[Kernel], None]]] = []  # called with a kernel whose call no prebuilt entry takes


def _fill(entry: KernelEntry, arguments: ArgumentBlock, args: tuple[Any, ...]) -> bool:
    held = arguments.held
    for n, value in enumerate(args):
        if value is held[n]:
            continue
        held[n] = arguments  # matches no argument until the value is written
        if not write_argument(arguments.block, entry.starts[n], entry.arguments[n], value):
            return False
        held[n] = value
    return True


def _compile(function: Function, **options: Any) -> Function:
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        return function
    kernel: Any = Kernel(function, options)
    return cast("Function", kernel)


def _compile_once_for_integers(dispatcher: Any) -> None:
    """Compile a kernel once for all integers, not once for every constant that another kernel passes."""
    resolve = dispatcher.get_call_template
    plain: Any = _numba().types.unliteral

    def template(args: Any, keywords: Any) -> Any:
        return resolve(tuple(map(plain, args)), {name: plain(kind) for name, kind in keywords.items()})

    dispatcher.get_call_template = template


def jit(function: Function) -> Function:
    """Compile `function` with numba: no fastmath, cached on disk, without the GIL.

    Numba's memory runtime is off too: kernels write into the caller's arrays and cannot allocate (numba refuses to
    compile one that does), and arrays are not reference-counted at every call, which would cost a third of a tick.
    """
    return _compile(function, _nrt=False)


def jit_inline(function: Function) -> Function:
    """Compile a small kernel as `jit` does and let LLVM inline it into every caller: for code that runs for each tank or leg."""
    return _compile(function, _nrt=False, forceinline=True)
