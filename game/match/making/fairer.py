"""Makes a level fairer: small edits that bring the share of matches that equal players win from either ground to one half.

Shares are those of `levels test`: the same players take both sides, on the level and with its teams exchanged. Candidates are
thinned out by successive halving (Jamieson and Talwalkar, 2016): many are played a little, the better ones more. The best is
then played on seeds that the search did not use, beside the level as it was, and is kept only if the 95 % interval of the
difference says that it is fairer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from game.core import rules
from game.core.levels.board import CELL, PICKUP, START, Board, SymmetryGuide
from game.core.levels.checks import check_arena
from game.core.levels.model import Level
from game.core.levels.problems import ERROR
from game.core.levels.reach import Place
from game.core.levels.symmetry import symmetry_of
from game.match.brain_library import BrainLibrary
from game.match.intervals import newcombe
from game.match.simulation import play_matches
from game.match.testing.figures import NOBODY, Proportion
from game.match.testing.seating import even_matches, has_even_sides

ROUND: Final = 18  # even matches in which each pair of players plays both sides of both grounds
LEAST_DECIDED: Final = 20  # matches with a winner, below which nothing is said of a level
DEFAULT_MATCHES: Final = 22 * ROUND
CANDIDATES: Final = 24
STAGES: Final = ((2, 24), (4, 8), (8, 3))  # rounds of each of so many candidates
STEPS: Final = 3  # edits after one another
FURTHEST: Final = 3  # tiles that a thing is moved
FAIR: Final = "fair"
MIRRORED: Final = "mirrored"  # the same ground on both sides: what is left are players' habits
UNDECIDED: Final = "undecided"  # too few matches have a winner
SEARCHED: Final = "searched"
PINNED: Final = "pinned"  # unfair, and its pins forbid every edit
_DRAWS: Final = 400  # of edits, until there are enough candidates
_SHUT: Final = (rules.WALL, rules.BRICK)


@dataclass(frozen=True)
class FairerLevel:
    """Result of a search."""

    level: Level  # the level as it was, where nothing fairer was found
    before: Proportion  # of the decided matches those that were won from team 0's ground, on fresh seeds …
    after: Proportion | None  # … of the edited level; None: nothing fairer was found
    matches: int  # played in all
    state: str  # FAIR as far as the matches tell, MIRRORED, UNDECIDED, PINNED, or SEARCHED


class FairSearch:
    """One search; `matches` of each proof, rounded up to whole rounds."""

    def __init__(
        self,
        level: Level,
        matches: int = DEFAULT_MATCHES,
        seed: int = 0,
        *,
        library: BrainLibrary | None = None,
        threads: int | None = None,
        on_match: Callable[[], None] = lambda: None,
    ) -> None:
        if not has_even_sides(level):
            raise ValueError(_why_not(level))
        if matches < LEAST_DECIDED:
            raise ValueError(f"matches: expected at least {LEAST_DECIDED}, found {matches}")
        self._level = level
        self.matches = -(-matches // ROUND) * ROUND
        self._library = library or BrainLibrary()
        self._threads = threads
        self.on_match = on_match  # called after each match
        self._random = np.random.default_rng(seed)
        self._seed = seed << 8
        self.played = 0

    def run(self) -> FairerLevel:
        """Search, edit by edit, while the level is unfair and something fairer is found."""
        level, after = self._level, None
        (before,) = self.shares([level], self.matches)
        state = _state_of(level, before)
        if state != SEARCHED:
            return FairerLevel(level, before, None, self.played, state)
        now = before
        for _ in range(STEPS):
            best = self._best(level)
            if best is None:
                state = PINNED if level is self._level and _pins_forbid_all(level) else state
                break
            old, new = self.shares([level, best], self.matches)
            if fairer_by(old, new)[0] <= 0:
                break
            level, now = best, new
            before = old if after is None else before
            after = new
            if _includes_half(now):
                break
        return FairerLevel(level, before, after, self.played, state)

    def shares(self, levels: Sequence[Level], matches: int) -> list[Proportion]:
        """Play even matches of levels on seeds that were not used yet; return the share of team 0's ground of each."""
        self._seed += 1
        jobs, sittings, places = [], [], []
        for place, level in enumerate(levels):
            for number, (job, sitting) in enumerate(even_matches(level, matches, self._library)):
                jobs.append(replace(job, seed=(self._seed << 20) + number))
                sittings.append(sitting)
                places.append(place)
        self.played += len(jobs)
        results = play_matches(jobs, library=self._library, threads=self._threads, on_end=self.on_match)
        won, decided = [0] * len(levels), [0] * len(levels)
        for place, sitting, result in zip(places, sittings, results, strict=True):
            if result.winner != NOBODY:
                decided[place] += 1
                won[place] += (result.winner == 0) != sitting.exchanged
        return [Proportion(*each) for each in zip(won, decided, strict=True)]

    def _best(self, level: Level) -> Level | None:
        """Return the candidate that looks fairest; None where there is none."""
        field = [(edited, Proportion(0, 0)) for edited in candidates(level, self._random)]
        for rounds, many in STAGES:
            field = sorted(field, key=lambda each: _away(each[1]))[:many]
            if not field:
                return None
            found = self.shares([edited for edited, _ in field], rounds * ROUND)
            field = [(edited, _sum(known, new)) for (edited, known), new in zip(field, found, strict=True)]
        return min(field, key=lambda each: _away(each[1]))[0]


