"""Models that suggest lists, on one training part: candidates, histories of players, and scores of every item.

A candidate is an item that has ratings in the training part but not by this player. A ranker can also learn one more rating of
a player (`learn`) without being refitted, which `lists_in_turn` needs.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Final, Protocol

import numpy as np

from recommender.evaluation.metrics import LONG, TOP, Lists, top_items
from recommender.models.ranking import Ease, fading_weights
from recommender.records.ratings import Floats, Ints, Ratings

CHUNK: Final = 256  # players whose scores are in memory at the same time


class ItemHistories:
    """The items of each player, oldest first, and which items are candidates."""

    def __init__(self, learned: Ratings) -> None:
        """`learned` in the order of the ratings."""
        self.count = np.bincount(learned.item, minlength=learned.shape[1]).astype(np.float64)
        self.candidates = self.count > 0
        order = np.argsort(learned.player, kind="stable")
        ends = np.cumsum(np.bincount(learned.player, minlength=learned.shape[0]))[:-1]
        self._items = np.split(learned.item[order], ends)

    def of(self, player: int) -> Ints:
        """The items of a player, oldest first, (k,)."""
        return np.asarray(self._items[player])

    def add(self, player: int, item: int) -> None:
        """Add an item to a player's history."""
        self._items[player] = np.append(self._items[player], np.int32(item))

    def offer(self, scores: Floats, players: Ints, count: int = LONG) -> Ints:
        """The best candidates by scores (n, items) of players (n,), which are overwritten: (n, count)."""
        scores[:, ~self.candidates] = -np.inf
        for row, player in zip(scores, players):
            row[self._items[player]] = -np.inf
        return np.stack([top_items(row, count, int(player)) for row, player in zip(scores, players)])


class Ranker(Protocol):
    """Suggests lists to players and learns one rating at a time."""

    chosen: dict[str, Any]  # settings that were chosen inside the training part

    def lists(self, players: Ints) -> Lists:
        """Lists of players (n,), from all that was learned so far."""
        ...

    def learn(self, player: int, item: int, stars: float) -> None:
        """Learn a player's rating of an item."""
        ...


class _Scored(ABC):
    """Lists from scores."""

    def __init__(self, learned: Ratings, chosen: dict[str, Any] | None = None) -> None:
        self.had, self.chosen = ItemHistories(learned), chosen or {}

    @abstractmethod
    def scores(self, players: Ints) -> Floats:
        """Scores of every item, (n, items): a new array."""

    def lists(self, players: Ints) -> Lists:
        """Lists of players (n,)."""
        return lists_of(self.had, players, self.scores)


class PopularityRanker(_Scored):
    """The items with the most ratings; a new rating counts immediately."""

    def scores(self, players: Ints) -> Floats:
        """Counts, the same for all players."""
        return np.tile(self.had.count, (len(players), 1))

    def learn(self, player: int, item: int, stars: float) -> None:
        """Count one more rating of the item, if it is a candidate."""
        self.had.add(player, item)
        self.had.count[item] += self.had.candidates[item]


class EaseRanker(_Scored):
    """EASE; a player without a history gets popular items."""

    def __init__(self, learned: Ratings, model: Ease, chosen: dict[str, Any] | None = None) -> None:
        super().__init__(learned, chosen)
        self.model = model
        self._decay = 0.5 ** (1 / model.settings.memory)
        self._sums: dict[int, Floats] = {}  # scores of players that were requested one by one

    def scores(self, players: Ints) -> Floats:
        """h' B of each player, (n, items)."""
        memory = self.model.settings.memory
        if len(players) > 1:
            return ease_scores(self.model, self.had, players, memory)
        player = int(players[0])
        own = self.had.of(player)
        if not len(own):
            return self.had.count[None].copy()
        if player not in self._sums:
            self._sums[player] = fading_weights(len(own), memory) @ self.model.weights[own]
        return self._sums[player][None].copy()

    def learn(self, player: int, item: int, stars: float) -> None:
        """The newest item of the history; the weights stay."""
        self.had.add(player, item)
        if player in self._sums:
            self._sums[player] = self._decay * self._sums[player] + self.model.weights[item]


def ease_scores(model: Ease, had: ItemHistories, players: Ints, memory: float) -> Floats:
    """Scores (n, items) of players (n,), with weights of the history that halve every `memory` places."""
    history = np.zeros((len(players), len(had.count)))
    for row, player in zip(history, players):
        own = had.of(int(player))
        row[own] = fading_weights(len(own), memory)
    found = history @ model.weights
    for row, player in zip(found, players):
        if not len(had.of(int(player))):
            row[:] = had.count
    return np.asarray(found)


def lists_of(had: ItemHistories, players: Ints, scores: Callable[[Ints], Floats]) -> Lists:
    """Lists of players (n,), with scores computed for some of them at a time."""
    parts = [
        had.offer(scores(players[start : start + CHUNK]), players[start : start + CHUNK])
        for start in range(0, len(players), CHUNK)
    ]
    twenty = np.concatenate(parts) if parts else np.zeros((0, LONG), np.int32)
    return Lists(twenty[:, :TOP], twenty)


def player_z_scores(scores: Floats) -> Floats:
    """Scores (n, items) with mean 0 and deviation 1 within each player; equal ones stay 0."""
    spread = scores.std(axis=1, keepdims=True)
    return np.asarray((scores - scores.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0))
