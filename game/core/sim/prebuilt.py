"""Kernels as machine code that comes with the package, so that nobody waits for a compiler.

`python -m game.cli.build_kernels build` compiles every entry point of the core once, for each platform of PLATFORMS, into the
folder `game/core/prebuilt`: one object file each, and `kernels.json` with how each entry takes its arguments and the
digest of the sources it was made of. A platform may have a second object for a newer kind of processor, with wider vector
registers (`object_name` chooses). llvmlite loads such an object in milliseconds; numba is not imported.

An entry is `int32 NAME(int64 *block)`: its arguments lie in a block of 64-bit slots as numba's calling convention flattens
them (an array: two empty slots, elements, bytes an element, address, shape, strides; a named tuple: its fields), the result
behind them; 0 means that it ended well.

The objects are left aside, and numba compiles as before, where a source has changed, on another platform, where bounds are
checked, and for arguments of another kind than those an entry was built for.
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

VARIABLE: Final = "BANKSHOT_PREBUILT"  # "0": compile everything with numba, as whoever changes a kernel does
PLAIN: Final = (
    "plain"  # VARIABLE of this value: the object for any processor, also where there is one for a newer kind
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
    """What an object is built for."""

    triple: str  # what LLVM calls the platform
    processor: str = ""  # what LLVM calls the kind of processor, "": any
    features: tuple[str, ...] = ()  # what such a processor must have, by LLVM's names


_V3: Final = ("avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe")  # of x86-64-v3, in the x86-64 psABI
PLATFORMS: Final = {
    "linux-x86_64": Platform("x86_64-unknown-linux-gnu"),
    "linux-x86_64-v3": Platform("x86_64-unknown-linux-gnu", "x86-64-v3", _V3),
    "linux-aarch64": Platform("aarch64-unknown-linux-gnu"),
    "macos-arm64": Platform("arm64-apple-macosx11.0.0"),
    "windows-x86_64": Platform("x86_64-pc-windows-msvc"),
}
TRIED: Final = frozenset(
    {"linux-x86_64", "linux-x86_64-v3", "linux-aarch64"}
)  # the others were built and never run: numba compiles there
_ARRAY: Final = "array"
_SYSTEMS: Final = {"Linux": "linux", "Darwin": "macos", "Windows": "windows"}
_MACHINES: Final = {"AMD64": "x86_64", "arm64": "aarch64"}


class ArgumentLayout(NamedTuple):
    """How one argument lies in the block."""

    kind: str  # "array", "tuple", or the numba type of a number
    dtype: str = ""  # of an array
    ndim: int = 0  # of an array
    parts: "tuple[ArgumentLayout, ...]" = ()  # of a tuple

    @property
    def size(self) -> int:
        """How many slots it takes."""
        if self.kind == _ARRAY:
            return 5 + 2 * self.ndim
        return sum(part.size for part in self.parts) if self.kind == "tuple" else 1

    @classmethod
    def of(cls, row: Any) -> "ArgumentLayout":
        """Return what a row of the table says: [kind], ["array", dtype, ndim] or ["tuple", row, row …]."""
        if row[0] == "tuple":
            return cls("tuple", parts=tuple(map(cls.of, row[1:])))
        return cls(*row)


def platform_name() -> str:
    """Return what this machine is called in PLATFORMS; another name where there is no object for it."""
    machine = _MACHINES.get(platform.machine(), platform.machine())
    system = _SYSTEMS.get(platform.system(), platform.system())
    return f"{system}-arm64" if (system, machine) == ("macos", "aarch64") else f"{system}-{machine}"


@lru_cache(maxsize=1)
def _processor() -> frozenset[str]:
    """What this processor can do, by LLVM's names."""
    return frozenset(name for name, has in llvm.get_host_cpu_features().items() if has)


def object_name() -> str:
    """Return which object of PLATFORMS this machine takes: the one for the newest kind of processor that it is."""
    name = platform_name()
    if os.environ.get(VARIABLE) == PLAIN:
        return name
    newer = [each for each in PLATFORMS if each.startswith(f"{name}-")]
    return next((each for each in newer if _processor().issuperset(PLATFORMS[each].features)), name)


def source_files(package: Path = PACKAGE) -> list[Path]:
    """Return the files that the machine code is made of, below `package` (the `game` folder)."""
    return [path for pattern in SOURCES for path in sorted(package.glob(pattern))]


def digest_of(paths: Sequence[Path]) -> str:
    """Return the hash of names and contents, whatever the line endings of a checkout are."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


class KernelEntry:
    """One entry point: its arguments and its machine code. Any number of threads may call it at once."""

    def __init__(self, row: Mapping[str, Any], call: Callable[[int], int], owner: object = None) -> None:
        """`owner`: what the machine code lives in, and must live as long as the entry."""
        self.owner = owner
        self.arguments = tuple(map(ArgumentLayout.of, row["args"]))
        self.count = len(self.arguments)
        self.starts = [sum(each.size for each in self.arguments[:n]) for n in range(self.count)]
        self.slots = sum(each.size for each in self.arguments)
        self.result: str = row["result"]
        self.results: int = row["results"]  # numbers that it returns
        self.call = call
        self.blocks: list[ArgumentBlock] = []  # free ones


class ArgumentBlock:
    """A block, and what lies in it: an argument that is the very same object as before need not be written again."""

    __slots__ = ("address", "block", "held")

    def __init__(self, entry: KernelEntry) -> None:
        self.block: IntArray = np.zeros(entry.slots + max(entry.results, 1), np.int64)
        self.address: int = self.block.ctypes.data
        self.held: list[object] = [self] * entry.count


def write_argument(block: IntArray, at: int, slots: ArgumentLayout, value: Any) -> bool:
    """Write an argument into its slots; return False, with nothing to rely on there, where it is of another kind."""
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
    """Return what an entry returned, as numba would: numbers as Python's, several as a tuple."""
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
        """Load an object. Raises whatever llvmlite or the table make of something that is none."""
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = llvm.Target.from_default_triple().create_target_machine(opt=1, jit=True)
        # It owns the code. llvmlite's memory manager lays all sections into one block: LLVM's own may put them further
        # apart than the 2 GiB that their addresses of each other can hold, and then ends the process.
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
    """Return why numba compiles the kernels; empty where the prebuilt ones can be used."""
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


_LOADING: Final = Lock()  # lru_cache alone lets two threads load it at once


def prebuilt() -> Prebuilt | None:
    """Return the machine code of this package, the same to every thread; None where numba must compile."""
    with _LOADING:
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> Prebuilt | None:
    return load_prebuilt()


def load_prebuilt() -> Prebuilt | None:
    """Load the machine code of this package once more; None where numba must compile."""
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
    except Exception:  # whatever it is, numba can do it
        return None
