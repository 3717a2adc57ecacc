"""Runs the rows in order, prints a table and returns the results as JSON-able data."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

import game
from game.cli.bench.against import ROUNDS, compare_row
from game.cli.bench.builds import ROW_SECONDS, SLOW_SECONDS, Build
from game.cli.bench.report import Row, machine_facts, ratios_table, results_table
from game.cli.bench.row_table import NOT_RUN, Measurement, select_rows
from safefiles.console import ProgressLabel, print_table

SCHEMA: Final = 2
WIDTH: Final = 190  # characters of a table that goes to a file


def run_bench(only: Sequence[str] = (), *, slow: bool = False) -> dict[str, Any]:
    """Measure every row, or those that `only` names, and print a table; return the report.

    A row that cannot be measured here has the reason under "skipped"; so has, without `slow`, a slow row that was not named.
    Raises ValueError for an unknown name.
    """
    items = select_rows(only)
    this = Build.this()
    with _running(this), _progress(len(items)) as advance:
        results = [_measured(this, item, slow or _named(item, only), advance) for item in items]
    print_table(results_table(results), width=_width())
    return _report(this, results)


def run_against(
    python: str, path: str = "", only: Sequence[str] = (), *, slow: bool = False, rounds: int = ROUNDS
) -> dict[str, Any]:
    """Measure the rows in turn in this build and in that of the interpreter `python`; print and return the ratios.

    path: folder of a checkout that the other interpreter imports from. Raises ValueError if it cannot run Bankshot.
    """
    if rounds < 1:
        raise ValueError(f"--rounds: expected at least 1, found {rounds}")
    items = select_rows(only)
    this, other = Build.this(), Build(python, path)
    with _running(this), _running(other, "--against"), _progress(len(items)) as advance:
        results = []
        for item in items:
            if item.slow and not (slow or _named(item, only)):
                results.append({"name": item.name, "what": item.what, "skipped": NOT_RUN})
            else:
                advance(item.name, 0)
                results.append(compare_row(this, other, item, rounds))
            advance(item.name, 1)
    print_table(ratios_table(results, other.facts["folder"]), width=_width())
    return {**_report(this, results), "other": {"interpreter": python, **other.facts}, "rounds": rounds}


def _named(item: Measurement, only: Sequence[str]) -> bool:
    return item.name in only


def _measured(this: Build, item: Measurement, slow: bool, advance: Callable[[str, int], None]) -> Row:
    row: Row = {"name": item.name, "what": item.what}
    advance(item.name, 0)
    if item.slow and not slow:
        row["skipped"] = NOT_RUN
    else:
        row |= this.measure(item.program, item.arguments, SLOW_SECONDS if item.slow else ROW_SECONDS)
    advance(item.name, 1)
    return row


def _report(this: Build, results: Sequence[Row]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "version": game.__version__,
        "machine": machine_facts(),
        "build": this.facts,
        "results": list(results),
    }


@contextlib.contextmanager
def _running(build: Build, option: str = "bench") -> Iterator[None]:
    try:
        build.begin(option)
        yield
    finally:
        build.end()


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[str, int], None]]:
    """Show a progress bar; yields a function that takes the present row and the number of rows finished since."""
    columns = (ProgressLabel(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda name, done: progress.update(task, description=name, advance=done)


def _width() -> int | None:
    """Return the width for a table that is not printed to a terminal."""
    return None if sys.stdout.isatty() else WIDTH
