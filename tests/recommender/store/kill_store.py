"""The proof that no acknowledged rating is lost: `python -m tests.recommender.store.kill_store 1000`.

Each round a child process opens the store and writes; it says over a pipe what was acknowledged and is killed with
SIGKILL at a random moment, which may fall into the opening, a write or a checkpoint; a second one goes on with what it
left and is killed too. Then the store is opened: it must be sound, hold every acknowledged record, and no transaction by
half. Three rounds in turn: writes straight to the store, writes through the background writer, and a file of the first
form killed while it is taken over. Needs POSIX.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from io import FileIO
from pathlib import Path

from recommender.records.kinds import Attempt, Rating
from recommender.store import Store, Writer

MOST_WAITED = 4  # acknowledgements before the kill: 0 to this many
LINE = 10  # bytes that a child sends for each
OLD_ROWS = 200
# Ratings of one transaction, in turn: what a large one that was killed leaves in the log lies behind the small ones after it
BATCHES = (3, 1, 2000, 2)
SMALL_CACHE = 20  # pages, so that a large transaction is in the log before its end
FORM_1 = """
CREATE TABLE ratings(player TEXT NOT NULL, item TEXT NOT NULL, stars REAL NOT NULL, time REAL NOT NULL);
CREATE TABLE plays(player TEXT NOT NULL, item TEXT NOT NULL, event TEXT NOT NULL, value REAL NOT NULL, time REAL NOT NULL);
PRAGMA user_version=1;
"""


def size_of(number: int) -> int:
    """How many ratings a player's write of this number has."""
    return BATCHES[number % len(BATCHES)]


def _ratings(player: str, number: int) -> list[Rating]:
    return [Rating(player, f"{number}.{n:04d}", 1.0 + n % 5, float(number)) for n in range(size_of(number))]


def _opened(path: Path) -> Store:
    store = Store(path)
    store._file.rows(f"PRAGMA cache_size={SMALL_CACHE}")
    return store


def write_to_store(path: Path, player: str, acknowledge: Callable[[int], None]) -> None:
    """Write batches of ratings, and an attempt with each, until killed."""
    store = _opened(path)
    number = 0
    while True:
        ratings = _ratings(player, number)
        attempt = Attempt(player, str(number), "finished", 1.0, float(number))
        if store.put_ratings(ratings) and store.put_attempts([attempt]):
            acknowledge(number)
        number += 1


def write_in_background(path: Path, player: str, acknowledge: Callable[[int], None]) -> None:
    """The same through a Writer; every second write is flushed, which acknowledges the one before too."""
    writer = Writer(_opened(path))
    number = 0
    while True:
        writer.put_ratings(_ratings(player, number))
        writer.put_attempts([Attempt(player, str(number), "finished", 1.0, float(number))])
        if number % 2 and writer.flush():
            acknowledge(number)
        number += 1


def take_over(path: Path, player: str, acknowledge: Callable[[int], None]) -> None:
    """Open a file of the first form, and go on as with any store."""
    write_to_store(path, player, acknowledge)


class Killer:
    """Kills writing children at random moments, spread over what this machine needs to open a store and to write."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._opening = self._writing = 0.01  # seconds, running means

    def acknowledged(self, write: Callable[..., None], path: Path, player: str) -> int:
        """Kill a writing child; return how many writes it had acknowledged."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(reading)
                write(path, player, lambda number: os.write(writing, b"%9d\n" % number))
            finally:
                os._exit(1)  # it never ends by itself
        os.close(writing)
        with os.fdopen(reading, "rb", buffering=0) as stream:
            data = self._wait(stream)
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            data += stream.readall()
        if not os.WIFSIGNALED(status):
            raise AssertionError("the child ended before it was killed")
        return int(data[-LINE:]) + 1 if data else 0

    def _wait(self, stream: FileIO) -> bytes:
        """Wait for a random number of acknowledgements, and then a random while; return what was sent."""
        data, started = b"", time.perf_counter()
        wanted = self._chance.randint(0, MOST_WAITED)
        for number in range(wanted):
            data += stream.read(LINE)
            took, started = time.perf_counter() - started, time.perf_counter()
            if number == 0:
                self._opening += (took - self._opening) / 10
            else:
                self._writing += (took - self._writing) / 10
        longest = 2 * self._writing if wanted else 1.2 * self._opening
        time.sleep(self._chance.uniform(0.0, longest))
        return data


