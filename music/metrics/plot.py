"""Plot the comparison: z and C2ST of every row and scope, and the metrics in which each row differs from held-out."""

import io
import math
from pathlib import Path
from typing import Any, Final

import numpy as np

from music.metrics.comparison import CAP
from music.metrics.formulas import NAMES
from music.metrics.report import HELD_OUT, OVERALL, TRAIN, ComparisonReport
from safefiles.writing import write_atomic

_COLOURS: Final = ("#1f77b4", "#d95f02", "#7570b3", "#66a61e", "#e6ab02", "#a6761d", "#e7298a", "#444444")


def plot_report(report: ComparisonReport, path: Path, scope: str = OVERALL) -> None:
    """Write the picture as PNG: on the left the z terms of `scope`, on the right z and C2ST of all scopes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 11), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    sides: Any = figure.subfigures(1, 2, width_ratios=(1, 1.1))
    left, right = sides
    rows = [name for name in report.scopes[scope] if name != HELD_OUT]
    _terms(left, report, scope, rows)
    above, below = right.subplots(2, 1)
    _bars(above, report, rows, "z", "z (0 = held-out)")
    _bars(below, report, rows, "c2st", "C2ST (0.5 = indistinguishable from held-out)")
    _limits(below, report)
    _save(figure, path)


def _terms(figure: Any, report: ComparisonReport, scope: str, rows: list[str]) -> None:
    metrics = [name for name in NAMES if not math.isnan(report.scopes[scope][HELD_OUT].means[name])]
    terms = np.array([[report.scopes[scope][row].terms[metric] for row in rows] for metric in metrics])
    axes = figure.subplots()
    picture = axes.imshow(np.sqrt(terms), aspect="auto", cmap="magma_r", vmin=0, vmax=math.sqrt(CAP))
    axes.set_xticks(range(len(rows)), rows, rotation=30, ha="right")
    axes.set_yticks(range(len(metrics)), [metric.replace("_", " ") for metric in metrics], fontsize=8)
    axes.set_title(f"{scope}: |mean - held-out| / σ, by metric")
    for (line, column), term in np.ndenumerate(terms):
        text = "" if math.isnan(term) else f"{term:.2f}"
        axes.text(
            column, line, text, ha="center", va="center", fontsize=7, color="white" if term > 1.2 else "black"
        )
    bar = figure.colorbar(picture, ax=axes, fraction=0.04)
    ticks = [0, 0.15, 0.5, 1, 2, 5]
    bar.set_ticks([math.sqrt(tick) for tick in ticks], labels=[f"{tick:g}" for tick in ticks])


def _bars(axes: Any, report: ComparisonReport, rows: list[str], figure: str, title: str) -> None:
    scopes = list(report.scopes)
    width = 0.8 / max(1, len(rows))
    for index, row in enumerate(rows):
        heights = [getattr(report.scopes[scope][row], figure) for scope in scopes]
        places = np.arange(len(scopes)) - 0.4 + (index + 0.5) * width
        drawn = axes.bar(
            places, np.nan_to_num(heights), width, label=row, color=_COLOURS[index % len(_COLOURS)]
        )
        labels = ["-" if math.isnan(height) else f"{height:.2f}" for height in heights]
        axes.bar_label(drawn, labels, fontsize=7, rotation=90 if len(rows) > 6 else 0)
    axes.set_xticks(range(len(scopes)), scopes)
    axes.set_title(title)
    axes.legend(fontsize=8, loc="upper right", ncols=max(1, len(rows) // 2))
    axes.margins(y=0.22)


def _limits(axes: Any, report: ComparisonReport) -> None:
    axes.axhline(0.5, color="black", linewidth=0.8, linestyle=":")
    for place, rows in enumerate(report.scopes.values()):
        if TRAIN in rows and not math.isnan(rows[TRAIN].c2st):
            axes.hlines(
                rows[TRAIN].c2st + 0.1, place - 0.42, place + 0.42, color="black", linewidth=1, linestyle="--"
            )


def plot_pieces(found: dict[str, dict[str, float | None]], path: Path) -> None:
    """Write a PNG of the metrics of pieces, a panel per metric, a bar per file; metrics that no file has are left out."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [
        name for name in next(iter(found.values())) if any(row[name] is not None for row in found.values())
    ]
    columns = 6
    lines = -(-len(names) // columns)
    figure = Figure(
        figsize=(3 * columns, 0.9 * lines + 0.28 * lines * len(found)), dpi=80, layout="constrained"
    )
    FigureCanvasAgg(figure)
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes, name in zip(panels, names, strict=False):
        values = [row[name] for row in found.values()]
        places = range(len(values))
        axes.barh(
            places,
            [0.0 if value is None else value for value in values],
            color=[_COLOURS[index % len(_COLOURS)] for index in places],
        )
        axes.set_title(name.replace("_", " "), fontsize=8)
        axes.set_yticks(places, [f"{file:.24}" for file in found], fontsize=6)
        axes.tick_params(axis="x", labelsize=6)
        axes.invert_yaxis()
    for axes in panels[len(names) :]:
        axes.set_axis_off()
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    write_atomic(path, picture.getvalue())
