"""Sums over the items that one player took and rated, updated in place by each new record.

All summands are rounded to binary steps (`others.STEP` of a star, `item_weights.WEIGHT_STEP`), so that the sums are exact in
float64 in any order: a program has the same numbers after a day as after a restart.

For a player with residuals x_j of the rated items j, and reference players v with residuals e_vj (0 if not rated) and m_vj (1
if rated, otherwise 0), the similarity in `recommender.advisor.opinions`, with x_j - c in place of x_j, needs

    sum_j x_j e_vj,  sum_j e_vj,  sum_j e_vj^2 (over j both rated),  sum_j m_vj,  sum_j x_j m_vj,  sum_j x_j^2 m_vj
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.advisor.others import STEP, OthersModel
from recommender.models.item_weights import round_to_step
from recommender.records.ratings import STARS, Floats, Ints

MANY: Final = 32  # changes from which it is quicker to start from scratch


class RunningSums:
    """The sums of one player."""

    def __init__(self, others: OthersModel) -> None:
        self._others = others
        size = len(others.base)
        self._taken, self._rated = ItemValues(size), ItemValues(size)
        self.together = np.zeros(size)  # EASE's scores, (items,)
        self.sums = np.zeros((6, len(others.reference.players)))  # in the order of the module's docstring
        self.near = np.zeros((2, size))  # sums of W_ij x_j and of W_ij over the items j, (items,) each
        self.factors = None if others.factors is None else others.factors.folding()

    def match(self, taken: tuple[Ints, Floats], rated: tuple[Ints, Floats]) -> None:
        """Update the sums to what the player took (items and weights) and rated (items and residuals in steps), (n,) each."""
        self._match_taken(*taken)
        self._match_rated(*rated)

    def folded(self) -> NDArray[np.float32] | None:
        """The player's factors, (draws, rank); None without a model."""
        return None if self.factors is None else self.factors.factors()

    def _match_taken(self, items: Ints, weights: Floats) -> None:
        ease, new = self._others.ease, ItemValues(len(self.together), items, weights)
        changed = new.changed_items(self._taken)
        if len(changed) > MANY:
            self._taken, changed = ItemValues(len(self.together)), items
            self.together = np.zeros(ease.size)
        if len(changed):
            self.together += ease.sums(changed, new.values[changed] - self._taken.values[changed])
        self._taken = new

    def _match_rated(self, items: Ints, left: Floats) -> None:
        reference, held = self._others.reference, ItemValues(len(self.together), items, left)
        changed = held.changed_items(self._rated)
        if len(changed) > MANY:
            self._rated, changed = ItemValues(len(self.together)), items
            self.sums, self.near = np.zeros_like(self.sums), np.zeros_like(self.near)
            self.factors = None if self._others.factors is None else self._others.factors.folding()
        if len(changed):
            new, was = held.values[changed], self._rated.values[changed]
            there, before = held.there[changed], self._rated.there[changed]
            more = there.astype(np.float64) - before
            self.near += self._others.pairs.sums(changed, np.array([new - was, more]))
            left = reference.left[changed].astype(np.float64)
            known = (left != 0).astype(np.float64)
            weights = np.array([new - was, more, new * new - was * was])
            self.sums[:2] += weights[:2] @ left
            self.sums[2] += more @ (left * left)
            self.sums[3:] += weights[[1, 0, 2]] @ known
            if self.factors is not None:
                base = self._others.base[changed]
                for rows, stars, sign in ((before, was, -1.0), (there, new, 1.0)):
                    if rows.any():
                        self.factors.add(
                            changed[rows].astype(np.int64), np.clip(stars[rows] + base[rows], *STARS), sign
                        )
        self._rated = held

    def similarity(self, centre: float) -> tuple[Floats, Floats]:
        """Cosine with each reference player over the items both rated, and their number; `centre` is subtracted."""
        product, left, square, shared, own, own_square = self.sums
        top = product - centre * left
        bottom = square * (own_square - 2 * centre * own + centre * centre * shared)
        found = np.zeros(len(top))
        np.divide(top, np.sqrt(np.maximum(bottom, 0.0)), out=found, where=bottom > 1e-9)
        return found, shared


class ItemValues:
    """Values of some items as an array over all items, (items,): 0 if there is none."""

    def __init__(self, size: int, items: Ints | None = None, values: Floats | None = None) -> None:
        self.values, self.there = np.zeros(size), np.zeros(size, np.bool_)
        if items is not None and values is not None:
            self.values[items], self.there[items] = values, True

    def changed_items(self, other: "ItemValues") -> Ints:
        """Items whose value differs, or that only one of the two has, ascending."""
        return np.flatnonzero((self.values != other.values) | (self.there != other.there)).astype(np.int32)


def round_to_steps(values: Floats) -> Floats:
    """The nearest multiples of STEP."""
    return np.asarray(round_to_step(values, STEP))
