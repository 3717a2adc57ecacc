"""What a spectator sees of a brain: counted from what bots are known to do."""

import pytest

from game.cli.telltales import measure_habits
from game.match.strengths import SeatStrength

FULL = SeatStrength(0, 0.7)
LEVELS = "test:8000-8001"


def test_a_tank_that_stands_still_hits_nobody_and_uses_nothing() -> None:
    seen = measure_habits("idle", FULL, LEVELS, 60, 1)
    assert (seen["bank_share"], seen["hits"], seen["specials"]) == (0, 0, 0)
    assert seen["distance"] > 0


def test_the_marksman_hits_partly_by_banks_and_uses_its_special_and_the_chaser_never_does() -> None:
    marksman, chaser = (measure_habits(name, FULL, LEVELS, 120, 1) for name in ("marksman", "chaser"))
    assert 0 < marksman["bank_share"] < 1
    assert marksman["hits"] > 1
    assert marksman["specials"] > 1
    assert chaser["specials"] == 0


def test_the_same_seed_shows_the_same() -> None:
    assert measure_habits("marksman", FULL, LEVELS, 40, 5) == measure_habits("marksman", FULL, LEVELS, 40, 5)


def test_nobody_of_that_name() -> None:
    with pytest.raises(ValueError, match="nobody"):
        measure_habits("nobody", FULL, LEVELS, 1, 1)
