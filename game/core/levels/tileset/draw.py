"""Draws the tileset's picture in the game's neon look: `python -m game.core.levels.tileset.draw` writes it.

A tile is drawn in coordinates from -1 to 1 by distance to simple shapes: a bright core where the distance is
small, and a glow that fades with it. It needs only numpy and zlib, so that tests can draw the
picture again.
"""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from game.core.levels.tileset.sheet import (
    COLUMNS,
    SHEET,
    TILE_PIXELS,
    TILESET_NAME,
    project_json,
    tileset_json,
)
from safefiles.writing import write_atomic

Field = np.ndarray[Any, Any]  # one number per sample
Pixels = np.ndarray[Any, np.dtype[np.uint8]]
Colour = tuple[int, int, int]

FOLDER: Final = Path(__file__).resolve().parent
_SAMPLES: Final = 3  # per pixel and axis

_FLOOR: Final = (11, 14, 28)
_GRID: Final = (24, 32, 58)
_CYAN: Final = (64, 224, 255)
_ORANGE: Final = (255, 146, 64)
_BLUE: Final = (40, 110, 255)
_GREEN: Final = (70, 235, 150)
_PINK: Final = (255, 110, 220)
_WHITE: Final = (240, 246, 255)
_GOLD: Final = (255, 214, 74)
_VIOLET: Final = (176, 110, 255)
_TEAMS: Final = ((64, 224, 255), (255, 92, 92), (255, 214, 74), (120, 235, 120))
_GLYPHS: Final = {  # 3 × 5 dots a letter, row by row
    "A": "010101111101101",
    "B": "110101110101110",
    "C": "011100100100011",
    "D": "110101101101110",
    "E": "111100110100111",
    "F": "111100110100100",
    "G": "011100101101011",
    "H": "101101111101101",
}


class TilePicture:
    """The samples of one tile: colour and coverage, painted from back to front."""

    def __init__(self) -> None:
        side = TILE_PIXELS * _SAMPLES
        line = (np.arange(side) + 0.5) / side * 2 - 1
        self.x, self.y = np.meshgrid(line, line)
        self._colour = np.zeros((side, side, 3))
        self._cover = np.zeros((side, side))

    def paint(self, amount: Field, colour: Colour) -> None:
        """Blend a colour over the tile, with `amount` (0 to 1) as opacity of each sample."""
        amount = np.clip(amount, 0.0, 1.0)
        cover = amount + self._cover * (1 - amount)
        share = np.divide(amount, cover, out=np.zeros_like(amount), where=cover > 0)[..., None]
        self._colour = self._colour * (1 - share) + np.array(colour, np.float64) * share
        self._cover = cover

    def fill(self, distance: Field, colour: Colour, strength: float = 1.0) -> None:
        """Fill the samples whose distance is not positive."""
        self.paint((distance <= 0) * strength, colour)

    def neon(self, distance: Field, colour: Colour, width: float = 0.07, glow: float = 0.28) -> None:
        """Draw the line where the distance is 0: a glow, the colour, a white-hot middle."""
        away = np.abs(distance)
        self.paint(0.55 * np.clip(1 - away / glow, 0, 1) ** 2, colour)
        self.paint(np.clip((width - away) * 20, 0, 1), colour)
        self.paint(0.7 * np.clip((width * 0.4 - away) * 20, 0, 1), _WHITE)

    def pixels(self) -> Pixels:
        """Return the tile as (TILE_PIXELS, TILE_PIXELS, 4) bytes."""
        shape = (TILE_PIXELS, _SAMPLES, TILE_PIXELS, _SAMPLES)
        cover = self._cover.reshape(shape).mean((1, 3))
        light = (self._colour * self._cover[..., None]).reshape(*shape, 3).mean((1, 3))
        colour = light / np.maximum(cover, 1e-9)[..., None]
        pixels: Pixels = np.rint(np.dstack([colour, cover * 255])).astype(np.uint8)
        return pixels


def _box(tile: TilePicture, x: float, y: float, half_width: float, half_height: float) -> Field:
    away_x, away_y = np.abs(tile.x - x) - half_width, np.abs(tile.y - y) - half_height
    outside = np.hypot(np.maximum(away_x, 0), np.maximum(away_y, 0))
    return outside + np.minimum(np.maximum(away_x, away_y), 0)


def _circle(tile: TilePicture, x: float, y: float, radius: float) -> Field:
    return np.hypot(tile.x - x, tile.y - y) - radius


def _line(tile: TilePicture, start: tuple[float, float], end: tuple[float, float]) -> Field:
    along = np.array(end) - np.array(start)
    share = ((tile.x - start[0]) * along[0] + (tile.y - start[1]) * along[1]) / float(along @ along)
    share = np.clip(share, 0, 1)
    distance: Field = np.hypot(tile.x - start[0] - share * along[0], tile.y - start[1] - share * along[1])
    return distance


