"""Reads a level from Tiled's JSON (`.tmj`): bounded, located errors, all of them at once.

`safe_json` bounds the file, `tiled` reads Tiled's structure, this module gives it the game's meaning, and
`checks` asks whether the result can be played.
"""

from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from game import rules
from game.levels import schema
from game.levels.checks import check_arena
from game.levels.model import FACING_NAMES, FORMAT, PORTAL_PAIRS, Level, SeatPlan, Title
from game.levels.node import read_fields
from game.levels.problems import ERROR, Findings, hint, label, quoted
from game.levels.reach import Place
from game.levels.safe_json import parse_json, read_bounded
from game.levels.symmetry import facing_towards
from game.levels.tile_data import cell_place
from game.levels.tiled import MAX_OBJECTS, GidLayer, MapObject, TiledMap, read_map
from game.levels.tilesets import FLIPPED_X, FLIPPED_Y, GID_MASK, TileInfo
from game.sim.arena import Arena, PickupSpot, Spawn

_PAINTABLE: Final = (*schema.TILE_CLASSES, *schema.OBJECT_CLASSES)
_MIRRORED: Final = {
    rules.MIRROR_SLASH: rules.MIRROR_BACKSLASH,
    rules.MIRROR_BACKSLASH: rules.MIRROR_SLASH,
}


def read_level(path: Path) -> Level:
    """Return the level in a `.tmj` file.

    Its warnings and notes are in `level.notes`. Raises LevelError with everything wrong with the file.
    """
    findings = Findings(label(path.name))
    data = read_bounded(path, findings, "E001")
    findings.raise_if_broken()
    assert data is not None  # read_bounded adds a problem whenever it returns None
    return _read(data, path.stem, path.parent, path, findings)


def parse_level(data: bytes, name: str, folder: Path | None = None) -> Level:
    """Return the level in the bytes of a `.tmj` file, as of a replay or a pack.

    `folder` is where its tilesets may lie; None: only the game's own and inline ones. Raises LevelError.
    """
    return _read(data, name, folder, None, Findings(label(f"{name}.tmj")))


def _read(data: bytes, name: str, folder: Path | None, source: Path | None, findings: Findings) -> Level:
    value = parse_json(data, findings)
    if not isinstance(value, dict) and not findings.errors:
        findings.add("E010", expected="an object", found=quoted(value))
    tiled = read_map(value, folder, findings) if isinstance(value, dict) else None
    if tiled is None:
        findings.raise_if_broken()
        raise AssertionError("read_map adds an error whenever it returns None")
    level = _Builder(tiled, findings).build(name, source)
    findings.raise_if_broken()
    return level


