"""The long run: thousands of mutants of every format, resumable, and journeys of mutants through the game.

    python -m tests.fuzz [--format NAME ...] [--mutants 5000] [--journeys 0] [--jobs 1] [--out out/fuzz] [--json FILE]

Finished slices are remembered in OUT until a source changes, so that a run that was stopped goes on. A mutant that led
to anything but content or a right refusal (another exception, a signal, more than a second of the processor or 256 MB)
lies in OUT/faults; mend its kind, then keep it under tests/fuzz/kept/FORMAT/. Exits 1 where there is one.
"""

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.fuzz.formats import FORMATS
from tests.fuzz.slices import JOURNEY, JOURNEYS, SLICE, Tally, find, run_slice


def run(wanted: dict[str, int], out: Path, jobs: int, console: Console) -> list[Tally]:
    """So many mutants of each format, slice by slice; the tallies in the order of `wanted`."""
    tallies = {name: Tally(name) for name in wanted}
    columns = (TextColumn("{task.description:16}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress, ThreadPoolExecutor(jobs) as pool:
        waiting = []
        for name, mutants in wanted.items():
            task = progress.add_task(name, total=mutants)
            size = JOURNEYS if name == JOURNEY else SLICE
            for first in range(0, mutants, size):
                last = min(first + size, mutants)
                work = (find(name), first, last, out, lambda task=task: progress.advance(task))
                waiting.append((name, pool.submit(run_slice, *work)))  # type: ignore[arg-type]
        try:
            for name, future in waiting:
                try:
                    tallies[name].add(future.result())
                except (
                    RuntimeError
                ) as error:  # the laboratory's own fault: the other slices are worth their time
                    tallies[name].faults["-"] = str(error)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return list(tallies.values())


def show(tallies: list[Tally], console: Console) -> None:
    """The result, a line a format, and each fault."""
    table = Table("format", *("mutants", "read", "refused", "slowest s", "extra MB", "other"), box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for tally in tallies:
        table.add_row(
            tally.format, f"{tally.mutants:,}", f"{tally.read:,}", f"{tally.refused:,}", f"{tally.slowest:.2f}",
            f"{tally.megabytes:.0f}", str(len(tally.faults)),
        )  # fmt: skip
    console.print(table)
    for tally in tallies:
        for seed, what in tally.faults.items():
            console.print(f"{tally.format} {seed}: {what}", markup=False, highlight=False, soft_wrap=True)


def main() -> int:
    """Run, show, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument(
        "--format", action="append", choices=list(FORMATS), help="may be given several times; all by default"
    )
    parser.add_argument("--mutants", type=int, default=5000, help="of each format")
    parser.add_argument("--journeys", type=int, default=0, help="of whole user folders through the game")
    parser.add_argument("--jobs", type=int, default=1, help="slices at a time")
    parser.add_argument("--out", type=Path, default=Path("out/fuzz"))
    parser.add_argument("--json", type=Path, help="the result as JSON")
    chosen = parser.parse_args()
    if min(chosen.mutants, chosen.journeys) < 0 or chosen.jobs < 1:
        parser.error("expected numbers of 0 or more, and at least one job")
    console = Console(stderr=True)
    out = chosen.out.absolute()
    wanted = dict.fromkeys(chosen.format or FORMATS, chosen.mutants) if chosen.mutants else {}
    if chosen.journeys:
        wanted[JOURNEY] = chosen.journeys
    tallies = run(wanted, out, chosen.jobs, console)
    show(tallies, Console())
    if chosen.json:
        text = json.dumps({"schema": 1, "formats": [asdict(tally) for tally in tallies]}, indent=1)
        chosen.json.write_text(text + "\n", encoding="utf-8")
    return 1 if any(tally.faults for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
