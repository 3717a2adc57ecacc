"""Pictures for reports on levels, as the bytes of files: a level, and counts per tile to lay over it."""

import io
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pygame

from game.core.sim.arena import Arena
from game.core.sim.arrays import IntArray
from game.view.palette import Colour
from game.view.thumbnail import FRAME, LARGEST_BAKE, level_thumbnail

WIDEST: Final = 720  # px of a level's picture
TILE_PX: Final = (12, 28)  # px of a tile in it, least and most
FAINTEST: Final = 0.18  # opacity of a tile with a single count
MARKED: Final = 170  # opacity of a mark, of 255
EXTREME: Final = 98.0  # percentile of the counts: from here on a tile is drawn at full opacity


def level_jpeg(arena: Arena) -> bytes:
    """Return a picture of an arena with a margin of `picture_margin` tiles on every side."""
    rows, columns = arena.tiles.shape
    tile = max(TILE_PX[0], min(TILE_PX[1], WIDEST // columns))
    margin = picture_margin()
    size = (round(tile * (columns + 2 * margin)), round(tile * (rows + 2 * margin)))
    return _encode(level_thumbnail(arena, size), "picture.jpg")  # a third of a PNG's bytes


def picture_margin() -> float:
    """Return how many tiles of the ring of wall `level_jpeg` shows."""
    return round(FRAME * LARGEST_BAKE) / LARGEST_BAKE


def heat_png(counts: IntArray, colour: Colour) -> bytes:
    """Return counts (height, width) as a transparent picture, one pixel a tile: the higher, the more opaque.

    Opacity grows with the square root, so that small counts are visible next to large ones; a tile without counts is clear.
    """
    found = counts[counts > 0]
    most = float(np.percentile(found, EXTREME)) if found.size else 1.0
    share = np.sqrt(np.minimum(counts / max(most, 1.0), 1.0))
    alpha = np.where(counts > 0, FAINTEST + (1.0 - FAINTEST) * share, 0.0)
    rows, columns = counts.shape
    pixels: np.ndarray[Any, np.dtype[np.uint8]] = np.zeros((rows, columns, 4), np.uint8)
    pixels[..., :3] = colour
    pixels[..., 3] = np.rint(255 * alpha)
    return _encode(pygame.image.frombytes(pixels.tobytes(), (columns, rows), "RGBA"), "picture.png")


def marked_png(marks: IntArray, colours: Mapping[int, Colour]) -> bytes:
    """Return marks (height, width) as a picture of one pixel a tile, each value in its colour; others are clear."""
    rows, columns = marks.shape
    pixels: np.ndarray[Any, np.dtype[np.uint8]] = np.zeros((rows, columns, 4), np.uint8)
    for value, colour in colours.items():
        pixels[marks == value] = (*colour, MARKED)
    return _encode(pygame.image.frombytes(pixels.tobytes(), (columns, rows), "RGBA"), "picture.png")


def _encode(picture: pygame.Surface, name: str) -> bytes:
    stream = io.BytesIO()
    pygame.image.save(picture, stream, name)
    return stream.getvalue()
