"""The exact state of the online model: sums that one rating changes in place.

Stars are kept in steps of 1/1024 around the middle of the scale, trust and centres in such binary steps too. Sums of
them and of their products are exact in float64, in whatever order they are made: after any sequence of changes the
state is the same, to the last bit, as one built from scratch.
"""

from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recommender.records.ratings import Floats, Ratings

STAR_STEP: Final = 2.0**-10
TRUST_STEP: Final = 2.0**-10
TERM_STEP: Final = 2.0**-20
FLAT: Final = 1e-9  # a variance below this share of the mean square is as good as none
TINY: Final = 1e-30  # 0/0 is 0

PAIRS_AT_ONCE: Final = 2**21  # a few arrays of so many numbers while the sums are built

FLIPPED: Final = np.array((0, 2, 1, 4, 3, 5))  # the six sums of a pair as the other side sees them

Row = tuple[NDArray[np.int64], Floats]  # a player's items, ascending, and stars above the middle: both (n,)
EMPTY: Final[Row] = (np.empty(0, np.int64), np.empty(0))


def stepped(values: Floats, step: float) -> Floats:
    """The nearest multiples of `step`, a power of two."""
    return np.rint(values / step) * step


def grown(array: NDArray[np.generic], *shape: int) -> NDArray[np.generic]:
    """An array of at least this shape with the same content and zeros beside it; room doubles, so growth is rare."""
    if all(have >= need for have, need in zip(array.shape, shape)):
        return array
    room = [have if have >= need else max(need, 2 * have, 8) for have, need in zip(array.shape, shape)]
    larger = np.zeros([*room, *array.shape[len(room) :]], array.dtype)
    larger[tuple(slice(size) for size in array.shape)] = array
    return larger


class Change(NamedTuple):
    """One rating of a player changes; None: there is none."""

    before: float | None
    after: float | None
    rest: Row  # the player's other ratings

    @property
    def step(self) -> tuple[int, float, float]:
        """What n, Σx and Σx² change by."""
        new, old = self.after or 0.0, self.before or 0.0
        return (self.after is not None) - (self.before is not None), new - old, new * new - old * old


class Book:
    """Every player's ratings: packed rows as read, and rows of their own for players who have changed since.

    A million players with 20 ratings each take 120 MB here (int16 items, float32 stars).
    """

    def __init__(self, ratings: Ratings, above: Floats):
        order = np.lexsort((ratings.item, ratings.player))
        kind = np.int16 if len(ratings.items) < 2**15 else np.int32
        self._items = ratings.item[order].astype(kind)
        self._stars = above[order].astype(np.float32)  # 24 bits hold a step of 1/1024 on any usual scale
        counts = np.bincount(ratings.player, minlength=len(ratings.players))
        self._start = np.concatenate(([0], np.cumsum(counts)))
        self._changed: dict[int, Row] = {}

    def row(self, player: int) -> Row:
        """One player's ratings."""
        row = self._changed.get(player)
        if row is not None:
            return row
        if player + 1 >= len(self._start):
            return EMPTY
        part = slice(self._start[player], self._start[player + 1])
        return self._items[part].astype(np.int64), self._stars[part].astype(np.float64)

    def put(self, player: int, item: int, stars: float | None) -> "Change":
        """Set or (None) remove one rating."""
        items, values = self.row(player)
        place = int(items.searchsorted(item))
        before: float | None = None
        rest = items, values
        if place < len(items) and items[place] == item:
            before = float(values[place])
            rest = _without(items, place), _without(values, place)
        if before != stars:
            self._changed[player] = rest if stars is None else _with(rest, place, item, stars)
        return Change(before, stars, rest)

    @property
    def nbytes(self) -> int:
        """Memory of the numbers."""
        own = sum(items.nbytes + stars.nbytes for items, stars in self._changed.values())
        return self._items.nbytes + self._stars.nbytes + self._start.nbytes + own


def _without(array: NDArray[Any], place: int) -> NDArray[Any]:
    """A copy without one element; `np.delete` takes ten times as long."""
    part = np.empty(len(array) - 1, array.dtype)
    part[:place], part[place:] = array[:place], array[place + 1 :]
    return part


