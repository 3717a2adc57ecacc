"""Reads a Tiled map's structure: size, tile layers and objects in drawing order. `tmj` interprets it."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from game.core import rules
from game.core.levels.beside import LevelFolder
from game.core.levels.left_out import classes_in_layer
from game.core.levels.map_objects import MapObject, read_object
from game.core.levels.node import Node, Props
from game.core.levels.pins import MOST as MOST_PINS
from game.core.levels.pins import PinnedArea, is_misspelt_pin_layer, is_pin_layer, read_area
from game.core.levels.problems import Findings, Location, label, quoted, say
from game.core.levels.schema import LEVEL, PINS
from game.core.levels.templates import Templates
from game.core.levels.tile_data import MAX_CELLS, Block, read_blocks
from game.core.levels.tilesets import GID_MASK, MAX_TILESETS, TileTable, read_tilesets

MAX_LAYERS: Final = 64
MAX_TILE_LAYERS: Final = 8
MAX_GROUP_DEPTH: Final = 8
MAX_OBJECTS: Final = 500
# Keys that Tiled may write, with the value that has no effect.
_UNUSED_MAP_KEYS: Final = {"parallaxoriginx": 0, "parallaxoriginy": 0, "skewx": 0, "skewy": 0}
_UNUSED_LAYER_KEYS: Final = {
    "parallaxx": 1,
    "parallaxy": 1,
    "opacity": 1,
    "mode": "normal",
    "blendmode": "normal",
    "tintcolor": "",
}
_OTHER_TYPES: Final = {"tileset": "tiled_tileset", "template": "tiled_template", "world": "tiled_world"}
_OTHER_KEYS: Final = {  # keys that identify Tiled files without a type
    "tiled_session": {"fileStates", "openFiles", "activeFile"},
    "tiled_project": {"propertyTypes", "automappingRulesFile", "extensionsPath"},
}
_KNOWN_MAP_KEYS: Final = frozenset(
    (
        *("version", "tiledversion", "type", "orientation", "infinite", "width", "height"),
        *(
            "tilewidth",
            "tileheight",
            "tilesets",
            "layers",
            "properties",
            "class",
            "nextlayerid",
            "nextobjectid",
        ),
        *("renderorder", "backgroundcolor", "compressionlevel", "editorsettings", "export", "propertytypes"),
        *("hexsidelength", "staggeraxis", "staggerindex"),
        *_UNUSED_MAP_KEYS,
    )
)


@dataclass(frozen=True)
class GidLayer:
    """A tile layer: its place and its cells, moved by an offset of (x, y) tiles."""

    where: Location
    blocks: list[Block]
    shift: tuple[int, int] = (0, 0)
    source: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """Its name in messages."""
        return str(self.where)

    def rows(self) -> Iterator[tuple[int, int, int]]:
        """Yield x of the first tile, y, and x of the last tile of each row of a block with tiles."""
        for block in self.blocks:
            left, top, width = block.x + self.shift[0], block.y + self.shift[1], block.width
            for start in range(0, len(block.gids), width):
                used = [x for x, gid in enumerate(block.gids[start : start + width]) if gid]
                if used:
                    yield left + used[0], top + start // width, left + used[-1]

    def filled(self) -> dict[int, list[tuple[int, int]]]:
        """Return the cells of each gid, in Tiled's coordinates after the layer's offset."""
        found: dict[int, list[tuple[int, int]]] = {}
        for block in self.blocks:
            left, top, width = block.x + self.shift[0], block.y + self.shift[1], block.width
            for cell, gid in enumerate(block.gids):
                if gid:
                    found.setdefault(gid, []).append((left + cell % width, top + cell // width))
        return found


@dataclass
class TiledMap:
    """The parts of a Tiled map that the game uses."""

    width: int
    height: int
    tile_width: int  # pixels
    tile_height: int
    tiles: TileTable
    properties: Props
    where: Location = field(default_factory=Location)
    size_place: Callable[[], Location] = Location  # place of the tile size
    origin: tuple[int, int] = (0, 0)  # the Tiled cell of the arena's (0, 0)
    infinite: bool = False
    tile_layers: int = 0  # valid ones and others
    lost_layers: int = 0  # layers that could not be read, so that their content is not known
    has_cells: bool = True  # False: its size or its layers are so wrong that only the rest is read
    has_places: bool = True  # False: the places of objects are not known
    layers: list[GidLayer] = field(default_factory=list)
    objects: list[MapObject] = field(default_factory=list)
    object_layers: list[tuple[dict[str, Any], tuple[int, int]]] = field(
        default_factory=list
    )  # and the offset of each
    last_objects: Location | None = None  # the last of them, to which new objects are added
    hidden: list[str] = field(default_factory=list)  # layers that are left out
    pin_layers: list[GidLayer] = field(default_factory=list)
    pin_areas: list[PinnedArea] = field(default_factory=list)

    def size_of_tiles(self) -> tuple[int, int]:
        """Return width and height of the tiles used by most tile layers, pixels; (0, 0): not known."""
        gids = {gid & GID_MASK for layer in self.layers for block in layer.blocks for gid in block.gids}
        sizes = Counter(self.tiles.size(gid) for gid in gids if gid)
        return max(sizes, key=lambda size: (sizes[size], size), default=(0, 0))

    def pins(self, findings: Findings) -> frozenset[tuple[int, int]]:
        """Return the pinned cells of the arena; pins outside it are reported."""
        (left, top), (width, height) = self.origin, (self.width, self.height)
        pinned = np.zeros((height, width), np.bool_)
        for area in self.pin_areas:
            if not area.mark(self.origin, pinned) and self.has_places:
                x, y = area.cell
                findings.add("W120", area.where, found=say("pin_at", x=x, y=y))
        for layer in self.pin_layers:
            outside = 0
            for x, y in (cell for cells in layer.filled().values() for cell in cells):
                if 0 <= x - left < width and 0 <= y - top < height:
                    pinned[y - top, x - left] = True
                else:
                    outside += 1
            if outside and self.has_places:
                findings.add("W120", layer.where, found=say("pin_cells", count=outside))
        return frozenset((int(x), int(y)) for y, x in np.argwhere(pinned))


def read_map(data: dict[str, Any], folder: Path | None, findings: Findings) -> TiledMap | None:
    """Return the structure of a map's JSON, as far as it can be read; None if it is no map. Adds problems to `findings`."""
    node = Node(data, Location(line=getattr(data, "line", 0)), findings)
    if (other := _other_file(data)) is not None:
        findings.add("E001", found=say(other))
        return None
    if data.get("type", "map") != "map":
        findings.add("E010", node.place("type"), expected=say("map"), found=quoted(data.get("type")))
        return None
    orientation = node.text("orientation", "orthogonal")
    if orientation is not None and orientation != "orthogonal":
        findings.add("E012", node.place("orientation"), found=quoted(orientation))
    infinite = bool(node.flag("infinite", False))
    if infinite:
        width = height = None  # Tiled writes a size, which has no meaning
    else:
        width = node.integer("width", rules.MIN_SIDE, rules.MAX_SIDE, say("in_tiles"))
        height = node.integer("height", rules.MIN_SIDE, rules.MAX_SIDE, say("in_tiles"))
    tile_width = node.integer("tilewidth", 1, 1024, say("in_pixels"))
    tile_height = node.integer("tileheight", 1, 1024, say("in_pixels"))
    node.note_unused(_UNUSED_MAP_KEYS)
    for key in sorted(data.keys() - _KNOWN_MAP_KEYS)[:8]:
        findings.add("N201", node.place(key), what=quoted(key))
    level_folder = LevelFolder(folder)
    tiles = read_tilesets(node.nodes("tilesets", MAX_TILESETS, "tilesets"), level_folder, findings)
    properties = node.properties(LEVEL)
    size = (width, height) if width and height else (0, 0) if infinite else _size_of_misfit(data)
    found = TiledMap(
        *size, tile_width or 1, tile_height or 1, tiles, properties, node.where, infinite=infinite
    )
    found.size_place = partial(node.place, "tilewidth")
    found.has_cells = infinite or size != (0, 0)
    found.has_places = found.has_cells and tile_width is not None and tile_height is not None
    if node.items("layers") is not None:
        _LayerReader(found, Templates(level_folder, findings), findings).read(node, 0, (0.0, 0.0))
    if infinite:
        _crop(found, findings)
    return found


