"""Small edits make an unfair level fairer, and only what a proof shows is kept."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from game.core.levels.catalogue import load_level
from game.core.levels.checks import check_arena
from game.core.levels.generator import generate
from game.core.levels.model import Level
from game.core.levels.problems import ERROR
from game.match.making import fairer
from game.match.making.fairer import ROUND, FairSearch, candidates, fairer_by
from game.match.making.mutations import level_differences
from game.match.simulation import MatchJob
from game.match.testing.figures import Proportion
from game.match.testing.seating import exchange_teams


def lopsided() -> Level:
    """Orchard with every cell on the side of team 0."""
    level = load_level("orchard")
    return replace(level, arena=replace(level.arena, cells=((2, 4), (3, 10), (8, 4), (4, 6))))


def rate_of(level: Level) -> float:
    """Whoever has more cells on their side wins more."""
    middle = level.arena.tiles.shape[1] / 2
    near = sum(1 if x < middle else -1 for x, _ in level.arena.cells)
    return 0.5 + 0.1 * near


def thrown(rate: Callable[[Level], float], seed: int = 0) -> Any:
    """Shares of matches that are thrown."""
    random = np.random.default_rng(seed)

    def shares(self: FairSearch, levels: Sequence[Level], matches: int) -> list[Proportion]:
        self.played += matches * len(levels)
        return [Proportion(int(random.binomial(matches, rate(level))), matches) for level in levels]

    return shares


def test_an_unfair_level_becomes_fairer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FairSearch, "shares", thrown(rate_of))
    found = FairSearch(lopsided(), seed=1).run()
    assert found.after is not None
    assert abs(rate_of(found.level) - 0.5) < 0.2 < abs(rate_of(lopsided()) - 0.5)
    assert {row["what"] for row in level_differences(lopsided(), found.level)} >= {"cell"}
    assert len(level_differences(lopsided(), found.level)) <= fairer.STEPS
    assert fairer_by(found.before, found.after)[0] > 0
    assert not any(problem.severity == ERROR for problem in check_arena(found.level.arena))


def test_luck_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every edit is as unfair as the level: what looks fairer in the search is not kept."""
    for seed in range(6):
        monkeypatch.setattr(FairSearch, "shares", thrown(lambda level: 0.65, seed))
        found = FairSearch(lopsided(), seed=seed).run()
        assert (found.after, found.state) == (None, fairer.SEARCHED)
        assert found.level.digest == lopsided().digest


def test_a_fair_level_and_a_mirrored_one_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FairSearch, "shares", thrown(lambda level: 0.5, 3))
    assert FairSearch(lopsided(), seed=1).run().state == fairer.FAIR
    monkeypatch.setattr(FairSearch, "shares", thrown(lambda level: 0.6, 3))
    found = FairSearch(load_level("orchard"), seed=1).run()
    assert (found.state, found.after) == (fairer.MIRRORED, None)


