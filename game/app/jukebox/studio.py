"""`Jukebox`: the music objects that live longer than a screen: library, generators, chosen pieces, and their worker.

Each is loaded at its first use, in the worker's thread: neither the title nor a frame waits for it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from game.app.jukebox.piece_preview import PiecePreview
from game.app.sound.level_music import LevelMusic, PieceChoices
from game.app.worker import Worker
from game.player.paths import UserFolders
from safefiles.causes import message_of

if TYPE_CHECKING:
    from game.core.levels.model import Level
    from music.copying import Fingerprints
    from music.generators.files import GeneratorSet
    from music.library import Library
    from music.piece import Piece


class Jukebox:
    """One for each window. Only jobs of `worker` may call the methods that say "Worker:"."""

    def __init__(
        self,
        folders: UserFolders,
        *,
        audible: bool = False,
        load_generators: "Callable[[], GeneratorSet] | None" = None,
    ) -> None:
        """`load_generators` replaces the shipped generators (tests)."""
        self.worker = Worker("music")
        self.preview = PiecePreview(self.worker, audible=audible)
        self.problem = ""  # why nothing can be composed; one line
        self.messages: list[str] = []  # for the player: files that were set aside
        self.choices = PieceChoices(folders.music / "levels.json")
        self.messages += self.choices.messages
        self._folders = folders
        self._load_generators = load_generators
        self._generators: GeneratorSet | None = None
        self._library: Library | None = None
        self._fingerprints: Fingerprints | None = None
        self._looked_for_fingerprints = False
        self._levels = LevelMusic(
            folders.cache / "music", self.choices, self.library, self.generators, self._check
        )

    def poll(self) -> None:
        """Deliver the worker's results."""
        self.worker.poll()

    def close(self) -> None:
        """End the worker and the preview."""
        self.worker.close()
        self.worker.poll()
        self.preview.close()

    # In the worker

    def library(self) -> "Library":
        """Worker: return the library; it is read at the first call."""
        if self._library is None:
            from music.library import Library

            self._library = Library(self._folders.music, fingerprints=self.fingerprints)
        return self._library

    def generators(self) -> "GeneratorSet":
        """Worker: return the generators. Raises GeneratorRefused, and keeps the cause, if there are none."""
        from music.errors import GeneratorRefused

        if self._generators is None:
            if self.problem:
                raise GeneratorRefused(self.problem)
            try:
                self._generators = (self._load_generators or self._shipped_generators)()
            except GeneratorRefused as error:
                self.problem = message_of(error)
                raise
        return self._generators

    def fingerprints(self) -> "Fingerprints | None":
        """Worker: return the fingerprints that detect copies; None, with a message, if they are not shipped."""
        if not self._looked_for_fingerprints:
            from music.copying import read_fingerprints
            from music.errors import MusicError

            self._looked_for_fingerprints = True
            try:
                self._fingerprints = read_fingerprints()
            except MusicError as error:
                self.messages.append(message_of(error))
        return self._fingerprints

    def piece_of(self, level: "Level", item: str) -> "Piece":
        """Worker: return the piece of a level. Raises MusicError."""
        return self._levels.piece(level, item)

    def menu_piece(self) -> "Piece":
        """Worker: return the piece of the title. Raises MusicError."""
        return self._levels.menu()

    def _shipped_generators(self) -> "GeneratorSet":
        from music.generators.files import load_generators

        return load_generators(cache_dir=self._folders.cache)

    def _check(self, piece: "Piece") -> Any:
        known = self.fingerprints()
        return known.check(piece) if known is not None else None
