"""Which reason fits a suggestion, as counts and means that the player can check.

The numbers in a reason are true, but they are not the models' own contributions: "neighbours" recounts who liked the same
items, "taste" names the player's strongest tag that the item has. Either may stand on an item that the model expects less
of than of others (measured in made worlds: 202 of 339 reasons of taste, 31 of 97 of neighbours).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from recommender.advisor.opinions import LIKED, Expected, Opinions, Raters
from recommender.advisor.skill import Chances
from recommender.advisor.zone import Zone
from recommender.reasons import Reason
from recommender.records.ratings import Floats

FEW: Final = 3  # players below whom "players gave it" would claim too much
NEAR: Final = 0.5  # cosine from which two items are "close"
CLEAR: Final = 0.3  # stars from which a taste is worth a word
WORTH_IT: Final = 3.0  # stars from which a level that was failed is worth another try
BOTH: Final = 2  # liked items that one sentence names


@dataclass
class Explainer:
    """Reasons for one player at one moment."""

    player: str
    names: Sequence[str]
    opinions: Opinions
    likeness: Floats  # (items, items)
    expected: Expected
    chances: Chances
    zone: Zone | None
    failures: Mapping[str, int]  # since the last success, by item; 0 for those only finished or left

    def __post_init__(self) -> None:
        self.average = float(self.expected.stars.mean()) if len(self.names) else 0.0

    def reason(self, number: int, *, explored: bool) -> Reason:
        """The reason for an item: exploration, another try, neighbours, likeness, taste, popularity, level, else little."""
        raters = self.opinions.raters(number)
        shared: dict[str, Any] = {}
        if self.zone is not None:
            chance = float(self.chances.chance[number])
            shared = {"chance": chance, "fit": _fit(chance, self.zone)}
        own = self.opinions.given(self.player).get(number)
        if not len(raters) and own is None and self.names[number] not in self.failures:
            shared["new"] = True
        tries = self.failures.get(self.names[number], 0)
        if explored:
            return Reason("explored", {"count": len(raters), **shared})
        if tries and (self.expected.stars[number] if own is None else own) >= WORTH_IT:
            return Reason("again", {"tries": tries, **shared})
        found = (
            self._neighbours(number, raters)
            or self._near(number)
            or self._taste(number)
            or self._popular(raters)
            or Reason("level" if self._promising(number) else "little")
        )
        return Reason(found.kind, {**found.values, **shared})

    def _promising(self, number: int) -> bool:
        """Whether anything speaks for an item at all: stars over the average, or a fitting chance."""
        known = self.zone is not None or bool(self.expected.models(number))
        return known and bool(self.expected.stars[number] >= self.average)

    def _neighbours(self, number: int, raters: Raters) -> Reason | None:
        """Players who liked the player's own favourites, most alike to the item first, and rated this item."""
        own = self.opinions.given(self.player)
        liked = [other for other, stars in own.items() if stars >= LIKED and other != number]
        liked.sort(key=lambda other: (-self.likeness[number, other], other))
        for items in (liked[:BOTH], liked[:1]):
            like = raters if items else raters[:0]
            for other in items:
                fans = self.opinions.raters(other)
                like = like[np.isin(like.player, fans.player[fans.stars >= LIKED], assume_unique=True)]
            real = like[~like.simulated]
            like = real if len(real) >= FEW else like
            if len(like) >= FEW and like.stars.mean() >= LIKED:
                return Reason(
                    "neighbours",
                    {
                        "items": tuple(self.names[other] for other in items),
                        "stars": float(like.stars.mean()),
                        "count": len(like),
                        "simulated": bool(like.simulated.any()),
                    },
                )
        return None

    def _near(self, number: int) -> Reason | None:
        own = [(other, stars) for other, stars in self.opinions.given(self.player).items() if stars >= LIKED]
        own = [
            (other, stars) for other, stars in own if other != number and self.likeness[number, other] >= NEAR
        ]
        if not own:
            return None
        other, stars = max(own, key=lambda row: (self.likeness[number, row[0]], row[1], -row[0]))
        return Reason("near", {"item": self.names[other], "own": stars})

    def _taste(self, number: int) -> Reason | None:
        """The feature of this item that the player likes most, where it rests on enough."""
        for name, effect, evidence in self._effects:
            if effect < CLEAR or evidence < FEW:
                continue
            if (
                self.opinions.taste.features.present[number, self.opinions.taste.features.names.index(name)]
                > 0.5
            ):
                return Reason("taste", {"tag": name, "effect": effect, "evidence": evidence})
        return None

    @cached_property
    def _effects(self) -> list[tuple[str, float, int]]:
        return sorted(self.opinions.taste.effects(self.expected.evidence), key=lambda row: -row[1])

    def _popular(self, raters: Raters) -> Reason | None:
        real = raters[~raters.simulated]
        rows = real if len(real) >= FEW else raters
        if len(rows) < FEW or rows.stars.mean() < self.average:
            return None
        return Reason(
            "popular",
            {"stars": float(rows.stars.mean()), "count": len(rows), "simulated": bool(rows.simulated.any())},
        )


def _fit(chance: float, zone: Zone) -> str:
    return "hard" if chance < zone.low else "easy" if chance > zone.high else "right"
