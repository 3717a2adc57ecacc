"""Run a protocol over all models."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np

from recommender.evaluation import lineup, offers, peers
from recommender.evaluation.judging import ListMetrics, window_sizes
from recommender.evaluation.lineup import FitSettings, RatingModels
from recommender.evaluation.metrics import mae, order_ndcg, rmse
from recommender.evaluation.product import PRODUCT, REFITTED, EvaluatedAdvisor
from recommender.evaluation.protocols import (
    ALL,
    CUTS,
    GLOBAL_TIME,
    LEAVE_LAST,
    PROTOCOLS,
    SUCCESSIVE,
    SURPRISE5,
    TARGETS,
    Leak,
    Split,
    by_entry,
    count_leak,
    has_times,
    leave_last_part,
    surprise5,
    time_windows,
)
from recommender.evaluation.report import EvaluationReport, ModelMetrics
from recommender.models.ranking import Popularity
from recommender.records.ratings import Ratings
from recommender.records.side_tables import SideData

ORDER: Final = (  # order of the rows of a report; other models come last
    offers.POPULARITY,
    offers.EASE,
    offers.TUNED,
    PRODUCT,
    REFITTED,
    "biases",
    "article",
    "article-nearest",
    "bare",
    "robust",
    "player-residuals",
    "item-residuals",
    "blend",
    "factors 1",
    "factors 2",
    offers.ALONE,
    offers.FULL,
    offers.RECENT,
    *peers.NAMES,
)
PEER_WORK: Final = 200
PRODUCT_WORK: Final = 100


def order_models(models: Iterable[str]) -> list[str]:
    """Return the models in the order of a report, without leaving any out."""
    return sorted(models, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


Progress = Callable[[str, float, float], None]  # what is being done, units done, units in total


def evaluate(
    ratings: Ratings,
    protocol: str,
    *,
    name: str,
    side: SideData | None = None,
    fitting: FitSettings | None = None,
    product: bool = True,
    targets: str = ALL,
    cuts: Sequence[float] = CUTS,
    progress: Progress = lambda label, done, every: None,
) -> EvaluationReport:
    """Measure every model by a protocol; `targets` and `cuts` are of global-time. RatingsRefused for unsuitable ratings."""
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol: expected {', '.join(PROTOCOLS)}, found {protocol!r}")
    if targets not in TARGETS:
        raise ValueError(f"targets: expected {' or '.join(TARGETS)}, found {targets!r}")
    side, fitting = side or SideData(), fitting or FitSettings(lineup.CHAINS)
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
        _surprise5(report, ratings, side, fitting, product, progress)
    else:
        _lists(report, ratings, offers.MeasurePlan(protocol, side, fitting, product), targets, cuts, progress)
    return report


def _surprise5(
    report: EvaluationReport,
    ratings: Ratings,
    side: SideData,
    fitting: FitSettings,
    product: bool,
    progress: Progress,
) -> None:
    """Errors of stars and the order of the judged items, means over five folds."""
    splits = surprise5(len(ratings))
    others = peers.NAMES if peers.installed() else ()
    units = lineup.fit_work(fitting.chains) + PEER_WORK * len(others) + 2 * PRODUCT_WORK * product
    step = _Steps(progress, len(splits) * units)
    errors: dict[str, list[tuple[float, float]]] = defaultdict(list)
    orders: dict[str, list[float]] = defaultdict(list)
    seconds: dict[str, float] = defaultdict(float)
    chosen: dict[str, dict[str, Any]] = {}
    for rows, last in splits:
        learned, judged = ratings[np.sort(rows)], ratings[last]
        fitted = RatingModels(learned, side, step, fitting).fit()
        start = time.perf_counter()
        stars = fitted.stars(judged.player, judged.item)
        shared = (time.perf_counter() - start) / len(stars)
        for model in stars:
            seconds[model] += fitted.seconds.get(model, 0.0) + shared
        for other in others:
            start = time.perf_counter()
            stars[other] = peers.predict(other, learned, judged)
            seconds[other] += time.perf_counter() - start
            step(other, PEER_WORK)
        if product:
            asked = EvaluatedAdvisor(by_entry(learned), side)
            for model in (PRODUCT, REFITTED):
                start = time.perf_counter()
                if model == REFITTED:
                    asked.refit()
                stars[model] = asked.stars(judged)
                seconds[model] += time.perf_counter() - start + asked.seconds * (model == PRODUCT)
                step(model, PRODUCT_WORK)
            asked.close()
        popular = Popularity().fit(learned).scores(learned.item[:0])[judged.item]
        orders[offers.POPULARITY].append(order_ndcg(popular, judged)[0])
        for model, values in stars.items():
            errors[model].append((rmse(values, judged.stars), mae(values, judged.stars)))
            orders[model].append(order_ndcg(values, judged)[0])
        chosen = offers.chosen_settings(fitted)
        report.notes = list(dict.fromkeys([*report.notes, *fitted.notes]))
    report.models = [
        ModelMetrics(
            model,
            rmse=float(np.mean([error[0] for error in errors[model]])) if model in errors else None,
            mae=float(np.mean([error[1] for error in errors[model]])) if model in errors else None,
            order_ndcg10=float(np.mean(orders[model])),
            seconds=seconds.get(model) or None,
            rmse_folds=[error[0] for error in errors.get(model, [])],
            chosen=chosen.get(model, {}),
        )
        for model in order_models(orders)
    ]


def _lists(
    report: EvaluationReport,
    ratings: Ratings,
    plan: offers.MeasurePlan,
    targets: str,
    cuts: Sequence[float],
    progress: Progress,
) -> None:
    """Lists of all models, tested on each player's newest rating or on the ratings after cuts in time."""
    if plan.protocol == LEAVE_LAST:
        parts = [leave_last_part(ratings)]
        report.notes, report.leak = _leak_notes(ratings)
    else:
        parts = time_windows(ratings, cuts)
        report.targets, report.windows = targets, [window_sizes(part) for part in parts]
        report.notes = _window_notes(parts, targets)
    one_by_one = plan.protocol == GLOBAL_TIME and targets == SUCCESSIVE
    fits = 0 if one_by_one else 2 * lineup.fit_work(plan.fitting.chains)
    step = _Steps(progress, len(parts) * (fits + (4 + 2 * plan.product) * offers.UNITS))
    fitting = FitSettings(
        plan.fitting.chains, tuned=False, by_time=plan.protocol == GLOBAL_TIME, memory=plan.fitting.memory
    )
    plan = offers.MeasurePlan(plan.protocol, plan.side, fitting, plan.product, step)
    judged, found = ListMetrics(plan.side.items), offers.ModelLists()
    seconds: dict[str, float] = defaultdict(float)
    for part in parts:
        found = offers.lists_in_turn(part, plan) if one_by_one else offers.lists_at_once(part, plan)
        judged.add(part, found.lists, targets=one_by_one)
        report.notes = list(dict.fromkeys([*report.notes, *found.notes]))
        for model, spent in found.seconds.items():
            seconds[model] += spent
    rows = {row.model: row for row in judged.figures()}
    for model, row in rows.items():
        row.seconds, row.chosen = seconds.get(model), found.chosen.get(model, {})
        if plan.protocol == LEAVE_LAST and model in found.stars:
            truth = parts[0].judged.stars
            row.rmse, row.mae = rmse(found.stars[model], truth), mae(found.stars[model], truth)
    report.models = [rows[model] for model in order_models(rows)]
    report.notes += _list_notes(judged, plan)


