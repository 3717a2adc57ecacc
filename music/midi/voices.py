"""Assign the tracks of a MIDI file to the four voices, by name, channel and program, or register, and quantise the notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from music import vocabulary as vo
from music.errors import MidiRefused
from music.messages import say
from music.midi.reader import MidiNote, MidiSong
from music.midi.remarks import remark
from music.midi.writer import without_overlaps
from music.piece import MAX_NOTES, Note, Piece

# Words in a track's name -> its voice; the first match counts. Words in the game's languages.
NAMES: Final = (
    ("drums", ("drum", "percussion", "kit", "beat", "鼓")),
    ("bass", ("bass", "低音", "贝斯")),
    ("melody", ("melody", "lead", "solo", "vocal", "旋律", "主音")),
    ("harmony", ("harmony", "chord", "pad", "arp", "string", "accompan", "rhythm", "和声", "和弦")),
)
# General MIDI programs -> voice, for instruments that imply one
PROGRAMS: Final = (
    (range(32, 40), "bass"),
    (range(80, 88), "melody"),
    (range(48, 56), "harmony"),
    (range(88, 96), "harmony"),
)
BASS_BELOW: Final = 50.0  # highest mean pitch of a bass, if its track does not name a voice
BASS_TOP: Final = 52  # in one track for two hands, the lowest notes below this are the bass
OFF_GRID: Final = 0.1  # steps from a 16th beyond which a note counts as moved
GATE: Final = 0.85  # notation programs shorten a note to at least this share of its length, to separate it from the next

VoiceNotes = dict[str, tuple[Note, ...]]


@dataclass
class ChannelNotes:
    """The notes of one track on one channel."""

    name: str
    notes: list[MidiNote]
    voice: str = ""  # "" until it is known

    @property
    def pitch(self) -> float:
        """Mean pitch."""
        return sum(note.pitch for note in self.notes) / len(self.notes)

    @property
    def mean_chord_size(self) -> float:
        """Mean number of notes that begin together: 1 for a line."""
        return len(self.notes) / len({note.start for note in self.notes})

    @property
    def named_voice(self) -> str:
        """The voice that the track's name or program implies; "" if none."""
        return _voice_of_name(self.name) or _voice_of_program(self.notes[0].program)


def exported_voices(piece: Piece) -> VoiceNotes:
    """Return a piece's voices as a MIDI file can store them."""
    return {voice: tuple(sorted(without_overlaps(piece.voices.get(voice, ())))) for voice in vo.VOICES}


