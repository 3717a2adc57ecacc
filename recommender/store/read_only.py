"""A store that is only read, for commands that must not change it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.records.kinds import Attempt, Item, Play, Rating, Repository, Shown
from recommender.store.sqlite_store import Store

if TYPE_CHECKING:
    from recommender.records.ratings import Ratings


class ReadOnlyStore(Repository):
    """The records of a file that the user named, read in place; writes are ignored.

    The file is neither copied nor written, and other processes may write it meanwhile. Its pages are not all checked
    beforehand: reading a damaged one raises StoreRefused or FileRefused.
    """

    def __init__(self, path: Path) -> None:
        """Open the file. StoreRefused if it is not a store or cannot be read."""
        self._store = Store.strict(path, only_read=True)
        self.messages = self._store.messages

    def players(self) -> list[str]:
        """As `Store.players`."""
        return self._store.players()

    def items(self) -> list[Item]:
        """As `Store.items`."""
        return self._store.items()

    def ratings(self, player: str | None = None) -> list[Rating]:
        """As `Store.ratings`."""
        return self._store.ratings(player)

    def table(self) -> "Ratings":
        """As `Store.table`."""
        return self._store.table()

    def simulated_players(self) -> frozenset[str]:
        """As `Store.simulated_players`."""
        return self._store.simulated_players()

    def attempts(self, player: str | None = None) -> list[Attempt]:
        """As `Store.attempts`."""
        return self._store.attempts(player)

    def plays(self, player: str | None = None) -> list[Play]:
        """As `Store.plays`."""
        return self._store.plays(player)

    def dismissed(self, player: str) -> frozenset[str]:
        """As `Store.dismissed`."""
        return self._store.dismissed(player)

    def shown(self, player: str | None = None) -> list[Shown]:
        """As `Store.shown`."""
        return self._store.shown(player)

    def put_items(self, items: Iterable[Item]) -> bool:
        """Nothing is stored."""
        return False

    def put_ratings(self, ratings: Sequence[Rating]) -> bool:
        """Nothing is stored."""
        return False

    def put_attempts(self, attempts: Sequence[Attempt]) -> bool:
        """Nothing is stored."""
        return False

    def put_plays(self, plays: Sequence[Play]) -> bool:
        """Nothing is stored."""
        return False

    def put_dismissed(self, player: str, item: str, dismissed: bool = True) -> bool:
        """Nothing is stored."""
        return False

    def put_shown(self, shown: Sequence[Shown]) -> bool:
        """Nothing is stored."""
        return False

    def forget(self, player: str) -> bool:
        """Nothing is removed."""
        return False

    def close(self) -> None:
        """Close the file."""
        self._store.close()
