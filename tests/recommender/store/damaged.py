"""Files of the store with something wrong in them."""

import random
import sqlite3
from pathlib import Path

from recommender.records.kinds import Attempt, Item, Play, Rating, Shown
from recommender.store import Store


def sound_file(path: Path) -> bytes:
    """Write a store with a little of everything, and return its bytes."""
    store = Store(path)
    store.put_ratings(
        [Rating(f"player {n % 7}", f"level {n % 40}", n % 5 + 1.0, float(n)) for n in range(200)]
    )
    store.put_attempts(
        [
            Attempt(f"player {n % 7}", f"level {n % 40}", "finished", n / 3, float(n), deaths=n % 4)
            for n in range(150)
        ]
    )
    store.put_plays([Play("player 0", f"level {n}", "start", 0.0, float(n)) for n in range(50)])
    store.put_items(
        [
            Item(f"level {n}", {"en": "Level", "zh": "关卡"}, frozenset({"a", "b"}), {"n": n})
            for n in range(40)
        ]
    )
    store.put_shown([Shown("player 0", "level 1", n % 5, 0.5, False, float(n)) for n in range(30)])
    store.put_dismissed("player 0", "level 3")
    store.close()
    return path.read_bytes()


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The bytes with some of them changed, cut off, repeated or blanked; half of the time in the first page."""
    found = bytearray(data)
    way = chance.choice(["flip", "flip", "flip", "cut", "blank", "swap", "grow"])
    end = chance.choice([100, len(found), len(found)])
    at = chance.randrange(end)
    if way == "flip":
        for _ in range(chance.choice([1, 1, 3, 30])):
            found[chance.randrange(end)] = chance.randrange(256)
    elif way == "cut":
        del found[at:]
    elif way == "blank":
        length = chance.choice([16, 512, 4096])
        found[at : at + length] = bytes(len(found[at : at + length]))
    elif way == "swap":
        other = chance.randrange(len(found) // 4096) * 4096
        at = at // 4096 * 4096
        found[at : at + 4096], found[other : other + 4096] = (
            found[other : other + 4096],
            found[at : at + 4096],
        )
    else:
        found += bytes(chance.randrange(256) for _ in range(chance.choice([1, 700, 5000])))
    return bytes(found)


def open_and_use(path: Path, data: bytes, log: bytes = b"") -> str:
    """Put the bytes where a store is, open it, use it, open it again; return what became of it.

    AssertionError where anything is lost that need not be: the damaged bytes, or what is written afterwards.
    """
    for part in path.parent.iterdir():
        part.unlink()
    path.write_bytes(data)
    if log:
        path.with_name(path.name + "-wal").write_bytes(log)
    store = Store(path)
    aside = [part for part in path.parent.iterdir() if ".damaged-" in part.name and part.suffix == ".sqlite"]
    if store.path is None:  # a flipped bit can make it a file of a newer form: that is left alone
        assert "newer" in store.messages[0], store.messages
        store.close()
        return "left alone"
    if aside:
        assert len(store.messages) == 1
        assert f"kept as {aside[0].name}" in store.messages[0]
        assert log or aside[0].read_bytes() == data
    for records in (
        store.ratings(),
        store.attempts(),
        store.plays(),
        store.items(),
        store.shown(),
        store.players(),
    ):
        assert isinstance(records, list)
    store.dismissed("player 0")
    sound = not aside and not store.messages
    rating = Rating("ann", "foundry", 4.0, 4e9)
    written = store.put_ratings([rating])
    assert written or not sound or "not saved" in store.messages[-1]
    store.close()
    again = Store(path)
    if written and not any("damaged" in message for message in again.messages):
        assert rating in again.ratings("ann"), (store.messages, again.messages)
    again.close()
    said = " ".join(store.messages)
    if aside:
        return "healed" if "indexes" in said else "set aside" if "a new file begins" in said else "salvaged"
    return "sound" if sound else "partly"


def foreign_file(path: Path, version: int) -> bytes:
    """Another program's database, with a version number of its own; return its bytes."""
    connection = sqlite3.connect(path)
    connection.executescript(
        f"CREATE TABLE diary(entry); INSERT INTO diary VALUES ('dear'); PRAGMA user_version={version};"
    )
    connection.close()
    return path.read_bytes()
