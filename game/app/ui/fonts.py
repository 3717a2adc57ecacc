"""Text on surfaces: the bundled fonts, a cache of rendered texts, wrapping for English and Chinese."""

from collections import OrderedDict
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Final

import pygame

from game.app.ui.theme import Colour
from game.view.text import FontCache
from safefiles.text import clean

REGULAR: Final = "BankshotSansSC-Regular.otf"
BOLD: Final = "BankshotSansSC-Bold.otf"
CACHE_TEXTS: Final = 700
MISSING: Final = "\uffff"  # a character without a glyph: it is drawn as an empty box
KNOWN_AT: Final = 12  # pixels
MOST_DRAWN: Final = 1000  # characters of one line


@lru_cache(maxsize=2)
def font_bytes(name: str) -> bytes:
    """Return a bundled font file."""
    return files("game.app").joinpath("fonts", name).read_bytes()


def _bundled_font(size_px: int, bold: bool) -> pygame.font.Font:
    return pygame.font.Font(BytesIO(font_bytes(BOLD if bold else REGULAR)), size_px)


def drawable_text(text: str) -> str:
    """Return a text that pygame can draw: a last check, as texts are cleaned when they are read.

    Control characters and lone surrogates become visible characters, and the length is limited, as pygame refuses a
    surface that is too wide.
    """
    return clean(text, MOST_DRAWN)


class Fonts:
    """Renders texts at any pixel size; everything is cached."""

    def __init__(self) -> None:
        self._fonts = FontCache(_bundled_font)
        self._texts: OrderedDict[tuple[str, int, Colour, bool], pygame.Surface] = OrderedDict()
        self._known: dict[str, bool] = {}
        self._glows: OrderedDict[tuple[str, int, Colour, bool, int], pygame.Surface] = OrderedDict()

    def font(self, size: int, bold: bool = False) -> pygame.font.Font:
        """Return the font of `size` pixels."""
        return self._fonts.font(max(6, size), bold)

    def render(self, text: str, size: int, colour: Colour, bold: bool = False) -> pygame.Surface:
        """Return `text` as a surface with alpha; do not draw on it."""
        key = (text, size, colour, bold)
        surface = self._texts.get(key)
        if surface is None:
            surface = self.font(size, bold).render(drawable_text(text), True, colour)
            self._texts[key] = surface
            if len(self._texts) > CACHE_TEXTS:
                self._texts.popitem(last=False)
        else:
            self._texts.move_to_end(key)
        return surface

    def knows(self, character: str) -> bool:
        """Return whether the bundled font has a glyph for `character`."""
        known = self._known.get(character)
        if known is None:
            drawn, box = (
                pygame.image.tobytes(self.font(KNOWN_AT).render(text, False, (255, 255, 255)), "RGBA")
                for text in (character, MISSING)
            )
            known = self._known[character] = drawn != box
        return known

    def glow(self, text: str, size: int, colour: Colour, bold: bool, reach: int) -> pygame.Surface:
        """Return the soft light around `text`, larger by `reach` pixels on each side; add it with BLEND_RGB_ADD."""
        key = (text, size, colour, bold, reach)
        surface = self._glows.get(key)
        if surface is None:
            letters = self.render(text, size, colour, bold)
            surface = pygame.Surface((letters.get_width() + 2 * reach, letters.get_height() + 2 * reach))
            surface.blit(letters, (reach, reach))
            surface = pygame.transform.gaussian_blur(surface, max(1, reach // 2))
            self._glows[key] = surface
            if len(self._glows) > 80:
                self._glows.popitem(last=False)
        else:
            self._glows.move_to_end(key)
        return surface

    def width(self, text: str, size: int, bold: bool = False) -> int:
        """Return the width of a line in pixels."""
        return self.font(size, bold).size(drawable_text(text))[0]

    def line_height(self, size: int) -> int:
        """Return the distance between two lines of a paragraph in pixels."""
        return round(size * 1.4)

    def fit(self, text: str, size: int, width: int, bold: bool = False) -> str:
        """Return `text`, shortened with an ellipsis if it is wider than `width` pixels."""
        if self.width(text, size, bold) <= width:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.width(text[:middle].rstrip() + "…", size, bold) <= width:
                low = middle
            else:
                high = middle - 1
        return text[:low].rstrip() + "…"

    def wrap(self, text: str, size: int, width: int, bold: bool = False) -> list[str]:
        """Return `text` as lines of at most `width` pixels: broken between words, or anywhere in Chinese."""
        lines: list[str] = []
        for paragraph in text.split("\n"):
            line = ""
            for piece in _pieces(paragraph):
                candidate = line + piece
                if line and self.width(candidate.rstrip(), size, bold) > width:
                    lines.append(line.rstrip())
                    line = piece.lstrip()
                else:
                    line = candidate
                while self.width(line.rstrip(), size, bold) > width and len(line) > 1:
                    cut = _longest(self, line, size, width, bold)
                    lines.append(line[:cut])
                    line = line[cut:]
            lines.append(line.rstrip())
        return lines


def _longest(fonts: Fonts, line: str, size: int, width: int, bold: bool) -> int:
    """Return how many characters of a word that is too wide fit, at least one."""
    cut = len(line) - 1
    while cut > 1 and fonts.width(line[:cut], size, bold) > width:
        cut -= 1
    return cut


NO_BREAK_BEFORE: Final = "，。！？；：、）》」』】”’…—％,.!?;:)%"
NO_BREAK_AFTER: Final = "（《「『【“‘("


def _pieces(text: str) -> list[str]:
    """Cut a paragraph where a line may break: after spaces, and around Chinese characters, but not before a stop or a
    closing mark, nor after an opening one.
    """
    pieces: list[str] = []
    for char in text:
        wide = ord(char) >= 0x2E80
        joins = bool(pieces) and (
            char in NO_BREAK_BEFORE
            or pieces[-1][-1] in NO_BREAK_AFTER
            or (not wide and not _ends_piece(pieces[-1]))
        )
        if joins:
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _ends_piece(piece: str) -> bool:
    return piece.endswith(" ") or ord(piece[-1]) >= 0x2E80
