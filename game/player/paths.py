"""Paths of a player's own files: settings, results, levels, brains, replays and crash reports."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from safefiles.foreign import expand_path
from safefiles.listing import list_files
from safefiles.text import shown_path

USER_DIR_VARIABLE: Final = "BANKSHOT_USER_DIR"
MOST_CRASHES: Final = 1000  # crash folders that are read


def without_home(text: str) -> str:
    """Return a text with the user's own folder in it shortened to `~`."""
    try:
        home = Path.home()
    except RuntimeError:
        return text
    for form in {str(home), shown_path(home)}:
        text = text.replace(form, "~") if home.name else text  # not if it is the root of the disk
    return text


@dataclass(frozen=True)
class UserFolders:
    """The player's folder and the paths in it. Nothing is created before `create` is called."""

    root: Path

    @classmethod
    def find(cls, user_dir: Path | str | None = None) -> "UserFolders":
        """Return the folders below `user_dir`, else $BANKSHOT_USER_DIR, else the platform's place for user data.

        Raises FileRefused as `expand_path` does.
        """
        chosen = user_dir or os.environ.get(USER_DIR_VARIABLE)
        root = Path(chosen) if chosen else Path(platformdirs.user_data_dir("bankshot", appauthor=False))
        return cls(expand_path(root))

    @property
    def levels(self) -> Path:
        """Levels the player drew or downloaded (`.tmj`, `.tmx`)."""
        return self.root / "levels"

    @property
    def brains(self) -> Path:
        """Policies the player trained or downloaded (`.onnx`)."""
        return self.root / "brains"

    @property
    def music(self) -> Path:
        """The library of music: pieces the player kept, edited or imported, and which level plays which."""
        return self.root / "music"

    @property
    def replays(self) -> Path:
        """Recorded matches."""
        return self.root / "replays"

    @property
    def crashes(self) -> Path:
        """One folder per uncaught error: the log and the replay of the match."""
        return self.root / "crashes"

    @property
    def cache(self) -> Path:
        """Data that can be computed again, such as the results of checking brains."""
        return self.root / "cache"

    @property
    def screenshots(self) -> Path:
        """Pictures taken in the game."""
        return self.root / "screenshots"

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.root / "settings.json"

    @property
    def results(self) -> Path:
        """Match records and best results (SQLite)."""
        return self.root / "results.sqlite"

    @property
    def feedback(self) -> Path:
        """Ratings and plays for the level recommender (SQLite)."""
        return self.root / "feedback.sqlite"

    def writers(self) -> tuple[Path, ...]:
        """Return the folders that the program writes files into; they need not exist."""
        music = (self.music, self.music / "midi", self.music / "audio", self.music / "before")
        cache = (self.cache, self.cache / "music")
        crashes = list_files(self.crashes, lambda path: True, MOST_CRASHES).paths
        return (self.root, self.levels, self.brains, self.replays, self.screenshots, *music, *cache, *crashes)

    def create(self) -> None:
        """Make the folders that a player puts files in. Raises OSError with the folder's name."""
        for folder in (self.root, self.levels, self.brains, self.replays):
            folder.mkdir(parents=True, exist_ok=True)
