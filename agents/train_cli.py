"""The commands that train: train, imitate, resume, export, recipes. torch is imported only when it is needed."""

import json
import os
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from agents.cli_options import (
    TABLE_WIDTH,
    CodeOption,
    EnvOption,
    RecipeArgument,
    RunEnvOption,
    SetOption,
    ThreadsOption,
    TrainSeedOption,
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


@clean_exit
@examples("quick", "stock --env CartPole-v1 --seed 3 --out runs/pole")
def train(
    context: typer.Context,
    recipe: RecipeArgument,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The run's folder.", metavar="FOLDER", show_default="runs/RECIPE-SEED"),
    ] = None,
    seed: TrainSeedOption = None,
    settings: SetOption = None,
    env: EnvOption = None,
    parent: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Start from the policy of this run folder or brain, as a further stage.",
            metavar="RUN|BRAIN",
            show_default="a new policy",
        ),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            help="Train this many seeds one after the other (3), or these seeds (1,2,5), with a summary.",
            metavar="N|N,N,...",
            show_default="one, --seed",
        ),
    ] = None,
    threads: ThreadsOption = None,
    json_file: JsonOption = None,
) -> None:
    """Train a policy by a recipe; Ctrl-C saves, `resume` continues."""
    loaded, needed = recipe_from_options(recipe, settings, seed, env)
    trainer = module("train")
    start = None
    if parent is not None and parent.suffix.lower() == ".onnx":
        start = module("parents").policy_from_brain(parent)
    elif parent is not None:
        start = trainer.policy_from_run(parent)
    if seeds is not None:
        folder = out or Path("runs") / f"{Path(recipe).stem}-seeds"
        _train_seeds(folder, loaded, seeds, start, needed, threads, json_file)
        return
    folder = out or Path("runs") / f"{Path(recipe).stem}-{loaded.seed}"
    run = trainer.train(trainer.create_run(folder, loaded, start), threads=threads)
    _finish_training(context, run, json_file, needed)


def _train_seeds(
    folder: Path,
    recipe: Any,
    seeds: str,
    parent: Any,
    env: str | None,
    threads: int | None,
    json_file: Path | None,
) -> None:
    several, tables = module("seed_runs"), module("run_table")
    wanted = several.seeds_of(seeds, recipe.seed)
    rows = several.train_seeds(
        folder,
        recipe,
        wanted,
        parent=parent,
        env=env,
        threads=threads,
        tell=lambda line: echo(line, err=True),
    )
    if rows:
        headings, cells = tables.table_cells(rows)
        print_table(make_table(headings, cells, right=True), width=TABLE_WIDTH)
    found = {"summary": tables.summary(rows), "runs": [row.to_dict() for row in rows]}
    write_json(json_file, {"schema": 1, "folder": str(folder), **found})
    diverged = [str(row.recipe.seed) for row in rows if row.status == "diverged"]
    if len(rows) < len(wanted):
        fail(
            f"stopped after {len(rows)} of {len(wanted)} seeds; continue with the same command (--out {folder})",
            INTERRUPTED,
        )
    if diverged:
        fail(f"the training diverged with seed {', '.join(diverged)}: see run.json", FAILED)


