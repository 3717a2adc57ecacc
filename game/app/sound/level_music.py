"""The music of a level: the piece that the player chose, otherwise the one that its file names, otherwise its own.

A level's own piece is composed from its seed and mood, the same each time on one machine and nearly always on others
(processors differ in a logit's last digits); it is kept in the cache. The player's choices are in
`music/levels.json` of the user folder, never in a level's file.
"""

import contextlib
import errno
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from game.player.messages import say
from safefiles.aside import set_aside
from safefiles.causes import message_of
from safefiles.errors import FileRefused
from safefiles.foreign import parse_json, read_bytes
from safefiles.text import clean
from safefiles.writing import write_atomic

if TYPE_CHECKING:
    from game.core.levels.model import Level
    from music.generators.files import GeneratorSet
    from music.library import Library
    from music.piece import Piece

BARS: Final = 32
MORE_ENERGY: Final = 0.04  # added for each bar of a level's difficulty above the first
TRIES: Final = 8  # seeds to try if a composed piece is refused as a copy
MAX_FILE_BYTES: Final = 1 << 20
MAX_CHOICES: Final = 2000
MENU: Final = "menu"  # the piece of the title, shipped or composed
MENU_SEED: Final = 20
MENU_MOOD: Final = "heroic"
# A level's mood -> moods of the composer; the level's name picks one
COMPOSED_FOR: Final = {
    "bright": ("bright", "heroic"),
    "calm": ("calm", "dreamy", "wistful"),
    "drive": ("driving", "heroic"),
    "tense": ("frantic", "driving"),
    "dark": ("dark", "wistful"),
}
# The same for levels whose mood is "auto", by objective
COMPOSED_FOR_OBJECTIVE: Final = {
    "eliminate": ("driving", "dark", "bright"),
    "defend": ("heroic", "dark", "driving"),
    "collect": ("bright", "dreamy", "heroic"),
    "survive": ("frantic", "dark", "driving"),
}


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def mood_of(level: "Level") -> str:
    """Return the composer's mood for a level: always the same for one level; its name picks one of several."""
    from game.core.levels.model import AUTO_MOOD

    if level.mood == AUTO_MOOD:
        moods: tuple[str, ...] = COMPOSED_FOR_OBJECTIVE[level.objective_name]
    else:
        moods = COMPOSED_FOR[level.mood]
    return moods[_number(f"mood {level.name}") % len(moods)]


def seed_of(level: "Level") -> int:
    """Return the seed of a level's own piece: the level's seed, otherwise one from its name."""
    return level.seed if level.seed > 0 else _number(level.name)


class PieceChoices:
    """Which piece the player has chosen for which level."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.messages: list[str] = []
        self._unread = (
            False  # the file exists, could neither be read nor set aside, and must not be overwritten
        )
        self._pieces = self._read()

    def get(self, item: str) -> str:
        """Return the name of the piece chosen for a level, "" if there is none."""
        return self._pieces.get(clean(item), "")

    def levels_of(self, piece: str) -> list[str]:
        """Return the levels for which a piece was chosen."""
        return sorted(item for item, name in self._pieces.items() if name == piece)

    def set(self, item: str, piece: str) -> None:
        """Choose a piece, or none with "". Raises OSError, and ValueError if too many levels have one."""
        if self._unread:
            self._pieces = self._read()
        if self._unread:
            self.messages.pop()
            raise OSError(errno.EPERM, say("unread_stays"), str(self.path))
        item = clean(item)
        pieces = {key: value for key, value in self._pieces.items() if key != item}
        if piece:
            if len(pieces) >= MAX_CHOICES:
                raise FileRefused(say("choices_full", most=MAX_CHOICES))
            pieces[item] = piece
        text = json.dumps({"levels": pieces}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        write_atomic(self.path, text.encode())
        self._pieces = pieces

    def _read(self) -> dict[str, str]:
        name = self.path.name
        self._unread = False
        try:
            data = read_bytes(self.path, MAX_FILE_BYTES, say("choices"), missing=True)
            loaded = parse_json(data, name)
            pieces = loaded.get("levels") if isinstance(loaded, dict) else None
            if not isinstance(pieces, dict) or not all(isinstance(piece, str) for piece in pieces.values()):
                raise FileRefused(say("choices_shape", where=name))
            if len(pieces) > MAX_CHOICES:
                raise FileRefused(say("most_choices", where=name, most=MAX_CHOICES, found=len(pieces)))
        except FileNotFoundError:
            return {}
        except FileRefused as error:
            kept = "" if isinstance(error.__cause__, OSError) else set_aside(self.path)
            self._unread = not kept
            why = message_of(error)
            self.messages.append(say("kept_aside", why=why, kept=kept) if kept else say("stays", why=why))
            return {}
        return pieces


class LevelMusic:
    """Finds or composes a level's piece. Its methods are slow: call them outside the frame's thread."""

    def __init__(
        self,
        cache: Path,
        choices: PieceChoices,
        library: Callable[[], "Library"],
        generators: Callable[[], "GeneratorSet"],
        check: Callable[["Piece"], object],
    ) -> None:
        """`check` raises MusicError for a piece that must not be used: a copy."""
        self._cache = cache
        self._choices = choices
        self._library = library
        self._generators = generators
        self._check = check

    def piece(self, level: "Level", item: str) -> "Piece":
        """Return the piece of a level. Raises MusicError without generators and without a shipped piece as fallback."""
        library = self._library()
        for name in (self._choices.get(item), level.music):
            entry = library.find(name) if name else None
            if entry is not None:
                return entry.piece
        return self._own(seed_of(level), mood_of(level), max(level.difficulty, 1) - 1)

    def menu(self) -> "Piece":
        """Return the piece of the title: the shipped one, otherwise a composed one."""
        entry = self._library().find(MENU)
        return entry.piece if entry is not None else self._own(MENU_SEED, MENU_MOOD, 0)

    def _own(self, seed: int, mood: str, harder: int) -> "Piece":
        from music.composer.compose import compose
        from music.composer.moods import MOODS as COMPOSER_MOODS
        from music.copying import CopyRefused
        from music.errors import GeneratorRefused, PieceRefused
        from music.piece import piece_to_json, read_piece

        try:
            generators = self._generators()
        except GeneratorRefused:
            return self._spare(seed, mood)
        energy = min(1.0, COMPOSER_MOODS[mood].energy + MORE_ENERGY * harder)
        path = self._cache / f"{mood}-{seed}-{round(100 * energy)}-{generators.hash[:8]}.piece.json"
        try:
            return read_piece(path)
        except PieceRefused:  # missing or damaged: it is composed again
            pass
        for attempt in range(TRIES):
            piece = compose(generators, seed=seed + attempt, mood=mood, energy=energy, bars=BARS).piece
            try:
                self._check(piece)
            except CopyRefused:
                if attempt == TRIES - 1:
                    raise
            else:
                break
        with contextlib.suppress(OSError):  # it is composed again next time
            write_atomic(path, piece_to_json(piece).encode())
        return piece

    def _spare(self, seed: int, mood: str) -> "Piece":
        """Return a shipped piece instead of one that cannot be composed; one of the mood, if there is one."""
        from music.errors import MusicError

        shipped = [entry.piece for entry in self._library().entries() if entry.shipped]
        fitting = [piece for piece in shipped if piece.origin.get("mood") == mood] or shipped
        if not fitting:
            raise MusicError(say("no_music"))
        return fitting[seed % len(fitting)]
