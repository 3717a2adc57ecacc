"""Speed of the learner in the game's environment and in one that costs nothing, and SB3's own in the latter.

Net [128, 128] for policy and value each, the game's own observation and action spaces. Needs the `train` extra.
"""

import importlib
import inspect
from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from .timing import Row, Watch, found, needed

rules: Any = found("game.core.rules", "game.rules")
OBSERVATION_SIZE: Final = found("game.core.sim.slots", "game.sim.slots").OBSERVATION_SIZE

ROWS: Final = 256
N_STEPS: Final = 32
BATCH: Final = 2048
NET: Final = (128, 128)
ITERATIONS: Final = 4  # the first is not counted
ENV: Final = "game:Bankshot/Duel-v0"
FREE: Final = "zero-cost, same spaces"


def learner(epochs: int, free: bool, threads: int = 1, iterations: int = ITERATIONS) -> Row:
    """Measure samples a second of our learner, roll-outs and updates together."""
    needed("torch", "stable_baselines3")
    torch = _torch(threads)
    adapter: Any = importlib.import_module("agents.adapter")
    ours: Any = importlib.import_module("agents.learner").MaskedPPO
    recipe = importlib.import_module("agents.recipe_reading").recipe_from(
        {
            "title": "bench",
            "seed": 1,
            "env": {"id": ENV, "num_envs": ROWS, "kwargs": {}},
            "budget": {"samples": 10**9},
            "ppo": {"n_steps": N_STEPS, "batch_size": BATCH, "n_epochs": epochs},
            "net": {"pi": list(NET), "vf": list(NET)},
        },
        "bench",
    )
    env = free_env() if free else _game_env(threads)
    clock = Clock(threads, iterations)
    shared = {"threads": threads} if "threads" in inspect.signature(ours).parameters else {}
    model: Any = ours(
        adapter.GymVecEnv(env, seed=1), recipe, lambda: clock.go_on(model.num_timesteps), **shared
    )
    if shared:
        torch.set_num_threads(1)  # its own threads share the work
    try:
        model.learn(10**9)
    finally:
        env.close()
    return _row(clock, "agents", FREE if free else ENV, epochs)


def sb3(epochs: int, threads: int = 1, iterations: int = ITERATIONS) -> Row:
    """Measure samples a second of SB3's own PPO in the environment that costs nothing."""
    needed("torch", "stable_baselines3")
    _torch(threads)
    adapter: Any = importlib.import_module("agents.adapter")
    ppo: Any = importlib.import_module("stable_baselines3").PPO
    callbacks: Any = importlib.import_module("stable_baselines3.common.callbacks")
    clock = Clock(threads, iterations)

    class Watcher(callbacks.BaseCallback):  # type: ignore[misc]
        """Looks at the clock where an iteration ends, which is where the next one's rollout begins."""

        begun = False

        def _on_rollout_start(self) -> None:
            if self.begun:
                self.more = clock.go_on(self.num_timesteps)
            self.begun = True

        def _on_step(self) -> bool:
            return getattr(self, "more", True)

    model = ppo(
        "MlpPolicy",
        adapter.GymVecEnv(free_env(), seed=1),
        n_steps=N_STEPS,
        batch_size=BATCH,
        n_epochs=epochs,
        policy_kwargs={"net_arch": {"pi": list(NET), "vf": list(NET)}},
        device="cpu",
        seed=1,
        verbose=0,
    )
    model.learn(10**9, callback=Watcher())
    return _row(clock, "stable-baselines3", FREE, epochs)


class Clock:
    """Times each iteration after the first."""

    def __init__(self, threads: int, iterations: int) -> None:
        self.watch = Watch(threads)
        self._iterations = iterations
        self._samples: int | None = None

    def go_on(self, samples: int) -> bool:
        """Note the end of an iteration; return whether another is to follow."""
        if self._samples is not None:
            self.watch.stop(samples - self._samples)
        more = self.watch.count < self._iterations - 1
        if more:
            self._samples = int(samples)
            self.watch.start()
        return more


def _row(clock: Clock, learner_name: str, env: str, epochs: int) -> Row:
    return clock.watch.rate(
        "iteration",
        learner=learner_name,
        env=env,
        epochs=epochs,
        net=list(NET),
        observation=OBSERVATION_SIZE,
        batch=BATCH,
        rows=ROWS,
    )


def _torch(threads: int) -> Any:
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(threads)
    return torch


def _game_env(threads: int) -> Any:
    return gymnasium.make_vec(ENV, num_envs=ROWS, levels="train:64", opponent="chaser", threads=threads)


def free_env() -> Any:
    """Return a vector env of the game's spaces whose step only hands out arrays drawn ahead."""

    class FreeEnv(VectorEnv[Any, Any, Any]):
        """Random observations and rewards, no end."""

        metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012

        def __init__(self) -> None:
            self.num_envs = ROWS
            self.single_observation_space = spaces.Box(-1, 1, (OBSERVATION_SIZE,), np.float32)
            self.single_action_space = spaces.MultiDiscrete([size for _name, size in rules.ACTION_HEADS])
            self.observation_space = batch_space(self.single_observation_space, ROWS)
            self.action_space = batch_space(self.single_action_space, ROWS)
            source = np.random.default_rng(0)
            self._seen = source.uniform(-1, 1, (ROWS, OBSERVATION_SIZE)).astype(np.float32)
            self._reward = source.normal(0, 0.1, ROWS).astype(np.float32)
            self._never = np.zeros(ROWS, np.bool_)

        def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
            """Begin."""
            return self._seen, {}

        def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
            """Hand out what was drawn."""
            return self._seen, self._reward, self._never, self._never, {}

    return FreeEnv()
