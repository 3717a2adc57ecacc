"""Small communities as a report: errors of stars with 3, 10, 25, ... other players only (`recommender.evaluation.small`)."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from recommender.evaluation.small import MODELS, OTHERS, SEEDS, TARGETS, FewRow, few_players
from recommender.records.ratings import Ratings
from safefiles.console import make_table
from safefiles.writing import write_text

SCHEMA: Final = 1


@dataclass
class CommunityTable:
    """The table of one set of ratings."""

    name: str
    rows: list[FewRow]

    @classmethod
    def of(
        cls,
        ratings: Ratings,
        name: str,
        *,
        others: Sequence[int] = OTHERS,
        targets: int = TARGETS,
        seeds: int = SEEDS,
        progress: Callable[[str, float, float], None] = lambda label, done, every: None,
    ) -> "CommunityTable":
        """Measure the table. RatingsRefused for ratings of too few players."""
        done = 0

        def step(label: str) -> None:
            nonlocal done
            done += 1
            progress(label, done, len(others))

        return cls(name, few_players(ratings, others=others, targets=targets, seeds=seeds, progress=step))

    def to_json(self) -> dict[str, Any]:
        """JSON-able data."""
        rows = [
            {
                "others": row.others,
                "revealed": row.revealed,
                "predictions": row.predictions,
                "rmse": {model: round(value, 5) for model, value in row.rmse.items()},
            }
            for row in self.rows
        ]
        return {"schema": SCHEMA, "data": {"name": self.name}, "protocol": "small-communities", "rows": rows}

    def write(self, path: Path) -> None:
        """Write the JSON."""
        write_text(path, json.dumps(self.to_json(), indent=1, allow_nan=False) + "\n")

    def table(self) -> Table:
        """The table for a terminal."""
        rows = [
            (row.others, row.revealed, row.predictions, *(f"{row.rmse[model]:.4f}" for model in MODELS))
            for row in self.rows
        ]
        title = f"{self.name}: RMSE with few other players"
        return make_table(("others", "revealed", "judged", *MODELS), rows, title=title, right=True)
