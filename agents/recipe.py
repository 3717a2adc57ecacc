"""Training recipes: the tables of a TOML file that describes one training run completely.

A recipe names the environment, the budget and the learner's settings. These dataclasses are its tables and keys, with their
defaults and ranges; `recipe_reading` reads and checks them. Presets ship in `agents/recipes/`; a game ships its own next to its
brains.
"""

import copy
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Schedule:
    """A value that moves linearly from `start` to `end` over the sample budget; a plain number is
    constant.
    """

    start: float
    end: float

    def at(self, progress: float) -> float:
        """The value at `progress` (0 at the first sample, 1 at the last of the budget)."""
        return self.start + (self.end - self.start) * min(max(progress, 0.0), 1.0)


def in_range(low: float, high: float, default: Any = dataclasses.MISSING) -> Any:
    """A number that must lie in [low, high] (both ends allowed; every element, for a list)."""
    return field(default=default, metadata={"range": (low, high)})


def _one_of(*choices: str) -> Any:
    return field(default=choices[0], metadata={"choices": choices})


@dataclass(frozen=True)
class EnvTable:
    """`[env]`: which environment, how many copies, and the keywords of `make_vec` (`[env.kwargs]`).

    `num_envs` counts learner rows; with self-play it counts worlds.
    """

    id: str = ""
    num_envs: int = in_range(1, 65_536, 256)
    kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BudgetTable:
    """`[budget]`: when to stop, whichever comes first.

    `samples` are learner decisions; schedules run over them. `cpu_seconds` is processor time of this process (0 = no limit) and
    gives about the same number of samples on a busy machine as on an idle one. `minutes` is wall-clock time (0 = no limit), for
    a deadline. Neither clock runs while kernels compile. `patience`: stop after this many consecutive evaluations of `[eval]`
    without a new best (0 = no limit).
    """

    samples: int = in_range(1, 10**12, 1_000_000)
    cpu_seconds: float = in_range(0.0, 1e9, 0.0)
    minutes: float = in_range(0.0, 1e6, 0.0)
    patience: int = in_range(0, 1_000_000, 0)


@dataclass(frozen=True)
class PpoTable:
    """`[ppo]`: the learner's settings under the names stable-baselines3 uses.

    `learning_rate`, `ent_coef` and `clip_range` may be `{ start = 3e-4, end = 0.0 }`. `matmul = "bfloat16"`
    lets the CPU's matrix units round products during updates (much faster where present; rollouts stay
    exact).
    """

    n_steps: int = in_range(1, 65_536, 64)
    batch_size: int = in_range(2, 10_000_000, 4096)
    n_epochs: int = in_range(1, 100, 4)
    learning_rate: Schedule = Schedule(3e-4, 3e-4)
    gamma: float = in_range(0.0, 1.0, 0.99)
    gae_lambda: float = in_range(0.0, 1.0, 0.95)
    clip_range: Schedule = Schedule(0.2, 0.2)
    clip_range_vf: float = in_range(0.0, 1e6, 0.0)
    ent_coef: Schedule = Schedule(0.01, 0.01)
    vf_coef: float = in_range(0.0, 100.0, 0.5)
    max_grad_norm: float = in_range(1e-6, 1e6, 0.5)
    target_kl: float = in_range(0.0, 100.0, 0.0)
    normalize_advantage: bool = True
    matmul: str = _one_of("float32", "bfloat16")


@dataclass(frozen=True)
class NetTable:
    """`[net]`: hidden layers of the policy and value networks, running observation normalisation, and whether continuous
    actions are clipped to their box or squashed into it by tanh.
    """

    pi: list[int] = field(default_factory=lambda: [128, 128], metadata={"range": (1, 4096)})
    vf: list[int] = field(default_factory=lambda: [128, 128], metadata={"range": (1, 4096)})
    activation: str = _one_of("tanh", "relu", "elu")
    normalize_observations: bool = False
    clip_observations: float = in_range(0.1, 1e6, 10.0)
    box_actions: str = _one_of("clip", "squash")


@dataclass(frozen=True)
class SelfplayTable:
    """`[selfplay]`: who plays the seats that do not learn.

    `mirror` is the share of worlds in which the newest policy plays every seat and all of them learn. In the other worlds the
    opponent is one of `bots` (weights) with probability `bot_share`, otherwise a past snapshot. `bots` are scripted bots of the
    env, model files (`x.onnx`) and brains that the env knows by name; brains play at `brain_temperature`. `teams` are the teams
    that learn there, assigned to the worlds in turn (empty: every team of the env).
    """

    enabled: bool = False
    mirror: float = in_range(0.0, 1.0, 0.5)
    bot_share: float = in_range(0.0, 1.0, 0.25)
    bots: dict[str, float] = field(default_factory=dict)
    snapshot_every: int = in_range(1, 10**12, 500_000)
    pool_size: int = in_range(1, 1000, 16)
    sampling: str = _one_of("prioritised", "uniform")
    teams: list[int] = field(default_factory=list, metadata={"range": (0, 1000)})
    newest: float = in_range(0.0, 1.0, 0.3)
    brain_temperature: float = in_range(0.0, 100.0, 0.5)


