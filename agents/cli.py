"""The commands: train, resume, export, inspect, evaluate, duel, recipes.

A game mounts `app` under its own command; `python -m agents` runs it alone. Nothing here imports torch: the
modules that do are loaded when a command needs them, and without the extra the command says what to install
and exits 2.
"""

import importlib
import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from agents.league_cli import app as league_app
from safefiles.console import (
    FAILED,
    INTERRUPTED,
    JsonOption,
    Label,
    clean,
    command_group,
    echo,
    fail,
    show,
    table,
    write_json,
)

app = command_group(
    "agents",
    "Train policies in any Gymnasium env, export them as verified ONNX, and measure them.",
)
app.add_typer(league_app)

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


def main() -> None:
    """Entry point of `python -m agents`."""
    app(prog_name="agents")


def _module(name: str) -> Any:
    """Import `agents.NAME` now that it is needed; those that train need the training extra."""
    return importlib.import_module(f"agents.{name}")


def _recipe(
    recipe: str, settings: list[str] | None, seed: int | None, env: str | None
) -> tuple[Any, str | None]:
    """The recipe with what the person set, and what another process needs as --env to resume it, if anything."""
    from agents.env_ids import is_registered
    from agents.recipe import load_recipe

    overrides = list(settings or [])
    overrides += [] if seed is None else [f"seed={seed}"]
    overrides += [] if env is None else [f"env.id={json.dumps(env)}"]
    loaded = load_recipe(recipe, overrides)
    return loaded, None if is_registered(loaded.env.id) else loaded.env.id


@app.command()
@clean
def train(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="A preset's name or a .toml file.")],
    out: Annotated[Path | None, typer.Option("--out", help="Run folder; default runs/RECIPE-SEED.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="Of the training; default: the recipe's.")
    ] = None,
    settings: SetOption = None,
    env: EnvOption = None,
    parent: Annotated[
        Path | None,
        typer.Option("--from", help="Begin with the policy of this run folder or brain: a further stage."),
    ] = None,
    threads: ThreadsOption = None,
    json_file: JsonOption = None,
) -> None:
    """Train a policy by a recipe; Ctrl-C saves, `resume` goes on."""
    loaded, needed = _recipe(recipe, settings, seed, env)
    trainer = _module("train")
    folder = out or Path("runs") / f"{Path(recipe).stem}-{loaded.seed}"
    start = None
    if parent is not None and parent.suffix.lower() == ".onnx":
        start = _module("parents").brain_parent(parent)
    elif parent is not None:
        start = trainer.run_parent(parent)
    run = trainer.train(trainer.create_run(folder, loaded, start), threads=threads)
    _finish_training(context, run, json_file, needed)


@app.command()
@clean
def imitate(
    context: typer.Context,
    recipe: Annotated[
        str, typer.Argument(help="A preset's name or a .toml file, the stage of PPO that may follow.")
    ],
    teachers: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Bots to imitate, by commas, each perhaps with a weight: marksman:2,chaser. Default: the recipe's.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Run folder; default runs/RECIPE-clone-SEED.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**31 - 1, help="Of the training; default: the recipe's.")
    ] = None,
    settings: SetOption = None,
    env: EnvOption = None,
    threads: ThreadsOption = None,
    json_file: JsonOption = None,
) -> None:
    """Clone scripted bots: the first stage of a run, which `resume` goes on with by PPO."""
    overrides = list(settings or [])
    if teachers is not None:
        weights = ", ".join(f"{json.dumps(name)} = {weight}" for name, weight in _teachers(teachers).items())
        overrides.append(f"imitation.bots={{ {weights} }}")
    loaded, needed = _recipe(recipe, overrides, seed, env)
    if not loaded.imitation.bots:
        fail("--from: expected bots to imitate, as in marksman,chaser, found none")
    trainer = _module("train")
    folder = out or Path("runs") / f"{Path(recipe).stem}-clone-{loaded.seed}"
    run = trainer.train(trainer.create_run(folder, loaded), threads=threads, imitate_only=True)
    write_json(json_file, {"schema": 1, "folder": str(run.folder), **run.facts})
    if "imitation" not in run.facts:
        fail("stopped before the clone was made", INTERRUPTED)
    echo(f"a clone lies in {run.folder}; go on with PPO: {_resume_line(context, run, needed)}")


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


