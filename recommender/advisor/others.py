"""The models of all other players' records, learnt once: stars of items, similar players, associated items, popularity.

    base(i)      stars of an average player at a fitting challenge: means of the ratings without the effects of challenge
                 (`recommender.advisor.challenge`), of each rater's generosity and, if content is known, of their taste; means
                 of few ratings are drawn towards the prediction from content
    pairs(i,j)   similarity of two items in the residuals of the ratings (`recommender.models.item_weights`)
    ease(i,j)    EASE on the weighted plays
    reference    the residuals of the most active players, for neighbours

The means are robust: a rating's weight is its player's, (n / (n + THIN))^2 with n ratings, times Huber's weight of its residual
(P. J. Huber, "Robust estimation of a location parameter", 1964), and all players of fewer than ESTABLISHED ratings together
have at most the weight of THIN_SHARE of the established ones plus one on an item. The weight of a simulated player is
`simulated_weight`.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.advisor.challenge import Challenge
from recommender.advisor.community import simulated_weight
from recommender.advisor.features import Features
from recommender.advisor.gathering import OthersRecords, RatingArrays
from recommender.advisor.ranker import RankWeights, fit_ease, learn_weights, popularity, prior_weights
from recommender.advisor.taste import Evidence, TasteModel
from recommender.models.factors import FactorModel
from recommender.models.item_weights import ItemWeights, Singles, residual_weights, round_to_step
from recommender.records.ratings import Floats, Ints

DAMPING: Final = 5.0  # prior weight of an average player or item, in ratings
MIDDLE: Final = 3.5  # stars before any rating
MIDDLE_DAMPING: Final = 3.0
SWEEPS: Final = 4
THIN: Final = 3.0
ESTABLISHED: Final = 5  # ratings
THIN_SHARE: Final = 0.5
FAR: Final = 1.5  # residual in stars from which a rating's weight falls
TASTED: Final = 1500  # most players whose tastes are removed from the means
FEW: Final = 3  # fewest real players whose mean is shown without simulated ones
REFERENCE: Final = 2000  # players, the most active
LEAST_REFERENCE: Final = 3  # ratings
STEP: Final = 2.0**-12  # stars: sums of these steps are exact


@dataclass(frozen=True)
class TermShares:
    """The weights of the models' terms in the stars; `recommender.advisor.fitting` chooses them."""

    items: float = 0.55
    players: float = 0.35
    factors: float = 0.0


@dataclass(frozen=True)
class ReferencePlayers:
    """Residuals of the most active players' ratings, (items, players): 0 only where there is no rating."""

    players: Ints
    left: Singles
    by_player: Singles  # the same transposed: a few players' values are contiguous in memory