def _other_file(data: dict[str, Any]) -> str | None:
    """Return the phrase for a Tiled file that is no map; None for a map, and for files that are not Tiled's."""
    kind = data.get("type")
    if isinstance(kind, str) and kind in _OTHER_TYPES:
        return _OTHER_TYPES[kind]
    if "layers" in data or kind is not None:
        return None
    return next((phrase for phrase, keys in _OTHER_KEYS.items() if data.keys() & keys), None)


def _layers_of(group: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the layers of a group, none for anything else."""
    layers = group.get("layers") if group.get("type") == "group" else None
    return [each for each in layers if isinstance(each, dict)] if isinstance(layers, list) else []


def _has_pins(layer: dict[str, Any]) -> bool:
    """Return whether a layer, or a layer inside a group, pins cells."""
    return is_pin_layer(layer) or any(map(_has_pins, _layers_of(layer)))


def _pins_alone(layer: dict[str, Any]) -> bool:
    """Return whether a layer, or everything in a group, only pins cells."""
    inside = _layers_of(layer)
    return is_pin_layer(layer) or bool(inside and all(map(_pins_alone, inside)))


def _size_of_misfit(data: dict[str, Any]) -> tuple[int, int]:
    """Return the size of a map that is too small or too large, (0, 0) if its cells cannot be read."""
    width, height = data.get("width"), data.get("height")
    if type(width) is not int or type(height) is not int or min(width, height) < 1:
        return 0, 0
    return (width, height) if width * height <= MAX_CELLS else (0, 0)


def _crop(found: TiledMap, findings: Findings) -> None:
    """Set the size of an infinite map to the area that its tile layers use."""
    rows = [row for layer in found.layers for row in layer.rows()]
    if not rows:
        found.has_cells = found.has_places = False
        if found.tile_layers and not found.lost_layers:
            findings.add("E024", found.where, hidden=", ".join(found.hidden[:8]))
        return
    left, top = min(row[0] for row in rows), min(row[1] for row in rows)
    width, height = max(row[2] for row in rows) - left + 1, max(row[1] for row in rows) - top + 1
    found.origin = left, top
    low, high = rules.MIN_SIDE, rules.MAX_SIDE
    size = f"{width} × {height}"
    if found.lost_layers:  # their content would count
        found.has_cells = found.has_places = False
    elif not (low <= width <= high and low <= height <= high):
        findings.add("E013", found.where, low=low, high=high, found=size, x=left, y=top)
        found.has_cells = found.has_places = False
    else:
        findings.add("N207", found.where, found=size, x=left, y=top)
    found.width, found.height = (width, height) if found.has_cells else (0, 0)


class _LayerReader:
    """Walks the layers, also those in groups, within the caps on layers and objects."""

    def __init__(self, target: TiledMap, templates: Templates, findings: Findings) -> None:
        self._map = target
        self._templates = templates
        self._findings = findings
        self._layers_left = MAX_LAYERS
        self._objects_left = MAX_OBJECTS
        self._ids: set[int] = set()

    def read(self, parent: Node, depth: int, offset: tuple[float, float]) -> None:
        """Read the layers of the map or of a group; `offset`: of the group, pixels."""
        layers = parent.nodes("layers", MAX_LAYERS, "layers")
        if len(layers) > self._layers_left:
            self._findings.add(
                "E016", parent.place("layers"), limit=MAX_LAYERS, what=say("layers"), found=say("more_found")
            )
            return
        self._layers_left -= len(layers)
        for layer in layers:
            name = layer.text("name", "")
            kind = layer.text("type")
            visible = layer.flag("visible", True)
            if name:
                layer.where = Location(label(name), label(name), line=layer.where.line)
            if name is None or kind is None or visible is None:
                self._map.lost_layers += 1
                continue
            if is_pin_layer(layer.data):
                self._read_pins(layer, depth, self._moved(layer, offset))
                continue
            if is_misspelt_pin_layer(layer.data):
                self._findings.add("W121", layer.where, found=quoted(name), hint=PINS)
            if visible:
                self._read_layer(layer, kind, depth, self._moved(layer, offset))
                continue
            if not _pins_alone(layer.data):
                holds = classes_in_layer(layer.data, self._map.tiles)
                self._findings.add("W101", layer.where, what=say("this_layer"), holds=holds)
                self._map.hidden.append(str(layer.where))
            if _has_pins(layer.data):
                self._look_for_pins(layer, depth, self._moved(layer, offset), every=False)

    @staticmethod
    def _moved(layer: Node, offset: tuple[float, float]) -> tuple[float, float]:
        """Return the offset of a layer in pixels, in a group that is moved by `offset`."""
        own = layer.number("offsetx", 0.0), layer.number("offsety", 0.0)
        return offset[0] + (own[0] or 0.0), offset[1] + (own[1] or 0.0)

    def _look_for_pins(self, group: Node, depth: int, offset: tuple[float, float], *, every: bool) -> None:
        """Read the layers that pin cells in a hidden group; with `every` all layers, because the group is called `pins`."""
        layers = group.nodes("layers", MAX_LAYERS, "layers")
        for limit, found, what in (
            (MAX_LAYERS, len(layers) > self._layers_left, "layers"),
            (MAX_GROUP_DEPTH, depth + 1 > MAX_GROUP_DEPTH, "nested_groups"),
        ):
            if found:
                self._findings.add("E016", group.where, limit=limit, what=say(what), found=say("more_found"))
                return
        self._layers_left -= len(layers)
        for layer in layers:
            name = layer.data.get("name")
            if isinstance(name, str) and name:
                layer.where = Location(label(name), label(name), line=layer.where.line)
            if every or is_pin_layer(layer.data):
                self._read_pins(layer, depth + 1, self._moved(layer, offset))
            elif _has_pins(layer.data):
                self._look_for_pins(layer, depth + 1, self._moved(layer, offset), every=False)

    def _read_pins(self, layer: Node, depth: int, offset: tuple[float, float]) -> None:
        """Read a layer that pins cells, or a group of such layers: not part of the arena, with any tiles."""
        kind = layer.data.get("type")
        if kind == "group":
            self._look_for_pins(layer, depth, offset, every=True)
            return
        if kind == "objectgroup":
            self._read_pin_objects(layer, offset)
            return
        if kind != "tilelayer":
            return
        blocks = self._blocks(layer) if self._map.has_cells else None
        shift = self._shift(layer, offset) if blocks else None
        if blocks and len(self._map.pin_layers) == MAX_TILE_LAYERS:
            self._findings.add(
                "E016", layer.where, limit=MAX_TILE_LAYERS, what=say("tile_layers"), found=say("more_found")
            )
        elif blocks and shift is not None:
            self._map.pin_layers.append(GidLayer(layer.where, blocks, shift, layer.data))

    def _read_pin_objects(self, layer: Node, offset: tuple[float, float]) -> None:
        tile = self._map.tile_width, self._map.tile_height
        for node in layer.nodes("objects", MOST_PINS - len(self._map.pin_areas), "objects"):
            number, name = node.integer("id", 0, 10**9, default=0), node.text("name", "")
            if number is None or name is None:
                continue
            node.where = self._object_name(layer, node, number, name)
            used = self._templates.apply(node)
            area = read_area(used[0], used[1] or self._map.tiles, tile, offset) if used is not None else None
            if area is not None:
                self._map.pin_areas.append(area)

    def _read_layer(self, layer: Node, kind: str, depth: int, offset: tuple[float, float]) -> None:
        if kind == "tilelayer":
            self._read_tiles(layer, offset)
        elif kind == "objectgroup":
            self._read_objects(layer, offset)
        elif kind == "group":
            if depth + 1 > MAX_GROUP_DEPTH:
                what, found = say("nested_groups"), say("more_found")
                self._findings.add("E016", layer.where, limit=MAX_GROUP_DEPTH, what=what, found=found)
                self._map.lost_layers += 1
                return
            self.read(layer, depth + 1, offset)
        elif kind == "imagelayer":
            self._findings.add("N201", layer.where, what=say("image_layer"))
            return
        else:
            self._findings.add(
                "E015",
                layer.place("type"),
                expected="tilelayer, objectgroup, group, imagelayer",
                found=quoted(kind),
                hint="",
            )
            self._map.lost_layers += 1
            return
        layer.note_unused(_UNUSED_LAYER_KEYS)
        for name in list(layer.properties())[:8]:
            self._findings.add("N202", layer.where, found=quoted(name))

    def _shift(self, layer: Node, offset: tuple[float, float]) -> tuple[int, int] | None:
        """Return the offset of a layer in tiles, from pixels; None after adding a problem."""
        wide, high = self._map.tile_width, self._map.tile_height
        tiles = round(offset[0] / wide, 6), round(offset[1] / high, 6)
        if tiles[0].is_integer() and tiles[1].is_integer():
            return int(tiles[0]), int(tiles[1])
        found = f"{offset[0]:g}, {offset[1]:g}"
        self._findings.add("E037", layer.where, width=wide, height=high, found=found)
        return None

    def _read_tiles(self, layer: Node, offset: tuple[float, float]) -> None:
        self._map.tile_layers += 1
        if self._map.tile_layers > MAX_TILE_LAYERS:
            what, found = say("tile_layers"), say("more_found")
            self._findings.add("E016", layer.where, limit=MAX_TILE_LAYERS, what=what, found=found)
            self._map.lost_layers += 1
            return
        if not self._map.has_cells:
            return
        blocks = self._blocks(layer)
        if blocks is None:
            self._map.lost_layers += 1
            return
        if not any(any(block.gids) for block in blocks):
            return
        shift = self._shift(layer, offset)
        if shift is None:
            self._map.lost_layers += 1
            return
        self._map.layers.append(GidLayer(layer.where, blocks, shift, layer.data))

    def _blocks(self, layer: Node) -> list[Block] | None:
        if "chunks" in layer.data:
            return read_blocks(layer, 0, 0)
        mine = (
            None if self._map.infinite else self._map.width,
            None if self._map.infinite else self._map.height,
        )
        width = layer.integer("width", 0, 10**9, say("in_tiles"), default=mine[0])
        height = layer.integer("height", 0, 10**9, say("in_tiles"), default=mine[1])
        if width is None or height is None:
            return None
        if self._map.infinite:
            if not width * height:
                return []
            if width * height > MAX_CELLS:
                what, found = say("chunk_cells"), width * height
                self._findings.add("E016", layer.where, limit=MAX_CELLS, what=what, found=found)
                return None
        elif (width, height) != mine:
            self._findings.add(
                "E019", layer.where, expected=f"{mine[0]} × {mine[1]}", found=f"{width} × {height}"
            )
            return []  # left out: only the other layers are checked
        return read_blocks(layer, width, height)

    def _read_objects(self, layer: Node, offset: tuple[float, float]) -> None:
        nodes = layer.nodes("objects", MAX_OBJECTS, "objects")
        if len(nodes) > self._objects_left:
            what, found = say("objects"), say("more_found")
            self._findings.add("E016", layer.where, limit=MAX_OBJECTS, what=what, found=found)
            return
        self._objects_left -= len(nodes)
        shift = self._shift(layer, offset) if nodes else (0, 0)
        if shift is None:
            shift = 0, 0
            self._map.has_places = False
        self._map.object_layers.append((layer.data, shift))
        self._map.last_objects = layer.where
        for node in nodes:
            number = node.integer("id", 0, 10**9)
            if number is None:
                continue
            name = node.text("name", "")
            node.where = self._object_name(layer, node, number, name or "")
            if number in self._ids:
                self._findings.add("W115", node.where, found=number)
            self._ids.add(number)
            used = self._templates.apply(node)
            if used is None:
                continue
            whole, tiles = used
            if not name and (name := whole.text("name", "")):
                whole.where = self._object_name(layer, node, number, name)
            map_tiles = tiles or self._map.tiles
            read = read_object(
                whole, map_tiles, (self._map.tile_width, self._map.tile_height), shift, node.data
            )
            if read is not None:
                self._map.objects.append(read)

    @staticmethod
    def _object_name(layer: Node, node: Node, number: int, name: str) -> Location:
        """Return the name of an object in messages."""
        where = str(layer.where)
        text = (
            say("named_object", layer=where, id=number, name=quoted(label(name)))
            if name
            else say("object", layer=where, id=number)
        )
        layer_name = layer.where.layer or where
        return node.where._replace(text=text, layer=layer_name, object=number, name=label(name))