def _with(row: Row, place: int, item: int, stars: float) -> Row:
    """A copy of a row with one more rating."""
    items, values = np.empty(len(row[0]) + 1, np.int64), np.empty(len(row[0]) + 1)
    for whole, part, one in ((items, row[0], item), (values, row[1], stars)):
        whole[:place], whole[place], whole[place + 1 :] = part[:place], one, part[place:]
    return items, values


class BiasSums:
    """Item biases in closed form; see `OnlineModel` for the formula.

    b_i = Σ_v t_v (x_vi - μ) / (λ_i + Σ_v t_v) = α_i - μ γ_i is linear in μ, so that a rating moves the α and γ of its
    own item only. `sums` (items, 2): Σ t x and Σ t over the item's raters; `terms` (items, 2): α and γ.
    """

    def __init__(self, items: int, damping: float):
        self.sums = np.zeros((items, 2))
        self.terms = np.zeros((items, 2))
        self.raters = np.zeros(items, np.int64)  # how many, whatever their trust
        self.total = np.zeros(2)  # Σ t x and Σ t over all ratings
        self.damping = max(damping, 1e-12)

    @classmethod
    def of(cls, ratings: Ratings, above: Floats, trust: Floats, damping: float) -> Self:
        """The sums of all ratings; trust is (players,)."""
        items = len(ratings.items)
        self, of_rating = cls(items, damping), trust[ratings.player]
        self.sums[:, 0] = np.bincount(ratings.item, of_rating * above, items)
        self.sums[:, 1] = np.bincount(ratings.item, of_rating, items)
        self.raters = np.bincount(ratings.item, minlength=items)
        self.total = self.sums.sum(axis=0)
        self.terms = stepped(self.sums / (self.damping + self.sums[:, 1:]), TERM_STEP)
        return self

    def grow(self, items: int) -> None:
        """Make room for more items."""
        self.sums = np.asarray(grown(self.sums, items))
        self.terms = np.asarray(grown(self.terms, items))
        self.raters = np.asarray(grown(self.raters, items))

    def change(self, item: int, change: Change, trust: float) -> tuple[float, float]:
        """One rating of the item changes; how much its α and γ moved."""
        count, once, _ = change.step
        sums, terms, total = self.sums[item], self.terms[item], self.total
        total[0] += trust * once
        total[1] += trust * count
        sums[0] += trust * once
        sums[1] += trust * count
        self.raters[item] += count
        whole, (alpha, gamma) = self.damping + float(sums[1]), terms.tolist()
        terms[0] = round(float(sums[0]) / whole / TERM_STEP) * TERM_STEP
        terms[1] = round(float(sums[1]) / whole / TERM_STEP) * TERM_STEP
        return float(terms[0]) - alpha, float(terms[1]) - gamma

    def reweigh(self, row: Row, trust: float) -> Floats:
        """Count a whole row with this much more trust; how much its items' terms moved, (n, 2)."""
        items, stars = row
        step = np.stack((trust * stars, np.full(len(items), trust)), axis=1)
        self.total += step.sum(axis=0)
        self.sums[items] += step
        sums = self.sums[items]
        terms = stepped(sums / (self.damping + sums[:, 1:]), TERM_STEP)
        moved: Floats = terms - self.terms[items]
        self.terms[items] = terms
        return moved

    @property
    def mean(self) -> float:
        """μ, above the middle of the scale; 0 while there is nothing to go by."""
        return float(self.total[0] / self.total[1]) if self.total[1] > 0 else 0.0

    def items(self, count: int) -> Floats:
        """b_i of the first `count` items."""
        return self.terms[:count, 0] - self.mean * self.terms[:count, 1]


