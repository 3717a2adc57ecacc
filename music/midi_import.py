"""A piece from a MIDI file: our own come back as they were, edited ones find their way onto the four voices."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from music import vocabulary as vo
from music.errors import MidiRefused
from music.midi import MidiNote, MidiSong, read_midi
from music.midi_export import END_MARKER, microseconds, without_overlaps
from music.piece import MAX_BARS, MAX_NOTES, MAX_TEXT, TEMPO_RANGE, Note, Piece, Section
from music.synth.timbres import TIMBRES

METRES: Final = ((4, 4), (2, 4), (2, 2), (4, 2), (8, 8))  # whose bars fall on bars of 4/4
MAX_SECTIONS: Final = 64
DEFAULT_TIMBRE: Final = "neon"
# What a track is called -> its voice; the first that fits. Names in the game's languages.
NAMES: Final = (
    ("drums", ("drum", "percussion", "kit", "beat", "鼓")),
    ("bass", ("bass", "低音", "贝斯")),
    ("melody", ("melody", "lead", "solo", "vocal", "旋律", "主音")),
    ("harmony", ("harmony", "chord", "pad", "arp", "string", "accompan", "rhythm", "和声", "和弦")),
)
# General MIDI programs -> voice, where the instrument says it
PROGRAMS: Final = (
    (range(32, 40), "bass"),
    (range(80, 88), "melody"),
    (range(48, 56), "harmony"),
    (range(88, 96), "harmony"),
)
BASS_BELOW: Final = 50.0  # mean pitch of a bass whose track says nothing
BASS_TOP: Final = 52  # of one track for two hands, the lowest notes below this are its bass
OFF_GRID: Final = 0.1  # steps from a 16th beyond which a note counts as moved
LETTERS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# Krumhansl & Kessler 1982: how well each degree fits a major and a minor key
PROFILES: Final = (
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)


def midi_to_piece(source: MidiSong | bytes, where: str, *, like: Piece | None = None) -> Piece:
    """Return the piece of a MIDI file, its notes moved to the nearest 16th.

    `like` is the piece that was exported before it was edited: it gives what MIDI cannot say (timbre, chords, origin).
    `where` names the file. What was changed on the way is told in origin["import"]["remarks"], a list of lines. Raises
    MidiRefused: no MIDI file, no notes, too long, a metre or tempo that pieces do not have.
    """
    song = read_midi(source, where) if isinstance(source, bytes) else source
    remarks: list[str] = []
    _check_metre(song, where)
    tempo = _tempo(song, where, like, remarks)
    voices = _voices(song, where, remarks)
    bars = _bars(song, voices, where)
    mode, key = _key(song, like, voices, remarks)
    same = like is not None and like.bars == bars
    chords: tuple[int, ...] = ()
    if same and like is not None and (mode, key) == (like.mode, like.key) and _equal(like, voices, "harmony"):
        chords = like.chords
    sections = _sections(song, bars)
    if not sections and same and like is not None:
        sections = like.sections
    origin = dict(like.origin) if like is not None else {}
    origin["import"] = {"file": where[:MAX_TEXT], "remarks": remarks}
    return Piece(
        title=like.title if like is not None else _title(song, where),
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


def _equal(like: Piece, voices: dict[str, tuple[Note, ...]], voice: str) -> bool:
    return tuple(without_overlaps(like.voices.get(voice, ()))) == voices[voice]


def _check_metre(song: MidiSong, where: str) -> None:
    for _, beats, unit in song.time_signatures:
        if (beats, unit) not in METRES:
            raise MidiRefused(f"{where}: expected 4/4 (or 2/4, 2/2) throughout, found {beats}/{unit}")


def _tempo(song: MidiSong, where: str, like: Piece | None, remarks: list[str]) -> float:
    found = round(song.tempo, 2)
    low, high = TEMPO_RANGE
    if not low <= found <= high:
        raise MidiRefused(f"{where}: expected a tempo from {low:.0f} to {high:.0f}, found {found:g}")
    if len({tempo for _, tempo in song.tempos}) > 1:
        remarks.append(f"tempo changes left out: {found:g} throughout")
    if like is not None and song.tempos and song.tempos[0][1] == microseconds(like.tempo):
        return like.tempo
    return found


def _bars(song: MidiSong, voices: dict[str, tuple[Note, ...]], where: str) -> int:
    last = max(note.start + note.length for notes in voices.values() for note in notes)
    needed = -(-last // vo.STEPS_PER_BAR)
    if needed > MAX_BARS:
        raise MidiRefused(f"{where}: expected at most {MAX_BARS} bars, found {needed}")
    written = -(-song.end // (song.ticks_per_beat * vo.BEATS_PER_BAR))
    return max(needed, written) if written <= MAX_BARS else needed


def _title(song: MidiSong, where: str) -> str:
    """Return the first track's name where it holds no notes and so names the piece; the file's name otherwise."""
    if song.track_names and song.track_names[0] and all(note.track for note in song.notes):
        return song.track_names[0]
    stem = where.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return "".join(sign for sign in stem if sign.isprintable())[:MAX_TEXT] or "MIDI"


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


# Key


def _key(
    song: MidiSong, like: Piece | None, voices: dict[str, tuple[Note, ...]], remarks: list[str]
) -> tuple[int, int]:
    """Return mode and tonic: as the file says, or as `like` where the file has its accidentals, or as the notes say."""
    if song.key_signatures:
        mode, key = read_key(song.key_signatures[0][1])
        if like is not None and _accidentals(mode, key) == _accidentals(like.mode, like.key):
            return like.mode, like.key  # many editors write every key as its major one
        return mode, key
    if like is not None:
        return like.mode, like.key
    mode, key = key_of_notes(note for voice in ("melody", "harmony", "bass") for note in voices[voice])
    remarks.append("no key signature: key taken from the notes")
    return mode, key


def read_key(name: str) -> tuple[int, int]:
    """Return mode and pitch class of a key as MIDI files name it: C, F#m, Bb."""
    mode = vo.MINOR if name.endswith("m") else vo.MAJOR
    pitch_class = LETTERS.get(name[:1], 0) + name.count("#") - name.count("b")
    return mode, pitch_class % 12


