"""The same training with several seeds, one after the other; the same call goes on where a kill left it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from agents.errors import RecipeError, RunError
from agents.opposed import begun
from agents.parents import Parent
from agents.recipe import Recipe
from agents.recipe_text import recipe_to_toml
from agents.run_table import RunRow, row_of, summary
from agents.runs import Run, create_run
from agents.train import train
from safefiles.text import clean, shown
from safefiles.writing import write_text

MOST: Final = 1000  # seeds
SUMMARY: Final = "summary.json"


def seeds_of(text: str, first: int) -> list[int]:
    """`3` as three seeds from `first` on, `1,2,5` as these; RecipeError for anything else."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    whole = all(part.isascii() and part.isdecimal() and len(part) <= 10 for part in parts)
    numbers = [int(part) for part in parts] if whole else []
    if len(numbers) == 1 and "," not in text and 0 < numbers[0] <= MOST:
        numbers = list(range(first, first + numbers[0]))
    elif "," not in text:
        numbers = []
    if not numbers or len(set(numbers)) < len(numbers) or len(numbers) > MOST or max(numbers) >= 2**31:
        raise RecipeError(
            f"--seeds: expected how many (1 to {MOST}), or different seeds by commas, as in 3 or 1,2,5, "
            f"found {clean(text, 60)!r}"
        )
    return numbers


def train_seeds(
    folder: Path,
    recipe: Recipe,
    seeds: Sequence[int],
    *,
    parent: Parent | None = None,
    env: str | None = None,
    threads: int | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> list[RunRow]:
    """Train a run `seed-N` in `folder` for each seed that is not done yet; rows of those that are, in the order of `seeds`.

    Fewer rows than seeds: it was stopped. `env`: what opens a run of an env that is not registered yet. RunError where
    a folder holds a run of another recipe. Writes `summary.json` after each run.
    """
    rows: list[RunRow] = []
    for number, seed in enumerate(seeds, 1):
        own = folder / f"seed-{seed}"
        run = _opened(own, replace(recipe, seed=seed), parent, env)
        if run.facts["status"] not in ("done", "diverged"):
            tell(f"seed {seed} ({number} of {len(seeds)}): {own}")
            run = train(run, threads=threads)
        if run.facts["status"] == "stopped":
            break
        rows.append(row_of(own))
        text = {"schema": 1, "summary": summary(rows), "runs": [row.to_dict() for row in rows]}
        write_text(folder / SUMMARY, json.dumps(text, indent=2) + "\n")
    return rows


def _opened(folder: Path, recipe: Recipe, parent: Parent | None, env: str | None) -> Run:
    """The run in the folder as it stands, or a new one."""
    run = begun(folder, env)
    if run is None:
        return create_run(folder, recipe, parent)
    if recipe_to_toml(run.recipe) != recipe_to_toml(recipe):
        raise RunError(f"{shown(folder)}: holds a run of another recipe; choose another folder with --out")
    run.code = None  # the recipe is that which the person gave
    return run
