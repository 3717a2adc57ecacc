"""Ratings as arrays, with inner numbers for names."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recommender.errors import RatingsRefused, UnknownName
from recommender.records import scale as scales

STARS: Final = scales.STARS
Ints = NDArray[np.int32]
Floats = NDArray[np.float64]
Row = (
    tuple[str, str, float] | tuple[str, str, float, float]
)  # player, item, stars and optionally seconds since 1970


@dataclass(frozen=True)
class Ratings:
    """n ratings, at most one for each player and item.

    `player` and `item` (n,) index `players` and `items`, which may include names without ratings.
    """

    players: tuple[str, ...]
    items: tuple[str, ...]
    player: Ints
    item: Ints
    stars: Floats  # within `scale`
    time: Floats  # seconds since 1970, 0 if unknown
    scale: tuple[float, float] = STARS

    @classmethod
    def of(
        cls,
        rows: Iterable[Row],
        *,
        players: Sequence[str] = (),
        items: Sequence[str] = (),
        scale: tuple[float, float] = STARS,
    ) -> "Ratings":
        """Build from rows; names are numbered in order of appearance, after those given.

        Of several ratings of one pair the last row counts. RatingsRefused for stars that are no number or outside the scale.
        """
        player_of = {name: number for number, name in enumerate(players)}
        item_of = {name: number for number, name in enumerate(items)}
        kept: dict[tuple[int, int], tuple[float, float]] = {}
        for number, row in enumerate(rows, 1):
            name, item, stars = row[0], row[1], float(row[2])
            if not math.isfinite(stars) or not scale[0] <= stars <= scale[1]:
                raise RatingsRefused(
                    f"rating {number} ({name}, {item}): expected stars from {scale[0]:g} to {scale[1]:g}, found {stars:g}"
                )
            pair = player_of.setdefault(name, len(player_of)), item_of.setdefault(item, len(item_of))
            kept.pop(pair, None)
            kept[pair] = stars, float(row[3]) if len(row) > 3 else 0.0
        pairs = np.array(list(kept), np.int32).reshape(-1, 2)
        values = np.array(list(kept.values()), np.float64).reshape(-1, 2)
        return cls(
            tuple(player_of), tuple(item_of), pairs[:, 0], pairs[:, 1], values[:, 0], values[:, 1], scale
        )

    def __len__(self) -> int:
        return len(self.stars)

    def __getitem__(self, rows: Any) -> "Ratings":
        """Some of the ratings, by mask, slice or row numbers; names and their numbers stay unchanged."""
        return Ratings(
            self.players,
            self.items,
            self.player[rows],
            self.item[rows],
            self.stars[rows],
            self.time[rows],
            self.scale,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of players and items."""
        return len(self.players), len(self.items)

    def player_number(self, name: str) -> int:
        """The inner number of a player. UnknownName if not listed."""
        return _number(self.players, name, "player")

    def item_number(self, name: str) -> int:
        """The inner number of an item. UnknownName if not listed."""
        return _number(self.items, name, "item")

    def dense(self) -> tuple[Floats, NDArray[np.bool_]]:
        """Stars, 0 where missing, and a mask of existing ratings: both (players, items)."""
        stars, known = np.zeros(self.shape), np.zeros(self.shape, np.bool_)
        stars[self.player, self.item] = self.stars
        known[self.player, self.item] = True
        return stars, known


def _number(names: tuple[str, ...], name: str, kind: str) -> int:
    try:
        return names.index(name)
    except ValueError:
        raise UnknownName(f"{kind}: expected one of the {len(names)} known, found {name!r}") from None
