"""What the command modules share: options, and loading of modules that only some commands need."""

import importlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer

TABLE_WIDTH = 130  # characters of a table of runs
NONE = "none"


def brain_names(context: typer.Context, incomplete: str) -> list[str]:
    """Shell completion of a brain: the names that a game, which mounts these commands, gives in its context."""
    known = context.obj.get("brains", []) if isinstance(context.obj, dict) else []
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in known if name.startswith(last)]


def preset_names(incomplete: str) -> list[str]:
    """Shell completion of a recipe: the names of the shipped presets' files."""
    files = sorted((Path(__file__).parent / "recipes").glob("*.toml"))
    return [file.stem for file in files if file.stem.startswith(incomplete)]


BrainArgument = Annotated[
    Path,
    typer.Argument(help="An .onnx file; in a game also the name of a brain.", autocompletion=brain_names),
]
PlayerArgument = Annotated[
    str,
    typer.Argument(
        help="An .onnx file or a bot's name; in a game also the name of a brain.", autocompletion=brain_names
    ),
]
RecipeArgument = Annotated[
    str, typer.Argument(help="A preset's name or a .toml file.", autocompletion=preset_names)
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Override a key of the recipe, as in ppo.n_steps=128; may be repeated.",
        metavar="KEY=VALUE",
        show_default=NONE,
    ),
]
EnvOption = Annotated[
    str | None,
    typer.Option(
        "--env",
        help="Id of the environment, as in CartPole-v1 or module:Name-v0.",
        metavar="ID",
        show_default="the recipe's or the brain's",
    ),
]
RunEnvOption = Annotated[
    str | None,
    typer.Option(
        "--env",
        help="The run's own environment as module:id, if this program has not registered it.",
        metavar="ID",
        show_default="the run's",
    ),
]
CodeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--code",
        help="A module that the run's callbacks and reward terms may be imported from; may be repeated.",
        metavar="MODULE",
        show_default=NONE,
    ),
]
KwargsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--env-kwargs",
        help="Argument of the environment, instead of the card's: key=value, and key= leaves it out; may be repeated.",
        metavar="KEY=VALUE",
        show_default="the card's",
    ),
]
LevelsOption = Annotated[
    str | None,
    typer.Option(
        help="Levels for the environment, several by commas: a,b,c",
        metavar="LEVELS",
        show_default="the environment's own",
    ),
]
MatchesOption = Annotated[
    int, typer.Option(min=1, max=1_000_000, help="How many matches, or episodes, are played.")
]
SeedOption = Annotated[
    int, typer.Option(min=0, max=2**31 - 1, help="Seed of the matches; the same seed gives the same result.")
]
TrainSeedOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=2**31 - 1,
        help="Seed of the training; the same seed gives the same policy.",
        show_default="the recipe's",
    ),
]
TemperatureOption = Annotated[
    float,
    typer.Option(
        min=0.0,
        max=100.0,
        help="Divisor of the logits before an action is drawn; 0 takes the likeliest action.",
    ),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=64,
        help="Threads that share the work; the result is the same with any number.",
        show_default="2, or 1 if there is one core",
    ),
]
RowsOption = Annotated[
    int, typer.Option(min=1, max=65_536, help="How many matches are played at the same time.")
]


def module(name: str) -> Any:
    """Import `agents.NAME` when it is needed; modules that train need the training extra."""
    return importlib.import_module(f"agents.{name}")


def recipe_from_options(
    recipe: str, settings: list[str] | None, seed: int | None, env: str | None
) -> tuple[Any, str | None]:
    """The recipe with the user's settings, and the --env that another process needs to resume it, if any."""
    overrides = list(settings or [])
    overrides += [] if seed is None else [f"seed={seed}"]
    overrides += [] if env is None else [f"env.id={json.dumps(env)}"]
    loaded = module("recipe_reading").load_recipe(recipe, overrides)
    return loaded, None if module("env_ids").is_registered(loaded.env.id) else loaded.env.id


def kwargs_from_option(settings: list[str] | None) -> dict[str, Any]:
    """The environment keywords of `--env-kwargs`; None leaves a keyword out."""
    parse = module("recipe_reading").parse_setting
    return dict(parse(setting, "--env-kwargs") for setting in settings or [])


def levels_kwargs(levels: str | None) -> dict[str, Any]:
    """The environment keyword of `--levels`."""
    if levels is None:
        return {}
    names = [name.strip() for name in levels.split(",") if name.strip()]
    return {"levels": names[0] if len(names) == 1 else names}
