"""The brains that NPCs can use: the shipped ones, those in the user's folder, and the scripted bots.

Listing reads a limited part of each file and its metadata, without running it; only `load` runs a model. A shipped
brain is `brains/NAME/brain.onnx` in this package; a user's brain is `NAME.onnx` or `NAME/brain.onnx` in the folder.
Each name means one brain: a user's brain with the name of a shipped one or of a bot is `user/NAME`.
"""

import difflib
import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from game.core.bots.table import BOTS
from game.match.messages import say
from game.match.reflexes import OWN_DELAY, full_contract
from safefiles.causes import message_of
from safefiles.foreign import expand_path
from safefiles.listing import Listing, list_files, read_each
from safefiles.text import clean, shown_path, storable

if TYPE_CHECKING:
    from agents.runtime import Brain, Contract

BOT: Final = "bot"
SHIPPED: Final = "shipped"
USER: Final = "user"
SHIPPED_FOLDER: Final = Path(__file__).resolve().parents[1] / "brains"
BRAIN_FILE: Final = "brain.onnx"
STRENGTHS_FILE: Final = (
    "strengths.json"  # next to the brains: their measured strengths (`game.match.strengths`)
)
MIXED: Final = "mixed"  # the choice of a different brain for every seat
OWN: Final = "user/"  # prefix of a user's brain; required if the game has a brain of that name
MAX_BRAINS: Final = 500  # listed per folder


@dataclass(frozen=True)
class BrainEntry:
    """One line of the list. A broken file has an entry with its error."""

    name: str  # unique
    kind: str  # BOT, SHIPPED or USER
    path: Path | None  # None for a bot
    title: str = ""
    character: str = ""
    description: str = ""
    error: str = ""  # one line; empty if usable
    notes: tuple[str, ...] = ()  # a warning about a brain that can play
    sha256: str = ""  # of the file
    knows_delay: bool = False  # whether it has the reflex slots (`game.match.reflexes`)

    @property
    def usable(self) -> bool:
        """Whether the brain can play."""
        return not self.error


def game_contract() -> "Contract":
    """Return this game's contract: all inputs and outputs of a policy, as `agents` compares them."""
    from agents.runtime import Contract

    return Contract.from_dict(full_contract(), "game")


def shipped_hashes() -> dict[str, str]:
    """Return the SHA-256 of every shipped brain by name, and of the file that says at which objectives each plays.

    Files with measurements use these to identify the brains.
    """
    files = {_name_of(path): path for path in sorted(_brain_files(SHIPPED_FOLDER).paths)}
    files[STRENGTHS_FILE] = SHIPPED_FOLDER / STRENGTHS_FILE
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items() if path.exists()
    }


class BrainLibrary:
    """Finds brains by name and loads each file once."""

    def __init__(
        self,
        user_folder: Path | None = None,
        *,
        shipped_folder: Path = SHIPPED_FOLDER,
        cache_dir: Path | None = None,
    ) -> None:
        """`cache_dir` keeps which files passed their first run; by default it is next to the user's folder."""
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
            shipped = _listed(self._shipped_folder, SHIPPED, frozenset())
            taken = {entry.name for entry in (*shipped, *bots)} | {MIXED}
            self._entries = [*shipped, *_listed(self._user_folder, USER, taken), *bots]
        return self._entries

    def names(self) -> list[str]:
        """Return every name that finds a brain, broken ones included, without reading a file."""
        shipped = list(_names_of(_brain_files(self._shipped_folder).paths, frozenset()).values())
        bots = [bot.name for bot in BOTS]
        own = _names_of(_brain_files(self._user_folder).paths, {*shipped, *bots, MIXED}).values()
        return list(dict.fromkeys([*shipped, *own, *bots, *map(_owned, own)]))

    def refresh(self) -> None:
        """Read the folders again at the next call."""
        self._entries = None

    def find(self, name: str) -> BrainEntry:
        """Return the entry of a name, or of a path ending in `.onnx`.

        Raises ValueError with the available names.
        """
        if name.endswith(".onnx"):
            path = expand_path(name)
            if not path.is_file():
                raise ValueError(say("no_brain_file", name=name))
            return _entry(path, _name_of(path), USER)
        found = self.named(name)
        if found is not None:
            return found
        names = [entry.name for entry in self.entries() if entry.usable]
        near = difflib.get_close_matches(name, names, 1)
        hint = say("did_you_mean", name=near[0]) if near else ""
        raise ValueError(say("unknown_brain", known=", ".join(names), found=name, hint=hint))

    def named(self, name: str) -> BrainEntry | None:
        """Return the entry of a name, or None: `user/NAME` finds any brain of the user's folder."""
        own = None
        for entry in self.entries():
            if entry.name == name:
                return entry
            if entry.kind == USER and _owned(entry.name) == name:
                own = entry
        return own

    def load(self, name: str) -> "Brain":
        """Return the loaded policy of a name or path.

        Raises agents.runtime.BrainRefused or ValueError in one line: unknown, a bot, or unfit for this game.
        """
        from agents.runtime import load_brain

        entry = self.find(name)
        if entry.path is None:
            raise ValueError(say("bot_for_brain", name=name))
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
        """Return why a brain cannot play, in one line; empty when it can."""
        try:
            if self.find(name).path is not None:
                self.load(name)
        except (ValueError, OSError) as error:
            return message_of(error)
        return ""


