""" "Not for me" on a screen: one press takes a level off the suggestions, another takes that back."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from game.app.ui import theme
from game.app.ui.prompts import key_label
from game.app.ui.widgets import Button

if TYPE_CHECKING:
    from game.app.stage import Stage

UNDO_SECONDS: Final = 10.0  # how long the button to take it back stays


class NotForMe:
    """Dismisses levels for one screen, which shows `button` and tells the time."""

    def __init__(self, stage: "Stage", ask: Callable[[], None]) -> None:
        """`ask` wants the screen's suggestions anew."""
        self.stage = stage
        self._ask = ask
        self._left = 0.0
        self.marked: set[str] = set()  # levels that are not for the player, of earlier sessions too
        self.button = Button("undo", self._label, self._press, colour=theme.AMBER, small=True)
        self.button.visible = False

    def read(self) -> None:
        """Read what is marked, which another screen may have changed."""
        profile = self.stage.profile
        self.marked = set(profile.repository.dismissed(profile.player))

    def update(self, seconds: float) -> None:
        """Let time pass."""
        self._left = max(0.0, self._left - seconds)
        self.button.visible = self._left > 0 and bool(self.stage.for_you.dismissed)

    def dismiss(self, item: str) -> None:
        """Take a level off the suggestions, and say how to take that back."""
        stage, strings = self.stage, self.stage.kit.strings
        self._mark(item, True)
        stage.audio.play("ui_back")
        self._left = UNDO_SECONDS
        key = key_label(stage.kit, "menu_undo")
        stage.toasts.add(strings("for_you.dismissed", title=stage.words.title(item), button=key), theme.AMBER)

    def take_back(self, item: str) -> None:
        """Let a level be suggested again."""
        stage = self.stage
        self._mark(item, False)
        stage.audio.play("ui_confirm")
        stage.toasts.add(stage.kit.strings("for_you.undone", title=stage.words.title(item)), theme.GREEN)

    def switch(self, item: str) -> None:
        """Mark a level, or take that back where it is marked."""
        if item in self.marked:
            self.take_back(item)
        else:
            self.dismiss(item)

    def undo(self) -> bool:
        """Take the newest one of this session back; return whether there was one."""
        for_you = self.stage.for_you
        if not for_you.dismissed:
            return False
        self.take_back(for_you.dismissed[-1])
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