class PairSums:
    """Items against items over the players who rated both, weighted with their trust, and the weights that follow.

    `sums` (items, 6, items): Σ t, Σ t x_i, Σ t x_j, Σ t x_i², Σ t x_j², Σ t x_i x_j; exact. `weights` (items, items): the
    shrunk Pearson correlation where it is positive, renewed for the pairs that a rating touches.
    """

    def __init__(self, items: int, shrinkage: float):
        self.sums = np.zeros((items, 6, items))
        self.weights = np.zeros((items, items))
        self.shrinkage = shrinkage

    @classmethod
    def of(cls, ratings: Ratings, above: Floats, trust: Floats, shrinkage: float) -> Self:
        """The sums of all ratings, counted pair by pair for players with as many ratings at a time."""
        items = len(ratings.items)
        self = cls(items, shrinkage)
        order = np.argsort(ratings.player, kind="stable")
        counts = np.bincount(ratings.player, minlength=len(ratings.players))
        start = np.cumsum(counts) - counts
        for rated in np.unique(counts[counts > 1]).tolist():
            players = np.flatnonzero(counts == rated)
            several = max(1, PAIRS_AT_ONCE // rated**2)
            for first in range(0, len(players), several):
                part = players[first : first + several]
                rows = order[start[part][:, None] + np.arange(rated)]
                item, stars = ratings.item[rows].astype(np.int64), above[rows]
                key = (item[:, :, None] * items + item[:, None, :]).ravel()
                weight = np.broadcast_to(trust[part][:, None, None], (len(part), rated, rated))
                once = weight * stars[:, :, None]
                for row, values in (
                    (0, weight),
                    (1, once),
                    (3, once * stars[:, :, None]),
                    (5, once * stars[:, None, :]),
                ):
                    self.sums[:, row] += np.bincount(key, values.ravel(), items * items).reshape(items, items)
        every = np.arange(items)
        self.sums[every, :, every] = 0.0
        self.sums[:, 2], self.sums[:, 4] = self.sums[:, 1].T, self.sums[:, 3].T
        for item in every:
            self.weights[item] = shrunk_pearson(self.sums[item], shrinkage)
        return self

    def grow(self, items: int) -> None:
        """Make room for more items."""
        self.sums = np.asarray(grown(self.sums, items, 6, items))
        self.weights = np.asarray(grown(self.weights, items, items))

    def change(self, item: int, change: Change, trust: float) -> None:
        """One rating of a player changes: the item's pairs with the player's other items."""
        others, stars = change.rest
        if not len(others):
            return
        count, once, twice = change.step
        block = pair_block(stars, trust * count, trust * once, trust * twice)
        mine = self.sums[item].take(others, axis=1)
        mine += block
        self.sums[item][:, others] = mine
        self.sums[others, :, item] += block[FLIPPED].T
        weight = shrunk_pearson(mine, self.shrinkage)
        self.weights[item][others] = weight
        self.weights[others, item] = weight

    def add(self, row: Row, trust: float) -> None:
        """Count a whole row in with this much more trust."""
        items, stars = row
        if len(items) < 2:
            return
        block = np.empty((len(items), 6, len(items)))
        for number, (item, own) in enumerate(zip(items.tolist(), stars.tolist())):
            block[number] = pair_block(stars, trust, trust * own, trust * own * own)
            block[number, :, number] = 0.0
            self.sums[item][:, items] += block[number]
            self.weights[item] = shrunk_pearson(self.sums[item], self.shrinkage)

    @property
    def nbytes(self) -> int:
        """Memory of the numbers."""
        return self.sums.nbytes + self.weights.nbytes


def pair_block(stars: Floats, count: float, once: float, twice: float) -> Floats:
    """What the six sums of a pair change by, (6, m), where n, Σx, Σx² change by numbers and y (m,) stays."""
    block = np.empty((6, len(stars)))
    block[0], block[1], block[3] = count, once, twice
    np.multiply(stars, count, out=block[2])
    np.multiply(stars, block[2], out=block[4])
    np.multiply(stars, once, out=block[5])
    return block


def shrunk_pearson(rows: Floats, shrinkage: float) -> Floats:
    """s · n/(n + β), (m,), where the correlation s is positive, else 0; rows (6, m) are n, Σx, Σy, Σx², Σy², Σxy.

    Scaled by n² throughout: n Σxy - Σx Σy over √((n Σx² - (Σx)²)(n Σy² - (Σy)²)).
    """
    count, once = rows[0], rows[1:3]
    square = rows[3:] * count
    spread = np.empty_like(square)
    np.multiply(once, once, out=spread[:2])
    np.multiply(rows[1], rows[2], out=spread[2])
    square[:2] *= 1.0 + FLAT  # holds down what does not vary: rounding must not look like likeness
    np.subtract(square, spread, out=spread)
    bottom = np.sqrt(spread[0] * spread[1])
    bottom *= count + shrinkage
    bottom += TINY
    weight: Floats = spread[2] * count
    np.maximum(weight, 0.0, out=weight)
    weight /= bottom
    return weight
