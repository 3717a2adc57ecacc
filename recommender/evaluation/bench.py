"""`recommender bench`: what this machine reaches, as plain data in the form of the game's bench.

It measures models alone; `Advisor.rate` and `suggest`, which a program calls, do more and take longer.
"""

import os
import platform
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import scipy

from recommender import __version__
from recommender.models.base import Model
from recommender.models.biases import Biases
from recommender.models.neighbourhood import BareNeighbours, RobustNeighbours
from recommender.models.online import OnlineModel, OnlineSettings
from recommender.models.residual import ItemResiduals, PlayerResiduals
from recommender.records.ratings import Ratings

SCHEMA: Final = 1
Row = dict[str, Any]
Progress = Callable[[str], None]

LARGE: Final = (943, 1682, 106)  # players, items, ratings of a player: the shape of MovieLens-100K
SMALL: Final = (50, 200, 40)  # a club and its levels
SCALE: Final = (10_000, 100_000, 1_000_000)  # players
ITEM_PATH_PLAYERS = 20_000
LEVELS, PLAYS = 500, 20  # items, ratings of a player
ROUNDS: Final = 2000
FITTED: Final = (Biases, BareNeighbours, RobustNeighbours, PlayerResiduals, ItemResiduals)


def run_bench(progress: Progress = lambda line: None, rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure the online path at two sizes, the item path alone and the fits of one fold; JSON-able."""
    began = time.monotonic()
    results: list[Row] = []
    for name, shape in (("online_943x1682_ms", LARGE), ("online_50x200_ms", SMALL)):
        progress(name)
        model = OnlineModel.of(synthetic(*shape))
        results.append(_updates(name, model, rounds, "one rating in and a new top 10"))
        results.append(_reasons(name.replace("online", "because"), model, max(1, rounds // 4)))
    progress("online_items_50x200_ms")
    model = OnlineModel.of(synthetic(*SMALL), OnlineSettings(cohort=0))
    results.append(_updates("online_items_50x200_ms", model, rounds, "the same, by items alike alone"))
    progress("item_path_500_ms")
    model = OnlineModel.of(synthetic(ITEM_PATH_PLAYERS, LEVELS, PLAYS), OnlineSettings(cohort=0))
    results.append(_tops("item_path_500_ms", model, rounds))
    for kind in FITTED:
        progress(f"fit_{kind.name}_s")
        results += _fold(kind)
    return _report(began, results)


def run_scale(
    progress: Progress = lambda line: None, players: tuple[int, ...] = SCALE, rounds: int = ROUNDS
) -> dict[str, Any]:
    """Measure memory and time of the online state for ever more players of 500 items; JSON-able."""
    began = time.monotonic()
    results = []
    for count in players:
        progress(f"{count:,} players")
        ratings = synthetic(count, LEVELS, PLAYS)
        start = time.perf_counter()
        model = OnlineModel.of(ratings)
        built = time.perf_counter() - start
        names = (
            sum(sys.getsizeof(name) + 100 for name in ratings.players) / 2**20
        )  # a dict entry and a list entry
        whole = _updates(
            "scale_update_top_ms", model, rounds, "one rating in and a new top 10, 2000 references"
        )
        # with every seat taken
        memory = {part: round(size / 2**20, 1) for part, size in model.nbytes.items()}
        del model
        alone = OnlineModel.of(ratings, OnlineSettings(cohort=0))
        results += [
            {
                "name": "scale_state_mb",
                "value": round(sum(memory.values()), 1),
                "unit": "MB",
                "parts": memory,
                "names_mb": round(names, 1),
                "build_seconds": round(built, 2),
                "players": count,
            },
            {**whole, "players": count},
            {**_tops("scale_item_path_ms", alone, rounds), "players": count},
        ]
    return _report(began, results)


def synthetic(players: int, items: int, each: int, seed: int = 0) -> Ratings:
    """Ratings of made players: some items are far more popular, stars follow two tastes.

    `each` is the mean; active players rate several times as many where the catalogue allows it.
    """
    rng = np.random.default_rng(seed)
    spread = rng.lognormal(0.0, 0.5, players)
    counts = np.clip(np.round(each * spread / spread.mean()), 1, items // 2).astype(np.int64)
    player = np.repeat(np.arange(players, dtype=np.int32), counts)
    popular = rng.permutation(np.arange(items))[
        np.minimum(rng.random(len(player)) ** 2 * items, items - 1).astype(int)
    ]
    pair = np.sort(player.astype(np.int64) * items + popular)
    pair = pair[np.diff(pair, prepend=-1) > 0]
    player, item = (pair // items).astype(np.int32), (pair % items).astype(np.int32)
    likes, has = rng.normal(size=(players, 2)), rng.normal(size=(items, 2))
    stars = 3.4 + 0.4 * rng.normal(size=players)[player] + 0.5 * rng.normal(size=items)[item]
    stars += 0.6 * (likes[player] * has[item]).sum(axis=1) + 0.5 * rng.normal(size=len(pair))
    return Ratings(
        tuple(f"player {number}" for number in range(players)),
        tuple(f"item {number}" for number in range(items)),
        player,
        item,
        np.clip(np.round(stars), 1.0, 5.0),
        np.zeros(len(pair)),
    )


def _report(began: float, results: list[Row]) -> dict[str, Any]:
    machine = {
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }
    return {
        "schema": SCHEMA,
        "version": __version__,
        "machine": machine,
        "seconds": round(time.monotonic() - began, 1),
        "results": results,
    }


def _timed(name: str, work: Callable[[int], object], rounds: int, **facts: Any) -> Row:
    """p50 and p99 on the wall's clock; cpu_ leaves out the time other processes had the processor."""
    wall, cpu = np.empty(rounds), np.empty(rounds)
    for index in range(rounds):
        began, spent = time.perf_counter(), time.thread_time()
        work(index)
        wall[index], cpu[index] = time.perf_counter() - began, time.thread_time() - spent
    values = zip(
        ("p50", "p99", "cpu_p50", "cpu_p99"),
        1000 * np.concatenate([np.percentile(t, (50, 99)) for t in (wall, cpu)]),
    )
    return {
        "name": name,
        **{key: round(float(value), 4) for key, value in values},
        "unit": "ms",
        "count": rounds,
        **facts,
    }


def _updates(name: str, model: OnlineModel, rounds: int, what: str) -> Row:
    rng, players, items = np.random.default_rng(1), model.players[: model.settings.seats], model.items
    who, which = rng.integers(len(players), size=rounds), rng.integers(len(items), size=rounds)
    stars = rng.integers(1, 6, rounds).astype(float).tolist()

    def work(index: int) -> None:
        model.rate(players[who[index]], items[which[index]], stars[index])
        model.top(players[who[index]])

    for player in players:
        model.top(player)  # takes the seats; what a first visit costs is another row
    return _timed(name, work, rounds, what=what, first_visit_ms=_first_visit(model))


def _first_visit(model: OnlineModel) -> float:
    """Median milliseconds of a top 10 for a player whose neighbours have to be found anew."""
    times = []
    for player in model.players[:50]:
        model.leave(player)
        began = time.perf_counter()
        model.top(player)
        times.append(1000 * (time.perf_counter() - began))
    return round(float(np.median(times)), 4)


def _reasons(name: str, model: OnlineModel, rounds: int) -> Row:
    players, items = model.players, model.items
    return _timed(
        name,
        lambda index: model.because(players[index % len(players)], items[index % len(items)]),
        rounds,
        what="the reason of one prediction",
    )


def _tops(name: str, model: OnlineModel, rounds: int) -> Row:
    players = model.players
    model.top(players[0])
    return _timed(
        name,
        lambda index: model.top(players[7919 * index % len(players)]),
        rounds,
        what="a top 10 by items alike, no reference players",
    )


def _fold(kind: type[Model]) -> list[Row]:
    """Fit on four fifths of ratings in the shape of MovieLens-100K, then predict the fifth."""
    ratings = synthetic(*LARGE)
    order = np.random.default_rng(0).permutation(len(ratings))
    cut = len(order) // 5
    learnt, judged = ratings[order[cut:]], ratings[order[:cut]]
    began = time.perf_counter()
    model = kind().fit(learnt)
    fitted = time.perf_counter()
    model.predict(judged.player, judged.item)
    return [
        {"name": f"fit_{kind.name}_s", "value": round(fitted - began, 3), "unit": "s", "count": len(learnt)},
        {
            "name": f"predict_{kind.name}_s",
            "value": round(time.perf_counter() - fitted, 3),
            "unit": "s",
            "count": len(judged),
        },
    ]
