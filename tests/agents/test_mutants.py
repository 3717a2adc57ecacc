"""Damaged checkpoints of the game: refused in one line, or trained on. 2,000 of them by `python -m tests.agents.mutants`."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.agents import mutants
from tests.agents.mutants import FAULT, RAN, REFUSED, Learner, hunt, judge, mutant

FEW = 40  # of the usual run, without bounds checks


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Learner:
    return Learner("fight", tmp_path_factory.mktemp("mutants"))


def test_a_sound_checkpoint_goes_on(learner: Learner) -> None:
    assert judge(learner, learner.good.read_bytes()) == (RAN, "")


def test_no_mutant_ends_in_anything_but_a_refusal(learner: Learner) -> None:
    good = learner.good.read_bytes()
    found = Counter[str]()
    for number in range(FEW):
        kind, data = mutant(good, number)
        outcome, text = judge(learner, data)
        assert outcome != FAULT, f"mutant {number} ({kind}): {text}"
        found[outcome] += 1
    assert found[REFUSED] > FEW // 4
    assert found[RAN] > 0


def test_a_fault_is_told_from_a_refusal(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: what is no refusal of one line counts as a fault."""

    def broken(*_: object) -> None:
        raise RuntimeError("torch went its own way")

    monkeypatch.setattr(learner, "load", broken)
    outcome, text = judge(learner, learner.good.read_bytes())
    assert outcome == FAULT
    assert "torch went its own way" in text


UNCHECKED = """
import sys
from pathlib import Path
from unittest import mock
import numpy as np
from tests.agents.mutants import Learner, judge
from agents.tensors import dump_tensors, parse_tensors
learner = Learner("fight", Path(sys.argv[1]))
arrays, metadata = parse_tensors(learner.good.read_bytes(), "good")
arrays["env/world.tanks"][0, :, 4] = 2**40
with mock.patch("game.env.engine.check_state"):
    print(judge(learner, dump_tensors(arrays, metadata)))
print(judge(learner, dump_tensors(arrays, metadata)))
"""


@pytest.mark.slow
def test_without_the_check_bounds_checked_kernels_raise(tmp_path: Path) -> None:
    """The twin of the long run: NUMBA_BOUNDSCHECK finds what the check of states forbids."""
    found = subprocess.run(
        [sys.executable, "-c", UNCHECKED, str(tmp_path)],
        cwd=mutants.ROOT,
        env={**os.environ, "NUMBA_BOUNDSCHECK": "1", "PYTHONPATH": str(mutants.ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert found[0].startswith("('fault', ")
    assert "IndexError" in found[0]
    assert found[1].startswith("('refused', ")
    assert "› x: expected 0 to" in found[1]


@pytest.mark.slow
def test_two_thousand_mutants_are_refused_or_run_within_bounds(tmp_path: Path) -> None:
    rows = hunt(tmp_path, 2000)
    assert len(rows) == 2000
    assert [row for row in rows if row["outcome"] not in (REFUSED, RAN)] == []
