"""Item-to-item weights: what one item in a player's history implies for all others.

`ItemWeights` is a matrix W (items, items), diagonal 0: row: the item the player has; column: the item to suggest. There are two
ways to learn it:

    `residual_weights`  W_ij = (max(s_ij, 0) n_ij / (n_ij + SHRINKAGE)) ^ POWER, s the cosine of two items' rating residuals
                        over the n_ij players who rated both (Koren, "Factor in the neighbors", ACM TKDD 4(1), 2010, section 2.2)
    `ease_weights`      EASE on the plays in common, weighted by liking (`recommender.models.ranking`)

Both learn from at most MOST_ROWS rows, those of the most active players. Catalogues above LARGEST items keep the weights of the
LARGEST most taken items, as both matrices are quadratic in the items.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

from recommender.records.ratings import Floats, Ints

LARGEST: Final = 4000
SHRINKAGE: Final = 100.0  # players in common
POWER: Final = 2.0
MOST_ROWS: Final = 400_000  # most rows, of the most active players: enough for items' similarity
AT_ONCE: Final = 2**20  # most numbers in a dense block of players
DENSE: Final = 200  # products of a dense matrix in the time of one product of a sparse matrix
WEIGHT_STEP: Final = 2.0**-24
Singles = NDArray[np.float32]


def round_to_step(values: Any, step: float) -> Any:
    """The nearest multiples of `step`, a power of two."""
    return np.rint(values / step) * step


@dataclass(frozen=True)
class ItemWeights:
    """W of `kept` (k,), ascending item numbers out of `size`; other items have no weights."""

    size: int
    kept: Ints
    weights: Singles  # (k, k)
    diagonal: Floats | None = (
        None  # (k,) d such that W_ij d_j is symmetric, as for EASE; None: W itself is symmetric
    )

    def sums(self, own: Ints, values: Floats) -> Floats:
        """Sums over the player's items `own` (m,) of weight times value (..., m), for every item, (..., size); exact."""
        rows = self.places[own]
        if (rows < 0).any():
            values, rows = values[..., rows >= 0], rows[rows >= 0]
        found = values @ self.weights[rows].astype(np.float64)
        if len(self.kept) == self.size:
            return np.asarray(found)
        whole = np.zeros((*values.shape[:-1], self.size))
        whole[..., self.kept] = found
        return whole

    def between(self, own: Ints, asked: Ints) -> Singles:
        """W of the player's items (m,) and of others (n,), (m, n)."""
        rows, columns = self.places[own], self.places[asked]
        if not len(self.kept):
            return np.zeros((len(own), len(asked)), np.float32)
        found: Singles = self.weights[rows[:, None], columns]
        if (rows < 0).any() or (columns < 0).any():
            found = np.where((rows >= 0)[:, None] & (columns >= 0), found, np.float32(0))
        return found

    def towards(self, own: Ints, asked: Ints) -> Floats:
        """W of the player's items (m,) and of others, times a number above 0 for each of the others, (n, m).

        Read from the rows of the others, which are contiguous in memory; rounding differs from `between`.
        """
        rows, columns = self.places[own], self.places[asked]
        if not len(self.kept):
            return np.zeros((len(asked), len(own)))
        found = self.weights[columns].take(rows, axis=1).astype(np.float64)
        if self.diagonal is not None:
            found *= self.diagonal[rows]
        if (rows < 0).any() or (columns < 0).any():
            found = np.where((columns >= 0)[:, None] & (rows >= 0), found, 0.0)
        return found

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """The row of each item, (size,); -1: none."""
        found = np.full(self.size, -1, np.int64)
        found[self.kept] = np.arange(len(self.kept))
        return found

    @classmethod
    def none(cls, size: int) -> "ItemWeights":
        """The empty weights."""
        return cls(size, np.zeros(0, np.int32), np.zeros((0, 0), np.float32))


def most_taken(item: Ints, size: int) -> Ints:
    """The modelled items, ascending: all items taken by any player, at most LARGEST."""
    counts = np.bincount(item, minlength=size)
    best = np.argsort(-counts, kind="stable")[: min(LARGEST, int((counts > 0).sum()))]
    return np.sort(best).astype(np.int32)