@dataclass(frozen=True)
class ImitationTable:
    """`[imitation]`: behaviour cloning of the env's bots before PPO, and a tie to the clone during PPO.

    `bots` (weights) hold the learner's seats while `samples` decisions are collected, against `against` (weights; empty: the
    bots of `[selfplay]`). In a share `noise` of decisions one head plays at random instead, so that the clone sees how a
    teacher recovers from states it would not reach itself. `replays` (files, or folders of them) are recorded matches, of which
    `seats` are imitated (the environment defines the allowed words), at most `samples` decisions. The clone is fitted in
    `epochs` passes. With several `rounds` each collects its share of the samples: from the second round on the current clone
    plays, the bots label its states with the actions they would take, and the clone is fitted to all labels so far (DAgger).
    `kl`, over the sample budget of PPO, weighs KL(clone || policy) in the loss.
    """

    bots: dict[str, float] = field(default_factory=dict)
    against: dict[str, float] = field(default_factory=dict)
    replays: list[str] = field(default_factory=list)
    seats: str = "winner"
    samples: int = in_range(1, 10**9, 500_000)
    rounds: int = in_range(1, 100, 1)
    noise: float = in_range(0.0, 1.0, 0.12)
    epochs: int = in_range(1, 1000, 6)
    batch_size: int = in_range(2, 10_000_000, 4096)
    learning_rate: Schedule = Schedule(1e-3, 2e-5)
    kl: Schedule = Schedule(0.0, 0.0)

    @property
    def clones(self) -> bool:
        """Whether the recipe names anything to imitate."""
        return bool(self.bots or self.replays)


@dataclass(frozen=True)
class EvalTable:
    """`[eval]`: matches against named opponents, every `every` samples (0 = only after training)."""

    every: int = in_range(0, 10**12, 0)
    opponents: list[str] = field(default_factory=list)
    matches: int = in_range(1, 1_000_000, 128)
    num_envs: int = in_range(1, 65_536, 64)
    temperature: float = in_range(0.0, 100.0, 1.0)
    kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckpointTable:
    """`[checkpoint]`: how often to save (samples; 0 = only at the end) and how many checkpoints to keep.

    A checkpoint is also saved, and kept, when an evaluation of `[eval]` is the best so far.
    """

    every: int = in_range(0, 10**12, 1_000_000)
    keep: int = in_range(1, 1000, 2)


@dataclass(frozen=True)
class LogTable:
    """`[log]`: where metrics go besides the curve, all into the run's folder: tensorboard, mlflow, wandb."""

    sinks: list[str] = field(
        default_factory=lambda: ["tensorboard"], metadata={"choices": ("tensorboard", "mlflow", "wandb")}
    )


@dataclass(frozen=True)
class ExportTable:
    """`[export]`: texts of the model's card besides the measurements."""

    author: str = ""
    notes: str = ""


@dataclass(frozen=True)
class TrainTable:
    """`[train]`: the user's own functions, as `module:function` (`own_code` documents their arguments).

    `callbacks` are called after every iteration, `reward_terms` after every step.
    """

    callbacks: list[str] = field(default_factory=list)
    reward_terms: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Recipe:
    """One training run. `reward` is passed to the environment unchanged as `reward={...}`."""

    title: str = "untitled"
    character: str = ""
    description: str = ""
    licence: str = "MIT"
    seed: int = in_range(0, 2**31 - 1, 1)
    env: EnvTable = field(default_factory=EnvTable)
    budget: BudgetTable = field(default_factory=BudgetTable)
    ppo: PpoTable = field(default_factory=PpoTable)
    net: NetTable = field(default_factory=NetTable)
    selfplay: SelfplayTable = field(default_factory=SelfplayTable)
    imitation: ImitationTable = field(default_factory=ImitationTable)
    reward: dict[str, Any] = field(default_factory=dict)
    train: TrainTable = field(default_factory=TrainTable)
    eval: EvalTable = field(default_factory=EvalTable)
    checkpoint: CheckpointTable = field(default_factory=CheckpointTable)
    export: ExportTable = field(default_factory=ExportTable)
    log: LogTable = field(default_factory=LogTable)
    sweep: dict[str, Any] = field(default_factory=dict)  # ranges of `agents sweep`, by dotted keys

    def env_kwargs(self) -> dict[str, Any]:
        """The keywords of `make_vec`: `[env.kwargs]` plus `reward` if the recipe sets it."""
        kwargs = dict(self.env.kwargs)
        if self.reward:
            kwargs["reward"] = dict(self.reward)
        return kwargs


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """The recipe as plain tables with every default written out; `recipe_from` turns them into the same recipe."""
    return _plain_table(recipe)


def flat_recipe(recipe: Recipe) -> dict[str, Any]:
    """A recipe's values by dotted keys (`ppo.gamma`); a schedule that is not constant is one value, a table."""
    return _flat(recipe_to_dict(recipe), "")


def _flat(table: Mapping[str, Any], way: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict) and set(value) != {"start", "end"}:
            found |= _flat(value, f"{way}{key}.")
        else:
            found[f"{way}{key}"] = value
    return found


def _plain_table(table: Any) -> dict[str, Any]:
    """A dataclass as plain tables; schedules in the form of a recipe."""
    plain: dict[str, Any] = {}
    for item in dataclasses.fields(table):
        value = getattr(table, item.name)
        if isinstance(value, Schedule):
            value = value.start if value.start == value.end else {"start": value.start, "end": value.end}
        plain[item.name] = _plain_table(value) if dataclasses.is_dataclass(value) else copy.deepcopy(value)
    return plain
