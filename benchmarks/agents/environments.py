"""Train our PPO and stable-baselines3's with the same settings on environments made for neither.

    python -m benchmarks.agents.environments --results FOLDER [--seeds 1,2,3] [--only CartPole,Taxi] [--samples-by 1.0]
    python -m benchmarks.agents.environments --results FOLDER --table

Ours uses the commands: `train` with a recipe whose `[env]` is the id, `export`, which verifies, and `evaluate`. SB3 gets the
same network, settings and samples, rounded to whole roll-outs. Both policies then play the same episodes, with the same seeds
and code. Each learner's result for an environment and a seed is a separate file; existing results are not measured again.
"""

import argparse
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Final

import gymnasium
import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecEnv
from torch import nn
from typer.testing import CliRunner

from agents.adapter import GymVecEnv
from agents.cli import app
from agents.env_ids import import_env, split_env_id
from agents.envs import make_env
from agents.evaluate import Player
from agents.graph import torch_logits
from agents.measure import measure_returns
from safefiles.writing import write_text

ODD: Final = "benchmarks.agents.oddities:Odd{}-v0"
EPISODES: Final = 60
ROWS: Final = 20  # episodes played at the same time
EVALUATION_SEED: Final = 9_000
# SB3's defaults, with four copies of the environment instead of one
DEFAULTS: Final[dict[str, Any]] = {
    "n_steps": 512, "batch_size": 64, "n_epochs": 10, "learning_rate": 3e-4, "gamma": 0.99, "gae_lambda": 0.95,
    "clip_range": 0.2, "ent_coef": 0.0, "vf_coef": 0.5, "max_grad_norm": 0.5,
}  # fmt: skip


@dataclass(frozen=True)
class BenchmarkEnv:
    """An environment, its training samples, and settings that differ from SB3's defaults."""

    name: str
    env: str
    samples: int
    ppo: dict[str, Any] = field(default_factory=dict)
    kwargs: dict[str, Any] = field(default_factory=dict)
    num_envs: int = 4
    adapted: bool = False  # SB3 does not support its spaces or agents, so it gets them through our adapter


FAST: Final = {"n_steps": 128, "batch_size": 128, "learning_rate": 1e-3}
ODDITIES: Final = (
    "Float64", "Bytes", "Int16", "Starts", "Bits", "Tables", "Dict", "Tuple", "Unbounded", "Scalar", "Whole", "Masks"
)  # fmt: skip
ENVIRONMENTS: Final = (
    BenchmarkEnv("CartPole", "CartPole-v1", 50_000),
    BenchmarkEnv("Acrobot", "Acrobot-v1", 60_000),
    BenchmarkEnv("MountainCar", "MountainCar-v0", 60_000, {"n_steps": 64, "gae_lambda": 0.98, "n_epochs": 4}, num_envs=16),
    BenchmarkEnv("MountainCarContinuous", "MountainCarContinuous-v0", 30_000),
    BenchmarkEnv("Pendulum", "Pendulum-v1", 60_000, {"gamma": 0.9, "learning_rate": 1e-3}),
    BenchmarkEnv("LunarLander", "LunarLander-v3", 100_000, {"gamma": 0.999, "gae_lambda": 0.98}),
    BenchmarkEnv("LunarLanderContinuous", "LunarLander-v3", 100_000, {"gamma": 0.999, "gae_lambda": 0.98}, {"continuous": True}),
    BenchmarkEnv("BipedalWalker", "BipedalWalker-v3", 120_000),
    BenchmarkEnv("FrozenLake", "FrozenLake-v1", 40_000),
    BenchmarkEnv("Taxi", "Taxi-v4", 60_000),
    BenchmarkEnv("CliffWalking", "CliffWalking-v1", 40_000, kwargs={"max_episode_steps": 100}),
    BenchmarkEnv("Blackjack", "Blackjack-v1", 30_000, adapted=True),
    BenchmarkEnv("MiniGrid", "benchmarks.agents.oddities:MiniGridFlat-v0", 30_000),
    BenchmarkEnv("MPE", "pettingzoo:mpe2.simple_spread_v3", 60_000, num_envs=4, adapted=True),
    BenchmarkEnv("RockPaperScissors", "pettingzoo:pettingzoo.classic.rps_v2", 12_000, FAST, adapted=True),
    *(BenchmarkEnv(f"Odd{name}", ODD.format(name), 12_000, FAST, adapted=True) for name in ODDITIES),
)  # fmt: skip


def ppo_settings(entry: BenchmarkEnv) -> dict[str, Any]:
    """The settings of both learners."""
    return DEFAULTS | entry.ppo


def recipe_toml(entry: BenchmarkEnv, seed: int, samples: int) -> str:
    """Our recipe, as TOML."""
    lines = [f'title = "{entry.name}"', f"seed = {seed}", "[env]", f'id = "{entry.env}"']
    lines += [f"num_envs = {entry.num_envs}", "[env.kwargs]", *_lines(entry.kwargs)]
    lines += ["[budget]", f"samples = {samples}", "[ppo]", *_lines(ppo_settings(entry))]
    lines += ["[net]", "pi = [64, 64]", "vf = [64, 64]", 'activation = "tanh"']
    lines += ["[eval]", "matches = 20", f"num_envs = {ROWS}", "[checkpoint]", "every = 0"]
    return "\n".join(lines) + "\n"


def _lines(table: dict[str, Any]) -> list[str]:
    return [f"{key} = {json.dumps(value)}" for key, value in table.items()]


