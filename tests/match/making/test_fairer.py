"""Small edits make an unfair level fairer, and only what a proof shows is kept."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import load
from game.core.levels.checks import check_arena
from game.core.levels.generator import generate
from game.core.levels.model import Level
from game.core.levels.problems import ERROR
from game.core.levels.starter import starter_level
from game.match.making import fairer
from game.match.making.fairer import ROUND, FairSearch, candidates, fairer_by
from game.match.making.mutations import described
from game.match.testing.figures import Share


def lopsided() -> Level:
    """Orchard with every cell on the side of team 0."""
    level = load("orchard")
    return replace(level, arena=replace(level.arena, cells=((2, 4), (3, 10), (8, 4), (4, 6))))


def rate_of(level: Level) -> float:
    """Whoever has more cells on their side wins more."""
    middle = level.arena.tiles.shape[1] / 2
    near = sum(1 if x < middle else -1 for x, _ in level.arena.cells)
    return 0.5 + 0.1 * near


def thrown(rate: Callable[[Level], float], seed: int = 0) -> Any:
    """Shares of matches that are thrown."""
    random = np.random.default_rng(seed)

    def shares(self: FairSearch, levels: Sequence[Level], matches: int) -> list[Share]:
        self.played += matches * len(levels)
        return [Share(int(random.binomial(matches, rate(level))), matches) for level in levels]

    return shares


def test_an_unfair_level_becomes_fairer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FairSearch, "shares", thrown(rate_of))
    found = FairSearch(lopsided(), seed=1).run()
    assert found.after is not None
    assert abs(rate_of(found.level) - 0.5) < 0.2 < abs(rate_of(lopsided()) - 0.5)
    assert {row["what"] for row in described(lopsided(), found.level)} >= {"cell"}
    assert len(described(lopsided(), found.level)) <= fairer.STEPS
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
    found = FairSearch(load("orchard"), seed=1).run()
    assert (found.state, found.after) == (fairer.MIRRORED, None)


def test_candidates_are_sound_single_edits_and_leave_pins_alone() -> None:
    level = lopsided()
    height, width = level.arena.tiles.shape
    found = candidates(level, np.random.default_rng(1))
    assert len(found) == fairer.CANDIDATES
    assert {len(described(level, made)) for made in found} == {1}
    assert {row["what"] for made in found for row in described(level, made)} >= {"tile", "cell", "start"}
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


def test_shares_are_of_the_ground_and_of_fresh_seeds() -> None:
    """Real matches: who starts in a box that opens to one side alone wins less, whatever their number."""
    level = starter_level("duel")
    tiles = level.arena.tiles.copy()
    tiles[:, 8] = rules.WALL
    tiles[6, 8] = rules.BRICK
    search = FairSearch(replace(level, arena=replace(level.arena, tiles=tiles)), ROUND)
    (first,), (again,) = search.shares([level], ROUND), search.shares([level], ROUND)
    assert 0 < first.of <= ROUND
    assert search.played == 2 * ROUND
    (same,) = FairSearch(level, ROUND).shares([level], ROUND)
    assert same == first
    assert again.of <= ROUND
