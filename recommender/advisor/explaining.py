"""Reasons: the largest positive term of the score that ranked an item, with its evidence.

A score is a sum (`recommender.advisor.ranker`), and so are the stars in it (`recommender.advisor.opinions`). Each term is
compared with its mean over the candidates: it is positive if it favours this item more than the others. A term without evidence
that a player could check is skipped; if no positive term is left, no reason is given.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from recommender.advisor.easing import DEFEATS
from recommender.advisor.opinions import LIKED, StarPredictor, StarTerms
from recommender.advisor.zone import Zone
from recommender.reasons import Reason
from recommender.records.ratings import Floats, Ints

FEW: Final = 3  # fewest players for "players gave it"
EASIEST: Final = 0.1  # share of all items that are called the easiest; at least FEW
BOTH: Final = 2  # most items that one sentence names
THIN: Final = 4  # mentioned if one of this many players rated few other items
LEAST_ALIKE: Final = 1e-6  # least similarity of two items whose content is called close: less is rounding
CLEAR: Final = 0.05  # least effect of a taste, in stars: less would be shown as 0
FEWEST_TASTED: Final = 2  # own ratings of a tag before it is called a taste
LEAST: Final = 0.02  # logits below which a term is ignored
KINDS: Final = (
    "own",
    "together",
    "taken",
    "rated",
    "taste",
    "near",
    "neighbours",
    "pattern",
    "level",
    "fresh",
    "untried",
)


@dataclass(frozen=True)
class ScoredItems:
    """Candidates (n,) and the terms of their scores, some of KINDS, in logits above the candidates' mean, (n, kinds)."""

    numbers: Ints
    score: Floats
    kinds: tuple[str, ...]
    effects: Floats
    stars: StarTerms
    chance: Floats | None  # to finish, (n,)

    def ranked(self, rows: Sequence[int]) -> list[list[tuple[str, float]]]:
        """The positive terms of each of some candidates, largest first."""
        effects = self.effects[list(rows)]
        order = np.argsort(-effects, axis=1, kind="stable")
        found = []
        for places, values in zip(order.tolist(), effects.tolist(), strict=True):
            terms = []
            for place in places:
                if values[place] <= LEAST:
                    break
                terms.append((self.kinds[place], values[place]))
            found.append(terms)
        return found


