"""What the command line may ask of the window."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MODES: Final = ("menu", "play", "watch", "replay")


class BadArgument(ValueError):
    """An option that cannot be met; its text is the one line to print."""


@contextmanager
def option_errors() -> Iterator[None]:
    """What an option names and cannot be had becomes BadArgument; put nothing else inside."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise BadArgument(str(error)) from None


@dataclass(frozen=True)
class AppOptions:
    """One start of the window. None means: what the player's settings say."""

    mode: str = "menu"  # one of MODES; "menu" is the title screen
    level: str | None = None  # a level's id, or a path that ends in .tmj or .tmx
    brains: tuple[str, ...] = ()  # brains, bots or .onnx paths for the NPC seats in order, cycled
    difficulty: str | None = None
    tank_class: str | None = None  # scout, ranger or heavy
    seed: int | None = None
    replay: Path | None = None  # the file, for mode "replay"
    seconds: float | None = None  # stop after so many simulated seconds
    screenshot: Path | None = None  # PNG of the last frame
    user_dir: Path | None = None
    size: tuple[int, int] = (1280, 720)
    fullscreen: bool | None = None
    language: str | None = None  # "en" or "zh"
    mute: bool = False