class _Builder:
    """Turns a Tiled map into a level."""

    def __init__(self, tiled: TiledMap, findings: Findings) -> None:
        self._tiled = tiled
        self._findings = findings
        self._rows = [[rules.FLOOR] * tiled.width for _ in range(tiled.height)]
        self._pairs: dict[str, list[Place]] = {}  # portal tiles by letter
        self._letters: dict[Place, str] = {}
        self._spawns: list[Spawn] = []
        self._roster: list[SeatPlan] = []
        self._pickups: list[PickupSpot] = []
        self._cells: list[Place] = []

    def build(self, name: str, source: Path | None) -> Level:
        """Return the level; where the findings hold errors it must not be used."""
        if not self._tiled.layers:
            self._findings.add("E024")
        painted: list[MapObject] = []
        for layer in self._tiled.layers:
            painted += self._read_layer(layer)
        if len(painted) > MAX_OBJECTS:
            self._findings.add(
                "E016", "objects", limit=MAX_OBJECTS, what="painted objects", found=len(painted)
            )
            painted = []
        for found in (*self._tiled.objects, *painted):
            self._read_object(found)
        portals = self._join_portals()
        fields = read_fields(schema.LEVEL_FIELDS, self._tiled.properties, "", self._findings)
        arena = self._arena(name, fields, portals)
        if fields["format"] > FORMAT:
            self._findings.add("W111", "format", found=fields["format"], expected=FORMAT)
        # What went missing through an error so far must not be reported as missing once more.
        complete = not self._findings.errors
        self._findings.extend(
            problem
            for problem in check_arena(arena, self._findings.file)
            if complete or problem.where or problem.severity != ERROR
        )
        return Level(
            name=name,
            title=Title(fields["title_en"] or name, fields["title_zh"]),
            arena=arena,
            roster=self._seat_plans(),
            author=fields["author"],
            licence=fields["licence"],
            mood=fields["mood"],
            music=fields["music"],
            difficulty=fields["difficulty"],
            seed=fields["seed"],
            family=fields["family"],
            source=source,
            notes=self._findings.problems(),
        )

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
        """Return the roster; where no seat is meant for a player, the first of team 0 is."""
        plans = list(self._roster)
        if not any(plan.player for plan in plans):
            own = [seat for seat, spawn in enumerate(self._spawns) if spawn.team == 0]
            if own:
                plans[own[0]] = SeatPlan(True, plans[own[0]].brain)
        return tuple(plans)

    def _read_layer(self, layer: GidLayer) -> list[MapObject]:
        """Lay a tile layer over the tiles so far; return what objects were painted as tiles."""
        cells_of: dict[int, list[int]] = {}
        for cell, gid in enumerate(layer.gids):
            if gid:
                cells_of.setdefault(gid, []).append(cell)
        painted: list[MapObject] = []
        width = self._tiled.width
        for gid, cells in cells_of.items():
            info = self._tiled.tiles.find(gid & GID_MASK)
            if info is None or info.tile_class not in _PAINTABLE:
                self._report_tile(
                    cell_place(layer.name, cells[0], width), gid & GID_MASK, info, len(cells) - 1
                )
                continue
            for cell in cells:
                x, y = cell % width, cell // width
                where = cell_place(layer.name, cell, width)
                if info.tile_class in schema.OBJECT_CLASSES:
                    painted.append(MapObject(where, info.tile_class, x, y, 0, info.properties))
                else:
                    self._lay(where, (x, y), gid, info)
        return painted

    def _report_tile(self, where: str, gid: int, info: TileInfo | None, more: int) -> None:
        """Add the error for a tile that is in no tileset or has no class of ours."""
        if info is None:
            suggestion = partial(self._tiled.tiles.hint, gid)
            self._findings.add("E017", where, found=gid, hint=suggestion, more=more)
        else:
            suggestion = partial(hint, info.tile_class, _PAINTABLE)
            found = quoted(info.tile_class) if info.tile_class else "none"
            self._findings.add("E023", where, found=found, hint=suggestion, more=more)

    def _lay(self, where: str, place: Place, gid: int, info: TileInfo) -> None:
        """Put one tile, mirrors turned over as Tiled's flips show them."""
        tile = schema.TILE_CLASSES[info.tile_class]
        if bool(gid & FLIPPED_X) != bool(gid & FLIPPED_Y):
            tile = _MIRRORED.get(tile, tile)
        self._rows[place[1]][place[0]] = tile
        self._letters.pop(place, None)
        if tile == rules.PORTAL:
            values = read_fields(schema.PORTAL_FIELDS, info.properties, where, self._findings)
            self._letters[place] = values["pair"]

    def _join_portals(self) -> tuple[tuple[Place, Place], ...]:
        """Return the pairs of portal tiles, by letter."""
        for place, letter in sorted(self._letters.items(), key=lambda item: (item[0][1], item[0][0])):
            self._pairs.setdefault(letter, []).append(place)
        pairs = []
        for letter in PORTAL_PAIRS:
            ends = self._pairs.get(letter, [])
            if len(ends) == 2:
                pairs.append((ends[0], ends[1]))
            elif ends:
                self._findings.add(
                    "E043",
                    cell_place("portal", ends[-1][1] * self._tiled.width + ends[-1][0], self._tiled.width),
                    pair=letter,
                    found=len(ends),
                )
        return tuple(pairs)

    def _read_object(self, found: MapObject) -> None:
        """Take over one object; its own properties come before those of its tile."""
        object_class, properties = found.object_class, found.properties
        if found.gid:
            info = self._tiled.tiles.find(found.gid & GID_MASK)
            if info is None:
                gid = found.gid & GID_MASK
                self._findings.add("E033", found.where, found=gid, hint=partial(self._tiled.tiles.hint, gid))
                return
            object_class = object_class or info.tile_class
            properties = {**info.properties, **properties}
        if object_class not in schema.OBJECT_CLASSES:
            if object_class:
                suggestion = partial(hint, object_class, schema.OBJECT_CLASSES)
                self._findings.add("W108", found.where, found=quoted(object_class), hint=suggestion)
            else:
                self._findings.add("N204", found.where)
            return
        fields = schema.OBJECT_CLASSES[object_class]
        values = read_fields(fields, properties, found.where, self._findings)
        if not (0 <= found.x < self._tiled.width and 0 <= found.y < self._tiled.height):
            self._findings.add("E031", found.where, x=found.x, y=found.y)
            return
        if object_class == schema.SPAWN:
            self._add_spawn(found.x, found.y, values)
        elif object_class == schema.PICKUP:
            kind = rules.PICKUP_NAMES.index(values["kind"])
            self._pickups.append(PickupSpot(found.x, found.y, kind))
        else:
            self._cells.append((found.x, found.y))

    def _add_spawn(self, x: int, y: int, values: dict[str, Any]) -> None:
        if values["facing"] == schema.AUTO:
            facing = facing_towards((x, y), (self._tiled.width // 2, self._tiled.height // 2))
        else:
            facing = 1 + FACING_NAMES.index(values["facing"])
        tank_class = schema.TANK_NAMES.index(values["tank"])
        self._spawns.append(Spawn(x, y, values["team"], tank_class, facing))
        self._roster.append(SeatPlan(values["player"], values["brain"]))
