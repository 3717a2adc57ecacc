"""Help for whoever is new or only loses: what is offered, and the ladder."""

import pytest

from recommender.advisor.easing import DEFEATS, HEAD, difficulties_to_offer, easy_first_levels

LEVELS = ("easy", "usual", "hard")


@pytest.mark.parametrize(
    ("own", "defeats", "new", "expected"),
    [
        ("usual", 0, False, ("usual", "easy", "hard")),
        ("usual", 0, True, ("usual",)),
        ("hard", DEFEATS, False, ("hard", "usual", "easy")),
        ("usual", DEFEATS, False, ("usual", "easy")),
        ("usual", DEFEATS, True, ("usual", "easy")),
        ("easy", 200, True, ("easy",)),
        ("other", 0, False, ("other", "other/easy", "other/usual", "other/hard")),
        ("", 0, False, ("", *LEVELS)),
        ("boss/usual", 0, False, ("boss/usual", "boss/easy", "boss/hard")),
        ("boss/hard/wide", DEFEATS, False, ("boss/hard/wide", "boss/usual/wide", "boss/easy/wide")),
    ],
)
def test_what_may_be_played_against(own: str, defeats: int, new: bool, expected: tuple[str, ...]) -> None:
    assert difficulties_to_offer(LEVELS, own, defeats, new=new) == expected


def test_a_ladder_is_the_easiest_in_the_order_of_their_chances() -> None:
    ease = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    chance = [0.7, 0.9, 0.8, 0.6, 0.95, 0.3]
    assert easy_first_levels(ease, chance, set(), 1) == [1]
    assert easy_first_levels(ease, chance, set(), HEAD) == [1, 2, 0]
    assert easy_first_levels(ease, chance, set(), 5) == [1, 2, 0, 3, 5], (
        "row 4: its chance and its ease do not agree"
    )
    assert easy_first_levels(ease, chance, set(), 6) == [4, 1, 2, 0, 3, 5], "while there is another"


def test_what_was_done_comes_onto_a_ladder_last() -> None:
    ease, chance = [0.9, 0.8, 0.7, 0.6], [0.9, 0.8, 0.7, 0.6]
    assert easy_first_levels(ease, chance, {0, 1}, 2) == [2, 3]
    assert easy_first_levels(ease, chance, {0, 1, 2, 3}, 4) == [0, 1, 2, 3]
    assert easy_first_levels(ease, chance, {0}, 4) == [1, 2, 3, 0], "on the list too"
    assert easy_first_levels(ease, chance, {0}, 3) == [1, 2, 3]
    assert easy_first_levels([], [], set(), 3) == []
