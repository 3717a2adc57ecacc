"""Pins: cells of which an author says that no command may change them, on a layer of Tiled called `pins`.

On an object layer a rectangle, an ellipse or a tile pins every cell whose middle it covers, and a point its own cell. On a
tile layer each cell that holds any tile is pinned. The layer is no part of the arena, and may be hidden.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from game.core.levels.node import Node
from game.core.levels.problems import say
from game.core.levels.reach import Place

PINS: Final = "pins"
MOST: Final = 500  # objects that pin, of a map
Flags = NDArray[np.bool_]
_SHAPES: Final = {"polygon": "polygon", "polyline": "polyline", "text": "text_shape", "capsule": "capsule"}


@dataclass(frozen=True)
class PinnedArea:
    """A rectangle in tiles of the map, turned about its top left corner, or about its lower left one where a tile stands."""

    x: float
    y: float
    width: float
    height: float
    turned: float = 0.0  # degrees, clockwise
    top: float = 0.0  # of its upper edge, from y

    def lay(self, origin: Place, pinned: Flags) -> None:
        """Mark the cells that it pins in `pinned`, (height, width), whose [0, 0] is the map's `origin`."""
        height, width = pinned.shape
        angle = math.radians(self.turned)
        cosine, sine = math.cos(angle), math.sin(angle)
        right = np.arange(width)[None, :] + origin[0] + 0.5 - self.x
        down = np.arange(height)[:, None] + origin[1] + 0.5 - self.y
        along, across = right * cosine + down * sine, down * cosine - right * sine - self.top
        inside = (along >= 0) & (along < self.width) & (across >= 0) & (across < self.height)
        pinned |= inside
        half, low = (
            self.width / 2,
            self.top + self.height / 2,
        )  # a small one pins the cell that its middle lies on
        x = math.floor(round(self.x + half * cosine - low * sine, 6)) - origin[0]
        y = math.floor(round(self.y + half * sine + low * cosine, 6)) - origin[1]
        if 0 <= x < width and 0 <= y < height:
            pinned[y, x] = True


def is_pins(layer: dict[str, Any], name: str) -> bool:
    """Tell whether a layer of Tiled holds pins, by its name or its class, in any capitals."""
    own = layer.get("class")
    return PINS in (name.strip().lower(), own.strip().lower() if isinstance(own, str) else "")


def read_areas(
    layer: Node,
    most: int,
    tile: tuple[int, int],
    offset: tuple[float, float],
    name_of: Callable[[Node], None],
) -> list[PinnedArea]:
    """Return what the objects of a layer pin; `tile`: its size in pixels, `offset`: by how many the layer is moved.

    `name_of` names an object for the messages: a shape that covers no tiles is an error.
    """
    found = []
    for node in layer.nodes("objects", most, "objects"):
        name_of(node)
        numbers = [node.number(key, 0.0) for key in ("x", "y", "width", "height", "rotation")]
        if None in numbers:
            continue
        x, y, width, height, turned = (number or 0.0 for number in numbers)
        shape = next((shape for shape in _SHAPES if shape in node.data), None)
        if shape is not None:
            node.findings.add("E032", node.where, what=say("a_pin"), found=say(_SHAPES[shape]))
            continue
        wide, high = width / tile[0], height / tile[1]
        top = -high if node.data.get("gid") else 0.0
        found.append(
            PinnedArea((x + offset[0]) / tile[0], (y + offset[1]) / tile[1], wide, high, turned, top)
        )
    return found