@clean_exit
@examples("quick --from marksman:2,chaser", "quick --from replays --seats winner --out runs/clone")
def imitate(
    context: typer.Context,
    recipe: Annotated[
        str,
        typer.Argument(
            help="A preset's name or a .toml file: the PPO stage that may follow.",
            autocompletion=preset_names,
        ),
    ],
    teachers: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            help="Bots separated by commas, optionally with weights (marksman:2,chaser), or replays and folders of them.",
            metavar="TEACHERS",
            show_default="the recipe's",
        ),
    ] = None,
    seats: Annotated[
        str | None,
        typer.Option(
            help="Seats of the replays to imitate: a word of the environment (winner, persons, all) or numbers.",
            metavar="SEATS",
            show_default="the recipe's",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="The run's folder.", metavar="FOLDER", show_default="runs/RECIPE-clone-SEED"
        ),
    ] = None,
    seed: TrainSeedOption = None,
    settings: SetOption = None,
    env: EnvOption = None,
    threads: ThreadsOption = None,
    json_file: JsonOption = None,
) -> None:
    """Clone scripted bots or recorded matches: the first stage of a run, which `resume` continues with PPO."""
    overrides = list(settings or [])
    if teachers:
        replays = [part.strip() for one in teachers for part in one.split(",") if _is_path(part.strip())]
        bots = ",".join(part for one in teachers for part in one.split(",") if not _is_path(part.strip()))
        weights = ", ".join(f"{json.dumps(name)} = {weight}" for name, weight in _teachers(bots).items())
        overrides += [f"imitation.bots={{ {weights} }}", f"imitation.replays={json.dumps(replays)}"]
    if seats is not None:
        overrides.append(f"imitation.seats={json.dumps(seats)}")
    loaded, needed = recipe_from_options(recipe, overrides, seed, env)
    if not loaded.imitation.clones:
        fail("--from: expected bots to imitate, as in marksman,chaser, or replays, found none")
    trainer = module("train")
    folder = out or Path("runs") / f"{Path(recipe).stem}-clone-{loaded.seed}"
    run = trainer.create_run(folder, loaded)
    try:
        run = trainer.train(run, threads=threads, imitate_only=True)
    except KeyboardInterrupt:
        goes_on = _resume_line(context, run, needed)
        fail(f"stopped before the clone was made; {goes_on} makes it and continues with PPO", INTERRUPTED)
    write_json(json_file, {"schema": 1, "folder": str(run.folder), **run.facts})
    echo(f"clone written to {run.folder}; continue with PPO: {_resume_line(context, run, needed)}")


def _is_path(text: str) -> bool:
    """Whether a teacher is a file or folder: bots' names have no dots or slashes."""
    return any(sign in text for sign in "/\\") or "." in text.partition(":")[0] or os.path.exists(text)


def _teachers(text: str) -> dict[str, float]:
    """`marksman:2,chaser` as weights by name."""
    found: dict[str, float] = {}
    for part in text.split(","):
        name, colon, weight = part.strip().partition(":")
        try:
            found[name.strip()] = float(weight) if colon else 1.0
        except ValueError:
            fail(f"--from {part.strip()!r:.60}: expected name or name:weight, as in marksman:2")
    return {name: weight for name, weight in found.items() if name}


@clean_exit
@examples("runs/quick-1", "runs/quick-1 --set budget.samples=2000000")
def resume(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="The run folder.")],
    settings: SetOption = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            help="Resume from this checkpoint of the run, by its name.",
            metavar="NAME",
            show_default="the last",
        ),
    ] = None,
    env: RunEnvOption = None,
    code: CodeOption = None,
    threads: ThreadsOption = None,
    json_file: JsonOption = None,
) -> None:
    """Resume a run from its last checkpoint; --set may change budget, eval and checkpoint."""
    trainer = module("train")
    run = trainer.open_run(folder, env, code or [])
    if checkpoint:
        run.choose(checkpoint)
    if settings:
        trainer.change_recipe(run, settings)
    _finish_training(context, trainer.train(run, threads=threads), json_file, env)


def _finish_training(context: typer.Context, run: Any, json_file: Path | None, env: str | None) -> None:
    """Print how the training ended. `env`: the --env that a later `resume` needs."""
    write_json(json_file, {"schema": 1, "folder": str(run.folder), **run.facts})
    facts = run.facts
    echo(f"{facts['status']}: {facts['samples']:,} samples in {facts['seconds']:.0f} s, in {run.folder}")
    for line in module("train").describe_ending(run):
        echo(line)
    if facts["status"] == "diverged":
        odd = [
            item["text"] for item in facts.get("warnings", []) if item["kind"] in ("observations", "rewards")
        ]
        why = odd[0] if odd else "a smaller ppo.learning_rate or smaller rewards may help"
        fail(f"the training diverged: {why}", FAILED)
    if facts["status"] != "done":
        fail(f"stopped before its end; continue with: {_resume_line(context, run, env)}", INTERRUPTED)


