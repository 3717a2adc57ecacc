"""A few ticks of a match without a window: calls every kernel that the window uses, so that all get compiled."""

from typing import Final

TICKS: Final = 12


def rehearse() -> None:
    """Play a short match of bots on a small generated level."""
    from game.app.library import info_of
    from game.app.match import Match, MatchPlan
    from game.app.viewing import own_sight_line
    from game.levels.generator import generate
    from game.npc import NpcDriver, SeatPolicy
    from game.replay import Recorder

    level = generate(1)
    match = Match(MatchPlan(info_of(level), 1, "marksman", "ace"))
    policies = {seat: SeatPolicy("marksman") for seat in range(match.seats)}
    match.drivers.append(NpcDriver(match.seats, policies))
    match.recorder = Recorder(level, 1, match.roster)
    for _ in range(TICKS):
        match.tick()
        own_sight_line(match, 0, 0)
    match.close()
