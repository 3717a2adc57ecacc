""" "Not for me" on a screen: one press removes a level from the suggestions, another undoes that."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from game.app.ui import theme
from game.app.ui.prompts import key_label
from game.app.ui.widgets import Button

if TYPE_CHECKING:
    from game.app.stage import Stage

UNDO_SECONDS: Final = 10.0  # how long the undo button stays


class NotForMe:
    """Dismisses levels for one screen, which shows `button` and calls `update` every frame."""

    def __init__(self, stage: "Stage", ask: Callable[[], None]) -> None:
        """`ask` requests the screen's suggestions again."""
        self.stage = stage
        self._ask = ask
        self._left = 0.0
        self.marked: set[str] = set()  # dismissed levels, also of earlier sessions
        self.button = Button("undo", self._label, self._press, colour=theme.AMBER, small=True)
        self.button.visible = False

    def refresh(self) -> None:
        """Read the dismissed levels again, as another screen may have changed them."""
        profile = self.stage.profile
        self.marked = set(profile.repository.dismissed(profile.player))

    def update(self, seconds: float) -> None:
        """Let time pass."""
        self._left = max(0.0, self._left - seconds)
        self.button.visible = self._left > 0 and bool(self.stage.for_you.dismissed)

    def dismiss(self, item: str) -> None:
        """Remove a level from the suggestions, and show how to undo that."""
        stage, strings = self.stage, self.stage.kit.strings
        self._mark(item, True)
        stage.audio.play("ui_back")
        self._left = UNDO_SECONDS
        key = key_label(stage.kit, "menu_undo")
        stage.toasts.add(strings("for_you.dismissed", title=stage.words.title(item), button=key), theme.AMBER)

    def restore(self, item: str) -> None:
        """Allow a level to be suggested again."""
        stage = self.stage
        self._mark(item, False)
        stage.audio.play("ui_confirm")
        stage.toasts.add(stage.kit.strings("for_you.undone", title=stage.words.title(item)), theme.GREEN)

    def toggle(self, item: str) -> None:
        """Dismiss a level, or undo that if it is dismissed."""
        if item in self.marked:
            self.restore(item)
        else:
            self.dismiss(item)

    def undo(self) -> bool:
        """Undo the newest dismissal of this session; return whether there was one."""
        for_you = self.stage.for_you
        if not for_you.dismissed:
            return False
        self.restore(for_you.dismissed[-1])
        self._left = UNDO_SECONDS if for_you.dismissed else 0.0
        return True

    def _mark(self, item: str, marked: bool) -> None:
        (self.marked.add if marked else self.marked.discard)(item)
        self.stage.profile.dismiss(item, marked)
        self._ask()

    def _press(self) -> None:
        self.undo()

    def _label(self) -> str:
        dismissed = self.stage.for_you.dismissed
        title = self.stage.words.title(dismissed[-1]) if dismissed else ""
        return self.stage.kit.strings("for_you.undo", title=title)