def _accidentals(mode: int, key: int) -> int:
    """Return the tonic of the major key with the same accidentals."""
    return (key + 3) % 12 if mode == vo.MINOR else key


def key_of_notes(notes: Iterable[Note]) -> tuple[int, int]:
    """Return mode and pitch class of the key whose Krumhansl profile goes best with the notes; C without notes."""
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


# Voices


@dataclass
class Part:
    """The notes of one track on one channel."""

    name: str
    notes: list[MidiNote]
    voice: str = ""  # once it is known

    @property
    def pitch(self) -> float:
        """Mean pitch."""
        return sum(note.pitch for note in self.notes) / len(self.notes)

    @property
    def at_once(self) -> float:
        """Mean number of notes that begin together: 1 for a line."""
        return len(self.notes) / len({note.start for note in self.notes})


def _voices(song: MidiSong, where: str, remarks: list[str]) -> dict[str, tuple[Note, ...]]:
    if not song.notes:
        raise MidiRefused(f"{where}: expected notes, found none")
    if len(song.notes) > MAX_NOTES:
        raise MidiRefused(f"{where}: expected at most {MAX_NOTES} notes, found {len(song.notes)}")
    parts: dict[tuple[int, int], Part] = {}
    for note in song.notes:
        name = song.track_names[note.track] if note.track < len(song.track_names) else ""
        parts.setdefault((note.track, note.channel), Part(name, [])).notes.append(note)
    found: dict[str, list[MidiNote]] = {voice: [] for voice in vo.VOICES}
    assigned = assign(list(parts.values()))
    for part in assigned:
        found[part.voice] += part.notes
    voices = {voice: _on_grid(notes, song.ticks_per_beat) for voice, notes in found.items()}
    step = song.ticks_per_beat / vo.STEPS_PER_BEAT
    moved = sum(abs(note.start / step - round(note.start / step)) > OFF_GRID for note in song.notes)
    if moved:
        remarks.append(f"moved to the nearest 16th: {moved} of {len(song.notes)} notes")
    lost = len(song.notes) - sum(len(notes) for notes in voices.values())
    if lost:
        remarks.append(f"the same note twice at once, one left out: {lost}")
    return voices


