"""All players' records as arrays over one catalogue: the training data of the models.

Rows are in the order of entry: the simulated players' first, then all others as stored. Times are not used, so a clock that was
set back or a time in the future has no effect.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.advisor.community import Community
from recommender.models.item_weights import round_to_step, stable_order
from recommender.records.kinds import PLAYED, REPEATED, SIMULATED, SKIPPED, Attempt, Play, Repository
from recommender.records.ratings import STARS, Floats, Ints

WEIGHT_STEPS: Final = 2.0**-12
STAR: Final = 0.5  # change of an item's weight in a history per star above or below 3
PLAY_WEIGHTS: Final[Mapping[str, float]] = {PLAYED: 1.0, REPEATED: 1.5, SKIPPED: -0.25}
ATTEMPTED: Final = 1.0
# Implied by plays: stars above an average player's, and the confidence of one play; a rating's is 1
PLAY_HINTS: Final[Mapping[str, tuple[float, float]]] = {
    PLAYED: (0.2, 0.1), REPEATED: (0.8, 0.2), SKIPPED: (-0.8, 0.2),
}  # fmt: skip
MOST_SURE: Final = 0.5  # upper limit of the confidence of plays


def interaction_weight(stars: Floats) -> Floats:
    """The weight of a rated item in a history: 1 for 3 stars, 0 for 1, 2 for 5; in steps whose sums are exact."""
    return np.asarray(round_to_step(1 + STAR * (stars - 3), WEIGHT_STEPS))


@dataclass(frozen=True)
class RatingArrays:
    """Ratings: inner player and item numbers and stars, each (n,), in the order of entry."""

    player: Ints
    item: Ints
    stars: Floats

    def __len__(self) -> int:
        return len(self.stars)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "RatingArrays":
        return RatingArrays(self.player[rows], self.item[rows], self.stars[rows])


@dataclass(frozen=True)
class Interactions:
    """Pairs of players and items they took (by a rating, play or attempt): one row for each pair, weighted by liking, (n,)."""

    player: Ints
    item: Ints
    weight: Floats

    def __len__(self) -> int:
        return len(self.weight)

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which rows are real interactions: all except items that were only skipped, (n,)."""
        return np.asarray(self.weight >= 0)

    def __getitem__(self, rows: NDArray[np.bool_] | slice) -> "Interactions":
        return Interactions(self.player[rows], self.item[rows], self.weight[rows])


