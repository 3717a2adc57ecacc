"""Splits of ratings into training and test. Row numbers are those of the table, in its order.

`surprise5` tests stars. The other two test lists. `leave-last-out` holds out each player's own last rating, so that a training
part has later ratings of other players: `count_leak` counts them. `global-time` cuts all players at one moment and has no such
leak: Ji et al., "A critical study on data leakage in recommender system offline evaluation", ACM TOIS 41(3), 2023; several
windows and successive targets as in Gusak et al., "Time to split", RecSys 2025.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.errors import RatingsRefused
from recommender.records.ratings import Ints, Ratings

SURPRISE5: Final = "surprise5"
LEAVE_LAST: Final = "leave-last-out"
GLOBAL_TIME: Final = "global-time"
PROTOCOLS: Final = (SURPRISE5, LEAVE_LAST, GLOBAL_TIME)
ALL: Final = "all"  # targets of `global-time`: all items that a player took until the next cut
SUCCESSIVE: Final = "successive"  # one after the other, each learnt before the next
TARGETS: Final = (ALL, SUCCESSIVE)
FOLDS: Final = 5
CUTS: Final = (0.5, 0.6, 0.7, 0.8, 0.9)  # shares of the ratings, in order of time
HOUR: Final = 3600.0
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Split:
    """One training part and its test ratings, both in the order of the ratings."""

    learned: Ratings
    judged: Ratings
    cut: float = 1.0  # share of all ratings before the test ratings; 1 for `leave-last-out`

    @property
    def players(self) -> Ints:
        """The tested players, (n,), ascending."""
        return np.unique(self.judged.player).astype(np.int32)

    @property
    def warm(self) -> NDArray[np.bool_]:
        """Which of `players` have a rating in the training part, (n,)."""
        return np.isin(self.players, self.learned.player)

    @property
    def unknown(self) -> float:
        """The share of test ratings whose item has no training rating: no model can suggest it, so each is a miss."""
        return float((~np.isin(self.judged.item, self.learned.item)).mean())


class Leak(NamedTuple):
    """How far leave-last-out violates the order of time, in one table."""

    later: float  # share of training ratings given after the test rating, mean over players
    tied: float  # share of test ratings that share their second with another of the same player
    one_hour: float  # share of players whose ratings are all within an hour


def surprise5(count: int) -> list[tuple[Rows, Rows]]:
    """Five folds (training rows, test rows) of `count` ratings: those of surprise.KFold(5, random_state=0).

    A shuffle by the legacy generator seeded with 0, cut in five; the first `count` % 5 parts have one row more.
    """
    if count < FOLDS:
        raise RatingsRefused(f"ratings: expected at least {FOLDS} for {FOLDS} folds, found {count}")
    order = np.arange(count)
    np.random.RandomState(0).shuffle(order)
    parts = np.array_split(order, FOLDS)
    return [
        (np.concatenate([other for place, other in enumerate(parts) if place != fold]), part)
        for fold, part in enumerate(parts)
    ]


def leave_last(ratings: Ratings) -> tuple[Rows, Rows]:
    """Training rows, and each player's newest row (of several at one time the last), in the order of players.

    A player with a single rating keeps it. RatingsRefused if no player has two.
    """
    order = np.lexsort((np.arange(len(ratings)), ratings.time, ratings.player))
    counts = np.bincount(ratings.player, minlength=ratings.shape[0])
    last = np.cumsum(counts)[counts > 1] - 1
    if not len(last):
        raise RatingsRefused("ratings: expected a player with at least two, found none")
    judged = order[last]
    return np.setdiff1d(np.arange(len(ratings)), judged), judged


def has_times(ratings: Ratings) -> bool:
    """Whether the table has times: not all ratings have the same time."""
    return len(ratings) > 0 and bool(np.ptp(ratings.time) > 0)


def by_entry(ratings: Ratings) -> Ratings:
    """The order of the ratings: by time, those of one second by row."""
    return ratings[np.argsort(ratings.time, kind="stable")]


def leave_last_part(ratings: Ratings) -> Split:
    """The split of leave-last-out."""
    rows, last = leave_last(ratings)
    return Split(by_entry(ratings[rows]), ratings[last])


def count_leak(ratings: Ratings) -> Leak:
    """Count the leak of leave-last-out in this table, which must have times."""
    rows, last = leave_last(ratings)
    learned, judged = np.sort(ratings.time[rows]), ratings[last]
    later = 1 - np.searchsorted(learned, judged.time, side="right") / len(learned)
    second = np.floor(ratings.time)
    own = np.stack((ratings.player, second), axis=1)
    _, which, sizes = np.unique(own, axis=0, return_inverse=True, return_counts=True)
    first, end = np.full(ratings.shape[0], np.inf), np.full(ratings.shape[0], -np.inf)
    np.minimum.at(first, ratings.player, ratings.time)
    np.maximum.at(end, ratings.player, ratings.time)
    known = np.isfinite(first)
    return Leak(
        float(later.mean()),
        float((sizes[which.reshape(-1)[last]] > 1).mean()),
        float((end[known] - first[known] <= HOUR).mean()),
    )


def time_windows(ratings: Ratings, cuts: Sequence[float] = CUTS) -> list[Split]:
    """One split for each cut: ratings before it are the training part, those until the next cut the test.

    Cuts are rising shares of the ratings in order of time. RatingsRefused if the table has no times, and for cuts that leave a
    side without ratings.
    """
    if not has_times(ratings):
        raise RatingsRefused(
            "ratings: expected timestamps that differ, for cuts in time, found none (surprise5 and leave-last-out need none)"
        )
    order = by_entry(ratings)
    ends = [round(cut * len(order)) for cut in (*cuts, 1.0)]
    if not cuts or ends[0] < 1 or any(end <= start for start, end in pairwise(ends)):
        raise RatingsRefused(
            f"cuts: expected rising shares between 0 and 1 with ratings between them, found "
            f"{', '.join(f'{cut:g}' for cut in cuts) or 'none'} of {len(order)} ratings"
        )
    return [Split(order[:start], order[start:end], cut) for cut, (start, end) in zip(cuts, pairwise(ends))]
