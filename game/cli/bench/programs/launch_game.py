"""Run the game's own command in this process and end it at a mark; the last line on stdout tells when it was reached.

title: the first picture of the title. live: the first with a match behind it. tick: the first tick of a match.
quick, play, jukebox: the first picture of what this entry of the title opens, chosen as soon as the title stands.
"""

import importlib
import os
import resource
import sys
import time
from typing import Any

OPENED = {"quick": "play", "play": "levels", "jukebox": "jukebox"}  # entry of the title: name of the screen


def first(*names: str) -> Any:
    """Return the first module that this build has."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError:
            pass
    raise SystemExit(f"this build has none of {', '.join(names)}")


def end() -> None:
    """Tell the time, the processor time so far and that of the children, and leave at once."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = time.process_time() + children.ru_utime + children.ru_stime
    sys.stdout.write(f"\nMARK {time.time()} {cpu}\n")
    sys.stdout.flush()
    os._exit(0)


def launch(mark: str, arguments: list[str]) -> None:
    """Set the mark, then be the command. Does not return."""
    # What the command imports in any case comes first: nothing is imported here that it would not import itself
    command = first("game.cli.root", "game.cli")
    if mark == "tick":
        _at_first_tick()
    else:
        # A real window's loop, which waits for nothing, on SDL's dummy screen
        window: Any = importlib.import_module("game.app.window")
        window.choose_drivers = lambda: True
        _at_picture(mark)
    code = command.run(arguments)
    raise SystemExit(f"the game ended with code {code} before the mark {mark}")


def _at_first_tick() -> None:
    screens: Any = first("game.app.playing.screen", "game.app.screens.play")
    tick = screens.PlayScreen.tick

    def first_tick(self: Any) -> None:
        tick(self)
        end()

    screens.PlayScreen.tick = first_tick


def _at_picture(mark: str) -> None:
    app: Any = importlib.import_module("game.app.app").App
    draw = app.draw
    chosen = False

    def after_draw(self: Any, *arguments: Any) -> None:
        nonlocal chosen
        draw(self, *arguments)
        if mark == "title" or (mark == "live" and self.backdrop.match is not None):
            end()
        if mark in OPENED:
            if self.top.name == OPENED[mark]:
                end()
            if not chosen:
                chosen = True
                getattr(self.stack[0], f"_{mark}")()

    app.draw = after_draw
