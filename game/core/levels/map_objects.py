"""Reads one object of a Tiled map: its class, its properties and the tile under its middle, as Tiled draws it."""

import math
from dataclasses import dataclass, field
from typing import Any, Final

from game.core.levels.left_out import classes_in_object
from game.core.levels.node import Node, Props
from game.core.levels.problems import Location, quoted, say
from game.core.levels.schema import OBJECT_CLASSES
from game.core.levels.tilesets import GID_MASK, TileTable


@dataclass(frozen=True)
class MapObject:
    """An object with the tile under its middle, in Tiled's coordinates; `gid` 0: no tile object, otherwise a gid of `tiles`."""

    where: Location
    object_class: str
    x: int
    y: int
    gid: int
    properties: Props
    tiles: TileTable | None = None
    turned: float = 0.0  # degrees
    shift: tuple[int, int] = (0, 0)  # offset of its layer, tiles
    source: dict[str, Any] = field(
        default_factory=dict, compare=False
    )  # its JSON in the map, without its template
    tied: tuple[bool, bool] = (
        False,
        False,
    )  # whether its middle is on the border to the tile at its left, above it


SHAPES: Final = {"polygon": "polygon", "polyline": "polyline", "text": "text_shape", "capsule": "capsule"}
_QUARTER_TURNS: Final = (
    (1.0, 0.0),
    (0.0, 1.0),
    (-1.0, 0.0),
    (0.0, -1.0),
)  # cosine and sine, exact
# The point of a tile object at its position: shares of width and height from the top left corner.
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


def read_object(
    node: Node, tiles: TileTable, tile: tuple[int, int], shift: tuple[int, int], source: dict[str, Any]
) -> MapObject | None:
    """Return an object of the game; None for one that is hidden or broken, or has a shape that cannot stand on a tile.

    `tile` is the size of the map's tiles in pixels; `shift` is the offset of the layer in tiles; `source` is the object's
    JSON in the map, without its template.
    """
    numbers = [node.number(key, 0.0) for key in ("x", "y", "width", "height", "rotation")]
    gid = node.integer("gid", 0, 0xFFFFFFFF, default=0)
    visible = node.flag("visible", True)
    own_class = node.text("class", "") or node.text("type", "")
    if gid is None or visible is None or own_class is None or None in numbers:
        return None
    if not visible:
        node.findings.add(
            "W101", node.where, what=say("this_object"), holds=classes_in_object(own_class, gid, tiles)
        )
        return None
    x, y, width, height, rotation = (number or 0.0 for number in numbers)
    shape = next((name for name in SHAPES if name in node.data), None)
    if shape is not None:
        if own_class:
            node.findings.add("E032", node.where, what=quoted(own_class), found=say(SHAPES[shape]))
        else:
            node.findings.add("N204", node.where)
        return None
    left, top, width, height = object_box(node, gid & GID_MASK, tiles, (width, height))
    middle = _rotate(left + width / 2, top + height / 2, rotation)
    column, row = (round((place + way) / side, 6) for place, way, side in zip((x, y), middle, tile))
    cell = math.floor(column), math.floor(row)
    sized = bool(width or height)
    return MapObject(
        where=node.where,
        object_class=own_class,
        x=cell[0] + shift[0],
        y=cell[1] + shift[1],
        gid=gid,
        properties=node.properties(_class_of(own_class, gid, tiles)),
        tiles=tiles,
        turned=rotation % 360,
        shift=shift,
        source=source,
        tied=(sized and column == cell[0], sized and row == cell[1]),
    )


def object_box(
    node: Node, gid: int, tiles: TileTable, size: tuple[float, float]
) -> tuple[float, float, float, float]:
    """Return left, top, width and height of an object as Tiled draws it, pixels from its position, before its rotation.

    `gid` 0: no tile object. `size`: the size in the file.
    """
    if not gid:
        return 0.0, 0.0, *size
    share_x, share_y = _ALIGNMENTS.get(tiles.alignment(gid), (0.0, 1.0))
    drawn = tiles.size(gid)  # if the file gives no size, as in the oldest maps
    width = size[0] if "width" in node.data else drawn[0]
    height = size[1] if "height" in node.data else drawn[1]
    aside = tiles.offset(gid)  # scales with the object
    aside_x = aside[0] * (width / drawn[0] if drawn[0] else 1.0)
    aside_y = aside[1] * (height / drawn[1] if drawn[1] else 1.0)
    return aside_x - width * share_x, aside_y - height * share_y, width, height


def _class_of(own_class: str, gid: int, tiles: TileTable) -> str:
    """Return the game class of an object, its own or that of its tile; empty for any other."""
    info = tiles.find(gid & GID_MASK) if gid and not own_class else None
    found = own_class or (info.tile_class if info is not None else "")
    return found if found in OBJECT_CLASSES else ""


def _rotate(x: float, y: float, degrees: float) -> tuple[float, float]:
    """Return the vector (x, y) rotated clockwise, y down, as Tiled rotates an object about its position."""
    quarters, rest = divmod(degrees, 90)
    if rest:
        cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    else:
        cosine, sine = _QUARTER_TURNS[int(quarters) % 4]
    return x * cosine - y * sine, x * sine + y * cosine
