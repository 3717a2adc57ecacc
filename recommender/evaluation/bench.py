"""`recommender bench`: measurements of this machine, as plain data in the form of the game's bench.

It measures the product as a program uses it: `Advisor.rate` or `played`, then `suggest(10)` with its reasons, on a store in
memory.
"""

import json
import os
import platform
import subprocess
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import scipy

from recommender import __version__
from recommender.advisor.engine import Advisor, AdvisorSettings
from recommender.models.base import Model
from recommender.models.biases import Biases
from recommender.models.neighbourhood import BareNeighbours, RobustNeighbours
from recommender.models.residual import ItemResiduals, PlayerResiduals
from recommender.records.kinds import Item, Play, Rating
from recommender.records.ratings import Ratings
from recommender.store import Store
from safefiles.child import child_environment, python_command

SCHEMA: Final = 1
Row = dict[str, Any]
Progress = Callable[[str], None]

LARGE: Final = (943, 1682, 106)  # players, items, ratings of a player: the shape of MovieLens-100K
SMALL: Final = (50, 200, 40)  # a small community and its levels
SCALE: Final = (10_000, 100_000, 1_000_000)  # ratings
SCALE_ITEMS, SCALE_EACH = 500, 50  # items, ratings of a player
ROUNDS: Final = 500
FITTED: Final = (Biases, BareNeighbours, RobustNeighbours, PlayerResiduals, ItemResiduals)
WHAT: Final = {
    "rate": "one rating in and a new top 10 with reasons",
    "play": "one play in and a new top 10 with reasons",
}


def run_bench(progress: Progress = lambda line: None, rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure the product at two sizes, with ratings and with plays, its first list, and the fits of one fold; JSON-able."""
    began = time.monotonic()
    results: list[Row] = []
    for name, shape in (("943x1682", LARGE), ("50x200", SMALL)):
        ratings = synthetic(*shape)
        for event, what in WHAT.items():
            progress(f"{event}_{name}_ms")
            advisor, first = _opened(ratings, event)
            results.append(_timed(f"{event}_{name}_ms", _step(advisor, event), rounds, what=what, **first))
    for kind in FITTED:
        progress(f"fit_{kind.name}_s")
        results += _fold(kind)
    return _report(began, results)


def run_scale(
    progress: Progress = lambda line: None, ratings: tuple[int, ...] = SCALE, rounds: int = ROUNDS // 5
) -> dict[str, Any]:
    """Measure opening, memory and lists for growing numbers of ratings of SCALE_ITEMS items, each in its own process; JSON-able.

    Seconds are processor time; memory is the peak of the process, and its memory before it opens the store.
    """
    began = time.monotonic()
    results: list[Row] = []
    for count in ratings:
        progress(f"{count:,} ratings")
        job = [str(count), str(SCALE_ITEMS), str(SCALE_EACH), str(rounds)]
        command = python_command("-m", "recommender.evaluation.bench_scale", *job)
        output = subprocess.run(
            command, stdout=subprocess.PIPE, check=True, text=True, env=child_environment({})
        ).stdout
        results += [{**row, "ratings": count} for row in json.loads(output)]
    return _report(began, results)


def synthetic(players: int, items: int, each: int, seed: int = 0) -> Ratings:
    """Ratings of synthetic players: some items are far more popular, stars follow two tastes.

    `each` is the mean; active players rate several times as many if the catalogue allows it.
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


def store_ratings(ratings: Ratings, event: str, store: Store) -> None:
    """Put synthetic ratings into a store, unchanged or as plays of items with three stars or more."""
    store.put_items([Item(name) for name in ratings.items])
    rows = zip(ratings.player.tolist(), ratings.item.tolist(), ratings.stars.tolist(), strict=True)
    if event == "rate":
        store.put_ratings([Rating(ratings.players[p], ratings.items[i], stars, 0.0) for p, i, stars in rows])
    else:
        plays = [(ratings.players[p], ratings.items[i]) for p, i, stars in rows if stars >= 3]
        store.put_plays([Play(player, item, "played", 1.0, 0.0) for player, item in plays])


def report_of(name: str, values: "np.ndarray[Any, Any]", **facts: Any) -> Row:
    """A row of milliseconds of processor time, (n,)."""
    found = {
        key: round(float(np.quantile(values, q)), 3) for key, q in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
    }
    return {"name": name, **found, "unit": "ms", "count": len(values), **facts}


def make_step(advisor: Advisor, items: tuple[str, ...], event: str) -> Callable[[int], object]:
    """The timed step: add a record of a random item, and make a list."""
    random = np.random.default_rng(1)

    def work(_: int) -> None:
        item, stars = items[int(random.integers(len(items)))], float(random.integers(1, 6))
        if event == "rate":
            advisor.rate(item, stars)
        else:
            advisor.played(item)
        advisor.suggest(10)

    return work


def _step(advisor: Advisor, event: str) -> Callable[[int], object]:
    return make_step(advisor, tuple(item.name for item in advisor._items.values()), event)


def _opened(ratings: Ratings, event: str) -> tuple[Advisor, dict[str, float]]:
    """An advisor for the first player, as a program opens it, and the time of the opening and the first list."""
    store = Store(None)
    store_ratings(ratings, event, store)
    began = time.process_time()
    settings = AdvisorSettings(repeats=event == "play")
    advisor = Advisor(
        store.items(), store, player=ratings.players[0], settings=settings, seed=1, worker=False
    )
    opened = time.process_time()
    advisor.suggest(10)
    first = time.process_time() - opened
    return advisor, {"open_seconds": round(opened - began, 3), "first_list_ms": round(1000 * first, 2)}


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


def time_rounds(work: Callable[[int], object], rounds: int) -> "np.ndarray[Any, Any]":
    """Milliseconds of processor time of each round, without the time of other processes."""
    spent = np.empty(rounds)
    for index in range(rounds):
        began = time.process_time()
        work(index)
        spent[index] = 1000 * (time.process_time() - began)
    return spent


def _timed(name: str, work: Callable[[int], object], rounds: int, **facts: Any) -> Row:
    return report_of(name, time_rounds(work, rounds), **facts)


def _fold(kind: type[Model]) -> list[Row]:
    """Fit on four fifths of ratings in the shape of MovieLens-100K, then predict the fifth."""
    ratings = synthetic(*LARGE)
    order = np.random.default_rng(0).permutation(len(ratings))
    cut = len(order) // 5
    learnt, judged = ratings[order[cut:]], ratings[order[:cut]]
    began = time.process_time()
    model = kind().fit(learnt)
    fitted = time.process_time()
    model.predict(judged.player, judged.item)
    ended = time.process_time()
    return [
        {"name": f"fit_{kind.name}_s", "value": round(fitted - began, 3), "unit": "s", "count": len(learnt)},
        {
            "name": f"predict_{kind.name}_s",
            "value": round(ended - fitted, 3),
            "unit": "s",
            "count": len(judged),
        },
    ]
