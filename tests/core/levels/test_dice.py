"""The generator's dice are PCG32 and the same everywhere."""

from collections import Counter

import pytest

from game.core.levels.dice import SeededRandom


def test_the_dice_throw_the_published_numbers() -> None:
    """Seed 42, stream 54: the reference output of the PCG authors' minimal implementation."""
    dice = SeededRandom(42, 54)
    assert [dice.bits() for _ in range(6)] == [
        0xA15C02B7,
        0x7B47F409,
        0xBA1D3330,
        0x83D2F293,
        0xBFA4784B,
        0xCBED606E,
    ]


def test_streams_of_one_seed_differ() -> None:
    assert SeededRandom(1, 0).bits() != SeededRandom(1, 1).bits()


def test_every_face_comes_up_about_as_often() -> None:
    dice = SeededRandom(7)
    counts = Counter(dice.between(1, 6) for _ in range(6000))
    assert set(counts) == set(range(1, 7))
    assert all(850 < count < 1150 for count in counts.values())


def test_weights_are_kept_and_a_weight_of_nothing_never_comes() -> None:
    dice = SeededRandom(3)
    counts = Counter(dice.weighted((("often", 90), ("seldom", 10), ("never", 0))) for _ in range(3000))
    assert counts["never"] == 0
    assert 200 < counts["seldom"] < 400
    with pytest.raises(AssertionError, match="positive sum"):
        dice.weighted((("never", 0),))


def test_a_shuffle_keeps_the_items() -> None:
    items = list(range(20))
    SeededRandom(5).shuffle(items)
    assert sorted(items) == list(range(20)) != items
