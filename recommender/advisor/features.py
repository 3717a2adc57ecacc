"""What the content of items says, as numbers: one table for taste, for likeness and for the start of a difficulty."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from recommender.records.kinds import Item
from recommender.records.ratings import Floats

BINS: Final = 3  # soft bins of a number: taste need not be a straight line in it
RARE: Final = 2  # a tag of fewer items says nothing that carries over


@dataclass(frozen=True)
class Features:
    """Content of items: `values` (items, f), each column centred, scaled so that an item's row has length near 1.

    `names` (f,) are tags as they are, and "number:low", "number:middle", "number:high" for numbers.
    """

    items: tuple[str, ...]
    names: tuple[str, ...]
    values: Floats
    present: Floats  # (items, f) 0..1: how much an item has of each, before centring

    @classmethod
    def of(cls, items: Sequence[Item]) -> "Features":
        """Tags that some but not all items have, and three soft bins of every number that varies."""
        names: list[str] = []
        columns: list[Floats] = []
        for tag in sorted({tag for item in items for tag in item.tags}):
            column = np.array([tag in item.tags for item in items], np.float64)
            if RARE <= column.sum() < len(items):
                names.append(tag)
                columns.append(column)
        for number in sorted({name for item in items for name in item.numbers}):
            for label, column in _bins(np.array([item.numbers.get(number, np.nan) for item in items])):
                names.append(f"{number}:{label}")
                columns.append(column)
        present = np.array(columns).T.reshape(len(items), len(names))
        centred = present - present.mean(0) if len(items) else present
        spread = np.sqrt((centred**2).sum(1).mean()) if centred.size else 0.0
        values = centred / spread if spread > 0 else centred
        return cls(tuple(item.name for item in items), tuple(names), values, present)

    def likeness(self) -> Floats:
        """Cosine of the items' rows, (items, items), 0 for items that are all average."""
        length = np.linalg.norm(self.values, axis=1, keepdims=True)
        unit = np.divide(self.values, length, out=np.zeros_like(self.values), where=length > 1e-12)
        return np.asarray(unit @ unit.T)


def _bins(values: Floats) -> list[tuple[str, Floats]]:
    """Triangular memberships around the 10, 50 and 90 % points; a missing number is a member of none."""
    known = np.isfinite(values)
    if not known.any() or np.ptp(values[known]) < 1e-12:
        return []
    low, middle, high = np.quantile(values[known], (0.1, 0.5, 0.9))
    if not low < middle < high:
        low, high = float(values[known].min()), float(values[known].max())
        middle = (low + high) / 2
    place = np.interp(values, (low, middle, high), (0.0, 1.0, 2.0))
    return [
        (label, np.where(known, np.clip(1 - np.abs(place - bin), 0, 1), 0.0))
        for bin, label in zip(range(BINS), ("low", "middle", "high"), strict=True)
    ]
