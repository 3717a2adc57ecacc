"""Machine code that ships: of today's sources, complete, the same as numba's, and left aside wherever it does not fit."""

import json
import os
import shutil
import subprocess
import sys
import threading
import weakref
import zlib
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest

from game.core.sim import prebuilt as pb
from game.core.sim.jit import CACHE_VARIABLE
from game.core.sim.prebuilt import (
    ArgumentLayout,
    KernelEntry,
    digest_of,
    read_result,
    source_files,
    write_argument,
)
from tests.contracts.tree import ROOT, run_python

FITS = pytest.mark.skipif(
    pb.unavailable_reason() != "", reason=f"no machine code here: {pb.unavailable_reason()}"
)
EXERCISE = """
import sys
from game.core.sim import jit
missed = set()
jit.MISSES.append(lambda kernel: missed.add(kernel.py_func.__qualname__))
from game.cli.exercise import run_all_kernels
run_all_kernels()
print(sorted(missed), "numba" in sys.modules)
"""


def test_the_machine_code_is_of_these_sources() -> None:
    """After a change of a rule or a kernel: `python -m game.cli.build_kernels build`."""
    table = json.loads(pb.TABLE.read_text(encoding="utf-8"))
    assert table["sources"] == digest_of(source_files())
    assert set(table["objects"]) == set(pb.PLATFORMS)
    assert {path.name for path in pb.FOLDER.iterdir()} == {
        "kernels.json",
        *(f"{name}.o.z" for name in pb.PLATFORMS),
    }


@FITS
def test_nothing_that_plays_watches_records_or_trains_compiles(tmp_path: Path) -> None:
    done = run_python("-c", EXERCISE, cwd=ROOT, **{CACHE_VARIABLE: str(tmp_path)})
    assert done.stdout.strip().splitlines()[-1:] == ["[] False"], done.stderr


@FITS
def test_a_call_of_another_kind_is_told_and_compiled(tmp_path: Path) -> None:
    program = (
        "import sys, numpy as np\nfrom game.core.sim import jit\nfrom game.core.sim.setup import begin_match\n"
        "jit.MISSES.append(lambda kernel: print(kernel.py_func.__name__))\n"
        "from game.core.sim.rng import below, seed_rng\nrng = np.zeros((1, 2), np.uint64)\n"
        "np.seterr(over='ignore'); seed_rng(rng, 0, 5, 1); print(below(rng, 0, 1000), 'numba' in sys.modules)\n"
    )
    done = run_python("-c", program, cwd=ROOT, **{CACHE_VARIABLE: str(tmp_path)})
    assert done.stdout.split()[:2] == ["seed_rng", "below"], done.stderr
    assert done.stdout.split()[-1] == "True"


