"""A few ticks of a match without a window: calls every kernel that the window uses, so that all get compiled.

The kernels fall into two halves that share little, so that two processes can compile them side by side.
"""

from typing import Final

import numpy as np
import pygame

from game.view.bloom import PostProcessing

TICKS: Final = 12


def warm_up_world() -> None:
    """Begin a match, record it and run some ticks without drivers: levels, rules, digests."""
    from game.app.browse.level_library import info_of
    from game.app.playing.session import Match, MatchPlan
    from game.core.levels.generator import generate
    from game.match.replay import Recorder

    level = generate(1)
    match = Match(MatchPlan(info_of(level), 1, "", "ace"))
    match.recorder = Recorder(level, 1, match.roster)
    for _ in range(TICKS):
        match.tick()


def warm_up_brains() -> None:
    """Let the bots decide from an empty world's senses, then play: the kernels that the other half does not call."""
    from game.core.bots.drive import BotDriver
    from game.core.sim.batch import NPC_ACTION_SIZE
    from game.core.sim.slots import OBSERVATION_SIZE

    observations = np.zeros((1, 1, OBSERVATION_SIZE), np.float32)
    BotDriver(1, 1).decide(observations, np.zeros((1, 1, NPC_ACTION_SIZE), np.int64))
    warm_up_kernels()


def warm_up_kernels() -> None:
    """Play a short match of bots on a small generated level, and run a brain without a seat: every kernel of the window."""
    from game.app.browse.level_library import info_of
    from game.app.playing.session import Match, MatchPlan
    from game.app.playing.sight import own_sight_line
    from game.core.levels.generator import generate
    from game.core.sim.observe import SCRATCH_SIZE
    from game.match import kernels
    from game.match.npc import NpcDriver, SeatPolicy
    from game.match.replay import Recorder

    level = generate(1)
    match = Match(MatchPlan(info_of(level), 1, "marksman", "ace"))
    policies = {seat: SeatPolicy("marksman") for seat in range(match.seats)}
    driver = NpcDriver(match.seats, policies)
    driver.act(match.world, match.levels, match.w, match.actions)
    rows, nobody = kernels.new_rows(1, 1), kernels.new_seats(1, match.seats)
    count = kernels.sense_rows(
        match.world,
        match.levels,
        match.w,
        np.ones(1, np.int64),
        nobody,
        0,
        rows,
        np.zeros(SCRATCH_SIZE, np.int64),
    )
    kernels.choose(rows, 0, count, nobody)
    own_sight_line(match, 0, 0)
    match.drivers.append(driver)
    match.recorder = Recorder(level, 1, match.roster)
    for _ in range(TICKS):
        match.tick()
        own_sight_line(match, 0, 0)
    match.close()
    picture = pygame.Surface((64, 48), 0, 32)
    for bloom in (True, False):
        PostProcessing(picture.get_size()).apply(picture, bloom)