def run_command(*words: Any) -> str:
    """Run one of our commands; on failure raise RuntimeError with its last line."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exit_code != 0:
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        raise RuntimeError(f"{words[0]}: {done.output.strip().splitlines()[-1]}")
    return done.output


def train_ours(entry: BenchmarkEnv, seed: int, samples: int, folder: Path) -> dict[str, Any]:
    """Train, export and evaluate our learner by the commands."""
    started = time.process_time()
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "recipe.toml", recipe_toml(entry, seed, samples))
    run, brain, told = folder / "run", folder / "brain.onnx", folder / "told.json"
    run_command("train", folder / "recipe.toml", "--out", run, "--threads", 1)
    seconds = time.process_time() - started
    exported = folder / "exported.json"
    run_command("export", run, "--out", brain, "--matches", 20, "--env", entry.env, "--json", exported)
    evaluation = ("--matches", EPISODES, "--rows", ROWS, "--seed", EVALUATION_SEED, "--temperature", 1)
    run_command("evaluate", brain, *evaluation, "--env", entry.env, "--json", told)
    (result,) = json.loads(told.read_text())["results"]
    difference = json.loads(exported.read_text())["largest_difference"]
    samples = json.loads((run / "run.json").read_text())["samples"]
    return {
        "mean_return": result["mean_return"],
        "samples": samples,
        "cpu_seconds": seconds,
        "difference": difference,
    }


def train_sb3(entry: BenchmarkEnv, seed: int, samples: int) -> dict[str, Any]:
    """Train SB3's PPO and evaluate it on the same episodes."""
    started = time.process_time()
    import_env(entry.env)
    name = split_env_id(entry.env)[1]
    own = ppo_settings(entry)
    model = PPO("MlpPolicy", _peers_env(entry, name, seed), seed=seed, device="cpu", **own)
    assert isinstance(model.policy.action_net, nn.Linear)
    rollout = own["n_steps"] * model.n_envs
    model.learn(max(1, round(samples / rollout)) * rollout)
    seconds = time.process_time() - started

    def logits(observations: NDArray[np.float32]) -> NDArray[np.floating]:
        return torch_logits(model.policy, observations)

    report = measure_returns(
        Player("sb3", logits, 1.0),
        name,
        episodes=EPISODES,
        num_envs=ROWS,
        seed=EVALUATION_SEED,
        kwargs=entry.kwargs,
    )
    return {"mean_return": report.mean_return, "samples": model.num_timesteps, "cpu_seconds": seconds}


def _peers_env(entry: BenchmarkEnv, name: str, seed: int) -> VecEnv:
    if not entry.adapted:
        return make_vec_env(name, n_envs=entry.num_envs, seed=seed, env_kwargs=entry.kwargs)
    kwargs = dict(entry.kwargs)
    if gymnasium.spec(name).vector_entry_point is None:
        kwargs["vector_kwargs"] = {"autoreset_mode": AutoresetMode.SAME_STEP}
    return GymVecEnv(make_env(name, entry.num_envs, kwargs), seed)


def table(results: Path) -> str:
    """The existing results in Markdown: the mean return over the seeds, with their standard deviation."""
    lines = ["| environment | samples | ours | SB3's PPO | seeds |", "|---|---|---|---|---|"]
    for entry in ENVIRONMENTS:
        found = {
            learner: [
                json.loads(path.read_text())
                for path in sorted(results.glob(f"{entry.name}-*-{learner}.json"))
            ]
            for learner in ("ours", "sb3")
        }
        if not all(found.values()):
            lines.append(f"| {entry.name} | {entry.samples:,} | not measured | | |")
            continue
        cells = [_cell([row["mean_return"] for row in found[learner]]) for learner in ("ours", "sb3")]
        seeds = min(len(rows) for rows in found.values())
        lines.append(f"| {entry.name} | {entry.samples:,} | {cells[0]} | {cells[1]} | {seeds} |")
    return "\n".join(lines) + "\n"


def _cell(values: list[float]) -> str:
    spread = f" ± {stdev(values):.2f}" if len(values) > 1 else ""
    return f"{mean(values):.2f}{spread}"


def main() -> None:
    """Measure missing results, one seed after another, so that an early stop leaves a row for every environment."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--only", default="")
    parser.add_argument("--samples-by", type=float, default=1.0, help="share of every budget, for a trial")
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    if given.table:
        print(table(given.results), end="")
        return
    torch.set_num_threads(1)
    chosen = set(given.only.split(",")) - {""}
    for seed in map(int, given.seeds.split(",")):
        for entry in ENVIRONMENTS:
            if not chosen or entry.name in chosen:
                _measure(entry, seed, max(int(entry.samples * given.samples_by), 2048), given.results)


def _measure(entry: BenchmarkEnv, seed: int, samples: int, results: Path) -> None:
    for learner in ("ours", "sb3"):
        path = results / f"{entry.name}-{seed}-{learner}.json"
        if path.exists():
            samples = int(json.loads(path.read_text())["samples"])
            continue
        # a killed run is started from scratch: a result is one complete training
        folder = results / "runs" / f"{entry.name}-{seed}-{int(time.time())}"
        found = (
            train_ours(entry, seed, samples, folder) if learner == "ours" else train_sb3(entry, seed, samples)
        )
        results.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(found) + "\n")
        samples = found["samples"]
        print(f"{entry.name} seed {seed} {learner}: {found['mean_return']:.2f}", flush=True)


if __name__ == "__main__":
    gymnasium.logger.min_level = gymnasium.logger.ERROR
    main()