@dataclass
class OthersModel:
    """The models learnt from all other players."""

    everyone: OthersRecords
    features: Features
    base: Floats
    counts: Floats  # weighted number of ratings of each item
    challenge: Challenge
    taste: TasteModel
    pairs: ItemWeights
    ease: ItemWeights
    reference: ReferencePlayers
    popular: Floats  # (RECENT, items)
    plays: Ints  # players who took each item
    rank: RankWeights
    shares: TermShares = field(default_factory=TermShares)
    factors: FactorModel | None = None

    def raters(self, item: int) -> RatingArrays:
        """Ratings of an item, in the order of entry."""
        order, ends = self.everyone.by_item
        if item + 1 >= len(ends):
            return self.everyone.given[order[:0]]
        return self.everyone.given[order[ends[item] : ends[item + 1]]]

    @cached_property
    def static(self) -> Floats:
        """Logits of popularity, (items,)."""
        return np.asarray(np.array(self.rank.popular) @ self.popular)

    @cached_property
    def little(self) -> NDArray[np.bool_]:
        """Items with few ratings, (items,)."""
        return np.asarray(self.rating_evidence.raters < FEW)

    @cached_property
    def described(self) -> NDArray[np.bool_]:
        """Which items have content, (items,)."""
        return np.asarray(self.features.present.any(axis=1))

    @cached_property
    def taker_counts(self) -> "TakerCounts":
        """How many players took each item."""
        everyone, size = self.everyone, len(self.base)
        taken = everyone.taken[everyone.taken.kept]
        each = np.bincount(taken.player, minlength=len(everyone.players))
        real = ~everyone.simulated[taken.player] if len(taken) else taken.kept
        thin = (each < ESTABLISHED)[taken.player] if len(taken) else real
        counts, every = (np.bincount(item, minlength=size) for item in (taken.item[real], taken.item))
        few, all_few = (
            np.bincount(item, minlength=size) for item in (taken.item[real & thin], taken.item[thin])
        )
        enough = counts >= FEW
        return TakerCounts(
            np.where(enough, counts, every),
            np.where(enough, 0, every - counts),
            np.where(enough, few, all_few),
        )

    @cached_property
    def rating_evidence(self) -> "RatingEvidence":
        """Summary of the ratings of each item."""
        everyone, size = self.everyone, len(self.base)
        given = everyone.given
        real = ~everyone.simulated[given.player] if len(given) else np.zeros(0, np.bool_)
        counts, every = (np.bincount(item, minlength=size) for item in (given.item[real], given.item))
        sums = np.bincount(given.item[real], given.stars[real], size)
        whole = np.bincount(given.item, given.stars, size)
        enough = counts >= FEW
        each = np.bincount(given.player, minlength=len(everyone.players))
        thin = (each < ESTABLISHED)[given.player] if len(given) else real
        few, all_few = (
            np.bincount(item, minlength=size) for item in (given.item[real & thin], given.item[thin])
        )
        return RatingEvidence(
            every,
            np.where(enough, counts, every),
            np.where(enough, sums / np.maximum(counts, 1), whole / np.maximum(every, 1)),
            np.where(enough, few, all_few),
            np.where(enough, 0, every - counts),
            (every > counts) & (self.simulated_weight * (every - counts) > counts),
        )

    @property
    def simulated_weight(self) -> float:
        """The weight of a simulated player."""
        return simulated_weight(self.everyone.counts[0])


class TakerCounts(NamedTuple):
    """How many took each item, (items,) each: only real players if they are FEW or more."""

    players: NDArray[np.int64]
    simulated: NDArray[np.int64]  # how many of them are simulated
    thin: NDArray[np.int64]  # how many of them took few other items


class RatingEvidence(NamedTuple):
    """Summary of the ratings of each item, (items,) each: only of real players if they are FEW or more."""

    raters: NDArray[np.int64]  # number of all raters
    players: NDArray[np.int64]  # number of raters in the mean
    stars: Floats  # their mean stars
    thin: NDArray[np.int64]  # how many of them rated few other items
    simulated: NDArray[np.int64]  # how many of them are simulated
    rests: NDArray[np.bool_]  # whether most of the item's evidence comes from simulated players, weighted


def learn_others(everyone: OthersRecords, features: Features, chance: Floats | None) -> OthersModel:
    """Learn from all other players. `chance` (n,) to finish, of the raters; None: no difficulty is known."""
    given, size = everyone.given, len(features.items)
    taste, challenge = TasteModel(features), Challenge()
    weight = rating_weights(everyone, size)
    liking = given.stars
    if chance is not None and len(given):
        base, _, _ = _means(given, liking, weight, taste, len(everyone.players))
        challenge.fit(given.player, liking - base[given.item], chance, weight)
        liking = liking + challenge.cost(chance)
    base, counts, generous = _means(given, liking, weight, taste, len(everyone.players))
    taste.learn_spread(given.player, given.item, liking - base[given.item], len(everyone.players))
    if features.names and len(everyone.players) <= TASTED and len(given):
        for _ in range(SWEEPS):
            likes = _tastes(given, liking - base[given.item], taste, len(everyone.players))
            base, counts, generous = _means(given, liking - likes, weight, taste, len(everyone.players))
    left = liking - base[given.item] - generous[given.player]
    real, had = ~everyone.simulated[everyone.taken.player], everyone.taken.item[everyone.taken.kept]
    order = given[~everyone.simulated[given.player]]
    many = float(
        simulated_weight(everyone.counts[0]) * everyone.simulated.sum() + (~everyone.simulated).sum()
    )
    rank = learn_weights(everyone.taken[real], order, len(everyone.players), size, prior_weights(many))
    return OthersModel(
        everyone,
        features,
        base,
        counts,
        challenge,
        taste,
        residual_weights(given.player, given.item, left, len(everyone.players), size),
        fit_ease(everyone.taken, len(everyone.players), size),
        _reference(given, left, everyone, size),
        popularity(had, size),
        np.bincount(had, minlength=size).astype(np.int32),
        rank,
    )


