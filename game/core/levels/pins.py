"""Pins: cells that no command may change, marked by the author on a Tiled layer called `pins`.

On an object layer a rectangle, an ellipse or a tile object pins every cell whose middle it covers, or, if it covers none,
the cell under its own middle; a point pins its cell. Polygons, polylines, texts and capsules are refused. On a tile layer
each cell with any tile is pinned; in a group called `pins` this holds for every layer. Such a layer is not part of the
arena, and it and its groups may be hidden.
"""

import math
import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from game.core.levels.map_objects import SHAPES, object_box
from game.core.levels.node import Node
from game.core.levels.problems import Location, say
from game.core.levels.reach import Place
from game.core.levels.schema import PINS
from game.core.levels.tilesets import GID_MASK, TileTable

MOST: Final = 500  # most objects that pin, per map
KINDS: Final = ("tilelayer", "objectgroup", "group")  # types of layers that may have this name
Flags = NDArray[np.bool_]
_SLIPS: Final = (
    "pin",
    "pinned",
    "pinning",
)  # names that probably mean `pins`, besides those with one typing error …
_WORDS: Final = frozenset(  # … that are no other word; a replaced letter is not counted, it gives too many words: "bins", "pens"
    {
        "ins",
        "opins",
        "pains",
        "pinas",
        "pines",
        "pings",
        "pinks",
        "pints",
        "pinys",
        "pions",
        "pirns",
        "pis",
        "spins",
    }
)
_COUNTED: Final = re.compile(r"[\s_.-]*\d+")  # suffix of a second layer's name, as in "pins 2"


@dataclass(frozen=True)
class PinnedArea:
    """A rectangle or an ellipse in tiles of the map, rotated about the position (x, y) of its object."""

    where: Location
    x: float
    y: float
    width: float
    height: float
    left: float = 0.0  # left edge, relative to x
    top: float = 0.0  # upper edge, relative to y
    turned: float = 0.0  # degrees, clockwise
    ellipse: bool = False

    def mark(self, origin: Place, pinned: Flags) -> bool:
        """Mark its pinned cells in `pinned`, whose [0, 0] is the map's `origin`; return whether there are any.

        pinned: (height, width).
        """
        height, width = pinned.shape
        angle = math.radians(self.turned)
        cosine, sine = math.cos(angle), math.sin(angle)
        right = np.arange(width)[None, :] + origin[0] + 0.5 - self.x
        down = np.arange(height)[:, None] + origin[1] + 0.5 - self.y
        along = right * cosine + down * sine - self.left
        across = down * cosine - right * sine - self.top
        if self.ellipse and self.width and self.height:
            inside = np.hypot(2 * along / self.width - 1, 2 * across / self.height - 1) <= 1
        else:
            inside = (along >= 0) & (along < self.width) & (across >= 0) & (across < self.height)
        pinned |= inside
        if inside.any():
            return True
        x, y = self.cell
        x, y = x - origin[0], y - origin[1]
        if not (0 <= x < width and 0 <= y < height):
            return False
        pinned[y, x] = True
        return True

    @property
    def cell(self) -> Place:
        """The cell under its middle, in Tiled's coordinates."""
        angle = math.radians(self.turned)
        cosine, sine = math.cos(angle), math.sin(angle)
        half, low = self.left + self.width / 2, self.top + self.height / 2
        x, y = self.x + half * cosine - low * sine, self.y + half * sine + low * cosine
        return math.floor(round(x, 6)), math.floor(round(y, 6))


def is_pin_layer(layer: dict[str, Any]) -> bool:
    """Return whether a Tiled layer holds pins, by its name or its class, in any case."""
    return layer.get("type") in KINDS and PINS in _words(layer)


def is_misspelt_pin_layer(layer: dict[str, Any]) -> bool:
    """Return whether a layer without pins was probably meant to hold them: its name or class is a similar word or misspelt."""
    return layer.get("type") in KINDS and any(
        word in _SLIPS
        or (word.startswith(PINS) and _COUNTED.fullmatch(word[len(PINS) :]))
        or (word not in _WORDS and _has_one_slip(word))
        for word in _words(layer)
    )


def _has_one_slip(word: str) -> bool:
    """Return whether a word is the name with one letter missing, one too many, or two neighbours swapped."""
    if len(word) == len(PINS):
        return any(word == PINS[:n] + PINS[n + 1] + PINS[n] + PINS[n + 2 :] for n in range(len(PINS) - 1))
    short, long = sorted((word, PINS), key=len)
    return len(long) - len(short) == 1 and any(short == long[:n] + long[n + 1 :] for n in range(len(long)))


def _words(layer: dict[str, Any]) -> list[str]:
    """Return name and class of a layer, in lower case."""
    held = (layer.get("name"), layer.get("class"))
    return [text.strip().lower() for text in held if isinstance(text, str)]


def read_area(
    node: Node, tiles: TileTable, tile: tuple[int, int], offset: tuple[float, float]
) -> PinnedArea | None:
    """Return the area that an object pins, its template applied; None after adding a problem, also for a refused shape.

    tiles: the tiles that its gid refers to. tile: the size of the map's tiles, pixels. offset: of its layer, pixels.
    """
    numbers = [node.number(key, 0.0) for key in ("x", "y", "width", "height", "rotation")]
    gid = node.integer("gid", 0, 0xFFFFFFFF, default=0)
    if gid is None or None in numbers:
        return None
    shape = next((shape for shape in SHAPES if shape in node.data), None)
    if shape is not None:
        node.findings.add("E032", node.where, what=say("a_pin"), found=say(SHAPES[shape]))
        return None
    x, y, width, height, turned = (number or 0.0 for number in numbers)
    left, top, width, height = object_box(node, gid & GID_MASK, tiles, (width, height))
    wide, high = tile
    return PinnedArea(
        node.where, (x + offset[0]) / wide, (y + offset[1]) / high,
        width / wide, height / high, left / wide, top / high, turned, ellipse=bool(node.data.get("ellipse")),
    )  # fmt: skip
