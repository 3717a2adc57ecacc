"""The results of an evaluation: plain data and its JSON. Its tables and its picture are in `recommender.evaluation.shown`."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from recommender.evaluation.bootstrap import Interval
from safefiles.writing import write_text

SCHEMA: Final = 1
COLUMNS: Final = (  # key, heading, decimals
    ("rmse", "RMSE", 4),
    ("mae", "MAE", 4),
    ("hr10", "HR@10", 4),
    ("ndcg10", "NDCG@10", 4),
    ("recall20", "recall@20", 4),
    ("mrr20", "MRR@20", 4),
    ("coverage", "coverage", 2),
    ("gini", "Gini", 2),
    ("novelty", "novelty", 2),
    ("popularity", "popularity", 2),
    ("diversity", "diversity", 3),
    ("calibration", "calibration", 2),
    ("order_ndcg10", "order NDCG@10", 4),
    ("seconds", "seconds", 1),
)
ACCURACY: Final = ("hr10", "ndcg10", "recall20", "mrr20")


@dataclass
class ModelMetrics:
    """One model's results; None if the protocol does not measure it or the model does not have it.

    In `global-time` they are of warm players, over all windows together.
    """

    model: str
    rmse: float | None = None
    mae: float | None = None
    hr10: float | None = None
    ndcg10: float | None = None
    recall20: float | None = None
    mrr20: float | None = None
    coverage: float | None = None
    gini: float | None = None
    novelty: float | None = None
    popularity: float | None = None
    diversity: float | None = None
    calibration: float | None = None
    order_ndcg10: float | None = None  # of the player's own judged items, gain 2^stars - 1
    seconds: float | None = None  # seconds of fitting and predicting, all folds
    rmse_folds: list[float] = field(default_factory=list)
    chosen: dict[str, Any] = field(default_factory=dict)  # settings and weights, of the last fold
    intervals: dict[str, Interval] = field(default_factory=dict)  # 95 % intervals of the metrics in ACCURACY
    against: dict[str, dict[str, Interval]] = field(
        default_factory=dict
    )  # by baseline: this model minus the baseline
    cold: dict[str, Any] = field(default_factory=dict)  # the same metrics for players without earlier ratings
    windows: list[dict[str, float | None]] = field(default_factory=list)  # results of warm players, by window


@dataclass
class EvaluationReport:
    """All models on one table of ratings."""

    data: dict[str, Any]
    protocol: str
    models: list[ModelMetrics] = field(default_factory=list)
    targets: str = ""  # kind of targets, only for `global-time`
    windows: list[dict[str, Any]] = field(default_factory=list)  # their sizes
    leak: dict[str, float] = field(default_factory=dict)  # leak, only for `leave-last-out`
    notes: list[str] = field(default_factory=list)  # notes for reading the results

    def to_json(self) -> dict[str, Any]:
        """The report as JSON-able data."""
        found: dict[str, Any] = {"schema": SCHEMA, "data": self.data, "protocol": self.protocol}
        for key in ("targets", "windows", "leak", "notes"):
            if getattr(self, key):
                found[key] = _rounded(getattr(self, key))
        return found | {"models": [_plain(figures) for figures in self.models]}

    def write(self, path: Path) -> None:
        """Write the JSON."""
        write_text(path, json.dumps(self.to_json(), indent=1, allow_nan=False) + "\n")


def _plain(figures: ModelMetrics) -> dict[str, Any]:
    """Rounded numbers; non-finite ones become null."""
    row: dict[str, Any] = {"model": figures.model}
    row |= {key: _rounded(getattr(figures, key)) for key, _, _ in COLUMNS}
    for key in ("rmse_folds", "chosen", "intervals", "against", "cold", "windows"):
        if getattr(figures, key):
            row[key] = _rounded(getattr(figures, key))
    return row


def _rounded(value: Any) -> Any:
    """The same with finite floats of five decimals; an interval is a list of three."""
    if isinstance(value, float):
        return round(value, 5) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _rounded(own) for key, own in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(own) for own in value]
    return value
