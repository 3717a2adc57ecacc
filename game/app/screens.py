"""`SCREENS`: every screen by its name. Only the stack reads it; whoever opens a screen names it."""

from collections.abc import Mapping
from typing import Final

from game.app.browse.problems import ProblemsScreen
from game.app.browse.screen import LevelsScreen
from game.app.foryou.screen import BeliefsScreen
from game.app.jukebox.changes import ChangesScreen
from game.app.jukebox.compose import ComposeScreen
from game.app.jukebox.edit import EditScreen
from game.app.jukebox.pick import PickScreen
from game.app.jukebox.rename import RenameScreen
from game.app.jukebox.screen import JukeboxScreen
from game.app.menu.error import ErrorScreen
from game.app.menu.settings import SettingsScreen
from game.app.menu.title import TitleScreen
from game.app.playing.pause import PauseScreen
from game.app.playing.prepare import PrepareScreen
from game.app.playing.results import ResultsScreen
from game.app.playing.screen import PlayScreen
from game.app.playing.setup import SetupScreen
from game.app.ui.screen import Screen

SCREENS: Final[Mapping[str, type[Screen]]] = {
    screen.name: screen
    for screen in (
        BeliefsScreen,
        ChangesScreen,
        ComposeScreen,
        EditScreen,
        ErrorScreen,
        JukeboxScreen,
        LevelsScreen,
        PauseScreen,
        PickScreen,
        PlayScreen,
        PrepareScreen,
        ProblemsScreen,
        RenameScreen,
        ResultsScreen,
        SettingsScreen,
        SetupScreen,
        TitleScreen,
    )
}
