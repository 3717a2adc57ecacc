"""Rules of taste: what settles a verdict, and in which order."""

import pytest

from game.core.levels.catalogue import list_levels, load_level
from game.player.community.tastes import CONDITIONS, WANTS_A_FIGHT, WANTS_TO_WIN, Taste, Trial, look, verdict
from game.player.level_items import item_of
from recommender.records.kinds import Item

TASTE = Taste("eliminate", "collect", ("mirrors", "portals"), ("dark",), WANTS_TO_WIN, 0.0, 100.0, 0)
CLEAN = [Trial(True, False, 20.0, 0)]
WON_LATE = [Trial(False, False, 20.0, 1), Trial(True, False, 20.0, 1)]
LOST = [Trial(False, False, 20.0, 1)]
HALL = item_of(load_level("hall_of_mirrors"))


def plain(objective: str, *tags: str) -> Item:
    return Item("plain", tags=frozenset({f"objective:{objective}", *tags}))


def test_what_is_loved_beats_what_is_plain() -> None:
    assert verdict(TASTE, HALL, WON_LATE) == 5
    assert verdict(TASTE, plain("defend"), WON_LATE) == 3


def test_a_shunned_objective_settles_it_before_anything_that_is_loved() -> None:
    assert verdict(TASTE, plain("collect", "feature:mirrors"), WON_LATE) == 2
    assert verdict(TASTE, plain("defend", "feature:mirrors"), WON_LATE) == 4


def test_what_is_hated_in_what_is_shunned_leaves_nothing_to_say() -> None:
    assert verdict(TASTE, plain("collect", "mood:dark"), CLEAN) == 1


def test_the_course_of_the_fight_counts_by_what_the_player_wants() -> None:
    fighter = Taste("", "", (), (), WANTS_A_FIGHT, 0.0, 100.0, 0)
    winner = Taste("", "", (), (), WANTS_TO_WIN, 0.0, 100.0, 0)
    level = plain("defend")
    assert [verdict(fighter, level, trials) for trials in (CLEAN, WON_LATE)] == [2, 4]
    assert [verdict(winner, level, trials) for trials in (CLEAN, WON_LATE, LOST)] == [4, 3, 2]


def test_a_match_that_drags_on_or_was_left_costs() -> None:
    level = plain("defend")
    assert verdict(TASTE, level, [Trial(True, False, 500.0, 1)]) == 2
    assert verdict(TASTE, HALL, [Trial(False, True, 20.0, 0)]) == 2


def test_strictness_moves_the_middle_of_the_scale_only() -> None:
    strict = Taste("eliminate", "", ("mirrors", "portals"), (), WANTS_TO_WIN, 0.0, 100.0, 1)
    assert verdict(strict, plain("defend"), WON_LATE) == 2
    assert verdict(strict, HALL, WON_LATE) == 5


def test_looks_are_judged_before_the_first_match() -> None:
    assert look(TASTE, HALL) > look(TASTE, plain("defend")) > look(TASTE, plain("collect"))


def test_no_attempt_no_stars() -> None:
    with pytest.raises(ValueError, match="expected at least one attempt"):
        verdict(TASTE, HALL, [])


def test_every_condition_tells_built_in_levels_apart() -> None:
    items = [item_of(entry.level) for entry in list_levels() if entry.level is not None]
    for name, condition in CONDITIONS.items():
        assert 0 < sum(map(condition, items)) < len(items), name
