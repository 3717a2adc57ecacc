"""Matches between brains and bots, recorded as replay files, which show the same on every machine."""

from collections.abc import Mapping, Sequence

from game.app.browse.level_library import info_of
from game.app.playing.session import Match, MatchPlan
from game.core.levels.catalogue import select
from game.match.npc import NpcDriver, SeatPolicy
from game.match.replay import Recorder, Replay, ReplayDriver


def record(
    name: str,
    brains: Sequence[str],
    seed: int,
    *,
    temperature: float,
    names: Mapping[str, str] | None = None,
    most: int | None = None,
) -> tuple[Match, bytes]:
    """Play a match on a built-in level to its end, or at most so many ticks; return it and its replay file.

    `brains`: of the tanks of team 0, of team 1, …; `names`: as the picture shows them, by brain. Raises RuntimeError if a brain
    gave way to a bot.
    """
    (level,) = select(name)
    match = Match(MatchPlan(info_of(level), seed, brains[-1], "ace"))
    seats = [brains[spawn.team] for spawn in level.arena.spawns]
    policies = {seat: SeatPolicy(brain, temperature=temperature) for seat, brain in enumerate(seats)}
    driver = NpcDriver(match.seats, policies, seed=seed, budget=float("inf"))
    match.drivers.append(driver)
    labels = [(names or {}).get(brain, brain.capitalize()) for brain in seats]
    info: dict[str, str | int] = {"brain": labels[-1], "human": -1}
    recorder = Recorder(level, seed, match.roster[0], names=labels, info=info, drivers=driver.record)
    match.recorder = recorder
    while not match.over and match.ticks != most:
        match.tick()
    if driver.notices:
        raise RuntimeError(str(driver.notices[0]))
    return match, recorder.data()


def replayed(replay: Replay) -> Match:
    """Return the match that a replay holds, at its beginning."""
    plan = MatchPlan(info_of(replay.level), replay.seed, "", "", roster=replay.roster, last_tick=replay.ticks)
    match = Match(plan)
    match.drivers.append(ReplayDriver(replay))
    return match
