"""A repository whose writes happen in the background, in order."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from recommender.records.kinds import Attempt, Item, Play, Rating, Repository, Shown
from recommender.store.sqlite_store import Store
from safefiles.write_thread import SECONDS_TO_FINISH, WriteThread

if TYPE_CHECKING:
    from recommender.records.ratings import Ratings


class Writer(Repository):
    """A `Store` behind a thread: a write returns immediately, and reads see it immediately.

    Reads use a copy in memory, made when the writer starts; every write goes to the copy first, so neither waits for the disk.
    Writes of other processes to the file are seen at the next start. A write returns whether it was accepted; `flush` returns
    whether all accepted writes are safe, and `messages` reports failures. A write that fails because the disk is full or the
    file is unreachable is retried from time to time. Invalid records raise RatingsRefused in the caller, as in the store
    itself.
    """

    def __init__(self, store: Store, thread: WriteThread | None = None) -> None:
        """Write to `store`, which this writer closes; the thread may be shared with other writers."""
        self.messages = store.messages
        self._store = store
        self._copy = store.copy()
        self._order = threading.Lock()  # the copy and the file get the writes in the same order
        self._own_thread = thread is None
        self._thread = thread or WriteThread(self.messages, "store")
        self._thread.watch(store)

    def flush(self, timeout: float | None = None) -> bool:
        """Wait for the writes; return whether all writes accepted since the last flush are safe on the disk."""
        return self._thread.flush(timeout)

    def close(self) -> None:
        """Finish the writes and close the store."""
        if self._own_thread:
            self._thread.close()
        else:
            self._thread.flush(SECONDS_TO_FINISH)
        self._store.close()
        self._copy.close()

    def players(self) -> list[str]:
        """As `Store.players`."""
        return self._copy.players()

    def items(self) -> list[Item]:
        """As `Store.items`."""
        return self._copy.items()

    def ratings(self, player: str | None = None) -> list[Rating]:
        """As `Store.ratings`."""
        return self._copy.ratings(player)

    def table(self) -> "Ratings":
        """As `Store.table`."""
        return self._copy.table()

    def simulated_players(self) -> frozenset[str]:
        """As `Store.simulated_players`."""
        return self._copy.simulated_players()

    def attempts(self, player: str | None = None) -> list[Attempt]:
        """As `Store.attempts`."""
        return self._copy.attempts(player)

    def plays(self, player: str | None = None) -> list[Play]:
        """As `Store.plays`."""
        return self._copy.plays(player)

    def dismissed(self, player: str) -> frozenset[str]:
        """As `Store.dismissed`."""
        return self._copy.dismissed(player)

    def shown(self, player: str | None = None) -> list[Shown]:
        """As `Store.shown`."""
        return self._copy.shown(player)

    def put_items(self, items: Iterable[Item]) -> bool:
        """As `Store.put_items`."""
        kept = list(items)
        return self._put(lambda store: store.put_items(kept))

    def put_ratings(self, ratings: Sequence[Rating]) -> bool:
        """As `Store.put_ratings`."""
        kept = list(ratings)
        return self._put(lambda store: store.put_ratings(kept))

    def put_attempts(self, attempts: Sequence[Attempt]) -> bool:
        """As `Store.put_attempts`."""
        kept = list(attempts)
        return self._put(lambda store: store.put_attempts(kept))

    def put_plays(self, plays: Sequence[Play]) -> bool:
        """As `Store.put_plays`."""
        kept = list(plays)
        return self._put(lambda store: store.put_plays(kept))

    def put_shown(self, shown: Sequence[Shown]) -> bool:
        """As `Store.put_shown`."""
        kept = list(shown)
        return self._put(lambda store: store.put_shown(kept))

    def put_dismissed(self, player: str, item: str, dismissed: bool = True) -> bool:
        """As `Store.put_dismissed`."""
        return self._put(lambda store: store.put_dismissed(player, item, dismissed))

    def forget(self, player: str) -> bool:
        """As `Store.forget`."""
        return self._put(lambda store: store.forget(player))

    def _put(self, write: Callable[[Store], bool]) -> bool:
        """Write to the copy now, which refuses invalid records, and queue the write to the file."""
        with self._order:
            write(self._copy)
            return self._thread.submit(lambda: write(self._store))
