"""Training recipes: a TOML file that says everything about one training run, checked strictly.

A recipe names the environment, the budget and the learner's settings. Unknown keys, wrong types and values
out of range are refused with file, table and key. Presets ship in `agents/recipes/`; a game ships its own
beside its brains.
"""

import copy
import dataclasses
import tomllib
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from agents.env_ids import ENV_ID_FORM, PETTINGZOO, split_env_id
from agents.errors import EnvRefused, RecipeError
from agents.recipe_faults import did_you_mean, free_faults, function_faults, show_value
from safefiles import foreign
from safefiles.text import clean, shown

MAX_RECIPE_BYTES = 64 * 1024
_RECURRENT = (
    "expected a policy without memory, as there are no recurrent ones here; give it the last observations instead, as "
    "gymnasium.wrappers.FrameStackObservation does"
)
_IMAGES = "expected a policy of flat numbers, as there are no convolutions here; let a wrapper of the environment give features"
_ABSENT = dict.fromkeys(("recurrent", "lstm", "gru", "rnn", "memory"), _RECURRENT) | dict.fromkeys(
    ("cnn", "convolutions"), _IMAGES
)
Table = typing.TypeVar("Table")


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
    """`[env]`: which environment, how many copies, and what `make_vec` is given (`[env.kwargs]`).

    `num_envs` counts learner rows; with self-play it counts worlds.
    """

    id: str = ""
    num_envs: int = in_range(1, 65_536, 256)
    kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BudgetTable:
    """`[budget]`: when to stop, whichever comes first.

    `samples` are learner decisions, over which the schedules run. `cpu_seconds` of processor time of this process
    (0 = no limit) give about as many samples on a busy machine as on an idle one. `minutes` of wall-clock (0 = no limit)
    are for who must be done in time. Neither clock runs while kernels compile. `patience`: so many evaluations of `[eval]` one
    after the other, none of them better than the best before (0 = no limit).
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

    `mirror` is the share of worlds in which the newest policy plays every seat and all of them learn. The
    other worlds meet one of `bots` (weights) with probability `bot_share`, else a past snapshot: scripted bots of the env, model
    files (`x.onnx`) and brains that the env knows by name, which play at `brain_temperature`.
    `teams` are those that learn there, world by world in turn (empty: every team of the env).
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

    `bots` (weights) hold the learner's seats while `samples` decisions are collected, against `against` (weights; empty:
    the bots of `[selfplay]`). A share `noise` of decisions is played at random instead, in one head, so that the clone
    sees how a teacher goes on from states of its own making. `replays` (files, or folders of them) are recorded matches, of
    which `seats` are imitated (the environment says which words it knows), at most `samples` decisions. The clone is fitted in
    `epochs` passes. `kl`, over the sample budget of PPO, weighs KL(clone || policy) in the loss.
    """

    bots: dict[str, float] = field(default_factory=dict)
    against: dict[str, float] = field(default_factory=dict)
    replays: list[str] = field(default_factory=list)
    seats: str = "winner"
    samples: int = in_range(1, 10**9, 500_000)
    noise: float = in_range(0.0, 1.0, 0.12)
    epochs: int = in_range(1, 1000, 6)
    batch_size: int = in_range(2, 10_000_000, 4096)
    learning_rate: Schedule = Schedule(1e-3, 2e-5)
    kl: Schedule = Schedule(0.0, 0.0)

    @property
    def clones(self) -> bool:
        """Whether there is anybody to imitate."""
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

    A checkpoint is saved too, and stays, where an evaluation of `[eval]` was the best so far.
    """

    every: int = in_range(0, 10**12, 1_000_000)
    keep: int = in_range(1, 1000, 2)


@dataclass(frozen=True)
class LogTable:
    """`[log]`: where figures go besides the curve, all of them into the run's folder: tensorboard, mlflow, wandb."""

    sinks: list[str] = field(
        default_factory=lambda: ["tensorboard"], metadata={"choices": ("tensorboard", "mlflow", "wandb")}
    )


