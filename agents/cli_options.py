"""What the modules of commands share: options, and the loading of what only some commands need."""

import importlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer

TABLE_WIDTH = 130  # characters of a table of runs
BrainArgument = Annotated[Path, typer.Argument(help="An .onnx file; in a game also the name of a brain.")]
PlayerArgument = Annotated[
    str, typer.Argument(help="An .onnx file or a bot's name; in a game also the name of a brain.")
]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="Override a recipe key: ppo.n_steps=128")]
EnvOption = Annotated[str | None, typer.Option("--env", help="Environment id, as in game:Name-v0.")]
RunEnvOption = Annotated[
    str | None,
    typer.Option(
        "--env", help="The run's own environment as module:id, where this program has not registered it."
    ),
]
CodeOption = Annotated[
    list[str] | None,
    typer.Option("--code", help="A module that the run's callbacks and reward terms may be imported from."),
]
KwargsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--env-kwargs", help="A keyword for the environment, over the card's: key=value; key= leaves it out."
    ),
]
LevelsOption = Annotated[str | None, typer.Option(help="Levels, handed to the env; several: a,b,c")]
MatchesOption = Annotated[int, typer.Option(min=1, max=1_000_000, help="How many matches to play.")]
SeedOption = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="The same seed gives the same matches.")]
TemperatureOption = Annotated[float, typer.Option(min=0.0, max=100.0, help="0 takes the likeliest action.")]
ThreadsOption = Annotated[
    int | None,
    typer.Option(
        min=1, max=64, help="Threads that share the work; default: 2 where there are. The result is the same."
    ),
]
RowsOption = Annotated[int, typer.Option(min=1, max=65_536, help="Matches played at the same time.")]


def module(name: str) -> Any:
    """Import `agents.NAME` now that it is needed; those that train need the training extra."""
    return importlib.import_module(f"agents.{name}")


def given_recipe(
    recipe: str, settings: list[str] | None, seed: int | None, env: str | None
) -> tuple[Any, str | None]:
    """The recipe with what the person set, and what another process needs as --env to resume it, if anything."""
    overrides = list(settings or [])
    overrides += [] if seed is None else [f"seed={seed}"]
    overrides += [] if env is None else [f"env.id={json.dumps(env)}"]
    loaded = module("recipe_reading").load_recipe(recipe, overrides)
    return loaded, None if module("env_ids").is_registered(loaded.env.id) else loaded.env.id


def given_kwargs(settings: list[str] | None) -> dict[str, Any]:
    """The keywords for the environment that `--env-kwargs` are; None leaves one out."""
    parse = module("recipe_reading").parse_setting
    return dict(parse(setting, "--env-kwargs") for setting in settings or [])


def given_levels(levels: str | None) -> dict[str, Any]:
    """The keyword for the environment that `--levels` is."""
    if levels is None:
        return {}
    names = [name.strip() for name in levels.split(",") if name.strip()]
    return {"levels": names[0] if len(names) == 1 else names}
