"""`evaluate`: how good is each model on a table of ratings?"""

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeElapsedColumn, TimeRemainingColumn

from recommender.commands.console import BENCH
from recommender.evaluation.protocols import PROTOCOLS, SURPRISE5
from recommender.records.side_tables import SideData, read_features
from recommender.records.tables import read_ratings
from safefiles.console import Label, clean, fail, show
from safefiles.extras import need


@clean
def evaluate(
    ratings: Annotated[
        Path, typer.Argument(help="A table user, item, rating[, timestamp]: CSV, TSV, .inter, .tab.")
    ],
    items: Annotated[
        Path | None, typer.Option(help="A table about the items; its first column names them.")
    ] = None,
    users: Annotated[
        Path | None, typer.Option(help="A table about the users; its first column names them.")
    ] = None,
    folds: Annotated[str, typer.Option(help=f"The protocol: {' or '.join(PROTOCOLS)}.")] = SURPRISE5,
    json: Annotated[Path | None, typer.Option(help="Also write the result to this JSON file.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Also write a picture to this PNG file.")] = None,
    repeated: Annotated[
        str, typer.Option(help="A second rating of a pair: refuse it, or the last counts (last).")
    ] = "refuse",
    small_communities: Annotated[
        bool, typer.Option("--small-communities", help="Errors with few other players instead.")
    ] = False,
) -> None:
    """Measure every model: errors of stars (surprise5) or hits of suggestions (leave-last-out)."""
    if folds not in PROTOCOLS:
        fail(f"--folds: expected {' or '.join(PROTOCOLS)}, found {folds!r}")
    if repeated not in ("refuse", "last"):
        fail(f"--repeated: expected refuse or last, found {repeated!r}")
    if plot is not None:
        need("matplotlib", BENCH)
    table = read_ratings(ratings, repeated=repeated)
    side = SideData(
        None if users is None else read_features(users, table.players),
        None if items is None else read_features(items, table.items),
    )
    run = importlib.import_module("recommender.evaluation.run")  # heavy: only when it is called
    if small_communities:
        with _bar() as progress:
            found = importlib.import_module("recommender.evaluation.communities").Communities.of(
                table, ratings.name, progress=progress
            )
        show(found.table())
        if json is not None:
            found.write(json)
        return
    with _bar() as progress:
        report = run.evaluate(table, folds, name=ratings.name, side=side, progress=progress)
    show(report.table())
    if json is not None:
        report.write(json)
    if plot is not None:
        report.plot(plot)


@contextmanager
def _bar() -> Iterator[Callable[[str, float, float], None]]:
    columns = (
        Label(22),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def report(label: str, done: float, total: float) -> None:
            bar.update(task, description=label, completed=done, total=total)

        yield report
