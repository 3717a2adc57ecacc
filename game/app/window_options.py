"""Options of the command line for the window."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MODES: Final = ("menu", "play", "watch", "replay")
PLAYED_MODES: Final = ("menu", "play")  # which wait for a person; the others end by themselves


class BadArgument(ValueError):
    """A bad option; its text is the one line to print."""


@contextmanager
def option_errors() -> Iterator[None]:
    """Turn errors about what an option names into BadArgument; put no other code inside."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise BadArgument(str(error)) from None


@dataclass(frozen=True)
class AppOptions:
    """Options of one start of the window. None: the value of the player's settings."""

    mode: str = "menu"  # one of MODES; "menu" is the title screen
    level: str | None = None  # a level's id, or a path that ends in .tmj or .tmx
    brains: tuple[str, ...] = ()  # brains, bots or .onnx paths for the NPC seats in order, cycled
    difficulty: str | None = None
    tank_class: str | None = None  # scout, ranger or heavy
    seed: int | None = None
    replay: Path | None = None  # the file, for mode "replay"
    seconds: float | None = None  # stop after this many simulated seconds
    screenshot: Path | None = None  # PNG of the last frame
    user_dir: Path | None = None
    size: tuple[int, int] = (1280, 720)
    fullscreen: bool | None = None
    language: str | None = None  # "en" or "zh"
    mute: bool = False
