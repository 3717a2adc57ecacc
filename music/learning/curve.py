"""The learning curve of one generator's training, as CSV and PNG."""

import csv
import io
from pathlib import Path

from music.errors import TrainingError
from safefiles.cells import escape_cell, unescape_cell
from safefiles.foreign import read_bytes, refuse_errors
from safefiles.text import shown_path
from safefiles.writing import write_atomic, write_text

MAX_BYTES = 4 * 1024 * 1024


class Curve:
    """Rows of one part, in order of steps; stored in curve-PART.csv."""

    def __init__(self, folder: Path, part: str) -> None:
        """Read the rows of an interrupted run. TrainingError if they are damaged."""
        self.folder, self.part = folder, part
        self.rows: list[dict[str, float]] = []
        path = folder / f"curve-{part}.csv"
        if path.exists():
            where = shown_path(path)
            data = read_bytes(path, MAX_BYTES, "a curve as CSV", TrainingError)
            with refuse_errors(where, "a curve as CSV", TrainingError):
                try:
                    table = csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""))
                    self.rows = [
                        {unescape_cell(key): float(value) for key, value in row.items() if value}
                        for row in table
                    ]
                except (TypeError, csv.Error) as error:  # more cells than headings, an unmatched quote
                    raise ValueError(str(error)) from error
            if not all("step" in row for row in self.rows):
                raise TrainingError(f"{where}: expected a step in every row, found none in one")

    def forget_after(self, step: int) -> None:
        """Drop rows measured after the checkpoint from which the run continues."""
        self.rows = [row for row in self.rows if row["step"] <= step]

    def add(self, row: dict[str, float]) -> None:
        """Append one row."""
        self.rows.append(row)

    def save(self) -> None:
        """Write the CSV and the picture."""
        columns = list(dict.fromkeys(key for row in self.rows for key in row))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writerow({column: escape_cell(column) for column in columns})
        writer.writerows({key: f"{value:.6g}" for key, value in row.items()} for row in self.rows)
        write_text(self.folder / f"curve-{self.part}.csv", text.getvalue())
        self._draw()

    def _draw(self) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 3.4), layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2)
        for axes, keys in ((left, ("critic_loss", "generator_loss", "score_gap")), (right, ("z",))):
            for key in keys:
                points = [(row["step"], row[key]) for row in self.rows if key in row]
                if points:
                    axes.plot(*zip(*points, strict=True), marker="o", label=key)
            axes.set_xlabel("generator steps")
            if axes.lines:
                axes.legend(frameon=False)
            axes.grid(alpha=0.3)
        left.set_title(f"{self.part}: losses")
        right.set_title("distance from validation windows (z, lower is better)")
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=110)
        write_atomic(self.folder / f"curve-{self.part}.png", stream.getvalue())
