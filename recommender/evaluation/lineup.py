"""The rating models of a report on one split: how they are fitted, and how settings and weights are chosen without the test rows.

`Advisor` uses none of them: see `recommender.evaluation.product`.

Neighbours choose their weighting on an inner tenth of the training part (`tuning`), or keep their fixed one. Every model of a
blend is fitted twice: without an inner tenth, to choose the blend's weights there, and on the whole training part. The tenth is
random, or the newest if a protocol forbids looking ahead. The factor model's sizes are the same for all data (see
`FactorSettings`). Models whose matrices do not fit into memory are left out (`memory_limit`).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from recommender.evaluation.memory_limit import likeness_bytes, memory_budget, missing_models_line
from recommender.evaluation.protocols import by_entry
from recommender.models.article import ArticleFormula, ArticleNearest
from recommender.models.base import Model
from recommender.models.biases import Biases
from recommender.models.blend import Blend
from recommender.models.factors import FactorModel, FactorSettings
from recommender.models.neighbourhood import BareNeighbours, RobustNeighbours
from recommender.models.residual import ItemResiduals, PlayerResiduals
from recommender.models.tuning import HELD_OUT, inner_split
from recommender.records.ratings import Floats, Ints, Ratings
from recommender.records.side_tables import SideData

NEIGHBOURS: Final[tuple[type[RobustNeighbours | PlayerResiduals | ItemResiduals], ...]] = (
    RobustNeighbours,
    PlayerResiduals,
    ItemResiduals,
)
PLAIN: Final[tuple[type[BareNeighbours | ArticleFormula | ArticleNearest], ...]] = (
    BareNeighbours,
    ArticleFormula,
    ArticleNearest,
)
CHAINS: Final = (FactorSettings(seed=1, directions=200), FactorSettings(seed=2, directions=30))
INNER_SEED: Final = 0
Step = Callable[[str, float], None]  # what was done, and its units of `fit_work`


def fit_work(chains: Sequence[FactorSettings]) -> int:
    """Units of progress of one split."""
    return 100 * (len(NEIGHBOURS) + 4 * len(chains))


@dataclass(frozen=True)
class FitSettings:
    """The models to fit, and how settings are chosen."""

    chains: tuple[FactorSettings, ...] = CHAINS
    tuned: bool = True  # whether neighbours choose their weighting; otherwise they keep the fixed one
    by_time: bool = False  # whether the inner tenth is the newest; otherwise it is random
    plain: bool = True  # whether the models outside the blends are fitted as well
    memory: float | None = None  # GiB that may be used; None: half of the machine's


@dataclass
class RatingModels:
    """The rating models fitted on one training part; `stars` predicts for the keys of a report."""

    ratings: Ratings
    side: SideData
    step: Step
    fitting: FitSettings = FitSettings()
    models: dict[str, Model] = field(default_factory=dict)
    neighbours: Blend | None = None  # blend of neighbours; None if all are left out
    everything: Blend | None = None  # blend including factors; None without factors
    seconds: dict[str, float] = field(default_factory=dict)  # to fit, choices included
    notes: list[str] = field(default_factory=list)  # models left out, and why

    def fit(self) -> "RatingModels":
        """Fit all models and choose all weights."""
        part, judge = self._inner()
        held: dict[str, Floats] = {}
        players, items = self._room()
        with self._clock(Biases.name):
            self.models[Biases.name] = Biases().fit(self.ratings)
        for plain in PLAIN if players and self.fitting.plain else ():
            with self._clock(plain.name):
                self.models[plain.name] = plain().fit(self.ratings)
        for kind in NEIGHBOURS:
            if items if kind is ItemResiduals else players:
                with self._clock(kind.name):
                    fitted = (
                        kind.tuned(self.ratings, INNER_SEED)
                        if self.fitting.tuned
                        else kind().fit(self.ratings)
                    )
                    self.models[kind.name] = fitted
                inner = kind(weighting=fitted.weighting).fit(part)
                held[kind.name] = inner.predict(judge.player, judge.item).stars
            self.step(kind.name, 100)
        if held:
            self.neighbours = self._blend("blend", held, judge)
        for number, settings in enumerate(self.fitting.chains, 1):
            name = f"factors {number}"
            inner_model = self._factors(name, part, replace(settings, seed=settings.seed + 100))
            held[name] = inner_model.predict(judge.player, judge.item).stars
            with self._clock(name):
                self.models[name] = self._factors(name, self.ratings, settings)
        if self.fitting.chains:
            self.everything = self._blend("full", held, judge)
        return self

    @property
    def blends(self) -> dict[str, Blend]:
        """The fitted blends, by the key of a report."""
        named = {"blend": self.neighbours, "full": self.everything}
        return {key: blend for key, blend in named.items() if blend is not None}

    def stars(self, players: Ints, items: Ints) -> dict[str, Floats]:
        """Stars of pairs, both (n,), of every model and blend."""
        own = {name: model.predict(players, items).stars for name, model in self.models.items()}
        for key, blend in self.blends.items():
            own[key] = blend.predict([own[name] for name in blend.names])
        return own

    def _inner(self) -> tuple[Ratings, Ratings]:
        if not self.fitting.by_time:
            return inner_split(self.ratings, INNER_SEED)
        order = by_entry(self.ratings)
        cut = min(len(order) - 1, max(1, round((1 - HELD_OUT) * len(order))))
        return order[:cut], order[cut:]

    def _room(self) -> tuple[bool, bool]:
        """Whether the similarities of all players, and of all items, fit into memory; adds a note if not."""
        players, items = self.ratings.shape
        allowed = memory_budget(self.fitting.memory)
        fits = []
        for rows, columns, what, kinds in (
            (players, items, "players", (*PLAIN, RobustNeighbours, PlayerResiduals)),
            (items, players, "items", (ItemResiduals,)),
        ):
            needed = likeness_bytes(rows, columns)
            fits.append(needed <= allowed)
            if not fits[-1]:
                names = tuple(kind.name for kind in kinds)
                self.notes.append(missing_models_line(names, f"{rows:,} {what}", needed, allowed))
        return fits[0], fits[1]

    def _blend(self, key: str, held: dict[str, Floats], judge: Ratings) -> Blend:
        self.seconds[key] = sum(self.seconds[name] for name in held)
        return Blend.fit(list(held), list(held.values()), judge.stars, self.ratings.scale)

    def _factors(self, name: str, ratings: Ratings, settings: FactorSettings) -> FactorModel:
        return FactorModel(settings).fit(
            ratings, self.side, lambda _done, every: self.step(name, 200 / every)
        )

    @contextmanager
    def _clock(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start


def star_scores(fitted: RatingModels, players: Ints) -> dict[str, Floats]:
    """Stars of every item for players (n,), by model: (n, items)."""
    items = fitted.ratings.shape[1]
    pairs = np.repeat(players, items), np.tile(np.arange(items, dtype=np.int32), len(players))
    return {name: values.reshape(len(players), items) for name, values in fitted.stars(*pairs).items()}
