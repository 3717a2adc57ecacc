"""The commands `league new|add|run|table`. torch is imported only when a league is run."""

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer

from agents.cli_options import BrainArgument, RunEnvOption, SetOption, ThreadsOption, preset_names
from safefiles.console import (
    INTERRUPTED,
    JsonOption,
    clean_exit,
    command_group,
    echo,
    examples,
    fail,
    make_table,
    print_table,
    write_json,
)
from safefiles.extras import require
from safefiles.foreign import read_bytes
from safefiles.writing import write_atomic

app = command_group(
    "league",
    "A league: learners, exploiters, bots and brains in one folder that play each other and are rated.",
)

FolderArgument = Annotated[Path, typer.Argument(help="The league's folder.")]


def _module(name: str) -> Any:
    return importlib.import_module(f"agents.{name}")


@app.command()
@clean_exit
@examples(
    "runs/league quick --bots chaser,marksman",
    "runs/league quick --bots chaser --stage-samples 500000 --no-exploiters",
)
def new(
    folder: FolderArgument,
    recipe: Annotated[
        str,
        typer.Argument(
            help="Recipe of its learners: a preset's name or a .toml file.", autocompletion=preset_names
        ),
    ],
    bots: Annotated[
        str,
        typer.Option(help="Bots that play in it, separated by commas.", metavar="NAMES", show_default="none"),
    ] = "",
    anchor: Annotated[
        str,
        typer.Option(
            help="The bot whose rating is fixed.", metavar="NAME", show_default="the last of --bots"
        ),
    ] = "",
    stage_samples: Annotated[int, typer.Option(min=1, help="Samples of one stage.")] = 2_000_000,
    matches: Annotated[int, typer.Option(min=2, help="How many matches of each pair are rated.")] = 64,
    kinds: Annotated[
        str,
        typer.Option(
            help="Kinds of match of the environment's panel that are rated, separated by commas.",
            metavar="NAMES",
            show_default="the environment's own matches",
        ),
    ] = "",
    exploiters: Annotated[bool, typer.Option(help="Also train exploiters.")] = True,
    settings: SetOption = None,
) -> None:
    """Make a league's folder; its league.toml may be edited."""
    leagues, recipes = _module("league"), _module("recipe_reading")
    loaded = recipes.load_recipe(recipe, settings or [])
    names = _names(bots)
    given = leagues.LeagueTable(
        bots=names,
        anchor=anchor or (names[-1] if names else ""),
        stage_samples=stage_samples,
        matches=matches,
        kinds=_names(kinds),
    )
    if not exploiters:
        given = leagues.without_exploiters(given)
    _module("league_run").check_league(leagues.League(folder, given, loaded))
    leagues.new_league(folder, loaded, given)
    echo(
        f"{folder}: a league of {', '.join(names) or 'no bots'}; {' and '.join(given.learners)} will be trained"
    )


@app.command()
@clean_exit
@examples("runs/league mine.onnx", "runs/league mine.onnx --name rival")
def add(
    folder: FolderArgument,
    brain: BrainArgument,
    name: Annotated[
        str | None, typer.Option(help="Its name in the league.", metavar="NAME", show_default="the file's")
    ] = None,
) -> None:
    """Add a brain to a league without training it; it plays all members at the next run or table."""
    leagues = _module("league")
    league = leagues.open_league(folder)
    shown = leagues.checked_name(name or _module("arena").shown_name(brain).removesuffix(".onnx"))
    played = {name for one in league.results() for name in (one.first, one.second)}
    if shown in {member.name for member in league.members} | played:
        fail(f"--name: expected a name that is free, found {shown!r}")
    if _module("env_ids").is_registered(league.recipe.env.id):
        _module("league_run").check_guest(league, brain)
    else:
        _module("runtime").load_brain(brain, None)
    _copy(brain, folder / "brains" / f"{shown}.onnx")
    echo(f"{shown} plays in {folder}")


@app.command()
@clean_exit
@examples("runs/league", "runs/league --stages 10 --cpu-seconds 3600")
def run(
    folder: FolderArgument,
    stages: Annotated[
        int, typer.Option(min=0, help="How many stages are trained; 0 only plays the missing rating matches.")
    ] = 3,
    cpu_seconds: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="Start no further stage after this many seconds of processor time; 0 sets no limit.",
            metavar="SECONDS",
        ),
    ] = 0.0,
    env: RunEnvOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Train the next stages, freeze and rate them; a stopped or killed league continues where it was."""
    league = _module("league").open_league(folder)
    _module("env_ids").ensure_registered(league.recipe.env.id, env, f"league {folder.name!r}")
    leagues = _module("league_run")
    done = leagues.run_league(league, stages, threads=threads, cpu_seconds=cpu_seconds)
    if done < stages and (stage := leagues.stopped_stage(league)):
        fail(
            f"stopped in {stage}, after {done} of {stages} stages; continue with the same command ({folder})",
            INTERRUPTED,
        )
    echo(f"{done} of {stages} stages done in {folder}")


@app.command("table")
@clean_exit
@examples("runs/league", "runs/league --plot league.png --export-best best.onnx")
def show_table(
    folder: FolderArgument,
    plot: Annotated[
        Path | None,
        typer.Option(help="Also draw who beats whom (PNG).", metavar="FILE", show_default="none"),
    ] = None,
    best: Annotated[
        Path | None,
        typer.Option(
            "--export-best",
            help="Copy the best rated snapshot to this .onnx file.",
            metavar="FILE",
            show_default="none",
        ),
    ] = None,
    json_file: JsonOption = None,
) -> None:
    """Ratings, weights in the equilibrium, and shares of the points of all members that have played."""
    leagues, ratings = _module("league"), _module("match_ratings")
    if plot is not None:
        require("matplotlib", "train")
    league = leagues.open_league(folder)
    results = league.results()
    rows = _module("league_table").league_standings(league)
    kinds = list(dict.fromkeys(one.kind for one in results))
    headings = ["", "rating", "±", "equilibrium", "points", "matches", *(kinds if len(kinds) > 1 else [])]
    cells = [
        [
            row.name, f"{row.rating.mu:.1f}", f"{2 * row.rating.sigma:.1f}", f"{100 * row.weight:.0f} %",
            f"{100 * row.points:.0f} %", f"{row.rating.matches:,}",
            *(f"{row.kinds[kind]:.1f}" if kind in row.kinds else "-" for kind in (kinds if len(kinds) > 1 else [])),
        ]
        for row in rows
    ]  # fmt: skip
    print_table(make_table(headings, cells, right=True))
    if plot is not None:
        _module("league_table").draw_payoffs(
            ratings.payoffs(results, [row.name for row in rows]), [row.name for row in rows], plot
        )
    if best is not None:
        _export_best(rows, best)
    write_json(json_file, {"schema": 1, "members": [row.to_dict() for row in rows]})


def _export_best(rows: Any, out: Path) -> None:
    snapshots = [row for row in rows if row.member.learner]
    if not snapshots:
        fail("--export-best: expected a snapshot that has played, found none")
    if out.suffix != ".onnx":
        fail(f"--export-best: expected a file name that ends in .onnx, found {out.name}")
    _copy(snapshots[0].member.path, out)
    echo(f"{out}: {snapshots[0].name}, rated {snapshots[0].rating.mu:.1f}")


def _copy(brain: Path, out: Path) -> None:
    limit = _module("brain_file").LIMITS.file_bytes
    write_atomic(out, read_bytes(brain, limit, "a model (.onnx)", _module("errors").RunError))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
