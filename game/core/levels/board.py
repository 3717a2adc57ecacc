"""A level that is being edited: tiles and objects are changed one by one, and each change is recorded with its reason.

A pinned cell keeps its tile and the object on it, and nothing is put there. `SymmetryGuide` knows what a nearly symmetric
level has on the other side, and so what is missing on this one.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from game.core import rules
from game.core.levels.model import Level, SeatPlan
from game.core.levels.reach import STANDING, Ground, Place
from game.core.levels.symmetry import SYMMETRIES, image_facing, image_place, image_tile
from game.core.sim.arena import Arena, PickupSpot, Spawn
from safefiles.messages import Message

NUMBERS: Final = ("time_limit", "goal", "core_hp")  # numbers of an arena; the time in ticks
TILE: Final = "tile"
START: Final = "start"
PICKUP: Final = "pickup"
CELL: Final = "cell"
NONE: Final = "none"  # `was` of a new object
LIKE_TILES: Final = (
    0.9  # share of tiles with a matching image from which a level counts as nearly symmetric …
)
LIKE_THINGS: Final = 0.5  # … and share of starts, pick-ups and cells
_STANDS: Final = np.array(
    [tile_id in STANDING and tile_id != rules.PORTAL for tile_id in range(rules.N_TILES)]
)


@dataclass(frozen=True)
class LevelChange:
    """One change of a level."""

    what: str  # TILE, START, PICKUP or CELL
    place: Place  # tile of the arena; for a moved object its new tile
    was: str  # a tile, a team, or NONE; empty for a moved object
    now: str
    code: str = ""  # code of the problem that it fixes
    why: Message | str = ""
    number: int | None = None  # number of the start, pick-up or cell
    before: Place | None = None  # old tile of a moved object
    letter: str = ""  # letter of a new portal

    @property
    def added(self) -> bool:
        """Whether the object is new."""
        return self.was == NONE


def merge_changes(changes: Iterable[LevelChange]) -> tuple[LevelChange, ...]:
    """Return the changes, merged by tile and by object: first old value, last new value, first reason.

    Changes that cancel each other are left out.
    """
    found: dict[tuple[object, ...], LevelChange] = {}
    for change in changes:
        of_place = change.before is not None or change.added
        key = change.place if change.what == TILE else (change.number, of_place)
        known = found.get((change.what, *key))
        if known is not None:
            change = replace(
                change,
                was=known.was,
                now=known.now if known.added else change.now,
                code=known.code,
                why=known.why,
                before=known.before,
            )
        found[(change.what, *key)] = change
    return tuple(
        change
        for change in found.values()
        if (change.was != change.now if change.before is None else change.before != change.place)
    )


class SymmetryGuide:
    """The symmetry of a nearly symmetric level."""

    def __init__(self, arena: Arena) -> None:
        self._height, self._width = (int(side) for side in arena.tiles.shape)
        likest = max((_likeness(arena, name), name) for name in SYMMETRIES)
        (tiles, things), self.name = likest
        self.has_tiles = tiles >= LIKE_TILES
        even = arena.objective in (rules.ELIMINATE, rules.COLLECT)
        self.has_things = self.has_tiles and even and things >= LIKE_THINGS

    def image(self, place: Place) -> Place:
        """Return the image of a tile under the symmetry."""
        return image_place(self.name, self._width, self._height, place)

    def tile(self, arena: Arena, place: Place) -> int | None:
        """Return the tile that should be here according to the other side; None if unknown."""
        other = self.image(place)
        if not self.has_tiles or other == place:
            return None
        return image_tile(self.name, int(arena.tiles[other[1], other[0]]))

    def start(self, spawn: Spawn) -> Spawn:
        """Return the image of a start."""
        x, y = self.image((spawn.x, spawn.y))
        team = 1 - spawn.team if spawn.team < 2 else spawn.team
        return Spawn(x, y, team, spawn.tank_class, image_facing(self.name, spawn.facing))


def _likeness(arena: Arena, symmetry: str) -> tuple[float, float]:
    """Return the shares of tiles and of objects that have a matching image."""
    height, width = arena.tiles.shape
    step_x, step_y = 1 if symmetry == "mirror_y" else -1, 1 if symmetry == "mirror_x" else -1
    twins = np.array([image_tile(symmetry, tile) for tile in range(rules.N_TILES)], np.uint8)
    tiles = float((twins[arena.tiles[::step_y, ::step_x]] == arena.tiles).mean())
    things: set[tuple[object, ...]] = {("start", s.x, s.y, s.team) for s in arena.spawns}
    things |= {("pickup", p.x, p.y, p.kind) for p in arena.pickups} | {
        ("cell", *cell) for cell in arena.cells
    }

    def image(thing: tuple[object, ...]) -> tuple[object, ...]:
        kind, x, y, *rest = thing
        assert isinstance(x, int)
        assert isinstance(y, int)
        if kind == "start" and rest[0] in (0, 1):
            rest = [1 - int(str(rest[0]))]
        return (kind, *image_place(symmetry, width, height, (x, y)), *rest)

    return tiles, sum(image(thing) in things for thing in things) / max(len(things), 1)


class Board:
    """An arena and its roster while they are edited."""

    def __init__(self, level: Level, pins: Collection[Place] | None = None) -> None:
        self.level = level
        self.pins = frozenset(level.pins if pins is None else pins)
        self.tiles = level.arena.tiles.copy()
        self.spawns = list(level.arena.spawns)
        self.roster = list(level.roster)
        self.pickups = list(level.arena.pickups)
        self.cells = list(level.arena.cells)
        self.portals = list(level.arena.portals)
        self.numbers = {name: getattr(level.arena, name) for name in NUMBERS}
        self.changes: list[LevelChange] = []

    @property
    def arena(self) -> Arena:
        """The arena as it is now."""
        return replace(
            self.level.arena,
            tiles=self.tiles.copy(),
            spawns=tuple(self.spawns),
            pickups=tuple(self.pickups),
            cells=tuple(self.cells),
            portals=tuple(self.portals),
            **self.numbers,
        )

    def result(self) -> Level:
        """Return the level as it is now."""
        return replace(self.level, arena=self.arena, roster=tuple(self.roster), notes=())

    def inside(self, place: Place) -> bool:
        """Return whether a tile is on the map."""
        height, width = self.tiles.shape
        return bool(0 <= place[0] < width and 0 <= place[1] < height)

    def at(self, place: Place) -> int:
        """Return the tile."""
        return int(self.tiles[place[1], place[0]])

    def can_stand(self, place: Place) -> bool:
        """Return whether an object can stand on a tile."""
        return self.inside(place) and bool(_STANDS[self.at(place)])

    def is_free(self, place: Place) -> bool:
        """Return whether an object may be put on a tile."""
        return self.can_stand(place) and place not in self.pins and place not in self.occupied()

    def occupied(self) -> set[Place]:
        """Return the tiles on which objects stand."""
        return {self.place(kind, n) for kind in (START, PICKUP, CELL) for n in range(len(self.things(kind)))}

    def things(self, kind: str) -> Sequence[object]:
        """Return the starts, pick-ups or cells."""
        found: dict[str, Sequence[object]] = {START: self.spawns, PICKUP: self.pickups, CELL: self.cells}
        return found[kind]

    def place(self, kind: str, number: int) -> Place:
        """Return the tile of an object."""
        if kind == CELL:
            return self.cells[number]
        thing = self.spawns[number] if kind == START else self.pickups[number]
        return thing.x, thing.y

    def ground(self) -> Ground:
        """Return the passable tiles now."""
        return Ground(self.tiles, self.portals)

    # Changes

    def set_tile(
        self, place: Place, tile: int, code: str = "", why: Message | str = "", letter: str = ""
    ) -> bool:
        """Set a tile, unless the cell is pinned; `letter` is that of a portal."""
        if place in self.pins:
            return False
        was = rules.TILES[self.at(place)].name
        self.tiles[place[1], place[0]] = tile
        if was != rules.TILES[tile].name:
            self.changes.append(
                LevelChange(TILE, place, was, rules.TILES[tile].name, code, why, letter=letter)
            )
        return True

    def move(self, kind: str, number: int, place: Place, code: str = "", why: Message | str = "") -> bool:
        """Move an object, unless its old or new cell is pinned."""
        old = self.place(kind, number)
        if {old, place} & self.pins:
            return False
        if kind == CELL:
            self.cells[number] = place
        elif kind == START:
            self.spawns[number] = replace(self.spawns[number], x=place[0], y=place[1])
        else:
            self.pickups[number] = replace(self.pickups[number], x=place[0], y=place[1])
        self.changes.append(LevelChange(kind, place, "", "", code, why, number, old))
        return True

    def add_start(self, spawn: Spawn, code: str = "", why: Message | str = "") -> None:
        """Add a start; the first start of team 0 becomes the player's seat if there is none yet."""
        player = spawn.team == 0 and not any(plan.player for plan in self.roster)
        self.spawns.append(spawn)
        self.roster.append(SeatPlan(player=player))
        self.changes.append(
            LevelChange(
                START, (spawn.x, spawn.y), NONE, f"team {spawn.team}", code, why, len(self.spawns) - 1
            )
        )

    def add_cell(self, place: Place, code: str = "", why: Message | str = "") -> None:
        """Add an energy cell."""
        self.cells.append(place)
        self.changes.append(LevelChange(CELL, place, NONE, "cell", code, why, len(self.cells) - 1))

    def add_pickup(self, place: Place, kind: int) -> None:
        """Add a pick-up."""
        self.pickups.append(PickupSpot(*place, kind))

    def drop(self, kind: str, number: int) -> bool:
        """Remove an object, unless it is pinned."""
        if self.place(kind, number) in self.pins:
            return False
        if kind == START:
            del self.spawns[number], self.roster[number]
        elif kind == PICKUP:
            del self.pickups[number]
        else:
            del self.cells[number]
        return True

    # Places

    def nearest(self, place: Place, allowed: Iterable[Place]) -> Place | None:
        """Return the nearest of some tiles; of several, the first in row order."""
        return min(
            allowed,
            key=lambda cell: (abs(cell[0] - place[0]) + abs(cell[1] - place[1]), cell[1], cell[0]),
            default=None,
        )

    def free_places(self, area: int | None = None) -> list[Place]:
        """Return the tiles on which an object may be put; with `area`, bits of `ground()`, only those."""
        taken, ground = self.occupied() | self.pins, self.ground()
        found = ((int(x), int(y)) for y, x in np.argwhere(_STANDS[self.tiles]))
        return [place for place in found if place not in taken and (area is None or ground.bit(place) & area)]

    def neighbours(self, place: Place) -> Iterator[Place]:
        """Yield the adjacent tiles (sharing a side) that are on the map."""
        x, y = place
        yield from (cell for cell in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)) if self.inside(cell))