@app.command()
@clean
def resume(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="The run folder.")],
    settings: SetOption = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(help="Go on from this one of the run's checkpoints (its name) instead of the last."),
    ] = None,
    env: RunEnvOption = None,
    threads: ThreadsOption = None,
    json_file: JsonOption = None,
) -> None:
    """Go on with a run from its last checkpoint; --set may change budget, eval and checkpoint."""
    trainer = _module("train")
    run = trainer.open_run(folder, env)
    if checkpoint:
        run.choose(checkpoint)
    if settings:
        trainer.change_recipe(run, settings)
    _finish_training(context, trainer.train(run, threads=threads), json_file, env)


def _finish_training(context: typer.Context, run: Any, json_file: Path | None, env: str | None) -> None:
    """Say how it ended. `env`: what a later `resume` needs as its --env."""
    write_json(json_file, {"schema": 1, "folder": str(run.folder), **run.facts})
    facts = run.facts
    echo(f"{facts['status']}: {facts['samples']:,} samples in {facts['seconds']:.0f} s, in {run.folder}")
    for line in _module("train").ending(run):
        echo(line)
    if facts["status"] == "diverged":
        fail("the training diverged: a smaller ppo.learning_rate or smaller rewards may help", FAILED)
    if facts["status"] != "done":
        fail(f"stopped before its end; go on with: {_resume_line(context, run, env)}", INTERRUPTED)


def _resume_line(context: typer.Context, run: Any, env: str | None) -> str:
    """The command that goes on with a run."""
    # a game mounts these commands by a longer name
    group = context.parent.command_path if context.parent else "agents"
    given = f" --env {shlex.quote(env)}" if env else ""
    return f"{group} resume {shlex.quote(str(run.folder))}{given}"


@app.command()
@clean
def export(
    folder: Annotated[Path, typer.Argument(help="The run folder.")],
    out: Annotated[Path, typer.Option("--out", help="The .onnx file to write.")],
    matches: Annotated[
        int, typer.Option(min=0, max=100_000, help="Matches to compare before and after export.")
    ] = 200,
    companions: Annotated[bool, typer.Option(help="Also write recipe, curve and card beside it.")] = False,
    settings: SetOption = None,
    env: RunEnvOption = None,
    json_file: JsonOption = None,
) -> None:
    """Write a run's policy as a verified ONNX file: logits compared, matches replayed, contract inside."""
    exporter = _module("export")
    trainer = _module("train")
    run = trainer.open_run(folder, env)
    if settings:
        trainer.change_recipe(run, settings)
    report = exporter.export_run(run, out, matches=matches)
    write_json(json_file, report)
    echo(f"{out}: {report['bytes']:,} bytes, largest difference {report['largest_difference']:.2e}")
    for comparison in report["comparisons"]:
        echo(comparison["line"])
    for line in trainer.ending(run):
        if line.startswith("warning"):
            echo(line, err=True)
    if companions:
        for path in exporter.write_companions(run, out):
            echo(f"{path}")


@app.command()
@clean
def inspect(
    brain: BrainArgument,
    json_file: JsonOption = None,
) -> None:
    """Check a model file and say what is inside."""
    from agents.arena import shown_name
    from agents.runtime import load_brain

    loaded = load_brain(brain, None)
    contract, card = loaded.contract, loaded.card
    write_json(
        json_file,
        {"schema": 1, "sha256": loaded.sha256, "contract": contract.to_dict(), "card": card.to_dict()},
    )
    echo(f"{shown_name(brain)}  {brain.stat().st_size:,} bytes  sha256 {loaded.sha256[:16]}")
    echo(f"title      {card.title}  ({card.character or 'no character'}), {card.licence or 'no licence'}")
    trained = f"{card.samples:,} samples in {card.seconds / 60:.1f} min, seed {card.seed}"
    echo(f"made       {card.created}, {trained}")
    echo(f"source     {card.source_revision}, {card.machine}")
    keywords = "".join(f" {key}={value!r}" for key, value in card.env_kwargs.items())
    echo(f"env        {card.env}{keywords:.400}")
    if card.notes:
        echo(f"notes      {card.notes}")
    period, rate = contract.decision_period or "?", f"{contract.tick_rate:g}" if contract.tick_rate else "?"
    echo(f"timing     a decision every {period} ticks, {rate} ticks/s, rules {contract.rules_hash[:16]}")
    heads = ", ".join(head.line() for head in contract.heads)
    echo(f"actions    {heads}{'; takes action masks' if contract.masks else ''}")
    echo(f"senses     {contract.observation_size} floats in {len(contract.slots)} slots")
    for index, slot in enumerate(contract.slots):
        echo(f"           {index:3d} {slot.name:24s} {slot.size:4d}  [{slot.low}, {slot.high}]")
    for row in card.evaluation:
        echo(f"result     {_result_line(row)}")


