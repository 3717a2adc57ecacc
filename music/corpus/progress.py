"""A terminal progress bar for `build_corpus`: share done, rate, time left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

from safefiles.console import ProgressLabel


@contextmanager
def corpus_progress(console: Console | None = None) -> Iterator[Callable[[str, int, int], None]]:
    """Show a progress bar inside the context; yields the `progress` function for `build_corpus`. Counts bytes of sources."""
    columns = (
        ProgressLabel(36),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("reading", total=None)

        def report(label: str, done: int, total: int) -> None:
            bar.update(task, description=label or "writing", completed=done, total=total)

        yield report
