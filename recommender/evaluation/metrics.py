"""The metrics of accuracy: errors of stars, suggestions that were taken later, and the order of a player's rated items.

Suggestions are lists of item numbers, best first: the first ten count, twenty for recall and MRR. Every item that a player has
not had is a candidate: there is no ranking among a sample, which would reorder models (Krichene & Rendle, "On sampled metrics
for item recommendation", KDD 2020). Other metrics are in `recommender.evaluation.beyond`.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.records.ratings import Floats, Ints, Ratings

TOP: Final = 10
LONG: Final = 20
TIES: Final = 7  # seed of the order of items with equal scores
NONE: Final = -1  # no item at this place of a list


class Lists(NamedTuple):
    """Suggestions for n players, item numbers, best first; NONE if a list is shorter."""

    ten: Ints  # (n, TOP)
    twenty: Ints  # (n, LONG); for a model of scores it starts with the ten


class Hits(NamedTuple):
    """Hits of the lists of n players among the items they took later, each (n,)."""

    hr10: Floats  # 1 if one of the ten was taken
    ndcg10: Floats
    recall20: Floats  # share of the taken items that are among the twenty
    mrr20: Floats  # 1 / the first place, from 1, of a taken item among the twenty; 0 without one


def rmse(stars: Floats, truth: Floats) -> float:
    """Root mean squared error."""
    return float(np.sqrt(np.mean((stars - truth) ** 2)))


def mae(stars: Floats, truth: Floats) -> float:
    """Mean absolute error."""
    return float(np.mean(np.abs(stars - truth)))


def top_items(scores: Floats, count: int, player: int) -> Ints:
    """The `count` items of the highest scores (items,), best first; -inf is never suggested; padded with NONE.

    Equal scores are in a random order for this player: no model gains by the numbering of items.
    """
    able = np.flatnonzero(scores > -np.inf)
    if len(able) > count:
        able = np.flatnonzero(scores >= np.partition(scores, -count)[-count])
    drawn = np.random.default_rng((TIES, player)).random(len(able))
    found = able[np.lexsort((drawn, -scores[able]))[:count]]
    return np.concatenate((found, np.full(count - len(found), NONE))).astype(np.int32)


def hits(lists: Lists, players: Ints, judged: Ratings) -> Hits:
    """Hits of the lists of `players` (n,), each with a rating in `judged`.

    NDCG@10 has gain 1 for each item taken, discount 1 / log2(place + 1), and is relative to the best possible list:
    Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20(4), 2002. Recall: Cremonesi
    et al., "Performance of recommender algorithms on top-N recommendation tasks", RecSys 2010. MRR: Voorhees, "The TREC-8
    question answering track report", 1999.
    """
    width = judged.shape[1]
    taken = np.unique(judged.player.astype(np.int64) * width + judged.item)
    sizes = np.bincount((taken // width).astype(np.int64), minlength=judged.shape[0])[players]

    def met(items: Ints) -> NDArray[np.bool_]:
        keys = players.astype(np.int64)[:, None] * width + items
        return np.asarray(np.isin(keys, taken) & (items != NONE))

    return _figures(met(lists.ten), met(lists.twenty), sizes)


def target_hits(lists: Lists, items: Ints) -> Hits:
    """Hits of lists (n, ...) each of which has one target, `items` (n,): recall is then the hit among twenty."""
    return _figures(
        lists.ten == items[:, None], lists.twenty == items[:, None], np.ones(len(items), np.int64)
    )


def _figures(ten: NDArray[np.bool_], twenty: NDArray[np.bool_], sizes: NDArray[np.int64]) -> Hits:
    """Metrics from hits (n, 10) and (n, 20), and the numbers of possible hits, (n,)."""
    discount = 1 / np.log2(np.arange(ten.shape[1]) + 2)
    ideal = np.concatenate(([np.inf], np.cumsum(discount)))[np.minimum(sizes, ten.shape[1])]
    first = np.where(twenty.any(axis=1), 1 / (twenty.argmax(axis=1) + 1), 0.0)
    return Hits(
        np.asarray(ten.any(axis=1), np.float64),
        np.asarray(ten @ discount / ideal),
        twenty.sum(axis=1) / np.maximum(sizes, 1),
        first,
    )


def order_ndcg(scores: Floats, judged: Ratings) -> tuple[float, int]:
    """NDCG@10 (gain 2^stars - 1) of each player's own judged items in the order of `scores` (n,); mean and players.

    Players with fewer than two judged items have no order and are left out.
    """
    order = np.argsort(judged.player, kind="stable")
    cuts = np.flatnonzero(np.diff(judged.player[order])) + 1
    values = []
    for rows in np.split(order, cuts):
        stars = judged.stars[rows]
        if len(rows) < 2:
            continue
        discount = 1 / np.log2(np.arange(min(TOP, len(rows))) + 2)
        gains = 2.0**stars - 1
        ideal = float((np.sort(gains)[::-1][:TOP] * discount).sum())
        if ideal > 0:
            own = gains[np.argsort(-scores[rows], kind="stable")][:TOP]
            values.append(float((own * discount).sum()) / ideal)
    return (float(np.mean(values)), len(values)) if values else (float("nan"), 0)
