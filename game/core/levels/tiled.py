"""Reads a Tiled map's structure: size, tile layers and objects in drawing order. Its meaning: `tmj`."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from game.core import rules
from game.core.levels.node import Node
from game.core.levels.problems import Findings, Place, label, quoted, say
from game.core.levels.tile_data import read_gids
from game.core.levels.tilesets import MAX_TILESETS, TileTable, read_tilesets

MAX_LAYERS: Final = 64
MAX_TILE_LAYERS: Final = 8
MAX_GROUP_DEPTH: Final = 8
MAX_OBJECTS: Final = 500
MAX_CELLS: Final = (
    1 << 16
)  # of a map that is read although it is too large to be played, for its other problems

# What Tiled may write, and the value at which it changes nothing.
_UNUSED_MAP_KEYS: Final = {"parallaxoriginx": 0, "parallaxoriginy": 0, "skewx": 0, "skewy": 0}
_UNUSED_LAYER_KEYS: Final = {
    "offsetx": 0,
    "offsety": 0,
    "parallaxx": 1,
    "parallaxy": 1,
    "opacity": 1,
    "mode": "normal",
    "blendmode": "normal",
    "tintcolor": "",
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
        *("renderorder", "backgroundcolor", "compressionlevel", "editorsettings", "export"),
        *("hexsidelength", "staggeraxis", "staggerindex"),
        *_UNUSED_MAP_KEYS,
    )
)


@dataclass(frozen=True)
class GidLayer:
    """A tile layer: its name as messages call it and its gids row by row, flip flags included."""

    name: str
    gids: list[int]


@dataclass(frozen=True)
class MapObject:
    """An object with the tile its middle lies on; `gid` 0: not a tile object."""

    where: Place
    object_class: str
    x: int
    y: int
    gid: int
    properties: dict[str, Any]
    turned: float = 0.0  # degrees
    tied: bool = False  # its middle lies on the line between two tiles


@dataclass
class TiledMap:
    """What is left of a Tiled map once everything unused is gone."""

    width: int
    height: int
    tile_width: int  # pixels
    tile_height: int
    tiles: TileTable
    properties: dict[str, Any]
    tile_layers: int = 0  # sound ones and others
    has_cells: bool = True  # False: of its size or its layers so much is wrong that only the rest is read
    has_places: bool = True  # False: where objects are cannot be told
    layers: list[GidLayer] = field(default_factory=list)
    objects: list[MapObject] = field(default_factory=list)


def read_map(data: dict[str, Any], folder: Path | None, findings: Findings) -> TiledMap | None:
    """Return the structure of a map's JSON, as much as can be read; None when it is no map. Problems go to `findings`."""
    node = Node(data, "", findings)
    if data.get("type", "map") != "map":
        findings.add("E010", "type", expected=say("map"), found=quoted(data.get("type")))
        return None
    orientation = node.text("orientation", "orthogonal")
    if orientation is not None and orientation != "orthogonal":
        findings.add("E012", "orientation", found=quoted(orientation))
    infinite = node.flag("infinite", False)
    if infinite:
        findings.add("E013", "infinite")
    width = node.integer("width", rules.MIN_SIDE, rules.MAX_SIDE, say("in_tiles"))
    height = node.integer("height", rules.MIN_SIDE, rules.MAX_SIDE, say("in_tiles"))
    tile_width = node.integer("tilewidth", 1, 1024, say("in_pixels"))
    tile_height = node.integer("tileheight", 1, 1024, say("in_pixels"))
    node.note_unused(_UNUSED_MAP_KEYS)
    for key in sorted(data.keys() - _KNOWN_MAP_KEYS)[:8]:
        findings.add("N201", what=quoted(key))
    tiles = read_tilesets(node.nodes("tilesets", MAX_TILESETS, "tilesets"), folder, findings)
    properties = node.properties()
    size = (width, height) if width and height else _size_of_misfit(data)
    found = TiledMap(*size, tile_width or 1, tile_height or 1, tiles, properties)
    found.has_cells = not infinite and size != (0, 0)
    found.has_places = found.has_cells and tile_width is not None and tile_height is not None
    if node.items("layers") is not None:
        _LayerReader(found, findings).read(node, 0)
    return found


def _size_of_misfit(data: dict[str, Any]) -> tuple[int, int]:
    """Return the size of a map that is too small or too large, (0, 0) of one whose cells cannot be read at all."""
    width, height = data.get("width"), data.get("height")
    if type(width) is not int or type(height) is not int or min(width, height) < 1:
        return 0, 0
    return (width, height) if width * height <= MAX_CELLS else (0, 0)