@pytest.mark.parametrize("flag", [pb.VARIABLE, "NUMBA_BOUNDSCHECK", "NUMBA_DISABLE_JIT"])
def test_flags_that_want_numba_get_it(flag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(flag, "0" if flag == pb.VARIABLE else "1")
    assert flag in pb.unavailable_reason()


@FITS
def test_a_changed_source_or_a_damaged_object_is_left_aside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fresh = pb.load_prebuilt
    assert fresh() is not None
    monkeypatch.setattr(pb, "digest_of", lambda _paths: "another")
    assert fresh() is None
    monkeypatch.undo()
    copy = Path(shutil.copytree(pb.FOLDER, tmp_path / "prebuilt"))
    monkeypatch.setattr(pb, "FOLDER", copy)
    monkeypatch.setattr(pb, "TABLE", copy / "kernels.json")
    assert fresh() is not None
    object_file = copy / f"{pb.object_name()}.o.z"
    good = object_file.read_bytes()
    for bad in (good[:-5], good[: len(good) // 2], b""):
        object_file.write_bytes(bad)
        assert fresh() is None
    other = next(name for name in pb.PLATFORMS if name != pb.object_name())
    shutil.copy(copy / f"{other}.o.z", object_file)
    assert fresh() is None
    object_file.write_bytes(good)
    (copy / "kernels.json").write_text("[]", encoding="utf-8")
    assert fresh() is None


FAR_APART = """
import ctypes, sys
from game.core.sim import prebuilt as pb
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]

def take(pages):  # of address space, without memory
    return libc.mmap(None, pages * 4096, 0, 0x4022, -1, 0)

for pages in (1, 2, 4, 8, 16, 32, 64, 128):
    for _ in range(60):
        take(pages)
small = take(1)
take(1)
large = take(int(sys.argv[1]))
take(1 << 20)
for hole, pages in ((small, 1), (large, int(sys.argv[1]))):
    libc.munmap(hole, pages * 4096)
print(pb.load_prebuilt() is not None)
"""


@FITS
@pytest.mark.skipif(sys.platform != "linux", reason="maps memory as Linux does")
@pytest.mark.parametrize("more", range(6))
def test_holes_in_the_memory_do_not_tear_the_sections_apart(more: int) -> None:
    """Room for the code alone between what is taken, the next one 4 GiB away: LLVM's own memory manager may abort there."""
    code = zlib.decompress((pb.FOLDER / f"{pb.object_name()}.o.z").read_bytes())
    sizes = [each.size() for each in llvm.ObjectFileRef.from_data(code).sections() if each.is_text()]
    pages = -(-max(sizes) // 4096) + more
    done = run_python("-c", FAR_APART, str(pages), cwd=ROOT)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


@FITS
def test_the_object_for_any_processor_plays_the_same_matches() -> None:
    """Elsewhere the suite runs the one for this processor."""
    program = (
        "from game.core.sim import prebuilt as pb\nfrom tests.core.sim import proof\n"
        "lines = proof.GOLDEN.read_text(encoding='utf-8').splitlines()[1:]\n"
        "print(pb.object_name(), pb.prebuilt() is not None, proof.golden_lines() == lines)\n"
    )
    done = run_python("-c", program, cwd=ROOT, **{pb.VARIABLE: pb.PLAIN})
    assert done.stdout.split() == [pb.platform_name(), "True", "True"], done.stderr


def test_an_older_processor_takes_the_plain_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(pb.VARIABLE, raising=False)
    monkeypatch.setattr(pb, "platform_name", lambda: "linux-x86_64")
    newer = frozenset(pb.PLATFORMS["linux-x86_64-v3"].features)
    monkeypatch.setattr(pb, "_processor", lambda: newer | {"sse2"})
    assert pb.object_name() == "linux-x86_64-v3"
    monkeypatch.setattr(pb, "_processor", lambda: newer - {"avx2"})
    assert pb.object_name() == "linux-x86_64"


def test_line_endings_do_not_change_the_digest_and_a_letter_does(tmp_path: Path) -> None:
    path = tmp_path / "rules.py"
    path.write_bytes(b"A = 1\nB = 2\n")
    before = digest_of([path])
    path.write_bytes(b"A = 1\r\nB = 2\r\n")
    assert digest_of([path]) == before
    path.write_bytes(b"A = 1\nB = 3\n")
    assert digest_of([path]) != before


GRID = np.arange(6, dtype=np.int64).reshape(2, 3)
READ_ONLY = GRID.copy()
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    ("row", "value"),
    [
        (["array", "int64", 2], GRID.T),
        (["array", "int64", 2], GRID[:, ::2]),
        (["array", "int64", 2], GRID[0]),
        (["array", "int64", 2], GRID.astype(np.int32)),
        (["array", "int64", 2], READ_ONLY),
        (["array", "int64", 2], GRID.tolist()),
        (["tuple", ["int64"], ["int64"]], (1, 2, 3)),
        (["tuple", ["int64"], ["int64"]], [1, 2]),
        (["int64"], True),
        (["int64"], 1.0),
        (["int64"], np.uint64(1)),
        (["uint64"], 1),
        (["bool"], 1),
        (["float64"], 1),
    ],
)  # fmt: skip
def test_an_argument_of_another_kind_is_refused(row: list[Any], value: Any) -> None:
    assert not write_argument(np.zeros(32, np.int64), 0, ArgumentLayout.of(row), value)


def test_arguments_lie_as_the_table_says() -> None:
    block = np.zeros(16, np.int64)
    slots = ArgumentLayout.of(["tuple", ["array", "int64", 2], ["int64"]])
    assert slots.size == 10
    assert write_argument(block, 1, slots, (GRID, -4))
    assert block.tolist() == [0, 0, 0, 6, 8, GRID.ctypes.data, 2, 3, 24, 8, -4, 0, 0, 0, 0, 0]
    for kind, value in (("uint64", np.uint64(2**64 - 1)), ("bool", True), ("float64", -0.5), ("int64", -7)):
        assert write_argument(block, 0, ArgumentLayout(kind), value)
        assert read_result(block, 0, kind, 1) == value
    assert read_result(np.array([1, 2, 3]), 1, "tuple", 2) == (2, 3)
    assert read_result(block, 0, "none", 0) is None


@FITS
def test_threads_that_call_one_kernel_at_once_do_not_meet() -> None:
    """Each call has a block of its own; the machine code runs without the GIL."""
    from game.core.levels.catalogue import load_level
    from game.core.sim import arena as ar
    from game.core.sim import setup
    from game.core.sim import state as st
    from game.core.sim.digest import world_hash
    from game.core.sim.tick import tick

    arena = load_level("first_light").arena
    levels = ar.pack_arenas([arena])
    roster = np.array([[(spawn.team, -1) for spawn in arena.spawns]], np.int64)
    actions = np.zeros((1, len(arena.spawns), st.ACTION_SIZE), np.int64)

    def play(seed: int) -> int:
        world = st.new_world(1, len(arena.spawns), ar.terrain_of(arena).size)
        with np.errstate(over="ignore"):
            setup.begin_match(world, levels, 0, 0, seed, roster, 0)
            for _ in range(300):
                tick(world, levels, 0, actions)
            return int(world_hash(world, 0))

    alone = [play(seed) for seed in range(4)]
    found = [0] * 4

    def work(seed: int) -> None:
        found[seed] = play(seed)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == alone


def test_an_entry_that_fails_raises() -> None:
    from game.core.sim.jit import Kernel

    def broken(n: int) -> None:
        raise AssertionError(n)

    kernel = Kernel(broken, {})
    row = {"args": [["int64"]], "result": "none", "results": 0}
    kernel._entries = [KernelEntry(row, lambda _address: 3)]
    with pytest.raises(RuntimeError, match="kernel broken: an error in its machine code"):
        kernel(1)


@pytest.mark.slow
def test_building_again_gives_the_same_bytes() -> None:
    done = run_python("-m", "game.cli.build_kernels", "check", cwd=ROOT)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.slow
def test_numba_compiles_the_same_matches() -> None:
    """The golden traces, by numba on this very machine."""
    environment = {**os.environ, pb.VARIABLE: "0"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/core/sim/test_parity.py",
        "-k",
        "golden",
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


FIRST_CALLS = """
import threading
import weakref
import zlib
from game.core.sim import prebuilt as pb
from game.core.levels.catalogue import load_level
from game.core.sim import arena as ar

arena, both, packed = load_level("first_light").arena, threading.Barrier(4), []

def first():
    both.wait()
    packed.append(sum(int(part.sum()) for part in ar.pack_arenas([arena])))

threads = [threading.Thread(target=first) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(set(packed)), len({id(entry.owner) for each in pb.prebuilt().entries.values() for entry in each}))
"""


@FITS
def test_threads_whose_first_calls_meet_load_one_machine_code() -> None:
    done = run_python("-c", FIRST_CALLS, cwd=ROOT)
    assert (done.returncode, done.stdout.split()) == (0, ["1", "1"]), done.stderr


def test_another_value_of_the_variable_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pb.VARIABLE, "plian")
    assert pb.unavailable_reason() == "BANKSHOT_PREBUILT: expected 0 or plain, found 'plian'"


@FITS
def test_no_array_lives_on_in_a_kernel() -> None:
    from game.core.sim.jit import release_arguments
    from game.core.sim.rng import seed_rng

    state = np.zeros((3, 2), np.uint64)
    known = weakref.ref(state)
    with np.errstate(over="ignore"):
        seed_rng(state, 0, 5, 1)
    release_arguments()
    del state
    assert known() is None
