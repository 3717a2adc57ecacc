"""The title: the neon sign over a live match between NPCs, and the main menu."""

from typing import TYPE_CHECKING, Final

import pygame

import game
from game.app.playing.prepare import progress_text
from game.app.ui import theme
from game.app.ui.draw import draw_bar, draw_glow, draw_panel, draw_vignette, fade_left
from game.app.ui.logo import ASPECT, draw_logo
from game.app.ui.screen import Screen
from game.app.ui.widgets import Button

if TYPE_CHECKING:
    from game.app.stage import Stage

MENU_WIDTH: Final = 330  # pt
LOGO_WIDTH: Final = 640
LOGO_TOP: Final = 96
ROOM_FOR_GAPS: Final = 640  # pt of height; in a lower window the menu is drawn closer together
PREPARE_SECONDS: Final = 1.5
LOADING_AFTER: Final = 1.0  # seconds until the title says that it loads


class TitleScreen(Screen):
    """The first screen."""

    name = "title"
    prompts = (("confirm", "prompt.select"),)

    def __init__(self, stage: "Stage") -> None:
        super().__init__(stage)
        self.sign = pygame.Rect(0, 0, 0, 0)
        rows = (
            ("play", self._play, theme.CYAN),
            ("quick", self._quick, theme.MAGENTA),
            ("watch", self._watch, theme.VIOLET),
            ("jukebox", self._jukebox, theme.GREEN),
            ("settings", self._settings, theme.CYAN),
            ("quit", self.back, theme.AMBER),
        )
        for name, action, colour in rows:
            label = self.label(f"title.{name}")
            self.widgets.append(Button(name, label, action, colour=colour, left=True, big=name == "play"))

    def update(self, seconds: float) -> None:
        """Prepare the recommender when everything else is ready."""
        super().update(seconds)
        if self.age > PREPARE_SECONDS and self.stage.warm.ready and self.stage.window.real:
            self.stage.for_you.prepare()

    def layout(self) -> None:
        """Place the menu below the sign, at the left; the sign is smaller if the menu needs the room."""
        kit = self.kit
        left = kit.px(72)
        height = round(kit.px(LOGO_WIDTH) / ASPECT)
        count = len(self.widgets)
        tight = kit.height < kit.px(ROOM_FOR_GAPS)
        row, gap = kit.px(theme.ROW + 4), kit.px(6 if tight else 10)
        lowest = kit.height - kit.px(54 if tight else 60) - (count * row + (count - 1) * gap)
        top = min(kit.px(LOGO_TOP + 94) + height, lowest)
        for n, widget in enumerate(self.widgets):
            widget.rect = pygame.Rect(left, top + n * (row + gap), kit.px(MENU_WIDTH), row)
        above = top - kit.px(22)  # the sign's light ends there
        height = max(0, min(height, above - kit.px(26)))  # no sign if the menu takes all the room
        self.sign = pygame.Rect(left, min(kit.px(LOGO_TOP), above - height), round(height * ASPECT), height)

    def draw_back(self, target: pygame.Surface) -> None:
        """Darken the match and draw the sign."""
        kit = self.kit
        self.dim(target, 45)
        fade_left(target, round(kit.width * 0.7), 240)
        draw_vignette(target, 170)
        box = draw_logo(target, self.sign.x, self.sign.y, self.sign.width, self.age)
        place = (box.x + kit.px(6), box.bottom + kit.px(18))
        if self.widgets[0].rect.top > place[1] + kit.px(26):
            kit.text(target, kit.strings("title.tagline"), place, theme.BODY + 1, theme.DIM)

    def draw_front(self, target: pygame.Surface) -> None:
        """Draw the foot: version, the match behind the menu, and the progress of the first start."""
        kit = self.kit
        y = kit.height - kit.px(24)
        kit.text(target, f"v{game.__version__}", (kit.px(72), y), 13, theme.FAINT, anchor="midleft")
        self.draw_foot(target)
        warm = self.stage.warm
        if not warm.ready:
            self._draw_progress(target)
            return
        caption = self.stage.caption()
        if caption:
            self._draw_corner(target, caption)

    def _draw_corner(self, target: pygame.Surface, said: str) -> None:
        """Draw a line at the upper right corner, next to the sign if it is that high."""
        kit = self.kit
        right, y = kit.width - kit.px(theme.MARGIN), kit.px(30)
        beside = self.sign.height > 0 and self.sign.top < y + kit.px(theme.SMALL)
        left = self.sign.right + kit.px(20) if beside else kit.px(theme.MARGIN)
        kit.text(target, said, (right, y), theme.SMALL, theme.DIM, anchor="midright", width=right - left)

    def _draw_progress(self, target: pygame.Surface) -> None:
        kit = self.kit
        warm = self.stage.warm
        if not warm.failed and not warm.compiling:
            if self.age > LOADING_AFTER:
                self._draw_corner(target, kit.strings("warm.loading"))
            return
        box = pygame.Rect(0, 0, kit.px(450), kit.px(92))
        box.bottomright = (kit.width - kit.px(theme.MARGIN), kit.height - kit.px(56))
        colour = theme.RED if warm.failed else theme.CYAN
        draw_glow(target, box, kit.px(10), kit.px(14), colour, 0.5)
        draw_panel(target, box, kit.px(10), theme.PANEL, colour, 240)
        inner = box.inflate(-kit.px(40), -kit.px(28))
        if warm.failed:
            kit.text(target, kit.strings("warm.failed"), inner.topleft, theme.SMALL, theme.RED, bold=True)
            rest = pygame.Rect(inner.x, inner.y + kit.px(24), inner.width, inner.height - kit.px(20))
            kit.paragraph(target, warm.failed, rest, 13, theme.DIM)
            return
        kit.text(target, kit.strings("warm.title"), inner.topleft, theme.SMALL, theme.TEXT, bold=True)
        percent = f"{round(warm.progress * 100)}%"
        kit.text(target, percent, inner.topright, theme.SMALL, theme.CYAN, bold=True, anchor="topright")
        bar = pygame.Rect(inner.x, inner.y + kit.px(28), inner.width, kit.px(8))
        draw_bar(target, bar, warm.progress, theme.CYAN)
        said = f"{progress_text(kit, warm)} {kit.strings('warm.meanwhile')}"
        kit.text(target, said, (inner.x, bar.bottom + kit.px(8)), 13, theme.DIM, width=inner.width)

    def back(self) -> None:
        """Ask before the game closes."""
        from game.app.ui.dialog import confirm

        strings = self.kit.strings
        self.stage.open_dialog(
            confirm(
                self.stage, strings("quit.title"), strings("quit.text"), strings("quit.yes"), self.stage.quit
            )
        )

    def _play(self) -> None:

        self.stage.show("levels")

    def _quick(self) -> None:
        from game.app.playing.launch import quick_match

        quick_match(self.stage)

    def _watch(self) -> None:
        from game.app.playing.launch import watch_match

        watch_match(self.stage)

    def _jukebox(self) -> None:

        self.stage.show("jukebox")

    def _settings(self) -> None:

        self.stage.show("settings")
