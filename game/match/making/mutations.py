"""Small edits of a level that keep it playable: tiles, places, pick-ups, who fights, and the numbers of its objective.

A level whose tiles are mirrored, and one whose teams are mirrored too, stays so; what must fight unevenly to be won more or
less often is changed only where `uneven` allows it. What is pinned stays.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

import numpy as np

from game.core import rules
from game.core.levels.board import CELL, PICKUP, START, Board
from game.core.levels.checks import CORE_HPS, GOALS, TIME_LIMITS, check_arena
from game.core.levels.model import Level
from game.core.levels.problems import ERROR
from game.core.levels.reach import Place
from game.core.levels.symmetry import SYMMETRIES, image_place, image_tile, symmetry_of
from game.core.sim.arena import Spawn

T = TypeVar("T")
Random = np.random.Generator

FURTHEST: Final = 4  # tiles that a thing is moved
ATTEMPTS: Final = 12  # edits that are tried for each that is wanted
BRAINS: Final = (
    "",
    "wanderer",
    "chaser",
    "marksman",
)  # of an enemy: the squad's, from a weak to a strong bot
MOST_TEAM: Final = 4  # seats of a team that is made larger
_OPEN: Final = (rules.FLOOR, rules.COVER)
_SOLID: Final = (rules.WALL, rules.BRICK, rules.WATER)
_MIRRORS: Final = (rules.MIRROR_SLASH, rules.MIRROR_BACKSLASH)
_MEANT: Final = frozenset({"W105"})  # a warning that an edit may bring: teams of different size
_FACTORS: Final = (0.6, 0.75, 0.85, 1.2, 1.35, 1.6)


class Mutator:
    """Draws random edits of a level and of its mutants."""

    def __init__(self, level: Level, random: Random) -> None:
        self._random = random
        self._told = {problem.code for problem in check_arena(level.arena)}
        self._tiles_like = _tile_symmetry(level)
        self._all_like = symmetry_of(level.arena)

    def mutant(self, level: Level, edits: int, *, uneven: bool = False) -> Level | None:
        """Return a level after this many edits; None if no playable one was found."""
        for _ in range(ATTEMPTS):
            board = Board(level)
            kinds = list(self._edits(level, uneven=uneven))
            done = 0
            for _ in range(ATTEMPTS * edits):
                done += self._one(kinds)(board)
                if done == edits:
                    break
            made = board.result()
            if done == edits and self._is_sound(made) and not _same(made, level):
                return made
        return None

    def _is_sound(self, level: Level) -> bool:
        problems = check_arena(level.arena)
        new = {problem.code for problem in problems} - self._told - _MEANT
        return not new and not any(problem.severity == ERROR for problem in problems)

    def _edits(self, level: Level, *, uneven: bool) -> Sequence[Callable[[Board], bool]]:
        """Return the edits to draw from, one that should come more often more than once."""
        found = [
            self._tile,
            self._tile,
            self._move,
            self._move,
            self._pickup,
            self._brain,
            self._brain,
            self._time,
        ]
        if level.objective in GOALS:
            found += [self._goal, self._goal]
        if level.objective == rules.DEFEND:
            found += [self._core_hp, self._core_hp]
        if uneven or self._all_like is None:
            found += [self._tank, self._seat, self._seat]
        return found

    def _one(self, items: Sequence[T]) -> T:
        return items[int(self._random.integers(len(items)))]

    def _image(self, place: Place, board: Board, *, things: bool) -> Place | None:
        """Return where an edit is made too; None where it is made once."""
        name = self._all_like if things else self._tiles_like
        height, width = board.tiles.shape
        return image_place(name, width, height, place) if name else None

    # Tiles

    def _tile(self, board: Board) -> bool:
        """Open a solid tile, or make an open one solid or cover; on both sides of a mirrored level."""
        height, width = board.tiles.shape
        place = int(self._random.integers(width)), int(self._random.integers(height))
        tile = board.at(place)
        if tile in _SOLID or tile in _MIRRORS:
            new = self._one((rules.FLOOR, rules.FLOOR, rules.BRICK))
        elif tile in _OPEN:
            new = self._one((rules.WALL, rules.BRICK, rules.COVER, rules.FLOOR))
        else:
            return False
        twin = self._image(place, board, things=False)
        places = {place: new} if twin is None else {place: new, twin: image_tile(self._tiles_like or "", new)}
        if (
            new == tile
            or places.keys() & board.pins
            or (new not in _OPEN and board.occupied() & places.keys())
        ):
            return False
        return all(board.set_tile(each, laid) for each, laid in places.items())

    # Starts, pick-ups, cells

    def _move(self, board: Board) -> bool:
        """Move a thing a few tiles, and its image as far; what is its own image stays so."""
        kind = self._one([kind for kind in (START, PICKUP, CELL) if board.things(kind)])
        number = int(self._random.integers(len(board.things(kind))))
        old = board.place(kind, number)
        away = self._random.integers(-FURTHEST, FURTHEST + 1, 2)
        place = old[0] + int(away[0]), old[1] + int(away[1])
        if place == old or old in board.pins or not board.is_free(place):
            return False
        twin_old, twin = (self._image(each, board, things=True) for each in (old, place))
        if twin_old is None:
            return board.move(kind, number, place)
        if twin_old == old:  # on the axis, where it stays
            return twin == place and board.move(kind, number, place)
        other = next((n for n in range(len(board.things(kind))) if board.place(kind, n) == twin_old), None)
        if other is None:  # of a level that is uneven by now
            return board.move(kind, number, place)
        if twin is None or twin == place or twin_old in board.pins or not board.is_free(twin):
            return False
        return board.move(kind, number, place) and board.move(kind, other, twin)

    def _pickup(self, board: Board) -> bool:
        """Add a pick-up, take one away, or make it another; and its image."""
        what = self._one(("add", "drop", "kind"))
        kind = int(self._random.integers(len(rules.PICKUP_NAMES)))
        if what == "add":
            free = board.free_places()
            if len(board.pickups) > rules.MAX_PICKUPS - 2 or not free:
                return False
            place = self._one(free)
            twin = self._image(place, board, things=True)
            if twin is not None and twin != place and not board.is_free(twin):
                return False
            for each in {place, twin} - {None}:
                assert each is not None
                board.add_pickup(each, kind)
            return True
        if not board.pickups:
            return False
        number = int(self._random.integers(len(board.pickups)))
        place = board.place(PICKUP, number)
        places = {place, self._image(place, board, things=True) or place}
        numbers = [n for n in range(len(board.pickups)) if board.place(PICKUP, n) in places]
        if places & board.pins:
            return False
        if what == "drop":
            return all(board.drop(PICKUP, n) for n in reversed(numbers))
        for n in numbers:
            board.pickups[n] = replace(board.pickups[n], kind=kind)
        return True

    # Who fights

    def _seats(self, board: Board, *, own: bool | None = None) -> list[int]:
        """Return the seats that are not pinned: of the person's team, of the others, or of both."""
        mine = board.level.own_team
        return [
            seat
            for seat, spawn in enumerate(board.spawns)
            if (own is None or (spawn.team == mine) == own) and (spawn.x, spawn.y) not in board.pins
        ]

    def _brain(self, board: Board) -> bool:
        """Let another brain sit on an enemy's start; who plays whom is no matter of symmetry."""
        seats = self._seats(board, own=False)
        if not seats:
            return False
        seat, brain = self._one(seats), self._one(BRAINS)
        if board.roster[seat].brain == brain:
            return False
        board.roster[seat] = replace(board.roster[seat], brain=brain)
        return True

    def _tank(self, board: Board) -> bool:
        """Give all of one side another class of tank."""
        seats = self._seats(board, own=bool(self._random.integers(2)))
        kind = int(self._random.integers(rules.N_CLASSES))
        if not seats or all(board.spawns[seat].tank_class == kind for seat in seats):
            return False
        for seat in seats:
            board.spawns[seat] = replace(board.spawns[seat], tank_class=kind)
        return True

    def _seat(self, board: Board) -> bool:
        """Add a tank to a side beside one of its own, or take one away."""
        own = bool(self._random.integers(2))
        teams = [spawn.team for spawn in board.spawns]
        seats = self._seats(board, own=own)
        if not seats:
            return False
        if self._random.integers(2):
            first = board.spawns[self._one(seats)]
            place = board.nearest(
                (first.x, first.y), board.free_places(board.ground().reachable((first.x, first.y)))
            )
            if place is None or len(teams) >= rules.MAX_SEATS or teams.count(first.team) >= MOST_TEAM:
                return False
            board.add_start(Spawn(*place, first.team, first.tank_class, first.facing))
            return True
        person = next(
            (seat for seat, plan in enumerate(board.roster) if plan.player), board.level.player_seat
        )
        seats = [seat for seat in seats if seat != person and teams.count(board.spawns[seat].team) > 1]
        return bool(seats) and board.drop(START, self._one(seats))

    # Numbers

    def _time(self, board: Board) -> bool:
        second = rules.TICKS_PER_SECOND
        seconds = range(TIME_LIMITS[0] // second, TIME_LIMITS[-1] // second + 1)
        return self._scale(board, "time_limit", seconds, second)

    def _goal(self, board: Board) -> bool:
        return self._scale(board, "goal", GOALS[board.level.objective], 1)

    def _core_hp(self, board: Board) -> bool:
        return self._scale(board, "core_hp", CORE_HPS, 1)

    def _scale(self, board: Board, name: str, allowed: range, unit: int) -> bool:
        old = board.numbers[name] // unit
        factor = self._one(_FACTORS)
        new = min(max(round(old * factor), old + 1 if factor > 1 else allowed[0], allowed[0]), allowed[-1])
        board.numbers[name] = new * unit
        return bool(new != old)


def _tile_symmetry(level: Level) -> str | None:
    """Return the symmetry that all tiles have; that of the teams where they have one."""
    whole = symmetry_of(level.arena)
    tiles = level.arena.tiles
    for name in [whole] if whole else SYMMETRIES:
        step_x, step_y = 1 if name == "mirror_y" else -1, 1 if name == "mirror_x" else -1
        twins = np.array([image_tile(name, tile) for tile in range(rules.N_TILES)], np.uint8)
        if np.array_equal(twins[tiles[::step_y, ::step_x]], tiles):
            return name
    return None


def _same(one: Level, other: Level) -> bool:
    return one.digest == other.digest and one.roster == other.roster


def level_differences(before: Level, after: Level) -> list[dict[str, Any]]:
    """Return the differences of two levels of one size as rows: what, x, y, was, now; x and y None without a position."""
    rows: list[dict[str, Any]] = []

    def row(what: str, place: Place | None, was: object, now: object) -> None:
        x, y = place if place is not None else (None, None)
        rows.append({"what": what, "x": x, "y": y, "was": str(was), "now": str(now)})

    old, new = before.arena, after.arena
    for y, x in np.argwhere(old.tiles != new.tiles):
        names = [rules.TILES[int(tiles[y, x])].name for tiles in (old.tiles, new.tiles)]
        row("tile", (int(x), int(y)), *names)
    for what, one, other in zip(("start", "pickup", "cell"), _things(before), _things(after), strict=True):
        gone, come = [each for each in one if each not in other], [each for each in other if each not in one]
        places = [
            place for place, _ in gone if place in {place for place, _ in come}
        ]  # on these something is another now
        gone.sort(key=lambda each: (each[0] not in places, each[0] if each[0] in places else (0, 0)))
        come.sort(key=lambda each: (each[0] not in places, each[0] if each[0] in places else (0, 0)))
        for was, now in zip(gone, come):
            if was[0] == now[0]:
                row(what, was[0], was[1], now[1])
            else:
                row(what, was[0], *(f"({x},{y}) {words}".strip() for (x, y), words in (was, now)))
        for place, words in gone[len(come) :]:
            row(what, place, words or what, "none")
        for place, words in come[len(gone) :]:
            row(what, place, "none", words or what)
    for name, unit in (("time_limit", rules.TICKS_PER_SECOND), ("goal", 1), ("core_hp", 1)):
        was, now = getattr(old, name) // unit, getattr(new, name) // unit
        if was != now:
            row(name, None, was, now)
    return rows


def _things(level: Level) -> tuple[list[tuple[Place, str]], ...]:
    starts = [
        (
            (spawn.x, spawn.y),
            " ".join(
                filter(None, (f"team {spawn.team}", rules.TANK_CLASSES[spawn.tank_class].name, plan.brain))
            ),
        )
        for spawn, plan in zip(level.arena.spawns, level.roster, strict=True)
    ]
    pickups = [((spot.x, spot.y), rules.PICKUP_NAMES[spot.kind]) for spot in level.arena.pickups]
    return starts, pickups, [(cell, "") for cell in level.arena.cells]
