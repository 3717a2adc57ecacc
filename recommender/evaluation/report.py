"""What an evaluation found: plain data, its JSON, its table and its picture."""

import io
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from recommender.evaluation.protocols import LEAVE_LAST
from safefiles.console import table
from safefiles.extras import need
from safefiles.writing import write_atomic, write_text

SCHEMA: Final = 1
CAPTION: Final = (
    "Models one by one, not the advisor's lists. Settings and weights were chosen inside each training part."
)
CAPTIONS: Final = {
    LEAVE_LAST: f"{CAPTION} Leave-last-out leaks: training parts hold ratings given after the test rating."
}
COLUMNS: Final = (  # key, heading, decimals
    ("rmse", "RMSE", 4),
    ("mae", "MAE", 4),
    ("hr10", "HR@10", 4),
    ("ndcg10", "NDCG@10", 4),
    ("coverage", "coverage", 2),
    ("order_ndcg10", "order NDCG@10", 4),
    ("seconds", "seconds", 1),
)


@dataclass
class Figures:
    """One model's figures; None where the protocol does not measure it or the model has no such thing."""

    model: str
    rmse: float | None = None
    mae: float | None = None
    hr10: float | None = None
    ndcg10: float | None = None
    coverage: float | None = None
    order_ndcg10: float | None = None  # of the player's own judged items, gain 2^stars - 1
    seconds: float | None = None  # to fit and to predict, all folds
    rmse_folds: list[float] = field(default_factory=list)
    chosen: dict[str, Any] = field(default_factory=dict)  # settings and weights, of the last fold


@dataclass
class EvaluationReport:
    """All models on one table of ratings."""

    data: dict[str, Any]
    protocol: str
    models: list[Figures] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON-able data."""
        return {
            "schema": SCHEMA,
            "data": self.data,
            "protocol": self.protocol,
            "models": [_plain(figures) for figures in self.models],
        }

    def write(self, path: Path) -> None:
        """Write the JSON."""
        write_text(path, json.dumps(self.to_json(), indent=1, allow_nan=False) + "\n")

    def table(self) -> Table:
        """For a terminal."""
        data = self.data
        title = (
            f"{data['ratings']} ratings, {data['players']} players × {data['items']} items, {self.protocol}"
        )
        used = [
            column for column in COLUMNS if any(getattr(row, column[0]) is not None for row in self.models)
        ]
        rows = []
        for row in self.models:
            values = [getattr(row, key) for key, _, _ in used]
            cells = [
                "–" if value is None else f"{value:.{column[2]}f}" for value, column in zip(values, used)
            ]
            rows.append((row.model, *cells))
        caption = CAPTIONS.get(self.protocol, CAPTION)
        headings = ("model", *(heading for _, heading, _ in used))
        return table(headings, rows, title=title, caption=caption, right=True)

    def plot(self, path: Path) -> None:
        """Write a PNG: errors and hits of all models as bars. Needs matplotlib (extra `bench`)."""
        need("matplotlib", "bench")  # the extra of the commands
        from matplotlib.figure import Figure

        panels = [
            (key, title, better)
            for key, title, better in (
                ("rmse", "RMSE (less is better)", min),
                ("hr10", "HR@10 (more is better)", max),
                ("order_ndcg10", "order of a player's own items, NDCG@10", max),
            )
            if any(getattr(row, key) is not None for row in self.models)
        ]
        figure = Figure(figsize=(6.0 * len(panels), 0.5 + 0.42 * (len(self.models) + 2)))
        for place, (key, title, better) in enumerate(panels, 1):
            axes = figure.add_subplot(1, len(panels), place)
            rows = [(row.model, getattr(row, key)) for row in self.models if getattr(row, key) is not None][
                ::-1
            ]
            values = [value for _, value in rows]
            best = better(values)
            colours = ["#e07a1f" if value == best else "#4a7fb5" for value in values]
            bars = axes.barh([name for name, _ in rows], values, color=colours)
            axes.bar_label(bars, fmt="%.4f", padding=3)
            low = min(values) - 0.35 * (max(values) - min(values)) if min(values) > 0.3 else 0.0
            axes.set_xlim(low, max(values) + 0.2 * (max(values) - low))
            axes.set_title(title)
            axes.spines[["top", "right"]].set_visible(False)
        figure.suptitle(f"{self.data['name']}, {self.protocol} (bars do not start at zero)")
        figure.tight_layout()
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=110)
        write_atomic(path, picture.getvalue())


def _plain(figures: Figures) -> dict[str, Any]:
    """Rounded figures; what is no finite number is null."""
    row: dict[str, Any] = {"model": figures.model}
    for key, _, _ in COLUMNS:
        value = getattr(figures, key)
        row[key] = None if value is None or not math.isfinite(value) else round(value, 5)
    if figures.rmse_folds:
        row["rmse_folds"] = [round(value, 5) for value in figures.rmse_folds]
    if figures.chosen:
        row["chosen"] = figures.chosen
    return row