def _result_line(row: dict[str, Any]) -> str:
    """One evaluation row of a card; a card is untrusted text, so every key may be missing."""
    if row.get("measure") == "return":
        numbers = [row.get(key) for key in ("mean_return", "return_low", "return_high")]
        mean, low, high = (f"{x:.2f}" if isinstance(x, (int, float)) else "?" for x in numbers)
        return f"mean return {mean} [{low}, {high}] in {row.get('episodes', '?')} episodes"[:200]
    opponent, levels = row.get("opponent", "?"), row.get("levels", "?")
    rate, matches = row.get("win_rate", 0.0), row.get("matches", 0)
    low, high = row.get("win_rate_low", 0.0), row.get("win_rate_high", 1.0)
    if not all(isinstance(value, (int, float)) for value in (rate, low, high)):
        return str(row)[:200]
    interval = f"[{100 * low:.1f}, {100 * high:.1f}]"
    return f"vs {opponent} on {levels}: {100 * rate:.1f} % {interval} in {matches} matches"[:200]


@app.command()
@clean
def evaluate(
    context: typer.Context,
    brain: BrainArgument,
    env: EnvOption = None,
    opponent: Annotated[
        str | None,
        typer.Option(
            help="Bots, .onnx files and, in a game, names of brains, by commas; without it the mean return is measured."
        ),
    ] = None,
    panel: Annotated[
        bool,
        typer.Option(
            "--panel",
            help="A table of the game's own panel: every opponent in every kind of match, by whole teams.",
        ),
    ] = False,
    levels: LevelsOption = None,
    env_kwargs: KwargsOption = None,
    matches: MatchesOption = 1000,
    seed: SeedOption = 0,
    temperature: TemperatureOption = 1.0,
    rows: RowsOption = 128,
    json_file: JsonOption = None,
) -> None:
    """Win rates with 95 % intervals against bots and models, or the mean return in a game without opponents."""
    from agents.measure import BRAIN_SUFFIX, check_opponents, measure

    if panel and opponent is not None:
        fail("--panel: expected no --opponent beside it, as the game names its panel itself")
    arena = _arena(brain, env, env_kwargs, levels)
    player = _player(str(brain), arena, temperature)
    if panel:
        _evaluate_panel(player, arena, _levels(levels), matches, rows, seed, json_file)
        return
    names: list[str | None] = [None]
    if opponent is not None:
        names = [name.strip() for name in opponent.split(",") if name.strip()]
    if not names:
        fail("--opponent: expected at least one bot or .onnx file, found none")
    told = [name for name in names if name]
    rivals = {name: _player(name, arena, temperature) for name in told if name.endswith(BRAIN_SUFFIX)}
    check_opponents(told, list(rivals), arena.env, arena.kwargs, _brain_names(context))
    reports = []
    for name in names:
        first, second = player, player
        if name in rivals:
            first, second = _told_apart(player, rivals[name], str(brain), name)
        with _MatchProgress(f"vs {name}" if name else "episodes", matches) as moved:
            report = measure(
                first,
                arena.env,
                name,
                matches=matches,
                num_envs=rows,
                seed=seed,
                kwargs=arena.kwargs,
                rivals={name: second} if name in rivals else {},
                on_match=moved,
            )
        reports.append(report)
        echo(report.line())
    write_json(json_file, {"schema": 1, "results": [report.to_dict() for report in reports]})


def _evaluate_panel(
    player: Any, arena: Any, given: dict[str, Any], matches: int, rows: int, seed: int, json_file: Path | None
) -> None:
    """Play the environment's panel, told line by line, and print the table."""
    panels = _module("match_panel")
    kinds = panels.panel_of(arena.env, arena.kwargs)
    report = panels.play_panel(
        player,
        kinds,
        matches=matches,
        num_worlds=rows,
        seed=seed,
        kwargs=given,
        on_result=lambda title, result: echo(f"{title}: {result.line()}", err=True),
    )
    headings = [f"{player.name} against", *(row.title for row in kinds)]
    show(table(headings, report.table()))
    echo("wins in percent of matches, in brackets the share that ran out of time")
    write_json(json_file, {"schema": 1, "panel": report.to_dict()})