def stable_order(numbers: Ints, size: int) -> NDArray[np.intp]:
    """A stable order of inner numbers below `size`; small ones are sorted by radix sort, ten times as fast."""
    return np.argsort(numbers.astype(np.uint16) if size <= 2**16 else numbers, kind="stable")


def most_active(player: Ints, players: int) -> NDArray[np.bool_]:
    """Which rows (n,) are of the players with the most rows: about MOST_ROWS of them, or all, if there are fewer."""
    if len(player) <= MOST_ROWS:
        return np.ones(len(player), np.bool_)
    each = np.bincount(player, minlength=players)
    order = np.argsort(-each, kind="stable")
    chosen = np.zeros(players, np.bool_)
    chosen[order[np.cumsum(each[order]) <= MOST_ROWS]] = True
    return np.asarray(chosen[player])


def dense_blocks(
    player: Ints, column: Ints, values: Floats, players: int, width: int
) -> Iterator[tuple[Singles, Singles]]:
    """Dense blocks of players, (some, width) each: the values, and 1 where a value exists. Rows (n,) in any order."""
    order = stable_order(player, players)
    player, column, values = player[order], column[order], values[order].astype(np.float32)
    many = max(1, AT_ONCE // max(width, 1))
    for first in range(0, players, many):
        start, end = np.searchsorted(player, (first, first + many))
        if start == end:
            continue
        block, known = np.zeros((2, min(many, players - first), width), np.float32)
        rows = player[start:end] - first
        block[rows, column[start:end]] = values[start:end]
        known[rows, column[start:end]] = 1.0
        yield block, known


def residual_weights(player: Ints, item: Ints, left: Floats, players: int, size: int) -> ItemWeights:
    """Weights from the residuals of ratings, each (n,)."""
    kept = most_taken(item, size)
    if not len(kept):
        return ItemWeights.none(size)
    place = np.full(size, -1, np.int32)
    place[kept] = np.arange(len(kept), dtype=np.int32)
    there = (place[item] >= 0) & most_active(player, players)
    width = len(kept)
    shared, product, square = (np.zeros((width, width), np.float32) for _ in range(3))
    for values, known in dense_blocks(player[there], place[item[there]], left[there], players, width):
        shared += known.T @ known
        product += values.T @ values
        square += (values * values).T @ known
    bottom = np.sqrt(square * square.T)
    likeness = np.divide(product, bottom, out=np.zeros_like(product), where=bottom > 1e-6)
    weights = np.maximum(likeness, 0.0) * shared / (shared + np.float32(SHRINKAGE))
    weights **= np.float32(POWER)
    np.fill_diagonal(weights, 0.0)
    return ItemWeights(size, kept, round_to_step(weights, WEIGHT_STEP).astype(np.float32))


def gram(player: Ints, item: Ints, weight: Floats, players: int, kept: Ints, size: int) -> Singles:
    """Weighted plays in common of every two kept items, (k, k)."""
    place = np.full(size, -1, np.int32)
    place[kept] = np.arange(len(kept), dtype=np.int32)
    there = (place[item] >= 0) & most_active(player, players)
    player, column, weight, width = player[there], place[item[there]], weight[there], len(kept)
    pairs = float((np.bincount(player, minlength=players).astype(np.float64) ** 2).sum())
    if DENSE * pairs < float(players) * width**2:
        rows = sparse.csr_matrix((weight.astype(np.float32), (player, column)), shape=(players, width))
        return np.asarray((rows.T @ rows).toarray(), np.float32)
    found = np.zeros((width, width), np.float32)
    for values, _ in dense_blocks(player, column, weight, players, width):
        found += values.T @ values
    return found


def ease_weights(matrix: Singles, penalty: float, kept: Ints, size: int) -> ItemWeights:
    """EASE's B in closed form from the plays in common (k, k): Steck, WWW 2019, equation 8."""
    if not len(matrix):
        return ItemWeights.none(size)
    whole = matrix.astype(np.float64)
    whole[np.diag_indices(len(whole))] += penalty
    inverse, _ = lapack.dpotri(lapack.dpotrf(whole, lower=1, overwrite_a=1)[0], lower=1, overwrite_c=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    diagonal = np.diag(inverse).copy()
    weights = round_to_step(-inverse / diagonal, WEIGHT_STEP).astype(np.float32)
    np.fill_diagonal(weights, 0.0)
    return ItemWeights(size, kept, weights, diagonal)
