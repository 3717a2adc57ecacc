"""Sources of training music: the table of collections with their licences, and the files of each."""

import hashlib
import importlib.util
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from music.corpus import wad
from music.errors import CorpusError, FetchFailed
from music.midi.reader import MAX_BYTES as MAX_MIDI_BYTES
from safefiles.child import python_command
from safefiles.extras import missing_extra
from safefiles.foreign import read_bytes, refuse_errors
from safefiles.text import shown_path

WADS: Final = ("freedoom1.wad", "freedoom2.wad")
MAX_FILES: Final = 20_000
MAX_SCORE_BYTES: Final = 16 * 1024 * 1024

_FREEDOOM = (
    "3-clause (modified) BSD, the Freedoom project's COPYING.adoc: 'Redistribution and use in source and binary "
    "forms, with or without modification, are permitted provided that …'; the vizdoom wheel carries the WADs, "
    "the lump STARTUP5 repeats 'freely redistributable under the terms of the modified BSD license'"
)
_MUSIC21 = (
    "music21 corpus/license.txt: 'each piece of music in the corpus is either out of copyright in the United "
    "States or is licensed for use, though there may be restrictions on commercial use'"
)


@dataclass(frozen=True)
class Collection:
    """A collection of music: its style (vocabulary.STYLES), the voices of its pieces, and the text of its licence."""

    name: str
    style: str
    source: str
    licence: str
    melody_only: bool = False
    patterns: tuple[str, ...] = ()  # of files below music21's corpus folder


COLLECTIONS: Final = {
    entry.name: entry
    for entry in (
        Collection(
            "freedoom", "arcade", "PyPI vizdoom: MIDI lumps of freedoom1.wad, freedoom2.wad", _FREEDOOM
        ),
        Collection(
            "bach",
            "chorale",
            "music21 corpus/bach",
            f"{_MUSIC21}; no licence in the files",
            patterns=("bach/*.mxl", "bach/*.xml"),
        ),
        Collection(
            "quartets",
            "chamber",
            "music21 corpus/beethoven, haydn, mozart",
            f"{_MUSIC21}; no licence in the files",
            patterns=("beethoven/**/*.mxl", "haydn/**/*.mxl", "mozart/**/*.mxl"),
        ),
        Collection(
            "monteverdi",
            "chamber",
            "music21 corpus/monteverdi",
            f"{_MUSIC21}; no licence in the files",
            patterns=("monteverdi/*.mxl",),
        ),
        Collection(
            "trecento",
            "chamber",
            "music21 corpus/trecento",
            f"{_MUSIC21}; no licence in the files",
            patterns=("trecento/*.xml", "trecento/*.mxl"),
        ),
        Collection(
            "ryan",
            "folk",
            "music21 corpus/ryansMammoth: Ryan's Mammoth Collection, 1883",
            f"{_MUSIC21}; transcriptions 'Contributed by Ray Davies'",
            melody_only=True,
            patterns=("ryansMammoth/*.abc",),
        ),
        Collection(
            "aird",
            "folk",
            "music21 corpus/airdsAirs: Aird's Selection of Airs, 1778-1801",
            f"{_MUSIC21}; transcribed by Jack Campin, 2009",
            melody_only=True,
            patterns=("airdsAirs/*.abc",),
        ),
        Collection(
            "oneill",
            "folk",
            "music21 corpus/oneills1850: O'Neill's Music of Ireland, 1903",
            f"{_MUSIC21}; transcribed by Norbert Paap and others",
            melody_only=True,
            patterns=("oneills1850/*.abc",),
        ),
        Collection("own", "arcade", "a folder of the trainer's own MIDI files", "the trainer's own"),
    )
}


@dataclass(frozen=True)
class SourceFile:
    """A file to read; `label` is its name inside its collection, the same on every machine."""

    collection: Collection
    label: str
    size: int  # bytes, for the progress bar
    path: Path | None = None  # of a file on disk
    data: bytes | None = None  # of a file inside an archive

    def read(self) -> bytes:
        """Return the file's bytes. Raises CorpusError: unreadable or too large."""
        if self.data is not None:
            return self.data
        assert self.path is not None
        most = MAX_MIDI_BYTES if self.is_midi else MAX_SCORE_BYTES
        return _read(self.path, most)

    @property
    def is_midi(self) -> bool:
        """Whether it is a MIDI file, not one of music21's scores."""
        return not self.collection.patterns


def freedoom_files(place: Path | None = None) -> list[SourceFile]:
    """Return Freedoom's MIDI lumps from a WAD, a wheel or zip with WADs, a folder, or the installed vizdoom wheel.

    Duplicate lumps are left out. vizdoom itself is never imported. Raises CorpusError.
    """
    collection = COLLECTIONS["freedoom"]
    files: list[SourceFile] = []
    seen: set[bytes] = set()  # hashes
    for name, data in _wads(place if place is not None else _installed_vizdoom()):
        for lump, midi in wad.midi_lumps(data, name):
            digest = hashlib.sha256(midi).digest()
            if digest not in seen:
                seen.add(digest)
                files.append(SourceFile(collection, f"{Path(name).stem}/{lump}", len(midi), data=midi))
    if not files:
        raise CorpusError(
            f"{shown_path(place or 'vizdoom')}: expected MIDI lumps in {' and '.join(WADS)}, found none"
        )
    return files