def _leak_notes(ratings: Ratings) -> tuple[list[str], dict[str, float]]:
    """A note about the leak of leave-last-out, measured in this table."""
    if not has_times(ratings):
        return [
            "no timestamps: the order of the rows decides which rating is a player's last, and the result says nothing about time"
        ], {}
    found: Leak = count_leak(ratings)
    return [
        f"leave-last-out leaks: {100 * found.later:.0f} % of the training ratings were given after the test rating "
        f"(mean over players); {100 * found.tied:.0f} % of the last ratings share their second with another of the "
        f"player, so that the order of rows decides; {100 * found.one_hour:.0f} % of the players gave all ratings "
        "within an hour. `--folds global-time` has no such leak",
        f"{offers.RECENT} shows the leak: it gains from ratings close in time, and its settings were chosen with the "
        "leak; global-time shows how much of the gain is left",
    ], dict(found._asdict())


def _window_notes(parts: Sequence[Split], targets: str) -> list[str]:
    """A note about global-time."""
    unknown = sum(part.unknown * len(part.judged) for part in parts) / sum(len(part.judged) for part in parts)
    each = (
        "each later rating in turn, the earlier ones learnt" if targets == SUCCESSIVE else "all later ratings"
    )
    return [
        f"every training part ends at the same moment for all players; relevant: {each}, with any stars; "
        f"{100 * unknown:.1f} % of them are of items without ratings before the cut: a miss for every model",
    ]


def _list_notes(judged: ListMetrics, plan: offers.MeasurePlan) -> list[str]:
    """A note about the metrics beyond accuracy."""
    lines = [
        "every item not yet rated by the player is a candidate. Coverage: share of the candidates that is suggested; Gini: of "
        "the numbers of suggestions; novelty: bits; popularity: mean percentile; diversity: mean of 1 - cosine, over "
        f"{judged.compared_by}; calibration: KL divergence from the history's tags (less is better)",
    ]
    if plan.side.items is None:
        lines.append("calibration needs tags of the items (--items)")
    return lines


class _Steps:
    """Adds up units of work for a progress bar."""

    def __init__(self, progress: Progress, every: float) -> None:
        self._progress, self._every, self._done = progress, every, 0.0

    def __call__(self, label: str, units: float) -> None:
        self._done = min(self._done + units, self._every)
        self._progress(label, self._done, self._every)
