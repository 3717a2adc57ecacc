"""The proof that several processes write one store without losing a row: `python -m tests.recommender.store.many_writers`.

Each writer is a process of its own that opens the file and writes at once with the others: rating by rating, in batches, or
through the background `Writer`. Then everything that each of them wrote must be there, in the order in which it wrote it,
and no process may have told of any trouble.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from recommender.records.kinds import Rating
from recommender.store import Store, Writer

BATCH = 50
WAYS = ("store", "batches", "writer")


def write(path: Path, way: str, player: str, rows: int) -> tuple[int, list[str]]:
    """Write `rows` ratings; return how many writes did not succeed at once, and the messages."""
    store = Store(path)
    target: Store | Writer = Writer(store) if way == "writer" else store
    ratings = [Rating(player, f"item {n:06d}", 1.0 + n % 5, float(n)) for n in range(rows)]
    size = BATCH if way == "batches" else 1
    failed = sum(not target.put_ratings(ratings[start : start + size]) for start in range(0, rows, size))
    target.close()
    return failed, list(target.messages)


def _child(path: str, way: str, player: str, rows: int, told: "multiprocessing.Queue[object]") -> None:
    told.put((player, *write(Path(path), way, player, rows)))


def checked(store: Store, names: Sequence[str], rows: int) -> tuple[int, int]:
    """How many rows of the writers are lost, and how many writers' rows are not in the order in which they wrote."""
    lost, disorder = 0, 0
    for name in names:
        found = [rating.item for rating in store.rating_history(name)]
        lost += rows - len(set(found))
        disorder += found != sorted(found)
    return lost, disorder


def prove(path: Path, writers: int = 3, rows: int = 10_000) -> dict[str, object]:
    """Run the writers; return what is lost, what was told and how long it took."""
    context = multiprocessing.get_context("spawn")
    told: multiprocessing.Queue[object] = context.Queue()
    names = [f"{WAYS[n % len(WAYS)]} {n}" for n in range(writers)]
    children = [
        context.Process(target=_child, args=(str(path), name.partition(" ")[0], name, rows, told))
        for name in names
    ]
    started = time.perf_counter()
    for child in children:
        child.start()
    answers = [told.get(timeout=600) for _ in children]
    for child in children:
        child.join()
    seconds = time.perf_counter() - started
    store = Store(path)
    lost, disorder = checked(store, names, rows)
    messages = [*store.messages, *(line for _, _, lines in answers for line in lines)]  # type: ignore[misc]
    store.close()
    return {
        "rows": writers * rows,
        "lost": lost,
        "out of order": disorder,
        "late": sum(failed for _, failed, _ in answers),  # type: ignore[misc]
        "messages": messages,
        "seconds": round(seconds, 1),
    }


def main() -> None:
    """Run the proof and print its figures; exit 1 where a row is lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=3)
    parser.add_argument("--rows", type=int, default=10_000, help="of each writer")
    parser.add_argument("--folder", type=Path, help="on the disk to be tried; default: a temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        figures = prove(Path(folder) / "store.sqlite", arguments.writers, arguments.rows)
    print(json.dumps(figures))
    sys.exit(bool(figures["lost"]))


if __name__ == "__main__":
    main()