class _LayerReader:
    """Walks the layers, groups opened, within the caps on layers and objects."""

    def __init__(self, target: TiledMap, findings: Findings) -> None:
        self._map = target
        self._findings = findings
        self._layers_left = MAX_LAYERS
        self._objects_left = MAX_OBJECTS
        self._ids: set[int] = set()

    def read(self, parent: Node, depth: int) -> None:
        """Read the layers of the map or of a group."""
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
                layer.where = label(name)
            if name is None or kind is None or visible is None:
                continue
            if not visible:
                self._findings.add("W101", layer.where, what=say("this_layer"))
                continue
            self._read_layer(layer, kind, depth)

    def _read_layer(self, layer: Node, kind: str, depth: int) -> None:
        if kind == "tilelayer":
            self._read_tiles(layer)
        elif kind == "objectgroup":
            self._read_objects(layer)
        elif kind == "group":
            if depth + 1 > MAX_GROUP_DEPTH:
                what, found = say("nested_groups"), say("more_found")
                self._findings.add("E016", layer.where, limit=MAX_GROUP_DEPTH, what=what, found=found)
                return
            self.read(layer, depth + 1)
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
            return
        layer.note_unused(_UNUSED_LAYER_KEYS)
        for name in list(layer.properties())[:8]:
            self._findings.add("N202", layer.where, found=quoted(name), hint="")

    def _read_tiles(self, layer: Node) -> None:
        self._map.tile_layers += 1
        if self._map.tile_layers > MAX_TILE_LAYERS:
            what, found = say("tile_layers"), say("more_found")
            self._findings.add("E016", layer.where, limit=MAX_TILE_LAYERS, what=what, found=found)
            return
        if not self._map.has_cells:
            return
        width = layer.integer("width", 0, 10**9, say("in_tiles"), default=self._map.width)
        height = layer.integer("height", 0, 10**9, say("in_tiles"), default=self._map.height)
        if width is None or height is None:
            return
        if (width, height) != (self._map.width, self._map.height):
            expected = f"{self._map.width} × {self._map.height}"
            self._findings.add("E019", layer.where, expected=expected, found=f"{width} × {height}")
            return
        gids = read_gids(layer, width, height)
        if gids is not None:
            self._map.layers.append(GidLayer(str(layer.where), gids))

    def _read_objects(self, layer: Node) -> None:
        nodes = layer.nodes("objects", MAX_OBJECTS, "objects")
        if len(nodes) > self._objects_left:
            what, found = say("objects"), say("more_found")
            self._findings.add("E016", layer.where, limit=MAX_OBJECTS, what=what, found=found)
            return
        self._objects_left -= len(nodes)
        for node in nodes:
            number = node.integer("id", 0, 10**9)
            if number is None:
                continue
            name = node.text("name", "")
            node.where = (
                say("named_object", layer=str(layer.where), id=number, name=quoted(label(name)))
                if name
                else say("object", layer=str(layer.where), id=number)
            )
            if number in self._ids:
                self._findings.add("W115", node.where, found=number)
            self._ids.add(number)
            found_object = _read_object(node, self._map)
            if found_object is not None:
                self._map.objects.append(found_object)


_SHAPES: Final = {"polygon": "polygon", "polyline": "polyline", "text": "text_shape", "capsule": "capsule"}
_QUARTER_TURNS: Final = (
    (1.0, 0.0),
    (0.0, 1.0),
    (-1.0, 0.0),
    (0.0, -1.0),
)  # cosine and sine, to the last digit
# Where a tile object's position lies on it: shares of width and height from the top left corner.
_ALIGNMENTS: Final = {
    "topleft": (0.0, 0.0),
    "top": (0.5, 0.0),
    "topright": (1.0, 0.0),
    "left": (0.0, 0.5),
    "center": (0.5, 0.5),
    "right": (1.0, 0.5),
    "bottomleft": (0.0, 1.0),
    "bottom": (0.5, 1.0),
    "bottomright": (1.0, 1.0),
    "unspecified": (0.0, 1.0),
}


def _read_object(node: Node, target: TiledMap) -> MapObject | None:
    """Return an object of the game; None for what is hidden, has no class, or is broken."""
    if "template" in node.data:
        node.findings.add("E030", node.where)
        return None
    numbers = [node.number(key, 0.0) for key in ("x", "y", "width", "height", "rotation")]
    gid = node.integer("gid", 0, 0xFFFFFFFF, default=0)
    visible = node.flag("visible", True)
    own_class = node.text("class", "") or node.text("type", "")
    if gid is None or visible is None or own_class is None or None in numbers:
        return None
    if not visible:
        node.findings.add("W101", node.where, what=say("this_object"))
        return None
    x, y, width, height, rotation = (number or 0.0 for number in numbers)
    shape = next((name for name in _SHAPES if name in node.data), None)
    if shape is not None:
        if own_class:
            node.findings.add("E032", node.where, what=quoted(own_class), found=say(_SHAPES[shape]))
        else:
            node.findings.add("N204", node.where)
        return None
    share_x, share_y = 0.0, 0.0
    if gid:
        share_x, share_y = _ALIGNMENTS.get(target.tiles.alignment(gid & 0x0FFFFFFF), (0.0, 1.0))
    middle = _turned(width * (0.5 - share_x), height * (0.5 - share_y), rotation)
    column, row = (x + middle[0]) / target.tile_width, (y + middle[1]) / target.tile_height
    place = math.floor(round(column, 6)), math.floor(round(row, 6))
    return MapObject(
        where=node.where,
        object_class=own_class,
        x=place[0],
        y=place[1],
        gid=gid,
        properties=node.properties(),
        turned=rotation % 360,
        tied=bool(width or height) and (round(column, 6) == place[0] or round(row, 6) == place[1]),
    )


def _turned(x: float, y: float, degrees: float) -> tuple[float, float]:
    """Return the way (x, y) turned clockwise, y down, as Tiled turns an object about its position."""
    quarters, rest = divmod(degrees, 90)
    if rest:
        cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    else:
        cosine, sine = _QUARTER_TURNS[int(quarters) % 4]
    return x * cosine - y * sine, x * sine + y * cosine