def _polygon(tile: TilePicture, sides: int, radius: float, turn: float = 0.0) -> Field:
    """Return the distance to a regular polygon, exact along its sides; `turn` is a share of a full turn."""
    distance = np.full_like(tile.x, -np.inf)
    for side in range(sides):
        angle = 2 * np.pi * (side / sides + turn)
        distance = np.maximum(distance, tile.x * np.cos(angle) + tile.y * np.sin(angle))
    return distance - radius


def _floor(tile: TilePicture, variant: str) -> None:
    tile.fill(_box(tile, 0, 0, 2, 2), _FLOOR)
    tile.paint((np.maximum(np.abs(tile.x), np.abs(tile.y)) > 0.96) * 1.0, _GRID)
    if variant:
        tile.paint(0.5 * np.clip((0.05 - np.abs(_polygon(tile, 4, 0.45, 0.125))) * 20, 0, 1), _CYAN)


def _wall(tile: TilePicture, _: str) -> None:
    tile.fill(_box(tile, 0, 0, 2, 2), (18, 34, 60))
    tile.paint(0.35 * (((tile.x + tile.y) * 2) % 1 < 0.16), _CYAN)
    tile.neon(_box(tile, 0, 0, 0.82, 0.82), _CYAN)


def _bricks(tile: TilePicture, cracked: bool) -> None:
    _floor(tile, "")
    for x, y, wide in ((-0.5, -0.6, 0.4), (0.5, -0.6, 0.4), (0, 0, 0.85), (-0.5, 0.6, 0.4), (0.5, 0.6, 0.4)):
        tile.fill(_box(tile, x, y, wide, 0.2), (120, 58, 30) if not cracked else (70, 36, 24))
        tile.neon(_box(tile, x, y, wide, 0.2), _ORANGE, 0.05, 0.14)
    if cracked:
        for start, end in (
            ((-0.7, -0.9), (0.1, -0.1)),
            ((0.1, -0.1), (-0.2, 0.3)),
            ((-0.2, 0.3), (0.5, 0.9)),
        ):
            tile.paint(np.clip((0.1 - _line(tile, start, end)) * 20, 0, 1), _FLOOR)


def _water(tile: TilePicture, _: str) -> None:
    tile.fill(_box(tile, 0, 0, 2, 2), (8, 26, 74))
    for row in (-0.6, 0.0, 0.6):
        tile.neon(tile.y - row - 0.09 * np.sin((tile.x + row) * 2 * np.pi), _BLUE, 0.04, 0.24)


def _cover(tile: TilePicture, _: str) -> None:
    _floor(tile, "")
    for x, y, radius in (
        (-0.45, -0.4, 0.38),
        (0.42, -0.45, 0.34),
        (0.0, 0.1, 0.42),
        (-0.5, 0.55, 0.3),
        (0.5, 0.5, 0.36),
    ):
        tile.fill(_circle(tile, x, y, radius), (16, 74, 56), 0.85)
        tile.neon(_circle(tile, x, y, radius), _GREEN, 0.04, 0.16)


def _mirror(tile: TilePicture, rise: int) -> None:
    _floor(tile, "")
    tile.fill(_box(tile, 0, 0, 0.9, 0.9), (40, 20, 52))
    tile.neon(_line(tile, (-0.84, 0.84 * rise), (0.84, -0.84 * rise)), _PINK, 0.12, 0.5)


def _core(tile: TilePicture, _: str) -> None:
    _floor(tile, "")
    tile.fill(_polygon(tile, 6, 0.72), (70, 56, 12))
    tile.neon(_polygon(tile, 6, 0.72), _GOLD, 0.08, 0.34)
    tile.neon(_circle(tile, 0, 0, 0.3), _GOLD, 0.1, 0.34)


def _home(tile: TilePicture, team: int) -> None:
    _floor(tile, "")
    tile.paint(0.3 * (((tile.x - tile.y) * 1.5) % 1 < 0.4), _TEAMS[team])
    tile.neon(_box(tile, 0, 0, 0.86, 0.86), _TEAMS[team], 0.05, 0.2)


