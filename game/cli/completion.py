"""The shell's completions for levels and brains: only names of files, so that no file is read and no kernel is loaded."""

from pathlib import Path
from typing import Final

from game.core.bots.table import BOT_NAMES
from game.player.paths import UserFolders
from safefiles.errors import Refused

GAME: Final = Path(__file__).resolve().parents[1]
GROUPS: Final = ("builtin", "user", "train", "test", "endless")
LEVEL_ENDINGS: Final = (".tmj", ".tmx")


def level_names(incomplete: str) -> list[str]:
    """Return the names that begin so: built-in levels, the user's levels, and words that mean several levels."""
    names = [path.stem for path in _files(GAME / "core" / "levels" / "builtin", (".tmj",))]
    names += [path.stem for path in _files(_user().levels, LEVEL_ENDINGS)]
    return [name for name in dict.fromkeys([*names, *GROUPS]) if name.startswith(incomplete)]


def brain_names(incomplete: str) -> list[str]:
    """Return the names of shipped brains, the user's brains and bots; after a comma, completions of the list's next name."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in [*model_names(), *BOT_NAMES] if name.startswith(last)]


def model_names() -> list[str]:
    """Return the names of brains, without bots, each once."""
    shipped = [path.parent.name for path in sorted((GAME / "brains").glob("*/brain.onnx"))]
    return list(dict.fromkeys([*shipped, *(path.stem for path in _files(_user().brains, (".onnx",)))]))


def _files(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    """Return the files of a folder with one of these endings; none if the folder cannot be listed."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() in endings)
    except OSError:
        return []


def _user() -> UserFolders:
    try:
        return UserFolders.find()
    except Refused:
        return UserFolders(Path())
