"""Where compiled kernels are kept: in a folder of this user's own, because numba keeps them as pickles."""

import atexit
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from safefiles.private_folder import made_private
from safefiles.writing import unwritable

CACHE_VARIABLE: Final = "BANKSHOT_KERNEL_CACHE"


@dataclass(frozen=True)
class KernelCache:
    """The folder in use; `problem` says why it is not the wanted one, and then it is emptied at the end."""

    root: Path
    wanted: Path
    problem: str = ""


_known: dict[str, KernelCache] = {}  # by what the variable said


def kernel_cache() -> KernelCache:
    """Return the folder of kernel caches: $BANKSHOT_KERNEL_CACHE or the user's cache folder, where it is private.

    One that others can write, that is another user's or that cannot be written is not used: the kernels are then
    compiled into a temporary folder, which this process's children are told of and which goes with it.
    """
    chosen = os.environ.get(CACHE_VARIABLE, "")
    if chosen not in _known:
        _known[chosen] = _checked(chosen)
    return _known[chosen]


def _checked(chosen: str) -> KernelCache:
    default = Path(platformdirs.user_cache_dir("bankshot", appauthor=False)) / "kernels"
    wanted = Path(chosen).absolute() if chosen else default
    problem = made_private(wanted) or unwritable(wanted)
    if not problem:
        return KernelCache(wanted, wanted)
    folder = Path(tempfile.mkdtemp(prefix="bankshot-"))  # private by its making
    owner = os.getpid()
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == owner else None)
    cache = KernelCache(folder / "kernels", wanted, problem)
    os.environ[CACHE_VARIABLE] = str(cache.root)
    _known[str(cache.root)] = cache
    return cache
