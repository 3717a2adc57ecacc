"""The commands that measure: inspect, evaluate, duel. They do not need torch."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from agents.cli_options import (
    BrainArgument,
    EnvOption,
    KwargsOption,
    LevelsOption,
    MatchesOption,
    PlayerArgument,
    RowsOption,
    SeedOption,
    TemperatureOption,
    brain_names,
    kwargs_from_option,
    levels_kwargs,
    module,
)
from safefiles.console import (
    JsonOption,
    ProgressLabel,
    clean_exit,
    echo,
    examples,
    fail,
    make_table,
    print_table,
    write_json,
)


@clean_exit
@examples("mine.onnx", "mine.onnx --json mine.json")
def inspect(
    brain: BrainArgument,
    json_file: JsonOption = None,
) -> None:
    """Check a model file and say what is inside."""
    loaded = module("runtime").load_brain(brain, None)
    contract, card = loaded.contract, loaded.card
    write_json(
        json_file,
        {"schema": 1, "sha256": loaded.sha256, "contract": contract.to_dict(), "card": card.to_dict()},
    )
    echo(f"{module('arena').shown_name(brain)}  {brain.stat().st_size:,} bytes  sha256 {loaded.sha256[:16]}")
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
    match = f"{row['match']} " if "match" in row else ""
    return f"{match}vs {opponent} on {levels}: {100 * rate:.1f} % {interval} in {matches} matches"[:200]


@clean_exit
@examples("mine.onnx --opponent chaser,marksman --matches 200", "pole.onnx --temperature 0 --matches 50")
def evaluate(
    context: typer.Context,
    brain: BrainArgument,
    env: EnvOption = None,
    opponent: Annotated[
        str | None,
        typer.Option(
            help="Bots, .onnx files and, in a game, names of brains, separated by commas.",
            metavar="NAMES",
            show_default="none; the mean return is measured",
            autocompletion=brain_names,
        ),
    ] = None,
    panel: Annotated[
        bool,
        typer.Option(
            "--panel",
            help="Play the game's own panel: every opponent in every kind of match; the brain plays every seat of its team.",
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
    measures = module("measure")
    if panel and opponent is not None:
        fail("--panel: expected no --opponent with it, as the game defines the panel's opponents")
    names: list[str | None] = [None]
    if opponent is not None:
        names = [name.strip() for name in opponent.split(",") if name.strip()]
    if not names:
        fail("--opponent: expected at least one bot or .onnx file, found none")
    guests = [name for name in names if name and name.endswith(measures.BRAIN_SUFFIX)]
    arena = _arena(brain, env, env_kwargs, levels, guests)
    player = _player(str(brain), arena, temperature)
    if panel:
        given = levels_kwargs(levels) | kwargs_from_option(env_kwargs)
        _evaluate_panel(player, arena, given, matches, rows, seed, json_file)
        return
    opponents = [name for name in names if name]
    rivals = {
        name: _player(name, arena, temperature) for name in opponents if name.endswith(measures.BRAIN_SUFFIX)
    }
    measures.check_opponents(opponents, list(rivals), arena.env, arena.kwargs, _brain_names(context))
    reports = []
    for name in names:
        first, second = player, player
        if name in rivals:
            first, second = _distinct_names(player, rivals[name], str(brain), name)
        with _MatchProgress(f"vs {name}" if name else "episodes", matches) as moved:
            report = measures.measure(
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
    """Play the environment's panel, printing a line for each row, and print the table."""
    panels = module("match_panel")
    kinds = panels.panel_of(arena.env, arena.kwargs)
    report = panels.play_panel(
        player,
        kinds,
        matches=matches,
        num_worlds=rows,
        seed=seed,
        kwargs={key: value for key, value in given.items() if value is not None},
        on_result=lambda title, result: echo(f"{title}: {result.line()}", err=True),
    )
    headings = [f"{player.name} against", *(row.title for row in kinds)]
    print_table(make_table(headings, report.table()))
    echo("wins in percent of matches, in brackets the share that ran out of time")
    write_json(json_file, {"schema": 1, "panel": report.to_dict()})


@clean_exit
@examples("mine.onnx marksman", "mine.onnx chaser --matches 200 --json duel.json")
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
    """Play one brain against another; they change sides half-way, with the same seeds."""
    measures = module("measure")
    models = [name for name in (first, second) if name.endswith(measures.BRAIN_SUFFIX)]
    bots = [name for name in (first, second) if name not in models]
    if not models and env is None:
        fail("--env: expected an environment id for a duel of two bots, found none")
    arena = _arena(Path(models[0]) if models else None, env, env_kwargs, levels, models[1:])
    if bots:
        measures.check_bots(bots, arena.env, arena.kwargs, _brain_names(context))
    one, other = (_player(name, arena, temperature) for name in (first, second))
    with _MatchProgress(f"{first} vs {second}", matches) as advance:
        report = module("evaluate").duel(
            *_distinct_names(one, other, first, second),
            arena.env,
            matches=matches,
            num_worlds=rows,
            seed=seed,
            kwargs={key: value for key, value in arena.kwargs.items() if key != "opponent"},
            on_match=advance,
        )
    echo(report.line())
    write_json(json_file, {"schema": 1, "results": [report.to_dict()]})


def _arena(
    brain: Path | None,
    env: str | None,
    env_kwargs: list[str] | None,
    levels: str | None,
    guests: Sequence[str] = (),
) -> Any:
    """The environment of a command; prints its notes."""
    given = levels_kwargs(levels) | kwargs_from_option(env_kwargs)
    arena = module("arena").open_evaluation_env(brain, env, given, guests)
    for note in arena.notes:
        echo(f"note: {note}", err=True)
    return arena


def _player(name: str, arena: Any, temperature: float) -> Any:
    """A model, checked against the environment's contract, or a bot."""
    player, notes = arena.player(name, temperature)
    for note in notes:
        echo(f"note: {note}", err=True)
    return player


def _distinct_names(first: Any, second: Any, first_name: str, second_name: str) -> tuple[Any, Any]:
    """The two players; if their files have the same name, each is named by its path as typed."""
    if first.name != second.name:
        return first, second
    return replace(first, name=first_name), replace(second, name=second_name)


def _brain_names(context: typer.Context) -> list[str]:
    """The names of brains that a game, which mounts these commands, gives in its context's `obj`."""
    return list(context.obj.get("brains", [])) if isinstance(context.obj, dict) else []


class _MatchProgress:
    """A progress bar over matches; `with` returns the function that advances it."""

    def __init__(self, title: str, matches: int) -> None:
        self.title, self.matches = title, matches
        console = Console(stderr=True)
        self.progress = Progress(
            ProgressLabel(),
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
