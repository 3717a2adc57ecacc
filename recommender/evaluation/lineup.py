"""The models of a report on one split: what is fitted, how settings and weights are chosen without the rows judged by.

None of them is what `Advisor` suggests by: it ranks by stars and flow zone, with smaller factors and no side data.

Neighbours choose their weighting on an inner tenth of the training part (`tuning`). Every model of a blend is fitted
twice: without that tenth, to choose the blend's weights there, and on the whole training part. The factor model's
sizes are the same for all data (see `FactorSettings`).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from recommender.models.base import Model
from recommender.models.biases import Biases
from recommender.models.blend import Blend
from recommender.models.factors import FactorModel, FactorSettings
from recommender.models.neighbourhood import BareNeighbours, RobustNeighbours
from recommender.models.residual import ItemResiduals, PlayerResiduals
from recommender.models.tuning import inner_split
from recommender.records.ratings import Floats, Ints, Ratings
from recommender.records.side_tables import SideData

NEIGHBOURS: Final[tuple[type[RobustNeighbours | PlayerResiduals | ItemResiduals], ...]] = (
    RobustNeighbours,
    PlayerResiduals,
    ItemResiduals,
)
CHAINS: Final = (FactorSettings(seed=1, directions=200), FactorSettings(seed=2, directions=30))
INNER_SEED: Final = 0
Step = Callable[[str, float], None]  # what is being done, units of `work` that it took


def work(chains: Sequence[FactorSettings]) -> int:
    """Units of progress that one split takes."""
    return 100 * (len(NEIGHBOURS) + 4 * len(chains))


@dataclass
class Lineup:
    """The rating models fitted on one training part; `stars` answers for the keys of a report."""

    ratings: Ratings
    side: SideData
    step: Step
    chains: tuple[FactorSettings, ...]
    models: dict[str, Model] = field(default_factory=dict)
    neighbours: Blend = field(init=False)
    everything: Blend = field(init=False)
    seconds: dict[str, float] = field(default_factory=dict)  # to fit, choices included

    def fit(self) -> "Lineup":
        """Fit all models and choose all weights."""
        part, judge = inner_split(self.ratings, INNER_SEED)
        held: dict[str, Floats] = {}
        for plain in (Biases, BareNeighbours):
            with self._clock(plain.name):
                self.models[plain.name] = plain().fit(self.ratings)
        for kind in NEIGHBOURS:
            with self._clock(kind.name):
                self.models[kind.name] = tuned = kind.tuned(self.ratings, INNER_SEED)
            inner = kind(weighting=tuned.weighting).fit(part)
            held[kind.name] = inner.predict(judge.player, judge.item).stars
            self.step(kind.name, 100)
        self.neighbours = Blend.fit(list(held), list(held.values()), judge.stars, self.ratings.scale)
        for number, settings in enumerate(self.chains, 1):
            name = f"factors {number}"
            inner_model = self._factors(name, part, replace(settings, seed=settings.seed + 100))
            held[name] = inner_model.predict(judge.player, judge.item).stars
            with self._clock(name):
                self.models[name] = self._factors(name, self.ratings, settings)
        self.everything = Blend.fit(list(held), list(held.values()), judge.stars, self.ratings.scale)
        for key, blend in (("blend", self.neighbours), ("full", self.everything)):
            self.seconds[key] = sum(self.seconds[name] for name in blend.names)
        return self

    def stars(self, players: Ints, items: Ints) -> dict[str, Floats]:
        """Stars of pairs, both (n,), of biases, bare, robust, the residual neighbours, blend, factors and full."""
        own = {name: model.predict(players, items).stars for name, model in self.models.items()}
        own["blend"] = self.neighbours.predict([own[name] for name in self.neighbours.names])
        own["full"] = self.everything.predict([own[name] for name in self.everything.names])
        return own

    def _factors(self, name: str, ratings: Ratings, settings: FactorSettings) -> FactorModel:
        return FactorModel(settings).fit(
            ratings, self.side, lambda _done, every: self.step(name, 200 / every)
        )

    @contextmanager
    def _clock(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start


def every_pair(shape: tuple[int, int]) -> tuple[Ints, Ints]:
    """All pairs of inner numbers, row by row."""
    players = np.repeat(np.arange(shape[0], dtype=np.int32), shape[1])
    return players, np.tile(np.arange(shape[1], dtype=np.int32), shape[0])
