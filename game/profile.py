"""What the player did: match records and best results, and the ratings and plays that the recommender learns from.

Two SQLite files, so that each has one owner: `results.sqlite` (table `matches`) is the game's; `feedback.sqlite` (the
append-only tables `ratings(player, item, stars, time)` and `plays(player, item, event, value, time)`, form 1 in
`PRAGMA user_version`) is kept in the form that the recommender's store takes over. Both run in WAL with
synchronous=FULL: what was acknowledged survives a killed process. A damaged file is set aside with a message and a
fresh one begins; trouble with a file never stops the game.
"""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Final

from game import rules
from game.paths import UserFolders

FEEDBACK_FORM: Final = 1  # PRAGMA user_version of feedback.sqlite
RESULTS_FORM: Final = 1  # the same of results.sqlite
LOCAL_PLAYER: Final = "local"
MIN_STARS: Final = 1
MAX_STARS: Final = 5
LOCK_SECONDS: Final = 2.0  # how long a write waits for another process

# How a match can end; the first four are also events in `plays`
OUTCOMES: Final = ("won", "lost", "draw", "timed_out", "quit")
PLAY_EVENTS: Final = ("start", "retry", "won", "lost", "draw", "timed_out", "quit", "deaths", "score")

FEEDBACK_TABLES: Final = """
CREATE TABLE ratings(player TEXT NOT NULL, item TEXT NOT NULL, stars REAL NOT NULL, time REAL NOT NULL);
CREATE TABLE plays(
    player TEXT NOT NULL, item TEXT NOT NULL, event TEXT NOT NULL, value REAL NOT NULL, time REAL NOT NULL);
CREATE INDEX ratings_by_item ON ratings(item);
CREATE INDEX plays_by_item ON plays(item);
"""
RESULTS_TABLES: Final = """
CREATE TABLE matches(
    level TEXT NOT NULL, level_hash TEXT NOT NULL, objective TEXT NOT NULL, brain TEXT NOT NULL,
    difficulty TEXT NOT NULL, tank_class TEXT NOT NULL, outcome TEXT NOT NULL, score INTEGER NOT NULL,
    ticks INTEGER NOT NULL, kills INTEGER NOT NULL, deaths INTEGER NOT NULL, retries INTEGER NOT NULL,
    replay TEXT NOT NULL, player TEXT NOT NULL, time REAL NOT NULL);
CREATE INDEX matches_by_level ON matches(level);
"""


@dataclass(frozen=True)
class MatchRecord:
    """One match of the player, as it is stored."""

    level: str  # the level's id: the `item` of ratings and plays
    level_hash: str
    objective: str
    brain: str
    difficulty: str
    tank_class: str
    outcome: str  # one of OUTCOMES
    score: int
    ticks: int
    kills: int
    deaths: int
    retries: int  # restarts of this level just before this match
    replay: str = ""  # file name in the replays folder, "": none
    player: str = LOCAL_PLAYER
    time: float = 0.0  # seconds since 1970 at the match's end; 0: now


MATCH_COLUMNS: Final = tuple(column.name for column in fields(MatchRecord))


@dataclass(frozen=True)
class BestResult:
    """What a level's card shows of the player's matches there."""

    played: int
    won: int
    score: int  # the best
    ticks: int | None  # of the fastest win; None: never won


