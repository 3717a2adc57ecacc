"""Convert a MIDI file to a piece: our own exports come back unchanged, other files are mapped to the four voices."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from music import vocabulary as vo
from music.errors import MidiRefused
from music.messages import say
from music.midi.reader import MidiSong, read_midi
from music.midi.remarks import remark
from music.midi.voices import VoiceNotes, bar_count, exported_voices, voices_of
from music.midi.writer import END_MARKER, microseconds
from music.piece import MAX_BARS, MAX_TEXT, TEMPO_RANGE, Note, Piece, Section
from music.synth.timbres import TIMBRES
from music.synth.timeline import TempoMap
from safefiles.text import clean

METRES: Final = ((4, 4), (2, 4), (2, 2), (4, 2), (8, 8))  # metres whose bars coincide with bars of 4/4
MAX_SECTIONS: Final = 64
DEFAULT_TIMBRE: Final = "neon"
SAME_TEMPO: Final = 2e-4  # a tempo within this share of the original was only rounded by another program
LETTERS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# Krumhansl & Kessler 1982: how well each degree fits a major and a minor key
PROFILES: Final = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)


def midi_to_piece(source: MidiSong | bytes, where: str, *, like: Piece | None = None) -> Piece:
    """Return the piece of a MIDI file, its notes moved to the nearest 16th.

    `like` is the piece that the file was exported from: it supplies what MIDI cannot store (timbre, chords, origin) and what
    another program left out when it saved the file. `where` is the file's name in messages. Changes made by the import are
    listed in origin["import"]["remarks"] (see `remarks`). Raises MidiRefused: not a MIDI file, no notes, too long, a metre or
    tempo that pieces cannot have.
    """
    song = read_midi(source, where) if isinstance(source, bytes) else source
    remarks = list(song.remarks)
    _check_metre(song, where)
    tempo = _tempo(song, where, like, remarks)
    voices = voices_of(song, where, like, remarks)
    bars = _bars(song, voices, where, like)
    mode, key = _key(song, like, voices, remarks)
    sections = _sections(song, bars)
    chords: tuple[int, ...] = ()
    if like is not None:
        if not sections and bars == like.bars:
            sections = like.sections
        fits = len(like.chords) <= bars * vo.BEATS_PER_BAR and (mode, key) == (like.mode, like.key)
        if fits and exported_voices(like)["harmony"] == voices["harmony"]:
            chords = like.chords
        if like.sections and not sections:
            remarks.append(remark("sections"))
        if like.chords and not chords:
            remarks.append(remark("chords"))
    origin = dict(like.origin) if like is not None else {}
    origin["import"] = {"file": clean(where, MAX_TEXT), "remarks": remarks}
    return Piece(
        title=like.title if like is not None else song_title(song, where),
        bars=bars,
        tempo=tempo,
        mode=mode,
        key=key,
        timbre=like.timbre if like is not None else _timbre(song),
        sections=sections,
        chords=chords,
        voices=voices,
        origin=origin,
    )


def same_music(piece: Piece, other: Piece) -> bool:
    """Whether two pieces are equal apart from their origins."""
    return replace(piece, origin={}) == replace(other, origin={})


def _check_metre(song: MidiSong, where: str) -> None:
    for _, beats, unit in song.time_signatures:
        if (beats, unit) not in METRES:
            raise MidiRefused(say("metre", where=where, beats=beats, unit=unit))


# Time


def _tempo(song: MidiSong, where: str, like: Piece | None, remarks: list[str]) -> float:
    """Return the tempo at the first note; 120 if the file sets none before it."""
    first, last = song.notes[0].start, max(note.end for note in song.notes)
    at_first = [tempo for tick, tempo in song.tempo_map if tick <= first][-1]
    found = round(60e6 / at_first, 2)
    low, high = TEMPO_RANGE
    if not low <= found <= high:
        raise MidiRefused(say("midi_tempo", where=where, low=low, high=high, found=found))
    if any(first < tick < last for tick, _ in song.tempo_map):
        remarks.append(remark("tempo_changes", tempo=f"{found:g}"))
    if like is not None and abs(at_first / microseconds(like.tempo) - 1) <= SAME_TEMPO:
        return like.tempo
    return found


def _bars(song: MidiSong, voices: VoiceNotes, where: str, like: Piece | None) -> int:
    """Return the number of bars of the notes, or of the whole file if it is longer; a bar that only just begins does not
    count.

    Many programs end a track a tick, or a rest, after the last note; others drop silent bars at the end, whose number is
    taken from `like`.
    """
    needed = bar_count(voices)
    if needed > MAX_BARS:
        raise MidiRefused(say("most_bars", where=where, most=MAX_BARS, found=needed))
    bar = song.ticks_per_beat * vo.BEATS_PER_BAR
    # up to half a step early counts as on time
    written = (2 * vo.STEPS_PER_BAR * song.end + bar) // (2 * vo.STEPS_PER_BAR * bar)
    bars = max(needed, written) if written <= MAX_BARS else needed
    if like is not None and bars < like.bars and needed == bar_count(exported_voices(like)):
        return like.bars
    return bars


def song_title(song: MidiSong, where: str) -> str:
    """Return the first track's name if it has no notes, because it is then the title; otherwise the file's name."""
    if song.track_names and song.track_names[0] and all(note.track for note in song.notes):
        return song.track_names[0]
    return clean(where.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0], MAX_TEXT).strip() or "MIDI"


def _sections(song: MidiSong, bars: int) -> tuple[Section, ...]:
    bar_ticks = song.ticks_per_beat * vo.BEATS_PER_BAR
    at: dict[int, str] = {}
    for tick, text in song.markers:
        at[round(tick / bar_ticks)] = text
    starts = sorted(bar for bar in at if bar < bars)
    sections = [
        Section(at[bar], bar, following - bar)
        for bar, following in zip(starts, [*starts[1:], bars])
        if at[bar] and at[bar] != END_MARKER
    ]
    return tuple(sections[:MAX_SECTIONS])


def tempo_map_of(song: MidiSong) -> tuple[TempoMap, list[str]]:
    """Return a song's tempos as (step, quarter notes per minute), the first at step 0, and the changes made, as lines.

    For rendering: it can follow tempo changes, which a piece cannot store. Tempos are clipped to the range of pieces.
    """
    low, high = TEMPO_RANGE
    step = song.ticks_per_beat / vo.STEPS_PER_BEAT
    found = [(tick / step, 60e6 / tempo) for tick, tempo in song.tempo_map]
    beyond = sum(not low <= tempo <= high for _, tempo in found)
    lines = [remark("tempo_bounds", low=f"{low:g}", high=f"{high:g}", count=beyond)] if beyond else []
    return tuple((at, min(high, max(low, tempo))) for at, tempo in found), lines


# Key


def _key(
    song: MidiSong, like: Piece | None, voices: dict[str, tuple[Note, ...]], remarks: list[str]
) -> tuple[int, int]:
    """Return mode and tonic: from the file, from `like` if the file has the same accidentals, or from the notes."""
    if song.key_signatures:
        name = song.key_signatures[0][1]
        if any(other != name for _, other in song.key_signatures):
            remarks.append(remark("key_changes", tonic=name))
        mode, key = read_key(name)
        if like is not None and _accidentals(mode, key) == _accidentals(like.mode, like.key):
            return like.mode, like.key  # many editors write every key as the relative major
        return mode, key
    if like is not None:
        return like.mode, like.key
    mode, key = key_of_notes(note for voice in ("melody", "harmony", "bass") for note in voices[voice])
    remarks.append(remark("no_key"))
    return mode, key


def read_key(name: str) -> tuple[int, int]:
    """Return mode and pitch class of a key in MIDI notation: C, F#m, Bb."""
    mode = vo.MINOR if name.endswith("m") else vo.MAJOR
    pitch_class = LETTERS.get(name[:1], 0) + name.count("#") - name.count("b")
    return mode, pitch_class % 12


def _accidentals(mode: int, key: int) -> int:
    """Return the tonic of the major key with the same accidentals."""
    return (key + 3) % 12 if mode == vo.MINOR else key


def key_of_notes(notes: Iterable[Note]) -> tuple[int, int]:
    """Return mode and pitch class of the key whose Krumhansl profile correlates best with the notes; C without notes."""
    weight = np.zeros(12)
    for note in notes:
        weight[note.pitch % 12] += note.length
    if weight.std() == 0:
        return vo.MAJOR, 0
    fits = [
        (float(np.corrcoef(np.roll(profile, key), weight)[0, 1]), mode, key)
        for mode, profile in enumerate(PROFILES)
        for key in range(12)
    ]
    _, mode, key = max(fits)
    return mode, key


# Timbre


def _timbre(song: MidiSong) -> str:
    """Return the timbre set whose General MIDI programs the file uses; the default if there is none."""
    programs = {note.program for note in song.notes if not note.is_drum}
    fits = {name: len(programs & set(timbre.programs.values())) for name, timbre in TIMBRES.items()}
    best = max(fits, key=lambda name: fits[name])
    return best if fits[best] >= 2 else DEFAULT_TIMBRE
