"""Every screen by its name. Only the stack reads this table; other code opens a screen by its name.

A screen's module is loaded when it is first opened: the title must not wait for the modules of a match.
"""

import importlib
from typing import Final

from game.app.ui.screen import Screen

SCREENS: Final = {
    "beliefs": "game.app.foryou.screen",
    "changes": "game.app.jukebox.changes",
    "compose": "game.app.jukebox.compose_panel",
    "edit": "game.app.jukebox.edit",
    "error": "game.app.menu.error",
    "jukebox": "game.app.jukebox.screen",
    "levels": "game.app.browse.screen",
    "pause": "game.app.playing.pause",
    "pick": "game.app.jukebox.pick",
    "play": "game.app.playing.screen",
    "prepare": "game.app.playing.prepare",
    "problems": "game.app.browse.problems_screen",
    "rename": "game.app.jukebox.rename",
    "results": "game.app.playing.results",
    "settings": "game.app.menu.settings_screen",
    "setup": "game.app.playing.setup_screen",
    "title": "game.app.menu.title",
}


def screen_class(name: str) -> type[Screen]:
    """Return the class of a screen. Raises LookupError for a name that is not in the table."""
    if name not in SCREENS:
        raise LookupError(f"screen: expected one of {', '.join(SCREENS)}, found {name!r}")
    module = importlib.import_module(SCREENS[name])
    own = (
        found
        for found in vars(module).values()
        if isinstance(found, type) and found.__module__ == module.__name__
    )
    for found in own:
        if issubclass(found, Screen) and found.name == name:
            return found
    raise LookupError(f"screen {name!r}: expected a class of that name in {module.__name__}, found none")
