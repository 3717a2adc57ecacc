"""The figures: errors of stars, hits of suggestions, and the order of what a player rated."""

from typing import Final, NamedTuple

import numpy as np

from recommender.records.ratings import Floats, Ratings

TOP: Final = 10


class Hits(NamedTuple):
    """How suggestions of ten meet the item that each player took next."""

    hr10: float  # share of players whose item is among the ten
    ndcg10: float  # the same, worth 1 / log2(place + 1), place counted from 1
    coverage: float  # share of the catalogue that is suggested to somebody


def rmse(stars: Floats, truth: Floats) -> float:
    """Root mean squared error."""
    return float(np.sqrt(np.mean((stars - truth) ** 2)))


def mae(stars: Floats, truth: Floats) -> float:
    """Mean absolute error."""
    return float(np.mean(np.abs(stars - truth)))


def hits(scores: Floats, learned: Ratings, judged: Ratings) -> Hits:
    """Hits of `judged`, at most one rating of each player, by scores (players, items).

    Candidates are all items of `learned` that the player has no rating of there. An item that nobody had rated cannot
    be hit; equal scores share their places.
    """
    scores = np.array(scores, np.float64)
    scores[learned.player, learned.item] = -np.inf
    scores[:, np.bincount(learned.item, minlength=learned.shape[1]) == 0] = -np.inf
    rows = scores[judged.player]
    own = rows[np.arange(len(judged)), judged.item]
    higher = (rows > own[:, None]).sum(axis=1)
    equal = (rows == own[:, None]).sum(axis=1) - 1
    place = np.where(np.isfinite(own), higher + equal / 2, np.inf)
    hit = place < TOP
    gain = np.where(hit, 1 / np.log2(np.where(hit, place, 0) + 2), 0.0)
    best = np.argpartition(-rows, min(TOP, rows.shape[1]) - 1, axis=1)[:, :TOP]
    shown = np.unique(best[np.isfinite(np.take_along_axis(rows, best, axis=1))])
    return Hits(float(hit.mean()), float(gain.mean()), len(shown) / learned.shape[1])


def order_ndcg(scores: Floats, judged: Ratings) -> tuple[float, int]:
    """NDCG@10 (gain 2^stars - 1) of each player's own judged items in the order of `scores` (n,); mean and players.

    Players with fewer than two judged items say nothing of order and are left out.
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
        best = float((np.sort(gains)[::-1][:TOP] * discount).sum())
        if best > 0:
            own = gains[np.argsort(-scores[rows], kind="stable")][:TOP]
            values.append(float((own * discount).sum()) / best)
    return (float(np.mean(values)), len(values)) if values else (float("nan"), 0)
