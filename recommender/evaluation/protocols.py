"""Which ratings a model may see and which it is judged by. Row numbers are those of the table, in its order."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.errors import RatingsRefused
from recommender.records.ratings import Ratings

SURPRISE5: Final = "surprise5"
LEAVE_LAST: Final = "leave-last-out"
PROTOCOLS: Final = (SURPRISE5, LEAVE_LAST)
FOLDS: Final = 5
Rows = NDArray[np.intp]


def surprise5(count: int) -> list[tuple[Rows, Rows]]:
    """Five folds (rows to learn from, rows to judge by) of `count` ratings: those of surprise.KFold(5, random_state=0).

    A shuffle by the legacy generator seeded with 0, cut in five; the first `count` % 5 parts hold one row more.
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
    """Rows to learn from, and each player's newest row (of several at one time the last), in the order of players.

    A player with a single rating keeps it. RatingsRefused where no player has two.
    """
    order = np.lexsort((np.arange(len(ratings)), ratings.time, ratings.player))
    counts = np.bincount(ratings.player, minlength=ratings.shape[0])
    last = np.cumsum(counts)[counts > 1] - 1
    if not len(last):
        raise RatingsRefused("ratings: expected a player with at least two, found none")
    judged = order[last]
    return np.setdiff1d(np.arange(len(ratings)), judged), judged
