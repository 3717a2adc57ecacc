"""Shown between "start" and the match while the kernels are compiled (the first start) or loaded (later ones)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pygame

from game.app.playing.warm import WarmUp
from game.app.ui import theme
from game.app.ui.draw import draw_bar, draw_vignette
from game.app.ui.kit import Kit
from game.app.ui.logo import ASPECT, draw_logo
from game.app.ui.screen import Screen
from game.app.ui.widgets import Button

if TYPE_CHECKING:
    from game.app.stage import Stage


LOGO_WIDTH: Final = 560  # pt
BAR_WIDTH: Final = 480


def progress_text(kit: Kit, warm: WarmUp) -> str:
    """Return the progress of the first start's compilation: counted kernels, no estimate of time."""
    if warm.done >= warm.total:
        return kit.strings("warm.more", done=warm.done)
    return kit.strings("warm.parts", done=warm.done, total=warm.total)


class PrepareScreen(Screen):
    """Starts the match as soon as one can run; can be left at any time."""

    name = "prepare"
    prompts = (("back", "prompt.back"),)

    def __init__(self, stage: "Stage", then: Callable[[], None]) -> None:
        super().__init__(stage)
        self._then = then
        self.widgets = [Button("cancel", self.label("common.cancel"), self.back)]

    def layout(self) -> None:
        """One button below the bar."""
        kit = self.kit
        button = pygame.Rect(0, 0, kit.px(200), kit.px(theme.ROW))
        button.midtop = (kit.width // 2, kit.height * 2 // 3)
        self.widgets[0].rect = button

    def update(self, seconds: float) -> None:
        """Continue when ready; after a failed compilation too: kernels then compile while playing."""
        super().update(seconds)
        warm = self.stage.warm
        if self.stage.top is self and (warm.ready or warm.failed):
            self.stage.back()
            self._then()

    def draw_back(self, target: pygame.Surface) -> None:
        """Draw the sign and the progress."""
        kit, warm = self.kit, self.stage.warm
        self.dim(target, 170)
        draw_vignette(target, 160)
        width = min(kit.px(LOGO_WIDTH), kit.width * 3 // 4)
        left = (kit.width - width) // 2
        draw_logo(
            target, left, kit.height // 2 - kit.px(120) - round(width / ASPECT) // 2, width, self.age + 1
        )
        y = kit.height // 2 + kit.px(10)
        said = kit.strings("warm.wait" if warm.compiling else "warm.loading")
        kit.text(target, said, (kit.width // 2, y), theme.BODY, theme.TEXT, anchor="center")
        if not warm.compiling:
            return
        bar = pygame.Rect((kit.width - kit.px(BAR_WIDTH)) // 2, y + kit.px(30), kit.px(BAR_WIDTH), kit.px(10))
        draw_bar(target, bar, warm.progress, theme.CYAN)
        kit.text(
            target,
            progress_text(kit, warm),
            (kit.width // 2, bar.bottom + kit.px(18)),
            13,
            theme.FAINT,
            anchor="center",
        )

    def draw_front(self, target: pygame.Surface) -> None:
        """Draw the prompts."""
        self.draw_foot(target)
