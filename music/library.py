"""The piece library that a user reviews: generate, keep, reject, rename, edit, undo, export, import, delete.

One file per piece, `NAME.piece.json`, which also stores the piece's state; there is no separate index. Every change is one
atomic write, so the library survives any crash. Other folders in it:

    midi/     exported MIDI files, and files to import
    audio/    exported WAV files
    before/   pieces as they were before an edit, for `undo`

A damaged file is not moved or changed, is listed with the reason (`broken`), and never blocks the others. Methods may be
called from any thread.
"""

import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from music.copying import Fingerprints
from music.edits import edits_of, muted_notes, with_edit, with_hidden, with_title
from music.errors import MusicError, PieceRefused
from music.messages import CATALOGUE, say
from music.midi.load import midi_to_piece, same_music
from music.midi.reader import MAX_BYTES, MidiSong, read_midi
from music.midi.remarks import remark
from music.midi.voices import exported_voices
from music.midi.writer import piece_to_midi
from music.piece import MAX_TEXT, Piece, piece_from_json, piece_to_json, read_piece
from safefiles.causes import system_message
from safefiles.foreign import read_bytes
from safefiles.listing import Listing, list_files, read_each
from safefiles.messages import ENGLISH
from safefiles.text import shown_path
from safefiles.writing import write_atomic

GENERATED: Final = "generated"  # a candidate, neither kept nor rejected yet
KEPT: Final = "kept"
EDITED: Final = "edited"  # kept, and edited by a user
IMPORTED: Final = "imported"  # imported from a MIDI file
REJECTED: Final = "rejected"
SHIPPED: Final = "shipped"  # shipped with the program; read-only
STATES: Final = (SHIPPED, KEPT, EDITED, IMPORTED, GENERATED, REJECTED)
OWN_STATES: Final = STATES[1:]

SUFFIX: Final = ".piece.json"
MIDI_SUFFIXES: Final = (".mid", ".midi", ".rmi")
MAX_PIECES: Final = 300
MAX_REJECTED: Final = 40  # above this the oldest are removed
MAX_UNDO: Final = 10  # of one piece
MAX_MIDI_FILES: Final = 200  # listed, the newest
MAX_LOOKED_AT: Final = 20_000
SAME_NOTES: Final = 16  # so many notes in common, in voices that match note for note, are no coincidence
_NOT_INHERITED: Final = ("edits", "review", "overlap")  # keys of an origin that an import does not inherit
SHIPPED_PIECES: Final = Path(__file__).resolve().parent / "shipped" / "pieces"

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_RESERVED: Final = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")  # not file names on Windows
Change = Callable[[Piece], Piece]
Compose = Callable[[], Piece]


class LibraryError(MusicError):
    """The library cannot do what was requested; the message is one line."""


@dataclass(frozen=True)
class LibraryEntry:
    """A piece in the library."""

    name: str  # file name without suffix; identifies the piece
    state: str
    piece: Piece
    path: Path

    @property
    def shipped(self) -> bool:
        """Whether it was shipped with the program."""
        return self.state == SHIPPED

    def title(self, language: str = ENGLISH) -> str:
        """Return its title; for a shipped piece in one of `safefiles.messages.LANGUAGES`."""
        key = f"title_{self.name}"
        if self.shipped and key in CATALOGUE.table:
            return say(key).text(language)
        return self.piece.title

    @property
    def usable(self) -> bool:
        """Whether it may be played in matches: it is shipped, or a user has kept, edited or imported it."""
        return self.state in (SHIPPED, KEPT, EDITED, IMPORTED)


@dataclass(frozen=True)
class BrokenPiece:
    """A file of the library that cannot be used, or a folder that cannot be listed."""

    name: str  # as shown to the user
    path: Path
    reason: str  # one line, with the file's name


def is_name(text: str) -> bool:
    """Return whether `text` is valid as a piece's name: a file name on every system."""
    return bool(_NAME.fullmatch(text)) and not _RESERVED.fullmatch(text)