def test_candidates_are_sound_single_edits_and_leave_pins_alone() -> None:
    level = lopsided()
    height, width = level.arena.tiles.shape
    found = candidates(level, np.random.default_rng(1))
    assert len(found) == fairer.CANDIDATES
    assert {len(level_differences(level, made)) for made in found} == {1}
    assert {row["what"] for made in found for row in level_differences(level, made)} >= {
        "tile",
        "cell",
        "start",
    }
    assert any((15, 4) in made.arena.cells for made in found), "the counterpart of (2, 4)"
    pins = frozenset((x, y) for x in range(width // 2) for y in range(height))
    for made in candidates(replace(level, pins=pins), np.random.default_rng(1)):
        assert np.array_equal(made.arena.tiles[:, : width // 2], level.arena.tiles[:, : width // 2])
        assert made.arena.cells == level.arena.cells


@pytest.mark.parametrize(
    ("level", "told"),
    [
        (generate(1, objective="defend"), "expected eliminate or collect"),
        (generate(1, objective="survive"), "levels generate --from"),
        (generate(1, objective="eliminate", team_sizes=(1, 2)), "as many tanks on both sides, found 1 and 2"),
    ],
    ids=["defend", "survive", "uneven"],
)
def test_sides_with_other_parts_are_refused(level: Level, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        FairSearch(level)


def test_the_share_turns_with_the_ground() -> None:
    """Real matches: who has every cell at home wins more, whatever their number; the same seeds give the same."""
    level = lopsided()
    search = FairSearch(level, 2 * ROUND)
    (first,), (other,) = search.shares([level], ROUND), search.shares([exchange_teams(level)], ROUND)
    assert first.of > ROUND / 2 < other.of
    assert first.interval[0] > 0.5 > other.interval[1]
    assert search.played == 2 * ROUND
    assert FairSearch(level, 2 * ROUND).shares([level], ROUND) == [first]


def test_search_and_proof_never_share_a_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call of `shares` has seeds of its own, the same for each of its levels; a search of another seed has others."""
    calls: list[list[int]] = []

    def played(jobs: list[MatchJob], **_: Any) -> list[SimpleNamespace]:
        calls.append([job.seed for job in jobs])
        # Team 0's ground wins four of five, so that the search goes on.
        return [SimpleNamespace(winner=int(number % 5 == 0) ^ number % 2) for number, _ in enumerate(jobs)]

    monkeypatch.setattr(fairer, "play_matches", played)
    found = FairSearch(lopsided(), 2 * ROUND, seed=3).run()
    assert found.state == fairer.SEARCHED
    FairSearch(lopsided(), 2 * ROUND, seed=4).run()
    assert len(calls) == 2 * (1 + len(fairer.STAGES) + 1), "the level, the stages of the search, the proof"
    assert [len(calls[place]) for place in (0, 1, 4)] == [2 * ROUND, 24 * 2 * ROUND, 2 * 2 * ROUND]
    assert all(len(seeds) % len(set(seeds)) == 0 for seeds in calls)
    used = [seed for seeds in calls for seed in set(seeds)]
    assert len(used) == len(set(used))


def test_matches_are_whole_rounds() -> None:
    assert [FairSearch(lopsided(), matches).matches for matches in (20, 36, 37, 396)] == [36, 36, 54, 396]
    with pytest.raises(ValueError, match="matches: expected at least 20, found 19"):
        FairSearch(lopsided(), 19)


@pytest.mark.parametrize(
    ("old", "new", "nearer"),
    [
        (Proportion(396, 396), Proportion(198, 396), True),
        (Proportion(0, 396), Proportion(198, 396), True),
        (
            Proportion(20, 20),
            Proportion(19, 20),
            False,
        ),  # without a width of the interval this would be a proof
        (Proportion(19, 19), Proportion(9, 19), False),  # too few
        (Proportion(300, 396), Proportion(96, 396), False),  # as unfair, for the other ground
        (Proportion(100, 396), Proportion(210, 396), True),
        (Proportion(210, 396), Proportion(205, 396), False),
    ],
)
def test_what_is_fairer_is_told_by_an_interval_with_a_width(
    old: Proportion, new: Proportion, nearer: bool
) -> None:
    low, high = fairer_by(old, new)
    assert (low > 0) == nearer
    assert low < high


def test_too_few_decided_matches_are_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        FairSearch, "shares", lambda self, levels, *_rest: [Proportion(19, 19) for _ in levels]
    )
    assert FairSearch(lopsided(), 2 * ROUND).run().state == fairer.UNDECIDED


def test_pins_that_forbid_every_edit_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FairSearch, "shares", thrown(rate_of))
    height, width = lopsided().arena.tiles.shape
    pins = frozenset((x, y) for x in range(width) for y in range(height))
    found = FairSearch(replace(lopsided(), pins=pins), seed=1).run()
    assert (found.state, found.after) == (fairer.PINNED, None)