def default_files(downloads: Path, place: Path | None = None) -> list[SourceFile]:
    """Return all files of the default corpus: Freedoom first, then music21's collections in the table's order.

    Freedoom is read from `place` (see `freedoom_files`), otherwise from an installed vizdoom, otherwise pip downloads the
    wheel into `downloads`. Raises CorpusError.
    """
    if place is None and _package_folder("vizdoom") is None:
        wheels = sorted(downloads.glob("vizdoom-*.whl"))
        place = wheels[-1] if wheels else fetch_vizdoom(downloads)
    scores = tuple(name for name, collection in COLLECTIONS.items() if collection.patterns)
    return freedoom_files(place) + music21_files(scores)


def fetch_vizdoom(folder: Path) -> Path:
    """Download the vizdoom wheel into `folder` with pip, without installing it, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    command = python_command("-m", "pip", "download", "--no-deps", "--only-binary=:all:", "-d", str(folder))
    result = subprocess.run([*command, "vizdoom"], capture_output=True, text=True, check=False)
    wheels = sorted(folder.glob("vizdoom-*.whl"))
    if result.returncode or not wheels:
        said = (result.stderr.strip().splitlines() or ["nothing"])[-1]
        raise FetchFailed(f"vizdoom: expected pip to download the wheel into {folder}, it said: {said:.200}")
    return wheels[-1]


def music21_files(names: tuple[str, ...]) -> list[SourceFile]:
    """Return the files of these collections of music21's corpus. Raises MissingExtra without music21."""
    folder = _package_folder("music21")
    if folder is None:
        raise missing_extra("music21", "corpus")
    files = []
    for name in names:
        collection = COLLECTIONS[name]
        paths = {path for pattern in collection.patterns for path in (folder / "corpus").glob(pattern)}
        for path in sorted(paths):
            label = path.relative_to(folder / "corpus").as_posix()
            files.append(SourceFile(collection, label, path.stat().st_size, path=path))
    return files


def folder_midi_files(folder: Path, collection: str = "own") -> list[SourceFile]:
    """Return the MIDI files of a folder and its subfolders, sorted by name. Raises CorpusError."""
    files: list[SourceFile] = []
    with refuse_errors(shown_path(folder), "a folder of MIDI files", CorpusError):
        if not folder.is_dir():
            raise CorpusError(f"{shown_path(folder)}: expected a folder of MIDI files")
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in (".mid", ".midi") and path.is_file():
                label = shown_path(path.relative_to(folder).as_posix())
                files.append(SourceFile(COLLECTIONS[collection], label, path.stat().st_size, path=path))
                if len(files) > MAX_FILES:
                    raise CorpusError(
                        f"{shown_path(folder)}: expected at most {MAX_FILES} MIDI files, found more"
                    )
    if not files:
        raise CorpusError(f"{shown_path(folder)}: expected .mid or .midi files, found none")
    return files


def _package_folder(name: str) -> Path | None:
    """Return an installed package's folder without importing it."""
    spec = importlib.util.find_spec(name)
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0]) if places else None


def _installed_vizdoom() -> Path:
    folder = _package_folder("vizdoom")
    if folder is None:
        raise CorpusError("vizdoom: not installed; `pip install --no-deps vizdoom`, or name a WAD or wheel")
    return folder


def _wads(place: Path) -> Iterator[tuple[str, bytes]]:
    with refuse_errors(place, f"a WAD, a wheel, or a folder with {WADS[0]}", CorpusError):
        folder = place.is_dir()
        paths = [place / name for name in WADS if (place / name).is_file()] if folder else []
        paths = paths or (sorted(place.glob("*.wad")) if folder else [place])
    if not folder and place.suffix.lower() in (".whl", ".zip"):
        yield from _zipped_wads(place)
        return
    for path in paths:
        yield shown_path(path.name), _read(path, wad.MAX_BYTES)


def _zipped_wads(place: Path) -> Iterator[tuple[str, bytes]]:
    with (
        refuse_errors(place, f"a wheel or zip with {WADS[0]}", CorpusError),
        zipfile.ZipFile(place) as archive,
    ):
        members = [info for info in archive.infolist() if Path(info.filename).name in WADS]
        for info in sorted(members, key=lambda info: Path(info.filename).name)[: len(WADS)]:
            if info.file_size > wad.MAX_BYTES:
                raise CorpusError(
                    f"{shown_path(info.filename)}: expected at most {wad.MAX_BYTES} bytes, found {info.file_size}"
                )
            if info.flag_bits & 1:
                raise CorpusError(f"{shown_path(info.filename)}: expected a file that is not encrypted")
            with archive.open(info) as stream:
                data = stream.read(wad.MAX_BYTES)
            yield Path(info.filename).name, data


def _read(path: Path, most: int) -> bytes:
    return read_bytes(path, most, "a file of music", CorpusError)
