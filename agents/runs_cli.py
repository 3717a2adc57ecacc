"""The commands that compare and search runs: compare, exploit, sweep. torch is imported only when it is needed."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from agents.cli_options import (
    TABLE_WIDTH,
    BrainArgument,
    EnvOption,
    LevelsOption,
    MatchesOption,
    SetOption,
    TemperatureOption,
    ThreadsOption,
    levels_kwargs,
    module,
    preset_names,
    recipe_from_options,
)
from safefiles.console import (
    FAILED,
    INTERRUPTED,
    JsonOption,
    clean_exit,
    echo,
    examples,
    fail,
    make_table,
    print_table,
    write_json,
)
from safefiles.extras import require


@clean_exit
@examples("runs/quick-1 runs/quick-2", "runs/quick-1 runs/quick-2 --plot curves.png")
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs.")],
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            help="Also draw the curves over samples and over processor time (PNG).",
            metavar="FILE",
            show_default="none",
        ),
    ] = None,
    json_file: JsonOption = None,
) -> None:
    """Compare runs: cost, results, and the settings in which their recipes differ."""
    tables = module("run_table")
    if plot is not None:
        require("matplotlib", "train")
    rows = tables.run_rows(runs)
    headings, cells = tables.table_cells(rows)
    print_table(make_table(headings, cells, right=True), width=TABLE_WIDTH)
    differing = tables.differences(rows)
    if differing:
        names = [row.name for row in rows]
        cells = [[key, *map(_value, values)] for key, values in differing.items()]
        print_table(make_table(["differs", *names], cells), width=max(TABLE_WIDTH, 30 + 20 * len(names)))
    elif len(rows) > 1:
        echo("the recipes do not differ")
    if plot is not None:
        tables.draw_curves(rows, plot)
    found = {"runs": [row.to_dict() for row in rows], "differences": differing}
    groups = [tables.summary(group) | {"names": [row.name for row in group]} for group in tables.groups(rows)]
    write_json(json_file, {"schema": 1, **found, "groups": groups})


def _value(value: object) -> str:
    if isinstance(value, dict):
        return " to ".join(map(str, value.values()))[:40]
    return "-" if value is None else str(value)[:40]


@clean_exit
@examples("hunter", "mine.onnx --samples 500000 --matches 200 --out runs/against-mine")
def exploit(
    brain: BrainArgument,
    samples: Annotated[
        int, typer.Option(min=1, max=10**12, help="How many samples the search may use.")
    ] = 2_000_000,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="The search's folder.", metavar="FOLDER", show_default="runs/exploit-NAME"
        ),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="Recipe for training the response: a preset's name or a .toml file.",
            metavar="RECIPE",
            show_default="the brain's own, starting from the brain's weights",
            autocompletion=preset_names,
        ),
    ] = None,
    settings: SetOption = None,
    env: EnvOption = None,
    levels: LevelsOption = None,
    matches: MatchesOption = 1000,
    temperature: TemperatureOption = 0.5,
    threads: ThreadsOption = None,
    json_file: JsonOption = None,
) -> None:
    """Search for the policy that beats a brain most often; if stopped, the same command continues, also with more samples."""
    search = module("exploit")
    folder = out or Path("runs") / f"exploit-{module('arena').shown_name(brain).removesuffix('.onnx')}"
    given = {} if levels is None else levels_kwargs(levels)
    asked = search.ResponseSearch(folder, brain, samples, matches, given, temperature)
    changed = partial(module("recipe_reading").changed_recipe, settings=settings or [])
    parent = None
    if recipe is None:
        arena = module("arena").open_evaluation_env(brain, env, {})
        loaded = search.recipe_of_card(brain, arena.env, arena.kwargs)
        parent = module("parents").policy_from_brain(brain)
    else:
        loaded, _ = recipe_from_options(recipe, settings, None, env)
    run = search.find_response(asked, loaded, parent, settings=changed, threads=threads)
    if run.facts["status"] == "diverged":
        fail("the training diverged: --set ppo.learning_rate=... smaller may help", FAILED)
    if run.facts["status"] != "done":
        fail(f"stopped before its end; continue with the same command (--out {folder})", INTERRUPTED)
    report = search.measure_response(asked, run, loaded, echo)
    echo(f"{folder / search.RESPONSE}: the best of {run.recipe.budget.samples:,} samples")
    write_json(json_file, report)


@clean_exit
@examples("my.toml", "my.toml --trials 50 --out runs/search")
def sweep(
    recipe: Annotated[str, typer.Argument(help="A .toml file with ranges in [sweep].")],
    trials: Annotated[
        int,
        typer.Option(min=1, max=100_000, help="How many trials there are in all, including earlier ones."),
    ] = 20,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="The search's folder.", metavar="FOLDER", show_default="runs/RECIPE-sweep"
        ),
    ] = None,
    settings: SetOption = None,
    env: EnvOption = None,
    threads: ThreadsOption = None,
    json_file: JsonOption = None,
) -> None:
    """Search for good settings of a recipe with Optuna; if stopped, the same command continues, also with more trials."""
    search = module("sweep")
    loaded, needed = recipe_from_options(recipe, settings, None, env)
    folder = out or Path("runs") / f"{Path(recipe).stem}-sweep"
    rows = search.run_sweep(
        folder, loaded, trials, env=needed, threads=threads, tell=lambda line: echo(line, err=True)
    )
    best = search.best_trial(rows)
    cells = [
        [
            row.number,
            row.state,
            "-" if row.score is None else f"{row.score:.3f}",
            search.settings_line(row.values),
        ]
        for row in rows
    ]
    print_table(make_table(["trial", "state", "score", "settings"], cells), width=TABLE_WIDTH)
    write_json(
        json_file,
        {"schema": 1, "best": best and best.number, "trials": [row.to_dict() for row in rows]},
    )
    done = sum(row.state != "running" for row in rows)
    if best is not None:
        echo(f"{folder / search.BEST}: trial {best.number}, {search.settings_line(best.values)}")
    if done < trials:
        fail(
            f"stopped after {done} of {trials} trials; continue with the same command (--out {folder})",
            INTERRUPTED,
        )