def _portal(tile: TilePicture, letter: str) -> None:
    _floor(tile, "")
    tile.fill(_circle(tile, 0, 0, 0.78), (36, 14, 66))
    tile.neon(_circle(tile, 0, 0, 0.78), _VIOLET, 0.08, 0.36)
    for n, dot in enumerate(_GLYPHS[letter]):
        if dot == "1":
            tile.fill(_box(tile, (n % 3 - 1) * 0.22, (n // 3 - 2) * 0.2, 0.1, 0.09), _WHITE)


def _spawn(tile: TilePicture, team: int) -> None:
    shapes: tuple[Callable[[], Field], ...] = (
        lambda: _circle(tile, 0, 0, 0.62),
        lambda: _polygon(tile, 3, 0.38, 0.25),
        lambda: _polygon(tile, 4, 0.52, 0.125),
        lambda: _polygon(tile, 5, 0.54, 0.05),
    )
    tile.fill(shapes[team](), (20, 28, 48))
    tile.neon(shapes[team](), _TEAMS[team], 0.1, 0.34)
    tile.neon(_circle(tile, 0, 0, 0.14), _TEAMS[team], 0.08, 0.2)


def _pickup(tile: TilePicture, kind: str) -> None:
    colours = {"repair": _GREEN, "shield": _CYAN, "triple": _ORANGE, "bank": _PINK, "speed": _GOLD}
    strokes = {
        "repair": (((-0.35, 0), (0.35, 0)), ((0, -0.35), (0, 0.35))),
        "shield": (((-0.32, -0.3), (0.32, -0.3)), ((-0.32, -0.3), (0, 0.4)), ((0.32, -0.3), (0, 0.4))),
        "triple": (((0, 0.35), (0, -0.38)), ((0, 0.35), (-0.34, -0.26)), ((0, 0.35), (0.34, -0.26))),
        "bank": (((-0.4, -0.3), (0, 0.32)), ((0, 0.32), (0.4, -0.3))),
        "speed": (
            ((-0.3, -0.32), (0.02, 0)),
            ((0.02, 0), (-0.3, 0.32)),
            ((0.06, -0.32), (0.38, 0)),
            ((0.38, 0), (0.06, 0.32)),
        ),
    }
    tile.fill(_circle(tile, 0, 0, 0.72), (14, 20, 36))
    tile.neon(_circle(tile, 0, 0, 0.72), colours[kind], 0.06, 0.26)
    for start, end in strokes[kind]:
        tile.neon(_line(tile, start, end), colours[kind], 0.07, 0.16)


def _cell(tile: TilePicture, _: str) -> None:
    tile.fill(_polygon(tile, 4, 0.42, 0.0 + 0.125), (84, 66, 10))
    tile.neon(_polygon(tile, 4, 0.42, 0.125), _GOLD, 0.09, 0.36)
    tile.neon(_line(tile, (0.12, -0.3), (-0.12, 0.3)), _GOLD, 0.06, 0.14)


_PAINTERS: Final[dict[str, Callable[[TilePicture, str], None]]] = {
    "floor": _floor,
    "wall": _wall,
    "brick": lambda tile, _: _bricks(tile, cracked=False),
    "brick_cracked": lambda tile, _: _bricks(tile, cracked=True),
    "water": _water,
    "cover": _cover,
    "mirror_slash": lambda tile, _: _mirror(tile, 1),
    "mirror_backslash": lambda tile, _: _mirror(tile, -1),
    "core": _core,
    "portal": _portal,
    "spawn": lambda tile, team: _spawn(tile, int(team)),
    "pickup": _pickup,
    "cell": _cell,
    "home_0": lambda tile, _: _home(tile, 0),
    "home_1": lambda tile, _: _home(tile, 1),
    "home_2": lambda tile, _: _home(tile, 2),
    "home_3": lambda tile, _: _home(tile, 3),
}


def draw_tileset() -> Pixels:
    """Return the whole sheet as (height, width, 4) bytes."""
    rows = -(-len(SHEET) // COLUMNS)
    sheet = np.zeros((rows * TILE_PIXELS, COLUMNS * TILE_PIXELS, 4), np.uint8)
    for number, entry in enumerate(SHEET):
        tile = TilePicture()
        _PAINTERS[entry.tile_class](tile, entry.variant)
        top, left = number // COLUMNS * TILE_PIXELS, number % COLUMNS * TILE_PIXELS
        sheet[top : top + TILE_PIXELS, left : left + TILE_PIXELS] = tile.pixels()
    return sheet


def png_bytes(pixels: Pixels) -> bytes:
    """Return RGBA pixels (height, width, 4) as a PNG file."""
    height, width, _ = pixels.shape
    # Each row is preceded by its filter, 0: none.
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, width * 4)], axis=1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
        + chunk(b"IEND", b"")
    )


def write_files(folder: Path = FOLDER) -> None:
    """Write picture, tileset and project."""
    write_atomic(folder / f"{TILESET_NAME}.png", png_bytes(draw_tileset()))
    write_atomic(folder / f"{TILESET_NAME}.tsj", tileset_json())
    write_atomic(folder / f"{TILESET_NAME}.tiled-project", project_json())


if __name__ == "__main__":
    write_files()
