"""The proof that one wrong bit on the disk never loses a record in silence: `python -m tests.fuzz.flips --flips 853`.

A file of each store, with and without a write-ahead log that a killed process left, gets one random bit flipped. It is
opened, read, written to, and opened again. What was acknowledged before may be lost only with a message; what is
acknowledged after the opening must be there at the next one. Prints the counts of each store as JSON.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from game.player.profile import MATCH_COLUMNS, OWNER, RESULTS_STEPS, MatchRecord
from recommender.records.kinds import Attempt, Rating
from recommender.store import Store
from safefiles.messages import Message
from safefiles.sqlite_file import SqliteFile
from tests.recommender.store.damaged import sound_file

ENDINGS: Final = ("", "-wal")
SILENT: Final = "silent loss"
# What the messages call an outcome; the gravest of several counts
OUTCOMES: Final = {
    "not_kept": "left alone", "not_yet": "left alone", "fresh": "set aside", "salvaged": "salvaged", "healed": "healed",
    "mended_log": "mended", "nonsense": "told",
}  # fmt: skip


class Opened(Protocol):
    """A store that is open."""

    messages: list[str]

    def records(self) -> "Counter[Hashable]":
        """Everything that it holds."""

    def add(self, number: int) -> list[Hashable]:
        """Write something new; return it where it was acknowledged, else nothing."""

    def close(self) -> None:
        """Close the file."""


class Feedback:
    """`feedback.sqlite`, the recommender's store."""

    def __init__(self, path: Path) -> None:
        self._store = Store(path, owner=OWNER)
        self.messages = self._store.messages

    def records(self) -> "Counter[Hashable]":
        store = self._store
        rows: list[object] = [
            *store.rating_history(), *store.attempts(), *store.plays(), *store.items(), *store.shown(),
            *(("player", name) for name in store.players()),
            *(("dismissed", item) for item in store.dismissed("player 0")),
        ]  # fmt: skip
        return Counter(map(repr, rows))

    def add(self, number: int) -> list[Hashable]:
        rating = Rating("ann", f"new {number}", 4.0, 4e9 + number)
        attempt = Attempt("ann", f"new {number}", "finished", 3.0, 4e9 + number)
        written = self._store.put_ratings([rating]), self._store.put_attempts([attempt])
        return [repr(record) for record, safe in zip((rating, attempt), written) if safe]

    def close(self) -> None:
        self._store.close()


class Results:
    """`results.sqlite`, the game's match records."""

    def __init__(self, path: Path) -> None:
        self.messages: list[str] = []
        self._file = SqliteFile(path, RESULTS_STEPS, owner=OWNER, messages=self.messages)

    def records(self) -> "Counter[Hashable]":
        return Counter(self._file.rows(f"SELECT {', '.join(MATCH_COLUMNS)} FROM matches"))

    def add(self, number: int) -> list[Hashable]:
        row = match_row(9000 + number)
        return [row] if self._file.write([(PUT_MATCH, [row])]) else []

    def close(self) -> None:
        self._file.close()


PUT_MATCH: Final = f"INSERT INTO matches VALUES ({', '.join('?' * len(MATCH_COLUMNS))})"


def match_row(number: int) -> tuple[object, ...]:
    """A match record, another one for each number."""
    record = MatchRecord(
        f"level {number % 30}", f"digest {number}", "eliminate", "hunter", "regular", "scout", "won", 100 + number,
        600 + number, number % 5, number % 3, 0, f"replay-{number}.bsr", time=float(number),
    )  # fmt: skip
    return tuple(getattr(record, column) for column in MATCH_COLUMNS)


def make_feedback(path: Path) -> None:
    """Write a file with a little of everything."""
    sound_file(path)


def make_results(path: Path) -> None:
    """Write a file of 120 matches."""
    results = SqliteFile(path, RESULTS_STEPS, owner=OWNER, messages=[])
    for number in range(120):
        results.write([(PUT_MATCH, [match_row(number)])])
    results.close()


@dataclass(frozen=True)
class Case:
    """A store's kind."""

    file: str
    make: Callable[[Path], None]
    open: Callable[[Path], Opened]


