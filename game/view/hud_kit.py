"""Drawing tools for all parts of the display: icons, panels, bars and texts in one scale."""

import pygame

from game.view.objects import icon_sprite
from game.view.palette import TEAM_SHAPES, Colour, Palette, mix, scale_colour
from game.view.shapes import Icon, team_shape
from game.view.text import FontProvider, Panels, TextCache

PREMULTIPLIED = pygame.BLEND_PREMULTIPLIED


class HudKit:
    """Icons, panels and texts, cached. Lengths are pixels at scale 1."""

    def __init__(self, ui_scale: float, palette: Palette, fonts: FontProvider | None) -> None:
        self.scale = ui_scale
        self.palette = palette
        self.texts = TextCache(fonts, ui_scale)
        self._panels = Panels(palette.panel)
        self._icons: dict[tuple[str, int, Colour], pygame.Surface] = {}

    def px(self, value: float) -> int:
        """Return pixels for a length given at scale 1."""
        return round(value * self.scale)

    def icon(self, name: str, icon: Icon, side: int, colour: Colour) -> pygame.Surface:
        """Return a pictogram `side` px at scale 1."""
        key = (name, side, colour)
        if key not in self._icons:
            self._icons[key] = icon_sprite(icon, max(8, self.px(side)), colour)
        return self._icons[key]

    def team_icon(self, team: int, side: int, lit: bool = True) -> pygame.Surface:
        """Return a team's shape, dark if the team is out."""
        colour = self.palette.teams[team] if lit else (52, 56, 74)
        return self.icon(
            f"team{team}", lambda x, y, size: team_shape(TEAM_SHAPES[team], x, y, size * 0.8), side, colour
        )

    def panel(self, surface: pygame.Surface, rect: tuple[int, int, int, int], edge: Colour) -> None:
        """Draw a translucent panel with a lit edge."""
        x, y, width, height = rect
        surface.blit(self._panels.panel(width, height, edge), (x, y), special_flags=PREMULTIPLIED)

    def blit(
        self, surface: pygame.Surface, picture: pygame.Surface, x: float, y: float, anchor: float = 0.0
    ) -> None:
        """Draw a picture vertically centred at y; x is its left at `anchor` 0, its right at 1."""
        place = (x - picture.get_width() * anchor, y - picture.get_height() / 2)
        surface.blit(picture, place)

    def icon_at(self, surface: pygame.Surface, picture: pygame.Surface, x: float, y: float) -> None:
        """Draw an icon centred at (x, y)."""
        place = (x - picture.get_width() / 2, y - picture.get_height() / 2)
        surface.blit(picture, place, special_flags=PREMULTIPLIED)

    @staticmethod
    def bar(surface: pygame.Surface, rect: tuple[int, int, int, int], share: float, colour: Colour) -> None:
        """Draw a bar lit up to `share` (0..1)."""
        x, y, width, height = rect
        surface.fill(scale_colour(colour, 0.22), rect)
        lit = round(width * max(0.0, min(1.0, share)))
        if lit:
            surface.fill(colour, (x, y, lit, height))
            surface.fill(mix(colour, (255, 255, 255), 0.45), (x, y, lit, max(1, height // 3)))