def _resume_line(context: typer.Context, run: Any, env: str | None) -> str:
    """The command that resumes a run."""
    # a game mounts these commands under a longer name
    group = context.parent.command_path if context.parent else "agents"
    given = f" --env {shlex.quote(env)}" if env else ""
    given += "".join(
        f" --code {shlex.quote(name)}" for name in module("own_code").modules_of(run.recipe.train)
    )
    return f"{group} resume {shlex.quote(str(run.folder))}{given}"


@clean_exit
@examples("runs/quick-1 --out mine.onnx", "runs/quick-1 --out mine.onnx --best --companions")
def export(
    folder: Annotated[Path, typer.Argument(help="The run folder.")],
    out: Annotated[Path, typer.Option("--out", help="The .onnx file to write.", metavar="FILE")],
    matches: Annotated[
        int, typer.Option(min=0, max=100_000, help="How many matches are compared before and after export.")
    ] = 200,
    best: Annotated[
        bool,
        typer.Option(
            "--best", help="Take the checkpoint with the best evaluation of [eval], not the newest."
        ),
    ] = False,
    panel: Annotated[
        bool,
        typer.Option(
            "--panel",
            help="Play the environment's panel for the card; with --best also to find the checkpoint.",
        ),
    ] = False,
    panel_matches: Annotated[
        int,
        typer.Option(
            min=1, max=100_000, help="With --panel: how many matches against each of its opponents."
        ),
    ] = 32,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            help="Take this checkpoint of the run, by its name or its samples.",
            metavar="NAME",
            show_default="the newest",
        ),
    ] = None,
    companions: Annotated[bool, typer.Option(help="Also write recipe, curve and card next to it.")] = False,
    settings: SetOption = None,
    env: RunEnvOption = None,
    json_file: JsonOption = None,
) -> None:
    """Write a run's policy as a verified ONNX file: logits compared, matches replayed, contract inside."""
    exporter = module("export")
    trainer = module("train")
    run = trainer.open_run(folder, env)
    if settings:
        trainer.change_recipe(run, settings)
    playing = panel_matches if panel else 0
    _choose_checkpoint(run, checkpoint, best, playing)
    report = exporter.export_run(run, out, matches=matches, panel_matches=playing)
    write_json(json_file, report)
    if run.fallback:
        echo(f"warning: {run.fallback}", err=True)
    echo(f"{out}: {report['bytes']:,} bytes, largest difference {report['largest_difference']:.2e}")
    for comparison in report["comparisons"]:
        echo(comparison["line"])
    for line in trainer.describe_ending(run):
        if line.startswith("warning"):
            echo(line, err=True)
    if companions:
        for path in exporter.write_companions(run, out):
            echo(f"{path}")


def _choose_checkpoint(run: Any, checkpoint: str | None, best: bool, panel_matches: int) -> None:
    """Choose the requested checkpoint, if there is one."""
    if checkpoint is not None and best:
        fail("--checkpoint: expected no --best with it, as each names one checkpoint")
    if checkpoint is not None:
        run.choose(checkpoint)
    elif best and panel_matches:
        chosen = module("best").choose_by_panel(run, panel_matches, lambda line: echo(line, err=True))
        echo(chosen, err=True)
    elif best:
        echo(module("best").choose_best(run), err=True)


@clean_exit
@examples("")
def recipes() -> None:
    """The presets that come with this package."""
    presets = module("recipe_reading")
    wide = max(map(len, presets.preset_names()))
    for name in presets.preset_names():
        recipe = presets.load_recipe(name)
        minutes = f", at most {recipe.budget.minutes:g} min" if recipe.budget.minutes else ""
        echo(f"{name:{wide}s} {recipe.title}: {recipe.description}")
        echo(f"{'':{wide}s} {recipe.env.id}, {recipe.budget.samples:,} samples{minutes}")