@dataclass(frozen=True)
class OthersRecords:
    """All records except one player's. `simulated` (players,) marks the simulated players."""

    players: tuple[str, ...]
    simulated: NDArray[np.bool_]
    given: RatingArrays
    taken: Interactions
    attempts: tuple[Attempt, ...]
    repeating: bool  # see `PlayerRecords.repeating`
    unlisted: int = 0  # ratings of items that the catalogue does not list

    @cached_property
    def by_item(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Ratings in the order of items, and the first place of each item's ratings, with the end: (n,), (items + 1,)."""
        size = int(self.given.item.max()) + 1 if len(self.given) else 0
        order = stable_order(self.given.item, size)
        return order, np.concatenate([[0], np.cumsum(np.bincount(self.given.item, minlength=size))])

    @cached_property
    def counts(self) -> tuple[int, int]:
        """Numbers of real and of simulated ratings."""
        simulated = int(self.simulated[self.given.player].sum())
        return len(self.given) - simulated, simulated


@dataclass
class PlayerRecords:
    """One player's own records, in the order of entry."""

    ratings: dict[int, float] = field(
        default_factory=dict
    )  # item number -> stars, the last entered at the end
    attempts: list[Attempt] = field(default_factory=list)
    plays: list[Play] = field(default_factory=list)

    @property
    def repeating(self) -> bool:
        """Whether the records show that items can be repeated: attempts, or two plays of one item."""
        return bool(self.attempts) or has_repeats(self.plays)


def has_repeats(plays: Iterable[Play]) -> bool:
    """Whether a player played an item twice."""
    seen: set[tuple[str, str]] = set()
    for play in plays:
        if play.event == REPEATED or (play.event == PLAYED and (play.player, play.item) in seen):
            return True
        seen.add((play.player, play.item))
    return False


def play_hints(plays: Sequence[Play], number: Mapping[str, int]) -> dict[int, tuple[float, float]]:
    """Preferences implied by a player's plays: item number -> stars above an average player's, confidence."""
    sums: dict[int, list[float]] = {}
    for play in plays:
        item = number.get(play.item)
        if item is not None and play.event in PLAY_HINTS:
            stars, sure = PLAY_HINTS[play.event]
            whole = sums.setdefault(item, [0.0, 0.0])
            whole[0] += stars * sure
            whole[1] += sure
    return {item: (total / sure, min(sure, MOST_SURE)) for item, (total, sure) in sums.items()}


def gather_records(
    number: Mapping[str, int], repository: Repository, community: Community, player: str
) -> tuple[OthersRecords, PlayerRecords]:
    """Read the records of all other players, and the player's own. `number`: of each listed item."""
    names: dict[str, int] = {}
    simulated: set[str] = set()
    rows = [
        (names.setdefault(one.player, len(names)), number[one.item], one.stars)
        for one in community.ratings
        if one.item in number and STARS[0] <= one.stars <= STARS[1]
    ]
    simulated.update(one.player for one in community.ratings)
    first = np.array(rows, np.float64).reshape(-1, 3)
    table = repository.table()
    simulated.update(repository.simulated_players())
    item_of = np.array([number.get(name, -1) for name in table.items], np.int32)
    own = table.players.index(player) if player in table.players else -1
    listed = item_of[table.item] >= 0 if len(table) else np.zeros(0, np.bool_)
    listed &= (table.stars >= STARS[0]) & (table.stars <= STARS[1])
    mine = PlayerRecords()
    rows_own = np.flatnonzero(listed & (table.player == own)) if own >= 0 else np.zeros(0, np.intp)
    mine.ratings = dict(
        zip(item_of[table.item[rows_own]].tolist(), table.stars[rows_own].tolist(), strict=True)
    )
    player_of = np.array(
        [names.setdefault(name, len(names)) if name != player else -1 for name in table.players], np.int32
    )
    kept = listed & (table.player != own)
    given = RatingArrays(
        np.concatenate([first[:, 0].astype(np.int32), player_of[table.player[kept]]]),
        np.concatenate([first[:, 1].astype(np.int32), item_of[table.item[kept]]]),
        np.concatenate([first[:, 2], table.stars[kept]]),
    )
    others = list(community.attempts)
    for attempt in repository.attempts():
        (mine.attempts if attempt.player == player else others).append(attempt)
    played: list[Play] = []
    for play in repository.plays():
        if play.event in PLAY_WEIGHTS:
            (mine.plays if play.player == player else played).append(play)
    simulated.update(attempt.player for attempt in others if attempt.source == SIMULATED)
    taken = _taken(given, names, number, played, others)
    flags = np.array([name in simulated for name in names], np.bool_)
    everyone = OthersRecords(
        tuple(names),
        flags,
        given,
        taken,
        tuple(others),
        bool(others) or has_repeats(played),
        int((~listed).sum()),
    )
    return everyone, mine


def _taken(
    given: RatingArrays,
    names: dict[str, int],
    number: Mapping[str, int],
    plays: Sequence[Play],
    attempts: Sequence[Attempt],
) -> Interactions:
    """One row for each pair: weighted by its stars if it was rated, otherwise by its plays, otherwise by its attempts. Each
    kind of record has its own order. Several kinds are merged by their relative place within their kind (the middle of the
    ratings next to the middle of the plays), as if all grew at the same pace: times are not used.
    """
    rated = given.player, given.item, interaction_weight(given.stars)
    if not plays and not attempts:
        return Interactions(*rated)
    width = max(len(number), 1)
    seen = set((given.player.astype(np.int64) * width + given.item).tolist())
    more: dict[tuple[int, int], float] = {}
    place: dict[tuple[int, int], float] = {}
    for row, play in enumerate(plays):
        pair = _pair(play.player, play.item, names, number)
        if pair is not None and pair[0] * width + pair[1] not in seen:
            more[pair] = max(more.get(pair, -1.0), PLAY_WEIGHTS[play.event])
            place.setdefault(pair, (row + 0.5) / len(plays))
    for row, attempt in enumerate(attempts):
        pair = _pair(attempt.player, attempt.item, names, number)
        if pair is not None and pair[0] * width + pair[1] not in seen:
            more[pair] = max(more.get(pair, ATTEMPTED), ATTEMPTED)
            place.setdefault(pair, (row + 0.5) / len(attempts))
    pairs = np.array(list(more), np.int32).reshape(-1, 2)
    shares = np.concatenate([(np.arange(len(given)) + 0.5) / max(len(given), 1), list(place.values())])
    order = np.argsort(shares, kind="stable")
    return Interactions(
        np.concatenate([rated[0], pairs[:, 0]])[order],
        np.concatenate([rated[1], pairs[:, 1]])[order],
        np.concatenate([rated[2], list(more.values())])[order],
    )


def _pair(player: str, item: str, names: dict[str, int], number: Mapping[str, int]) -> tuple[int, int] | None:
    what = number.get(item)
    return None if what is None else (names.setdefault(player, len(names)), what)
