"""The last screen: the error, and where the log and the replay are."""

from typing import TYPE_CHECKING

from game.app.crash import CrashReport
from game.app.ui import theme
from game.app.ui.dialog import Dialog

if TYPE_CHECKING:
    from game.app.stage import Stage


class ErrorScreen(Dialog):
    """A dialog over the streaks; closing it ends the game."""

    name = "error"
    overlay = False

    def __init__(self, stage: "Stage", report: CrashReport) -> None:
        strings = stage.kit.strings
        kept = "error.text" if report.replay is not None else "error.log"
        key = kept if report.folder is not None else "error.unsaved"
        text = strings(key, folder=report.folder, summary=report.summary)
        close = (("close", strings("error.close"), stage.quit),)
        super().__init__(stage, strings("error.title"), text, close, colour=theme.RED, on_back=stage.quit)

    def close_requested(self) -> None:
        """Close."""
        self.stage.quit()
