"""Convert many ratings to arrays, from texts with a player's items and numbers (`recommender.store.rating_columns`)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.records.ratings import Floats, Ints, Ratings
from recommender.records.scale import STARS

MOST_PAIRS = 1 << 26  # most players × items that are checked in a table of one byte each
Longs = NDArray[np.int64]


class _Numbers(dict[str, int]):
    """Names numbered in order of appearance."""

    def __missing__(self, name: str) -> int:
        self[name] = number = len(self)
        return number


class Packed:
    """Collects ratings by player, and sorts them into the order of entry at the end."""

    def __init__(self, mark: str, fine_stars: int) -> None:
        """`mark` separates names; stars are doubled, or negative and multiplied by `fine_stars`."""
        self._mark, self._fine_stars = mark, float(fine_stars)
        self._players: list[str] = []
        self._counts: list[int] = []
        self._numbers = _Numbers()
        self._items: list[Ints] = []
        self._stars: list[Floats] = []
        self._places: list[Longs] = []

    def add(
        self,
        players: Sequence[str],
        counts: Sequence[int],
        items: Sequence[str],
        stars: Sequence[str],
        places: Sequence[str],
    ) -> bool:
        """Take some players' ratings; return whether all of them are valid ratings. `places` are in the order of entry."""
        count = sum(counts)
        names = self._mark.join(items).split(self._mark)
        given, entered = _whole(stars), _whole(places)
        if not len(names) == len(given) == len(entered) == count or "" in players:
            return False
        exact = np.where(given > 0, given / 2.0, given / -self._fine_stars)
        if not ((exact >= STARS[0]) & (exact <= STARS[1])).all():
            return False
        self._players += players
        self._counts += counts
        self._items.append(np.fromiter(map(self._numbers.__getitem__, names), np.int32, count))
        self._stars.append(exact)
        self._places.append(entered)
        return "" not in self._numbers

    def ratings(self) -> Ratings:
        """Return the last entered rating of each pair, in the order of entry; names by first appearance."""
        order = np.argsort(_joined(self._places, np.int64), kind="stable").astype(np.int32)
        players = np.repeat(np.arange(len(self._players), dtype=np.int32), self._counts)[order]
        items = _joined(self._items, np.int32)[order]
        kept = _last(players, items, (len(self._players), len(self._numbers)))
        if kept is not None:
            order, players, items = order[kept], players[kept], items[kept]
        player_names, players = _by_appearance(self._players, players)
        item_names, items = _by_appearance(list(self._numbers), items)
        stars = _joined(self._stars, np.float64)[order]
        return Ratings(player_names, item_names, players, items, stars, np.zeros(len(stars)))


def _whole(cells: Sequence[str]) -> Longs:
    """The whole numbers of joined cells; fewer if a cell is no whole number."""
    text = ",".join(cells)
    if ",," in text or text[:1] in ("", ",") or text[-1] == ",":
        return np.zeros(0, np.int64)
    return np.fromstring(text, np.int64, sep=",")


def _joined(parts: list, kind: type) -> NDArray:  # type: ignore[type-arg]
    """The parts as one array, which replaces them."""
    whole = np.concatenate(parts) if parts else np.zeros(0, kind)
    parts.clear()
    return whole


def _last(players: Ints, items: Ints, shape: tuple[int, int]) -> NDArray[np.intp] | None:
    """The places of the last row of each pair, ascending; None if no pair occurs twice."""
    pairs = players.astype(np.int64) * shape[1] + items
    if shape[0] * shape[1] <= MOST_PAIRS:
        seen = np.zeros(shape[0] * shape[1], np.bool_)
        seen[pairs] = True
        if np.count_nonzero(seen) == len(pairs):
            return None
    _, last = np.unique(pairs[::-1], return_index=True)
    return np.sort(len(pairs) - 1 - last)


def _by_appearance(names: list[str], numbers: Ints) -> tuple[tuple[str, ...], Ints]:
    """The occurring names in order of first appearance, and the numbers renumbered accordingly."""
    first = np.full(len(names), len(numbers), np.int64)
    first[numbers[::-1]] = np.arange(len(numbers) - 1, -1, -1)
    order = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(numbers))]
    new = np.zeros(len(names), np.int32)
    new[order] = np.arange(len(order), dtype=np.int32)
    return tuple(names[number] for number in order), new[numbers]
