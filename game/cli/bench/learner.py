"""Speed of the learner: ours in the game's environment and on one that costs nothing, and SB3's own on the latter.

One thread, net [128, 128], the game's own observation and action spaces. Needs the `train` extra.
"""

import importlib
import os
import time
from typing import Any, Final

import numpy as np

from game.cli.bench.report import Row, Skipped, rate
from game.core import rules
from game.core.sim.slots import OBSERVATION_SIZE
from safefiles.extras import MissingExtra, need

ROWS: Final = 256
N_STEPS: Final = 32
BATCH: Final = 2048
NET: Final = (128, 128)
ITERATIONS: Final = 4  # the first is not counted
PACKAGES: Final = ("torch", "stable_baselines3")
ENV: Final = "game:Bankshot/Duel-v0"


def train_samples() -> list[Row]:
    """Measure `train_samples_per_s`, the headline first: our learner in the game's own environment, 4 epochs."""
    for package in PACKAGES:
        try:
            need(package, "train")
        except MissingExtra as error:
            raise Skipped(str(error)) from None
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    torch: Any = importlib.import_module("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _rows()
    finally:
        torch.set_num_threads(before)


def _rows() -> list[Row]:
    rows = []
    for epochs in (4, 1):
        for kind in ("game", "free"):
            seconds, samples = _ours(kind, epochs)
            env = ENV if kind == "game" else "zero-cost, same spaces"
            rows.append(_row(samples / seconds, "agents", env, epochs))
        seconds, samples = _sb3(epochs)
        rows.append(_row(samples / seconds, "stable-baselines3", "zero-cost, same spaces", epochs))
    return sorted(rows, key=lambda row: row["learner"] != "agents" or row["env"] != ENV or row["epochs"] != 4)


def _row(value: float, learner: str, env: str, epochs: int) -> Row:
    return rate(
        "train_samples_per_s",
        value,
        learner=learner,
        env=env,
        epochs=epochs,
        net=list(NET),
        threads=1,
        observation=OBSERVATION_SIZE,
        batch=BATCH,
        rows=ROWS,
    )


def _ours(kind: str, epochs: int) -> tuple[float, int]:
    """Return (seconds, samples) of our learner after a first iteration."""
    adapter: Any = importlib.import_module("agents.adapter")
    learner: Any = importlib.import_module("agents.learner")
    recipe_module: Any = importlib.import_module("agents.recipe")
    recipe = recipe_module.recipe_from(
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
    env = _game_env() if kind == "game" else _free_env()
    clock = _Clock()
    model: Any = learner.MaskedPPO(
        adapter.GymVecEnv(env, seed=1), recipe, lambda: clock.go_on(model.num_timesteps)
    )
    try:
        model.learn(10**9)
    finally:
        env.close()
    return clock.result()


class _Clock:
    """Counts samples and time between the first iteration and the last."""

    def __init__(self) -> None:
        self._marks: list[tuple[float, int]] = []

    def go_on(self, samples: int) -> bool:
        self._marks.append((time.perf_counter(), int(samples)))
        return len(self._marks) < ITERATIONS

    def result(self) -> tuple[float, int]:
        (first, before), (last, after) = self._marks[0], self._marks[-1]
        return last - first, after - before


def _sb3(epochs: int) -> tuple[float, int]:
    """Return (seconds, samples) of SB3's own PPO on the environment that costs nothing."""
    adapter: Any = importlib.import_module("agents.adapter")
    ppo: Any = importlib.import_module("stable_baselines3").PPO
    callbacks: Any = importlib.import_module("stable_baselines3.common.callbacks")
    clock = _Clock()

    class Watch(callbacks.BaseCallback):  # type: ignore[misc]
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
        adapter.GymVecEnv(_free_env(), seed=1),
        n_steps=N_STEPS,
        batch_size=BATCH,
        n_epochs=epochs,
        policy_kwargs={"net_arch": {"pi": list(NET), "vf": list(NET)}},
        device="cpu",
        seed=1,
        verbose=0,
    )
    model.learn(10**9, callback=Watch())
    return clock.result()


def _game_env() -> Any:
    import gymnasium

    return gymnasium.make_vec(ENV, num_envs=ROWS, levels="train:64", opponent="chaser")


def _free_env() -> Any:
    """Return a vector env of the game's spaces whose step only hands out arrays drawn ahead."""
    from gymnasium import spaces
    from gymnasium.vector import AutoresetMode, VectorEnv
    from gymnasium.vector.utils import batch_space

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
