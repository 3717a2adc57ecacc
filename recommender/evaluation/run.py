"""Run a protocol over all models."""

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from recommender.evaluation import lineup, peers
from recommender.evaluation.choice import all_scores, choose, choose_mix, mixed
from recommender.evaluation.lineup import Lineup, every_pair
from recommender.evaluation.metrics import hits, mae, order_ndcg, rmse
from recommender.evaluation.protocols import LEAVE_LAST, SURPRISE5, leave_last, surprise5
from recommender.evaluation.report import EvaluationReport, Figures
from recommender.models.factors import FactorSettings
from recommender.models.ranking import Ease, EaseSettings, Popularity
from recommender.records.ratings import Floats, Ratings
from recommender.records.side_tables import SideData

ORDER: Final = (  # of the rows of a report; a model that is not named here comes last
    "popularity",
    "biases",
    "bare",
    "robust",
    "player-residuals",
    "item-residuals",
    "blend",
    "factors 1",
    "factors 2",
    "full",
    *peers.NAMES,
)
PEER_WORK: Final = 200


def in_order(models: Iterable[str]) -> list[str]:
    """Return models in the order of a report: none is left out."""
    return sorted(models, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


Progress = Callable[[str, float, float], None]  # what is being done, units done, in all


def evaluate(
    ratings: Ratings,
    protocol: str,
    *,
    name: str,
    side: SideData | None = None,
    chains: tuple[FactorSettings, ...] = (),
    progress: Progress = lambda label, done, every: None,
) -> EvaluationReport:
    """Measure every model by a protocol; no `chains`: `lineup.CHAINS`. RatingsRefused for ratings too few for it."""
    side, chains = side or SideData(), chains or lineup.CHAINS
    data = {
        "name": name,
        "ratings": len(ratings),
        "players": ratings.shape[0],
        "items": ratings.shape[1],
        "scale": list(ratings.scale),
        "side": {
            kind: 0 if features is None else len(features.names)
            for kind, features in (("players", side.players), ("items", side.items))
        },
    }
    report = EvaluationReport(data, protocol)
    if protocol == SURPRISE5:
        report.models = _surprise5(ratings, side, chains, progress)
    elif protocol == LEAVE_LAST:
        report.models = _leave_last(ratings, side, chains, progress)
    else:
        raise ValueError(f"protocol: expected {SURPRISE5} or {LEAVE_LAST}, found {protocol!r}")
    return report


def _surprise5(
    ratings: Ratings, side: SideData, chains: tuple[FactorSettings, ...], progress: Progress
) -> list[Figures]:
    """Errors of stars and the order of the judged items, means over five folds."""
    splits = surprise5(len(ratings))
    others = peers.NAMES if peers.installed() else ()
    step = _Steps(progress, len(splits) * (lineup.work(chains) + PEER_WORK * len(others)))
    errors: dict[str, list[tuple[float, float]]] = defaultdict(list)
    orders: dict[str, list[float]] = defaultdict(list)
    seconds: dict[str, float] = defaultdict(float)
    chosen: dict[str, dict[str, Any]] = {}
    for rows, last in splits:
        learned, judged = ratings[np.sort(rows)], ratings[last]
        fitted = Lineup(learned, side, step, chains).fit()
        start = time.perf_counter()
        stars = fitted.stars(judged.player, judged.item)
        shared = (time.perf_counter() - start) / len(stars)
        for other in others:
            start = time.perf_counter()
            stars[other] = peers.predict(other, learned, judged)
            seconds[other] += time.perf_counter() - start
            step(other, PEER_WORK)
        orders["popularity"].append(
            order_ndcg(Popularity().fit(learned).scores(learned.item[:0])[judged.item], judged)[0]
        )
        for model, values in stars.items():
            errors[model].append((rmse(values, judged.stars), mae(values, judged.stars)))
            orders[model].append(order_ndcg(values, judged)[0])
            seconds[model] += (fitted.seconds.get(model, 0.0) + shared) if model not in others else 0.0
        chosen = _chosen(fitted)
    return [
        Figures(
            model,
            rmse=float(np.mean([error[0] for error in errors[model]])) if model in errors else None,
            mae=float(np.mean([error[1] for error in errors[model]])) if model in errors else None,
            order_ndcg10=float(np.mean(orders[model])),
            seconds=seconds.get(model) or None,
            rmse_folds=[error[0] for error in errors.get(model, [])],
            chosen=chosen.get(model, {}),
        )
        for model in in_order(orders)
    ]


def _leave_last(
    ratings: Ratings, side: SideData, chains: tuple[FactorSettings, ...], progress: Progress
) -> list[Figures]:
    """Hits of ten suggestions on each player's newest play, and errors of its stars."""
    rows, last = leave_last(ratings)
    learned, judged = ratings[rows], ratings[last]
    rows, last = leave_last(learned)
    inner, inner_judged = learned[rows], learned[last]
    step = _Steps(progress, 2 * lineup.work(chains) + 2 * PEER_WORK)
    figures = [
        _ranked(
            "popularity", np.tile(Popularity().fit(learned).counts, (learned.shape[0], 1)), learned, judged
        )
    ]
    fitted = Lineup(learned, side, step, chains).fit()
    pairs = every_pair(learned.shape)
    stars = {model: values.reshape(learned.shape) for model, values in fitted.stars(*pairs).items()}
    for model in in_order(stars):
        row = _ranked("stars alone" if model == "full" else model, stars[model], learned, judged)
        own = stars[model][judged.player, judged.item]
        row.rmse, row.mae, row.chosen = (
            rmse(own, judged.stars),
            mae(own, judged.stars),
            _chosen(fitted).get(model, {}),
        )
        figures.append(row)
    found = {}
    for key, recent in (("ease", False), ("recent ease", True)):
        settings = choose(learned, recent=recent)
        found[key] = all_scores(Ease(settings).fit(learned), learned)
        figures.append(_ranked(key, found[key], learned, judged, _settings(settings)))
        step(key, PEER_WORK)
    inner_stars = Lineup(inner, side, step, chains).fit().stars(*every_pair(inner.shape))["full"]
    ranking = all_scores(Ease(settings).fit(inner), inner)
    share = choose_mix(ranking, inner_stars.reshape(inner.shape), inner, inner_judged)
    full = _ranked(
        "full", mixed(found["recent ease"], stars["full"], share), learned, judged, {"stars": share}
    )
    own = stars["full"][judged.player, judged.item]
    full.rmse, full.mae = rmse(own, judged.stars), mae(own, judged.stars)
    return [*figures, full]


def _ranked(
    model: str, scores: Floats, learned: Ratings, judged: Ratings, chosen: dict[str, Any] | None = None
) -> Figures:
    found = hits(scores, learned, judged)
    return Figures(model, hr10=found.hr10, ndcg10=found.ndcg10, coverage=found.coverage, chosen=chosen or {})


def _chosen(fitted: Lineup) -> dict[str, dict[str, Any]]:
    """Settings and weights that were chosen inside a training part."""
    own = {
        name: asdict(model.weighting)
        for name, model in fitted.models.items()
        if hasattr(model, "weighting") and name != "bare"
    }
    blends = {"blend": fitted.neighbours, "full": fitted.everything}
    return own | {
        key: {name: round(weight, 3) for name, weight in blend.weights.items()}
        for key, blend in blends.items()
    }


def _settings(settings: EaseSettings) -> dict[str, Any]:
    return {key: value if math.isfinite(value) else None for key, value in asdict(settings).items()}


class _Steps:
    """Adds up units of work for a progress bar."""

    def __init__(self, progress: Progress, every: float) -> None:
        self._progress, self._every, self._done = progress, every, 0.0

    def __call__(self, label: str, units: float) -> None:
        self._done += units
        self._progress(label, self._done, self._every)
