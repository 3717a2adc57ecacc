"""The learning curve of a run: one row per report, kept as CSV and JSON and drawn as a PNG."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from agents.errors import RunError
from safefiles.cells import escape_cell
from safefiles.foreign import parse_json, read_bytes
from safefiles.writing import write_atomic, write_text

Row = dict[str, float]
MAX_CURVE_BYTES = 64 << 20

COLUMNS = (
    "samples", "seconds", "samples_per_s", "ep_rew_mean", "ep_len_mean", "win_rate", "draw_rate", "loss",
    "policy_gradient_loss", "value_loss", "entropy_loss", "clip_fraction", "approx_kl", "explained_variance",
    "cpu_seconds",
)  # fmt: skip
EVALUATION_PREFIX = "win_rate_vs_"
RETURN_COLUMN = "evaluated_return"  # mean return of an evaluation, if a game has no outcomes

OPTIONAL = (RETURN_COLUMN, "reference_kl")  # columns that only some runs have


class Curve:
    """Rows in order of samples; values that were not measured are left out."""

    def __init__(self, rows: list[Row] | None = None) -> None:
        """Start from earlier rows, for a resumed run."""
        self.rows: list[Row] = rows or []

    def add(self, row: dict[str, float]) -> None:
        """Append one report; infinities and NaN are dropped."""
        self.rows.append({key: float(value) for key, value in row.items() if math.isfinite(value)})

    def opponents(self) -> list[str]:
        """Opponents that evaluations met, in order of appearance."""
        names = [
            key[len(EVALUATION_PREFIX) :]
            for row in self.rows
            for key in row
            if key.startswith(EVALUATION_PREFIX)
        ]
        return list(dict.fromkeys(names))

    def scores(self, opponents: Sequence[str]) -> dict[int, float]:
        """Results of evaluations by samples: the mean win rate over these opponents, or the mean return without opponents.

        Evaluations against other opponents are left out.
        """
        columns = [EVALUATION_PREFIX + name for name in opponents] or [RETURN_COLUMN]
        return {
            int(row["samples"]): fmean(row[column] for column in columns)
            for row in self.rows
            if all(column in row for column in columns)
        }

    def save(self, folder: Path) -> None:
        """Write `curve.json` and `curve.csv`."""
        write_text(folder / "curve.json", json.dumps({"schema": 1, "rows": self.rows}) + "\n")
        columns = [*COLUMNS, *(EVALUATION_PREFIX + name for name in self.opponents())]
        columns += [name for name in OPTIONAL if any(name in row for row in self.rows)]
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
        writer.writerow({column: escape_cell(column) for column in columns})
        writer.writerows(self.rows)
        write_text(folder / "curve.csv", text.getvalue())

    @classmethod
    def load(cls, folder: Path, samples: int) -> "Curve":
        """Read `curve.json` up to `samples`, so that a resumed run writes the rest again; empty if it is missing."""
        path = folder / "curve.json"
        if not path.exists():
            return cls()
        data = read_bytes(path, MAX_CURVE_BYTES, "a learning curve", RunError)
        table = parse_json(data, path.name, RunError)
        rows = table.get("rows") if isinstance(table, dict) else None
        if not isinstance(rows, list):
            raise RunError(f"{path.name}: expected a learning curve with rows, found {str(rows)[:40]}")
        for number, row in enumerate(rows):
            numbers = row.values() if isinstance(row, dict) and "samples" in row else [None]
            if not all(isinstance(value, (int, float)) for value in numbers):
                raise RunError(
                    f"{path.name} > rows[{number}]: expected numbers by name, samples among them, "
                    f"found {str(row)[:60]}"
                )
        return cls([{k: float(v) for k, v in row.items()} for row in rows if row["samples"] <= samples])

    def plot(self, path: Path, title: str) -> None:
        """Draw returns and win rates over samples as a PNG; does nothing if matplotlib is missing."""
        try:
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure
        except ImportError:
            return
        figure = Figure(figsize=(9, 6.4), dpi=110, layout="constrained")
        FigureCanvasAgg(figure)  # no window, with any backend setting
        top, bottom = figure.subplots(2, 1, sharex=True)
        self._line(top, "ep_rew_mean", "in training", "#1f77b4")
        self._line(top, RETURN_COLUMN, "in evaluation", "C1", marker="o")
        top.set_ylabel("mean episode return")
        for name, column in (("wins in training", "win_rate"), ("draws in training", "draw_rate")):
            self._line(bottom, column, name, "#bbbbbb" if column == "win_rate" else "#dddddd")
        for index, name in enumerate(self.opponents()):
            self._line(bottom, EVALUATION_PREFIX + name, f"evaluation vs {name}", f"C{index}", marker="o")
        bottom.set_ylabel("share of matches")
        bottom.set_ylim(-0.02, 1.02)
        bottom.set_xlabel("samples")
        for axes in (top, bottom):
            axes.grid(alpha=0.3)
            axes.spines[["top", "right"]].set_visible(False)
        if any(RETURN_COLUMN in row for row in self.rows):
            top.legend(loc="best", fontsize=8)
        if bottom.get_legend_handles_labels()[0]:
            bottom.legend(loc="best", fontsize=8)
        rates = [row["samples_per_s"] for row in self.rows if "samples_per_s" in row]
        speed = f", {sorted(rates)[len(rates) // 2]:,.0f} samples/s" if rates else ""
        minutes = self.rows[-1]["seconds"] / 60 if self.rows and "seconds" in self.rows[-1] else 0.0
        figure.suptitle(f"{title}: {minutes:.1f} min{speed}")
        data = io.BytesIO()
        figure.savefig(data, format="png")
        write_atomic(path, data.getvalue())

    def _line(self, axes: Any, column: str, label: str, colour: str, marker: str = "") -> None:
        points = [(row["samples"], row[column]) for row in self.rows if column in row]
        if points:
            xs, ys = zip(*points, strict=True)
            axes.plot(xs, ys, label=label, color=colour, marker=marker, markersize=3.5, linewidth=1.4)


def evaluations_since_best(scores: Mapping[int, float]) -> int:
    """How many evaluations followed the best one (the first of equal ones)."""
    best, since = -math.inf, 0
    for samples in sorted(scores):
        since = 0 if scores[samples] > best else since + 1
        best = max(best, scores[samples])
    return since
