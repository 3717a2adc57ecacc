"""Runs the rows one after the other, shows them as a table and returns them as plain data."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

import game
from game.cli.bench.against import ROUNDS, compared
from game.cli.bench.builds import ROW_SECONDS, SLOW_SECONDS, Build
from game.cli.bench.report import Row, machine_facts, ratios_table, results_table
from game.cli.bench.row_table import NOT_RUN, Measurement, chosen
from safefiles.console import Label, show

SCHEMA: Final = 2
WIDTH: Final = 190  # characters of a table that goes to a file


def run_bench(only: Sequence[str] = (), *, slow: bool = False) -> dict[str, Any]:
    """Measure every row, or those that `only` names, and print a table; return the report.

    What cannot be measured here is a row with the reason under "skipped"; so are slow rows without `slow` that were not
    named. Raises ValueError for an unknown name.
    """
    items = chosen(only)
    this = Build.this()
    with _running(this), _progress(len(items)) as advance:
        results = [_measured(this, item, slow or _named(item, only), advance) for item in items]
    show(results_table(results), width=_width())
    return _report(this, results)


def run_against(
    python: str, path: str = "", only: Sequence[str] = (), *, slow: bool = False, rounds: int = ROUNDS
) -> dict[str, Any]:
    """Measure the rows in this build and in the one of the interpreter `python` in turn; print and return the ratios.

    path: a checkout's folder that the other interpreter imports from. Raises ValueError where it cannot run Bankshot.
    """
    if rounds < 1:
        raise ValueError(f"--rounds: expected at least 1, found {rounds}")
    items = chosen(only)
    this, other = Build.this(), Build(python, path)
    with _running(this), _running(other, "--against"), _progress(len(items)) as advance:
        results = []
        for item in items:
            if item.slow and not (slow or _named(item, only)):
                results.append({"name": item.name, "what": item.what, "skipped": NOT_RUN})
            else:
                advance(item.name, 0)
                results.append(compared(this, other, item, rounds))
            advance(item.name, 1)
    show(ratios_table(results, other.facts["folder"]), width=_width())
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
    """Show how far it is; what is yielded tells the row that is being measured, and how many were finished."""
    columns = (Label(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda name, done: progress.update(task, description=name, advance=done)


def _width() -> int | None:
    """A table needs room where nobody looks at a terminal."""
    return None if sys.stdout.isatty() else WIDTH
