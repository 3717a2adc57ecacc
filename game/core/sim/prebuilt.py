"""Kernels as machine code in the package, so that users need not wait for a compiler.

`python -m game.cli.build_kernels build` compiles every entry point of the core once, for each platform of PLATFORMS, into the
folder `game/core/prebuilt`: one object file each, and `kernels.json` with the argument layout of each entry and the
digest of the sources. A platform may have a second object for newer processors with wider vector
registers (`object_name` chooses). llvmlite loads such an object in milliseconds; numba is not imported.

An entry is `int32 NAME(int64 *block)`: its arguments are in a block of 64-bit slots, flattened as in numba's calling
convention (an array: two empty slots, elements, bytes per element, address, shape, strides; a named tuple: its fields),
followed by the result; it returns 0 on success.

The objects are not used, and numba compiles instead, if a source has changed, on another platform, if bounds are
checked, and for arguments of other types than those an entry was built for.
"""

import ctypes
import hashlib
import json
import os
import platform
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Final, NamedTuple

import llvmlite.binding as llvm
import numpy as np

from game.core.sim.arrays import IntArray

VARIABLE: Final = "BANKSHOT_PREBUILT"  # "0": compile everything with numba, for work on kernels
PLAIN: Final = (
    "plain"  # value of VARIABLE: use the object for any processor, even if there is one for newer processors
)
PACKAGE: Final = Path(__file__).resolve().parents[2]  # `game`
FOLDER: Final = PACKAGE / "core" / "prebuilt"
TABLE: Final = FOLDER / "kernels.json"
SCHEMA: Final = 1
SOURCES: Final = (
    "core/rules.py",
    "core/sim/*.py",
    "core/bots/*.py",
    "env/kernels.py",
    "match/kernels.py",
    "match/trace_kernels.py",
    "view/bloom.py",
)


class Platform(NamedTuple):
    """The platform for which an object is built."""

    triple: str  # LLVM's name of the platform
    processor: str = ""  # LLVM's name of the processor type, "": any
    features: tuple[str, ...] = ()  # features that such a processor must have, by LLVM's names


_V3: Final = (
    "avx2",
    "bmi",
    "bmi2",
    "f16c",
    "fma",
    "lzcnt",
    "movbe",
)  # features of x86-64-v3 in the x86-64 psABI
PLATFORMS: Final = {
    "linux-x86_64": Platform("x86_64-unknown-linux-gnu"),
    "linux-x86_64-v3": Platform("x86_64-unknown-linux-gnu", "x86-64-v3", _V3),
    "linux-aarch64": Platform("aarch64-unknown-linux-gnu"),
    "macos-arm64": Platform("arm64-apple-macosx11.0.0"),
    "windows-x86_64": Platform("x86_64-pc-windows-msvc"),
}
TRIED: Final = frozenset(
    {"linux-x86_64", "linux-x86_64-v3", "linux-aarch64"}
)  # the others were built but never run: numba compiles there
_ARRAY: Final = "array"
_SYSTEMS: Final = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}
_MACHINES: Final = {"AMD64": "x86_64", "arm64": "aarch64"}


class ArgumentLayout(NamedTuple):
    """The layout of one argument in the block."""

    kind: str  # "array", "tuple", or the numba type of a number
    dtype: str = ""  # for an array
    ndim: int = 0  # for an array
    parts: "tuple[ArgumentLayout, ...]" = ()  # for a tuple

    @property
    def size(self) -> int:
        """Number of slots."""
        if self.kind == _ARRAY:
            return 5 + 2 * self.ndim
        return sum(part.size for part in self.parts) if self.kind == "tuple" else 1

    @classmethod
    def of(cls, row: Any) -> "ArgumentLayout":
        """Return the layout that a row of the table describes: [kind], ["array", dtype, ndim] or ["tuple", row, row …]."""
        if row[0] == "tuple":
            return cls("tuple", parts=tuple(map(cls.of, row[1:])))
        return cls(*row)


def platform_name() -> str:
    """Return this machine's name in PLATFORMS, or another name if there is no object for it."""
    machine = _MACHINES.get(platform.machine(), platform.machine())
    system = _SYSTEMS.get(platform.system(), platform.system())
    return f"{system}-arm64" if (system, machine) == ("macos", "aarch64") else f"{system}-{machine}"


@lru_cache(maxsize=1)
def _processor() -> frozenset[str]:
    """Return the features of this processor, by LLVM's names."""
    return frozenset(name for name, has in llvm.get_host_cpu_features().items() if has)


def object_name() -> str:
    """Return the object of PLATFORMS for this machine: the one for the newest processor type that it supports."""
    name = platform_name()
    if os.environ.get(VARIABLE) == PLAIN:
        return name
    newer = [each for each in PLATFORMS if each.startswith(f"{name}-")]
    return next((each for each in newer if _processor().issuperset(PLATFORMS[each].features)), name)


def source_files(package: Path = PACKAGE) -> list[Path]:
    """Return the source files of the machine code, below `package` (the `game` folder)."""
    return [path for pattern in SOURCES for path in sorted(package.glob(pattern))]


