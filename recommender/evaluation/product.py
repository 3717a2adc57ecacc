"""The product among the models: `Advisor` as a program uses it, with its settings, diversity and exploration.

Only the public API is used: a store in memory gets the training ratings in their order, one advisor learns them and makes
suggestions for each player in turn (`use`). "product" are its suggestions before, "product after refit" those after the
background refit was taken over. Its ten are `suggest(10)`, its twenty `suggest(20)`, two calls with their own exploration: the
twenty need not start with the ten.
"""

import time
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from recommender.advisor.engine import Advisor
from recommender.evaluation.metrics import LONG, NONE, TOP, Lists
from recommender.records.kinds import Item, Rating
from recommender.records.ratings import STARS, Floats, Ints, Ratings
from recommender.records.side_tables import FeatureRows, SideData
from recommender.store import Store

PRODUCT: Final = "product"
REFITTED: Final = "product after refit"
SEED: Final = 0  # seed of the exploration


class EvaluatedAdvisor:
    """An advisor that has learnt one training part; players and items are the numbers of `learned`."""

    def __init__(self, learned: Ratings, side: SideData | None = None, *, seed: int = SEED) -> None:
        """`learned` in the order of the ratings; the catalogue is its rated items.

        Stars of another scale are converted linearly to the advisor's, 1 to 5, and back.
        """
        start = time.process_time()
        self.chosen: dict[str, Any] = {}
        self.learned = learned
        self._catalogue = np.flatnonzero(np.bincount(learned.item, minlength=learned.shape[1]))
        self._place = {learned.items[number]: number for number in self._catalogue}
        self._store = Store(None)
        stars = self._to_advisor(learned.stars)
        self._store.put_ratings(
            [
                Rating(learned.players[u], learned.items[i], float(s), float(t))
                for u, i, s, t in zip(learned.player, learned.item, stars, learned.time)
            ]
        )
        content = items_with_features(learned.items, None if side is None else side.items)
        self._advisor = Advisor([content[i] for i in self._catalogue], self._store, seed=seed, worker=False)
        self.seconds = time.process_time() - start  # processor seconds of learning

    def refit(self) -> bool:
        """Run the refit in the foreground; returns whether its result was taken over."""
        start = time.process_time()
        changed = self._advisor.relearn()
        self.seconds += time.process_time() - start
        return changed

    def lists(self, players: Ints) -> Lists:
        """Suggestions for players (n,)."""
        ten, twenty = np.full((len(players), TOP), NONE), np.full((len(players), LONG), NONE)
        for place, player in enumerate(players):
            self._advisor.use(self.learned.players[player])
            for row, count in ((ten[place], TOP), (twenty[place], LONG)):
                found = [self._place[each.item] for each in self._advisor.suggest(count)]
                row[: len(found)] = found
        return Lists(ten.astype(np.int32), twenty.astype(np.int32))

    def learn(self, player: int, item: int, stars: float) -> None:
        """Learn a player's rating of an item; an item outside the catalogue is ignored."""
        if self.learned.items[item] in self._place:
            self._advisor.use(self.learned.players[player])
            self._advisor.rate(self.learned.items[item], float(self._to_advisor(np.array(stars))))

    def stars(self, judged: Ratings) -> Floats:
        """Expected stars of `judged`, (n,); the overall mean for an item outside the catalogue."""
        known = np.full(self.learned.shape[1], -1)
        known[self._catalogue] = np.arange(len(self._catalogue))
        found = np.full(len(judged), float(self.learned.stars.mean()))
        for player in np.unique(judged.player):
            self._advisor.use(self.learned.players[player])
            rows = np.flatnonzero((judged.player == player) & (known[judged.item] >= 0))
            found[rows] = self._from_advisor(self._advisor.stars()[known[judged.item[rows]]])
        return np.asarray(np.clip(found, *self.learned.scale))

    def close(self) -> None:
        """Close the advisor."""
        self._advisor.close()
        self._store.close()

    def _to_advisor(self, stars: Floats) -> Floats:
        return np.interp(stars, self.learned.scale, STARS)

    def _from_advisor(self, stars: Floats) -> Floats:
        return np.interp(stars, STARS, self.learned.scale)


def items_with_features(names: Iterable[str], features: FeatureRows | None) -> list[Item]:
    """Items with features of a table: a column `title=value` is a tag `title:value`, a number a number.

    Bins of numbers (`title~bin`) are left out: the advisor makes its own.
    """
    if features is None:
        return [Item(name) for name in names]
    tags = [(place, name.replace("=", ":", 1)) for place, name in enumerate(features.names) if "=" in name]
    numbers = [
        (place, name) for place, name in enumerate(features.names) if "=" not in name and "~" not in name
    ]
    return [
        Item(
            name,
            tags=frozenset(tag for place, tag in tags if row[place]),
            numbers={title: float(row[place]) for place, title in numbers},
        )
        for name, row in zip(names, features.values, strict=True)
    ]


def list_overlap(
    learned: Ratings, players: Ints, side: SideData | None = None, *, refit: bool = False
) -> float:
    """The share of each ten, from one advisor for all players, that is also in the ten of an advisor for that player alone."""
    shared = EvaluatedAdvisor(learned, side)
    if refit:
        shared.refit()
    same = []
    for player in players:
        own = EvaluatedAdvisor(learned, side)
        if refit:
            own.refit()
        ones = np.array([player], np.int32)
        same.append(len(np.intersect1d(own.lists(ones).ten, shared.lists(ones).ten)) / TOP)
        own.close()
    shared.close()
    return float(np.mean(same))
