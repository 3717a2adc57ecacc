"""Updates a level file: the data that the game reads are replaced by a level's; all other data (layers, properties, ids,
shapes) stay unchanged.

Cells and objects that are equal in both are not changed. An XML map is returned as JSON, to be written next to it; of a
tileset inside the map only the data that `xml_reader` reads are kept.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from game.core import rules
from game.core.levels import schema
from game.core.levels.checks import NEW_LAYER
from game.core.levels.map_objects import MapObject
from game.core.levels.model import FACING_NAMES, PORTAL_PAIRS, Level
from game.core.levels.problems import say
from game.core.levels.tile_data import packed_gids
from game.core.levels.tiled import GidLayer
from game.core.levels.tileset.sheet import TILESET_NAME, gid_of
from game.core.levels.tmj import LevelParts, parse_level, read_parts
from game.core.levels.writer import level_values, properties_of

_Cell = tuple[int, int]
_Values = dict[str, Any]
_FACTS: Final = ("digest", "title", "author", "licence", "mood", "music", "difficulty", "seed", "family")


def update_level(source: bytes, level: Level, folder: Path | None = None) -> bytes:
    """Return the bytes of a `.tmj` file with `level` and all other data of the file `source`.

    `folder` is the folder of the file's tilesets and templates. Raises LevelError for a broken source, and ValueError
    if the file cannot hold the level, for example an infinite map whose size would change.
    """
    return update_parts(read_parts(source, level.name, folder), level, folder)


def update_parts(parts: LevelParts, level: Level, folder: Path | None = None) -> bytes:
    """Return the result of `update_level` for a file that was read, also a draft; `parts` must not be used again."""
    _Update(parts, level).all()
    made = _dump_json(parts.value)
    again = parse_level(made, level.name, folder)
    if any(getattr(again, name) != getattr(level, name) for name in _FACTS) or again.roster != level.roster:
        raise ValueError(say("update_other", name=level.name))
    return made


class _Update:
    """Changes the map of `parts` so that it gives `level`."""

    def __init__(self, parts: LevelParts, level: Level) -> None:
        self.old = parts.level
        self.new = level
        self.letters = parts.letters
        self.value = parts.value
        self.tiled = parts.tiled
        self.things = parts.things

    def all(self) -> None:
        """Change size, tiles, objects and properties, in this order."""
        if self.new.arena.tiles.shape != self.old.arena.tiles.shape:
            self._resize()
        self._tiles()
        arena, old = self.new.arena, self.old.arena
        self._things(schema.SPAWN, _starts(self.old), _starts(self.new))
        self._things(
            schema.PICKUP, [_pickup(spot) for spot in old.pickups], [_pickup(spot) for spot in arena.pickups]
        )
        self._things(schema.CELL, [(cell, {}) for cell in old.cells], [(cell, {}) for cell in arena.cells])
        self._properties()
        for layer in (*self.tiled.layers, *self.tiled.pin_layers):
            encoding, way = layer.source.get("encoding", "csv"), layer.source.get("compression", "")
            for block in layer.blocks:
                block.source["data"] = packed_gids(block.gids, encoding, way)

    # Tiles

    def _resize(self) -> None:
        """Cut or extend each tile layer at its right and lower edge; new cells are empty."""
        if self.tiled.infinite or any("chunks" in layer.source for layer in self.tiled.layers):
            raise ValueError(say("update_size", name=self.new.name))
        high, wide = self.new.arena.tiles.shape
        for layer in _tile_layers(self.value):
            read = (*self.tiled.layers, *self.tiled.pin_layers)
            known = next((each for each in read if each.source is layer), None)
            if known is None:  # hidden, or without a tile
                layer |= {"data": [0] * (wide * high)}
                layer.pop("encoding", None)
                layer.pop("compression", None)
            else:
                (block,) = known.blocks
                rows = [block.gids[n : n + block.width] for n in range(0, len(block.gids), block.width)][
                    :high
                ]
                cut = [gid for row in rows for gid in (row + [0] * wide)[:wide]]
                block.gids[:] = cut + [0] * (wide * high - len(cut))
                object.__setattr__(block, "width", wide)
            layer |= {"width": wide, "height": high}
        self.value |= {"width": wide, "height": high}

    def _tiles(self) -> None:
        """Set each changed cell to the tile of the new level, on the layer that is visible there."""
        before, after = _signs(self.old, self.letters), _signs(self.new, self._kept_letters())
        for cell, sign in after.items():
            if before.get(cell, (rules.FLOOR, "")) != sign:
                self._set_tile(
                    cell, self._gid(rules.TILES[sign[0]].name, {"pair": sign[1]} if sign[1] else {})
                )

    def _kept_letters(self) -> dict[_Cell, str]:
        """Return the letters of the new portals: for a kept pair its old letter, for others the first free ones."""
        pairs = self.new.arena.portals
        kept: dict[tuple[_Cell, _Cell], str] = {}
        for ends in (2, 1):  # a whole pair comes before one with a new end
            for pair in pairs:
                held = [self.letters[end] for end in pair if end in self.letters]
                if len(held) == ends and len(set(held)) == 1 and held[0] not in kept.values():
                    kept.setdefault(pair, held[0])
        free = iter([letter for letter in PORTAL_PAIRS if letter not in kept.values()])
        return {
            end: letter for pair in pairs for letter in [kept.get(pair) or next(free, "")] for end in pair
        }

    def _set_tile(self, cell: _Cell, gid: int) -> None:
        below = None
        for layer in reversed(self.tiled.layers):
            place = self._index(layer, cell)
            if place is None:
                continue
            gids, at = place
            info = self.tiled.tiles.find(gids[at] & 0x0FFFFFFF) if gids[at] else None
            if info is not None and info.tile_class not in schema.OBJECT_CLASSES:
                gids[at] = gid
                return
            if not gids[at]:
                below = place
        if below is None:
            raise ValueError(say("update_layer", name=self.new.name, x=cell[0], y=cell[1]))
        below[0][below[1]] = gid

    def _index(self, layer: GidLayer, cell: _Cell) -> tuple[list[int], int] | None:
        """Return the list and the index of an arena's cell in it; None if the layer does not cover it."""
        x = cell[0] + self.tiled.origin[0] - layer.shift[0]
        y = cell[1] + self.tiled.origin[1] - layer.shift[1]
        for block in layer.blocks:
            column, row = x - block.x, y - block.y
            if 0 <= column < block.width and 0 <= row < len(block.gids) // block.width:
                return block.gids, row * block.width + column
        return None

    def _gid(self, tile_class: str, values: _Values) -> int:
        """Return the gid of a tile of a class, from the map's tilesets or the game's, which is added if none has it."""
        found = self.tiled.tiles.gid_of(tile_class, values)
        if found:
            return found
        own = f"{TILESET_NAME}.tsj"
        sets = self.value.setdefault("tilesets", [])
        listed = next((each for each in sets if each.get("source") == own), None)
        if listed is None:
            listed = {"firstgid": self.tiled.tiles.end, "source": own}
            sets.append(listed)
        return int(listed["firstgid"]) - 1 + gid_of(tile_class, *(str(value) for value in values.values()))

    # Starts, pick-ups, cells

    def _things(
        self, kind: str, old: Sequence[tuple[_Cell, _Values]], new: Sequence[tuple[_Cell, _Values]]
    ) -> None:
        """Update the objects of a class: move and change them one by one, then remove or add the rest."""
        if list(old) == list(new):
            return
        objects = list(self.things[kind])
        if any(
            not each.source for each in objects
        ):  # painted ones come last, so that nothing could follow them
            objects = [each if each.source else self._unpainted(each, kind) for each in objects]
        for found, before, after in zip(objects, old, new):
            if before != after:
                self._change(found, kind, before, after)
        for found in objects[len(new) :]:
            for layer, _ in self.tiled.object_layers:
                layer["objects"] = [each for each in layer["objects"] if each is not found.source]
        for cell, values in new[len(old) :]:
            self._add(kind, cell, values)

    def _change(
        self, found: MapObject, kind: str, before: tuple[_Cell, _Values], after: tuple[_Cell, _Values]
    ) -> None:
        entry, wide, high = found.source, self.tiled.tile_width, self.tiled.tile_height
        entry["x"] = entry.get("x", 0) + (after[0][0] - before[0][0]) * wide
        entry["y"] = entry.get("y", 0) + (after[0][1] - before[0][1]) * high
        changed = {name: value for name, value in after[1].items() if before[1].get(name) != value}
        if (
            kind == schema.SPAWN and before[0] != after[0]
        ):  # from there `auto` would point in another direction
            changed["facing"] = after[1]["facing"]
        mark: _Values = {name: changed[name] for name in ("team", "kind") if name in changed}
        tile = (
            self.tiled.tiles.gid_of(kind, mark)
            if found.gid and mark and found.tiles is self.tiled.tiles
            else 0
        )
        if tile:  # so that Tiled's picture goes with it
            entry["gid"] = tile
            self._set(entry, dict.fromkeys(mark), schema.OBJECT_CLASSES[kind])
            changed = {name: value for name, value in changed.items() if name not in mark}
        self._set(entry, changed, schema.OBJECT_CLASSES[kind])

    def _add(self, kind: str, cell: _Cell, values: _Values) -> dict[str, Any]:
        """Add an object after all others, as a tile object if there is a tile for it."""
        if not self.tiled.object_layers:
            made: dict[str, Any] = {
                "type": "objectgroup",
                "name": NEW_LAYER,
                "objects": [],
                "opacity": 1,
                "visible": True,
                "x": 0,
                "y": 0,
            }
            made["id"] = self._next("nextlayerid")
            self.value["layers"].append(made)
            self.tiled.object_layers.append((made, (0, 0)))
        layer, shift = self.tiled.object_layers[-1]
        wide, high = self.tiled.tile_width, self.tiled.tile_height
        mark: _Values = {name: values[name] for name in ("team", "kind") if name in values}
        x, y = (cell[axis] + self.tiled.origin[axis] - shift[axis] for axis in (0, 1))
        entry = {"id": self._next("nextobjectid"), "name": "", "type": kind, "rotation": 0, "visible": True}
        entry |= {"x": x * wide, "y": y * high, "width": wide, "height": high}
        tile = self.tiled.tiles.gid_of(kind, mark)
        if tile and self.tiled.tiles.alignment(tile) in ("unspecified", "bottomleft"):
            entry |= {"gid": tile, "type": "", "y": (y + 1) * high}
            values = {name: value for name, value in values.items() if name not in mark}
        self._set(entry, values, schema.OBJECT_CLASSES[kind])
        layer["objects"].append(entry)
        return entry

    def _unpainted(self, found: MapObject, kind: str) -> MapObject:
        """Convert an object that is painted on a tile layer into a Tiled object."""
        cell = found.x - self.tiled.origin[0], found.y - self.tiled.origin[1]
        for layer in self.tiled.layers:
            place = self._index(layer, cell)
            if place is None or not place[0][place[1]]:
                continue
            info = self.tiled.tiles.find(place[0][place[1]] & 0x0FFFFFFF)
            if info is not None and info.tile_class == kind:
                place[0][place[1]] = 0
                break
        held = {name: prop.value for name, prop in found.properties.items()}
        known = {field.name: held.get(field.name, field.default) for field in schema.OBJECT_CLASSES[kind]}
        entry = self._add(kind, cell, known)
        return MapObject(
            found.where, kind, found.x, found.y, entry.get("gid", 0), {}, self.tiled.tiles, source=entry
        )

    def _next(self, key: str) -> int:
        number = self.value.get(key)
        if type(number) is not int:
            number = 1_000_000  # beyond those of any map that Tiled has numbered
        self.value[key] = number + 1
        return number

    # Properties

    def _properties(self) -> None:
        before, after = level_values(self.old), level_values(self.new)
        changed = {name: value for name, value in after.items() if before[name] != value}
        self._set(self.value, changed, schema.LEVEL_FIELDS)

    @staticmethod
    def _set(owner: dict[str, Any], values: _Values, fields: tuple[schema.Field, ...]) -> None:
        """Set properties one by one and keep all others; None removes one."""
        if not values:
            return
        listed = owner.get("properties", [])
        if isinstance(listed, dict):  # Tiled 1.0 and 1.1
            listed = {name: value for name, value in listed.items() if name not in values}
            owner["properties"] = {
                **listed,
                **{name: value for name, value in values.items() if value is not None},
            }
            return
        kept = [entry for entry in listed if entry.get("name") not in values]
        known = {field.name: field for field in fields}
        made = {name: value for name, value in values.items() if value is not None}
        owner["properties"] = [
            *kept,
            *properties_of(made, tuple(known[name] for name in made), defaults=True),
        ]


