"""The same training with several seeds, one after the other; the same call resumes after a kill."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from agents.errors import RecipeError, RunError
from agents.opposed import existing_run
from agents.parents import InitialPolicy
from agents.recipe import Recipe
from agents.recipe_text import recipe_to_toml
from agents.run_table import RunRow, run_row, summary
from agents.runs import INITIAL_POLICY, Run, create_run
from agents.tensors import load_tensors
from agents.train import train
from safefiles.text import clean, shown_path
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
            f"--seeds: expected how many (1 to {MOST}), or different seeds separated by commas, "
            f"as in 3 or 1,2,5, found {clean(text, 60)!r}"
        )
    return numbers


def train_seeds(
    folder: Path,
    recipe: Recipe,
    seeds: Sequence[int],
    *,
    parent: InitialPolicy | None = None,
    env: str | None = None,
    threads: int | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> list[RunRow]:
    """Train a run `seed-N` in `folder` for each seed that is not done yet; returns rows of finished runs, in the order of
    `seeds`.

    Fewer rows than seeds: it was stopped. `env`: as in `open_run`, for an env that is not registered yet. RunError, before
    training, if a folder holds a run of another recipe or from another parent. Writes `summary.json` after each run.
    """
    rows: list[RunRow] = []
    for seed in seeds:
        _begun(folder / f"seed-{seed}", replace(recipe, seed=seed), parent, env)
    for number, seed in enumerate(seeds, 1):
        own = folder / f"seed-{seed}"
        asked = replace(recipe, seed=seed)
        run = _begun(own, asked, parent, env) or create_run(own, asked, parent)
        if run.facts["status"] not in ("done", "diverged"):
            tell(f"seed {seed} ({number} of {len(seeds)}): {own}")
            run = train(run, threads=threads)
        if run.facts["status"] == "stopped":
            break
        rows.append(run_row(own))
        text = {"schema": 1, "summary": summary(rows), "runs": [row.to_dict() for row in rows]}
        write_text(folder / SUMMARY, json.dumps(text, indent=2) + "\n")
    return rows


def _begun(folder: Path, recipe: Recipe, parent: InitialPolicy | None, env: str | None) -> Run | None:
    """The run in the folder; None if it does not exist yet."""
    run = existing_run(folder, env)
    if run is None:
        return None
    if recipe_to_toml(run.recipe) != recipe_to_toml(recipe):
        raise RunError(
            f"{shown_path(folder)}: holds a run of another recipe; choose another folder with --out"
        )
    if not _began_as(run, parent):
        raise RunError(
            f"{shown_path(folder)}: holds a run that began with another policy; choose another folder with --out"
        )
    run.code = None  # the recipe is the user's own
    return run


def _began_as(run: Run, parent: InitialPolicy | None) -> bool:
    """Whether a run started from the parent's policy, or from none if there is no parent."""
    if parent is None or not run.facts.get("parents"):
        return parent is None and not run.facts.get("parents")
    held, _ = load_tensors(run.folder / INITIAL_POLICY)
    return held.keys() == parent.tensors.keys() and all(
        np.array_equal(held[name], parent.tensors[name]) for name in held
    )