def digest_of(paths: Sequence[Path]) -> str:
    """Return the hash of names and contents, with line endings normalised."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


class KernelEntry:
    """One entry point: its arguments and its machine code. Several threads may call it at the same time."""

    def __init__(self, row: Mapping[str, Any], call: Callable[[int], int], owner: object = None) -> None:
        """`owner`: the object that holds the machine code and must exist as long as the entry."""
        self.owner = owner
        self.arguments = tuple(map(ArgumentLayout.of, row["args"]))
        self.count = len(self.arguments)
        self.starts = [sum(each.size for each in self.arguments[:n]) for n in range(self.count)]
        self.slots = sum(each.size for each in self.arguments)
        self.result: str = row["result"]
        self.results: int = row["results"]  # count of returned numbers
        self.call = call
        self.blocks: list[ArgumentBlock] = []  # blocks not in use


class ArgumentBlock:
    """A block and the arguments in it: an argument that is the identical object as before need not be written again."""

    __slots__ = ("address", "block", "held")

    def __init__(self, entry: KernelEntry) -> None:
        self.block: IntArray = np.zeros(entry.slots + max(entry.results, 1), np.int64)
        self.address: int = self.block.ctypes.data
        self.held: list[object] = [self] * entry.count


def write_argument(block: IntArray, at: int, slots: ArgumentLayout, value: Any) -> bool:
    """Write an argument into its slots; return False, with undefined slots, if it has another type."""
    kind = slots.kind
    if kind == _ARRAY:
        if type(value) is not np.ndarray or value.dtype != slots.dtype or value.ndim != slots.ndim:
            return False
        flags = value.flags
        if not (flags.c_contiguous and flags.writeable and flags.aligned):
            return False
        block[at : at + slots.size] = (
            0, 0, value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides,
        )  # fmt: skip
        return True
    if kind == "tuple":
        if not isinstance(value, tuple) or len(value) != len(slots.parts):
            return False
        for part, each in zip(slots.parts, value, strict=True):
            if not write_argument(block, at, part, each):
                return False
            at += part.size
        return True
    return _write_number(block, at, kind, value)


def _write_number(block: IntArray, at: int, kind: str, value: Any) -> bool:
    if kind == "int64" and type(value) in (int, np.int64):
        block[at] = value
    elif kind == "uint64" and type(value) is np.uint64:
        block[at] = value.astype(np.int64)
    elif kind == "bool" and type(value) in (bool, np.bool_):
        block[at] = value
    elif kind == "float64" and type(value) in (float, np.float64):
        block[at : at + 1].view(np.float64)[0] = value
    else:
        return False
    return True


def read_result(block: IntArray, at: int, kind: str, count: int) -> Any:
    """Return the result of an entry as numba would: Python numbers, several as a tuple."""
    if kind == "none":
        return None
    if kind == "tuple":
        return tuple(block[at : at + count].tolist())
    found = int(block[at])
    if kind == "bool":
        return bool(found & 1)
    if kind == "float64":
        return float(block[at : at + 1].view(np.float64)[0])
    return found & 0xFFFFFFFFFFFFFFFF if kind == "uint64" else found


class Prebuilt:
    """The loaded machine code: entries by the kernel's module and name."""

    def __init__(self, table: Mapping[str, Any], code: bytes) -> None:
        """Load an object. For an invalid object or table it raises any exception that llvmlite or the parsing raises."""
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = llvm.Target.from_default_triple().create_target_machine(opt=1, jit=True)
        # It owns the code. llvmlite's memory manager puts all sections into one block: LLVM's own may put them further
        # apart than 2 GiB, the range of their relative addresses, and then ends the process.
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine, use_lmm=True)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        prototype = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)
        self.entries: dict[tuple[str, str], list[KernelEntry]] = {}
        for row in table["entries"]:
            address = self._engine.get_function_address(row["label"])
            entry = KernelEntry(row, prototype(address), self._engine)
            self.entries.setdefault((row["module"], row["kernel"]), []).append(entry)


def unavailable_reason() -> str:
    """Return why the prebuilt kernels cannot be used and numba compiles instead; empty if they can."""
    asked = os.environ.get(VARIABLE, "")
    if asked not in ("", PLAIN):
        return f"{VARIABLE} is 0" if asked == "0" else f"{VARIABLE}: expected 0 or {PLAIN}, found {asked!r}"
    for flag in ("NUMBA_BOUNDSCHECK", "NUMBA_DISABLE_JIT"):
        if os.environ.get(flag, "0") not in ("", "0"):
            return f"{flag} is set"
    name = object_name()
    if name not in TRIED:
        return (
            f"the machine code for {name} has never been run"
            if name in PLATFORMS
            else f"there is none for {name}"
        )
    if sys.byteorder != "little" or not (FOLDER / f"{name}.o.z").is_file() or not TABLE.is_file():
        return f"{FOLDER.name}/{name}.o.z is not there"
    return ""


_LOADING: Final = Lock()  # lru_cache alone would let two threads load it


def prebuilt() -> Prebuilt | None:
    """Return the machine code of this package, shared by all threads; None if numba must compile."""
    with _LOADING:
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> Prebuilt | None:
    return load_prebuilt()


def load_prebuilt() -> Prebuilt | None:
    """Load the machine code of this package again; None if numba must compile."""
    if unavailable_reason():
        return None
    try:
        table = json.loads(TABLE.read_text(encoding="utf-8"))
        if table["schema"] != SCHEMA or table["sources"] != digest_of(source_files()):
            return None  # a rule or a kernel was changed
        name = object_name()
        code = zlib.decompress((FOLDER / f"{name}.o.z").read_bytes())
        if hashlib.sha256(code).hexdigest() != table["objects"][name]:
            return None
        return Prebuilt(table, code)
    except Exception:  # for any error: numba can compile the kernels
        return None
