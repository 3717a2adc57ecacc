"""The player's match records and best results, and the ratings and attempts that the recommender learns from.

Two SQLite files, so that each has one owner: `results.sqlite` (table `matches`) is the game's; `feedback.sqlite` is the
recommender's store. Both are written in one background thread, in order, so that no frame waits for the disk;
reads come from memory and include every write immediately. A damaged file is set aside with a message and a new file
begins; problems with a file never stop the game.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass, fields, replace
from typing import Final, Protocol

from game.core import rules
from game.player.paths import UserFolders
from recommender.errors import RatingsRefused
from recommender.records.kinds import Attempt, Play, Rating
from recommender.store import Store, Writer
from safefiles.causes import message_of
from safefiles.phrases import say
from safefiles.sqlite_file import SqliteFile
from safefiles.sqlite_forms import columns, declared_columns, make_strict, sql_step, type_condition
from safefiles.write_thread import WriteThread

OWNER: Final = "Bankshot"  # owner of the files, in messages
LOCAL_PLAYER: Final = "local"
MOST_TRIES: Final = 2000
MIN_STARS: Final = 1
MAX_STARS: Final = 5

# How a match can end, and the recommender's outcome for it
OUTCOMES: Final = {
    "won": "finished",
    "lost": "failed",
    "draw": "failed",
    "timed_out": "failed",
    "quit": "quit",
}
PLAY_EVENTS: Final = ("start", "retry")  # logged when they happen; the end of a match is logged as an attempt

# One step to each schema version; PRAGMA user_version counts them
_MATCHES: Final = """
    level TEXT NOT NULL, level_hash TEXT NOT NULL, objective TEXT NOT NULL, brain TEXT NOT NULL,
    difficulty TEXT NOT NULL, tank_class TEXT NOT NULL, outcome TEXT NOT NULL, score INTEGER NOT NULL,
    ticks INTEGER NOT NULL, kills INTEGER NOT NULL, deaths INTEGER NOT NULL, retries INTEGER NOT NULL,
    replay TEXT NOT NULL, player TEXT NOT NULL, time REAL NOT NULL"""
_RESULTS_FORM_1: Final = f"CREATE TABLE matches({_MATCHES}); CREATE INDEX matches_by_level ON matches(level);"


def _to_form_2(connection: sqlite3.Connection) -> None:
    """Make the table STRICT, with an index over whole rows: a fault on the disk is found by comparing the two."""
    make_strict(connection, "matches", _MATCHES)
    connection.execute(f"CREATE INDEX matches_whole ON matches({', '.join(columns(connection, 'matches'))})")


_SOUND_ROW: Final = type_condition(declared_columns(_MATCHES))
RESULTS_STEPS: Final = (sql_step(_RESULTS_FORM_1), _to_form_2)


@dataclass(frozen=True)
class MatchRecord:
    """One stored match of the player."""

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
    """The player's results on a level, as its card shows them."""

    played: int
    won: int
    score: int | None  # the best of a win; None: never won
    ticks: int | None  # of the fastest win; None: never won


class Follower(Protocol):
    """Learns from a profile's records; called after a record is stored, in the recording thread."""

    def learn_rating(self, item: str, stars: float) -> None:
        """The player gave stars."""

    def learn_match(self, record: MatchRecord) -> None:
        """A match ended or was left."""

    def dismiss(self, item: str, dismissed: bool = True) -> None:
        """The player marked a level as not for them, or withdrew that."""

    def reset(self) -> None:
        """The player is forgotten."""


