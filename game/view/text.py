"""Texts of the display: the caller passes a font provider and a catalogue; English defaults are here."""

from collections.abc import Callable
from typing import Any, Final

import pygame

from game.view import sdf
from game.view.palette import Colour, mix
from game.view.sdf import Canvas
from safefiles.text import clean

FontProvider = Callable[[int, bool], pygame.font.Font]  # pixel height, bold
Strings = Callable[..., str]  # key, values by name

CACHE_CAP: Final = 600  # cached texts
MOST_DRAWN: Final = 200  # characters of one text
END_PIXELS: Final = 6  # px on both sides of a panel, beyond its round corner

HUD_STRINGS: Final[dict[str, str]] = {
    "hud.seat": "Tank {number}",
    "hud.you": "You",
    "hud.wave": "WAVE {wave} / {waves}",
    "hud.wave_began": "WAVE {wave}",
    "hud.next_wave": "Next wave in {seconds}",
    "hud.core": "CORE",
    "hud.back_in": "Respawn in {seconds}",
    "hud.out": "Out of the match",
    "hud.destroyed": "DESTROYED",
    "hud.bank_shot": "BANK SHOT",
    "hud.cell_home": "CELL HOME",
    "hud.won": "VICTORY",
    "hud.lost": "DEFEAT",
    "hud.draw": "NOBODY WINS",
    "hud.team_0_won": "CYAN TEAM WINS",
    "hud.team_1_won": "ORANGE TEAM WINS",
    "hud.team_2_won": "GREEN TEAM WINS",
    "hud.team_3_won": "YELLOW TEAM WINS",
    "hud.time_out": "Time is up",
    "hud.ready": "READY",
    "hud.special.dash": "DASH",
    "hud.special.mine": "MINE",
    "hud.special.shield": "SHIELD",
    "hud.pickup.repair": "REPAIR",
    "hud.pickup.shield": "SHIELD",
    "hud.pickup.triple": "TRIPLE SHOT",
    "hud.pickup.bank": "EXTRA BANK",
    "hud.pickup.speed": "SPEED",
    "hud.class.scout": "SCOUT",
    "hud.class.ranger": "RANGER",
    "hud.class.heavy": "HEAVY",
    "hud.goal.eliminate": "Destroy the other team",
    "hud.goal.defend": "Defend the core",
    "hud.goal.attack": "Destroy the core",
    "hud.goal.collect": "Bring {goal} cells home",
    "hud.goal.survive": "Survive",
    "hud.goal.hunt": "Destroy all enemies in time",
}


def default_font(size_px: int, bold: bool) -> pygame.font.Font:
    """Return pygame's own font."""
    font = pygame.font.Font(None, round(size_px * 1.25))
    font.set_bold(bold)
    return font


class FontCache:
    """Loads each font once, and again after pygame's font module was quit, as no font survives that.

    make: returns a font for (pixel size, bold).
    """

    def __init__(self, make: FontProvider) -> None:
        self._make = make
        self._loaded: dict[tuple[int, bool], pygame.font.Font] = {}

    def font(self, size_px: int, bold: bool) -> pygame.font.Font:
        """Return a usable font."""
        if not pygame.font.get_init():
            pygame.font.init()
        key = (size_px, bold)
        font = self._loaded.get(key)
        if font is None or not _draws(font):
            font = self._loaded[key] = self._make(size_px, bold)
        return font


def _draws(font: pygame.font.Font) -> bool:
    """Return whether the font was made after the last start of the font module; otherwise pygame refuses to use it."""
    try:
        font.get_height()
    except pygame.error:
        return False
    return True


def english_text(key: str, **values: Any) -> str:
    """Return the English text of a key; an unknown key is its own text."""
    return HUD_STRINGS.get(key, key).format(**values)


class TextCache:
    """Renders texts once. Sizes are pixels at scale 1 and grow with `ui_scale`."""

    def __init__(self, fonts: FontProvider | None, ui_scale: float) -> None:
        self._fonts = FontCache(fonts if fonts is not None else default_font)
        self._scale = ui_scale
        self._made: dict[tuple[str, int, bool, Colour], pygame.Surface] = {}

    def render(self, text: str, size: int, colour: Colour, bold: bool = False) -> pygame.Surface:
        """Return a text with a thin dark outline, so that it is readable on any background."""
        key = (text, size, bold, colour)
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= CACHE_CAP:
                self._made.clear()
            found = self._made[key] = self._bake(text, size, colour, bold)
        return found

    def _bake(self, text: str, size: int, colour: Colour, bold: bool) -> pygame.Surface:
        text = clean(text, MOST_DRAWN)  # names come from files: a last check
        pixels = max(8, round(size * self._scale))
        font = self._fonts.font(pixels, bold)
        letters = font.render(text, True, colour)
        rim = font.render(text, True, (2, 3, 9))
        reach = max(1, round(pixels / 16))
        width, height = letters.get_width() + 2 * reach, letters.get_height() + 2 * reach
        surface = pygame.Surface((max(1, width), max(1, height)), pygame.SRCALPHA, 32)
        for dx, dy in ((0, 0), (2, 0), (0, 2), (2, 2), (1, 2)):
            surface.blit(rim, (dx * reach, dy * reach))
        surface.blit(letters, (reach, reach))
        return surface


class Panels:
    """Rounded dark panels, baked once per height and colour: their middle repeats one column."""

    def __init__(self, ground: Colour) -> None:
        self._ground = ground
        self._made: dict[tuple[int, int, Colour], pygame.Surface] = {}

    def panel(self, width: int, height: int, edge: Colour) -> pygame.Surface:
        """Return a translucent panel with a thin lit edge (premultiplied)."""
        key = (width, height, edge)
        if key not in self._made:
            ends = 2 * (round(_corner(height)) + END_PIXELS)
            if width > ends:
                self._made[key] = _widen(self.panel(ends, height, edge), width)
            else:
                self._made[key] = self._bake(width, height, edge)
        return self._made[key]

    def _bake(self, width: int, height: int, edge: Colour) -> pygame.Surface:
        x, y = sdf.grid(width, height, 1)
        canvas = Canvas(x.shape)
        body = sdf.box(x, y, (0, 0), (width / 2 - 1, height / 2 - 1), _corner(height))
        canvas.over(self._ground, sdf.fill(body, 1), 0.80)
        canvas.over(mix(self._ground, edge, 0.5), sdf.line(body + 1, 1.2, 1), 0.9)
        top = sdf.line(body + 1, 1.4, 1) * (y < -height / 4)
        canvas.over(edge, top.astype("float32"), 0.55)
        return canvas.sprite()


def _corner(height: int) -> float:
    return min(10.0, height / 3)  # px


def _widen(ends: pygame.Surface, width: int) -> pygame.Surface:
    """Return a picture of that width, made by repeating its middle column."""
    half, height = ends.get_width() // 2, ends.get_height()
    surface = pygame.Surface((width, height), pygame.SRCALPHA, 32)
    middle = ends.subsurface((half, 0, 1, height))
    for picture, x, first in ((ends, 0, 0), (ends, width - half, ends.get_width() - half)):
        surface.blit(picture, (x, 0), pygame.Rect(first, 0, half, height), pygame.BLEND_RGBA_ADD)
    wide = pygame.transform.scale(middle, (width - 2 * half, height))
    surface.blit(wide, (half, 0), special_flags=pygame.BLEND_RGBA_ADD)
    return surface