def fairer_by(old: Proportion, new: Proportion) -> tuple[float, float]:
    """Return the 95 % interval of how much nearer to one half the new share is; above 0 the level is fairer.

    Newcombe's interval of the difference of what the stronger ground wins; -1 to 1 where fewer than LEAST_DECIDED count.
    """
    if min(old.of, new.of) < LEAST_DECIDED:
        return -1.0, 1.0
    before, after = ((max(share.count, share.of - share.count), share.of) for share in (old, new))
    return newcombe(before, after)


def _state_of(level: Level, share: Proportion) -> str:
    if symmetry_of(level.arena):
        return MIRRORED
    if share.of < LEAST_DECIDED:
        return UNDECIDED
    return FAIR if _includes_half(share) else SEARCHED


def candidates(level: Level, random: np.random.Generator) -> list[Level]:
    """Return playable levels that differ by a single edit: those that make the level more symmetric first, then others."""
    told = {problem.code for problem in check_arena(level.arena)}
    found: dict[str, Level] = {}
    for board in _symmetric_edits(level, random):
        _keep(board, told, found)
        if len(found) >= CANDIDATES // 2:
            break
    for _ in range(_DRAWS):
        if len(found) >= CANDIDATES:
            break
        board = Board(level)
        if random.integers(3):
            _moved(board, random)
        else:
            _toggled(board, random)
        _keep(board, told, found)
    return list(found.values())


def _pins_forbid_all(level: Level) -> bool:
    """Tell of a level without candidates whether it has some without its pins."""
    return bool(level.pins and candidates(replace(level, pins=frozenset()), np.random.default_rng(0)))


def _keep(board: Board, told: set[str], found: dict[str, Level]) -> None:
    if not board.changes:
        return
    made = board.result()
    problems = check_arena(made.arena)
    codes = {problem.code for problem in problems}
    if codes <= told and not any(problem.severity == ERROR for problem in problems):
        found.setdefault(made.digest, made)


def _symmetric_edits(level: Level, random: np.random.Generator) -> Iterator[Board]:
    """Yield what gives one tile, or one thing, the counterpart that it lacks on a nearly symmetric level."""
    guide = SymmetryGuide(level.arena)
    if not guide.has_tiles:
        return
    height, width = level.arena.tiles.shape
    places = [(x, y) for y in range(height) for x in range(width)]
    random.shuffle(places)
    for place in places:
        shown = guide.tile(level.arena, place)
        board = Board(level)
        if shown is not None and shown != board.at(place) and rules.PORTAL not in (shown, board.at(place)):
            board.set_tile(place, shown)
            yield board
    if not guide.has_things:
        return
    for kind in (START, PICKUP, CELL):
        board = Board(level)
        held = {board.place(kind, n) for n in range(len(board.things(kind)))}
        lone = [n for n in range(len(held)) if guide.image(board.place(kind, n)) not in held]
        for n in lone:
            for other in lone:
                board, target = Board(level), guide.image(board.place(kind, n))
                if other != n and board.is_free(target):
                    board.move(kind, other, target)
                    yield board


def _moved(board: Board, random: np.random.Generator) -> None:
    """Move a start, a pick-up or a cell a few tiles."""
    kinds = [kind for kind in (START, START, PICKUP, CELL) if board.things(kind)]
    kind = kinds[int(random.integers(len(kinds)))]
    number = int(random.integers(len(board.things(kind))))
    x, y = board.place(kind, number)
    away = random.integers(-FURTHEST, FURTHEST + 1, 2)
    place: Place = x + int(away[0]), y + int(away[1])
    if board.is_free(place):
        board.move(kind, number, place)


def _toggled(board: Board, random: np.random.Generator) -> None:
    """Open a wall or a brick, or make one where floor is."""
    height, width = board.tiles.shape
    place = int(random.integers(width)), int(random.integers(height))
    tile = board.at(place)
    if tile in _SHUT:
        board.set_tile(place, rules.FLOOR)
    elif tile == rules.FLOOR and place not in board.occupied():
        board.set_tile(place, _SHUT[int(random.integers(2))])


def _why_not(level: Level) -> str:
    name = level.objective_name
    if level.objective not in (rules.ELIMINATE, rules.COLLECT):
        return (
            f"level: expected eliminate or collect, where both sides have the same role, found {name}: there, set the "
            "player's win rate with `levels generate --from LEVEL --win-rate`"
        )
    teams = [spawn.team for spawn in level.arena.spawns]
    if set(teams) != {0, 1}:
        return f"level: expected teams 0 and 1, found {len(set(teams))} teams"
    return f"level: expected as many tanks on both sides, found {teams.count(0)} and {teams.count(1)}"


def _includes_half(share: Proportion) -> bool:
    low, high = share.interval
    return low <= 0.5 <= high


def _away(share: Proportion) -> float:
    """Return how far a share is from one half, drawn to it where few matches were played (Laplace's rule)."""
    return abs((share.count + 1) / (share.of + 2) - 0.5)


def _sum(one: Proportion, other: Proportion) -> Proportion:
    return Proportion(one.count + other.count, one.of + other.of)