class Profile:
    """The player's records. Every method may be called at any time; problems are reported in `messages`.

    Writes return whether the background thread accepted them; `flush` returns whether they are safe on the disk.
    """

    def __init__(self, folders: UserFolders | None, player: str = LOCAL_PLAYER) -> None:
        """Open the files in `folders`; without folders, keep everything in memory."""
        self.player = player
        store = Store(folders.feedback if folders else None, owner=OWNER)
        self.messages: list[str] = store.messages
        self._thread = WriteThread(self.messages, "profile")
        self.repository = Writer(store, self._thread)  # the recommender also reads and writes here
        self._results_file = SqliteFile(
            folders.results if folders else None, RESULTS_STEPS, owner=OWNER, messages=self.messages
        )
        self._thread.watch(self._results_file)
        self._results = self._results_file.copy()
        self._followers: list[Follower] = []
        self._leave_out_nonsense()

    def follow(self, follower: "Follower") -> None:
        """Call `follower` for everything recorded from now on, after it was stored."""
        self._followers.append(follower)

    @property
    def behind(self) -> bool:
        """Whether something could not be written yet; it is retried regularly and at the end."""
        return self._thread.behind

    def flush(self) -> bool:
        """Wait for the writes; return whether everything since the last flush is safe on the disk."""
        return self._thread.flush()

    def close(self) -> None:
        """Finish the writes and close both files."""
        self._thread.close()
        self.repository.close()
        self._results_file.close()
        self._results.close()

    def rate(self, item: str, stars: int) -> bool:
        """Append a rating of 1 to 5 stars; the last rating counts. Raises ValueError outside that range."""
        if not MIN_STARS <= stars <= MAX_STARS:
            raise ValueError(f"stars: expected {MIN_STARS} to {MAX_STARS}, found {stars}")
        rating = Rating(self.player, item, float(stars), _now())
        stored = self._put(lambda: self.repository.put_ratings([rating]))
        for follower in self._followers:
            follower.learn_rating(item, stars)
        return stored

    def dismiss(self, item: str, dismissed: bool = True) -> bool:
        """Store that `item` is not for this player, or that this is withdrawn."""
        stored = self._put(lambda: self.repository.put_dismissed(self.player, item, dismissed))
        for follower in self._followers:
            follower.dismiss(item, dismissed)
        return stored

    def rating(self, item: str) -> int | None:
        """Return the stars this player last gave to `item`."""
        return self.all_ratings().get(item)

    def all_ratings(self) -> dict[str, int]:
        """Return the newest stars of each item that this player rated."""
        return {rating.item: round(rating.stars) for rating in self.repository.ratings(self.player)}

    def play_event(self, item: str, event: str, value: float = 0.0) -> bool:
        """Append an event of `item`. Raises ValueError for an unknown event."""
        if event not in PLAY_EVENTS:
            raise ValueError(f"event: expected one of {', '.join(PLAY_EVENTS)}, found {event!r}")
        play = Play(self.player, item, event, value, _now())
        return self._put(lambda: self.repository.put_plays([play]))

    def record_match(self, record: MatchRecord) -> bool:
        """Store a finished or left match, in the results and as an attempt. Raises ValueError for an unknown outcome.

        The result is written first: if the power fails between the two, only the recommender's attempt is lost.
        """
        record = replace(record, time=record.time or _now())
        attempt = attempt_of(record)
        marks = ", ".join("?" * len(MATCH_COLUMNS))
        statement = f"INSERT INTO matches({', '.join(MATCH_COLUMNS)}) VALUES ({marks})"
        rows = [(statement, [astuple(record)])]
        self._results.write(rows)
        taken = self._thread.submit(lambda: self._results_file.write(rows))
        stored = self._put(lambda: self.repository.put_attempts([attempt])) and taken
        for follower in self._followers:
            follower.learn_match(record)
        return stored

    def best(self, level: str) -> BestResult | None:
        """Return the player's results on a level, None before the first match there."""
        return self.all_best().get(level)

    def all_best(self) -> dict[str, BestResult]:
        """Return the results of every level that was played."""
        query = (
            "SELECT level, count(*), sum(outcome = 'won'), max(CASE outcome WHEN 'won' THEN score END), "
            "min(CASE outcome WHEN 'won' THEN ticks END) "
            "FROM matches WHERE player = ? GROUP BY level"
        )
        found = {}
        for level, played, won, score, ticks in self._results.rows(query, [self.player]):
            found[level] = BestResult(played, won, score, ticks)
        return found

    def last_outcomes(self, count: int) -> list[tuple[str, str]]:
        """Return (outcome, difficulty) of the last matches that were played to their end, newest first."""
        query = (
            "SELECT outcome, difficulty FROM matches WHERE player = ? AND outcome != 'quit' "
            "ORDER BY rowid DESC LIMIT ?"
        )
        rows = self._results.rows(query, [self.player, count])
        return [(str(outcome), str(difficulty)) for outcome, difficulty in rows]

    def tries(self) -> list[MatchRecord]:
        """Return the last matches that were played or left on this machine, at most MOST_TRIES, oldest first."""
        query = f"SELECT {', '.join(MATCH_COLUMNS)} FROM matches ORDER BY rowid DESC LIMIT ?"
        return [MatchRecord(*row) for row in reversed(self._results.rows(query, [MOST_TRIES]))]

    def forget(self) -> bool:
        """Forget the player's stars, attempts, dismissals and what was suggested, and the damaged files that hold them.

        Match records and best results stay.
        """
        forgotten = self.repository.forget(self.player)
        for follower in self._followers:
            follower.reset()
        return forgotten

    def _leave_out_nonsense(self) -> None:
        """Leave out records with a value of a wrong type, and report it; the file keeps them.

        The tables are STRICT, so there are none unless an old SQLite or another program wrote them.
        """
        bad = f"FROM matches WHERE NOT ({_SOUND_ROW})"
        ((count,),) = self._results.rows(f"SELECT count(*) {bad}") or ((0,),)
        if count:
            self._results.write([(f"DELETE {bad}", [()])])
            self.messages.append(say("nonsense", name=self._results_file.name, count=count, table="matches"))

    def _put(self, write: Callable[[], bool]) -> bool:
        """Write; report a record that cannot be stored, such as a level whose file name is not text."""
        try:
            return write()
        except RatingsRefused as error:
            self.messages.append(say("not_saved", name="feedback", reason=message_of(error)))
            return False


def _now() -> float:
    """Return seconds since 1970; 0 if the clock is set to an earlier time."""
    return max(time.time(), 0.0)


def attempt_of(record: MatchRecord) -> Attempt:
    """Return the recommender's attempt for a match. Raises ValueError for an unknown outcome."""
    if record.outcome not in OUTCOMES:
        raise ValueError(f"outcome: expected one of {', '.join(OUTCOMES)}, found {record.outcome!r}")
    return Attempt(
        record.player,
        record.level,
        OUTCOMES[record.outcome],
        record.ticks / rules.TICKS_PER_SECOND,
        record.time,
        deaths=record.deaths,
        retries=record.retries,
        score=float(record.score),
        against=record.difficulty,
    )