STORES: Final = {
    "feedback": Case("feedback.sqlite", make_feedback, Feedback),
    "results": Case("results.sqlite", make_results, Results),
}


def with_log(case: Case, folder: Path) -> Path:
    """A file as a killed process leaves it: the last writes are in the log only."""
    path = folder / "open" / case.file
    path.parent.mkdir()
    case.make(path)
    opened = case.open(path)
    for number in range(12):
        opened.add(1000 + number)
    left = folder / "left" / case.file
    left.parent.mkdir()
    for ending in ENDINGS:
        shutil.copy(path.with_name(path.name + ending), left.with_name(left.name + ending))
    opened.close()
    return left


def without_log(case: Case, folder: Path) -> Path:
    """A file that was closed."""
    path = folder / "closed" / case.file
    path.parent.mkdir()
    case.make(path)
    return path


def flipped(source: Path, target: Path, chance: random.Random) -> str:
    """Copy the files with one random bit flipped, half of the time in the log where there is one; return where."""
    there = [ending for ending in ENDINGS if source.with_name(source.name + ending).exists()]
    chosen = chance.choice(there)
    where = ""
    for ending in there:
        data = bytearray(source.with_name(source.name + ending).read_bytes())
        if ending == chosen:
            bit = chance.randrange(len(data) * 8)
            data[bit // 8] ^= 1 << bit % 8
            where = f"{target.name}{ending} byte {bit // 8} bit {bit % 8}"
        target.with_name(target.name + ending).write_bytes(data)
    return where


def outcome(case: Case, path: Path, before: "Counter[Hashable]", number: int) -> tuple[str, int, list[str]]:
    """Open, read, write and open again; return what became of it, the records lost, and the messages."""
    opened = case.open(path)
    found = opened.records()
    said = list(opened.messages)
    lost = sum((before - found).values())
    new = opened.add(number)
    opened.close()
    again = case.open(path)
    missing = [record for record in new if record not in again.records()]
    later = sum((before - again.records()).values())
    again.close()
    if missing:
        return SILENT, len(missing), [*said, f"acknowledged afterwards and gone: {missing}"]
    if (lost or later > lost) and not said:
        return SILENT, lost or later, said
    keys = [
        message.key.removeprefix("files.") if isinstance(message, Message) else "told" for message in said
    ]
    found_keys = [key for key in OUTCOMES if key in keys]
    return OUTCOMES[found_keys[0]] if found_keys else "told" if keys else "harmless", lost, said


def prove(store: str, flips: int, folder: Path, seed: int = 0) -> dict[str, int]:
    """Flip bits of one store's file; return the counts. AssertionError with the first silent loss."""
    case = STORES[store]
    sources = [without_log(case, folder), with_log(case, folder)]
    expected = []
    for number, source in enumerate(sources):
        probe = folder / f"probe {number}" / case.file
        shutil.copytree(source.parent, probe.parent)
        opened = case.open(probe)
        expected.append(opened.records())
        assert not opened.messages, opened.messages
        opened.close()
    counts: Counter[str] = Counter()
    chance = random.Random(f"{store} {seed}")
    for number in range(flips):
        target = folder / "now" / case.file
        shutil.rmtree(target.parent, ignore_errors=True)
        target.parent.mkdir()
        kind = number % 2
        where = flipped(sources[kind], target, chance)
        verdict, lost, said = outcome(case, target, expected[kind], number)
        if verdict == SILENT:
            raise AssertionError(f"flip {number}, {where}: {lost} records, messages {said}")
        counts[verdict] += 1
        counts["records lost, told"] += lost
    return {"flips": flips, "records": sum(sum(one.values()) for one in expected) // 2, SILENT: 0, **counts}


def main() -> None:
    """Run the proof and print its counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=853, help="of each store")
    parser.add_argument("--store", choices=STORES, action="append")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    figures = {}
    for store in arguments.store or STORES:
        with tempfile.TemporaryDirectory() as folder:
            try:
                figures[store] = prove(store, arguments.flips, Path(folder), arguments.seed)
            except AssertionError as error:
                sys.exit(f"{store}: LOST IN SILENCE: {error}")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
