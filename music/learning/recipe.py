"""A music recipe: a TOML file with a title, a seed and one table of settings for each generator."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from music.errors import TrainingError
from music.generators import contract as co
from music.learning.losses import LOSSES
from music.learning.trainer import TrainerSettings
from safefiles.foreign import parse_toml, read_bytes, refuse_errors
from safefiles.text import clean, shown_path

PRESETS = Path(__file__).resolve().parent.parent / "recipes"
MAX_BYTES = 64 * 1024

# name: (lowest, highest), for the numeric settings
RANGES: dict[str, tuple[float, float]] = {
    "steps": (1, 10_000_000),
    "batch": (2, 8192),
    "width": (8, 2048),
    "depth": (0, 16),
    "memory": (8, 2048),
    "critic_width": (8, 1024),
    "generator_rate": (1e-7, 0.1),
    "critic_rate": (1e-7, 0.1),
    "critic_steps": (1, 20),
    "penalty_weight": (0.0, 1000.0),
    "penalty_every": (1, 1000),
    "augment": (0.0, 1.0),
    "beta": (0.0, 0.999),
    "temperature": (0.05, 10.0),
    "average": (0.0, 0.99999),
    "encoder_width": (8, 2048),
    "rebuild_only": (0, 10_000_000),
    "rebuild": (0.0, 100.0),
    "divergence": (0.0, 100.0),
}


@dataclass(frozen=True)
class Recipe:
    """The settings of a training run, and the TOML text that they were read from."""

    title: str
    seed: int
    parts: dict[str, TrainerSettings]
    text: str


def presets() -> list[str]:
    """Names of the recipes in the package."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def read_recipe(name: str) -> Recipe:
    """Read a preset by name or a .toml file. TrainingError names file, table, key, expected and found value."""
    path = Path(name) if name.endswith(".toml") else PRESETS / f"{name}.toml"
    expected = f"a .toml file or one of {', '.join(presets())}"
    try:
        data = read_bytes(path, MAX_BYTES, expected, TrainingError)
    except TrainingError as error:
        if name.endswith(".toml"):
            raise
        raise TrainingError(f"recipe {shown_path(name, 60)!r}: expected {expected}") from error
    where = shown_path(path.name)
    with refuse_errors(f"recipe {where}", "a recipe in UTF-8", TrainingError):
        text = data.decode("utf-8-sig")
    return parse_recipe(text, where)


def parse_recipe(text: str, where: str) -> Recipe:
    """Parse and check a recipe's text. Raises TrainingError."""
    table = parse_toml(text, f"recipe {where}", TrainingError)
    known = {"title", "seed", *co.PARTS}
    for key in table:
        if key not in known:
            raise TrainingError(
                f"recipe {where}: expected keys among {', '.join(sorted(known))}, found {clean(str(key), 60)!r}"
            )
    title, seed = table.get("title", where), table.get("seed", 0)
    if not isinstance(title, str):
        raise TrainingError(f"recipe {where} › title: expected a text, found {clean(str(title), 60)}")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**31:
        raise TrainingError(
            f"recipe {where} › seed: expected a whole number from 0 to {2**31 - 1}, found {clean(str(seed), 60)}"
        )
    missing = [part for part in co.PARTS if part not in table]
    if missing:
        raise TrainingError(f"recipe {where}: expected a table [{missing[0]}], found none")
    parts = {part: _settings(table[part], f"recipe {where} › {part}") for part in co.PARTS}
    return Recipe(title, seed, parts, text)


def with_seed(recipe: Recipe, seed: int) -> Recipe:
    """Return the recipe with another seed, also in its text."""
    lines = [row for row in recipe.text.splitlines() if not row.replace(" ", "").startswith("seed=")]
    return parse_recipe("\n".join([f"seed = {seed}", *lines]) + "\n", recipe.title)


def _settings(table: Any, where: str) -> TrainerSettings:
    if not isinstance(table, dict):
        raise TrainingError(f"{where}: expected a table, found {type(table).__name__}")
    fields = {field.name: field for field in dataclasses.fields(TrainerSettings)}
    for key, value in table.items():
        if key not in fields:
            raise TrainingError(
                f"{where}: expected keys among {', '.join(fields)}, found {clean(str(key), 60)!r}"
            )
        if key == "loss":
            if not isinstance(value, str) or value not in LOSSES:
                raise TrainingError(
                    f"{where} › loss: expected {', '.join(LOSSES)}, found {clean(str(value), 60)}"
                )
            continue
        low, high = RANGES[key]
        whole = fields[key].type is int
        fits = isinstance(value, int) or (isinstance(value, float) and not whole)
        if isinstance(value, bool) or not fits or not low <= value <= high:
            kind = "a whole number" if whole else "a number"
            raise TrainingError(
                f"{where} › {key}: expected {kind} from {low:g} to {high:g}, found {clean(str(value), 60)}"
            )
    if "steps" not in table:
        raise TrainingError(f"{where}: expected a key 'steps', found none")
    return TrainerSettings(**table)
