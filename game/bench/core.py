"""Speed of the core, the senses, the bots and the vector environment."""

from typing import Any, Final

import numpy as np

from game import rules
from game.bench.report import Row, measured_for, rate
from game.bots.drive import BotDriver
from game.bots.table import CHASER, MARKSMAN, WANDERER
from game.levels.catalogue import load
from game.sim.batch import Batch
from game.sim.setup import LEVEL_CLASS
from game.sim.state import TANK_ALIVE

LEVEL: Final = "foundry"  # built in, 32 x 24 tiles, eight seats
HEADLINE_BATCH: Final = 512
SECONDS: Final = 4.0  # per number
ACTION_SETS: Final = 32  # drawn ahead and used in turn, so that drawing is not measured
WARM_STEPS: Final = 40  # so that matches are under way
COUNTED: Final = "steps of seats that live; seats that were destroyed are simulated but not counted"


def agent_steps() -> list[Row]:
    """Measure `core_agent_steps_per_s` in several settings, the headline first."""
    settings: list[dict[str, Any]] = [
        {"worlds": HEADLINE_BATCH},
        {"worlds": 1},
        {"worlds": 64},
        {"worlds": 4096},
        {"worlds": HEADLINE_BATCH, "threads": 2},
        {"worlds": HEADLINE_BATCH, "preview": False},
    ]
    return [_agent_steps(**setting) for setting in settings]


def _agent_steps(worlds: int, threads: int = 1, preview: bool = True) -> Row:
    batch = _batch(worlds, threads=threads, preview=preview)
    actions = _random_actions(batch)
    for n in range(WARM_STEPS if worlds < 4096 else 5):
        batch.step(actions[n % len(actions)])
    turn = 0
    seats = 0

    def step() -> int:
        nonlocal turn, seats
        turn += 1
        io = batch.step(actions[turn % len(actions)])
        seats += io.active.size
        return int(io.active.sum())

    seconds, living = measured_for(SECONDS, step)
    return rate(
        "core_agent_steps_per_s",
        living / seconds,
        batch=worlds,
        threads=threads,
        preview=preview,
        level=LEVEL,
        seats=batch.seats,
        period=rules.DECISION_PERIOD,
        living_share=round(living / seats, 3),
        counted=COUNTED,
    )


def ticks() -> list[Row]:
    """Measure the bare tick, without senses: worlds times ticks per second."""
    batch = _batch(64)
    batch.io.observe[:] = 0
    actions = _random_actions(batch)
    turn = 0

    def step() -> int:
        nonlocal turn
        turn += 1
        batch.step(actions[turn % len(actions)])
        return batch.worlds * rules.DECISION_PERIOD

    for _ in range(WARM_STEPS):
        step()
    seconds, count = measured_for(SECONDS, step)
    return [rate("core_ticks_per_s", count / seconds, batch=64, threads=1, level=LEVEL, seats=batch.seats)]


def bot_decisions() -> list[Row]:
    """Measure decisions of the three bots, a third of the seats each, from what they sense in real matches."""
    batch = _batch(HEADLINE_BATCH)
    driver = BotDriver(batch.worlds, batch.seats, 1)
    driver.bot_ids[...] = np.resize([WANDERER, CHASER, MARKSMAN], driver.bot_ids.shape)
    for _ in range(WARM_STEPS):
        driver.decide(batch.io.observations, batch.io.npc_actions)
        driver.reset_ended(batch.step().ended)
    living = int((batch.world.tanks[:, :, TANK_ALIVE] != 0).sum())

    def decide() -> int:
        driver.decide(batch.io.observations, batch.io.npc_actions)
        return living

    seconds, count = measured_for(SECONDS / 2, decide)
    facts = {"batch": batch.worlds, "threads": 1, "bots": "wanderer, chaser, marksman", "counted": COUNTED}
    return [rate("bot_decisions_per_s", count / seconds, **facts)]


def vector_env() -> list[Row]:
    """Measure the Gymnasium vector env: all seats random first, then one learner against a bot."""
    rows = []
    settings: list[tuple[str, int, dict[str, Any]]] = [
        ("game:Bankshot/Eliminate-v0", 64, {"levels": LEVEL, "seats": "all"}),
        ("game:Bankshot/Duel-v0", 256, {"levels": "train:64", "opponent": "chaser"}),
    ]
    for name, worlds, arguments in settings:
        rows.append(_vector_env(name, worlds, arguments))
    return rows


def _vector_env(name: str, worlds: int, arguments: dict[str, Any]) -> Row:
    import gymnasium

    env: Any = gymnasium.make_vec(name, num_envs=worlds, **arguments)
    try:
        _, info = env.reset(seed=1)
        source = np.random.default_rng(0)
        sizes = [size for _name, size in rules.ACTION_HEADS]
        actions = [source.integers(0, sizes, (env.num_envs, len(sizes))) for _ in range(ACTION_SETS)]
        turn = 0
        active = int(info["active"].sum())

        def step() -> int:
            nonlocal turn, active
            turn += 1
            acted = active
            active = int(env.step(actions[turn % len(actions)])[4]["active"].sum())
            return acted

        for _ in range(WARM_STEPS):
            step()
        seconds, count = measured_for(SECONDS, step)
        rows = env.num_envs
    finally:
        env.close()
    return rate(
        "vector_env_agent_steps_per_s",
        count / seconds,
        env=name,
        num_envs=worlds,
        rows=rows,
        threads=1,
        **arguments,
        counted=COUNTED,
    )


def _batch(worlds: int, *, threads: int = 1, preview: bool = True) -> Batch:
    arena = load(LEVEL).arena
    roster = [(spawn.team, LEVEL_CLASS) for spawn in arena.spawns]
    return Batch([arena], worlds, roster, seed=1, preview=preview, threads=threads)


def _random_actions(batch: Batch) -> "list[np.ndarray[Any, np.dtype[np.int64]]]":
    source = np.random.default_rng(0)
    sizes = [size for _name, size in rules.ACTION_HEADS]
    count = ACTION_SETS if batch.worlds < 4096 else 4
    return [source.integers(0, sizes, (batch.worlds, batch.seats, len(sizes))) for _ in range(count)]
