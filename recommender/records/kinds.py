"""Records of players and items: plain data classes, the same in the store, in files and in the models.

Stars show what a player likes. Attempts are events: they show skill and difficulty, and a little about taste
(`recommender.advisor.feedback`). Plays are for programs without stars: songs, books.

Records are in the order of entry: a clock may be wrong, so of two ratings the one entered later counts, independent of their
times.
"""

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from safefiles.text import clean

if TYPE_CHECKING:
    from recommender.records.ratings import Ratings

OUTCOMES: Final = ("finished", "failed", "quit")
# Events of plays that the recommender uses. A program may log other events too; they are ignored.
PLAYED: Final = "played"  # chosen, and used to the end
SKIPPED: Final = "skipped"  # left soon, or skipped when it came up
REPEATED: Final = "repeated"  # chosen again immediately
EVENTS: Final = (PLAYED, SKIPPED, REPEATED)
REAL: Final = "real"  # sources of records
SIMULATED: Final = "simulated"


@dataclass(frozen=True)
class Item:
    """An item to choose, with its content."""

    name: str  # its id in ratings and attempts
    titles: Mapping[str, str] = field(
        default_factory=dict
    )  # titles by language; without one the name is shown
    tags: frozenset[str] = frozenset()  # for example "objective:defend"
    numbers: Mapping[str, float] = field(default_factory=dict)  # for example {"bricks": 0.2}; any scale
    finish_rate: float | None = (
        None  # share of a standard player's attempts that succeed (a play-test); None: unknown
    )

    def title(self, language: str) -> str:
        """The title in a language, otherwise in English, otherwise the name; safe to show anywhere."""
        return clean(self.titles.get(language) or self.titles.get("en") or self.name)


@dataclass(frozen=True)
class Rating:
    """Stars that a player gave; of several for one item the last entered counts."""

    player: str
    item: str
    stars: float  # from 1 to 5, `recommender.records.scale.STARS`
    time: float  # seconds since 1970
    source: str = REAL


@dataclass(frozen=True)
class Attempt:
    """One try at an item, from its start to its end."""

    player: str
    item: str
    outcome: str  # one of OUTCOMES
    seconds: float
    time: float  # seconds since 1970, at the end
    deaths: int = 0
    retries: int = 0  # restarts just before this one
    score: float = 0.0
    against: str = ""  # opponent or difficulty, for example "hunter/normal"; "" = the usual one
    source: str = REAL


@dataclass(frozen=True)
class Play:
    """An event with an item that is no rating: one of EVENTS, or any other event that a program logs.

    For EVENTS `value` is the number of times (a table of play counts gives more than 1); for others the program defines it.
    """

    player: str
    item: str
    event: str
    value: float = 1.0
    time: float = 0.0  # seconds since 1970


@dataclass(frozen=True)
class Shown:
    """One suggestion that was shown to a player: needed to learn from choices without bias."""

    player: str
    item: str
    place: int  # 0 = first
    propensity: float  # probability that the policy put it there
    explored: bool
    time: float


class Repository(Protocol):
    """Storage of records. A shared database can replace the local file behind this interface.

    Reads return acknowledged records, in the order of entry. Writes return whether the records are safe; errors go to
    `messages`.
    """

    messages: list[str]

    def items(self) -> list[Item]:
        """Every item, newest content."""
        ...

    def ratings(self, player: str | None = None) -> list[Rating]:
        """The last entered rating of each pair, in the order of entry; of one player or of all."""
        ...

    def table(self) -> "Ratings":
        """The result of `ratings()` as arrays, in the order of entry; times are 0.

        This makes no object for each rating.
        """
        arrays = importlib.import_module("recommender.records.ratings")  # numpy, loaded only when needed
        made: Ratings = arrays.Ratings.of((each.player, each.item, each.stars) for each in self.ratings())
        return made

    def simulated_players(self) -> frozenset[str]:
        """The players with a simulated rating."""
        return frozenset(each.player for each in self.ratings() if each.source == SIMULATED)

    def attempts(self, player: str | None = None) -> list[Attempt]:
        """Attempts, in the order of entry."""
        ...

    def plays(self, player: str | None = None) -> list[Play]:
        """Plays, in the order of entry; including events that the recommender ignores."""
        ...

    def dismissed(self, player: str) -> frozenset[str]:
        """Items this player dismissed."""
        ...

    def shown(self, player: str | None = None) -> list[Shown]:
        """Suggestions shown, in the order of entry."""
        ...

    def put_items(self, items: Iterable[Item]) -> bool:
        """Store items; a known name gets the new content."""
        ...

    def put_ratings(self, ratings: Sequence[Rating]) -> bool:
        """Append ratings as one transaction."""
        ...

    def put_attempts(self, attempts: Sequence[Attempt]) -> bool:
        """Append attempts as one transaction."""
        ...

    def put_plays(self, plays: Sequence[Play]) -> bool:
        """Append plays as one transaction."""
        ...

    def put_dismissed(self, player: str, item: str, dismissed: bool = True) -> bool:
        """Store "not for me" for an item, or undo it."""
        ...

    def put_shown(self, shown: Sequence[Shown]) -> bool:
        """Append suggestions."""
        ...

    def forget(self, player: str) -> bool:
        """Remove all records of a player."""
        ...

    def close(self) -> None:
        """Finish all writes."""
        ...
