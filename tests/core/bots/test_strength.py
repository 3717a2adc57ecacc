import pytest

from game.core import rules
from tests.core.bots.builders import duel_arenas, play

WORLDS = 40  # matches of a pairing: twice as many


@pytest.mark.parametrize(
    ("stronger", "weaker", "at_least"),
    [
        ("wanderer", "idle", 0.45),
        ("chaser", "wanderer", 0.85),
        ("marksman", "wanderer", 0.95),
        ("marksman", "chaser", 0.75),
    ],
)
def test_the_bots_are_a_ladder(stronger: str, weaker: str, at_least: float) -> None:
    tally = play(stronger, weaker, duel_arenas(24), WORLDS)
    assert tally.matches == 2 * WORLDS
    assert tally.win_rate() >= at_least
    assert tally.won > 1.5 * tally.lost


def test_matches_between_strong_bots_are_decided() -> None:
    assert play("marksman", "chaser", duel_arenas(24), WORLDS).decided_rate() >= 0.9
    assert play("marksman", "marksman", duel_arenas(24), WORLDS).decided_rate() >= 0.9


def test_marksman_beats_chaser_at_collecting_too() -> None:
    tally = play("marksman", "chaser", duel_arenas(24, objective="collect"), WORLDS)
    assert tally.win_rate() >= 0.65
    assert tally.decided_rate() >= 0.9


def test_nobody_wins_between_idle_bots() -> None:
    arenas = duel_arenas(2)
    tally = play("idle", "idle", arenas, 2)
    assert (tally.won, tally.lost, tally.nobody) == (0, 0, 4)
    assert arenas[0].time_limit == rules.OBJECTIVES[rules.ELIMINATE].default_ticks
