"""Interpreted = compiled, hash by hash; a broken kernel is caught; golden traces hold.

The interpreted side runs in two child processes that start first and work while other tests run. The long proofs:

    pytest -m slow tests/core/sim                    # all of them
    python -m tests.core.sim.proof --compare --pairs 100 --ticks 2000
    python -m tests.core.sim.proof --batches 2000000
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.tree import walk
from tests.core.sim import proof

PAIRS, TICKS = 12, 500
HALVES = 2


@pytest.fixture(scope="module")
def interpreted() -> Iterator[list["subprocess.Popen[str]"]]:
    children = [proof.start_interpreted(PAIRS, TICKS, share, HALVES) for share in range(HALVES)]
    yield children
    for child in children:
        child.kill()
        child.communicate()


@pytest.fixture(scope="module")
def compiled(interpreted: list["subprocess.Popen[str]"]) -> list[list[str]]:
    assert interpreted
    return [list(proof.traces(PAIRS, TICKS, share, HALVES)) for share in range(HALVES)]


def test_a_trace_covers_what_it_should(compiled: list[list[str]]) -> None:
    lines = [line.split() for half in compiled for line in half]
    assert len({(line[0], line[2]) for line in lines}) == PAIRS
    assert max(int(line[3]) for line in lines) == TICKS
    assert len({line[4] for line in lines}) > 0.99 * len(lines), "worlds move on"
    assert sum(len(line) == 6 for line in lines) == PAIRS * (TICKS // proof.SENSE_EVERY + 1)


def test_golden_traces_hold() -> None:
    """After a change of the rules on purpose: `python -m tests.core.sim.proof --golden`."""
    written = proof.GOLDEN.read_text(encoding="utf-8").splitlines()
    assert written[0] == "level seed actions ticks hash"
    assert proof.first_unlike(proof.golden_lines(), written[1:]) == ""


# A change to a source of the core, and how soon the comparison must notice it
BREAKS = {
    "a shot is a bit faster": (
        "game/core/sim/shots.py",
        "shots[w, n, st.SHOT_LEG_TIME] += Q12",
        "shots[w, n, st.SHOT_LEG_TIME] += Q12 + 1",
    ),
    "banking forgets an axis": ("game/core/sim/flight.py", "return (-aim) & 255", "return (128 - aim) & 255"),
    "diagonals are a bit faster": (
        "game/core/sim/tanks.py",
        "speed = speed * rules.DIAGONAL >> 8",
        "speed = speed * 183 >> 8",
    ),
    "the generator turns once too little": (
        "game/core/sim/rng.py",
        "turn = state >> _59",
        "turn = (state >> _59) >> _ONE",
    ),
}


USUAL = ("a shot is a bit faster", "banking forgets an axis")  # the others with the long proofs


@pytest.mark.parametrize(
    "name", [name if name in USUAL else pytest.param(name, marks=pytest.mark.slow) for name in BREAKS]
)
def test_a_broken_kernel_is_caught(name: str, tmp_path: Path) -> None:
    """A copy of the core with one kernel changed gives another trace."""
    file, good, bad = BREAKS[name]
    for package in ("game", "tests"):
        for source in walk(proof.ROOT / package):
            target = tmp_path / source.relative_to(proof.ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert text.count(good) == 1
    (tmp_path / file).write_text(text.replace(good, bad), encoding="utf-8")
    program = (
        "from tests.core.sim.proof import Course, pairs\n"
        "for level, seed in pairs(3):\n"
        "    print(*Course(level, seed).trace(160, senses=False), sep='\\n')\n"
    )
    environment = {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(tmp_path)}
    import os

    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    true = [
        line for level, seed in proof.pairs(3) for line in proof.Course(level, seed).trace(160, senses=False)
    ]
    assert len(found) == len(true)
    unlike = proof.first_unlike(found, true)
    assert unlike, "the change went unnoticed"
    assert all(line.split()[:4] == other.split()[:4] for line, other in zip(found, true))


def test_interpreted_is_compiled_hash_by_hash(
    interpreted: list["subprocess.Popen[str]"], compiled: list[list[str]]
) -> None:
    for child, ours in zip(interpreted, compiled):
        theirs = proof.lines_of(child)
        assert len(theirs) == len(ours) > 0
        assert proof.first_unlike(theirs, ours) == ""


def test_the_first_difference_of_two_traces_is_named() -> None:
    assert proof.first_unlike(["a 1", "b 2"], ["a 1", "b 3"]) == "b 2 != b 3"
    assert proof.first_unlike(["a 1"], ["a 1", "b 3"]) == "1 lines != 2 lines"


@pytest.mark.slow
def test_interpreted_is_compiled_over_two_hundred_thousand_ticks() -> None:
    assert proof.compare(100, 2000) == ""


@pytest.mark.slow
def test_every_way_to_step_a_world_is_one_over_two_million_ticks() -> None:
    assert proof.prove_batches(2_000_000) == ""
