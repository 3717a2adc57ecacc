"""Reads a level from Tiled's JSON or XML (`.tmj`, `.tmx`), within limits; reports all errors together, with their places.

`safe_json` and `xml_reader` limit the file and convert it to the same objects, `tiled` reads Tiled's structure, this module
interprets it, and `checks` checks whether the result can be played.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from game.core import rules
from game.core.levels import schema
from game.core.levels.beside import parse_tiled_file
from game.core.levels.checks import ArenaNames, check_arena
from game.core.levels.left_out import doubtful_errors
from game.core.levels.map_objects import MapObject
from game.core.levels.model import FACING_NAMES, FORMAT, PORTAL_PAIRS, Level, SeatPlan, Title
from game.core.levels.node import read_fields
from game.core.levels.problems import (
    ERROR,
    Findings,
    LevelError,
    Location,
    Problem,
    closest_word,
    label,
    quoted,
    say,
)
from game.core.levels.reach import STANDING, Place
from game.core.levels.safe_json import read_bounded
from game.core.levels.symmetry import facing_towards
from game.core.levels.tile_data import cell_place
from game.core.levels.tiled import MAX_OBJECTS, GidLayer, TiledMap, read_map
from game.core.levels.tilesets import FLIPPED_X, FLIPPED_Y, GID_MASK, LOST, TileInfo
from game.core.sim.arena import Arena, PickupSpot, Spawn
from safefiles.foreign import PARSER_ERRORS, short_reason
from safefiles.messages import Message
from safefiles.text import shown_path, storable

_PAINTABLE: Final = (*schema.TILE_CLASSES, *schema.OBJECT_CLASSES)
_MOST_NAME: Final = 80  # characters of a file's name that a message shows
# Codes about tiles, which are not reported if a layer or a used tileset cannot be read.
_OF_TILES: Final = frozenset(("E040", "E043", "E044", "E045", "W104"))
_OF_ALL: Final = frozenset(("W105",))  # codes about all starts together
_MIRRORED: Final = {
    rules.MIRROR_SLASH: rules.MIRROR_BACKSLASH,
    rules.MIRROR_BACKSLASH: rules.MIRROR_SLASH,
}


def read_level(path: Path) -> Level:
    """Return the level in a `.tmj` or `.tmx` file.

    Its warnings and notes are in `level.notes`. Raises LevelError with all problems of the file.
    """
    findings = Findings(label(shown_path(path.name), _MOST_NAME), shown_path(path))
    data = read_bounded(path)
    if isinstance(data, Message):
        findings.add("E001", found=data)
        findings.raise_if_broken()
    assert isinstance(data, bytes)
    return _read(data, path.stem, path.parent, path, findings)


def parse_level(data: bytes, name: str, folder: Path | None = None) -> Level:
    """Return the level in the bytes of a `.tmj` or `.tmx` file, for example from a replay or a pack.

    `folder` is the folder of its tilesets; None: only the game's own and inline ones. Raises LevelError.
    """
    return _read(data, name, folder, None, Findings(label(f"{name}.tmj", _MOST_NAME)))


def _read(data: bytes, name: str, folder: Path | None, source: Path | None, findings: Findings) -> Level:
    try:
        value = parse_tiled_file(data, findings)
        tiled = read_map(value, folder, findings) if value is not None else None
        level = _Builder(tiled, findings).build(name, source) if tiled is not None else None
    except PARSER_ERRORS as error:  # the limits above should have refused such a file
        level = None
        findings.add("E001", found=say("fault", why=short_reason(error).cut(80)))
    findings.raise_if_broken()
    assert level is not None  # a function that returns None has added an error
    return level


@dataclass(frozen=True)
class LevelParts:
    """A level with the data from which it was read, for commands that change the file."""

    level: Level
    value: dict[str, Any]  # the map, in the form of Tiled's JSON
    tiled: TiledMap
    things: dict[str, list[MapObject]]  # by class, in the order of the arena's starts, pick-ups and cells
    letters: dict[Place, str]  # letters of portal tiles, also of unpaired ones
    names: ArenaNames  # names of the arena's objects in messages
    left_out: dict[str, tuple[Problem, ...]] = field(
        default_factory=dict
    )  # what may not really be missing, by its code, and why

    @property
    def hidden(self) -> str:
        """The names of hidden layers, for messages."""
        return hidden_layers(self.tiled)


def hidden_layers(tiled: TiledMap) -> str:
    """Return the names of a map's hidden layers, the first few."""
    return ", ".join(tiled.hidden[:8])