def check(store: Store, player: str, count: int) -> int:
    """Raise AssertionError where a record is missing; return how many writes are there."""
    if store.messages:
        raise AssertionError(f"{player}: {store.messages}")
    items = [rating.item for rating in store.rating_history(player)]
    batches = Counter(int(item.partition(".")[0]) for item in items)
    attempts = {int(attempt.item) for attempt in store.attempts(player)}
    missing = [
        number for number in range(count) if batches[number] != size_of(number) or number not in attempts
    ]
    if missing:
        raise AssertionError(f"{player}: {count} writes acknowledged, lost: {missing[:5]}")
    half = [number for number, found in batches.items() if found != size_of(number)]
    if half:
        raise AssertionError(f"{player}: half a transaction: {half[:5]}")
    return len(batches)


def old_file(path: Path) -> None:
    """A file as it was before there was a store."""
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    connection.executescript(FORM_1)
    for n in range(OLD_ROWS):
        connection.execute("INSERT INTO ratings VALUES ('old', ?, 3.0, ?)", (f"level {n}", float(n)))
        connection.execute("INSERT INTO plays VALUES ('old', ?, 'won', 2.5, ?)", (f"level {n}", float(n)))
    connection.commit()
    connection.close()


def check_old(store: Store) -> None:
    """Raise AssertionError where a row of the old file is missing."""
    found = len(store.ratings("old")), len(store.plays("old")), len(store.attempts("old"))
    if found != (OLD_ROWS,) * 3:
        raise AssertionError(f"of {OLD_ROWS} rows of each kind there are {found}; {store.messages}")


def prove(kills: int, folder: Path, seed: int = 0) -> dict[str, int]:
    """Run the rounds; return the figures. AssertionError with the first loss."""
    killer = Killer(seed)
    path, old = folder / "feedback.sqlite", folder / "old.sqlite"
    ways = (write_to_store, write_in_background, take_over)
    promised: dict[str, int] = {}
    figures = {"kills": 0, "acknowledged": 0, "before the first": 0, "unpromised": 0, "while taking over": 0}
    started = time.perf_counter()
    for number in range(-(-kills // 2)):
        write, player = ways[number % len(ways)], f"round {number}"
        if write is take_over:
            old_file(old)
        file = old if write is take_over else path
        count = killer.acknowledged(write, file, player)
        if write is take_over:
            with sqlite3.connect(old) as connection:
                figures["while taking over"] += connection.execute("PRAGMA user_version").fetchone()[0] == 1
            connection.close()
        # A second one goes on before anything was put in order, and its first writes are small
        counts = {player: count}
        if figures["kills"] + 1 < kills:
            counts[f"{player} again"] = killer.acknowledged(write_to_store, file, f"{player} again")
        store = Store(file)
        there = sum(check(store, name, found) for name, found in counts.items())
        if write is take_over:
            check_old(store)
        else:
            promised |= counts
        store.close()
        figures["kills"] += len(counts)
        figures["acknowledged"] += sum(size_of(n) + 1 for found in counts.values() for n in range(found))
        figures["before the first"] += count == 0
        figures["unpromised"] += there - sum(counts.values())
    store = Store(path)
    for player, count in promised.items():
        check(store, player, count)
    store.close()
    figures["seconds"] = round(time.perf_counter() - started)
    return figures


def main() -> None:
    """Run the proof and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="on the disk to be tried; default: a temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        try:
            figures = prove(arguments.kills, Path(folder), arguments.seed)
        except AssertionError as error:
            sys.exit(f"LOST: {error}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
