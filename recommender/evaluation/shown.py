"""A report as tables for a terminal and as a picture."""

import io
import math
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from recommender.evaluation.bootstrap import Interval
from recommender.evaluation.offers import RECENT
from recommender.evaluation.protocols import LEAVE_LAST, SURPRISE5
from recommender.evaluation.report import COLUMNS, EvaluationReport, ModelMetrics
from safefiles.console import make_table
from safefiles.extras import require
from safefiles.writing import write_atomic

PRODUCT_ROWS: Final = (
    "Rows `product` are Advisor's results, with its settings for a user; the other rows are single models."
)
CAPTION: Final = f"Settings and weights were chosen inside each training part. {PRODUCT_ROWS}"
LISTS_CAPTION: Final = (
    "`ease` has penalty 250 and neighbours a fixed weighting; other settings and weights were chosen inside each training "
    f"part. {PRODUCT_ROWS}"
)
PANELS: Final = (
    ("rmse", "RMSE (less is better)", min),
    ("hr10", "HR@10 (more is better)", max),
    ("ndcg10", "NDCG@10, 95 % interval", max),
    ("order_ndcg10", "order of a player's own items, NDCG@10", max),
    ("novelty", "novelty, bits", None),
    ("coverage", "coverage", None),
    ("popularity", "popularity percentile", None),
)


BEST, PLAIN, LEAKY = "#e07a1f", "#4a7fb5", "#9aa3ad"  # colours of bars
BEYOND: Final = ("coverage", "gini", "novelty", "popularity", "diversity", "calibration")


def report_tables(report: EvaluationReport) -> list[Table]:
    """The tables of results; for a protocol of lists also metrics beyond accuracy, intervals, windows and cold players."""
    data = report.data
    sizes = f"{data['ratings']} ratings, {data['players']} players × {data['items']} items"
    title = f"{sizes}, {report.protocol}{f', {report.targets} targets' if report.targets else ''}"
    if report.windows:
        warm = sum(window["warm"] for window in report.windows)
        title += f": warm players, n = {warm} over {len(report.windows)} windows"
    caption = CAPTION if report.protocol == SURPRISE5 else LISTS_CAPTION
    found = [_figures(title, report.models, beyond=False, caption=caption)]
    if any(row.coverage is not None for row in report.models):
        found.append(_figures("the ten items of each list, beyond accuracy", report.models, beyond=True))
    for key, heading in (("ndcg10", "NDCG@10"), ("hr10", "HR@10")):
        if any(key in row.intervals for row in report.models):
            found.append(_intervals(report, key, heading))
    if report.windows:
        found.append(_windows(report))
    cold = sum(window["cold"] for window in report.windows)
    rows = [ModelMetrics(row.model, **row.cold) for row in report.models if row.cold]
    if cold and rows:
        title = f"cold players: no rating before the cut, n = {cold}"
        found += [_figures(title, rows, beyond=False), _figures(title, rows, beyond=True)]
    return found


def _figures(title: str, models: list[ModelMetrics], *, beyond: bool, caption: str = "") -> Table:
    used = [
        column
        for column in COLUMNS
        if (column[0] in BEYOND) == beyond and any(getattr(row, column[0]) is not None for row in models)
    ]
    rows = [
        (row.model, *(_number(getattr(row, key), decimals) for key, _, decimals in used)) for row in models
    ]
    headings = ("model", *(heading for _, heading, _ in used))
    return make_table(headings, rows, title=title, caption=caption, right=True)


def _intervals(report: EvaluationReport, key: str, heading: str) -> Table:
    baselines = list(dict.fromkeys(name for row in report.models for name in row.against))
    baselines.sort(key=[row.model for row in report.models].index)
    rows = [
        (
            row.model,
            _interval(row.intervals.get(key)),
            *(_interval(row.against.get(name, {}).get(key), signed=True) for name in baselines),
        )
        for row in report.models
    ]
    return make_table(
        ("model", heading, *(f"less {name}" for name in baselines)),
        rows,
        title=f"{heading} with 95 % intervals",
        caption="Bootstrap over players; differences are paired.",
        right=True,
    )


def _windows(report: EvaluationReport) -> Table:
    headings = [f"{100 * window['cut']:.3g} %, n={window['warm']}" for window in report.windows]
    rows = [(row.model, *(_number(window["ndcg10"], 4) for window in row.windows)) for row in report.models]
    return make_table(
        ("model", *headings),
        rows,
        title="NDCG@10 of warm players, by the cut where a window begins",
        right=True,
    )


def _number(value: float | None, decimals: int) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.{decimals}f}"


def _interval(found: Interval | None, *, signed: bool = False) -> str:
    if found is None:
        return "–"
    value, low, high = (f"{number:+.4f}" if signed else f"{number:.4f}" for number in found)
    return f"{value} ({low}, {high})"


def plot(report: EvaluationReport, path: Path) -> None:
    """Write a PNG: results of all models as bars. Needs matplotlib (extra `bench`)."""
    require("matplotlib", "bench")  # the commands' extra
    from matplotlib.figure import Figure

    panels = [panel for panel in PANELS if any(getattr(row, panel[0]) is not None for row in report.models)]
    if report.protocol != SURPRISE5:
        panels = [panel for panel in panels if panel[0] != "rmse"]
    figure = Figure(figsize=(5.2 * len(panels), 1.0 + 0.36 * (len(report.models) + 2)))
    for place, panel in enumerate(panels, 1):
        _panel(figure.add_subplot(1, len(panels), place), report, *panel)
    name = f"{report.data['name']}, {report.protocol} {report.targets}".strip()
    leaks = ": it leaks, see the notes" if report.protocol == LEAVE_LAST else ""
    figure.suptitle(f"{name}{leaks} (bars need not start at zero)")
    figure.tight_layout()
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=110)
    write_atomic(path, picture.getvalue())


def _panel(axes: Any, report: EvaluationReport, key: str, title: str, better: Any) -> None:
    """One metric of all models; the best is marked, but never a model that shows a leak."""
    rows = [row for row in report.models if getattr(row, key) is not None][::-1]
    values = [getattr(row, key) for row in rows]
    honest = [value for row, value in zip(rows, values) if row.model != RECENT]
    best = better(honest) if better and honest else None
    colours = [
        LEAKY if row.model == RECENT else BEST if value == best else PLAIN for row, value in zip(rows, values)
    ]
    ends = [row.intervals.get(key, (value, value, value)) for row, value in zip(rows, values)]
    errors = [
        [value - end[1] for value, end in zip(values, ends)],
        [end[2] - value for value, end in zip(values, ends)],
    ]
    whiskers = {"xerr": errors, "ecolor": "#333333"} if any(row.intervals.get(key) for row in rows) else {}
    bars = axes.barh([row.model for row in rows], values, color=colours, **whiskers)
    axes.bar_label(bars, fmt="%.3f" if better else "%.2f", padding=3)
    high, low = max([*values, *(end[2] for end in ends)]), min(values)
    low = low - 0.35 * (high - low) if low > 0.3 and better else 0.0
    axes.set_xlim(low, high + 0.25 * (high - low or 1))
    axes.set_title(title)
    axes.spines[["top", "right"]].set_visible(False)
