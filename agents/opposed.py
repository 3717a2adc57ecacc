"""Training against chosen opponents alone: the stages of a league, and the search for a best response to one brain."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from agents.errors import RunError
from agents.own_code import modules_of
from agents.recipe import Recipe
from agents.runs import Run, open_run


def with_opponents(
    recipe: Recipe,
    opponents: Mapping[str, float],
    *,
    title: str,
    seed: int,
    samples: int,
    mirror: float = 0.0,
    bot_share: float = 1.0,
    clone: bool,
) -> Recipe:
    """The recipe with these opponents (weights) and `samples` as its only limit.

    `mirror` is the share of worlds in which it plays itself, `bot_share` that of `opponents` in the other worlds; `clone`:
    whether it starts with a clone, if the recipe has one. RunError for a recipe with the user's own functions: these recipes
    are read from files repeatedly, and a file may not name code.
    """
    if modules_of(recipe.train):
        raise RunError(
            "[train]: expected neither callbacks nor reward_terms in a league or a search, found some"
        )
    return replace(
        recipe,
        title=title,
        seed=seed % 2**31,
        budget=replace(recipe.budget, samples=samples, minutes=0.0, cpu_seconds=0.0, patience=0),
        selfplay=replace(
            recipe.selfplay, enabled=True, mirror=mirror, bot_share=bot_share, bots=dict(opponents)
        ),
        imitation=recipe.imitation if clone else replace(recipe.imitation, bots={}, replays=[]),
    )


def existing_run(folder: Path, env: str | None = None) -> Run | None:
    """The run in a folder; None if there is none, or if it never started. `env` as in `open_run`."""
    if not (folder / "run.json").exists():
        return None
    run = open_run(folder, env)
    return run if run.facts["status"] != "new" or (folder / "checkpoints").exists() else None
