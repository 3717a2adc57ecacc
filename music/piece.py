"""`Piece`: a composed or imported piece as notes, written by the composer and read by the synthesiser and the MIDI export."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from music import vocabulary as vo
from music.errors import PieceRefused
from music.messages import say
from safefiles.foreign import parse_json, place_inside, read_bytes
from safefiles.messages import Message
from safefiles.text import clean, shown_path

FORMAT = "bankshot-music-piece"
FORMAT_VERSION = 1
EXPECTED = say("piece_file")
MAX_FILE_BYTES = 2 * 1024 * 1024
MAX_BARS = 512
MAX_NOTES = 20_000  # in all voices together
TEMPO_RANGE = (30.0, 300.0)  # quarter notes a minute
MAX_TEXT = 200


class Note(NamedTuple):
    """One note: start and length in steps (16th notes), MIDI pitch (for drums the General MIDI key), velocity 1..127."""

    start: int
    length: int
    pitch: int
    velocity: int


class Section(NamedTuple):
    """A range of bars with a role: intro, theme, variation, contrast, boss, ending."""

    name: str
    bar: int
    bars: int


@dataclass(frozen=True)
class Piece:
    """A piece in 4/4, 16 steps per bar. Immutable: an edit returns a new piece."""

    title: str
    bars: int
    tempo: float  # quarter notes a minute
    mode: int  # index of vocabulary.MODES
    key: int  # pitch class of the tonic, 0..11, C = 0
    timbre: str = "neon"
    sections: tuple[Section, ...] = ()
    chords: tuple[int, ...] = ()  # one token per beat in the sounding key, or empty
    voices: dict[str, tuple[Note, ...]] = field(default_factory=dict)  # by vocabulary.VOICES, sorted by start
    origin: dict[str, Any] = field(
        default_factory=dict
    )  # seed, mood, energy, style, generator hash, edits: JSON-able

    @property
    def steps(self) -> int:
        """Length in steps."""
        return self.bars * vo.STEPS_PER_BAR

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.bars * vo.BEATS_PER_BAR * 60.0 / self.tempo

    def section(self, name: str) -> Section | None:
        """Return the first section of that name."""
        return next((section for section in self.sections if section.name == name), None)

    def with_voices(self, voices: dict[str, tuple[Note, ...]]) -> "Piece":
        """Return the piece with other notes."""
        return replace(self, voices=voices)


def piece_to_json(piece: Piece) -> str:
    """Return the piece as the text of a .piece.json file; equal pieces give equal bytes."""
    data = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "title": piece.title,
        "bars": piece.bars,
        "tempo": piece.tempo,
        "mode": vo.MODES[piece.mode],
        "key": piece.key,
        "timbre": piece.timbre,
        "sections": [list(section) for section in piece.sections],
        "chords": list(piece.chords),
        "voices": {name: [list(note) for note in piece.voices.get(name, ())] for name in vo.VOICES},
        "origin": piece.origin,
    }
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def read_piece(path: Path) -> Piece:
    """Read a .piece.json file. PieceRefused names the field, the expected and the found value."""
    data = read_bytes(path, MAX_FILE_BYTES, EXPECTED, PieceRefused)
    return piece_from_json(data, shown_path(path.name))


def piece_from_json(data: bytes, where: str) -> Piece:
    """Parse and check the bytes of a piece file. Raises PieceRefused."""
    if len(data) > MAX_FILE_BYTES:
        raise PieceRefused(say("too_large", where=where, expected=EXPECTED, most=MAX_FILE_BYTES))
    if data[:4] in (b"MThd", b"RIFF"):
        raise PieceRefused(say("midi_for_piece", where=where, expected=EXPECTED))
    return _Reader(where).piece(parse_json(data, where, PieceRefused))


class _Reader:
    """Checks a parsed piece field by field."""

    def __init__(self, where: str) -> None:
        self.where = where

    def fail(self, name: str, expected: str, found: object) -> PieceRefused:
        value = found if isinstance(found, Message) else clean(str(found), 60)
        return PieceRefused(
            say("refused", where=place_inside(self.where, name), expected=expected, found=value)
        )

    def integer(self, value: object, name: str, low: int, high: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.fail(name, say("whole_from", low=low, high=high), value)
        return value

    def text(self, value: object, name: str) -> str:
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            raise self.fail(name, say("text_of", most=MAX_TEXT), value)
        return clean(value)[:MAX_TEXT]

    def array(self, value: object, name: str, most: int) -> list[Any]:
        if not isinstance(value, list) or len(value) > most:
            found = say("items", count=len(value)) if isinstance(value, list) else type(value).__name__
            raise self.fail(name, say("list_of", most=most), found)
        return value

    def table(self, value: object, name: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.fail(name, say("object"), type(value).__name__)
        return value

    def piece(self, loaded: object) -> Piece:
        data = self.table(loaded, say("a_file"))
        if data.get("format") != FORMAT:
            raise self.fail("format", repr(FORMAT), data.get("format"))
        if data.get("version") != FORMAT_VERSION:
            raise self.fail("version", str(FORMAT_VERSION), data.get("version"))
        bars = self.integer(data.get("bars"), "bars", 1, MAX_BARS)
        tempo = data.get("tempo")
        low, high = TEMPO_RANGE
        if isinstance(tempo, bool) or not isinstance(tempo, int | float) or not low <= tempo <= high:
            raise self.fail("tempo", say("number_from", low=low, high=high), tempo)
        mode = data.get("mode")
        if mode not in vo.MODES:
            raise self.fail(
                "mode", say("either", choices=" or ".join(vo.MODES), names=", ".join(vo.MODES)), mode
            )
        chords = self.array(data.get("chords", []), "chords", bars * vo.BEATS_PER_BAR)
        origin = self.table(data.get("origin", {}), "origin")
        return Piece(
            title=self.text(data.get("title"), "title"),
            bars=bars,
            tempo=float(tempo),
            mode=vo.MODES.index(mode),
            key=self.integer(data.get("key"), "key", 0, 11),
            timbre=self.text(data.get("timbre", "neon"), "timbre"),
            sections=self.sections(data.get("sections", []), bars),
            chords=tuple(
                self.integer(token, f"chords[{index}]", 0, vo.CHORD_TOKENS - 1)
                for index, token in enumerate(chords)
            ),
            voices=self.voices(data.get("voices"), bars),
            origin=origin,
        )

    def sections(self, value: object, bars: int) -> tuple[Section, ...]:
        sections = []
        for index, item in enumerate(self.array(value, "sections", 64)):
            name = f"sections[{index}]"
            parts = self.array(item, name, 3)
            if len(parts) != 3:
                raise self.fail(name, say("section_parts"), parts)
            first = self.integer(parts[1], f"{name} first bar", 0, bars - 1)
            length = self.integer(parts[2], f"{name} bars", 1, bars - first)
            sections.append(Section(self.text(parts[0], f"{name} name"), first, length))
        return tuple(sections)

    def voices(self, value: object, bars: int) -> dict[str, tuple[Note, ...]]:
        table = self.table(value, "voices")
        foreign = sorted(set(table) - set(vo.VOICES))
        if foreign:
            raise self.fail("voices", ", ".join(vo.VOICES), foreign[0])
        steps = bars * vo.STEPS_PER_BAR
        total = 0
        voices: dict[str, tuple[Note, ...]] = {}
        for voice in vo.VOICES:
            notes = []
            for index, item in enumerate(
                self.array(table.get(voice, []), f"voices.{voice}", MAX_NOTES - total)
            ):
                name = f"voices.{voice}[{index}]"
                parts = self.array(item, name, 4)
                if len(parts) != 4:
                    raise self.fail(name, say("note_parts"), parts)
                start = self.integer(parts[0], f"{name} start", 0, steps - 1)
                notes.append(
                    Note(
                        start,
                        self.integer(parts[1], f"{name} length", 1, steps - start),
                        self.integer(parts[2], f"{name} pitch", 0, 127),
                        self.integer(parts[3], f"{name} velocity", 1, 127),
                    )
                )
            total += len(notes)
            voices[voice] = tuple(sorted(notes))
        return voices
