"""The suggestions of every model on one training part, for comparison with the items taken later.

`lists_at_once`: one pair of lists for each player, tested on all items that they took until the next cut (or on the one rating
left out). `lists_in_turn`: the test ratings are replayed in their order; before each, every model makes its lists, after it,
every model learns it. Popularity counts it, EASE adds it to the player's history, the product `rate`s it; nothing is refitted.
Rating models cannot learn a rating without a fit and are left out there.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

import numpy as np

from recommender.errors import RatingsRefused
from recommender.evaluation.choice import (
    FIXED,
    choose_mix,
    choose_settings,
    inner_part,
    mix_scores,
    settings_for_report,
)
from recommender.evaluation.lineup import FitSettings, RatingModels, star_scores
from recommender.evaluation.memory_limit import ease_bytes, memory_budget, missing_models_line
from recommender.evaluation.metrics import LONG, TOP, Lists
from recommender.evaluation.product import PRODUCT, REFITTED, EvaluatedAdvisor
from recommender.evaluation.protocols import Split, has_times
from recommender.evaluation.rankers import (
    CHUNK,
    EaseRanker,
    ItemHistories,
    PopularityRanker,
    Ranker,
    ease_scores,
)
from recommender.models.ranking import Ease
from recommender.records.ratings import Floats, Ints
from recommender.records.side_tables import SideData

POPULARITY: Final = "popularity"
EASE: Final = "ease"
TUNED: Final = "ease, chosen"
RECENT: Final = "recent ease"
FULL: Final = "full"
ALONE: Final = "stars alone"  # the stars that `full` mixes with EASE, if not the blend's
UNITS: Final = 100.0  # units of progress for each step of a part, besides the rating models'


@dataclass
class ModelLists:
    """Lists of every model on one part: one for each of its `players`, or for each test rating."""

    lists: dict[str, Lists] = field(default_factory=dict)
    stars: dict[str, Floats] = field(
        default_factory=dict
    )  # predicted stars of the test ratings, if a model has them
    chosen: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class MeasurePlan:
    """The settings of the measurement of each part."""

    protocol: str
    side: SideData
    fitting: FitSettings
    product: bool = True
    step: Callable[[str, float], None] = lambda label, units: None


def lists_at_once(part: Split, plan: MeasurePlan) -> ModelLists:
    """Lists of all models for the players of a part."""
    found, players = ModelLists(), part.players
    rankers = _rankers(part, plan, found)
    for name, ranker in rankers.items():
        with _timed(found, name):
            found.lists[name] = ranker.lists(players)
        plan.step(name, UNITS)
    if plan.product:
        for name, product in _products(part, plan, found):
            with _timed(found, name):
                found.lists[name] = product.lists(players)
            found.stars[name] = product.stars(part.judged)
            plan.step(name, UNITS)
    ease = rankers.get(EASE)
    _of_stars(part, plan, found, ease.model if isinstance(ease, EaseRanker) else None)
    return found


def lists_in_turn(part: Split, plan: MeasurePlan) -> ModelLists:
    """Lists of the models that learn a rating immediately, one for each test rating."""
    found = ModelLists()
    for name, ranker in _rankers(part, plan, found).items():
        with _timed(found, name):
            found.lists[name] = _replayed(part, ranker)
        plan.step(name, UNITS)
    if plan.product:
        for refit in (False, True):  # each learns the whole replay, so they cannot share an advisor
            name, product = (REFITTED if refit else PRODUCT), EvaluatedAdvisor(part.learned, plan.side)
            if refit:
                product.refit()
            with _timed(found, name):
                found.lists[name] = _replayed(part, product)
            found.seconds[name] += product.seconds
            product.close()
            plan.step(name, UNITS)
    return found


@contextmanager
def _timed(found: ModelLists, name: str) -> Iterator[None]:
    start = time.process_time()
    yield
    found.seconds[name] = found.seconds.get(name, 0.0) + time.process_time() - start


def _replayed(part: Split, ranker: Ranker) -> Lists:
    judged = part.judged
    ten, twenty = np.empty((len(judged), TOP), np.int32), np.empty((len(judged), LONG), np.int32)
    for row, (player, item, stars) in enumerate(zip(judged.player, judged.item, judged.stars)):
        lists = ranker.lists(judged.player[row : row + 1])
        ten[row], twenty[row] = lists.ten[0], lists.twenty[0]
        ranker.learn(int(player), int(item), float(stars))
    return Lists(ten, twenty)


def _rankers(part: Split, plan: MeasurePlan, found: ModelLists) -> dict[str, Ranker]:
    """Popularity and EASE: with the fixed penalty, with a chosen one, and with decay over time."""
    learned, items = part.learned, part.learned.shape[1]
    rankers: dict[str, Ranker] = {POPULARITY: PopularityRanker(learned)}
    needed, allowed = ease_bytes(items), memory_budget(plan.fitting.memory)
    if needed > allowed:
        found.notes.append(
            missing_models_line((EASE, TUNED, RECENT, FULL), f"{items:,} items", needed, allowed)
        )
        return rankers
    settings = {EASE: FIXED}
    start = time.process_time()
    try:
        split = inner_part(learned, plan.protocol)
    except RatingsRefused:  # too few ratings to split again: nothing to choose on
        split = None
    # Without times there is no decay.
    for name, recent in ((TUNED, False), (RECENT, True))[: 1 + has_times(learned)]:
        settings[name] = FIXED if split is None else choose_settings(split, recent=recent)
        found.seconds[name] = time.process_time() - start
        start = time.process_time()
    for name, chosen in settings.items():
        start = time.process_time()
        rankers[name] = EaseRanker(learned, Ease(chosen).fit(learned))
        found.seconds[name] = found.seconds.get(name, 0.0) + time.process_time() - start
        found.chosen[name] = settings_for_report(chosen)
    return rankers


def _products(part: Split, plan: MeasurePlan, found: ModelLists) -> Iterator[tuple[str, EvaluatedAdvisor]]:
    """The product before, and then, over the same store, after its refit."""
    product = EvaluatedAdvisor(part.learned, plan.side)
    found.seconds[PRODUCT] = product.seconds
    yield PRODUCT, product
    product.refit()
    found.seconds[REFITTED] = product.seconds
    yield REFITTED, product
    product.close()


def _of_stars(part: Split, plan: MeasurePlan, found: ModelLists, ease: Ease | None) -> None:
    """Lists by expected stars of every rating model, and `full`: EASE mixed with the best available stars."""
    fitted = RatingModels(part.learned, plan.side, plan.step, plan.fitting).fit()
    found.notes += fitted.notes
    players, had = part.players, ItemHistories(part.learned)
    best = FULL if fitted.everything else "blend"
    mix = None
    if ease is not None and best in fitted.blends:
        mix = _share(part, plan, best)
        found.chosen[FULL] = {"stars": mix}
    start = time.process_time()
    pieces: dict[str, list[Ints]] = {}
    for first in range(0, len(players), CHUNK):
        some = players[first : first + CHUNK]
        own = star_scores(fitted, some)
        if mix is not None and ease is not None:
            if best == FULL:
                own[ALONE] = own[FULL]
            own[FULL] = mix_scores(ease_scores(ease, had, some, math.inf), own[best], mix)
        for key, values in own.items():
            pieces.setdefault(key, []).append(had.offer(values, some))
    shared = (time.process_time() - start) / max(1, len(pieces))
    judged = fitted.stars(part.judged.player, part.judged.item)
    judged |= {FULL: judged[best], ALONE: judged[best]} if mix is not None else {}
    for key, rows in pieces.items():
        twenty = np.concatenate(rows)
        found.lists[key] = Lists(twenty[:, :TOP], twenty)
        found.stars[key] = judged[key]
        found.seconds[key] = fitted.seconds.get(best if key in (FULL, ALONE) else key, 0.0) + shared
        plan.step(key, 0)
    found.chosen |= {key: value for key, value in chosen_settings(fitted).items() if key not in found.chosen}


def _share(part: Split, plan: MeasurePlan, best: str) -> float:
    """The share of stars in `full`, chosen on the inner split."""
    try:
        split = inner_part(part.learned, plan.protocol)
    except RatingsRefused:
        return 0.0
    fitted = RatingModels(split.learned, plan.side, plan.step, replace(plan.fitting, plain=False)).fit()
    if best not in fitted.blends:
        return 0.0
    return choose_mix(split, Ease(FIXED).fit(split.learned), lambda some: star_scores(fitted, some)[best])


def chosen_settings(fitted: RatingModels) -> dict[str, dict[str, Any]]:
    """Settings and weights that were chosen inside a training part."""
    own = {
        name: asdict(model.weighting)
        for name, model in fitted.models.items()
        if hasattr(model, "tuned") and hasattr(model, "weighting")
    }
    return own | {
        key: {name: round(weight, 3) for name, weight in blend.weights.items()}
        for key, blend in fitted.blends.items()
    }
