"""A map as Tiled shows it: layers and objects in the tileset's pictures, a grid, the brush, and the tiles to choose from."""

from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw

import game.core.levels.tileset

SHEET: Final = Path(game.core.levels.tileset.__file__).parent / "bankshot.png"
FLOOR: Final = (40, 40, 44, 255)
GRID: Final = (255, 255, 255, 38)
BRUSH: Final = (255, 214, 90, 255)
# Tiles to choose from, by their numbers in the map
OFFERED: Final = (2, 3, 5, 6, 7, 8, 9, 14, 22, 23, 26)
HEAD: Final = 36  # px of the tiles to choose from
MARGIN: Final = 6
Cell = tuple[int, int]


class TiledView:
    """Draws the map of a .tmj file; `document` is its content and may change between two drawings."""

    def __init__(self, document: dict[str, Any], size: tuple[int, int]) -> None:
        """`size`: px of the whole view."""
        self.document = document
        self.size = size
        self.sheet = Image.open(SHEET).convert("RGBA")
        self.side = int(document["tilewidth"])

    def paint(self, cell: Cell, gid: int) -> None:
        """Put a tile into a cell of the first layer."""
        self.document["layers"][0]["data"][cell[1] * self.document["width"] + cell[0]] = gid

    def draw(self, brush: tuple[float, float] | None = None, gid: int = 0) -> Image.Image:
        """Return the view; `brush`: the cell over which the tile `gid` is held, also between two cells."""
        side = self.side
        shown = self._map()
        if brush is not None:
            self._put(shown, gid, brush[0] * side, brush[1] * side)
            x, y = (round(place * side) for place in brush)
            ImageDraw.Draw(shown).rectangle((x, y, x + side, y + side), outline=BRUSH, width=3)
        width = self.size[0]
        height = round(shown.height * width / shown.width)
        view = Image.new("RGB", self.size, FLOOR[:3])
        view.paste(shown.resize((width, height), Image.Resampling.LANCZOS).convert("RGB"), (0, HEAD))
        self._offer(view, gid)
        return view

    def _map(self) -> Image.Image:
        document, side = self.document, self.side
        shown = Image.new("RGBA", (document["width"] * side, document["height"] * side), FLOOR)
        for layer in document["layers"]:
            for n, gid in enumerate(layer.get("data", ())):
                row, column = divmod(n, document["width"])
                self._put(shown, gid, column * side, row * side)
        lines = Image.new("RGBA", shown.size)
        pen = ImageDraw.Draw(lines)
        for x in range(0, shown.width, side):
            pen.line((x, 0, x, shown.height), GRID)
        for y in range(0, shown.height, side):
            pen.line((0, y, shown.width, y), GRID)
        shown.alpha_composite(lines)
        for layer in document["layers"]:
            for each in layer.get("objects", ()):
                if "gid" in each:
                    self._put(shown, each["gid"], each["x"], each["y"] - each["height"])
        return shown

    def _put(self, shown: Image.Image, gid: int, x: float, y: float) -> None:
        if gid:
            shown.alpha_composite(self._tile(gid), (round(x), round(y)))

    def _tile(self, gid: int) -> Image.Image:
        side = self.side
        row, column = divmod(gid - 1, self.sheet.width // side)
        return self.sheet.crop((column * side, row * side, (column + 1) * side, (row + 1) * side))

    def _offer(self, view: Image.Image, chosen: int) -> None:
        """The tiles to choose from, in a row, the chosen one in a frame."""
        side, top = HEAD - 2 * MARGIN, MARGIN
        for n, gid in enumerate(OFFERED):
            x = MARGIN + n * (side + MARGIN)
            tile = self._tile(gid).resize((side, side), Image.Resampling.LANCZOS)
            view.paste(tile, (x, top), tile)
            if gid == chosen:
                place = (x - 2, top - 2, x + side + 1, top + side + 1)
                ImageDraw.Draw(view).rectangle(place, outline=BRUSH[:3], width=2)
