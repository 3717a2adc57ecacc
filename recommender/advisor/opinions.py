"""What the models together expect a player to give: stars for every item, and who answered for which.

Everyone else's ratings, cleared of challenge (`recommender.advisor.challenge`), give each item's stars for an average
player; where they are few, content says the rest. On this base stands the player's own taste. What the other players
say changes only in `learn_others`; the player's own ratings count at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.advisor.challenge import Challenge
from recommender.advisor.community import trust
from recommender.advisor.features import Features
from recommender.advisor.taste import Evidence, TasteModel
from recommender.models.factors import FactorModel
from recommender.models.online import OnlineModel
from recommender.models.ranking import Ease
from recommender.records.kinds import SIMULATED, Rating
from recommender.records.ratings import STARS, Floats, Ints, Ratings

DAMPING: Final = 5.0  # ratings' worth of belief that a player or an item is average
MIDDLE: Final = 3.5  # stars before any rating
MIDDLE_DAMPING: Final = 3.0
SWEEPS: Final = 4
NEIGHBOUR_SHARE: Final = 0.5  # of what neighbours add, beside the player's own taste for content
LIKED: Final = 4.0  # stars from which someone "liked" an item
OWN_SHARE: Final = 0.5  # of what content leaves of the player's own stars, counted for that very item
MODELS: Final = ("neighbours", "factors", "content", "biases", "popularity")
Hints = Mapping[int, tuple[float, float]]  # item number -> stars above an average player's, confidence 0..1


@dataclass
class Expected:
    """For one player, each (items,): stars, their standard deviation, and which models answered."""

    stars: Floats  # at a challenge that fits
    spread: Floats
    counts: Floats  # ratings of each item by others, simulated ones by their weight
    evidence: Evidence  # what the player's own taste rests on
    answered: dict[str, NDArray[np.bool_]] = field(default_factory=dict)

    def models(self, number: int) -> tuple[str, ...]:
        """Who answered for an item, in the order of MODELS."""
        return tuple(name for name in MODELS if name in self.answered and self.answered[name][number])


@dataclass(frozen=True)
class Raters:
    """Other players' ratings of one item: their inner numbers, ascending, stars, and who is simulated; each (n,)."""

    player: Ints
    stars: Floats
    simulated: NDArray[np.bool_]

    def __getitem__(self, rows: Any) -> "Raters":
        return Raters(self.player[rows], self.stars[rows], self.simulated[rows])

    def __len__(self) -> int:
        return len(self.stars)


@dataclass(frozen=True)
class Given:
    """Everyone's ratings but one player's: inner player and item numbers, stars, weight, each (n,)."""

    names: tuple[str, ...]
    player: Ints
    item: Ints
    stars: Floats
    weight: Floats
    trust: Floats  # of each player, (players,)


@dataclass(frozen=True)
class Mix:
    """Shares of the models' terms (`recommender.advisor.stacking`), and the models that are refitted in the background."""

    neighbours: float = NEIGHBOUR_SHARE
    factor_share: float = 0.0
    ease_share: float = 0.0
    factors: FactorModel | None = None
    ease: Ease | None = None


class Terms(NamedTuple):
    """What each model says, each (items,)."""

    content: Floats  # stars: the average player's plus the own taste
    spread: Floats  # standard deviation of `content`
    neighbours: Floats  # stars to add
    supported: NDArray[np.bool_]  # where neighbours have a say
    factors: Floats  # stars
    ease: Floats  # standard deviations

    def mixed(self, mix: Mix) -> Floats:
        """Stars by all models."""
        return np.asarray(
            self.content
            + mix.neighbours * self.neighbours
            + mix.factor_share * (self.factors - self.content)
            + mix.ease_share * self.ease
        )