def _tile_layers(owner: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for layer in owner.get("layers", []):
        if layer.get("type") == "tilelayer":
            yield layer
        elif layer.get("type") == "group":
            yield from _tile_layers(layer)


def _signs(level: Level, letters: Mapping[_Cell, str]) -> dict[_Cell, tuple[int, str]]:
    """Return tile and portal letter of each cell."""
    rows = level.arena.tiles.tolist()
    return {
        (x, y): (tile, letters.get((x, y), "")) for y, row in enumerate(rows) for x, tile in enumerate(row)
    }


def _starts(level: Level) -> list[tuple[_Cell, _Values]]:
    return [
        (
            (spawn.x, spawn.y),
            {
                "team": spawn.team,
                "tank": schema.TANK_NAMES[spawn.tank_class],
                "facing": FACING_NAMES[spawn.facing - 1],
                "player": plan.player,
                "brain": plan.brain,
            },
        )
        for spawn, plan in zip(level.arena.spawns, level.roster, strict=True)
    ]


def _pickup(spot: Any) -> tuple[_Cell, _Values]:
    return (spot.x, spot.y), {"kind": rules.PICKUP_NAMES[spot.kind]}


def _dump_json(value: dict[str, Any]) -> bytes:
    """Return JSON with the keys in their order and the cells of layers and chunks in rows."""
    rows: list[str] = []
    plain = json.dumps(value, ensure_ascii=False)
    ascii_only = any("\ud800" <= sign <= "\udfff" for sign in plain)  # a lone surrogate has no UTF-8
    mark = "@"
    while mark in plain:  # so that no text of the file equals it
        mark += "@"

    def marked(here: Any) -> Any:
        if isinstance(here, list):
            return [marked(each) for each in here]
        if not isinstance(here, dict):
            return here
        found = {}
        width: Any = here.get("width")
        for key, each in here.items():
            if _is_cells(key, each, width):
                lines = [
                    ",".join(f"{gid:2}" for gid in each[n : n + width]) for n in range(0, len(each), width)
                ]
                rows.append("[\n" + ",\n".join(lines) + "]")
                found[key] = f"{mark}{len(rows) - 1}{mark}"
            else:
                found[key] = marked(each)
        return found

    text = json.dumps(marked(value), ensure_ascii=ascii_only, indent=1)
    for number, lines in enumerate(rows):
        text = text.replace(f'"{mark}{number}{mark}"', lines, 1)
    return (text + "\n").encode("utf-8")


def _is_cells(key: str, value: Any, width: Any) -> bool:
    """Return whether a value is the list of cells of a layer or chunk, as numbers."""
    wide = type(width) is int and width > 0
    return key == "data" and isinstance(value, list) and wide and all(type(gid) is int for gid in value)
