"""All problems of a level file in the language of the game, with a button that reads the file again."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from game.app.browse.level_library import LevelInfo
from game.app.input.hub import Press
from game.app.ui import theme
from game.app.ui.dialog import Dialog
from game.app.ui.prompts import key_label
from game.app.ui.theme import Colour
from safefiles.text import shown_path

if TYPE_CHECKING:
    from game.app.stage import Stage

COLOURS: Final[dict[str, Colour]] = {"error": theme.TEXT, "warning": theme.AMBER, "note": theme.DIM}


class ProblemsScreen(Dialog):
    """The file's path, then a paragraph for each error, warning and note."""

    name = "problems"
    pinned_share = 0.0  # this screen already shows what such a message would say
    width, text_height, text_size = 980, 1000, 16.0  # pt

    def __init__(
        self, stage: "Stage", info: LevelInfo, on_reload: Callable[[LevelInfo], None] | None = None
    ) -> None:
        """`on_reload` is called with the level after its file was read again."""
        strings = stage.kit.strings
        self.info = info
        self._on_reload = on_reload
        warned = bool(info.count("warning"))
        key = "broken" if info.level is None else "has_warnings" if warned else "sound"
        colour = theme.RED if info.level is None else theme.AMBER if warned else theme.GREEN
        title = strings(f"levels.{key}", name=shown_path(info.entry.path.name, 60))
        buttons = (
            (
                "reload",
                strings("levels.read_again", button=key_label(stage.kit, "menu_restart")),
                self._read_again,
            ),
            ("close", strings("common.close"), lambda: None),
        )
        super().__init__(stage, title, "", buttons, colour=colour)
        self.rows = [(shown_path(info.entry.path), theme.FAINT)]
        for severity, ink in COLOURS.items():
            self.rows += [(line, ink) for line in info.problems(severity, strings.language)]

    def on_action(self, press: Press) -> bool:
        """Read the file again when the key for it is pressed."""
        if press.action != "menu_restart":
            return super().on_action(press)
        self.stage.back()
        self._read_again()
        return True

    def _read_again(self) -> None:
        """Read the file again and show its current problems."""
        fresh = self.stage.library.read_again(self.info)
        if self._on_reload is not None:
            self._on_reload(fresh)
        self.stage.show("problems", fresh, self._on_reload)
