"""Speed of the core, the senses, the bots and the vector environment."""

from typing import Any, Final

import numpy as np

from game.cli.bench.report import Row, measured_for
from game.core import rules
from game.core.bots.drive import BotDriver
from game.core.bots.table import CHASER, MARKSMAN, WANDERER
from game.core.levels.catalogue import load
from game.core.sim.batch import Batch
from game.core.sim.setup import LEVEL_CLASS
from game.core.sim.state import TANK_ALIVE, TANK_HP, TICK

LEVEL: Final = "foundry"  # built in, 32 x 24 tiles, eight seats
HEADLINE_BATCH: Final = 512
SECONDS: Final = 4.0  # per number
ACTION_SETS: Final = 32  # drawn ahead and used in turn, so that drawing is not measured
WARM_STEPS: Final = 40  # so that matches are under way
UNBREAKABLE: Final = 1000  # hit points that seats are topped up to before a step, so that all of them live
COUNTED: Final = "steps of living seats"


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
        _keep_alive(batch)
        batch.step(actions[n % len(actions)])
    turn = 0
    seats = 0

    def step() -> int:
        nonlocal turn, seats
        turn += 1
        _keep_alive(batch)
        io = batch.step(actions[turn % len(actions)])
        seats += io.active.size
        return int(io.active.sum())

    done = measured_for(SECONDS, step)
    return done.row(
        "core_agent_steps_per_s",
        batch=worlds,
        threads=threads,
        preview=preview,
        level=LEVEL,
        seats=batch.seats,
        period=rules.DECISION_PERIOD,
        living_share=round(done.amount / seats, 3),
        counted=f"{COUNTED}; hit points are topped up before every step",
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
        _keep_alive(batch)
        batch.step(actions[turn % len(actions)])
        return batch.worlds * rules.DECISION_PERIOD

    for _ in range(WARM_STEPS):
        step()
    done = measured_for(SECONDS, step)
    return [done.row("core_ticks_per_s", batch=64, threads=1, level=LEVEL, seats=batch.seats)]


def bot_decisions() -> list[Row]:
    """Measure decisions of the three bots, a third of the seats each, from what they sense in real matches."""
    batch = _batch(HEADLINE_BATCH)
    driver = BotDriver(batch.worlds, batch.seats, 1)
    driver.bot_ids[...] = np.resize([WANDERER, CHASER, MARKSMAN], driver.bot_ids.shape)
    for _ in range(WARM_STEPS):
        _keep_alive(batch)
        driver.decide(batch.io.observations, batch.io.npc_actions)
        driver.reset_ended(batch.step().ended)
    living = int((batch.world.tanks[:, :, TANK_ALIVE] != 0).sum())

    def decide() -> int:
        driver.decide(batch.io.observations, batch.io.npc_actions)
        return living

    done = measured_for(SECONDS / 2, decide)
    facts = {"batch": batch.worlds, "threads": 1, "bots": "wanderer, chaser, marksman", "counted": COUNTED}
    return [done.row("bot_decisions_per_s", **facts)]


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
        done = measured_for(SECONDS, step)
        rows = env.num_envs
    finally:
        env.close()
    return done.row(
        "vector_env_agent_steps_per_s",
        env=name,
        num_envs=worlds,
        rows=rows,
        threads=1,
        **arguments,
        counted=f"{COUNTED}; those that were destroyed are simulated but not counted",
    )


def _batch(worlds: int, *, threads: int = 1, preview: bool = True) -> Batch:
    arena = load(LEVEL).arena
    roster = [(spawn.team, LEVEL_CLASS) for spawn in arena.spawns]
    batch = Batch([arena], worlds, roster, seed=1, preview=preview, threads=threads)
    # Matches are at different places of their course, so that every step has its share of resets.
    batch.world.head[:, TICK] = np.random.default_rng(2).integers(0, arena.time_limit, worlds)
    return batch


def _keep_alive(batch: Batch) -> None:
    hit_points = batch.world.tanks[:, :, TANK_HP]
    np.maximum(hit_points, UNBREAKABLE, out=hit_points)


def _random_actions(batch: Batch) -> "list[np.ndarray[Any, np.dtype[np.int64]]]":
    source = np.random.default_rng(0)
    sizes = [size for _name, size in rules.ACTION_HEADS]
    count = ACTION_SETS if batch.worlds < 4096 else 4
    return [source.integers(0, sizes, (batch.worlds, batch.seats, len(sizes))) for _ in range(count)]
