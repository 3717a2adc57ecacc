"""The minds an NPC can have: shipped brains, brains in the user's folder, and the scripted bots.

Listing reads each file's bytes and metadata, bounded and without running it; only `load` runs a model. A
shipped brain is `brains/NAME/brain.onnx` in this package; a user's brain is `NAME.onnx` or `NAME/brain.onnx`
in the folder.
"""

import difflib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from game.bots.table import BOTS
from game.paths import expanded
from game.sim.contract import policy_contract
from safefiles.listing import Listing, files_of, read_each
from safefiles.text import clean, shown, storable

if TYPE_CHECKING:
    from agents.runtime import Brain, Contract

BOT: Final = "bot"
SHIPPED: Final = "shipped"
USER: Final = "user"
SHIPPED_FOLDER: Final = Path(__file__).resolve().parent / "brains"
BRAIN_FILE: Final = "brain.onnx"
MAX_BRAINS: Final = 500  # listed from a folder


@dataclass(frozen=True)
class BrainEntry:
    """One line of the list. A broken file is an entry with its error."""

    name: str
    kind: str  # BOT, SHIPPED or USER
    path: Path | None  # None for a bot
    title: str = ""
    character: str = ""
    description: str = ""
    error: str = ""  # one line, empty: usable
    notes: tuple[str, ...] = ()  # what a person should know although it plays

    @property
    def usable(self) -> bool:
        """Whether it can play."""
        return not self.error


def game_contract() -> "Contract":
    """Return this game's policy contract as `agents` compares it."""
    from agents.runtime import Contract

    return Contract.from_dict(policy_contract(), "game")


class BrainLibrary:
    """Finds brains by name and loads each file once."""

    def __init__(
        self,
        user_folder: Path | None = None,
        *,
        shipped_folder: Path = SHIPPED_FOLDER,
        cache_dir: Path | None = None,
    ) -> None:
        """`cache_dir` remembers which files survived their first run; beside the user's folder by default."""
        self._user_folder = user_folder
        self._shipped_folder = shipped_folder
        self._cache_dir = cache_dir
        if cache_dir is None and user_folder is not None:
            self._cache_dir = user_folder.parent / "cache"
        self._entries: list[BrainEntry] | None = None
        self._loaded: dict[Path, tuple[tuple[int, int], Brain]] = {}

    def entries(self) -> list[BrainEntry]:
        """Return all brains: shipped, the user's (broken ones too), then the bots."""
        if self._entries is None:
            bots = [BrainEntry(bot.name, BOT, None, bot.name, "", bot.description) for bot in BOTS]
            self._entries = [
                *_listed(self._shipped_folder, SHIPPED), *_listed(self._user_folder, USER), *bots,
            ]  # fmt: skip
        return self._entries

    def names(self) -> list[str]:
        """Return the name of every mind, broken ones included, without reading a file."""
        folders = (self._shipped_folder, self._user_folder)
        paths = [path for folder in folders for path in _brain_files(folder).paths]
        return [*(_name_of(path) for path in paths), *(bot.name for bot in BOTS)]

    def refresh(self) -> None:
        """Look into the folders again at the next call."""
        self._entries = None

    def find(self, name: str) -> BrainEntry:
        """Return the entry of a name or of a path ending in `.onnx`.

        Raises ValueError with the names there are; a user's brain hides neither a shipped one nor a bot.
        """
        if name.endswith(".onnx"):
            path = expanded(name)
            if not path.is_file():
                raise ValueError(f"brain: expected an .onnx file at {name!r}, found none")
            return _entry(path, USER)
        entries = self.entries()
        for entry in entries:
            if entry.name == name:
                return entry
        names = [entry.name for entry in entries if entry.usable]
        near = difflib.get_close_matches(name, names, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"brain: expected one of {', '.join(names)}, or a path to an .onnx file, found {name!r}{hint}"
        )

    def load(self, name: str) -> "Brain":
        """Return the loaded policy of a name or path.

        Raises agents.runtime.BrainRefused or ValueError in one line: unknown, a bot, or unfit for this game.
        """
        from agents.runtime import load_brain

        entry = self.find(name)
        if entry.path is None:
            raise ValueError(f"brain: expected a policy, found the bot {name!r}")
        stamp = _stamp(entry.path)
        known = self._loaded.get(entry.path)
        if known is not None and known[0] == stamp:
            return known[1]
        shipped = entry.kind == SHIPPED
        brain = load_brain(entry.path, game_contract(), cache_dir=self._cache_dir, smoke=not shipped)
        brain.name = entry.name
        self._loaded[entry.path] = (stamp, brain)
        return brain

    def check(self, name: str) -> str:
        """Return why a mind cannot play, in one line; empty when it can."""
        try:
            if self.find(name).path is not None:
                self.load(name)
        except (ValueError, OSError) as error:
            return str(error)
        return ""


def _brain_files(folder: Path | None) -> Listing:
    """List the brains of a folder by file name, at most MAX_BRAINS."""
    return files_of(folder, lambda path: path.suffix == ".onnx", MAX_BRAINS, below=BRAIN_FILE)


def _listed(folder: Path | None, kind: str) -> list[BrainEntry]:
    """Return the lines of a folder by name; a brain that cannot be read, and a folder that cannot, is a broken one."""
    listing = _brain_files(folder)
    entries = read_each(
        sorted(listing.paths, key=_name_of), partial(_entry, kind=kind), partial(_broken, kind=kind)
    )
    if folder is not None and listing.reason:
        entries.append(_broken(folder, f"{shown(folder.name)}: {listing.reason}", kind))
    return entries


def _broken(path: Path, reason: str, kind: str) -> BrainEntry:
    name = _name_of(path)
    return BrainEntry(name, kind, path, shown(name), error=reason)


def _name_of(path: Path) -> str:
    return storable(path.parent.name if path.name == BRAIN_FILE else path.stem)


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _entry(path: Path, kind: str) -> BrainEntry:
    """Read what a file says about itself, without running it."""
    from agents.brain_file import read_brain
    from agents.contract import compare, read_metadata
    from agents.errors import BrainRefused

    name = _name_of(path)
    where = f"brain {path.name!r}" if path.name != BRAIN_FILE else f"brain {name!r}"
    try:
        _data, model = read_brain(path, where)
        contract, card, _golden = read_metadata(model.metadata, where)
        notes = compare(game_contract(), contract, where)
    except BrainRefused as error:
        return _broken(path, clean(str(error)), kind)
    return BrainEntry(
        name,
        kind,
        path,
        clean(card.title) or shown(name),
        clean(card.character),
        clean(card.description),
        "",
        tuple(notes),
    )