def rating_weights(everyone: OthersRecords, size: int) -> Floats:
    """The weight of each rating before Huber's, (n,)."""
    given = everyone.given
    each = np.bincount(given.player, minlength=len(everyone.players))
    player = (each / (each + THIN)) ** 2 * np.where(
        everyone.simulated, simulated_weight(everyone.counts[0]), 1.0
    )
    weight: Floats = player[given.player]
    thin = each[given.player] < ESTABLISHED
    if thin.any():
        firm = np.bincount(given.item, np.where(thin, 0.0, weight), size)
        loose = np.bincount(given.item, np.where(thin, weight, 0.0), size)
        most = np.minimum(1.0, (THIN_SHARE * firm + 1.0) / np.maximum(loose, 1e-9))
        weight = np.where(thin, weight * most[given.item], weight)
    return weight


def _means(
    given: RatingArrays, stars: Floats, weight: Floats, taste: TasteModel, players: int
) -> tuple[Floats, Floats, Floats]:
    """Each item's stars for an average player, weighted counts (items,), and each player's generosity (players,)."""
    size = len(taste.features.items)
    middle = (MIDDLE * MIDDLE_DAMPING + weight @ stars) / (MIDDLE_DAMPING + weight.sum())
    each = np.bincount(given.player, minlength=players)
    bias, generous = np.zeros(size), np.zeros(players)
    counts, robust = np.bincount(given.item, weight, size).astype(np.float64), weight
    for _ in range(SWEEPS):
        left = stars - middle - bias[given.item]
        generous = np.bincount(given.player, left, players) / (each + DAMPING)
        left = stars - middle - generous[given.player]
        robust = weight * np.minimum(1.0, FAR / np.maximum(np.abs(left - bias[given.item]), 1e-9))
        counts = np.bincount(given.item, robust, size).astype(np.float64)
        bias = np.bincount(given.item, robust * left, size) / (counts + DAMPING)
    plain = bias * (counts + DAMPING) / np.maximum(counts, 1e-9)  # not shrunk
    content = taste.item_biases(plain, counts)
    return middle + (counts * plain + DAMPING * content) / (counts + DAMPING), counts, generous


def _tastes(given: RatingArrays, left: Floats, taste: TasteModel, players: int) -> Floats:
    """The part of each rating due to its rater's taste for content, without their generosity, (n,)."""
    order = np.argsort(given.player, kind="stable")
    ends = np.cumsum(np.bincount(given.player, minlength=players))
    found = np.zeros(len(given))
    for rows in np.split(order, ends[:-1]):
        if len(rows) > 1:
            item = given.item[rows]
            own = taste.posterior(Evidence(item, left[rows], np.ones(len(rows))))
            found[rows] = taste.features.values[item] @ own.weights
    return found


def _reference(given: RatingArrays, left: Floats, everyone: OthersRecords, size: int) -> ReferencePlayers:
    """The players with the most ratings."""
    each = np.bincount(given.player, minlength=len(everyone.players))
    best = np.argsort(-each, kind="stable")[:REFERENCE]
    best = np.sort(best[each[best] >= LEAST_REFERENCE]).astype(np.int32, copy=False)
    place = np.full(len(everyone.players), -1, np.int32)
    place[best] = np.arange(len(best), dtype=np.int32)
    rows = place[given.player] >= 0 if len(given) else np.zeros(0, np.bool_)
    values = np.zeros((size, len(best)), np.float32)
    steps = round_to_step(left[rows], STEP)
    values[given.item[rows], place[given.player[rows]]] = np.where(steps == 0, STEP, steps)
    return ReferencePlayers(best.astype(np.int32), values, np.ascontiguousarray(values.T))
