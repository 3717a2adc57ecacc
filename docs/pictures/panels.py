"""Pictures side by side, each with a line of text above it."""

from functools import cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

import game.app

FONTS: Final = Path(game.app.__file__).parent / "fonts"
BACK: Final = (13, 17, 23)
INK: Final = (226, 232, 255)
DIM: Final = (138, 148, 190)
BAR: Final = 34  # px above a picture
SIZE: Final = 16  # px of letters
GAP: Final = 12  # px between pictures


@cache
def font(size: int = SIZE, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The game's own font."""
    weight = "Bold" if bold else "Regular"
    return ImageFont.truetype(FONTS / f"BankshotSansSC-{weight}.otf", size)


def titled(image: Image.Image, text: str, said: str = "", ink: tuple[int, int, int] = INK) -> Image.Image:
    """Return the picture below a bar with a bold text at the left and another at the right."""
    whole = Image.new("RGB", (image.width, image.height + BAR), BACK)
    whole.paste(image, (0, BAR))
    pen = ImageDraw.Draw(whole)
    pen.text((2, BAR / 2), text, INK, font(bold=True), anchor="lm")
    pen.text((image.width - 2, BAR / 2), said, ink, font(bold=True), anchor="rm")
    return whole


def beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """Return two pictures of the same height side by side."""
    whole = Image.new("RGB", (left.width + GAP + right.width, max(left.height, right.height)), BACK)
    whole.paste(left, (0, 0))
    whole.paste(right, (left.width + GAP, 0))
    return whole