@dataclass
class Explainer:
    """Reasons for one player at one moment."""

    names: Sequence[str]
    given: Mapping[int, float]  # the player's own stars, by item number
    predictor: StarPredictor
    scored: ScoredItems
    ease: Floats  # of each item of the catalogue, (items,): the odds, or the order of a new player's list
    zone: Zone | None
    defeats: int  # defeats in a row, of the player
    failures: Mapping[str, int]  # failures since the last success, by item
    tried: frozenset[str]
    lately: frozenset[int]  # the last items that the player had
    against: Callable[
        [int], str
    ]  # the best `against` of an item, if it is not the requested one; otherwise ""

    def reason(self, row: int, kind: str = "") -> Reason:
        """The reason for a candidate, by its row; `kind` if it was not placed by its score."""
        number = int(self.scored.numbers[row])
        raters = int(self.predictor.others.rating_evidence.raters[number])
        shared = self._shared(row, number, raters)
        if kind:
            return Reason(kind, {"count": raters, **shared})
        own = self.given.get(number)
        if own is not None and own < FEW:
            return Reason("little", {"own": own, **shared})
        for term, effect in self._ranked[row]:
            found = self._evidence[term](number)
            if found is not None:
                return Reason(term, {**found, "effect": effect, **shared})
        return Reason("little", {"nobody": True, **shared} if "new" in shared else shared)

    def _shared(self, row: int, number: int, raters: int) -> dict[str, Any]:
        """Values that every reason may add: the chance, its relation to the zone, that nobody rated the item."""
        shared: dict[str, Any] = {}
        if self.zone is not None and self.scored.chance is not None:
            chance = float(self.scored.chance[row])
            shared |= {"chance": chance, "fit": _fit(chance, self.zone)}
            easiest, easier = self._easy
            if self.ease[number] >= easier:
                shared["ease"] = "easiest" if self.ease[number] >= easiest else "easier"
            if against := self.against(number):
                shared["against"] = against
        if self.defeats >= DEFEATS and self.zone is not None:
            shared["defeats"] = self.defeats
        tries = self.failures.get(self.names[number], 0)
        if tries:
            shared["tries"] = tries
        mine = number in self.given or self.names[number] in self.tried
        if not raters and not mine and not self.predictor.others.plays[number]:
            shared["new"] = True
        return shared

    @cached_property
    def _easy(self) -> tuple[float, float]:
        """The thresholds of ease for "one of the easiest" and for "easier than most"."""
        half = (len(self.ease) + 1) // 2
        order = np.sort(self.ease)[::-1]
        return _above(order, min(max(FEW, int(EASIEST * len(order))), half)), _above(order, half)

    @cached_property
    def _evidence(self) -> Mapping[str, Callable[[int], dict[str, Any] | None]]:
        return {
            "own": self._own,
            "together": self._together,
            "taken": self._taken,
            "rated": self._rated,
            "taste": self._taste,
            "near": self._near,
            "neighbours": self._neighbours,
            "pattern": lambda _: {"count": self.predictor.rated},
            "level": lambda _: {},
            "fresh": lambda number: None if number in self.lately else {},
            "untried": lambda _: {},
        }

    def _own(self, number: int) -> dict[str, Any] | None:
        own = self.given.get(number)
        return {"own": own} if own is not None and own >= LIKED else None

    def prepare(self, chosen: Sequence[int]) -> None:
        """Compute in one step what the reasons of these candidates need."""
        numbers = self.scored.numbers[list(chosen)]
        self._ranked = dict(zip(chosen, self.scored.ranked(chosen), strict=True))
        items, weights = self.predictor.taken
        effect = self.predictor.others.ease.towards(items, numbers) * weights
        effect[:, weights < 1] = 0.0  # a disliked item is no reason
        effect[items == numbers[:, None]] = 0.0
        self._brought: dict[int, tuple[str, ...]] = dict.fromkeys(numbers.tolist(), ())
        every = np.arange(len(numbers))
        for _ in range(min(BOTH, len(items))):
            best = effect.argmax(axis=1)
            value = effect[every, best]
            effect[every, best] = 0.0
            rows = zip(numbers.tolist(), items[best].tolist(), value.tolist(), strict=True)
            for number, which, more in rows:
                if more > 0:
                    self._brought[number] += (self.names[which],)

    def _together(self, number: int) -> dict[str, Any] | None:
        """The items of the history with the largest contributions, without disliked ones."""
        found = self._brought[number]
        return {"items": found} if found else None

    def _taken(self, number: int) -> dict[str, Any] | None:
        takers = self.predictor.others.taker_counts
        if takers.players[number] < FEW:
            return None
        return _counted(int(takers.players[number]), int(takers.simulated[number]), int(takers.thin[number]))

    def _rated(self, number: int) -> dict[str, Any] | None:
        evidence = self.predictor.others.rating_evidence
        count, stars = int(evidence.players[number]), float(evidence.stars[number])
        if count < FEW or stars < FEW:
            return None
        return {"stars": stars} | _counted(count, int(evidence.simulated[number]), int(evidence.thin[number]))

    def _taste(self, number: int) -> dict[str, Any] | None:
        """The tag or number of this item that adds most, if the player's own stars confirm it; otherwise the rating that adds
        most.
        """
        features, posterior = self.predictor.others.features, self.predictor.posterior
        parts = posterior.parts(np.array([number], np.int32))[0]
        for family in np.argsort(-parts, kind="stable"):
            if parts[family] <= 0:
                break
            columns = np.flatnonzero(features.of_name == family)
            column = columns[int(np.argmax(features.present[number, columns]))]
            has = features.present[:, column] > 0.5
            with_it = has[self.predictor.items]
            if not has[number] or with_it.sum() < FEWEST_TASTED or with_it.all():
                continue
            more = float(self.predictor.given[with_it].mean() - self.predictor.given[~with_it].mean())
            if more >= CLEAR:
                return {"tag": features.names[column], "more": more, "evidence": int(with_it.sum())}
        effect = posterior.brings(number)[: self.predictor.rated]
        alike = features.values[self.predictor.items] @ features.values[number]
        effect[(self.predictor.given < LIKED) | (self.predictor.items == number) | (alike < LEAST_ALIKE)] = (
            0.0
        )
        if not len(effect) or effect.max() <= 0:
            return None
        best = int(effect.argmax())
        return {"item": self.names[self.predictor.items[best]], "own": float(self.predictor.given[best])}

    def _near(self, number: int) -> dict[str, Any] | None:
        predictor = self.predictor
        if not predictor.rated:
            return None
        effect = (
            predictor.others.pairs.between(predictor.items, np.array([number], np.int32))[:, 0]
            * predictor.rest
        )
        effect[predictor.given < LIKED] = 0.0
        best = int(effect.argmax())
        if effect[best] <= 0:
            return None
        return {"item": self.names[predictor.items[best]], "own": float(predictor.given[best])}

    def _neighbours(self, number: int) -> dict[str, Any] | None:
        """The players with similar taste whose stars made the term, and the mean of those stars."""
        others, nearest = self.predictor.others, self.predictor.nearest
        rated = others.reference.by_player[nearest, number] != 0
        who = others.reference.players[nearest[rated & (self.predictor.alike[nearest] > 0)]]
        if len(who) < FEW:
            return None
        raters = others.raters(number)
        rows = raters[np.isin(raters.player, who)]
        stars = float(rows.stars.mean())
        if stars < FEW:
            return None
        return {"stars": stars} | _counted(len(rows), int(others.everyone.simulated[rows.player].sum()))


def _above(order: Floats, count: int) -> float:
    """The least value that at most `count` values reach, of values in descending order; a tie beyond `count` is left out."""
    least = float(order[count - 1])
    return least if count == len(order) or order[count] < least else float(np.nextafter(least, np.inf))


def _counted(count: int, simulated: int, thin: int = 0) -> dict[str, Any]:
    """Numbers of the players behind a reason: all, simulated and thin ones."""
    values = {"count": count} | ({"simulated": simulated} if simulated else {})
    return values | ({"thin": thin} if thin >= FEW and THIN * thin >= count else {})


def _fit(chance: float, zone: Zone) -> str:
    return "hard" if chance < zone.low else "easy" if chance > zone.high else "right"
