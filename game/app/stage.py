"""`Stage`: the window's interface for screens, which open one another by name.

`game.app.app.App` implements it. Screens depend on the stage and never on one another: `show("results", play)` opens a screen
by its name in `game.app.screens.SCREENS`, with the arguments that its class takes after the stage.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from game.app.browse.level_library import LevelLibrary
    from game.app.crash import Journal
    from game.app.foryou.service import ForYou
    from game.app.foryou.words import RecommenderTexts
    from game.app.grades.known import LevelGrades
    from game.app.input.guard import InputGuard
    from game.app.input.hub import InputHub
    from game.app.jukebox.studio import Jukebox
    from game.app.loop import FixedStep
    from game.app.playing.opponents import Opponents
    from game.app.playing.warm import WarmUp
    from game.app.sound.audio import Audio
    from game.app.toasts import Toasts
    from game.app.ui.kit import Kit
    from game.app.user_file_saver import UserFileSaver
    from game.app.window import Window
    from game.app.window_options import AppOptions
    from game.player.paths import UserFolders
    from game.player.profile import Profile
    from game.player.settings import Settings, Value


class Stage(ABC):
    """The objects that live as long as the window, for screens."""

    options: AppOptions
    folders: UserFolders
    settings: Settings
    journal: Journal
    saver: UserFileSaver
    window: Window
    kit: Kit  # texts, fonts, sizes
    hub: InputHub
    guard: InputGuard
    audio: Audio
    jukebox: Jukebox
    profile: Profile
    library: LevelLibrary
    for_you: ForYou
    words: RecommenderTexts
    toasts: Toasts
    warm: WarmUp
    step: FixedStep
    frame_ms: float  # smoothed time of a frame

    @property
    @abstractmethod
    def opponents(self) -> Opponents:
        """Who can drive NPC seats."""

    @property
    @abstractmethod
    def grades(self) -> LevelGrades:
        """How hard levels are."""

    @abstractmethod
    def caption(self) -> str:
        """A line that says what plays behind the menus, empty if nothing does."""

    # Screens

    @property
    @abstractmethod
    def top(self) -> object:
        """The screen that gets the input."""

    @abstractmethod
    def show(self, name: str, *arguments: Any, unasked: bool = False, **options: Any) -> None:
        """Open a screen over the others; `unasked`: it opens by itself, so that presses do not count for it immediately.

        Raises LookupError for a name that is not in `SCREENS`.
        """

    @abstractmethod
    def open_dialog(self, dialog: Any, *, unasked: bool = False) -> None:
        """Open a dialog, a `game.app.ui.dialog.Dialog`, over the others."""

    @abstractmethod
    def back(self, *, levels: int = 1) -> None:
        """Close the topmost screens; the last one stays."""

    @abstractmethod
    def back_to(self, name: str) -> None:
        """Close screens until the one of that name is on top, or only one is left."""

    @abstractmethod
    def quit(self) -> None:
        """Leave after this frame."""

    # Settings

    @abstractmethod
    def change_setting(self, key: str, value: Value) -> None:
        """Change a setting and apply it. Raises ValueError for a value outside its range."""

    @abstractmethod
    def reset_settings(self, page: str) -> None:
        """Put a page of settings back to its defaults."""

    @abstractmethod
    def save_settings(self) -> None:
        """Write the settings; an error is shown instead of raised, and writing is tried again later."""

    @abstractmethod
    def report_error(self, what: str, error: Exception) -> None:
        """Show an error that must not stop the game, and note it for a crash report."""
