"""Repairs a level automatically, with few changes on its grid, and reports each change.

The steps have the order of the checks: portals, objects that are not on floor, missing objects of the objective, paths. On
a nearly symmetric level the other side shows what to do (`board.SymmetryGuide`), otherwise the nearest place or the shortest
path is used. Finally `check_arena` checks the result.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from game.core import rules
from game.core.levels.board import CELL, PICKUP, START, Board, LevelChange, merge_changes
from game.core.levels.breaching import Breach, cheapest_breach
from game.core.levels.checks import NEAR_STARTS, ArenaNames, check_arena
from game.core.levels.model import Level
from game.core.levels.problems import ERROR, Location, Problem, say
from game.core.levels.reach import PASSABLE, Place
from game.core.levels.repair_needs import ObjectiveRepairer
from game.core.levels.repair_things import apart
from game.core.sim.arena import Arena
from safefiles.messages import Message

REPAIRS: Final = {  # what is done about each problem, for docs/levels.md; other problems are not repaired
    "E031": "moves it to the nearest free place",
    "E040": "sets the tile to floor, or moves it",
    "E041": "moves the later one",
    "E042": "adds a start, in `eliminate` and `collect` as many as the other side has",
    "E043": "adds the end that the other side shows, or erases the odd one",
    "E044": "adds a core near the defenders, or erases all but one",
    "E045": "adds the home that the other side shows, or a tile near the start",
    "E046": "adds a cell between the homes, a pair on a mirrored level",
    "E047": "opens the shortest path, or moves a start or cell",
    "E048": "makes it one of team 1",
    "E049": "moves the later one",
    "W103": "opens the shortest path, or fills the area",
    "W105": "adds the missing start if every other start has a mirror image; not on generated levels",
    "W106": "opens the shortest path, or moves it",
    "W107": "moves the later start",
}
REPAIRABLE: Final = frozenset(code for code in REPAIRS if code[0] == "E")  # errors
REPAIRABLE_WARNINGS: Final = frozenset({"W103", "W106", "W107"})  # warnings that a repair removes
_BREACH_OR_MOVE: Final = 1  # tiles of a path that are opened for an object; with more it is moved instead …
_SEEN_BREACH: Final = 6  # … the same if the other side shows that they were open
FILLING: Final = (
    frozenset(  # tiles with which a closed-off area may be filled if the other side shows them
        {rules.WALL, rules.BRICK, rules.WATER, rules.MIRROR_SLASH, rules.MIRROR_BACKSLASH}
    )
    - PASSABLE
)
_MOST_FILLED: Final = 12  # tiles of a closed-off area that are filled; to a larger one a path is opened


@dataclass(frozen=True)
class Repair:
    """A repaired level."""

    level: Level
    changes: tuple[LevelChange, ...]
    left: tuple[Problem, ...]  # problems that could not be repaired; with errors the level cannot be played
    pinned: tuple[LevelChange, ...] = ()  # changes that would repair more if the cells were not pinned


def repair_level(
    level: Level,
    letters: Mapping[Place, str] | None = None,
    names: ArenaNames | None = None,
    *,
    file: str | None = None,
    guided: bool = True,
    doubted: Collection[str] = (),
    hidden: str = "",
) -> Repair:
    """Return a level repaired as far as possible automatically; `level` may be a draft (`tmj.read_draft`).

    letters: of the portal tiles. names, file: for the messages about remaining problems. guided: use the other side of a
    nearly symmetric level. doubted: codes of objects that may not be missing, because the file has them and they were left
    out: they are not added. hidden: the names of the file's hidden layers.
    """
    board = Board(level)
    repairer = _Repairer(board, letters or {}, names or ArenaNames(), guided=guided, doubted=doubted)
    repairer.all()
    made = board.result()
    changes = merge_changes(board.changes)
    problems = check_arena(
        made.arena, file or level.name, _Shifted(names or ArenaNames(), level.arena) if changes else names
    )
    reported_codes = REPAIRABLE_WARNINGS | repairer.left_alone
    left = [
        _with_hidden(each, hidden)
        for each in problems
        if each.severity == ERROR or each.code in reported_codes
    ]
    pinned: tuple[LevelChange, ...] = ()
    if left and level.pins:
        freed = repair_level(
            *(replace(level, pins=frozenset()), letters, names), file=file, guided=guided, doubted=doubted
        )
        if fixes_more(left, freed.left):
            pinned = tuple(each for each in freed.changes if {each.place, each.before} & level.pins)
    return Repair(made, changes, tuple(left), pinned)


def _with_hidden(problem: Problem, hidden: str) -> Problem:
    """Return a problem with the names of hidden layers added if its message has them."""
    args = tuple((name, hidden if name == "hidden" else value) for name, value in problem.args)
    return replace(problem, args=args)


def fixes_more(left: Sequence[Problem], other: Sequence[Problem]) -> bool:
    """Return whether `left` has a problem that another repair does not leave."""
    kept = {(each.code, each.where) for each in other}
    return any((each.code, each.where) not in kept for each in left)


class _Shifted(ArenaNames):
    """Names tiles and unmoved objects as in the file; moved and new objects have no object of the file."""

    def __init__(self, names: ArenaNames, before: Arena) -> None:
        self._names = names
        self.added = names.added
        self._starts = [(spawn.x, spawn.y) for spawn in before.spawns]
        self._pickups = [(spot.x, spot.y) for spot in before.pickups]
        self._cells = list(before.cells)

    def shown(self, place: Place) -> Place:
        """The coordinates of a tile in messages."""
        return self._names.shown(place)

    def tile(self, place: Place) -> Location:
        """The layer of a tile, and the cell."""
        return self._names.tile(place)

    def layer(self, place: Place) -> str:
        """That layer's name."""
        return self._names.layer(place)

    def start(self, number: int, place: Place) -> Location:
        """The object of a start that was not moved."""
        return self._thing(self._names.start, self._starts, place)

    def pickup(self, number: int, place: Place) -> Location:
        """The object of a pick-up that was not moved."""
        return self._thing(self._names.pickup, self._pickups, place)

    def cell(self, number: int, place: Place) -> Location:
        """The object of an energy cell that was not moved."""
        return self._thing(self._names.cell, self._cells, place)

    def _thing(self, found: Callable[[int, Place], Location], places: list[Place], place: Place) -> Location:
        """Find an object of the file by its place, because numbers change when objects are removed."""
        return found(places.index(place), place) if places.count(place) == 1 else self.tile(place)


