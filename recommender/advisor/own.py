"""One player's own records as the advisor uses them: ratings, plays, attempts and dismissals, in the order of entry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.advisor.feedback import Preference, preferences
from recommender.advisor.gathering import (
    ATTEMPTED,
    PLAY_WEIGHTS,
    PlayerRecords,
    interaction_weight,
    play_hints,
)
from recommender.records.kinds import Attempt
from recommender.records.ratings import STARS, Floats, Ints

DISMISSED: Final = (-1.5, 0.3)  # stars implied by "not for me", with this confidence; a rating's is 1
HINT: Final = 0.5  # share of the confidence that `recommender.advisor.feedback` gives to attempts
COMPARED: Final = 300  # newest attempts at an item with which a player's own are compared
Hints = Mapping[int, tuple[float, float]]  # item number -> stars above an average player's, confidence 0..1


@dataclass
class PlayerHistory:
    """The records of one player, and values computed from them."""

    number: Mapping[str, int]  # number of each listed item
    dismissed: set[str]
    mine: PlayerRecords = field(default_factory=PlayerRecords)
    finished: int = 0
    defeats: int = 0  # defeats in a row; leaving is neither a win nor a defeat
    failures: dict[str, int] = field(default_factory=dict)  # failures since the last success, by item
    tries: dict[str, list[Attempt]] = field(default_factory=dict)  # preferences by listed item
    likes: dict[str, Preference] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rated: tuple[Ints, Floats] | None = None

    @property
    def rated(self) -> tuple[Ints, Floats]:
        """Rated items and their stars, (n,) each, in the order of entry."""
        if self._rated is None:
            rows = self.mine.ratings
            self._rated = (
                np.fromiter(rows, np.int32, len(rows)),
                np.fromiter(rows.values(), np.float64, len(rows)),
            )
        return self._rated

    def rate(self, item: int, stars: float) -> None:
        """Record stars for an item, as the newest rating."""
        self.mine.ratings.pop(item, None)
        self.mine.ratings[item] = stars
        self._rated = None

    def attempt(self, attempt: Attempt, everyones: Sequence[Attempt]) -> None:
        """Record an attempt; `everyones` are the others' attempts at that item, possibly with earlier ones of this player."""
        self.mine.attempts.append(attempt)
        if attempt.outcome != "quit":
            won = attempt.outcome == "finished"
            self.finished += won
            self.defeats = 0 if won else self.defeats + 1
            self.failures[attempt.item] = 0 if won else self.failures.get(attempt.item, 0) + 1
        if attempt.item in self.number:
            own = self.tries.setdefault(attempt.item, [])
            own.append(attempt)
            tries = [*(one for one in everyones[-COMPARED:] if one.player != attempt.player), *own]
            likes = [like for like in preferences(tries[-COMPARED:]) if like.player == attempt.player]
            self.likes[attempt.item] = likes[0]

    def hints(self) -> dict[int, tuple[float, float]]:
        """Weak evidence besides ratings: item number -> stars above an average player's, confidence."""
        hints = play_hints(self.mine.plays, self.number)
        for name, like in self.likes.items():
            hints[self.number[name]] = like.stars - sum(STARS) / 2, HINT * like.confidence
        for name in sorted(self.dismissed):  # in a fixed order, as sums of floats depend on it
            if name in self.number:
                hints[self.number[name]] = DISMISSED
        return hints

    def taken(self) -> tuple[Ints, Floats]:
        """Items taken, and their weights: by stars if rated, otherwise by plays, otherwise by attempts."""
        items, stars = self.rated
        weights, rated = interaction_weight(stars), self.mine.ratings
        more: dict[int, float] = {}
        for play in self.mine.plays:
            item = self.number.get(play.item)
            if item is not None and item not in rated:
                more[item] = max(more.get(item, -1.0), PLAY_WEIGHTS[play.event])
        for attempt in self.mine.attempts:
            item = self.number.get(attempt.item)
            if item is not None and item not in rated:
                more[item] = max(more.get(item, ATTEMPTED), ATTEMPTED)
        if not more:
            return items, weights
        return np.append(items, np.array(list(more), np.int32)), np.append(weights, list(more.values()))

    def tried(self) -> frozenset[str]:
        """Names of items attempted or played."""
        names = {one.item for one in self.mine.attempts}
        return frozenset(names.union(one.item for one in self.mine.plays))

    def had(self) -> list[Ints]:
        """Item numbers of attempts, of plays, and of ratings of items neither tried nor played; -1 for unlisted items."""
        tried = np.array([self.number.get(one.item, -1) for one in self.mine.attempts], np.int32)
        played = np.array([self.number.get(one.item, -1) for one in self.mine.plays], np.int32)
        rated, _ = self.rated
        if len(tried) or len(played):
            rated = rated[~np.isin(rated, np.concatenate([tried, played]))]
        return [tried, played, rated]

    def enjoyed(self) -> list[Ints]:
        """The same, with -1 for attempts that were not finished."""
        tried, played, rated = self.had()
        finished = np.array([one.outcome == "finished" for one in self.mine.attempts], np.bool_)
        return [np.where(finished, tried, -1), played, rated]

    def lately(self, last: int) -> frozenset[int]:
        """Numbers of the last items the player had, `last` of each kind, finished or not."""
        return frozenset(number for had in self.had() for number in had[-last:].tolist() if last > 0)

    def resting(self, rest: int, *, repeating: bool) -> NDArray[np.bool_]:
        """Which items rest, (items,): the last `rest` of each kind; if items are not repeated, all items the player had."""
        resting = np.zeros(len(self.number) + 1, np.bool_)  # the last place is for unlisted items
        for had in self.had():
            if repeating:
                last = dict.fromkeys(number for number in had[::-1].tolist() if number >= 0)
                resting[list(last)[:rest]] = True
            else:
                resting[had] = True
        if not repeating:
            resting[self.rated[0]] = True
        return resting[:-1]
