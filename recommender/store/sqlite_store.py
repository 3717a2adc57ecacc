"""The store: every record in one SQLite file."""

import importlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from recommender.errors import RecommenderError, StoreRefused
from recommender.messages import say as words
from recommender.records.kinds import SIMULATED, Attempt, Item, Play, Rating, Repository, Shown
from recommender.store.forms import STEPS, whole_index
from recommender.store.rows import ATTEMPTS, ITEMS, PLAYS, RATINGS, SHOWN, Kind
from safefiles.aside import kept_copies, remove_kept
from safefiles.causes import message_of
from safefiles.errors import FileRefused
from safefiles.phrases import say
from safefiles.sqlite_file import ONCE, SqliteFile, Statement
from safefiles.sqlite_forms import LEFT_OUT
from safefiles.text import shown_path

if TYPE_CHECKING:
    from recommender.records.ratings import Ratings

Record = TypeVar("Record")
OWNER: Final = words("a_recommender")  # the owner of the file, in messages
_OF_A_PLAYER: Final = ("ratings", "plays", "attempts", "dismissed", "shown")
MANY: Final = 50_000  # most records of one write
_PUT_ITEM: Final = "INSERT OR REPLACE" + ITEMS.insert.removeprefix("INSERT")


class Store(Repository):
    """A repository in one SQLite file (WAL, synchronous=FULL): a write that returned True survives `kill -9`.

    Ratings, attempts and plays are only appended; `forget` is the only exception. A damaged file is renamed and its readable
    content moves to a new one; another program's file is renamed; a file of a newer form stays unchanged and the session is
    kept in memory. A write that fails because the disk is full or the file is unreachable is kept and retried by the next
    write, by `catch_up` and by `close`. `messages` reports all of this; the state of a file never raises here. Invalid records
    (a NaN, an unknown outcome) raise RatingsRefused and nothing of the call is stored.
    """

    def __init__(self, path: Path | None, *, owner: str = OWNER) -> None:
        """Open the file, or keep all records in memory without one. `owner` names the program in messages."""
        self.messages: list[str] = []
        self._told: set[str] = set()  # tables with broken rows, reported once
        self._asked = path
        self._file = SqliteFile(path, STEPS, owner=owner, messages=self.messages)

    @classmethod
    def strict(cls, path: Path, *, owner: str = OWNER, only_read: bool = False) -> "Store":
        """Open a file that the user named; if it is unusable, raise StoreRefused and leave it unchanged.

        With `only_read` it is never written, and later read errors are refusals too.
        """
        store = cls.__new__(cls)
        store.messages, store._told, store._asked = [], set(), path
        try:
            store._file = SqliteFile(
                path, STEPS, owner=owner, messages=store.messages, sets_aside=False, only_read=only_read
            )
        except FileRefused as error:
            raise StoreRefused(message_of(error)) from None
        return store

    def copy(self) -> "Store":
        """A copy of the content in memory; its messages are reported here."""
        other = Store.__new__(Store)
        other.messages, other._told, other._asked = self.messages, self._told, None
        other._file = self._file.copy()
        return other

    @property
    def path(self) -> Path | None:
        """The path of the file; None: in memory."""
        return self._file.path

    @property
    def behind(self) -> bool:
        """Whether failed writes wait for a retry."""
        return self._file.behind

    def catch_up(self) -> bool:
        """Retry failed writes; return whether none is left."""
        return self._file.catch_up()

    def close(self) -> None:
        """Close the file; it contains all acknowledged records."""
        self._file.close()

    # Reading

    def players(self) -> list[str]:
        """All players with a rating, play, attempt or dismissal, in the order of entry."""
        return [str(row[0]) for row in self._file.rows("SELECT name FROM players ORDER BY rowid")]

    def items(self) -> list[Item]:
        """Every item, newest content, in the order in which their content was last given."""
        return self._read(ITEMS)

    def ratings(self, player: str | None = None) -> list[Rating]:
        """The last entered rating of each pair, in the order of entry."""
        newest: dict[tuple[str, str], Rating] = {}
        for rating in self.rating_history(player):
            newest.pop((rating.player, rating.item), None)
            newest[rating.player, rating.item] = rating
        return list(newest.values())

    def rating_history(self, player: str | None = None) -> list[Rating]:
        """Every rating ever given, in the order of entry."""
        return self._read(RATINGS, player)

    def table(self) -> "Ratings":
        """The result of `ratings()` as arrays, in the order of entry; times are 0.

        Read from an index over whole rows, one player at a time; if a row is invalid, from `ratings()`.
        """
        columns = importlib.import_module(
            "recommender.store.rating_columns"
        )  # numpy, loaded only when needed
        found: Ratings | None = self._file.read(columns.read_rating_columns)
        return super().table() if found is None else found

    def simulated_players(self) -> frozenset[str]:
        """The players with a simulated rating."""
        query = "SELECT DISTINCT player FROM ratings WHERE source = ?"
        return frozenset(str(row[0]) for row in self._file.rows(query, [SIMULATED]))

    def attempts(self, player: str | None = None) -> list[Attempt]:
        """Attempts, in the order of entry."""
        return self._read(ATTEMPTS, player)

    def plays(self, player: str | None = None) -> list[Play]:
        """Plays, in the order of entry; including events that the recommender ignores."""
        return self._read(PLAYS, player)

    def dismissed(self, player: str) -> frozenset[str]:
        """Items this player dismissed."""
        rows = self._file.rows("SELECT item FROM dismissed WHERE player = ?", [player])
        return frozenset(str(row[0]) for row in rows)

    def shown(self, player: str | None = None) -> list[Shown]:
        """Suggestions shown, in the order of entry."""
        return self._read(SHOWN, player)

    def _read(self, kind: Kind[Record], player: str | None = None) -> list[Record]:
        """The records of a table. Rows made invalid by a disk fault are left out with a message."""
        where, values = ("", []) if player is None else (" WHERE player = ?", [player])
        found: list[Record] = []
        broken = 0
        for row in self._file.rows(f"{kind.select}{where} ORDER BY rowid", values):
            try:
                found.append(kind.make(*row))
            except RecommenderError:
                broken += 1
        if broken and kind.table not in self._told:
            self._told.add(kind.table)
            self.messages.append(say("nonsense", name=self._file.name, count=broken, table=kind.table))
        return found

    # Writing

    def put_items(self, items: Iterable[Item]) -> bool:
        """Store items; a known name gets the new content."""
        return self._file.write([(_PUT_ITEM, [ITEMS.row(item) for item in items])])

    def put_ratings(self, ratings: Sequence[Rating]) -> bool:
        """Append ratings as one transaction."""
        return self._append(RATINGS, ratings, [rating.player for rating in ratings])

    def put_attempts(self, attempts: Sequence[Attempt]) -> bool:
        """Append attempts as one transaction."""
        return self._append(ATTEMPTS, attempts, [attempt.player for attempt in attempts])

    def put_plays(self, plays: Sequence[Play]) -> bool:
        """Append plays as one transaction."""
        return self._append(PLAYS, plays, [play.player for play in plays])

    def put_shown(self, shown: Sequence[Shown]) -> bool:
        """Append suggestions as one transaction."""
        return self._append(SHOWN, shown, [one.player for one in shown])

    def put_dismissed(self, player: str, item: str, dismissed: bool = True) -> bool:
        """Store "not for me" for an item, or undo it."""
        if not dismissed:
            return self._file.write(
                [("DELETE FROM dismissed WHERE player = ? AND item = ?", [(player, item)])]
            )
        put = ("INSERT OR IGNORE INTO dismissed(player, item) VALUES (?, ?)", [(player, item)])
        return self._file.write([_known([player]), put])

    def put_all(
        self,
        *,
        items: Iterable[Item] = (),
        ratings: Sequence[Rating] = (),
        attempts: Sequence[Attempt] = (),
        plays: Sequence[Play] = (),
    ) -> bool:
        """Store records of several kinds as one transaction: all of them or none."""
        players = (one.player for records in (ratings, attempts, plays) for one in records)
        return self._file.write(
            [
                (_PUT_ITEM, [ITEMS.row(item) for item in items]),
                *self._insert(RATINGS, ratings),
                (ATTEMPTS.insert, [ATTEMPTS.row(attempt) for attempt in attempts]),
                (PLAYS.insert, [PLAYS.row(play) for play in plays]),
                _known(players),
            ]
        )

    def forget(self, player: str) -> bool:
        """Remove all records of a player, also from the file's free pages and the log.

        Renamed damaged files are deleted completely, including other players' records. False, with a message, if one remains.
        """
        self._file.rows("PRAGMA secure_delete=ON")
        deletes: list[Statement] = [
            (f"DELETE FROM {table} WHERE player = ?", [(player,)]) for table in _OF_A_PLAYER
        ]
        deletes += [
            (f"DELETE FROM {table} WHERE player = ?", [(player,)]) for table in self._left_out_of_players()
        ]
        done = self._file.write([*deletes, ("DELETE FROM players WHERE name = ?", [(player,)])])
        self._file.scrub()
        return self._forget_asides() and done

    def _forget_asides(self) -> bool:
        if self._asked is None or remove_kept(self._asked):
            return True
        stay = ", ".join(shown_path(path.name) for path in kept_copies(self._asked))
        self.messages.append(say("not_forgotten", name=shown_path(self._asked.name), aside=stay))
        return False

    def _left_out_of_players(self) -> list[str]:
        """Tables of rows left out by a newer form, of the kinds that belong to a player."""
        names = [f"{LEFT_OUT}{table}" for table in _OF_A_PLAYER]
        there = self._file.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        return [name for name in names if (name,) in there]

    def _append(self, kind: Kind[Record], records: Sequence[Record], players: Iterable[str]) -> bool:
        return self._file.write([*self._insert(kind, records), _known(players)])

    def _insert(self, kind: Kind[Record], records: Sequence[Record]) -> list[Statement]:
        """The statements that append records. For very many records the table's index is rebuilt, which sorts only once."""
        statements: list[Statement] = [(kind.insert, [kind.row(record) for record in records])]
        if len(records) < MANY:
            return statements
        ((last,),) = self._file.rows(f"SELECT max(rowid) FROM {kind.table}") or ((0,),)
        if len(records) * 4 < (last or 0):
            return statements
        return [
            (f"DROP INDEX IF EXISTS {kind.table}_whole", ONCE),
            *statements,
            (whole_index(kind.table), ONCE),
        ]


def _known(players: Iterable[str]) -> Statement:
    return "INSERT OR IGNORE INTO players(name) VALUES (?)", [(player,) for player in dict.fromkeys(players)]
