"""Everything that is wrong with a level file, in the language of the game, to scroll through."""

from typing import TYPE_CHECKING, Final

from game.app.browse.level_library import LevelInfo
from game.app.ui import theme
from game.app.ui.dialog import Dialog
from game.app.ui.theme import Colour
from safefiles.text import shown

if TYPE_CHECKING:
    from game.app.stage import Stage

COLOURS: Final[dict[str, Colour]] = {"error": theme.TEXT, "warning": theme.AMBER, "note": theme.DIM}


class ProblemsScreen(Dialog):
    """The file's path, then a paragraph for each error, warning and note."""

    name = "problems"
    pinned_share = 0.0  # it says all that such a message could
    width, text_height, text_size = 980, 1000, 16.0  # pt

    def __init__(self, stage: "Stage", info: LevelInfo) -> None:
        strings = stage.kit.strings
        broken = info.level is None
        title = strings(
            "levels.broken" if broken else "levels.has_warnings", name=shown(info.entry.path.name, 60)
        )
        close = (("close", strings("common.close"), lambda: None),)
        super().__init__(stage, title, "", close, colour=theme.RED if broken else theme.AMBER)
        self.rows = [(shown(info.entry.path), theme.FAINT)]
        for severity, colour in COLOURS.items():
            self.rows += [(line, colour) for line in info.problems(severity, strings.language)]