def bar_count(voices: VoiceNotes) -> int:
    """Return the number of bars up to the end of the last note."""
    last = max((note.start + note.length for notes in voices.values() for note in notes), default=0)
    return -(-last // vo.STEPS_PER_BAR)


def voices_of(song: MidiSong, where: str, like: Piece | None, remarks: list[str]) -> VoiceNotes:
    """Return the notes of each voice on the grid of 16ths, and add lines to `remarks` about what was moved or left out.

    `like` is the piece that the file was exported from. Raises MidiRefused for a file without notes or with too many.
    """
    if not song.notes:
        raise MidiRefused(say("no_notes", where=where))
    if len(song.notes) > MAX_NOTES:
        raise MidiRefused(say("most_notes", where=where, most=MAX_NOTES, found=len(song.notes)))
    notes = _with_length(song, remarks)
    known = exported_voices(like) if like is not None else {}
    found: dict[str, list[MidiNote]] = {voice: [] for voice in vo.VOICES}
    parts = _parts(song, notes)
    _recognise(parts, known, song.ticks_per_beat)
    for part in assign(parts):
        found[part.voice] += part.notes
    voices = {voice: _on_grid(found[voice], song.ticks_per_beat, known.get(voice, ())) for voice in found}
    step = song.ticks_per_beat / vo.STEPS_PER_BEAT
    moved = sum(abs(note.start / step - round(note.start / step)) > OFF_GRID for note in notes)
    if moved:
        remarks.append(remark("off_grid", moved=moved, notes=len(notes)))
    lost = len(notes) - sum(len(notes) for notes in voices.values())
    if lost:
        remarks.append(remark("doubled", count=lost))
    return voices


def _parts(song: MidiSong, notes: Sequence[MidiNote]) -> list[ChannelNotes]:
    """Return the notes by track and channel, in the order in which the parts begin."""
    parts: dict[tuple[int, int], ChannelNotes] = {}
    for note in notes:
        name = song.track_names[note.track] if note.track < len(song.track_names) else ""
        parts.setdefault((note.track, note.channel), ChannelNotes(name, [])).notes.append(note)
    return list(parts.values())


def _recognise(parts: list[ChannelNotes], known: VoiceNotes, ticks_per_beat: int) -> None:
    """Give parts that equal a voice of `known` note for note that voice, whatever their names are."""
    taken: set[str] = set()
    for part in parts:
        equal = [
            voice
            for voice, notes in known.items()
            if notes and (voice == "drums") == part.notes[0].is_drum
            if _on_grid(part.notes, ticks_per_beat, notes) == notes
        ]
        named = _voice_of_name(part.name)
        free = [voice for voice in equal if voice not in taken]
        part.voice = named if named in equal else next(iter(free), "")
        taken.add(part.voice)


def _with_length(song: MidiSong, remarks: list[str]) -> list[MidiNote]:
    """Return the notes without those of length 0, which a synthesiser hardly sounds.

    Such notes stay, as 16ths, if the length has no meaning or was never written: on the drum channel, and in a part without
    any lengths whose name or program implies a voice. They also stay if no part has lengths.
    """
    empty = sum(note.no_length for note in song.notes)
    if not empty:
        return list(song.notes)
    kept: list[MidiNote] = []
    parts = _parts(song, song.notes)
    silent = [part for part in parts if all(note.no_length for note in part.notes)]
    for part in parts:
        named = part.notes[0].is_drum or part.named_voice
        stays = part.notes[0].is_drum or (part in silent and (named or len(silent) == len(parts)))
        kept += part.notes if stays else [note for note in part.notes if not note.no_length]
    gone = len(song.notes) - len(kept)
    if gone:
        remarks.append(remark("no_length", count=gone))
    if empty > gone:
        remarks.append(remark("no_length_kept", count=empty - gone))
    return sorted(kept)


def assign(parts: list[ChannelNotes]) -> list[ChannelNotes]:
    """Return the parts, each with its voice: by name, then by channel and program, then by register.

    A part that has a voice keeps it. A single part for two hands becomes up to three parts.
    """
    open_parts = []
    for part in parts:
        part.voice = part.voice or ("drums" if part.notes[0].is_drum else _voice_of_name(part.name))
        if not part.voice:
            open_parts.append(part)
    pitched = [part for part in parts if part.voice != "drums"]
    if len(pitched) == 1 and open_parts == pitched and pitched[0].mean_chord_size > 1.2:
        return [part for part in parts if part.voice] + _split_hands(pitched[0])
    for part in open_parts:
        part.voice = _voice_of_program(part.notes[0].program)
    _assign_by_register(parts, open_parts)
    return parts


def _voice_of_name(name: str) -> str:
    lowered = name.casefold()
    return next((voice for voice, words in NAMES if any(word in lowered for word in words)), "")


def _voice_of_program(program: int) -> str:
    return next((voice for programs, voice in PROGRAMS if program in programs), "")


def _assign_by_register(parts: list[ChannelNotes], open_parts: list[ChannelNotes]) -> None:
    """Give a voice to the parts whose names imply none, so that there is one melody and one bass if possible."""
    taken = {part.voice for part in parts if part not in open_parts}
    lines = sorted((part for part in open_parts if not part.voice), key=lambda part: part.pitch)
    if lines and "bass" not in taken | {part.voice for part in open_parts} and lines[0].pitch < BASS_BELOW:
        lines[0].voice = "bass"
    leads = [part for part in open_parts if part.voice in ("", "melody")]
    if "melody" not in taken and leads:
        said = [part for part in leads if part.voice == "melody"] or leads
        best = max(said, key=lambda part: (part.mean_chord_size < 1.2, part.pitch))
        best.voice = "melody"
        leads.remove(best)
    for part in leads:
        part.voice = "harmony"


def _split_hands(part: ChannelNotes) -> list[ChannelNotes]:
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
    return [ChannelNotes(part.name, notes, voice) for voice, notes in split.items() if notes]


def _on_grid(notes: list[MidiNote], ticks_per_beat: int, known: Sequence[Note]) -> tuple[Note, ...]:
    """Return the notes on the grid of 16ths.

    A note of `known` that was only shortened by a notation program (GATE) gets its old length.
    """
    step = ticks_per_beat / vo.STEPS_PER_BEAT
    lengths = {(note.start, note.pitch): note.length for note in known}
    placed = []
    for note in notes:
        start = int(note.start / step + 0.5)
        end = max(start + 1, int(note.end / step + 0.5))
        before = lengths.get((start, note.pitch), 0)
        off = abs(note.end / step - end) > OFF_GRID
        if off and GATE * before <= (note.end - note.start) / step < before:
            end = start + before
        placed.append(Note(start, end - start, note.pitch, min(127, max(1, note.velocity))))
    return tuple(sorted(without_overlaps(placed)))
