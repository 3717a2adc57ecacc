"""Levels to a wish: what is told of them is what fresh matches say, and what cannot be had is said."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from game.core.levels.model import Level
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.grade import Counts
from game.match.grading.graders import PANEL
from game.match.making import wish as wishing
from game.match.making.wish import TOLERANCE, FoundLevel, LevelWish, WishSearch


def counter(rate_of: Callable[[Level], float], seeds: list[int]) -> Callable[..., list[Counts]]:
    """Matches that are thrown with a known chance."""

    def count(levels: Sequence[Level], rounds: int, seed: int, **given: Any) -> list[Counts]:
        seeds.append(seed)
        steps = [name in given["difficulties"] for name in DIFFICULTY_IDS]
        found = []
        for level in levels:
            random = np.random.default_rng([seed, int(level.digest[:8], 16)])
            played = rounds * len(PANEL)
            won = int(random.binomial(played, rate_of(level)))
            found.append(Counts(tuple(won * on for on in steps), tuple(played * on for on in steps)))
        return found

    return count


@pytest.fixture(autouse=True)
def few_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishing, "DRAWN", 60)


def chance_of(level: Level) -> float:
    """Of which the forecast knows nothing."""
    return int(level.digest[:6], 16) / 0xFFFFFF


def test_levels_are_as_often_won_as_wished(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []
    monkeypatch.setattr(wishing, "panel_counts", counter(chance_of, seeds))
    found = list(WishSearch(LevelWish("eliminate", 0.6, "veteran", first=4000)).find(6))
    assert len(found) == 6
    kept = [made for made in found if made.kept]
    assert len(kept) >= 5
    misses = [abs(chance_of(made.level) - 0.6) for made in kept]
    assert sum(miss <= TOLERANCE for miss in misses) >= len(kept) - 1
    assert len(set(seeds)) == len(seeds), "no matches are played twice"
    assert len({made.place for made in found}) == 6
    for made in found:
        assert made.counts.matches[DIFFICULTY_IDS.index("regular")] == 0
        assert made.counts.matches[DIFFICULTY_IDS.index("veteran")] >= 100, "the proof alone is told"


def test_the_lucky_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every level is won at .3; the search sees .6 now and then, the proof does not."""
    monkeypatch.setattr(wishing, "panel_counts", counter(lambda level: 0.3, []))
    found = list(WishSearch(LevelWish("defend", 0.6, first=4000)).find(2, draws=1))
    assert not any(made.kept for made in found)


def test_the_same_wish_finds_the_same_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishing, "panel_counts", counter(chance_of, []))

    def find() -> list[FoundLevel]:
        return list(
            WishSearch(LevelWish("survive", 0.3, family="rooms", size=(18, 14), team_sizes=(1, 2))).find(2)
        )

    first, again = find(), find()
    assert [one.place for one in first] == [one.place for one in again]
    for made in first:
        level = made.level
        assert (level.family, level.width, level.height) == ("rooms", 18, 14)
        assert (len(level.team_seats(0)), len(level.team_seats(1))) == (1, 2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"objective": "race"}, "objective: expected one of eliminate"),
        ({"difficulty": "easy"}, "difficulty: expected one of rookie"),
        ({"rate": 0.99}, "win rate: expected 0.05 to 0.95, found 0.99"),
        ({"first": -1}, "seed: expected 0 to 999999, found -1"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        LevelWish(**{"objective": "defend", "rate": 0.5, **given})