def name_from(text: str) -> str:
    """Return a name made of a text's letters and digits; "piece" if there are none."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower())[:40].strip("-")
    return name if is_name(name) else f"piece-{name}".rstrip("-")


def state_of(piece: Piece) -> str:
    """Return the state stored in a piece of the library; shipped pieces have none."""
    review = piece.origin.get("review")
    if isinstance(review, str) and review in OWN_STATES:
        return review
    if edits_of(piece):
        return EDITED
    return GENERATED if piece.origin.get("by") == "composer" else IMPORTED


class Library:
    """The pieces of one folder, and the shipped pieces."""

    def __init__(
        self,
        folder: Path,
        *,
        shipped: Path | None = SHIPPED_PIECES,
        fingerprints: Callable[[], Fingerprints | None] = lambda: None,
    ) -> None:
        """Read the folders. `fingerprints` is called when a piece is compared with the training melodies."""
        self.folder = folder
        self._shipped = shipped
        self._fingerprints = fingerprints
        self._lock = threading.RLock()
        self._entries: dict[str, LibraryEntry] = {}
        self._broken: tuple[BrokenPiece, ...] = ()
        self.refresh()

    # Looking

    def refresh(self) -> None:
        """Read the folders again."""
        with self._lock:
            entries: dict[str, LibraryEntry] = {}
            broken: list[BrokenPiece] = []
            for folder, own in ((self._shipped, False), (self.folder, True)):
                listing = _files(folder)
                read = partial(_read_entry, own=own)
                for line in read_each(listing.paths, read, _broken):
                    if isinstance(line, BrokenPiece):
                        broken.append(line)
                    else:
                        entries.setdefault(line.name, line)
                if folder is not None and listing.reason:
                    broken.append(
                        BrokenPiece(
                            shown_path(folder.name),
                            folder,
                            say("of_file", where=shown_path(folder), why=listing.reason),
                        )
                    )
            self._entries, self._broken = entries, tuple(broken)

    def entries(self) -> list[LibraryEntry]:
        """Return every piece: by state in the order of STATES, then by title."""
        with self._lock:
            return sorted(
                self._entries.values(),
                key=lambda entry: (STATES.index(entry.state), entry.piece.title.lower(), entry.name),
            )

    def broken(self) -> tuple[BrokenPiece, ...]:
        """Return the files of the folders that cannot be used, by file name."""
        return self._broken

    def find(self, name: str) -> LibraryEntry | None:
        """Return the piece of that name."""
        return self._entries.get(name)

    def entry(self, name: str) -> LibraryEntry:
        """Return the piece of that name. LibraryError if there is none."""
        found = self._entries.get(name)
        if found is None:
            raise LibraryError(say("unknown_piece", found=f"{name!r:.60}"))
        return found

    # Reviewing

    def add(self, compose: Compose) -> LibraryEntry:
        """Add the piece that `compose` returns as a candidate. CopyRefused, with the overlap, for a copy of a training piece."""
        self._check_room()
        piece = self._check_copy(compose())
        with self._lock:
            return self._store(self._free_name(piece), _in_state(piece, GENERATED))

    def keep(self, name: str) -> LibraryEntry:
        """Keep a candidate, or restore a rejected piece."""
        with self._lock:
            entry = self._own_entry(name)
            good = EDITED if edits_of(entry.piece) else KEPT
            if entry.piece.origin.get("by") == "midi" and good == KEPT:
                good = IMPORTED
            return entry if entry.state == good else self._store(name, _in_state(entry.piece, good))

    def reject(self, name: str) -> LibraryEntry:
        """Reject a piece; it can be restored until MAX_REJECTED others have been rejected after it."""
        with self._lock:
            entry = self._store(name, _in_state(self._own_entry(name).piece, REJECTED))
            rejected = [old for old in self._entries.values() if old.state == REJECTED]
            rejected.sort(key=lambda old: _time_of(old.path), reverse=True)
            for old in rejected[MAX_REJECTED:]:
                self.delete(old.name)
            return entry

    def rename(self, name: str, title: str) -> LibraryEntry:
        """Give a piece another title; its name stays, so that references to it stay valid."""
        with self._lock:
            return self._store(name, with_title(self._own_entry(name).piece, title))

    def edit(
        self, name: str, change: Change, *, compare: bool = False, language: str = ENGLISH
    ) -> LibraryEntry:
        """Change a piece; for a shipped piece, change a copy with a title in `language`.

        `compare`: raise CopyRefused if the result is a copy of a training piece.
        """
        entry = self.entry(name)
        changed = change(entry.piece)
        if changed == entry.piece:
            return entry
        if compare:
            changed = self._check_copy(changed)
        with self._lock:
            return self._store_edit(entry, changed, language)

    def undo(self, name: str) -> LibraryEntry:
        """Undo the last edit. LibraryError if there is none."""
        with self._lock:
            entry = self._own_entry(name)
            older = self._undo_path(name, len(edits_of(entry.piece)) - 1)
            try:
                piece = read_piece(older)
            except PieceRefused as error:
                raise LibraryError(say("no_undo", title=entry.piece.title)) from error
            stored = self._store(name, with_title(piece, entry.piece.title))
            older.unlink(missing_ok=True)
            return stored

    def can_undo(self, name: str) -> bool:
        """Return whether there is an edit to undo."""
        entry = self.find(name)
        if entry is None or entry.shipped:
            return False
        edits = len(edits_of(entry.piece))
        return edits > 0 and self._undo_path(name, edits - 1).exists()

    def delete(self, name: str) -> None:
        """Delete a piece permanently; exported files stay."""
        with self._lock:
            entry = self._own_entry(name)
            entry.path.unlink(missing_ok=True)
            for old in self._undo_paths(name):
                old.unlink(missing_ok=True)
            del self._entries[name]

    # Export and import

    @property
    def midi_folder(self) -> Path:
        """Where MIDI files are exported to and imported from."""
        return self.folder / "midi"

    @property
    def audio_folder(self) -> Path:
        """Where sound files are exported to."""
        return self.folder / "audio"

    def export_midi(self, name: str) -> Path:
        """Write a piece as MIDI under its name and return the path. Raises OSError."""
        entry = self.entry(name)
        path = self.midi_folder / f"{entry.name}.mid"
        write_atomic(path, piece_to_midi(entry.piece))
        return path

    def export_wav(self, name: str) -> Path:
        """Render a piece as WAV, at the loudness of all pieces, and return the path. Raises OSError."""
        from music.synth.loudness import normalise_loudness
        from music.synth.render import mixdown, render_stems
        from music.synth.sound_files import write_wav

        entry = self.entry(name)
        path = self.audio_folder / f"{entry.name}.wav"
        rendered = normalise_loudness(render_stems(entry.piece))
        write_wav(path, mixdown(rendered.with_tails()), rendered.sample_rate)
        return path

    def midi_files(self) -> list[Path]:
        """Return the MIDI files in the library's MIDI folder, newest first."""
        found = list_files(
            self.midi_folder, lambda path: path.suffix.lower() in MIDI_SUFFIXES, MAX_LOOKED_AT
        ).paths
        return sorted(found, key=lambda path: (-_time_of(path), path.name))[:MAX_MIDI_FILES]

    def import_midi(self, path: Path) -> LibraryEntry:
        """Import a MIDI file. A file that this library exported and that was changed since becomes an edit of its piece.

        A file with another name that shares at least one whole voice with a piece becomes a new piece and takes from the old
        one what MIDI, or the program that saved the file, leaves out: chords, sections, muted voices.
        origin["import"]["remarks"] lists the changes. MidiRefused if the file is not usable; LibraryError if it cannot be
        read, or has the same notes as the piece of its name.
        """
        name = shown_path(path.name)
        data = read_bytes(path, MAX_BYTES, say("midi_file"), LibraryError)
        source_file = {
            "file": shown_path(path.name, MAX_TEXT),
            "sha256": hashlib.sha256(data).hexdigest()[:16],
        }
        song = read_midi(data, name)
        source = self.find(path.stem.lower())
        if source is None:
            return self._import_new(song, name, source_file)
        changed = midi_to_piece(song, name, like=source.piece)
        unchanged = midi_to_piece(piece_to_midi(source.piece), name, like=source.piece)
        if same_music(changed, unchanged):
            raise LibraryError(say("same_piece", where=name, title=source.piece.title))
        with self._lock:
            return self._store_edit(
                source, with_edit(_with_hidden_of(source.piece, changed), "midi", **source_file)
            )

    def _import_new(self, song: MidiSong, name: str, source_file: dict[str, str]) -> LibraryEntry:
        self._check_room()
        piece = midi_to_piece(song, name)
        parent = self._parent(piece)
        if parent is not None:
            title = piece.title
            piece = _with_hidden_of(parent.piece, midi_to_piece(song, name, like=parent.piece))
            piece = _with_remark(piece, remark("parent", title=parent.piece.title))
            origin = {key: value for key, value in piece.origin.items() if key not in _NOT_INHERITED}
            piece = replace(piece, title=title, origin={**origin, "from": parent.name})
        piece = replace(piece, origin={**piece.origin, "by": "midi", **source_file})
        with self._lock:
            return self._store(self._free_name(piece), _in_state(piece, IMPORTED))

    def _parent(self, piece: Piece) -> LibraryEntry | None:
        """Return the piece that a file was exported from, found by its notes and not by its name.

        At least half of the file's notes are in voices equal note for note to that piece's; of several such pieces, the one
        with the most.
        """
        least = max(SAME_NOTES, sum(map(len, piece.voices.values())) / 2)
        best = 0
        found = None
        for entry in self.entries():
            voices = set(exported_voices(entry.piece).values())
            equal = [notes for notes in piece.voices.values() if notes and notes in voices]
            count = sum(len(notes) for notes in equal)
            if count >= least and count > best:
                best, found = count, entry
        return found

    # Storage

    def _own_entry(self, name: str) -> LibraryEntry:
        entry = self.entry(name)
        if entry.shipped:
            raise LibraryError(say("shipped", title=entry.piece.title))
        return entry

    def _check_room(self) -> None:
        own = sum(not entry.shipped for entry in self._entries.values())
        if own >= MAX_PIECES:
            raise LibraryError(say("library_full", most=MAX_PIECES))

    def _check_copy(self, piece: Piece) -> Piece:
        """Return the piece with its overlap recorded; CopyRefused if it is a copy."""
        fingerprints = self._fingerprints()
        if fingerprints is None:
            return piece
        nearest = fingerprints.check(piece)
        return replace(piece, origin={**piece.origin, "overlap": round(nearest.share, 3)})

    def _free_name(self, piece: Piece) -> str:
        base = name_from(piece.title)
        if base == "piece" and piece.origin.get("by") == "composer":  # a title without Latin letters
            base = name_from(f"{piece.origin.get('mood')} {piece.origin.get('seed')}")
        name, number = base, 1
        while name in self._entries or (self.folder / f"{name}{SUFFIX}").exists():
            number += 1
            name = f"{base}-{number}"
        return name

    def _store(self, name: str, piece: Piece) -> LibraryEntry:
        data = piece_to_json(piece).encode()
        piece_from_json(data, piece.title)  # check that the written text can be read
        path = self.folder / f"{name}{SUFFIX}"
        try:
            write_atomic(path, data)
        except OSError as error:
            raise LibraryError(say("not_saved", name=path.name, reason=system_message(error))) from error
        entry = LibraryEntry(name, state_of(piece), piece, path)
        self._entries[name] = entry
        return entry

    def _store_edit(self, entry: LibraryEntry, changed: Piece, language: str = ENGLISH) -> LibraryEntry:
        if entry.shipped:
            self._check_room()
            title = f"{entry.title(language)} *"
            return self._store(self._free_name(changed), _in_state(with_title(changed, title), EDITED))
        old = len(edits_of(entry.piece))
        try:
            write_atomic(self._undo_path(entry.name, old), piece_to_json(entry.piece).encode())
        except OSError as error:
            raise LibraryError(say("not_saved", name=entry.name, reason=system_message(error))) from error
        self._undo_path(entry.name, old - MAX_UNDO).unlink(missing_ok=True)
        return self._store(entry.name, _in_state(changed, EDITED))

    def _undo_path(self, name: str, edits: int) -> Path:
        return self.folder / "before" / f"{name}.{edits}.json"

    def _undo_paths(self, name: str) -> list[Path]:
        return list((self.folder / "before").glob(f"{name}.*.json"))


