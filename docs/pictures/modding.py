"""mod.webp: a map is drawn cell by cell, and whenever it is saved the running match begins again on the new level.

The map is the one of `levels new canyon`. The left half is drawn from its file as Tiled shows it; the right half is the game's
window, which watches that file.
"""

import json
import time
from typing import Any, Final

from PIL import Image

from docs.pictures.film import Order
from docs.pictures.headless import FRAME, HeadlessApp
from docs.pictures.panels import beside, titled
from docs.pictures.tiled_view import Cell, TiledView
from game.app.playing.screen import PlayScreen
from game.app.window_options import AppOptions
from game.core.levels.catalogue import new_level
from safefiles.writing import write_atomic

WALL, BRICK, WATER, SLASH, BACKSLASH = 2, 3, 5, 7, 8  # numbers of tiles in the map
STROKES: Final[tuple[tuple[int, tuple[Cell, ...]], ...]] = (
    (SLASH, ((6, 2), (5, 3), (4, 4))),
    (SLASH, ((11, 7), (10, 8), (9, 9))),
)
MORE_STROKES: Final[tuple[tuple[int, tuple[Cell, ...]], ...]] = (
    (WATER, ((7, 4), (8, 4), (7, 7), (8, 7))),
    (BRICK, ((3, 5), (3, 6), (12, 5), (12, 6))),
)
SIZE: Final = (354, 334)  # px of each half
SCALE: Final = 1.3  # of the game's interface
OPPONENTS: Final = ("marksman", "chaser")  # bots, which play the same on every machine
ON_THE_WAY, ON_A_CELL = 2, 2  # frames
PATIENCE: Final = 30.0  # seconds within which the game must have seen a save
AMBER, GREEN = (255, 200, 90), (90, 235, 150)


class Session:
    """The editor's view and the game's window on the same file, frame by frame."""

    def __init__(self, window: HeadlessApp, frames: list[Image.Image]) -> None:
        self.window = window
        self.path = new_level(window.app.folders.levels, "canyon")[0]
        document: dict[str, Any] = json.loads(self.path.read_bytes())
        self.view = TiledView(document, SIZE)
        self.brush: tuple[float, float] = (7.5, 5.5)
        self.gid = 0
        self.edited = False
        self.news = ""
        self.frames = frames

    def take(self, count: int = 1) -> None:
        """Let frames pass in the game and keep both halves."""
        for _ in range(count):
            self.window.run(FRAME)
            left = self.view.draw(self.brush, self.gid)
            said, ink = ("not saved", AMBER) if self.edited else ("saved", GREEN)
            right = titled(self.window.frames[-1], "the game", self.news, GREEN)
            self.frames.append(beside(titled(left, "canyon.tmj", said, ink), right))

    def draw(self, strokes: tuple[tuple[int, tuple[Cell, ...]], ...]) -> None:
        """Choose tiles and paint cells."""
        for gid, cells in strokes:
            self.gid = gid
            for cell in cells:
                start = self.brush
                for step in range(1, ON_THE_WAY + 1):
                    x, y = (a + (b - a) * step / ON_THE_WAY for a, b in zip(start, cell, strict=True))
                    self.brush = (x, y)
                    self.take()
                self.view.paint(cell, gid)
                self.edited = True
                self.news = ""
                self.take(ON_A_CELL)

    def save(self, screen: PlayScreen) -> None:
        """Write the file, and wait until the game has read it. Raises TimeoutError where it does not."""
        before, started = screen.match, time.monotonic()
        write_atomic(self.path, json.dumps(self.view.document).encode())
        self.edited = False
        self.take(3)
        while screen.match is before:
            time.sleep(0.02)
            self.window.app.frame(0.0)
            if time.monotonic() - started > PATIENCE:
                raise TimeoutError(f"{self.path}: expected the game to read it again")
        self.news = "new level"
        screen.renderer.forget_banner()  # which would cover it


def draw(order: Order) -> list[Image.Image]:
    """Watch the file in the game, draw, save, draw more, save."""
    options = AppOptions(mode="watch", brains=OPPONENTS, difficulty="ace", seed=3)
    frames: list[Image.Image] = []
    with HeadlessApp(options, SIZE, SCALE, most=order.most) as window:
        session = Session(window, frames)
        screen = window.play(level=session.path)
        screen.renderer.forget_banner()
        session.take(16)
        for strokes, seconds in ((STROKES, 1.6), (MORE_STROKES, 2.0)):
            session.draw(strokes)
            session.save(screen)
            session.take(round(seconds / FRAME))
    return frames
