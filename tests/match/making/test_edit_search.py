"""A level is edited until it is won as often as is wished, and the lucky are found out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import load_level
from game.core.levels.model import Level
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.grade import Counts
from game.match.grading.graders import PANEL
from game.match.making import edit_search as edits
from game.match.making import wish
from game.match.making.edit_search import EditSearch
from game.match.making.mutations import level_differences
from game.match.making.wish import TOLERANCE, FoundLevel, LevelWish


def thrown(rate_of: Callable[[Level], float], played: list[int]) -> Callable[..., list[Counts]]:
    """Matches that are thrown with a known chance."""

    def count(levels: Sequence[Level], rounds: int, seed: int, **given: Any) -> list[Counts]:
        on = [name in given["difficulties"] for name in DIFFICULTY_IDS]
        found = []
        for place, level in enumerate(levels):
            random = np.random.default_rng([seed, place, int(level.digest[:8], 16)])
            matches = rounds * len(PANEL)
            won = int(random.binomial(matches, rate_of(level)))
            found.append(Counts(tuple(won * one for one in on), tuple(matches * one for one in on)))
            played.append(matches)
        return found

    return count


def by_time(level: Level) -> float:
    """A level to survive that is won the less often the longer it lasts: 45 seconds give .5."""
    seconds = level.arena.time_limit / rules.TICKS_PER_SECOND
    return float(np.clip(0.5 - (seconds - 45) / 100, 0.02, 0.98))


def find(name: str, rate: float, seed: int = 0) -> FoundLevel:
    level = load_level(name)
    (found,) = EditSearch(level, LevelWish(level.objective_name, rate), seed=seed).find(1)
    return found


def test_a_level_is_edited_until_it_is_as_wished(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those that it is sure of, nine of ten are promised to be within the tolerance: of four at least three are both."""
    played: list[int] = []
    monkeypatch.setattr(wish, "panel_counts", thrown(by_time, played))
    near = 0
    for seed, rate in ((0, 0.15), (1, 0.15), (0, 0.75), (1, 0.75)):
        found = find("cellar", rate, seed)
        near += found.kept and abs(by_time(found.level) - rate) <= TOLERANCE
        assert level_differences(load_level("cellar"), found.level)
    assert near >= 3
    assert sum(played) < 30_000


def test_a_level_that_is_as_wished_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wish, "panel_counts", thrown(lambda level: 0.4, []))
    found = find("cellar", 0.4)
    assert found.kept
    assert level_differences(load_level("cellar"), found.level) == []


def test_the_lucky_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edits, "GENERATIONS", 1)
    monkeypatch.setattr(wish, "panel_counts", thrown(lambda level: 0.3, []))
    assert not find("cellar", 0.6).kept


def test_the_same_seed_finds_the_same_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wish, "panel_counts", thrown(by_time, []))
    assert find("cellar", 0.6, 3).level.digest == find("cellar", 0.6, 3).level.digest


def test_an_objective_that_the_level_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="expected survive, found defend"):
        EditSearch(load_level("cellar"), LevelWish("defend", 0.5))


def test_pins_over_the_whole_map_leave_only_numbers_to_edit() -> None:
    level = load_level("cellar")
    height, width = level.arena.tiles.shape
    pins = frozenset((x, y) for x in range(width) for y in range(height))
    assert edits.pins_forbid_all(replace(level, pins=pins))
    assert not edits.pins_forbid_all(replace(level, pins=frozenset({(0, 0)})))
    assert not edits.pins_forbid_all(level)