def _files(folder: Path | None) -> Listing:
    return list_files(
        folder, lambda path: path.name.endswith(SUFFIX) and not path.name.startswith("."), MAX_PIECES
    )


def _read_entry(path: Path, *, own: bool) -> LibraryEntry | BrokenPiece:
    """Read one piece. Raises PieceRefused."""
    name = path.name.removesuffix(SUFFIX)
    if not is_name(name):
        reason = say("piece_name", where=shown_path(path.name, MAX_TEXT))
        return BrokenPiece(shown_path(name, MAX_TEXT), path, reason)
    piece = read_piece(path)
    return LibraryEntry(name, state_of(piece) if own else SHIPPED, piece, path)


def _broken(path: Path, reason: str) -> BrokenPiece:
    return BrokenPiece(shown_path(path.name.removesuffix(SUFFIX), MAX_TEXT), path, reason)


def _in_state(piece: Piece, state: str) -> Piece:
    return replace(piece, origin={**piece.origin, "review": state})


def _with_hidden_of(source: Piece, changed: Piece) -> Piece:
    """Return an imported piece with the voices that are muted in its source, cut to its bars.

    They were not in the file. A voice that the file does contain is taken from the file.
    """
    hidden = {voice: notes for voice, notes in muted_notes(source).items() if not changed.voices.get(voice)}
    inside = {
        voice: tuple(
            note._replace(length=min(note.length, changed.steps - note.start))
            for note in notes
            if note.start < changed.steps
        )
        for voice, notes in hidden.items()
    }
    cut = [voice for voice, notes in hidden.items() if inside[voice] != notes]
    piece = with_hidden(changed, inside)
    return _with_remark(piece, remark("muted", voices=", ".join(cut))) if cut else piece


def _with_remark(piece: Piece, line: str) -> Piece:
    stored = piece.origin["import"]
    return replace(
        piece, origin={**piece.origin, "import": {**stored, "remarks": [*stored["remarks"], line]}}
    )


def _time_of(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
