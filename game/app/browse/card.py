"""A level's card in the list."""

from typing import TYPE_CHECKING, Final, Protocol

import pygame

from game.app.browse.level_library import LevelInfo, time_text
from game.app.grades.wording import draw_hardness
from game.app.ui import theme
from game.app.ui.draw import cached_surface, draw_cross, draw_panel, rounded_rect, star
from game.app.ui.kit import Kit
from game.app.ui.theme import Colour, mix
from game.app.ui.widgets import Widget
from game.player.hardness import EDITED

if TYPE_CHECKING:
    from game.app.browse.not_for_me import NotForMe
    from game.app.stage import Stage
    from game.player.profile import BestResult


TITLE_SIZES: Final = (theme.BODY - 1, theme.BODY - 2, theme.BODY - 3, theme.BODY - 4)  # pt


class LevelChooser(Protocol):
    """The screen that cards and details belong to."""

    stage: "Stage"
    kit: Kit
    best: "dict[str, BestResult]"
    stars: dict[str, int]
    not_for_me: "NotForMe"

    def choose(self, info: LevelInfo) -> None:
        """Open the set-up of a level."""


class LevelCard(Widget):
    """A level's picture, title, objective, difficulty, best result and stars."""

    def __init__(self, screen: "LevelChooser", info: LevelInfo) -> None:
        super().__init__(info.item)
        self.screen = screen
        self.info = info
        self.scrolls = True

    def activate(self) -> None:
        """Choose the level, or show the errors of its file."""
        self.screen.choose(self.info)

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the card; a broken level's is grey."""
        info = self.info
        broken = info.level is None
        colour = theme.RED if broken else theme.OBJECTIVE_COLOURS[info.objective]
        self.row_panel(target, kit, colour)
        pad = kit.px(8)
        picture_box = pygame.Rect(self.rect.x + pad, self.rect.y + pad, self.rect.width - 2 * pad, 0)
        picture_box.height = picture_box.width * 9 // 16
        self._draw_picture(target, kit, picture_box, broken)
        y = picture_box.bottom + kit.px(7)
        ink = theme.FAINT if broken else mix(theme.TEXT, (255, 255, 255), self.lit)
        title = info.title(kit.strings.language)
        kit.text(
            target,
            title,
            (self.rect.x + pad + kit.px(2), y + kit.px(12)),
            kit.size_for(title, picture_box.width, TITLE_SIZES, True),
            ink,
            bold=True,
            anchor="midleft",
            width=picture_box.width,
        )
        y += kit.px(25)
        if broken:
            kit.text(
                target, problem_count(kit, info, "error"), (self.rect.x + pad + kit.px(2), y), 13, theme.RED
            )
            return
        name = kit.strings(f"objective.{info.objective}")
        kit.text(target, name, (self.rect.x + pad + kit.px(2), y), 13, colour, bold=True)
        assert info.level is not None
        found = self.screen.stage.grades.hardness(info.level)
        bars = draw_hardness(target, kit, (self.rect.right - pad, y + kit.px(9)), found, colour)
        if found.state in EDITED:
            place = (bars.x - kit.px(8), y + kit.px(9))
            kit.text(target, kit.strings("grade.edited"), place, 12, theme.AMBER, anchor="midright")

    def _draw_picture(self, target: pygame.Surface, kit: Kit, box: pygame.Rect, broken: bool) -> None:
        picture = None if broken else self.screen.stage.library.picture(self.info, box.size)
        if picture is None:
            draw_panel(target, box, kit.px(6), (16, 18, 30), theme.LINE, 255)
            mark = "!" if broken else "…"
            kit.text(target, mark, box.center, 40, theme.FAINT, bold=True, anchor="center")
            return

        def make() -> pygame.Surface:
            scaled = picture.convert_alpha()
            scaled.blit(
                rounded_rect(box.size, kit.px(6), (255, 255, 255), 255),
                (0, 0),
                special_flags=pygame.BLEND_RGBA_MIN,
            )
            return scaled

        assert self.info.level is not None
        target.blit(cached_surface(("card", self.info.level.digest, box.size), make), box)
        best = self.screen.best.get(self.info.item)
        if best is not None and best.won:
            self._draw_badge(target, kit, box, time_text(best.ticks or 0), theme.GREEN)
        elif best is not None:
            self._draw_badge(target, kit, box, kit.strings("levels.tried"), theme.DIM)
        stars = self.screen.stars.get(self.info.item, 0)
        size = kit.px(14)
        for n in range(stars):
            place = (box.right - kit.px(6) - (stars - n) * (size + 1), box.bottom - size - kit.px(6))
            target.blit(star(size, theme.AMBER, True), place)
        if self.info.item in self.screen.not_for_me.marked:
            self._draw_mark(target, kit, box)

        if self.info.count("warning"):
            self._draw_warning(target, kit, box)

    def _draw_warning(self, target: pygame.Surface, kit: Kit, box: pygame.Rect) -> None:
        """Draw the sign for "has warnings" at the picture's other corner."""
        badge = pygame.Rect(box.x + kit.px(6), box.bottom - kit.px(27), kit.px(21), kit.px(21))
        draw_panel(target, badge, kit.px(6), (6, 8, 18), theme.AMBER, 225)
        kit.text(target, "!", badge.center, 14, theme.AMBER, bold=True, anchor="center")

    def _draw_mark(self, target: pygame.Surface, kit: Kit, box: pygame.Rect) -> None:
        """Draw the sign for "not for me" at the picture's corner."""
        badge = pygame.Rect(0, box.y + kit.px(6), kit.px(21), kit.px(21))
        badge.right = box.right - kit.px(6)
        draw_panel(target, badge, kit.px(6), (6, 8, 18), theme.RED, 225)
        draw_cross(target, badge.center, kit.px(5), max(2, kit.px(2.2)), theme.RED)

    def _draw_badge(
        self, target: pygame.Surface, kit: Kit, box: pygame.Rect, text: str, colour: Colour
    ) -> None:
        width = kit.fonts.width(text, kit.px(13), True) + kit.px(14)
        badge = pygame.Rect(box.x + kit.px(6), box.y + kit.px(6), width, kit.px(21))
        draw_panel(target, badge, kit.px(6), (6, 8, 18), colour, 225)
        kit.text(target, text, badge.center, 13, colour, bold=True, anchor="center")


def problem_count(kit: Kit, info: LevelInfo, severity: str) -> str:
    """Return how many errors or warnings a level has, as text."""
    count = info.count(severity)
    return kit.strings(f"levels.one.{severity}" if count == 1 else f"levels.many.{severity}", count=count)
