"""What is known of players and items: plain records, the same in the store, in files and in the models.

Stars say what a player likes. Attempts say what happened: they tell skill and difficulty, and only carefully, through
`recommender.advisor.feedback`, something about taste. Plays are what is left where nobody gives stars: songs, books.

Records have an order, that of their entry: a clock may be wrong, so of two ratings the one entered later counts,
whatever their times say.
"""

import importlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from safefiles.text import clean

if TYPE_CHECKING:
    from recommender.records.ratings import Ratings

OUTCOMES: Final = ("finished", "failed", "quit")
# What a play can mean to a recommender. A program may log other events too: those are its own affair.
PLAYED: Final = "played"  # chosen, and used as long as it is meant to be
SKIPPED: Final = "skipped"  # left soon, or passed over when its turn came
REPEATED: Final = "repeated"  # chosen again at once
EVENTS: Final = (PLAYED, SKIPPED, REPEATED)
REAL: Final = "real"  # sources of records
SIMULATED: Final = "simulated"


@dataclass(frozen=True)
class Item:
    """Something to choose, with what its content says of it."""

    name: str  # its id in ratings and attempts
    titles: Mapping[str, str] = field(default_factory=dict)  # by language; the name where there is none
    tags: frozenset[str] = frozenset()  # such as "objective:defend"
    numbers: Mapping[str, float] = field(default_factory=dict)  # such as {"bricks": 0.2}; any scale
    finish_rate: float | None = (
        None  # share of a standard player's attempts that succeed (a play-test); None: unknown
    )

    def title(self, language: str) -> str:
        """The title in a language, else in English, else the name, as it may be shown anywhere."""
        return clean(self.titles.get(language) or self.titles.get("en") or self.name)


@dataclass(frozen=True)
class Rating:
    """Stars that a player gave; of several for one item the one entered last counts."""

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
    retries: int = 0  # starts over just before this one
    score: float = 0.0
    against: str = ""  # what made it harder or easier, such as "hunter/normal"; "" = the usual
    source: str = REAL


@dataclass(frozen=True)
class Play:
    """Something that happened with an item and is no rating: one of EVENTS, or whatever else a program logs.

    `value` is how many times for EVENTS (a table of play counts gives more than 1), else the program's affair.
    """

    player: str
    item: str
    event: str
    value: float = 1.0
    time: float = 0.0  # seconds since 1970


@dataclass(frozen=True)
class Shown:
    """One suggestion that was put before a player: needed to learn from choices without bias."""

    player: str
    item: str
    place: int  # 0 = first
    propensity: float  # probability that the policy put it there
    explored: bool
    time: float


class Repository(Protocol):
    """Where records live. A shared database can stand in for the local file behind this interface.

    Reads return what was acknowledged, in the order of entry. Writes return whether the records are safe; trouble is
    told in `messages`.
    """

    messages: list[str]

    def items(self) -> list[Item]:
        """Every item, newest content."""
        ...

    def ratings(self, player: str | None = None) -> list[Rating]:
        """The rating of each pair that was entered last, in the order of entry; of one player or of all."""
        ...

    def table(self) -> "Ratings":
        """What `ratings()` returns, as arrays, in the order of entry; times are left 0.

        A store with many ratings makes no object for each of them.
        """
        arrays = importlib.import_module("recommender.records.ratings")  # numpy: only for who asks
        made: Ratings = arrays.Ratings.of((each.player, each.item, each.stars) for each in self.ratings())
        return made

    def simulated_players(self) -> frozenset[str]:
        """The players with a simulated rating."""
        return frozenset(each.player for each in self.ratings() if each.source == SIMULATED)

    def attempts(self, player: str | None = None) -> list[Attempt]:
        """Attempts, in the order of entry."""
        ...

    def plays(self, player: str | None = None) -> list[Play]:
        """Plays, in the order of entry; also events that are no concern of a recommender."""
        ...

    def dismissed(self, player: str) -> frozenset[str]:
        """Items this player does not want to be offered."""
        ...

    def shown(self, player: str | None = None) -> list[Shown]:
        """Suggestions made, in the order of entry."""
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
        """Remember "not for me", or take it back."""
        ...

    def put_shown(self, shown: Sequence[Shown]) -> bool:
        """Append suggestions."""
        ...

    def forget(self, player: str) -> bool:
        """Remove everything known of a player."""
        ...

    def close(self) -> None:
        """Finish all writes."""
        ...
