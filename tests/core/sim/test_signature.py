"""The core's signature: one number for half a million ticks, of which the usual run compares the first 6,000."""

import itertools

import pytest

from game.core import rules
from tests.contracts.tree import ROOT
from tests.core.sim.signature import LEVELS, LONG, PREFIXES, SHORT, TICKS, SignedCourse, signature, states


def test_a_prefix_is_as_published() -> None:
    """After a change of the rules on purpose: `python -m tests.core.sim.signature`, and the CHANGELOG."""
    assert signature(6_000) == PREFIXES[6_000]


def test_the_changelog_publishes_it() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert all(half in text for half in PREFIXES[TICKS])


def test_each_tick_counts() -> None:
    """The twin: one tick more or less, or a state that is missed, gives another signature."""
    found = {signature(ticks) for ticks in (199, 200, 201)}
    assert len({state for state, _ in found}) == 3
    seen = [state for state, _ in itertools.islice(states(60), 60)]
    assert len(set(seen)) == 60


def test_every_objective_is_in_the_prefix_and_the_whole_has_its_length() -> None:
    objectives = {SignedCourse(number).level.objective for number in range(6_000 // SHORT)}
    assert objectives == set(range(rules.N_OBJECTIVES))
    assert LEVELS * (SHORT + LONG) == TICKS


@pytest.mark.slow
def test_the_whole_signature_is_as_published() -> None:
    assert signature(TICKS) == PREFIXES[TICKS]