class _Store:
    """One SQLite file that is checked when opened and set aside when damaged."""

    def __init__(self, path: Path | None, tables: str, form: int, messages: list[str]) -> None:
        self._messages = messages
        self._tables = tables
        self._form = form
        self.path = path
        self.connection = self._open(path)

    def _open(self, path: Path | None) -> sqlite3.Connection:
        if path is None:
            return self._memory()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return self._checked(path)
        except _NewerForm as error:
            self._messages.append(f"{path.name}: {error}; this session's results are not kept")
        except sqlite3.OperationalError as error:
            self._messages.append(
                f"{path.name}: cannot be opened ({error}); this session's results are not kept"
            )
        except sqlite3.DatabaseError as error:
            return self._fresh(path, str(error))
        except OSError as error:
            self._messages.append(f"{path.name}: {error.strerror}; this session's results are not kept")
        return self._memory()

    def _memory(self) -> sqlite3.Connection:
        self.path = None
        connection = sqlite3.connect(":memory:", isolation_level=None)
        self._create(connection)
        return connection

    def _checked(self, path: Path) -> sqlite3.Connection:
        """Open a sound file of a form we know; raise sqlite3.DatabaseError for a damaged one."""
        connection = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)
        try:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise sqlite3.DatabaseError(str(verdict))
            form = connection.execute("PRAGMA user_version").fetchone()[0]
            if form > self._form:
                raise _NewerForm(f"expected form {self._form} or older, found {form} of a newer Bankshot")
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if form == 0 and tables:
                raise sqlite3.DatabaseError("expected a file of Bankshot, found another program's tables")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            if form == 0:
                self._create(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _create(self, connection: sqlite3.Connection) -> None:
        connection.executescript(f"BEGIN; {self._tables} PRAGMA user_version={self._form}; COMMIT;")

    def _fresh(self, path: Path, reason: str) -> sqlite3.Connection:
        stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
        aside = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
        try:
            for ending in ("", "-wal", "-shm"):
                part = path.with_name(path.name + ending)
                if part.exists():
                    part.replace(aside.with_name(aside.name + ending))
            connection = self._checked(path)
        except (OSError, sqlite3.Error) as error:
            self._messages.append(f"{path.name}: damaged ({reason}) and not replaceable ({error})")
            return self._memory()
        self._messages.append(f"{path.name}: damaged ({reason}); kept as {aside.name}, a fresh one begins")
        return connection

    def append(self, rows: Sequence[tuple[str, Sequence[object]]]) -> bool:
        """Run the inserts as one transaction; return whether they are safe on the disk."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            for statement, values in rows:
                self.connection.execute(statement, values)
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            name = self.path.name if self.path else "memory"
            self._messages.append(f"{name}: not saved ({error})")
            return False
        return True

    def rows(self, statement: str, values: Iterable[object] = ()) -> list[tuple[object, ...]]:
        """Return the rows of a query; none, with a message, when the file cannot be read."""
        try:
            return self.connection.execute(statement, tuple(values)).fetchall()
        except sqlite3.Error as error:
            self._messages.append(f"{self.path.name if self.path else 'memory'}: not readable ({error})")
            return []


class _NewerForm(Exception):
    """The file was written by a newer version."""


class Profile:
    """The player's records. Every method may be called at any time; trouble shows up in `messages`."""

    def __init__(self, folders: UserFolders | None, player: str = LOCAL_PLAYER) -> None:
        """Open the files in `folders`, or keep everything in memory when there are none."""
        self.player = player
        self.messages: list[str] = []
        self._feedback = _Store(
            folders.feedback if folders else None, FEEDBACK_TABLES, FEEDBACK_FORM, self.messages
        )
        self._results = _Store(
            folders.results if folders else None, RESULTS_TABLES, RESULTS_FORM, self.messages
        )

    def close(self) -> None:
        """Close both files."""
        self._feedback.connection.close()
        self._results.connection.close()

    def rate(self, item: str, stars: int) -> bool:
        """Append a rating of 1 to 5 stars; the newest one counts. Raises ValueError outside that range."""
        if not MIN_STARS <= stars <= MAX_STARS:
            raise ValueError(f"stars: expected {MIN_STARS} to {MAX_STARS}, found {stars}")
        row = (self.player, item, float(stars), time.time())
        return self._feedback.append([("INSERT INTO ratings VALUES (?, ?, ?, ?)", row)])

    def rating(self, item: str) -> int | None:
        """Return the stars this player last gave to `item`."""
        return self.all_ratings().get(item)

    def all_ratings(self) -> dict[str, int]:
        """Return the newest stars of each item that this player rated."""
        query = "SELECT item, stars FROM ratings WHERE player = ? ORDER BY rowid"
        return {
            str(item): round(float(str(stars))) for item, stars in self._feedback.rows(query, [self.player])
        }

    def play_event(self, item: str, event: str, value: float = 0.0) -> bool:
        """Append one thing that happened with `item`. Raises ValueError for an unknown event."""
        if event not in PLAY_EVENTS:
            raise ValueError(f"event: expected one of {', '.join(PLAY_EVENTS)}, found {event!r}")
        return self._feedback.append([_play(self.player, item, event, value, time.time())])

    def record_match(self, record: MatchRecord) -> bool:
        """Store a finished or left match, in the results and as plays. Raises ValueError for an unknown outcome."""
        if record.outcome not in OUTCOMES:
            raise ValueError(f"outcome: expected one of {', '.join(OUTCOMES)}, found {record.outcome!r}")
        now = record.time or time.time()
        seconds = record.ticks / rules.TICKS_PER_SECOND
        plays = [(record.outcome, seconds), ("deaths", float(record.deaths)), ("score", float(record.score))]
        told = self._feedback.append(
            [_play(record.player, record.level, event, v, now) for event, v in plays]
        )
        marks = ", ".join("?" * len(MATCH_COLUMNS))
        values = (*astuple(record)[:-1], now)
        statement = f"INSERT INTO matches({', '.join(MATCH_COLUMNS)}) VALUES ({marks})"
        return self._results.append([(statement, values)]) and told

    def best(self, level: str) -> BestResult | None:
        """Return the player's results on a level, None before the first match there."""
        return self.all_best().get(level)

    def all_best(self) -> dict[str, BestResult]:
        """Return the results of every level that was played."""
        query = (
            "SELECT level, count(*), sum(outcome = 'won'), max(score), min(CASE outcome WHEN 'won' THEN ticks END) "
            "FROM matches WHERE player = ? GROUP BY level"
        )
        found = {}
        for level, played, won, score, ticks in self._results.rows(query, [self.player]):
            fastest = None if ticks is None else int(str(ticks))
            found[str(level)] = BestResult(int(str(played)), int(str(won)), int(str(score)), fastest)
        return found


def _play(player: str, item: str, event: str, value: float, now: float) -> tuple[str, Sequence[object]]:
    return "INSERT INTO plays VALUES (?, ?, ?, ?, ?)", (player, item, event, value, now)