def _brain_files(folder: Path | None) -> Listing:
    """List the brains of a folder by file name, at most MAX_BRAINS."""
    return list_files(folder, lambda path: path.suffix == ".onnx", MAX_BRAINS, below=BRAIN_FILE)


def _listed(folder: Path | None, kind: str, taken: Collection[str]) -> list[BrainEntry]:
    """Return the entries of a folder by name; an unreadable brain, or an unreadable folder, is a broken entry."""
    listing = _brain_files(folder)
    names = _names_of(listing.paths, taken)
    entries = read_each(
        names,
        lambda path: _entry(path, names[path], kind),
        lambda path, why: _broken(names[path], path, why, kind),
    )
    if folder is not None and listing.reason:
        name = f"folder/{storable(folder.name)}"
        entries.append(
            _broken(name, folder, say("of_file", where=shown_path(folder.name), why=listing.reason), kind)
        )
    return entries


def _names_of(paths: Iterable[Path], taken: Collection[str]) -> dict[Path, str]:
    """Return each file's name, in order; names that are taken get the prefix `user/`.

    If two files have the same name (`a.onnx`, `a/brain.onnx`), the folder's is `a/brain`; so is a name that looks like a path.
    """
    names: dict[Path, str] = {}
    for path in sorted(paths, key=lambda path: (_name_of(path), path.name == BRAIN_FILE)):
        name = _name_of(path)
        name = _owned(name) if name in taken else name
        again = name in names.values() or name.endswith(".onnx")
        names[path] = f"{name}/{Path(BRAIN_FILE).stem}" if again else name
    return names


def _owned(name: str) -> str:
    return name if name.startswith(OWN) else OWN + name


def _broken(name: str, path: Path, reason: str, kind: str) -> BrainEntry:
    return BrainEntry(name, kind, path, shown_path(_name_of(path)), error=reason)


def _name_of(path: Path) -> str:
    return storable(path.parent.name if path.name == BRAIN_FILE else path.stem)


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _entry(path: Path, name: str, kind: str) -> BrainEntry:
    """Read a file's metadata without running the model."""
    from agents.brain_file import brain_place, read_brain
    from agents.contract import check_contract, narrow_contract, read_metadata
    from agents.errors import BrainRefused

    where = brain_place(path.name if path.name != BRAIN_FILE else _name_of(path))
    try:
        data, model = read_brain(path, where)
        contract, card, _golden = read_metadata(model.metadata, where)
        notes = check_contract(narrow_contract(game_contract(), contract), contract, where)
    except BrainRefused as error:
        return _broken(name, path, message_of(error), kind)
    return BrainEntry(
        name,
        kind,
        path,
        clean(card.title) or shown_path(_name_of(path)),
        clean(card.character),
        clean(card.description),
        "",
        tuple(notes),
        hashlib.sha256(data).hexdigest(),
        any(slot.name == OWN_DELAY for slot in contract.slots),
    )