def assign(parts: list[Part]) -> list[Part]:
    """Return the parts, each with its voice: by name, then by channel and program, then by register.

    A lone part for two hands comes back as up to three.
    """
    open_parts = []
    for part in parts:
        part.voice = "drums" if part.notes[0].is_drum else _voice_of_name(part.name)
        if not part.voice:
            open_parts.append(part)
    pitched = [part for part in parts if part.voice != "drums"]
    if len(pitched) == 1 and open_parts == pitched and pitched[0].at_once > 1.2:
        return [part for part in parts if part.voice] + _hands(pitched[0])
    for part in open_parts:
        part.voice = _voice_of_program(part.notes[0].program)
    _settle(parts, open_parts)
    return parts


def _voice_of_name(name: str) -> str:
    lowered = name.casefold()
    return next((voice for voice, words in NAMES if any(word in lowered for word in words)), "")


def _voice_of_program(program: int) -> str:
    return next((voice for programs, voice in PROGRAMS if program in programs), "")


def _settle(parts: list[Part], open_parts: list[Part]) -> None:
    """Give a voice to the parts whose name says nothing, so that there is one melody and one bass if there can be."""
    taken = {part.voice for part in parts if part not in open_parts}
    lines = sorted((part for part in open_parts if not part.voice), key=lambda part: part.pitch)
    if lines and "bass" not in taken | {part.voice for part in open_parts} and lines[0].pitch < BASS_BELOW:
        lines[0].voice = "bass"
    leads = [part for part in open_parts if part.voice in ("", "melody")]
    if "melody" not in taken and leads:
        said = [part for part in leads if part.voice == "melody"] or leads
        best = max(said, key=lambda part: (part.at_once < 1.2, part.pitch))
        best.voice = "melody"
        leads.remove(best)
    for part in leads:
        part.voice = "harmony"


def _hands(part: Part) -> list[Part]:
    """Split a part into melody (the highest note of what begins together), bass (the lowest, if it is low) and rest."""
    together: dict[int, list[MidiNote]] = {}
    for note in part.notes:
        together.setdefault(note.start, []).append(note)
    split: dict[str, list[MidiNote]] = {"melody": [], "harmony": [], "bass": []}
    for notes in together.values():
        notes.sort(key=lambda note: note.pitch)
        if notes[0].pitch < BASS_TOP:
            split["bass"].append(notes.pop(0))
        if notes:
            split["melody"].append(notes.pop())
        split["harmony"] += notes
    return [Part(part.name, notes, voice) for voice, notes in split.items() if notes]


def _on_grid(notes: list[MidiNote], ticks_per_beat: int) -> tuple[Note, ...]:
    step = ticks_per_beat / vo.STEPS_PER_BEAT
    placed = []
    for note in notes:
        start = int(note.start / step + 0.5)
        end = max(start + 1, int(note.end / step + 0.5))
        placed.append(Note(start, end - start, note.pitch, min(127, max(1, note.velocity))))
    return tuple(sorted(without_overlaps(placed)))


def _timbre(song: MidiSong) -> str:
    """Return the timbre set whose General MIDI programs the file has; the default where it has none."""
    programs = {note.program for note in song.notes if not note.is_drum}
    fits = {name: len(programs & set(timbre.programs.values())) for name, timbre in TIMBRES.items()}
    best = max(fits, key=lambda name: fits[name])
    return best if fits[best] >= 2 else DEFAULT_TIMBRE
