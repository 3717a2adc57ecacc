""" "Not for me" on a screen: one press takes a level off the suggestions, another within a while takes that back."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from game.app.ui import theme
from game.app.ui.prompts import input_label
from game.app.ui.widgets import Button

if TYPE_CHECKING:
    from game.app.app import App

UNDO_SECONDS: Final = 10.0  # how long the button to take it back stays


class NotForMe:
    """Dismisses levels for one screen, which shows `button` and tells the time."""

    def __init__(self, app: "App", ask: Callable[[], None]) -> None:
        """`ask` wants the screen's suggestions anew."""
        self.app = app
        self._ask = ask
        self._left = 0.0
        self.button = Button("undo", self._label, self._press, colour=theme.AMBER, small=True)
        self.button.visible = False

    def update(self, seconds: float) -> None:
        """Let time pass."""
        self._left = max(0.0, self._left - seconds)
        self.button.visible = self._left > 0 and bool(self.app.for_you.dismissed)

    def dismiss(self, item: str) -> None:
        """Take a level off the suggestions, and say how to take that back."""
        app, strings = self.app, self.app.kit.strings
        app.profile.dismiss(item)
        app.for_you.dismiss(item)
        self._ask()
        app.audio.play("ui_back")
        self._left = UNDO_SECONDS
        name = app.kit.bindings.shown("menu_undo", app.kit.device)
        key = input_label(name) if name is not None else ""
        app.toasts.add(strings("for_you.dismissed", title=app.words.title(item), button=key), theme.AMBER)

    def undo(self) -> bool:
        """Take the newest one back; return whether there was one."""
        app = self.app
        if not app.for_you.dismissed:
            return False
        item = app.for_you.dismissed[-1]
        app.profile.dismiss(item, False)
        app.for_you.dismiss(item, False)
        self._ask()
        self._left = UNDO_SECONDS if app.for_you.dismissed else 0.0
        app.audio.play("ui_confirm")
        app.toasts.add(app.kit.strings("for_you.undone", title=app.words.title(item)), theme.GREEN)
        return True

    def _press(self) -> None:
        self.undo()

    def _label(self) -> str:
        dismissed = self.app.for_you.dismissed
        title = self.app.words.title(dismissed[-1]) if dismissed else ""
        return self.app.kit.strings("for_you.undo", title=title)