class _Repairer(ObjectiveRepairer):
    """Opens paths, and runs all steps."""

    def all(self) -> None:
        steps: tuple[Callable[[], None], ...] = (
            self.portals, self.teams, self.outside, self.standing, self.shared, self.starts, self.twins,
            self.between_starts, self.core, self.homes, self.energy, self.ways, self.pockets, self.near,
        )  # fmt: skip
        for step in steps:
            step()

    def between_starts(self) -> None:
        """Make every start reachable from every other."""
        area, ground = self.main_area(), self.board.ground()
        starts = [(spawn.x, spawn.y) for spawn in self.board.spawns]
        first = next(
            (place for place in starts if self.board.inside(place) and ground.bit(place) & area), (0, 0)
        )
        x, y = self.names.shown(first)
        for number in range(len(self.board.spawns)):
            self._reach_thing(START, number, "E047", say("E047", what=say("start_at", x=x, y=y)))

    def ways(self) -> None:
        """Make all required objects reachable: open a path if few tiles block it, otherwise move the object."""
        board = self.board
        self.between_starts()
        kinds = [(PICKUP, "W106", "pickup")]
        kinds += [(CELL, "E047", "the_starts")] if self.objective == rules.COLLECT else []
        for kind, code, what in kinds:
            for number in range(len(board.things(kind))):
                self._reach_thing(kind, number, code, say(code, what=say(what)))
        why = say("E047", what=say("the_starts"))
        if self.objective == rules.COLLECT:
            for team in sorted({spawn.team for spawn in board.spawns}):
                places = [(int(x), int(y)) for y, x in np.argwhere(board.tiles == rules.HOME + team)]
                ground, area = board.ground(), self.main_area()
                if places and not any(ground.bit(place) & area for place in places):
                    self._open(cheapest_breach(board, places, area, self.guide), "E047", why)
        if self.objective == rules.DEFEND:
            for y, x in np.argwhere(board.tiles == rules.CORE):
                place, area = (int(x), int(y)), self.main_area()
                if not board.ground().open_neighbours(place) & area:
                    self._open(cheapest_breach(board, [place], area, self.guide), "E047", why)

    def _reach_thing(self, kind: str, number: int, code: str, why: Message | str) -> None:
        board, place, area = self.board, self.board.place(kind, number), self.main_area()
        if not board.can_stand(place) or board.ground().bit(place) & area:
            return
        breach = cheapest_breach(board, [place], area, self.guide)
        large = board.ground().reachable(place).bit_count() > _MOST_FILLED  # too large to be left closed off
        if breach is not None:
            most = _SEEN_BREACH if breach.seen else _BREACH_OR_MOVE
            if large or len(breach.tiles) <= most or place in board.pins:
                self._open(breach, code, why)
                return
        elif large and board.pins:
            return
        if not self.move_back(kind, number, code, why, area):
            self._open(breach, code, why)

    def _open(self, breach: Breach | None, code: str, why: Message | str) -> None:
        for place in breach.tiles if breach is not None else ():
            tile = self.ground_of(place)
            self.board.set_tile(place, tile if tile in PASSABLE else rules.FLOOR, code, why)

    def pockets(self) -> None:
        """Open a path to floor that no tank can reach, or fill it if that changes fewer tiles."""
        board, area = self.board, self.main_area()
        ground = board.ground()
        left = ground.open & ~area
        while left:
            pocket = ground.reachable(ground.places(left & -left)[0])
            left &= ~pocket
            places = [place for place in ground.places(pocket) if board.inside(place)]
            why = say("W103", count=len(places))
            breach = cheapest_breach(board, places, area, self.guide)
            solid = [self.guide.tile(board.arena, place) for place in places]
            seen_solid = all(tile in FILLING for tile in solid)
            fills = len(places) <= _MOST_FILLED and not board.pins & set(places)
            fills = fills and all(
                board.at(place) in (rules.FLOOR, rules.COVER, rules.BRICK) for place in places
            )
            fills = fills and not board.occupied() & set(places)
            opened = breach is not None and (breach.seen or len(breach.tiles) <= len(places))
            if fills and (seen_solid or not opened):
                for place, tile in zip(places, solid):
                    board.set_tile(
                        place, tile if tile is not None and seen_solid else rules.WALL, "W103", why
                    )
            elif breach is not None:
                self._open(breach, "W103", why)
                area, ground = self.main_area(), board.ground()
                left &= ~area

    def near(self) -> None:
        """Separate starts of enemies that are too near: move the later one to the nearest place far enough away."""
        board = self.board
        for seat, spawn in enumerate(board.spawns):
            enemies = [each for each in board.spawns if each.team != spawn.team]
            tiles = min((apart((spawn.x, spawn.y), each) for each in enemies), default=99)
            before = [each for each in board.spawns[:seat] if each.team != spawn.team]
            if not 0 < tiles < NEAR_STARTS or not any(
                apart((spawn.x, spawn.y), each) == tiles for each in before
            ):
                continue
            allowed = [
                place
                for place in board.free_places(self.main_area())
                if all(apart(place, each) >= NEAR_STARTS for each in enemies)
            ]
            target = board.nearest((spawn.x, spawn.y), allowed)
            if target is not None:
                board.move(START, seat, target, "W107", say("W107", found=tiles))
