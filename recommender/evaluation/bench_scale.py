"""One size of `bench --scale`, in its own process, so that its peak memory is that of this size alone.

    python -m recommender.evaluation.bench_scale RATINGS ITEMS EACH ROUNDS

A first process writes the store to a file and ends; this one opens it as a program does, and prints rows as JSON.
"""

import json
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from recommender.advisor.engine import Advisor, AdvisorSettings
from recommender.evaluation.bench import Row, make_step, report_of, store_ratings, synthetic, time_rounds
from recommender.records.kinds import Rating
from recommender.store import Store

MEGABYTE = 2**20


def write_store(file: str, ratings: int, items: int, each: int) -> None:
    """Write a store of this many synthetic ratings."""
    store = Store(Path(file))
    table = synthetic(max(1, round(ratings / each)), items, each)
    kept = np.random.default_rng(0).permutation(len(table))[:ratings]
    store_ratings(table[kept], "rate", store)
    missing = ratings - len(table)
    if missing > 0:  # some pairs were drawn twice; more players make up for them
        more = synthetic(max(1, round(1.3 * missing / min(each, items // 2))), items, each, seed=1)
        rows = list(zip(more.player.tolist(), more.item.tolist(), more.stars.tolist(), strict=True))[:missing]
        store.put_ratings([Rating(f"other {p}", more.items[i], stars, 0.0) for p, i, stars in rows])
    store.close()


def peak_memory() -> float:
    """The peak memory of this process, MB; 0 if the system does not report it."""
    try:
        import resource
    except ImportError:
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(most) / (MEGABYTE if sys.platform == "darwin" else 1024)


def measure_lists(file: Path, rounds: int) -> list[Row]:
    """Open the store, make the first list, then time lists."""
    before = peak_memory()
    began = time.process_time()
    store = Store(file)
    items = store.items()
    advisor = Advisor(items, store, player="player 0", settings=AdvisorSettings(), seed=1, worker=False)
    opened = time.process_time()
    advisor.suggest(10)
    first = time.process_time()
    peak = peak_memory()
    names = tuple(item.name for item in items)
    lists = time_rounds(make_step(advisor, names, "rate"), rounds)
    players, stars = len(store.players()), advisor._knowledge.others.everyone.counts[0]
    store.close()
    return [
        {
            "name": "scale_open_s", "value": round(first - began, 2), "unit": "s", "what": "store opened and first list",
            "peak_mb": round(peak, 1), "before_mb": round(before, 1), "players": players, "others_ratings": stars,
            "first_list_ms": round(1000 * (first - opened), 1),
        },
        report_of("scale_list_ms", lists, what="one rating in and a new top 10 with reasons", players=players),
    ]  # fmt: skip


def main(arguments: list[str]) -> int:
    """Write the store in another process, measure here."""
    ratings, items, each, rounds = map(int, arguments)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "records.sqlite"
        writer = multiprocessing.get_context("spawn").Process(
            target=write_store, args=(str(file), ratings, items, each)
        )
        writer.start()
        writer.join()
        if writer.exitcode:
            return 1
        print(json.dumps(measure_lists(file, rounds)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