def read_parts(data: bytes, name: str, folder: Path | None = None) -> LevelParts:
    """Return the level in the bytes of a level file, and its parts. Raises LevelError."""
    return _parts(data, name, folder, Findings(label(f"{name}.tmj", _MOST_NAME)), frozenset())


def read_draft(path: Path, repairable: frozenset[str]) -> tuple[bytes, LevelParts]:
    """Return the bytes of a level file and its parts, even with errors of the codes `repairable`.

    Its arena may then be unplayable, with objects outside the map. Raises LevelError with all other errors.
    """
    findings = Findings(label(shown_path(path.name), _MOST_NAME), shown_path(path))
    data = read_bounded(path)
    if isinstance(data, Message):
        findings.add("E001", found=data)
        findings.raise_if_broken()
    assert isinstance(data, bytes)
    try:
        return data, _parts(data, path.stem, path.parent, findings, repairable)
    except PARSER_ERRORS as error:  # the limits of the readers should have refused such a file
        if isinstance(error, LevelError):
            raise
        findings.add("E001", found=say("fault", why=short_reason(error).cut(80)))
        raise LevelError(findings.problems()) from None


def _parts(
    data: bytes, name: str, folder: Path | None, findings: Findings, repairable: frozenset[str]
) -> LevelParts:
    value = parse_tiled_file(data, findings)
    tiled = read_map(value, folder, findings) if value is not None else None
    findings.raise_if_broken()
    assert value is not None  # a function that returns None has added an error
    assert tiled is not None
    builder = _Builder(tiled, findings, draft=bool(repairable))
    level = builder.build(name, None)
    refused = [
        each
        for each in findings.problems()
        if each.severity == ERROR and each.code not in {*repairable, "E099"}
    ]
    if refused or (findings.errors and not repairable):
        raise LevelError(refused or findings.problems())
    left_out = doubtful_errors(findings.problems())
    return LevelParts(level, value, tiled, builder.things, builder.letters, builder.names, left_out)


class _FileNames(ArenaNames):
    """Names the objects of an arena by their layers and objects in the file, and cells in Tiled's coordinates."""

    def __init__(self, origin: Place, added: Location | None = None) -> None:
        self.origin = origin
        self.added = added if added is not None else ArenaNames.added
        self.layers: dict[Place, Location] = {}  # the layer of each tile
        self.starts: list[Location] = []
        self.pickups: list[Location] = []
        self.cells: list[Location] = []

    def shown(self, place: Place) -> Place:
        """The coordinates of a tile in Tiled."""
        return place[0] + self.origin[0], place[1] + self.origin[1]

    def tile(self, place: Place) -> Location:
        """The topmost layer with the tile, and the cell."""
        layer = self.layers.get(place)
        return super().tile(place) if layer is None else cell_place(layer, *self.shown(place))

    def layer(self, place: Place) -> str:
        """That layer's name."""
        return str(self.layers.get(place, ""))

    def start(self, number: int, place: Place) -> Location:
        """The object of a start."""
        return self.starts[number]

    def pickup(self, number: int, place: Place) -> Location:
        """The object of a pick-up."""
        return self.pickups[number]

    def cell(self, number: int, place: Place) -> Location:
        """The object of an energy cell."""
        return self.cells[number]