@app.command()
@clean
def duel(
    context: typer.Context,
    first: PlayerArgument,
    second: PlayerArgument,
    env: EnvOption = None,
    levels: LevelsOption = None,
    env_kwargs: KwargsOption = None,
    matches: MatchesOption = 1000,
    seed: SeedOption = 0,
    temperature: TemperatureOption = 1.0,
    rows: RowsOption = 64,
    json_file: JsonOption = None,
) -> None:
    """One against the other, sides swapped half-way, from the same seeds."""
    from agents.evaluate import duel as play
    from agents.measure import BRAIN_SUFFIX, check_bots

    models = [name for name in (first, second) if name.endswith(BRAIN_SUFFIX)]
    bots = [name for name in (first, second) if name not in models]
    if not models and env is None:
        fail("--env: expected an environment id for a duel of two bots, found none")
    arena = _arena(Path(models[0]) if models else None, env, env_kwargs, levels)
    if bots:
        check_bots(bots, arena.env, arena.kwargs, _brain_names(context))
    one, other = (_player(name, arena, temperature) for name in (first, second))
    with _MatchProgress(f"{first} vs {second}", matches) as told:
        report = play(
            *_told_apart(one, other, first, second),
            arena.env,
            matches=matches,
            num_worlds=rows,
            seed=seed,
            kwargs={key: value for key, value in arena.kwargs.items() if key != "opponent"},
            on_match=told,
        )
    echo(report.line())
    write_json(json_file, {"schema": 1, "results": [report.to_dict()]})


@app.command()
@clean
def recipes() -> None:
    """The presets that ship with this package."""
    from agents.recipe import load_recipe, preset_names

    wide = max(map(len, preset_names()))
    for name in preset_names():
        recipe = load_recipe(name)
        minutes = f", at most {recipe.budget.minutes:g} min" if recipe.budget.minutes else ""
        echo(f"{name:{wide}s} {recipe.title}: {recipe.description}")
        echo(f"{'':{wide}s} {recipe.env.id}, {recipe.budget.samples:,} samples{minutes}")


def _arena(brain: Path | None, env: str | None, env_kwargs: list[str] | None, levels: str | None) -> Any:
    """The environment of a command, with its notes told."""
    parse = _module("recipe").parse_setting
    given = _levels(levels) | dict(parse(setting, "--env-kwargs") for setting in env_kwargs or [])
    arena = _module("arena").open_arena(brain, env, given)
    for note in arena.notes:
        echo(f"note: {note}", err=True)
    return arena


def _player(name: str, arena: Any, temperature: float) -> Any:
    """A model, checked against the environment's contract, or a bot."""
    player, notes = arena.player(name, temperature)
    for note in notes:
        echo(f"note: {note}", err=True)
    return player


def _told_apart(first: Any, second: Any, first_name: str, second_name: str) -> tuple[Any, Any]:
    """The two players; where their files bear the same name, each by its path as it was typed."""
    if first.name != second.name:
        return first, second
    return replace(first, name=first_name), replace(second, name=second_name)


def _brain_names(context: typer.Context) -> list[str]:
    """The names of brains that a game, which mounts these commands, gives in its context's `obj`."""
    return list(context.obj.get("brains", [])) if isinstance(context.obj, dict) else []


def _levels(levels: str | None) -> dict[str, Any]:
    if levels is None:
        return {}
    names = [name.strip() for name in levels.split(",") if name.strip()]
    return {"levels": names[0] if len(names) == 1 else names}


class _MatchProgress:
    """A progress bar over matches; entering gives the function that moves it."""

    def __init__(self, title: str, matches: int) -> None:
        self.title, self.matches = title, matches
        console = Console(stderr=True)
        self.progress = Progress(
            Label(),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Callable[[int], None]:
        self.progress.start()
        task = self.progress.add_task(self.title, total=self.matches)
        return lambda done: self.progress.update(task, completed=done)

    def __exit__(self, *error: object) -> None:
        self.progress.stop()
