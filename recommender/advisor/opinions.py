"""Expected stars of items for one player, as a sum of terms, each from a model; and which items belong together.

    stars(u,i) = base(i) + taste(u,i) + s_i items(u,i) + s_p players(u,i) + s_f (factors(u,i) - base(i) - taste(u,i)) + own(u,i)

    base     an average player's (`recommender.advisor.others`)
    taste    the player's generosity and taste for content (`recommender.advisor.taste`)
    items    sum_j W_ij e_uj / (sum_j W_ij + DAMPING) over the items j the player rated, e the residuals of those ratings
    players  sum_v w_uv e_vi / (sum_v w_uv + DAMPING) over the NEAREST reference players v who rated i,
             w = (max(s, 0) n / (n + SHRINKAGE)) ^ 1.5, s the cosine of both players' e over the n items both rated
    factors  Bayesian factors with the player folded in (`recommender.models.factors`)
    own      OWN_SHARE of the residual of the player's own stars for the same item

The slow sums over the player's items are kept from one rating to the next, and are exact (`recommender.advisor.running`); the
rest is small and is recomputed. So a program has the same results after a day as after a restart.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from recommender.advisor.others import OthersModel
from recommender.advisor.own import PlayerHistory
from recommender.advisor.ranker import z_scores
from recommender.advisor.running import RunningSums, round_to_steps
from recommender.advisor.taste import Evidence, Posterior
from recommender.records.ratings import STARS, Floats, Ints

ITEM_DAMPING: Final = 0.05
PLAYER_DAMPING: Final = 0.1
SHRINKAGE: Final = 100.0
SMALL: Final = 512  # items
NEAREST: Final = 48  # reference players that are used
BIAS_DAMPING: Final = 5.0  # prior weight of an average player, in ratings
OWN_SHARE: Final = 0.5
LIKED: Final = 4.0  # stars from which someone "liked" an item
MODELS: Final = ("neighbours", "factors", "together", "content", "biases", "popularity")


@dataclass(frozen=True)
class StarTerms:
    """Parts of the stars of some items, each (n,); their sum is `stars` before clipping to the scale."""

    base: Floats
    taste: Floats
    items: Floats
    players: Floats
    factors: Floats
    own: Floats

    @cached_property
    def whole(self) -> Floats:
        """The sum."""
        return self.base + self.taste + self.items + self.players + self.factors + self.own

    @cached_property
    def stars(self) -> Floats:
        """Expected stars, within the scale."""
        return np.asarray(np.clip(self.whole, *STARS))


class StarPredictor:
    """Expected stars for one player, valid until a record of that player changes."""

    def __init__(
        self, running: RunningSums, others: OthersModel, own: PlayerHistory, chance: Floats | None
    ) -> None:
        """`chance` (items,) to finish each item; None: no difficulty is known. `running` is updated."""
        mine, hints = own.mine, own.hints()
        self.others, self.taken = others, own.taken()  # items and their weights
        self.items, self.given = own.rated
        cost = 0.0 if chance is None else others.challenge.cost(chance[self.items])
        self.liking: Floats = self.given + cost
        left = round_to_steps(self.liking - others.base[self.items])
        more = {number: hint for number, hint in hints.items() if number not in mine.ratings and hint[1] > 0}
        self.evidence = Evidence(self.items, left, np.ones(len(left)))
        if more:
            stars, sure = np.array(list(more.values()), np.float64).T
            self.evidence = Evidence(
                np.concatenate([self.items, np.array(list(more), np.int32)]),
                np.concatenate([left, stars]),
                np.concatenate([np.ones(len(left)), sure]),
            )
        self.rated = len(self.items)
        centre = float(left.sum()) / (self.rated + BIAS_DAMPING)
        self.rest: Floats = left - centre  # e of the formulas
        running.match(self.taken, (self.items, left))
        self._centre, self._near = centre, running.near.copy()
        self.together = z_scores(
            running.together
        )  # association with the taken items, in standard deviations, (items,)
        self.alike, self.nearest = self._neighbours(running, centre)
        self._factors = running.folded() if self.rated else None
        self._models: dict[tuple[bool, bool, bool], tuple[str, ...]] = {}

    def _neighbours(self, running: RunningSums, centre: float) -> tuple[Floats, Ints]:
        """w of the formula, (reference players,), and the NEAREST of them."""
        similarity, shared = running.similarity(centre)
        alike: Floats = np.maximum(similarity, 0.0) * shared / (shared + SHRINKAGE)
        alike *= np.sqrt(alike)
        if len(alike) <= NEAREST:
            return alike, np.arange(len(alike), dtype=np.int32)
        best = np.argpartition(alike, len(alike) - NEAREST)[len(alike) - NEAREST :]
        return alike, np.sort(best).astype(np.int32)

    @cached_property
    def posterior(self) -> Posterior:
        """The taste for content."""
        return self.others.taste.posterior(self.evidence)

    @cached_property
    def content(self) -> Floats:
        """Base and taste of every item, (items,)."""
        return self.others.base + self.posterior.stars(self.others.features.values)

    def spread(self, numbers: Ints) -> Floats:
        """Standard deviation of the liking of items, (n,)."""
        if len(self.others.base) > SMALL:
            return self.posterior.spread(numbers)
        return np.asarray(self._spread[numbers])

    @cached_property
    def _spread(self) -> Floats:
        """The same for every item of a small catalogue, (items,): one by one, each would need solving a system."""
        return self.posterior.spread(np.arange(len(self.others.base), dtype=np.int32))

    def models(self, number: int) -> tuple[str, ...]:
        """The models used for an item, in the order of MODELS."""
        others = self.others
        what = bool(others.counts[number] > 0), bool(others.plays[number]), bool(others.described[number])
        found = self._models.get(what)
        if found is None:
            found = self._models[what] = self._answering(*what)
        return found

    def _answering(self, known: bool, taken: bool, described: bool) -> tuple[str, ...]:
        others = self.others
        answers = {
            "neighbours": self.rated > 0 and known,
            "factors": self._factors is not None and others.shares.factors > 0,
            "together": len(self.taken[0]) > 0 and taken and others.rank.together > 0,
            "content": described and (len(self.evidence) > 0 or not known),
            "biases": known,
            "popularity": bool(len(others.everyone.taken)) and not len(self.evidence),
        }
        return tuple(name for name in MODELS if answers[name])

    def near(self, asked: Ints) -> Floats:
        """`items` of some items, (n,)."""
        value, weight = self._near[:, asked]
        return np.asarray((value - self._centre * weight) / (weight + ITEM_DAMPING))

    def neighbours(self, asked: Ints) -> Floats:
        """`players` of some items, (n,)."""
        reference, nearest = self.others.reference, self.nearest
        alike = self.alike[nearest].astype(np.float32)
        left = reference.by_player[nearest[:, None], asked]
        top, bottom = alike @ left, alike @ (left != 0).astype(np.float32)
        return np.asarray(top / (bottom + PLAYER_DAMPING), np.float64)

    def terms(self, asked: Ints) -> StarTerms:
        """Parts of the stars of some items."""
        others, shares = self.others, self.others.shares
        base, content = others.base[asked], self.content[asked]
        zero = np.zeros(len(base))
        items = players = factors = own = zero
        if self.rated:
            items, players = shares.items * self.near(asked), shares.players * self.neighbours(asked)
            if self._factors is not None and others.factors is not None:
                factors = shares.factors * (others.factors.expect(self._factors, asked) - content)
        if len(self.evidence):
            place = np.full(len(others.base), -1, np.int64)
            place[self.evidence.items] = np.arange(len(self.evidence))
            row = place[asked]
            there = row >= 0
            if there.any():
                row, own = row[there], zero.copy()
                whole = (content + items + players + factors)[there]
                missing = others.base[self.evidence.items[row]] + self.evidence.left[row] - whole
                own[there] = OWN_SHARE * self.evidence.confidence[row] * missing
        return StarTerms(base, content - base, items, players, factors, own)
