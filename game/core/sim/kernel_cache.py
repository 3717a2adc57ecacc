"""The folder of compiled kernels, into which no other user can put files.

numba stores compiled kernels as pickles, which run code when they are loaded. So they are loaded only from such a folder.
"""

import atexit
import os
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

CACHE_VARIABLE: Final = "BANKSHOT_KERNEL_CACHE"
MODE: Final = 0o700
# A build's folder, as `jit.source_digest` names it; how many kernels a start compiled; a file that is being written
_KERNELS: Final = re.compile(r"[0-9a-f]{24}|count\.json|\..*\.part")


@dataclass(frozen=True)
class KernelCache:
    """The folder in use; `problem` says why it is not the requested one: then it is temporary and deleted at the end."""

    root: Path
    wanted: Path
    problem: str = ""


_known: dict[str, KernelCache] = {}  # cache folders by the value of the variable


def kernel_cache() -> KernelCache:
    """Return the folder of kernel caches: $BANKSHOT_KERNEL_CACHE or the user's cache folder, if it is private.

    A folder that others can write, that belongs to another user or that cannot be written is not used: the kernels are
    then compiled into a temporary folder, which child processes share and which is deleted when this process ends.
    """
    chosen = os.environ.get(CACHE_VARIABLE, "")
    if chosen not in _known:
        _known[chosen] = _check(chosen)
    return _known[chosen]


def _check(chosen: str) -> KernelCache:
    default = Path(platformdirs.user_cache_dir("bankshot", appauthor=False)) / "kernels"
    wanted = Path(chosen).absolute() if chosen else default
    problem = make_private(wanted) or _unwritable(wanted)
    if not problem:
        return KernelCache(wanted, wanted)
    folder = Path(tempfile.mkdtemp(prefix="bankshot-"))  # private from its creation
    owner = os.getpid()
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == owner else None)
    cache = KernelCache(folder / "kernels", wanted, problem)
    os.environ[CACHE_VARIABLE] = str(cache.root)
    _known[str(cache.root)] = cache
    return cache


def make_private(folder: Path) -> str:
    """Make a folder that only this user can read and write; return "" on success, otherwise the reason why it cannot be.

    The folder must belong to this user and its parents to this user or the system; none of them may be writable by
    others, except a parent with the sticky bit, such as /tmp, where users cannot replace each other's files. If others
    can read the folder, this is changed only if it holds nothing but kernels: other files may be meant for them. On Windows
    the user's folders are closed to others already, and nothing is checked.
    """
    try:
        folder.mkdir(mode=MODE, parents=True, exist_ok=True)
        if os.name == "nt":
            return ""
        place = folder.resolve(strict=True)
        found = place.stat()
        if found.st_uid != os.geteuid():
            return f"expected a folder of user {os.geteuid()}, found one of user {found.st_uid}"
        if _others_write(found):
            return (
                f"expected a folder that only its owner can write, found mode {stat.S_IMODE(found.st_mode):o}"
            )
        owners = _trusted_owners()
        for parent in place.parents:
            above = parent.stat()
            if above.st_uid not in owners:
                return f"expected a path below folders of the user or the system, found {parent} of user {above.st_uid}"
            if _others_write(above) and not above.st_mode & stat.S_ISVTX:
                return f"expected a path below folders that others cannot write, found {parent}"
        if stat.S_IMODE(found.st_mode) & ~stat.S_ISVTX != MODE:
            other = next((name for name in os.listdir(place) if not _KERNELS.fullmatch(name)), None)
            if other is not None:
                return f"expected a folder for kernels alone, found {other} in it"
            place.chmod(MODE)
    except (
        OSError,
        RuntimeError,
        ValueError,
    ) as error:  # RuntimeError: a loop of links, before Python 3.13
        return str(getattr(error, "strerror", None) or error)
    return ""


def _unwritable(folder: Path) -> str:
    """Return why no file can be written into a folder, "" if one can."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return str(error.strerror or error)


def _others_write(found: os.stat_result) -> bool:
    """Whether users other than the owner and root may write there."""
    if found.st_mode & stat.S_IWOTH:
        return True
    return bool(found.st_mode & stat.S_IWGRP) and not _is_own_group(found.st_gid, found.st_uid)


def _is_own_group(group: int, owner: int) -> bool:
    """Whether a group is root's, or the user's private group that many systems make: of the same name, with no other member."""
    if group == 0:
        return True
    try:
        import grp
        import pwd

        name = pwd.getpwuid(owner).pw_name
        entry = grp.getgrgid(group)
    except (ImportError, KeyError):
        return False
    return entry.gr_name == name and set(entry.gr_mem) <= {name}


def _trusted_owners() -> frozenset[int]:
    """The user and root; inside a user namespace also the user `nobody`, to whom root's folders belong there."""
    owners = {os.geteuid(), 0}
    try:
        mapped = Path("/proc/self/uid_map").read_text(encoding="ascii").split()
        if mapped[:2] != ["0", "0"] or len(mapped) != 3 or int(mapped[2]) < 1 << 31:
            owners.add(int(Path("/proc/sys/kernel/overflowuid").read_text(encoding="ascii")))
    except (OSError, ValueError, IndexError):
        pass
    return frozenset(owners)
