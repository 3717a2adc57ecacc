"""Levels drawn by hand, seeded actions, and a digest of everything an environment returns."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import gymnasium
import numpy as np

from game.core import rules
from game.core.levels.model import Level, SeatPlan, Title
from game.core.sim.arena import Arena, Spawn
from game.env.vector import BankshotVectorEnv

Array = np.ndarray[Any, Any]
NVEC = np.array([size for _, size in rules.ACTION_HEADS])


def hall(
    *spawns: Spawn,
    objective: int = rules.ELIMINATE,
    size: tuple[int, int] = (12, 8),
    seconds: float = 60,
    **more: Any,
) -> Level:
    """An empty hall with these starts; without any, one for each team at either end."""
    starts = spawns or (Spawn(1, 4, 0), Spawn(size[0] - 2, 4, 1))
    arena = Arena(
        name="hall",
        tiles=np.zeros((size[1], size[0]), np.uint8),
        objective=objective,
        spawns=starts,
        time_limit=round(seconds * rules.TICKS_PER_SECOND),
        **more,
    )
    return Level("hall", Title("Hall", "大厅"), arena, tuple(SeatPlan() for _ in starts))


def fortress(seconds: float = 60, attackers: int = 1) -> Level:
    """A hall with a core for team 0 to defend."""
    spawns = (Spawn(2, 4, 0), *(Spawn(10, 1 + n, 1) for n in range(attackers)))
    level = hall(*spawns, objective=rules.DEFEND, seconds=seconds, goal=2)
    level.arena.tiles[6, 2] = rules.CORE
    return level


def depot(seconds: float = 60) -> Level:
    """A hall with one energy cell and a home for each team."""
    level = hall(objective=rules.COLLECT, seconds=seconds, goal=1, cells=((5, 2),))
    level.arena.tiles[6, 1] = rules.HOME
    level.arena.tiles[6, 10] = rules.HOME + 1
    return level


def make_vec(name: str = "Duel", num_envs: int = 4, **arguments: Any) -> BankshotVectorEnv:
    """`gymnasium.make_vec` of an id by its middle part, on a few generated levels unless told otherwise."""
    arguments.setdefault("levels", "train:4")
    env = gymnasium.make_vec(f"game:Bankshot/{name}-v0", num_envs=num_envs, **arguments)
    assert isinstance(env, BankshotVectorEnv)
    return env


def seeded_actions(rows: int, seed: int = 0) -> Iterator[Array]:
    """Endless random actions (rows, 5) of a seed."""
    rng = np.random.default_rng(seed)
    while True:
        yield rng.integers(0, NVEC, (rows, len(NVEC)))


def stand_still(rows: int) -> Array:
    """Actions of tanks that do nothing."""
    return np.zeros((rows, len(NVEC)), np.int64)


def feed(digest: "hashlib._Hash", values: Any) -> None:
    """Fold arrays, numbers and nested dicts of them into a digest, exact to the last bit."""
    if isinstance(values, dict):
        for key in sorted(values):
            digest.update(key.encode())
            feed(digest, values[key])
    elif isinstance(values, (list, tuple)):
        for value in values:
            feed(digest, value)
    else:
        array = np.ascontiguousarray(values)
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(array.tobytes())


def digest_of(values: Any) -> str:
    """The SHA-256 of one value."""
    digest = hashlib.sha256()
    feed(digest, values)
    return digest.hexdigest()


def trajectory_digest(env: BankshotVectorEnv, actions: Iterable[Array], steps: int, begin: Any = ()) -> str:
    """The SHA-256 of what `steps` steps return, after what the reset returned."""
    digest = hashlib.sha256()
    feed(digest, begin)
    for _, action in zip(range(steps), actions, strict=False):
        feed(digest, env.step(action))
    return digest.hexdigest()
