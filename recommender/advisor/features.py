"""The content of items as numbers: one table for taste, for similarity and for initial difficulties.

A tag is a column of zeros and ones. A number is up to STEPS columns "more than its k-th quantile": a ridge on them can learn
any threshold, and their products are the kernel of Brownian motion on ranks (C. E. Rasmussen and C. K. I. Williams,
"Gaussian Processes for Machine Learning", 2006, appendix B).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from recommender.records.kinds import Item
from recommender.records.ratings import Floats, Ints

STEPS: Final = 7
AMOUNTS: Final = ("low", "middle", "high")  # soft bins of a number, for words
RARE: Final = 2  # a tag of fewer items does not generalise


@dataclass(frozen=True)
class Features:
    """Content of items.

    `values` (items, d) is centred; rows have a mean square of 1, half of it from tags and half from numbers if there are both.
    `names` (f,) are the tags and "number:low", "number:middle", "number:high"; `present` (items, f) 0..1 says how much an item
    has of each. `family` (d,) numbers the tag or number that a column comes from, and `families` names them; `of_name` (f,)
    does the same for the names.
    """

    items: tuple[str, ...]
    names: tuple[str, ...]
    values: Floats
    present: Floats
    families: tuple[str, ...]
    family: Ints
    of_name: Ints

    @classmethod
    def of(cls, items: Sequence[Item]) -> "Features":
        """Tags that some but not all items have, and every number that varies."""
        names: list[str] = []
        families: list[str] = []
        family: list[int] = []
        of_name: list[int] = []
        tags: list[Floats] = []
        steps: list[Floats] = []
        present: list[Floats] = []
        for tag in sorted({tag for item in items for tag in item.tags}):
            column = np.array([tag in item.tags for item in items], np.float64)
            if RARE <= column.sum() < len(items):
                family.append(len(families))
                of_name.append(len(families))
                families.append(tag)
                names.append(tag)
                present.append(column)
                tags.append(column)
        for number in sorted({name for item in items for name in item.numbers}):
            values = np.array([item.numbers.get(number, np.nan) for item in items])
            found = _steps(values)
            if not found:
                continue
            steps += found
            family += [len(families)] * len(found)
            for label, column in zip(AMOUNTS, _bins(values), strict=True):
                names.append(f"{number}:{label}")
                of_name.append(len(families))
                present.append(column)
            families.append(number)
        parts = [_scaled(part, len(items)) for part in (tags, steps) if part]
        together = np.hstack(parts) / np.sqrt(len(parts)) if parts else np.zeros((len(items), 0))
        return cls(
            tuple(item.name for item in items),
            tuple(names),
            together,
            np.array(present).T.reshape(len(items), len(names)),
            tuple(families),
            np.array(family, np.int32),
            np.array(of_name, np.int32),
        )

    def similarity(self, numbers: Ints) -> Floats:
        """Cosine similarity of some items' rows, (n, n), 0 for items that are average in all columns."""
        rows = self.values[numbers]
        length = np.sqrt(np.einsum("nd,nd->n", rows, rows))
        unit = rows / np.where(length > 1e-12, length, np.inf)[:, None]
        return np.asarray(unit @ unit.T)


def _scaled(columns: Sequence[Floats], rows: int) -> Floats:
    """The columns as one array (rows, d), centred, with a mean square of 1 for a row."""
    matrix = np.array(columns).T.reshape(rows, len(columns))
    matrix = matrix - matrix.mean(0)
    spread = float(np.sqrt((matrix**2).sum(1).mean()))
    return np.asarray(matrix / spread if spread > 0 else matrix)


def _steps(values: Floats) -> list[Floats]:
    """Columns "more than a quantile", one for each of at most STEPS; a missing number is average in all of them."""
    known = np.isfinite(values)
    if not known.any() or np.ptp(values[known]) < 1e-12:
        return []
    borders = np.unique(np.quantile(values[known], np.arange(1, STEPS + 1) / (STEPS + 1)))
    found = [(values > border).astype(np.float64) for border in borders]
    found = [column for column in found if 0 < column[known].sum() < known.sum()]
    found = found or [(values > values[known].min()).astype(np.float64)]
    for column in found:
        column[~known] = column[known].mean()
        column /= np.sqrt(len(found))
    return found


def _bins(values: Floats) -> list[Floats]:
    """Triangular memberships around the 10, 50 and 90 % points; a missing number belongs to none."""
    known = np.isfinite(values)
    low, middle, high = np.quantile(values[known], (0.1, 0.5, 0.9))
    if not low < middle < high:
        low, high = float(values[known].min()), float(values[known].max())
        middle = (low + high) / 2
    place = np.interp(values, (low, middle, high), (0.0, 1.0, 2.0))
    return [np.where(known, np.clip(1 - np.abs(place - bin), 0, 1), 0.0) for bin in range(len(AMOUNTS))]
