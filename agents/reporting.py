"""Progress of a training: a bar on a terminal, otherwise a line every minute."""

import time
from typing import Any, Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from safefiles.console import ProgressLabel, cell

MINUTE: Final = 60.0  # seconds between two lines without a terminal


class Reporter:
    """Shows the progress of one training; a context manager."""

    def __init__(self, console: Console, title: str, total: int, done: int) -> None:
        """`total` and `done` in samples."""
        self.console, self.title, self.total = console, title, total
        self._bar = Progress(
            SpinnerColumn(),
            ProgressLabel(),
            BarColumn(),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[wins]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self._task = self._bar.add_task(title, total=total, completed=done, rate="", wins="")
        self._said = time.monotonic()

    def __enter__(self) -> "Reporter":
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def samples(self, done: int, rate: float, wins: float | None) -> None:
        """Show that `done` samples are done, at `rate` per second; `wins`: the share of wins in the last matches, if any."""
        words = "" if wins is None else f"won {100 * wins:.0f} %"
        self._bar.update(self._task, completed=done, rate=f"{rate:,.0f} samples/s", wins=words)
        parts = [f"{done:,} of {self.total:,} samples", f"{rate:,.0f} samples/s", words]
        self._each_minute(", ".join(filter(None, parts)))

    def stage(self, name: str) -> "StageBar":
        """A piece of work before the training, with its own bar."""
        return StageBar(self, self._bar.add_task(name, total=1.0, rate="", wins=""))

    def _each_minute(self, words: str) -> None:
        if not self.console.is_terminal and time.monotonic() - self._said >= MINUTE:
            self._said = time.monotonic()
            self.console.print(cell(f"{self.title}: {words}"), soft_wrap=True)


class StageBar:
    """The bar of one piece of work, from 0 to 1."""

    def __init__(self, reporter: Reporter, task: Any) -> None:
        """`task`: its number in the reporter's bar."""
        self._reporter, self._task = reporter, task

    def update(self, what: str, share: float) -> None:
        """Show that `share` of `what` is done."""
        self._reporter._bar.update(self._task, description=what, completed=share)
        self._reporter._each_minute(f"{what}, {100 * share:.0f} %")

    def remove(self) -> None:
        """Remove the bar."""
        self._reporter._bar.remove_task(self._task)
