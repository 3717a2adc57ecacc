"""Read training recipes: a preset or a TOML file, with overriding settings, checked strictly.

Unknown keys, wrong types and values out of range are refused with file, table and key.
"""

import dataclasses
import tomllib
import typing
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from agents.env_ids import ENV_ID_FORM, PETTINGZOO, split_env_id
from agents.errors import EnvRefused, RecipeError
from agents.recipe import Recipe, Schedule, recipe_to_dict
from agents.recipe_faults import did_you_mean, free_faults, function_faults, show_value
from safefiles import foreign
from safefiles.text import clean, shown_path

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


def preset_names() -> list[str]:
    """The presets that ship with this package, sorted."""
    folder = resources.files("agents").joinpath("recipes")
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_recipe(source: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a preset by name or a `.toml` file, apply `key=value` overrides (dotted keys), check the result.

    Raises RecipeError with every fault's place: `quick.toml > [ppo] n_step: unknown key; did you mean
    'n_steps'?`
    """
    name, text = _read_source(source)
    data = parse_toml(text, name)
    for override in overrides:
        _apply_override(data, override)
    return recipe_from(data, name)


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """TOML text to a dict; the error for bad syntax or an extreme number names the file and the line."""
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


def _read_source(source: str | Path) -> tuple[str, str]:
    path = Path(source)
    if path.suffix != ".toml":
        names = preset_names()
        if str(source) not in names:
            raise RecipeError(f"recipe {str(source)!r}: expected a .toml file or one of: {', '.join(names)}")
        preset = resources.files("agents").joinpath("recipes").joinpath(f"{source}.toml")
        return f"{source}.toml", preset.read_text(encoding="utf-8")
    data = foreign.read_bytes(path, MAX_RECIPE_BYTES, "a recipe (TOML)", RecipeError)
    name = shown_path(path.name)
    with foreign.refuse_errors(name, "UTF-8 text", RecipeError):
        return name, data.decode("utf-8-sig")


def _apply_override(data: dict[str, Any], override: str) -> None:
    """Write one `table.key=value` into `data`; the value is TOML, or else a plain string."""
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
    """Key and value of `key=value`; the value is TOML, or else plain text; None if it is empty."""
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
        pass  # valid TOML but an extreme number: refused below
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
    """Find faults that involve more than one key."""
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
    of_rows = not recipe.selfplay.enabled and not recipe.env.id.startswith(
        f"{PETTINGZOO}:"
    )  # otherwise of worlds
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
    if (
        recipe.imitation.rounds > 1 and recipe.imitation.replays
    ):  # without bots and replays nothing is imitated
        faults.append(
            "[imitation] rounds: expected 1 unless the teachers are bots alone, which can label new states, "
            f"found {recipe.imitation.rounds}"
        )
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
