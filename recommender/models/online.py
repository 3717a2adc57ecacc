"""The model that learns at once: biases and neighbours as sums that one rating changes in place."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Self

import numpy as np

from recommender.errors import RatingsRefused, UnknownName
from recommender.models.online_reference import Places, Reference
from recommender.models.online_sums import (
    STAR_STEP,
    TRUST_STEP,
    BiasSums,
    Book,
    PairSums,
    Row,
    grown,
    stepped,
)
from recommender.models.online_types import Because, Carrier, OnlinePrediction, OnlineSettings
from recommender.records.ratings import Floats, Ratings

__all__ = ["Because", "Carrier", "OnlineModel", "OnlinePrediction", "OnlineSettings"]


class _Parts(NamedTuple):
    """A prediction before it is made up; places (m,), the rest over items."""

    biases: Floats
    stars: Floats  # biases and what the neighbours add
    items: Floats  # b_i
    own: Row
    rest: Floats  # the player's own residuals, (rated,)
    places: Places  # nearest reference players
    weights: Floats  # their weights
    weight: Floats  # of all neighbours
    players_weight: Floats
    items_weight: Floats


@dataclass
class _Names:
    """Names in order, and their numbers."""

    names: list[str]
    number: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.number = {name: number for number, name in enumerate(self.names)}

    def add(self, name: str) -> int:
        number = self.number.setdefault(name, len(self.names))
        if number == len(self.names):
            self.names.append(name)
        return number


class OnlineModel:
    """Biases and damped neighbours, exact after every single rating.

    r̂(u,i) = μ + b_u + b_i + (Σ_v w(u,v) e_vi + γ Σ_j w(i,j) e_uj) / (Σ_v w(u,v) + γ Σ_j w(i,j) + λ)

    μ: mean of all ratings, weighted with trust. b_i = Σ_v t_v (r_vi - μ)/(λ_i + Σ_v t_v); b_u = Σ_i (r_ui - μ - b_i)/(λ_u +
    n_u): the first round of the least squares in `Biases`, in closed form. e_vi = r_vi - μ - b_v - b_i: what is left.
    w(u,v) = t_v s(u,v) n/(n + β) where the Pearson correlation s over the n shared items is positive, for the `nearest`
    reference players v; w(i,j) the same for items over shared players, where the catalogue is small. t_v in [0, 1] is
    trust: simulated players weigh less.
    Sources: as in `biases`, `neighbourhood` and `residual`; sums kept per pair: Papagelis et al., "Incremental
    collaborative filtering for highly-scalable recommendation algorithms", ISMIS 2005, section 3.

    Without a neighbour who has a say the prediction is the biases', exactly. Stars are kept to 1/1024 of a star.

    Cost of a rating: O(items rated by the player + reference players + seats). Cost of a prediction: O(items · nearest).
    State: the ratings, reference players × items, seats × reference players, and items × items for small catalogues.
    Neither grows with the square of the players.
    """

    name: ClassVar[str] = "neighbours"

    def __init__(self, settings: OnlineSettings | None = None):
        self.settings = settings or OnlineSettings()
        self._build(Ratings.of([], scale=self.settings.scale), {}, None)

    @classmethod
    def of(
        cls,
        ratings: Ratings,
        settings: OnlineSettings | None = None,
        trust: Mapping[str, float] | None = None,
        reference: Sequence[str] | None = None,
        plays: Iterable[tuple[str, str]] = (),
    ) -> Self:
        """The model of all ratings at once: the same as from one rating after another.

        `reference`: who may be a neighbour where players outnumber the cohort; the most active, if not given.
        """
        self = cls.__new__(cls)
        self.settings = settings or OnlineSettings(scale=ratings.scale)
        if self.settings.scale != ratings.scale:
            raise RatingsRefused(
                f"online model: expected ratings on the scale {self.settings.scale}, found {ratings.scale}"
            )
        self._build(ratings, trust or {}, reference)
        for player, item in plays:
            self.played(player, item)
        return self

    def _build(self, ratings: Ratings, trust: Mapping[str, float], reference: Sequence[str] | None) -> None:
        chosen, (players, items) = self.settings, ratings.shape
        self._players, self._items = _Names(list(ratings.players)), _Names(list(ratings.items))
        self._middle = sum(chosen.scale) / 2
        above = stepped(ratings.stars - self._middle, STAR_STEP)
        self._trust = np.ones(players)
        for name, value in trust.items():
            self._trust[ratings.player_number(name)] = _trusted(value)
        self._book = Book(ratings, above)
        self._biases = BiasSums.of(ratings, above, self._trust, chosen.item_damping)
        self._pairs: PairSums | None = None
        if items <= chosen.catalogue:
            self._pairs = PairSums.of(ratings, above, self._trust, chosen.item_shrinkage)
        self._reference = Reference(chosen.cohort, chosen.seats, items)
        if reference is not None:
            cohort = [ratings.player_number(name) for name in reference]
        elif players > chosen.cohort:
            active = np.argsort(-np.bincount(ratings.player, minlength=players), kind="stable")
            cohort = np.sort(active[: chosen.cohort]).tolist()
        else:
            cohort = list(range(players))
        rows = [self._book.row(player) for player in cohort]
        self._reference.admit(cohort, rows, self._trust[cohort], self._biases)
        self._played: dict[int, dict[int, int]] = {}
        self._plays = np.zeros(items)

    @property
    def items(self) -> tuple[str, ...]:
        """Names of the items, in the order of every prediction."""
        return tuple(self._items.names)

    @property
    def players(self) -> tuple[str, ...]:
        """Names of the players."""
        return tuple(self._players.names)

    @property
    def reference(self) -> tuple[str, ...]:
        """Names of the players who may be neighbours."""
        return tuple(self._players.names[player] for player in self._reference.place)

    @property
    def nbytes(self) -> dict[str, int]:
        """Memory of each part of the state, names apart."""
        return {
            "ratings": self._book.nbytes,
            "biases": self._biases.sums.nbytes,
            "items": self._pairs.nbytes if self._pairs else 0,
            "players": self._reference.nbytes,
        }

    def rate(self, player: str, item: str, stars: float | None) -> None:
        """A rating arrives, changes or (None) is withdrawn; new names are added. RatingsRefused outside the scale."""
        after: float | None = None
        if stars is not None:
            low, high = self.settings.scale
            if not low <= stars <= high:
                raise RatingsRefused(
                    f"rating ({player}, {item}): expected stars from {low:g} to {high:g}, found {stars:g}"
                )
            after = round((stars - self._middle) / STAR_STEP) * STAR_STEP
        who, what = self._add_player(player), self._add_item(item)
        change = self._book.put(who, what, after)
        if change.before == after:
            return
        trust = float(self._trust[who])
        moved = self._biases.change(what, change, trust)
        if self._pairs is not None:
            self._pairs.change(what, change, trust)
        self._reference.change(who, what, change, moved, self._biases.terms[what])

    def leave(self, player: str) -> None:
        """Let go of what is kept ready for a player; it comes back by itself when they return."""
        self._reference.leave(self._number(player))

    def played(self, player: str, item: str) -> None:
        """One more play of an item; new names are added."""
        who, what = self._add_player(player), self._add_item(item)
        counts = self._played.setdefault(who, {})
        counts[what] = counts.get(what, 0) + 1
        self._plays[what] += self._trust[who]

    def add_items(self, items: Sequence[str]) -> None:
        """Add items that nobody has rated; known names stay as they are."""
        for item in items:
            self._add_item(item)

    def set_trust(self, player: str, trust: float) -> None:
        """Weigh a player from 0 to 1: as a neighbour, in the items' biases and likeness, and in the counts of plays."""
        who, value = self._add_player(player), _trusted(trust)
        row, before = self._book.row(who), float(self._trust[who])
        self._reference.shift(row[0], self._biases.reweigh(row, value - before))
        if self._pairs is not None:
            self._pairs.add(row, value - before)
        self._trust[who] = value
        place = self._reference.place.get(who)
        if place is not None:
            self._reference.trust[place] = value
        for item, count in self._played.get(who, {}).items():
            self._plays[item] += count * (value - before)

    def predict(self, player: str) -> OnlinePrediction:
        """What the model says of every item. UnknownName for a player who was never heard of."""
        parts, scale = self._parts(self._number(player)), self.settings.scale
        count = len(parts.biases)
        known = np.zeros(count, np.bool_)
        known[parts.own[0]] = True
        return OnlinePrediction(
            parts.stars.clip(*scale),
            parts.weight > 0,
            parts.biases.clip(*scale),
            parts.players_weight,
            parts.items_weight,
            known,
            self._biases.raters[:count].copy(),
            self._plays[:count].copy(),
        )

    def top(self, player: str, count: int = 10) -> list[tuple[str, float]]:
        """The best items this player has not rated, with their stars, best first. UnknownName as in `predict`."""
        parts, (low, high) = self._parts(self._number(player)), self.settings.scale
        stars, names = parts.stars, self._items.names
        stars[parts.own[0]] = -np.inf
        first = max(len(parts.own[0]), len(stars) - count)
        best = stars.argpartition(first)[first:].tolist() if first < len(stars) else []
        ranked = sorted((-value, item) for value, item in zip(stars[best].tolist(), best))
        return [(names[item], min(max(-value, low), high)) for value, item in ranked]

    def because(self, player: str, item: str, most: int = 3) -> Because:
        """Which neighbours and which of the player's own items carried a prediction. UnknownName for unknown names."""
        who = self._number(player)
        what = self._items.number.get(item)
        if what is None:
            raise UnknownName(f"item: expected one of the {len(self._items.names)} known, found {item!r}")
        parts = self._parts(who)
        whole = parts.weight[what] + self.settings.damping
        reference, mean = self._reference, self._biases.mean
        rated = (reference.rated[parts.places, 0, what] > 0) & (parts.weights > 0)
        places, weights = np.arange(reference.size)[parts.places][rated], parts.weights[rated]
        stars = reference.rated[places, 1, what].astype(np.float64)
        biases = reference.biases(places, mean, self.settings.player_damping)
        rest = stars - mean - biases - parts.items[what]
        names = list(reference.place)
        effects = weights * rest / whole
        players = [
            (self._players.names[names[place]], self._middle + given, effect)
            for place, given, effect in zip(places, stars, effects, strict=True)
        ]
        own: list[tuple[str, float, float]] = []
        if self._pairs is not None:
            near = self.settings.item_share * self._pairs.weights[parts.own[0], what]
            own = [
                (self._items.names[j], self._middle + given, effect)
                for j, given, effect, weight in zip(*parts.own, near * parts.rest / whole, near, strict=True)
                if weight > 0
            ]
        moved = float(sum(effect for *_, effect in (*players, *own)))
        total = float(sum(abs(effect) for *_, effect in (*players, *own))) or 1.0
        base = float(parts.biases[what])
        return Because(
            item,
            base + moved,
            base,
            _strongest(players, moved, total, most),
            _strongest(own, moved, total, most),
            self._middle + float(weights @ stars / weights.sum()) if len(places) else None,
            len(places),
        )

    def _parts(self, who: int) -> _Parts:
        chosen, count = self.settings, len(self._items.names)
        own = self._book.row(who)
        mean, items = self._biases.mean, self._biases.items(count)
        rest = own[1] - items[own[0]]
        rated = len(rest)
        own_bias = (float(rest.sum()) - rated * mean) / max(chosen.player_damping + rated, 1e-12)
        rest -= mean + own_bias
        places, weights = self._nearest(who, own)
        if len(weights):
            centres = self._reference.biases(places, mean, chosen.player_damping)
            centres += mean
            players_weight, top = self._reference.mixed(weights, centres, places, count)
            top -= items * players_weight
        else:
            top, players_weight = np.zeros(count), np.zeros(count)
        if self._pairs is not None and rated:
            left = np.empty((2, rated))
            left[0], left[1] = rest * chosen.item_share, chosen.item_share
            both = np.matmul(left, self._pairs.weights[own[0], :count])
            items_weight = both[1]
            top += both[0]
        else:
            items_weight = np.zeros(count)
        weight = players_weight + items_weight
        biases = items + (self._middle + mean + own_bias)
        whole = weight + chosen.damping
        if chosen.damping <= 0.0:
            whole[weight <= 0.0] = 1.0
        top /= whole
        top += biases
        return _Parts(biases, top, items, own, rest, places, weights, weight, players_weight, items_weight)

    def _nearest(self, who: int, own: Row) -> tuple[Places, Floats]:
        """Reference players with the largest weights, in their order, and the weights (0 for those unlike)."""
        if not self._reference.size or not len(own[0]):
            return slice(0), np.empty(0)
        weights = self._reference.weights(self._reference.sit(who, own), self.settings.shrinkage)
        first = len(weights) - self.settings.nearest
        if first <= 0:
            return slice(len(weights)), weights
        places = weights.argpartition(first)[first:]
        places.sort()
        return places, weights[places]

    def _number(self, player: str) -> int:
        number = self._players.number.get(player)
        if number is None:
            raise UnknownName(
                f"player: expected one of the {len(self._players.names)} known, found {player!r}"
            )
        return number

    def _add_player(self, name: str) -> int:
        known = len(self._players.names)
        number = self._players.add(name)
        if number == known:
            self._trust = np.asarray(grown(self._trust, number + 1))
            self._trust[number] = 1.0
            if self._reference.size < self._reference.limit:
                row = self._book.row(number)
                self._reference.admit([number], [row], np.ones(1), self._biases)
        return number

    def _add_item(self, name: str) -> int:
        known = len(self._items.names)
        number = self._items.add(name)
        if number == known:
            items = number + 1
            self._biases.grow(items)
            self._reference.grow(items)
            self._plays = np.asarray(grown(self._plays, items))
            if items > self.settings.catalogue:
                self._pairs = None
            elif self._pairs is not None:
                self._pairs.grow(items)
        return number


def _trusted(trust: float) -> float:
    if not 0.0 <= trust <= 1.0:
        raise RatingsRefused(f"trust: expected 0 to 1, found {trust:g}")
    return round(trust / TRUST_STEP) * TRUST_STEP


def _strongest(
    carriers: list[tuple[str, float, float]], moved: float, total: float, most: int
) -> tuple[Carrier, ...]:
    """The carriers that pushed in the direction the prediction moved, strongest first."""
    pushing = [carrier for carrier in carriers if carrier[2] * moved > 0]
    pushing.sort(key=lambda carrier: -abs(carrier[2]))
    return tuple(
        Carrier(name, float(stars), float(effect), abs(float(effect)) / total)
        for name, stars, effect in pushing[:most]
    )
