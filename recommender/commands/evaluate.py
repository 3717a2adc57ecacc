"""The command `evaluate`: measure each model, and the product, on a table of ratings."""

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeElapsedColumn, TimeRemainingColumn

from recommender.commands.console import BENCH, PlotOption
from recommender.evaluation.protocols import (
    ALL,
    CUTS,
    GLOBAL_TIME,
    PROTOCOLS,
    SURPRISE5,
    TARGETS,
    time_windows,
)
from recommender.limits import check_scale
from recommender.records.ratings import Ratings
from recommender.records.side_tables import SideData, read_features
from recommender.records.tables import cell_number, read_ratings
from safefiles.console import ProgressLabel, choice, clean_exit, echo, examples, fail, print_table
from safefiles.extras import require

REPEATED: Final = ("refuse", "last")


@clean_exit
@examples("ratings.csv", "ratings.csv --folds global-time --no-factors --json result.json")
def evaluate(
    ratings: Annotated[
        Path, typer.Argument(help="A table user, item, rating[, timestamp]: CSV, TSV, .inter, .tab.")
    ],
    items: Annotated[
        Path | None,
        typer.Option(
            help="A table about the items; its first column names them.", metavar="FILE", show_default="none"
        ),
    ] = None,
    users: Annotated[
        Path | None,
        typer.Option(
            help="A table about the users; its first column names them.", metavar="FILE", show_default="none"
        ),
    ] = None,
    folds: Annotated[
        str, choice(PROTOCOLS, "How ratings are held out for testing.", word="PROTOCOL")
    ] = SURPRISE5,
    targets: Annotated[
        str,
        choice(
            TARGETS,
            "With global-time: test on all later ratings together, or on each in turn.",
            word="TARGETS",
        ),
    ] = ALL,
    cuts: Annotated[
        str,
        typer.Option(
            help="With global-time: shares of the ratings, in order of time, to learn from; separated by commas.",
            metavar="SHARES",
        ),
    ] = ",".join(f"{cut:g}" for cut in CUTS),
    product: Annotated[
        bool, typer.Option(help="Measure the recommender itself too (rows `product`).")
    ] = True,
    factors: Annotated[
        bool | None,
        typer.Option(
            help="Fit the factor models too, which takes minutes.", show_default="with surprise5 alone"
        ),
    ] = None,
    memory: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            help="How many GiB models may use.",
            metavar="GIB",
            show_default="half of the machine's",
        ),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(help="Also write the result to this JSON file.", metavar="FILE", show_default="none"),
    ] = None,
    plot: PlotOption = None,
    repeated: Annotated[
        str,
        choice(
            REPEATED,
            "If a user rated an item twice: refuse the table, or count the last rating.",
            word="WHAT",
        ),
    ] = REPEATED[0],
    scale: Annotated[
        tuple[float, float] | None,
        typer.Option(
            metavar="LOW HIGH", help="The fewest and the most stars in the table.", show_default="1 5"
        ),
    ] = None,
    milliseconds: Annotated[
        bool, typer.Option("--milliseconds", help="The times are in milliseconds; without it in seconds.")
    ] = False,
    small_communities: Annotated[
        bool, typer.Option("--small-communities", help="Measure errors with few other players instead.")
    ] = False,
) -> None:
    """Measure the recommender and every model: errors of predicted stars, or how many suggested items are chosen later."""
    shares = _shares(cuts)
    if plot is not None:
        require("matplotlib", BENCH)
    if scale is not None:
        check_scale("evaluate", scale)
    table = read_ratings(ratings, repeated=repeated, scale=scale, milliseconds=milliseconds)
    if folds == GLOBAL_TIME and not small_communities:
        time_windows(table, shares)  # refuse before anything heavy is loaded
    side = SideData(
        None if users is None else read_features(users, table.players),
        None if items is None else read_features(items, table.items),
    )
    if small_communities:
        _small(table, ratings.name, json)
        return
    run = importlib.import_module(
        "recommender.evaluation.run"
    )  # slow to import: loaded only when the command runs
    lineup = importlib.import_module("recommender.evaluation.lineup")
    shown = importlib.import_module("recommender.evaluation.shown")
    with_factors = folds == SURPRISE5 if factors is None else factors
    fitting = lineup.FitSettings(lineup.CHAINS if with_factors else (), memory=memory)
    with _bar() as progress:
        report = run.evaluate(
            table,
            folds,
            name=ratings.name,
            side=side,
            fitting=fitting,
            product=product,
            targets=targets,
            cuts=shares,
            progress=progress,
        )
    for found in shown.report_tables(report):
        print_table(found)
    for note in report.notes:
        echo(f"note: {note}")
    if json is not None:
        report.write(json)
    if plot is not None:
        shown.plot(report, plot)


def _shares(text: str) -> tuple[float, ...]:
    found = [cell_number(part) for part in text.split(",")]
    if None in found:
        fail(f"--cuts: expected numbers between 0 and 1 with commas between them, found {text!r}")
    return tuple(share for share in found if share is not None)


def _small(table: Ratings, name: str, json: Path | None) -> None:
    with _bar() as progress:
        found = importlib.import_module("recommender.evaluation.communities").CommunityTable.of(
            table, name, progress=progress
        )
    print_table(found.table())
    if json is not None:
        found.write(json)


@contextmanager
def _bar() -> Iterator[Callable[[str, float, float], None]]:
    columns = (
        ProgressLabel(22),
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