class _Builder:
    """Builds a level from a Tiled map."""

    def __init__(self, tiled: TiledMap, findings: Findings, *, draft: bool = False) -> None:
        self._tiled = tiled
        self._draft = draft  # keep objects outside the map
        self._findings = findings
        self._rows = [[rules.FLOOR] * tiled.width for _ in range(tiled.height)]
        self._pairs: dict[str, list[Place]] = {}  # portal tiles by letter
        self.letters: dict[Place, str] = {}
        self._spawns: list[Spawn] = []
        self._roster: list[SeatPlan] = []
        self._pickups: list[PickupSpot] = []
        self._cells: list[Place] = []
        self.names = _FileNames(tiled.origin, tiled.last_objects)
        self.things: dict[str, list[MapObject]] = {name: [] for name in schema.OBJECT_CLASSES}

    def build(self, name: str, source: Path | None) -> Level:
        """Return the level; it must not be used if the findings have errors. `name` is the name of its file."""
        key = storable(name)
        if not self._tiled.tile_layers and not self._tiled.lost_layers:
            self._findings.add("E024", self._tiled.where, hidden=self._hidden())
        painted: list[MapObject] = []
        for layer in self._tiled.layers:
            painted += self._read_layer(layer)
        if len(painted) > MAX_OBJECTS:
            self._findings.add(
                "E016", "objects", limit=MAX_OBJECTS, what=say("painted_objects"), found=len(painted)
            )
            painted = []
        self._check_tile_size()
        for found in (*self._tiled.objects, *painted):
            self._read_object(found)
        self._tiled.tiles.report_broken(self._findings, all_used=not self._tiled.has_cells)
        portals = self._join_portals()
        fields = read_fields(schema.LEVEL_FIELDS, self._tiled.properties, self._tiled.where, self._findings)
        arena = self._arena(key, fields, portals)
        if fields["format"] > FORMAT:
            self._findings.add(
                "W111", self._tiled.where.inside("format"), found=fields["format"], expected=FORMAT
            )
        if self._tiled.has_cells:
            self._check(arena, drawn=not fields["family"])
        self._check_player()
        pins = self._tiled.pins(self._findings)
        return Level(
            name=key,
            title=Title(fields["title_en"] or shown_path(name), fields["title_zh"]),
            arena=arena,
            roster=self._seat_plans(),
            author=fields["author"],
            licence=fields["licence"],
            mood=fields["mood"],
            music=fields["music"],
            difficulty=fields["difficulty"],
            seed=fields["seed"],
            family=fields["family"],
            pins=pins,
            source=source,
            notes=self._findings.problems(),
        )

    def _check_tile_size(self) -> None:
        """Report once that the map's tile size differs from its tileset's, if this places objects outside the map."""
        tiled = self._tiled
        found = tiled.tile_width, tiled.tile_height
        if not tiled.has_places or not any(map(self._is_outside, tiled.objects)):
            return
        width, height = tiled.size_of_tiles()
        if width and height and (width, height) != found:
            size = f"{found[0]} × {found[1]}"
            self._findings.add("E038", tiled.size_place, width=width, height=height, found=size)
            tiled.has_places = False

    def _is_outside(self, found: MapObject) -> bool:
        tiles = found.tiles or self._tiled.tiles
        known = (found.object_class or tiles.class_of(found.gid & GID_MASK)) in schema.OBJECT_CLASSES
        return known and not self._inside((found.x - self._tiled.origin[0], found.y - self._tiled.origin[1]))

    def _check(self, arena: Arena, *, drawn: bool) -> None:
        """Check whether the arena can be played; objects missing because of an error are not reported again.

        drawn: by a person, who may have forgotten a start; the generator makes teams of different size on purpose.
        """
        complete = not self._findings.errors
        for problem in check_arena(arena, self._findings.file, self.names, whole=complete):
            follows = (
                problem.code in _OF_ALL
                or (problem.severity == ERROR and not problem.where)
                or (problem.code in _OF_TILES and not self._knows_tiles)
            )
            if (complete or not follows) and (drawn or problem.code != "W105"):
                place = self._of_map(problem.at)
                args = dict(problem.args)
                if problem.code in ("E042", "E044", "E046"):
                    args["hidden"] = self._hidden()
                self._findings.add(problem.code, place, **args)

    def _of_map(self, place: Location) -> Location:
        """Return the place in the file for a place of the arena: a number of the level is a property of the map."""
        of_property = self._tiled.properties.get(place.text)
        if of_property is not None:
            return self._tiled.where.inside(place.text, of_property.line)
        return place if place.text else self._tiled.where

    @property
    def _knows_tiles(self) -> bool:
        return not self._tiled.lost_layers and not self._tiled.tiles.has_lost

    def _hidden(self) -> str:
        return hidden_layers(self._tiled)

    def _arena(self, name: str, fields: dict[str, Any], portals: tuple[tuple[Place, Place], ...]) -> Arena:
        objective = rules.OBJECTIVE_NAMES.index(fields["objective"])
        row = rules.OBJECTIVES[objective]
        tiles = np.array(self._rows, np.uint8)
        tiles.flags.writeable = False
        return Arena(
            name=name,
            tiles=tiles,
            objective=objective,
            spawns=tuple(self._spawns),
            time_limit=fields["time_limit"] * rules.TICKS_PER_SECOND or row.default_ticks,
            goal=fields["goal"] or row.default_goal,
            core_hp=fields["core_hp"],
            pickups=tuple(self._pickups),
            cells=tuple(self._cells),
            portals=portals,
        )

    def _seat_plans(self) -> tuple[SeatPlan, ...]:
        """Return the roster; without a player's seat, the first seat of team 0 becomes one."""
        plans = list(self._roster)
        if not any(plan.player for plan in plans):
            own = [seat for seat, spawn in enumerate(self._spawns) if spawn.team == 0]
            if own:
                plans[own[0]] = replace(plans[own[0]], player=True)
        return tuple(plans)

    def _check_player(self) -> None:
        """Warn of a player's seat that is not of team 0: it is allowed, but seldom intended."""
        seat = next((seat for seat, plan in enumerate(self._roster) if plan.player), None)
        if seat is not None and self._spawns[seat].team != 0:
            self._findings.add("W113", self.names.starts[seat], team=self._spawns[seat].team)

    def _read_layer(self, layer: GidLayer) -> list[MapObject]:
        """Apply a tile layer on top of the tiles so far; return the objects that were painted as tiles."""
        painted: list[MapObject] = []
        outside = 0
        (left, top), wide, high = self._tiled.origin, self._tiled.width, self._tiled.height
        for gid, cells in layer.filled().items():
            info = self._tiled.tiles.find(gid & GID_MASK)
            if info is LOST:
                continue
            if info is None or info.tile_class not in _PAINTABLE:
                where_first = partial(cell_place, layer.where, *cells[0])
                self._report_tile(where_first, gid & GID_MASK, info, len(cells) - 1)
                continue
            places = cells if (left, top) == (0, 0) else [(x - left, y - top) for x, y in cells]
            inside = [place for place in places if 0 <= place[0] < wide and 0 <= place[1] < high]
            outside += len(places) - len(inside)
            if info.tile_class in schema.OBJECT_CLASSES:
                for x, y in map(self.names.shown, inside):
                    where = cell_place(layer.where, x, y)
                    painted.append(MapObject(where, info.tile_class, x, y, 0, info.properties))
            else:
                self._set_tile(layer.where, inside, gid, info)
        if outside:
            self._findings.add("W118", layer.where, count=outside)
        return painted

    def _inside(self, place: Place) -> bool:
        return 0 <= place[0] < self._tiled.width and 0 <= place[1] < self._tiled.height

    def _report_tile(self, where: Callable[[], Location], gid: int, info: TileInfo | None, more: int) -> None:
        """Add the error for a tile that is in no tileset or has no class of ours."""
        if info is None:
            self._findings.add("E017", where, found=gid, more=more)
        else:
            suggestion = partial(closest_word, info.tile_class, _PAINTABLE)
            found = partial(quoted, info.tile_class) if info.tile_class else say("none")
            self._findings.add("E023", where, found=found, hint=suggestion, more=more)

    def _set_tile(self, layer: Location, places: list[Place], gid: int, info: TileInfo) -> None:
        """Set one tile on its cells, with mirrors flipped according to Tiled's flip flags."""
        tile = schema.TILE_CLASSES[info.tile_class]
        if bool(gid & FLIPPED_X) != bool(gid & FLIPPED_Y):
            tile = _MIRRORED.get(tile, tile)
        for x, y in places:
            self._rows[y][x] = tile
        self.names.layers.update(dict.fromkeys(places, layer))
        if self.letters:
            for place in places:
                self.letters.pop(place, None)
        if tile == rules.PORTAL:
            for place in places:
                where = cell_place(layer, *self.names.shown(place))
                values = read_fields(schema.PORTAL_FIELDS, info.properties, where, self._findings)
                self.letters[place] = values["pair"]

    def _join_portals(self) -> tuple[tuple[Place, Place], ...]:
        """Return the pairs of portal tiles, by letter."""
        for place, letter in sorted(self.letters.items(), key=lambda item: (item[0][1], item[0][0])):
            self._pairs.setdefault(letter, []).append(place)
        pairs = []
        for letter in PORTAL_PAIRS:
            ends = self._pairs.get(letter, [])
            if len(ends) == 2:
                pairs.append((ends[0], ends[1]))
            elif ends and self._knows_tiles:
                self._findings.add("E043", self.names.tile(ends[-1]), pair=letter, found=len(ends))
                self.names.reported |= set(ends)
        return tuple(pairs)

    def _read_object(self, found: MapObject) -> None:
        """Add one object; its own properties override those of its tile."""
        object_class, properties = found.object_class, found.properties
        if found.gid:
            tiles = found.tiles or self._tiled.tiles
            info = tiles.find(found.gid & GID_MASK)
            if info is LOST:
                return
            if info is None:
                self._findings.add("E033", found.where, found=found.gid & GID_MASK)
                return
            object_class = object_class or info.tile_class
            properties = {**info.properties, **properties}
        if object_class not in schema.OBJECT_CLASSES:
            if object_class:
                suggestion = partial(closest_word, object_class, schema.OBJECT_CLASSES)
                self._findings.add("W108", found.where, found=quoted(object_class), hint=suggestion)
            else:
                self._findings.add("N204", found.where)
            return
        fields = schema.OBJECT_CLASSES[object_class]
        values = read_fields(fields, properties, found.where, self._findings)
        if values.get("brain"):
            self._findings.brains.append((values["brain"], found.where))
        if not self._tiled.has_places:
            return
        found = self._nearest_floor(found)
        place = found.x - self._tiled.origin[0], found.y - self._tiled.origin[1]
        if not self._inside(place):
            moved = ",".join(map(str, found.shift)) if any(found.shift) else ""
            self._findings.add("E031", found.where, x=found.x, y=found.y, moved=moved)
            if not self._draft:
                return
        if found.turned:
            self._findings.add("N205", found.where, found=f"{found.turned:g}")
        if any(found.tied):
            self._findings.add("N206", found.where, x=found.x, y=found.y)
        where = found.where
        self.things[object_class].append(found)
        if where.object is not None:  # a painted object has its cell in its place
            where = where.on(found.x, found.y)
        if object_class == schema.SPAWN:
            self._add_spawn(found, place, where, values)
        elif object_class == schema.PICKUP:
            kind = rules.PICKUP_NAMES.index(values["kind"])
            self._pickups.append(PickupSpot(*place, kind))
            self.names.pickups.append(where)
        else:
            self._cells.append(place)
            self.names.cells.append(where)

    def _nearest_floor(self, found: MapObject) -> MapObject:
        """Put an object whose middle is between tiles on the first of them on which it can stand.

        The order is: the tile to the lower right, the one at its left, above it, and to the upper left.
        """
        lefts, ups = (0, -1) if found.tied[0] else (0,), (0, -1) if found.tied[1] else (0,)
        left, top = self._tiled.origin
        for up in ups:
            for aside in lefts:
                x, y = found.x + aside, found.y + up
                place = x - left, y - top
                if self._inside(place) and self._rows[place[1]][place[0]] in STANDING:
                    return found if (x, y) == (found.x, found.y) else replace(found, x=x, y=y)
        return found

    def _add_spawn(self, found: MapObject, place: Place, where: Location, values: dict[str, Any]) -> None:
        if values["facing"] == schema.AUTO:
            middle = self._tiled.width // 2, self._tiled.height // 2
            facing = facing_towards(place, middle)
        else:
            facing = 1 + FACING_NAMES.index(values["facing"])
        tank_class = schema.TANK_NAMES.index(values["tank"])
        self._spawns.append(Spawn(*place, values["team"], tank_class, facing))
        self.names.starts.append(where)
        self._roster.append(SeatPlan(values["player"], values["brain"], found.where))
