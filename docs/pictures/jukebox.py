"""jukebox.webp: a piece plays in the jukebox, one of its voices is muted, and another is composed again.

Without sound: the time of the piece passes with the frames.
"""

from typing import Final

from PIL import Image

from docs.pictures.film import Order
from docs.pictures.headless import HeadlessApp
from game.app.window_options import AppOptions

SIZE: Final = (960, 600)  # px of the window
PICTURE: Final = (720, 450)
SCALE: Final = 1.2  # of the interface
PIECE: Final = "piece first-coin"
MUTED: Final = "harmony"
COMPOSED: Final = "melody"


def draw(order: Order) -> list[Image.Image]:
    """Click through the jukebox and its editor."""
    with HeadlessApp(AppOptions(seed=4), SIZE, SCALE, most=order.most) as window:
        window.show_part(PICTURE, SIZE, (0, 0))
        window.app.show("jukebox")
        window.settle()
        row = window.widget(PIECE).rect
        window.pointer = (row.x + 60, row.y - 60)
        window.run(0.3)
        window.click(PIECE)
        window.run(1.0)
        window.point((row.right + 20, row.centery))  # over no other row, which would be chosen
        window.click(bar_of(window, 5))
        window.run(0.9)
        window.click("edit")
        window.settle()
        window.run(0.2)
        window.click(f"mute_{MUTED}")
        window.settle()
        window.run(0.8)
        window.click(f"reroll_{COMPOSED}")
        window.settle()
        window.run(1.4)
    return window.frames


def bar_of(window: HeadlessApp, bar: int) -> tuple[int, int]:
    """Return a place in the piano roll in one of the eight bars that it shows, counted from 1."""
    roll = window.widget("roll").rect
    return round(roll.x + roll.width * (bar - 0.7) / 8), roll.y + roll.height // 3
