"""The user's brains folder: add a brain, checked as an untrusted model; remove one; read a card."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.brain_file import brain_place, read_brain
from agents.contract import Card, Contract, read_metadata
from agents.runtime import load_brain
from game.match.brain_library import BRAIN_FILE, OWN, USER, BrainEntry, BrainLibrary, game_contract
from safefiles.text import clean, shown_path
from safefiles.writing import write_atomic

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
NAME_FORM: Final = "letters, figures, - and _, at most 64"


@dataclass(frozen=True)
class BrainFacts:
    """A model file's own metadata."""

    contract: Contract
    card: Card
    sha256: str
    size: int  # bytes


def read_brain_facts(path: Path) -> BrainFacts:
    """Read a model's contract and card without running it. Raises BrainRefused in one line."""
    where = brain_place(path.name)
    data, model = read_brain(path, where)
    contract, card, _golden = read_metadata(model.metadata, where)
    return BrainFacts(contract, card, hashlib.sha256(data).hexdigest(), len(data))


def add_brain(
    file: Path, folder: Path, cache: Path, name: str | None = None, *, replace: bool = False
) -> str:
    """Check a model (guard, first run in a child process, golden rows, contract) and copy it into the user's folder.

    Returns its name in the library. Raises BrainRefused, or ValueError for an invalid name or, without `replace`, a name that is
    taken. The file is written completely or not at all.
    """
    stem = name if name is not None else file.parent.name if file.name == BRAIN_FILE else file.stem
    if not _NAME.fullmatch(stem):
        raise ValueError(f"--name: expected {NAME_FORM}, found {clean(stem, 80)!r}")
    target = folder / f"{stem}.onnx"
    inside = folder / stem / BRAIN_FILE
    there = next((path for path in (inside, target) if path.exists()), None)
    if there is not None and not replace:
        raise ValueError(f"--name: {shown_path(there)} is there; give another name, or --replace")
    brain = load_brain(file, game_contract(), cache_dir=cache)
    data, _model = read_brain(file, brain_place(file.name))
    if hashlib.sha256(data).hexdigest() != brain.sha256:
        raise ValueError(
            f"{shown_path(file)}: expected the file that was checked, found it changed meanwhile"
        )
    target = there or target
    write_atomic(target, data)
    entries = BrainLibrary(folder, cache_dir=cache).entries()
    # a brain beyond the end of the list is found too
    return next((entry.name for entry in entries if entry.path == target), f"{OWN}{stem}")


def find_own_brain(name: str, library: BrainLibrary) -> BrainEntry:
    """Return the entry of one of the user's brains, also of a broken one. Raises ValueError for any other name."""
    entry = library.named(name)
    if entry is None or entry.kind != USER or entry.path is None or entry.path.is_dir():
        own = [
            each.name
            for each in library.entries()
            if each.kind == USER and each.path is not None and not each.path.is_dir()
        ]
        raise ValueError(
            f"brain: expected one of your own ({', '.join(own) or 'none'}), found {clean(name, 80)!r}"
        )
    return entry


def remove_brain(name: str, library: BrainLibrary) -> Path:
    """Delete one of the user's brains, and its folder if that is empty then; returns the path. Raises as `find_own_brain`."""
    path = find_own_brain(name, library).path
    assert path is not None
    path.unlink()
    if path.name == BRAIN_FILE and not any(path.parent.iterdir()):
        path.parent.rmdir()
    library.refresh()
    return path
