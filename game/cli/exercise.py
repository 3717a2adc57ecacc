"""Call every kernel that Python code calls, as each part of the game does; used to build the machine code, and to test it.

If the game calls a kernel with other types of arguments than here, numba compiles it at that call, which takes time; a test
finds such calls.
"""

from typing import Any

import numpy as np

from game.app.browse.level_library import info_of
from game.app.playing.debugging import debug_info
from game.app.playing.kernel_warm_up import warm_up_kernels
from game.app.playing.session import Match, MatchPlan
from game.cli.bench.programs.stepping import batch, keep_alive, random_actions
from game.core.bots.drive import BotDriver
from game.core.levels.generator import generate
from game.core.sim.digest import array_hash, world_hash
from game.env.parallel import BankshotParallelEnv
from game.env.single import BankshotEnv
from game.env.vector import BankshotVectorEnv
from game.match.npc import NpcDriver, SeatPolicy
from game.match.replay import Recorder, parse_replay, verify
from game.match.simulation import MatchJob, play_matches
from game.match.traces import TraceCollector

TICKS = 40


def run_all_kernels() -> None:
    """Play, watch, record, verify, simulate and step a little of everything."""
    with np.errstate(over="ignore"):
        _window()
        _replay()
        _simulation()
        _environments()
        _batches()


def _window() -> None:
    warm_up_kernels()


def _replay() -> None:
    level = generate(3)
    match = Match(MatchPlan(info_of(level), 1, "hunter", "ace"))
    match.recorder = Recorder(level, 1, match.roster)
    policies = {seat: SeatPolicy("hunter" if seat % 2 else "marksman") for seat in range(match.seats)}
    match.drivers.append(NpcDriver(match.seats, policies))
    for _ in range(TICKS):
        match.tick()
    for seat in range(match.seats):
        debug_info(match, seat, 0.0, 0.0)
    replay = parse_replay(match.recorder.data(), "exercise")
    match.close()
    verify(replay)


def _simulation() -> None:
    level = generate(5)
    seats = tuple(SeatPolicy("hunter" if n % 2 else "marksman") for n in range(len(level.arena.spawns)))
    jobs = [MatchJob(level, seed, seats, stop=TICKS) for seed in range(2)]
    play_matches(jobs)
    play_matches(jobs, traces=TraceCollector([job.level for job in jobs]))


def _environments() -> None:
    learners: tuple[dict[str, Any], ...] = (
        {"env_id": "Bankshot/Duel-v0"},
        {"env_id": "Bankshot/Arena-v0", "levels": "train:4"},
    )
    for arguments in learners:
        vector = BankshotVectorEnv(2, **arguments)
        vector.reset(seed=1)
        for _ in range(4):
            vector.step(vector.action_space.sample())
        vector.load_state_dict(vector.state_dict())
        vector.close()
        single = BankshotEnv(**arguments)
        single.reset(seed=1)
        single.step(single.action_space.sample())
        single.close()
        parallel = BankshotParallelEnv(**arguments)
        parallel.reset(seed=1)
        parallel.step({agent: parallel.action_space(agent).sample() for agent in parallel.agents})
        parallel.close()


def _batches() -> None:
    bots = BotDriver(2, 2)
    bots.reset(0, seed=1)
    bots.reset_ended(np.zeros(2, np.int64))
    stage = batch(2)
    keep_alive(stage)
    stage.step(random_actions(stage)[0])
    world_hash(stage.world, 0)
    array_hash(stage.io.observations)
