"""The second stage: one score for every candidate, a sum of terms whose weights are learnt from past choices.

    score(u,i) = utility * stars(u,i) - STAR * (challenge(u,i) + repeats(u,i))
               + together * z(ease(u,i)) + sum over k of popular_k * z(log(plays_k(i) + LEAST))

`challenge` and `repeats` are the stars lost by an item outside the flow zone, and by one that the player had before. `ease` is
the association of i with the items that u took (`recommender.models.item_weights`); plays_k counts all players' plays with a
weight that halves every `RECENT[k]` share of all entries, so it shows current popularity; z standardises over the catalogue.
Scores are logits: the chance that u takes i next is their softmax over the candidates (a conditional logit: D. McFadden,
"Conditional logit analysis of qualitative choice behavior", 1974; as a ranking loss: Cao et al., "Learning to rank: from
pairwise approach to listwise approach", ICML 2007). The weights maximise its likelihood on the newest choices of players who
had chosen before, with models fitted to the entries before those choices; a Gaussian prior draws them to `prior_weights`, which
is used alone if fewer than FEWEST players show choices. `utility` stays above LEAST_UTILITY: players who take popular items
still prefer good ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.advisor.gathering import Interactions, RatingArrays
from recommender.models.item_weights import ItemWeights, ease_weights, gram, most_taken, stable_order
from recommender.records.ratings import Floats, Ints

RECENT: Final = (1 / 64, 1 / 32, 1 / 16, 1 / 4, np.inf)  # half-lives, in shares of all entries
LEAST: Final = 0.1  # plays
PENALTY: Final = 300.0  # EASE's ridge, in players' plays
ADDED: Final = 4  # prior weight of an average item, in ratings
CUTS: Final = (
    0.8,
    0.9,
)  # shares of the entries that the models of a learning round are fitted to; the next tenth is predicted
JUDGED: Final = 0.1
FEWEST: Final = 25  # players
MOST: Final = 200  # players predicted in a round
EVENTS: Final = 10.0  # most weight of a player's choices, in choices
BELIEF: Final = 20.0  # prior weight, in choices and squared units of the terms
PIECES: Final = 256
ENTRIES: Final = 100_000  # newest entries from which weights are learnt
NEWTON: Final = 30  # most steps
HALVINGS: Final = 20  # halvings of a step that makes it worse
LEAST_UTILITY: Final = 0.1
LOWEST: Final = np.array([LEAST_UTILITY, 0.0])  # lower bounds of `utility` and of `together`
STAR: Final = 2.0  # logits of a star before anything is learnt: half a star is e times as likely


Groups = list[tuple[Floats, NDArray[np.intp], float]]  # choices: terms of the candidates, rows taken, weight


@dataclass(frozen=True)
class RankWeights:
    """Logits of a star, of a standard deviation of EASE, and of one of each popularity (`RECENT`)."""

    utility: float = STAR
    together: float = 0.0
    popular: tuple[float, ...] = field(default=(0.0,) * len(RECENT))
    choices: int = 0  # choices they were learnt from; 0: the prior

    def array(self) -> Floats:
        """The weights in the order of the terms, (2 + RECENT,)."""
        return np.array([self.utility, self.together, *self.popular])

    @classmethod
    def of(cls, values: Floats, choices: int = 0) -> "RankWeights":
        """The inverse of `array`."""
        utility, together, *popular = map(float, values)
        return cls(utility, together, tuple(popular), choices)


def prior_weights(players: float) -> RankWeights:
    """Weights before any choices: with more players, their histories have more weight relative to the stars."""
    known = players / (players + TOGETHER_HALF)
    return RankWeights(STAR, TOGETHER * known, (*(0.0,) * (len(RECENT) - 1), POPULAR * known))


TOGETHER: Final = 1.0
TOGETHER_HALF: Final = 400.0  # players
POPULAR: Final = 0.3


def z_scores(values: Floats) -> Floats:
    """Values minus their mean, divided by their standard deviation."""
    if not len(values):
        return values
    above: Floats = values - values.sum() / len(values)
    spread = float(np.sqrt(above @ above / len(values)))
    return above / spread if spread > 1e-9 else np.zeros(len(values))


def popularity(item: Ints, size: int) -> Floats:
    """z(log(plays + LEAST)) of every item by each half-life of RECENT, (RECENT, items); rows in the order of entry, (n,).

    The weight falls in PIECES steps.
    """
    count = len(item)
    piece = np.arange(count) * PIECES // max(count, 1)
    plays = np.bincount(piece * size + item, minlength=PIECES * size).reshape(PIECES, size)
    age = np.arange(PIECES)[::-1] / PIECES
    weights = np.array([0.5 ** (age / share) if np.isfinite(share) else np.ones(PIECES) for share in RECENT])
    return np.array([z_scores(np.log(row + LEAST)) for row in weights @ plays])


def item_quality(given: RatingArrays, size: int) -> Floats:
    """Damped means of stars minus the overall mean, (items,)."""
    if not len(given):
        return np.zeros(size)
    above = given.stars - given.stars.mean()
    counts = np.bincount(given.item, minlength=size)
    return np.asarray(np.bincount(given.item, above, size) / (counts + ADDED))


def fit_ease(taken: Interactions, players: int, size: int) -> ItemWeights:
    """EASE on weighted plays."""
    kept = most_taken(taken.item, size)
    return ease_weights(
        gram(taken.player, taken.item, taken.weight, players, kept, size), PENALTY, kept, size
    )


def learn_weights(
    taken: Interactions, given: RatingArrays, players: int, size: int, start: RankWeights
) -> RankWeights:
    """Weights from choices: rows of real players in the order of entry, (n,) each."""
    groups: Groups = []
    taken, given = taken[-ENTRIES:], given[np.arange(max(0, len(given) - ENTRIES), len(given))]
    for cut in CUTS:
        groups += _choices(taken, given, players, size, cut)
    if len(groups) < FEWEST:
        return start
    centre = start.array()
    found = _newton(groups, centre)
    return RankWeights.of(found, int(sum(len(rows) for _, rows, _ in groups)))


def _choices(taken: Interactions, given: RatingArrays, players: int, size: int, cut: float) -> Groups:
    """Terms of a player's candidates (n, k), the rows that were taken, and the weight of each, by players."""
    count = len(taken)
    before, after = taken[: int(cut * count)], taken[int(cut * count) : int((cut + JUDGED) * count)]
    after = after[after.kept]
    seen, new = (np.bincount(part.player, minlength=players) > 0 for part in (before, after))
    later = np.flatnonzero(seen & new)
    later = later[:: -(-len(later) // MOST) or 1]
    if not len(later):
        return []
    ease, static = fit_ease(before, players, size), popularity(before.item[before.kept], size)
    stars = item_quality(given[np.arange(int(cut * len(given)))], size)
    known = np.bincount(before.item, minlength=size) > 0
    groups = []
    past, future = _by_player(before.player, players), _by_player(after.player, players)
    for player in later:
        rows = past(int(player))
        own = before.item[rows]
        open_ = known.copy()
        open_[own] = False
        candidates = np.flatnonzero(open_)
        target = after.item[future(int(player))]
        target = target[open_[target]]
        if not len(target):
            continue
        together = z_scores(ease.sums(own, before.weight[rows]))
        terms = np.vstack([stars, together, static])[:, candidates].T
        groups.append((terms, np.searchsorted(candidates, target), min(len(target), EVENTS) / len(target)))
    return groups


def _by_player(player: Ints, players: int) -> Callable[[int], NDArray[np.intp]]:
    order = stable_order(player, players)
    ends = np.concatenate([[0], np.cumsum(np.bincount(player, minlength=players))])
    return lambda who: order[ends[who] : ends[who + 1]]


def _newton(groups: Groups, centre: Floats) -> Floats:
    """The posterior mode with the utility at LEAST_UTILITY or above, by Newton's method with step halving."""
    found = centre.copy()
    found[:2] = np.maximum(found[:2], LOWEST)
    value, down, bend = _posterior(groups, centre, found)
    for _ in range(NEWTON):
        free = np.ones(len(found), np.bool_)
        free[:2] = (found[:2] > LOWEST) | (down[:2] > 0)  # otherwise they stay unchanged
        step = np.zeros(len(found))
        step[free] = np.linalg.solve(bend[np.ix_(free, free)], down[free])
        for _ in range(HALVINGS):
            tried = found + step
            tried[:2] = np.maximum(tried[:2], LOWEST)
            reached = _posterior(groups, centre, tried)
            if reached[0] >= value:
                break
            step = step / 2
        else:
            break
        moved = float(np.abs(tried - found).max())
        found, (value, down, bend) = tried, reached
        if moved < 1e-6:
            break
    return found


def _posterior(groups: Groups, centre: Floats, found: Floats) -> tuple[float, Floats, Floats]:
    """The logarithm of the posterior, its gradient, and its negative curvature."""
    away = found - centre
    value, down, bend = -BELIEF / 2 * float(away @ away), -BELIEF * away, BELIEF * np.eye(len(found))
    for terms, rows, weight in groups:
        scores = terms @ found
        scores -= scores.max()
        chance = np.exp(scores)
        whole = float(chance.sum())
        chance /= whole
        mean = chance @ terms
        many = weight * len(rows)
        value += weight * float(scores[rows].sum()) - many * float(np.log(whole))
        down += weight * terms[rows].sum(0) - many * mean
        bend += many * ((terms * chance[:, None]).T @ terms - np.outer(mean, mean))
    return value, down, bend