@dataclass(frozen=True)
class ExportTable:
    """`[export]`: what the model's card says besides what is measured."""

    author: str = ""
    notes: str = ""


@dataclass(frozen=True)
class TrainTable:
    """`[train]`: functions of the trainer's own, as `module:function` (`own_code` says what they are given).

    `callbacks` are called after every iteration, `reward_terms` after every step.
    """

    callbacks: list[str] = field(default_factory=list)
    reward_terms: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Recipe:
    """One training run. `reward` is handed to the environment untouched as `reward={...}`."""

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
    sweep: dict[str, Any] = field(default_factory=dict)  # of `agents sweep`: ranges by dotted keys

    def env_kwargs(self) -> dict[str, Any]:
        """What `make_vec` gets: `[env.kwargs]` plus `reward` where the recipe overrides it."""
        kwargs = dict(self.env.kwargs)
        if self.reward:
            kwargs["reward"] = dict(self.reward)
        return kwargs


def preset_names() -> list[str]:
    """The presets that ship with this package, sorted."""
    folder = resources.files("agents").joinpath("recipes")
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_recipe(source: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a preset by name or a `.toml` file, apply `key=value` overrides (dotted keys), check it all.

    Raises RecipeError with every fault's place: `quick.toml > [ppo] n_step: unknown key; did you mean
    'n_steps'?`
    """
    name, text = _read_source(source)
    data = parse_toml(text, name)
    for override in overrides:
        _apply_override(data, override)
    return recipe_from(data, name)


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """TOML text to a dict; a syntax error names the file and its line, and so does a number beyond reason."""
    return foreign.parse_toml(text, name, RecipeError)


def recipe_from(data: Mapping[str, Any], name: str) -> Recipe:
    """Check a parsed recipe and fill in the defaults."""
    faults: list[str] = []
    recipe = _build(Recipe, data, "", faults)
    if not faults:
        faults += _cross_checks(recipe)
    if faults:
        raise RecipeError("\n".join(f"{name} > {fault}" for fault in faults))
    return typing.cast(Recipe, recipe)


def build_table(kind: type[Table], data: Mapping[str, Any], name: str) -> Table:
    """Check a parsed table against dataclass `kind`, as a recipe's tables are; RecipeError names every fault's place."""
    faults: list[str] = []
    table = _build(kind, data, "", faults)
    if faults:
        raise RecipeError("\n".join(f"{name} > {fault}" for fault in faults))
    return typing.cast(Table, table)


def changed_recipe(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """A recipe with `key=value` overrides, checked as `load_recipe` does."""
    data = recipe_to_dict(recipe)
    for setting in settings:
        _apply_override(data, setting)
    return recipe_from(data, "--set")


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """The recipe as plain tables, every default written out: `recipe_from` of it gives the same recipe."""
    return _plain_table(recipe)


def flat_recipe(recipe: Recipe) -> dict[str, Any]:
    """A recipe's values by dotted keys (`ppo.gamma`); a schedule that moves is one value, a table."""
    return _flat(recipe_to_dict(recipe), "")


def _flat(table: Mapping[str, Any], way: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict) and set(value) != {"start", "end"}:
            found |= _flat(value, f"{way}{key}.")
        else:
            found[f"{way}{key}"] = value
    return found


def _read_source(source: str | Path) -> tuple[str, str]:
    path = Path(source)
    if path.suffix != ".toml":
        names = preset_names()
        if str(source) not in names:
            raise RecipeError(f"recipe {str(source)!r}: expected a .toml file or one of: {', '.join(names)}")
        preset = resources.files("agents").joinpath("recipes").joinpath(f"{source}.toml")
        return f"{source}.toml", preset.read_text(encoding="utf-8")
    data = foreign.read_bytes(path, MAX_RECIPE_BYTES, "a recipe (TOML)", RecipeError)
    name = shown(path.name)
    with foreign.refusing(name, "UTF-8 text", RecipeError):
        return name, data.decode("utf-8-sig")


def _apply_override(data: dict[str, Any], override: str) -> None:
    """Write one `table.key=value` into `data`; the value is TOML, or a plain string where it is not."""
    key, separator, text = override.partition("=")
    parts = [part.strip() for part in key.split(".")]
    if not separator or not all(parts):
        raise RecipeError(f"--set {override}: expected key=value, as in ppo.n_steps=128")
    value = _override_value(text, f"--set {override}")
    table = data
    for part in parts[:-1]:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise RecipeError(f"--set {override}: {part!r} is not a table")
    table[parts[-1]] = value


def parse_setting(setting: str, option: str) -> tuple[str, Any]:
    """Key and value of `key=value`; the value is TOML, or plain text where it is not, and None where it is empty."""
    key, separator, text = setting.partition("=")
    if not separator or not key.strip():
        raise RecipeError(f"{option} {clean(setting, 80)}: expected key=value, as in size=4")
    return clean(key.strip()), _override_value(text, f"{option} {key.strip()}") if text.strip() else None


def _override_value(text: str, where: str) -> Any:
    try:
        tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return clean(text)
    except (ValueError, RecursionError):
        pass  # TOML, but beyond reason: refused below
    return foreign.parse_toml(f"value = {text}", where, RecipeError)["value"]


def _build(kind: type[Any], data: Mapping[str, Any], where: str, faults: list[str]) -> Any:
    """Build dataclass `kind` from a table, appending every fault found; `where` is the table's
    dotted name.
    """
    hints = typing.get_type_hints(kind)
    fields = {item.name: item for item in dataclasses.fields(kind)}
    prefix = f"[{where}] " if where else ""
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key not in fields:
            faults.append(
                f"{prefix}{clean(key, 60)}: {_ABSENT.get(key) or f'unknown key{did_you_mean(key, fields)}'}"
            )
            continue
        if dataclasses.is_dataclass(hints[key]) and hints[key] is not Schedule:
            if not isinstance(value, dict):
                faults.append(f"{prefix}{key}: expected a table, found {show_value(value)}")
                continue
            values[key] = _build(
                typing.cast(type[Any], hints[key]), value, f"{where}.{key}" if where else key, faults
            )
            continue
        try:
            values[key] = _convert(value, hints[key], fields[key].metadata)
        except ValueError as error:
            faults.append(f"{prefix}{key}: {error}")
    return None if faults else kind(**values)


def _convert(value: Any, hint: Any, limits: Mapping[str, Any]) -> Any:
    """Turn a TOML value into the field's type or raise ValueError('expected ..., found ...')."""
    origin = typing.get_origin(hint)
    if hint is Schedule:
        return _schedule(value)
    if origin is list:
        if not isinstance(value, list):
            raise ValueError(f"expected a list, found {show_value(value)}")
        return [_convert(item, typing.get_args(hint)[0], limits) for item in value]
    if origin is dict:
        if not isinstance(value, dict):
            raise ValueError(f"expected a table, found {show_value(value)}")
        item_hint = typing.get_args(hint)[1]
        return {key: value[key] if item_hint is Any else _convert(value[key], item_hint, {}) for key in value}
    return _scalar(value, hint, limits)


def _scalar(value: Any, hint: Any, limits: Mapping[str, Any]) -> Any:
    if hint is bool or hint is str:
        if type(value) is not hint:
            raise ValueError(
                f"expected {'true or false' if hint is bool else 'a string'}, found {show_value(value)}"
            )
    elif hint is int:
        if type(value) is not int:
            raise ValueError(f"expected a whole number, found {show_value(value)}")
    elif type(value) not in (int, float) or value != value:
        raise ValueError(f"expected a number, found {show_value(value)}")
    if "choices" in limits and value not in limits["choices"]:
        raise ValueError(f"expected one of {', '.join(limits['choices'])}, found {show_value(value)}")
    if "range" in limits:
        low, high = limits["range"]
        if not low <= value <= high:
            raise ValueError(f"expected {low} to {high}, found {value}")
    return float(value) if hint is float else value


def _schedule(value: Any) -> Schedule:
    if isinstance(value, dict):
        if set(value) != {"start", "end"}:
            raise ValueError(
                f"expected a number or {{ start = ..., end = ... }}, found keys {clean(str(sorted(value)), 200)}"
            )
        return Schedule(
            _scalar(value["start"], float, {"range": (0, 1e6)}),
            _scalar(value["end"], float, {"range": (0, 1e6)}),
        )
    number = _scalar(value, float, {"range": (0, 1e6)})
    return Schedule(number, number)


def _cross_checks(recipe: Recipe) -> list[str]:
    """Faults that need more than one key."""
    faults = []
    if not recipe.env.id:
        faults.append("[env] id: expected an environment id, as in 'game:Name-v0', found none")
    else:
        try:
            split_env_id(recipe.env.id)
        except EnvRefused:
            faults.append(f"[env] id: {ENV_ID_FORM}, found {show_value(recipe.env.id)}")
    for name, functions in vars(recipe.train).items():
        faults += function_faults(functions, f"[train] {name}")
    for name, table in (("env.kwargs", recipe.env.kwargs), ("eval.kwargs", recipe.eval.kwargs)):
        faults += [f"[{name}] {fault}" for fault in free_faults(table)]
    faults += [f"[reward] {fault}" for fault in free_faults(recipe.reward, empty=False)]
    of_rows = not recipe.selfplay.enabled and not recipe.env.id.startswith(f"{PETTINGZOO}:")  # else of worlds
    if of_rows and recipe.env.num_envs * recipe.ppo.n_steps < recipe.ppo.batch_size:
        rows = recipe.env.num_envs * recipe.ppo.n_steps
        faults.append(
            f"[ppo] batch_size: expected at most num_envs x n_steps = {rows}, found {recipe.ppo.batch_size}"
        )
    for name, table in (("bots", recipe.imitation.bots), ("against", recipe.imitation.against)):
        if table and (min(table.values()) < 0 or sum(table.values()) <= 0):
            faults.append(f"[imitation] {name}: expected weights above 0, found {table}")
    if (
        recipe.imitation.bots
        and recipe.selfplay.enabled
        and not (recipe.imitation.against or recipe.selfplay.bots)
    ):
        faults.append("[imitation] against: expected at least one bot to play against, found none")
    if recipe.budget.patience and not recipe.eval.every:
        faults.append("[budget] patience: expected [eval] every above 0, as it counts evaluations, found 0")
    if recipe.budget.patience and recipe.selfplay.enabled and not recipe.eval.opponents:
        faults.append("[budget] patience: expected [eval] opponents to be evaluated against, found none")
    if recipe.selfplay.enabled and recipe.selfplay.bot_share > 0 and not recipe.selfplay.bots:
        faults.append("[selfplay] bots: expected at least one bot, or bot_share = 0, found none")
    if any(weight <= 0 for weight in recipe.selfplay.bots.values()):
        faults.append(f"[selfplay] bots: expected weights above 0, found {recipe.selfplay.bots}")
    for key in ("opponent", "seats"):
        if recipe.selfplay.enabled and key in recipe.env.kwargs:
            faults.append(f"[env.kwargs] {key}: self-play chooses it; use [selfplay] instead")
    return faults


def _plain_table(table: Any) -> dict[str, Any]:
    """A dataclass as plain tables; schedules back to what a recipe writes."""
    plain: dict[str, Any] = {}
    for item in dataclasses.fields(table):
        value = getattr(table, item.name)
        if isinstance(value, Schedule):
            value = value.start if value.start == value.end else {"start": value.start, "end": value.end}
        plain[item.name] = _plain_table(value) if dataclasses.is_dataclass(value) else copy.deepcopy(value)
    return plain