class Opinions:
    """All ratings, real and simulated, of one catalogue, and the models that learn from them."""

    def __init__(self, items: Sequence[str], features: Features) -> None:
        self.items = tuple(items)
        self.taste = TasteModel(features)
        self.challenge = Challenge()
        self._number = {name: number for number, name in enumerate(self.items)}
        self._given: dict[str, dict[int, float]] = {}
        self._simulated: set[str] = set()
        self._has_content = (np.abs(features.values) > 0).any(1)
        self._base, self._counts = np.full(len(self.items), MIDDLE), np.zeros(len(self.items))
        self._raters: list[Raters] = []
        self._online = OnlineModel()
        self.mix = Mix()
        self._learning = False  # at once, that is; before `learn_others` ratings are only gathered

    def rate(self, rating: Rating) -> None:
        """Learn a rating; a later one of the same pair replaces it.

        One of an item that is not listed, or with stars outside the scale, as a foreign file may hold, is passed over.
        """
        number = self._number.get(rating.item)
        if number is None or not STARS[0] <= rating.stars <= STARS[1]:
            return
        if rating.source == SIMULATED:
            self._simulated.add(rating.player)
        self._given.setdefault(rating.player, {})[number] = rating.stars
        if self._learning:
            self._online.rate(rating.player, rating.item, rating.stars)

    def rate_all(self, ratings: Iterable[Rating]) -> None:
        """Learn many."""
        for rating in ratings:
            self.rate(rating)

    def given(self, player: str) -> Mapping[int, float]:
        """A player's own stars by item number."""
        return self._given.get(player, {})

    def raters(self, number: int) -> Raters:
        """Who else rated an item."""
        return self._raters[number]

    def rests_on_simulated(self, number: int) -> bool:
        """Whether what others gave an item comes mostly from simulated players, by their weight."""
        simulated = self._raters[number].simulated
        count = int(simulated.sum())
        return count > 0 and trust(self.counts()[0]) * count > len(simulated) - count

    def counts(self) -> tuple[int, int]:
        """Numbers of real and of simulated ratings."""
        simulated = sum(len(self._given[player]) for player in self._simulated)
        return sum(len(stars) for stars in self._given.values()) - simulated, simulated

    def others(self, player: str, trust: float) -> Given:
        """Everyone's ratings but this player's; `trust` is the weight of simulated players."""
        names = [name for name in self._given if name != player]
        sizes = [len(self._given[name]) for name in names]
        weights = [trust if name in self._simulated else 1.0 for name in names]
        return Given(
            tuple(names),
            np.repeat(np.arange(len(names), dtype=np.int32), sizes),
            np.array([number for name in names for number in self._given[name]], np.int32),
            np.array([stars for name in names for stars in self._given[name].values()], np.float64),
            np.repeat(np.array(weights, np.float64), sizes),
            np.array(weights, np.float64),
        )

    def learn_others(self, given: Given, chance: Floats) -> None:
        """Learn what the other players' ratings say; `chance` (n,) to finish, of the players who gave them."""
        base, _ = self._means(given, given.stars)
        self.challenge.fit(given.player, given.stars - base[given.item], chance, given.weight)
        liking = given.stars + self.challenge.cost(chance)
        self._base, self._counts = self._means(given, liking)
        self._raters = self._by_item(given)
        self._online = self._online_model(given)
        left = liking - self._base[given.item]
        self.taste.learn_spread(given.player, given.item, left, len(given.names))

    def evidence(self, player: str, hints: Hints, chance: Floats) -> Evidence:
        """What the player's own stars, cleared of challenge, and hints leave over after the base."""
        own = self._given.get(player, {})
        numbers = np.array(list(own), np.int32)
        stars = np.array(list(own.values()), np.float64) + self.challenge.cost(chance[numbers])
        more = {number: hint for number, hint in hints.items() if number not in own and hint[1] > 0}
        left, sure = np.array(list(more.values()), np.float64).reshape(-1, 2).T
        return Evidence(
            np.concatenate([numbers, np.array(list(more), np.int32)]),
            np.concatenate([stars - self._base[numbers], left]),
            np.concatenate([np.ones(len(numbers)), sure]),
        )

    def expect(self, player: str, hints: Hints, chance: Floats) -> Expected:
        """Stars of every item for this player, whose chances to finish are `chance` (items,)."""
        evidence = self.evidence(player, hints, chance)
        terms = self.terms(player, evidence, chance, self.mix)
        own, rated = len(evidence.items) > 0, player in self._given
        anybody = bool((self._counts > 0).any())
        stars = terms.mixed(self.mix)
        left = evidence.left - (stars - self._base)[evidence.items]
        stars[evidence.items] += OWN_SHARE * evidence.confidence * left
        return Expected(
            np.clip(stars, *STARS),
            terms.spread,
            self._counts,
            evidence,
            {
                "neighbours": terms.supported & (self.mix.neighbours > 0),
                "factors": np.full(
                    len(stars), rated and self.mix.factors is not None and self.mix.factor_share > 0
                ),
                "content": self._has_content & (own | (self._counts == 0)),
                "biases": self._counts > 0,
                "popularity": np.full(len(stars), anybody and not own),
            },
        )

    def terms(self, player: str, evidence: Evidence, chance: Floats, mix: Mix) -> Terms:
        """What each model says of every item for this player, before they are mixed."""
        opinion = self.taste.opinion(evidence)
        content = self._base + opinion.stars
        neighbours, supported = self._neighbours(player)
        own = self._given.get(player, {})
        items = np.array(list(own), np.int32)
        factors = content
        if mix.factors is not None and own:
            stars = np.array(list(own.values())) + self.challenge.cost(chance[items])
            factors = mix.factors.fold_in(items, np.clip(stars, *STARS)).stars
        liked = items[np.array(list(own.values())) >= LIKED] if own else items
        ease = np.zeros(len(content)) if mix.ease is None else ease_term(mix.ease, liked)
        return Terms(content, opinion.spread, neighbours, supported, factors, ease)

    def _neighbours(self, player: str) -> tuple[Floats, NDArray[np.bool_]]:
        """What neighbours add to the biases of each item, and where they have a say; both (items,)."""
        if player not in self._given:
            return np.zeros(len(self.items)), np.zeros(len(self.items), np.bool_)
        found = self._online.predict(player)
        return found.stars - found.biases, found.supported

    def _online_model(self, given: Given) -> OnlineModel:
        """All ratings, also the player's own, with simulated players at their weight."""
        rows = [
            (name, self.items[number], stars)
            for name, own in self._given.items()
            for number, stars in own.items()
        ]
        trust = {name: weight for name, weight in zip(given.names, given.trust) if weight < 1}
        self._learning = True
        return OnlineModel.of(Ratings.of(rows, items=self.items), trust=trust)

    def _by_item(self, given: Given) -> list[Raters]:
        order = np.lexsort((given.player, given.item))
        simulated = np.array([name in self._simulated for name in given.names], np.bool_)
        rows = Raters(given.player[order], given.stars[order], simulated[given.player[order]])
        ends = np.cumsum(np.bincount(given.item, minlength=len(self.items)))
        return [rows[start:end] for start, end in zip([0, *ends], ends)]

    def _means(self, given: Given, stars: Floats) -> tuple[Floats, Floats]:
        """Every item's stars for an average player, and weighted counts, both (items,)."""
        size, players, weight = len(self.items), len(given.names), given.weight
        middle = (MIDDLE * MIDDLE_DAMPING + weight @ stars) / (MIDDLE_DAMPING + weight.sum())
        counts = np.bincount(given.item, weight, size).astype(np.float64)
        each = np.bincount(given.player, minlength=players)
        bias, generous = np.zeros(size), np.zeros(players)
        for _ in range(SWEEPS):
            left = stars - middle - bias[given.item]
            generous = np.bincount(given.player, left, players) / (each + DAMPING)
            left = stars - middle - generous[given.player]
            bias = np.bincount(given.item, weight * left, size) / (counts + DAMPING)
        plain = bias * (counts + DAMPING) / np.maximum(counts, 1e-9)  # not drawn to 0
        content = self.taste.item_biases(plain, counts)
        return middle + (counts * plain + DAMPING * content) / (counts + DAMPING), counts


def ease_term(ease: Ease, liked: Ints) -> Floats:
    """How much each item belongs next to the liked ones, in standard deviations over the items; without any, 0."""
    if not len(liked):
        return np.zeros(len(ease.weights))
    scores = ease.scores(liked)
    spread = float(scores.std())
    return np.asarray((scores - scores.mean()) / spread if spread > 1e-12 else np.zeros(len(scores)))
