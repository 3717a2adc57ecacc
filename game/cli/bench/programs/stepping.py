"""Speed of the core, the senses, the bots and the vector environments."""

from typing import Any, Final

import gymnasium
import numpy as np

from .timing import Row, Watch, found, member

rules: Any = found("game.core.rules", "game.rules")
st: Any = found("game.core.sim.state", "game.sim.state")

LEVEL: Final = "foundry"  # built in, 32 x 24 tiles, eight seats
ACTION_SETS: Final = 32  # drawn ahead and used in turn, so that drawing is not measured
WARM_STEPS: Final = 40  # so that matches are under way
MANY: Final = 4096  # worlds, from which fewer steps and actions do
UNBREAKABLE: Final = 1000  # hit points that seats are topped up to before a step, so that all of them live
COUNTED: Final = "steps of living seats"


def agent_steps(worlds: int, threads: int, preview: bool = True, seconds: float = 4.0) -> Row:
    """Measure steps of a batch with all senses, in seats that live."""
    stage = batch(worlds, threads=threads, preview=preview)
    actions = random_actions(stage)
    for n in range(WARM_STEPS if worlds < MANY else 5):
        keep_alive(stage)
        stage.step(actions[n % len(actions)])
    watch = Watch(threads)
    turn = seats = 0

    def step() -> int:
        nonlocal turn, seats
        turn += 1
        keep_alive(stage)
        io = stage.step(actions[turn % len(actions)])
        seats += io.active.size
        return int(io.active.sum())

    watch.repeat(step, seconds)
    return watch.rate(
        "step of the batch",
        batch=worlds,
        preview=preview,
        level=LEVEL,
        seats=stage.seats,
        period=rules.DECISION_PERIOD,
        living_share=round(watch.amount / seats, 3),
        counted=f"{COUNTED}; hit points are topped up before every step",
    )


def ticks(seconds: float = 4.0) -> Row:
    """Measure the bare tick, without senses: worlds times ticks per second."""
    stage = batch(64)
    stage.io.observe[:] = 0
    actions = random_actions(stage)
    turn = 0

    def step() -> int:
        nonlocal turn
        turn += 1
        keep_alive(stage)
        stage.step(actions[turn % len(actions)])
        return int(stage.worlds * rules.DECISION_PERIOD)

    for _ in range(WARM_STEPS):
        step()
    watch = Watch()
    watch.repeat(step, seconds)
    return watch.rate("step of the batch", batch=64, level=LEVEL, seats=stage.seats)


def bot_decisions(seconds: float = 4.0) -> Row:
    """Measure decisions of the three bots, a third of the seats each, from what they sense in real matches."""
    table: Any = found("game.core.bots.table", "game.bots.table")
    drive: Any = found("game.core.bots.drive", "game.bots.drive")
    stage = batch(512)
    driver = drive.BotDriver(stage.worlds, stage.seats, 1)
    driver.bot_ids[...] = np.resize([table.WANDERER, table.CHASER, table.MARKSMAN], driver.bot_ids.shape)
    for _ in range(WARM_STEPS):
        keep_alive(stage)
        driver.decide(stage.io.observations, stage.io.npc_actions)
        driver.reset_ended(stage.step().ended)
    living = int((stage.world.tanks[:, :, st.TANK_ALIVE] != 0).sum())

    def decide() -> int:
        driver.decide(stage.io.observations, stage.io.npc_actions)
        return living

    watch = Watch()
    watch.repeat(decide, seconds / 2)
    return watch.rate("decision of the batch", batch=512, bots="wanderer, chaser, marksman", counted=COUNTED)


def vector_env(name: str, worlds: int, arguments: dict[str, Any], seconds: float = 4.0) -> Row:
    """Measure a Gymnasium vector env of the game under random actions."""
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
        watch = Watch()
        watch.repeat(step, seconds)
        rows = env.num_envs
    finally:
        env.close()
    counted = f"{COUNTED}; those that were destroyed are simulated but not counted"
    return watch.rate("step of the env", env=name, num_envs=worlds, rows=rows, **arguments, counted=counted)


def batch(worlds: int, *, threads: int = 1, preview: bool = True) -> Any:
    """Return worlds of the level in which every seat is a learner's, at different places of their matches."""
    catalogue: Any = found("game.core.levels.catalogue", "game.levels.catalogue")
    batches: Any = found("game.core.sim.batch", "game.sim.batch")
    setup: Any = found("game.core.sim.setup", "game.sim.setup")
    arena = member(catalogue, "load_level", "load")(LEVEL).arena
    roster = [(spawn.team, setup.LEVEL_CLASS) for spawn in arena.spawns]
    stage = batches.Batch([arena], worlds, roster, seed=1, preview=preview, threads=threads)
    # So that every step has its share of resets
    stage.world.head[:, st.TICK] = np.random.default_rng(2).integers(0, arena.time_limit, worlds)
    return stage


def keep_alive(stage: Any) -> None:
    """Top the hit points up."""
    hit_points = stage.world.tanks[:, :, st.TANK_HP]
    np.maximum(hit_points, UNBREAKABLE, out=hit_points)


def random_actions(stage: Any) -> "list[np.ndarray[Any, np.dtype[np.int64]]]":
    """Return actions of every seat for some steps."""
    source = np.random.default_rng(0)
    sizes = [size for _name, size in rules.ACTION_HEADS]
    count = ACTION_SETS if stage.worlds < MANY else 4
    return [source.integers(0, sizes, (stage.worlds, stage.seats, len(sizes))) for _ in range(count)]
