"""Regenerate one bar or one voice of a piece. The same piece and seed give the same notes; the rest is unchanged.

A bar is drawn as a continuation of the notes before it in its phrase. Of several draws, the one that fits the neighbouring
notes best is taken; notes of other phrases count too.

A voice is regenerated as the composer makes it: sections of one material share their noise, so a returning theme still
returns. The chords of the piece stay, unless the harmony itself is regenerated: then, of several progressions, the one that
fits melody and bass best is taken.
"""

import zlib
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from music import vocabulary as vo
from music.composer.compose import MELODY_HIGH, VELOCITIES, conditions_of, loudness, velocity_of
from music.composer.editable_lines import EditableLine, read_line, repair_melody, voice_chords
from music.composer.plan import FORMS, THEME, Phrase
from music.decode import encode_voices
from music.edits import muted_notes, with_edit
from music.errors import MusicError
from music.generators import contract as co
from music.generators.chain import DRAWN
from music.generators.contract import Tokens
from music.generators.files import GeneratorSet
from music.keys import shift_of, transpose_chord
from music.messages import say
from music.piece import Note, Piece, Section

PROGRESSIONS: Final = 24  # candidates for the harmony, of which one is taken
CANDIDATES: Final = 12  # candidates for a bar, of which one is taken
EASY_LEAP: Final = 7  # semitones, a fifth: a leap up to this costs nothing
SILENCE: Final = 12  # cost of a silent voice, in semitones: otherwise silence would fit best
BY_SECTION: Final = {phrase.section: phrase for form in FORMS.values() for phrase in reversed(form)}
LOWS: Final = {"melody": vo.MELODY_LOW, "bass": vo.BASS_LOW}


@dataclass(frozen=True)
class _Stretch:
    """At most four bars of one section, with their material."""

    bar: int
    bars: int
    phrase: Phrase
    closing: bool  # the last bar of an ending, which stays when a voice is regenerated

    @property
    def steps(self) -> tuple[int, int]:
        return self.bar * vo.STEPS_PER_BAR, (self.bar + self.bars) * vo.STEPS_PER_BAR


def reroll_bar(generators: GeneratorSet, piece: Piece, bar: int, seed: int) -> Piece:
    """Return the piece with new melody, bass and drums in one bar, for those voices that sound around it."""
    _check_seed(seed)
    if not 0 <= bar < piece.bars:
        raise MusicError(say("bar", most=piece.bars, found=bar + 1))
    stretch = next(part for part in _stretches(piece) if part.bar <= bar < part.bar + part.bars)
    chance = np.random.default_rng([seed, bar])
    first, end = stretch.steps
    sounding = [
        voice
        for voice in ("bass", "melody", "drums")
        if any(first <= note.start < end for note in piece.voices.get(voice, ()))
    ]
    made = piece
    # the bass first: the melody is repaired against it
    pitched = [voice for voice in sounding if voice in LOWS]
    if pitched:
        candidates = []
        for lines in _lines(generators, piece, stretch, chance, bar - stretch.bar, CANDIDATES):
            made = piece
            for voice in pitched:
                made = _with_line(made, voice, lines[voice], stretch, (bar, bar + 1))
            candidates.append(made)
        made = _smoothest(piece, candidates, pitched, bar)
    if "drums" in sounding:
        made = _with_drums(generators, made, stretch, (bar, bar + 1), chance)
    return with_edit(made, "re-roll", bar=bar + 1, seed=seed)


def reroll_voice(generators: GeneratorSet, piece: Piece, voice: str, seed: int) -> Piece:
    """Return the piece with one voice regenerated. MusicError for a voice that is unknown or muted."""
    _check_seed(seed)
    if voice not in vo.VOICES:
        raise MusicError(say("voice", known=", ".join(vo.VOICES), found=f"{voice!r:.40}"))
    if voice in muted_notes(piece):
        raise MusicError(say("muted", voice=voice))
    made = piece
    for stretch in _stretches(piece):
        chance = np.random.default_rng([seed, zlib.crc32(stretch.phrase.material.encode())])
        first, end = stretch.steps
        if piece.voices.get(voice) and not any(first <= note.start < end for note in piece.voices[voice]):
            continue  # an intro without melody gets none
        bars = (stretch.bar, stretch.bar + stretch.bars - stretch.closing)
        if bars[0] == bars[1]:
            continue
        if voice == "drums":
            made = _with_drums(generators, made, stretch, bars, chance)
        elif voice == "harmony":
            made = _with_chords(generators, made, stretch, bars, chance)
        else:
            line = _lines(generators, made, stretch, chance)[0][voice]
            made = _with_line(made, voice, line, stretch, bars)
    return with_edit(made, "re-roll", voice=voice, seed=seed)


def _smoothest(piece: Piece, candidates: list[Piece], voices: Sequence[str], bar: int) -> Piece:
    """Return the candidate whose bar fits its neighbouring notes best; candidates equal to the old bar are a last resort."""

    def heard(one: Piece) -> list[tuple[int, int]]:
        return [(note.start, note.pitch) for voice in voices for note in _notes_around(one, voice, bar)[1]]

    def roughness(one: Piece) -> int:
        return sum(_roughness(*_notes_around(one, voice, bar)) for voice in voices)

    old = heard(piece)
    new = [candidate for candidate in candidates if heard(candidate) != old]
    return min(new or candidates[:1], key=roughness)


def _notes_around(piece: Piece, voice: str, bar: int) -> tuple[list[Note], list[Note], list[Note]]:
    """Return a voice's last note before a bar, the notes that begin in it, and the first note after it."""
    notes = piece.voices[voice]
    first, end = (bisect_left(notes, (at * vo.STEPS_PER_BAR,)) for at in (bar, bar + 1))
    return list(notes[:first][-1:]), list(notes[first:end]), list(notes[end : end + 1])


def _roughness(before: list[Note], inside: list[Note], after: list[Note]) -> int:
    """Return a voice's leaps into a bar and out of it, each in semitones beyond EASY_LEAP."""
    if not inside:
        return SILENCE
    joins = [*zip(before, inside[:1], strict=False), *zip(inside[-1:], after, strict=False)]
    return sum(max(0, abs(to.pitch - note.pitch) - EASY_LEAP) for note, to in joins)


def _check_seed(seed: int) -> None:
    if not 0 <= seed < 2**63:
        raise MusicError(say("seed", most=2**63 - 1, found=seed))


def _stretches(piece: Piece) -> list[_Stretch]:
    """Return the piece in phrases of at most four bars without gaps, also for bars outside its sections."""
    names = [""] * piece.bars
    starts = {0}
    for section in piece.sections or (Section(THEME.section, 0, piece.bars),):
        starts |= {section.bar, section.bar + section.bars}
        for bar in range(section.bar, section.bar + section.bars):
            names[bar] = section.name
    result: list[_Stretch] = []
    for bar in range(piece.bars):
        if result and bar not in starts and result[-1].bars < vo.BARS:
            result[-1] = replace(result[-1], bars=result[-1].bars + 1)
        else:
            phrase = BY_SECTION.get(names[bar]) or replace(THEME, section=names[bar], material=names[bar])
            result.append(_Stretch(bar, 1, phrase, False))
    if result[-1].phrase.section == "ending":
        result[-1] = replace(result[-1], closing=True)
    return result


def _level(piece: Piece, phrase: Phrase) -> float:
    energy = piece.origin.get("energy", 0.5)
    known = isinstance(energy, int | float) and not isinstance(energy, bool)
    return min(max((float(energy) if known else 0.5) + phrase.energy, 0.0), 1.0)


def _style(piece: Piece) -> str:
    style = piece.origin.get("style")
    return style if isinstance(style, str) and style in vo.STYLES else vo.STYLES[0]


def _mode(piece: Piece, phrase: Phrase) -> int:
    return vo.MINOR if phrase.material == "boss" else piece.mode


def _chords(piece: Piece, stretch: _Stretch) -> Tokens:
    """Return the stretch's chords in the normalised key, (beats,)."""
    shift = shift_of(piece.key, piece.mode)
    padded = (*piece.chords, *([vo.NO_CHORD] * (piece.bars * vo.BEATS_PER_BAR - len(piece.chords))))
    beats = padded[stretch.bar * vo.BEATS_PER_BAR : (stretch.bar + stretch.bars) * vo.BEATS_PER_BAR]
    return np.array([transpose_chord(chord, -shift) for chord in beats], np.uint8)


def _lines(
    generators: GeneratorSet,
    piece: Piece,
    stretch: _Stretch,
    chance: np.random.Generator,
    bar: int | None = None,
    count: int = 1,
) -> list[dict[str, EditableLine]]:
    """Draw melody and bass of a stretch `count` times, in the normalised key, steps counted from its start.

    bar: only this bar of the stretch is drawn; the other bars are the piece's own.
    """
    shared = chance.standard_normal((count, co.GLOBAL_NOISE), np.float32)
    bars = chance.standard_normal((count, vo.BARS, co.BAR_NOISE), np.float32)
    draw = np.random.default_rng(chance.integers(2**31))
    if stretch.phrase.vary:
        stray = chance.standard_normal(bars.shape, np.float32)
        vary = stretch.phrase.vary
        bars = ((bars + vary * stray) / np.sqrt(1.0 + vary**2)).astype(np.float32)
    melody, bass = generators.generators.lines(
        shared,
        bars[:, : stretch.bars],
        conditions_of(count, _level(piece, stretch.phrase), _mode(piece, stretch.phrase), _style(piece)),
        np.tile(_chords(piece, stretch), (count, 1)),
        draw,
        known=None if bar is None else _around(piece, stretch, bar, count),
    )
    return [
        {"melody": read_line(above, vo.MELODY_LOW), "bass": read_line(below, vo.BASS_LOW)}
        for above, below in zip(melody, bass, strict=True)
    ]


def _around(piece: Piece, stretch: _Stretch, bar: int, count: int) -> tuple[Tokens, Tokens]:
    """Return the piece's own tokens of melody and bass in a stretch, (count, steps), one bar of it DRAWN."""
    first, end = stretch.steps
    shift = shift_of(piece.key, piece.mode)
    voices = {
        voice: [
            note._replace(start=note.start - first, pitch=note.pitch - shift)
            for note in piece.voices.get(voice, ())
            if first <= note.start < end
        ]
        for voice in LOWS
    }
    tokens = encode_voices(voices, stretch.bars)
    for line in (tokens.melody, tokens.bass):
        line[bar * vo.STEPS_PER_BAR : (bar + 1) * vo.STEPS_PER_BAR] = DRAWN
    return np.tile(tokens.melody, (count, 1)), np.tile(tokens.bass, (count, 1))


def _with_line(
    piece: Piece, voice: str, line: EditableLine, stretch: _Stretch, bars: tuple[int, int]
) -> Piece:
    """Replace the notes that begin in `bars` (first, one past the last) with the drawn ones."""
    offset = stretch.bar * vo.STEPS_PER_BAR
    first, end = (bar * vo.STEPS_PER_BAR for bar in bars)
    keep = [index for index, start in enumerate(line.start) if first <= offset + start < end]
    chosen = EditableLine(
        [line.start[index] for index in keep],
        [min(line.length[index], end - offset - line.start[index]) for index in keep],
        [line.pitch[index] for index in keep],
    )
    shift = shift_of(piece.key, piece.mode)
    if voice == "melody":
        repair_melody(
            chosen, _bass_of(piece, stretch, shift), _chords(piece, stretch), vo.MELODY_LOW, MELODY_HIGH
        )
    loud = loudness(_level(piece, stretch.phrase))
    drawn = [
        Note(offset + start, length, pitch + shift, velocity_of(voice, start, loud))
        for start, length, pitch in zip(chosen.start, chosen.length, chosen.pitch, strict=True)
    ]
    until = min((note.start for note in drawn), default=end)
    kept = []
    for note in piece.voices.get(voice, ()):
        if first <= note.start < end:
            continue
        if note.start < first and note.start + note.length > until:
            note = note._replace(length=until - note.start)  # a held note ends where the new ones begin
        kept.append(note)
    return piece.with_voices({**piece.voices, voice: tuple(sorted([*kept, *drawn]))})


def _bass_of(piece: Piece, stretch: _Stretch, shift: int) -> EditableLine:
    first, end = stretch.steps
    notes = [note for note in piece.voices.get("bass", ()) if first <= note.start < end]
    return EditableLine(
        [note.start - first for note in notes],
        [note.length for note in notes],
        [note.pitch - shift for note in notes],
    )


def _with_drums(
    generators: GeneratorSet,
    piece: Piece,
    stretch: _Stretch,
    bars: tuple[int, int],
    chance: np.random.Generator,
) -> Piece:
    shared = chance.standard_normal((1, co.DRUM_GLOBAL), np.float32)
    noise = chance.standard_normal((1, vo.BARS, co.DRUM_BAR), np.float32)[:, : stretch.bars]
    struck = {voice: np.zeros((1, stretch.bars * vo.STEPS_PER_BAR), np.uint8) for voice in LOWS}
    first, end = stretch.steps
    for voice, row in struck.items():
        for note in piece.voices.get(voice, ()):
            if first <= note.start < end:
                row[0, note.start - first] = vo.FIRST_PITCH
    level = _level(piece, stretch.phrase)
    conditions = conditions_of(1, level, _mode(piece, stretch.phrase), "arcade")
    draw = np.random.default_rng(chance.integers(2**31))
    tokens = generators.generators.drums(shared, noise, conditions, struck["melody"], struck["bass"], draw)[0]
    low, high = (bar * vo.STEPS_PER_BAR for bar in bars)
    kept = [note for note in piece.voices.get("drums", ()) if not low <= note.start < high]
    drawn = [
        Note(step, 1, vo.DRUMS[drum][1], velocity_of("drums", step, loudness(level)))
        for step in range(low, high)
        for drum in np.flatnonzero(vo.DRUM_BITS[tokens[step - first]])
    ]
    return piece.with_voices({**piece.voices, "drums": tuple(sorted([*kept, *drawn]))})


def _with_chords(
    generators: GeneratorSet,
    piece: Piece,
    stretch: _Stretch,
    bars: tuple[int, int],
    chance: np.random.Generator,
) -> Piece:
    noise = chance.standard_normal((PROGRESSIONS, co.CHORD_NOISE), np.float32)
    conditions = conditions_of(
        PROGRESSIONS, _level(piece, stretch.phrase), _mode(piece, stretch.phrase), _style(piece)
    )
    draw = np.random.default_rng(chance.integers(2**31))
    beats = (bars[1] - bars[0]) * vo.BEATS_PER_BAR
    drawn = generators.generators.chords(noise, conditions, draw)[:, :beats]
    shift = shift_of(piece.key, piece.mode)
    heard = _sounding_beats(piece, bars, shift)
    fits = (vo.CHORD_PITCH_CLASSES[drawn] * heard[None]).sum((1, 2)) - 0.5 * (drawn == vo.NO_CHORD).sum(1)
    tokens = drawn[int(np.argmax(fits))]
    low, high = (bar * vo.STEPS_PER_BAR for bar in bars)
    kept = []
    for note in piece.voices.get("harmony", ()):
        if note.start < low:
            kept.append(note._replace(length=min(note.length, low - note.start)))
        elif note.start >= high:
            kept.append(note)
    blocks, _ = voice_chords(tokens)
    new = [Note(low + start, length, pitch + shift, VELOCITIES["harmony"]) for start, length, pitch in blocks]
    chords = list(piece.chords) + [vo.NO_CHORD] * (piece.bars * vo.BEATS_PER_BAR - len(piece.chords))
    at = bars[0] * vo.BEATS_PER_BAR
    chords[at : at + beats] = [transpose_chord(int(token), shift) for token in tokens]
    return replace(
        piece.with_voices({**piece.voices, "harmony": tuple(sorted([*kept, *new]))}), chords=tuple(chords)
    )


def _sounding_beats(
    piece: Piece, bars: tuple[int, int], shift: int
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Return how long each pitch class of melody and bass sounds in each beat, (beats, 12), in beats."""
    steps = np.zeros(((bars[1] - bars[0]) * vo.STEPS_PER_BAR, 12))
    low = bars[0] * vo.STEPS_PER_BAR
    for voice in LOWS:
        for note in piece.voices.get(voice, ()):
            start, end = max(0, note.start - low), note.start + note.length - low
            if end > 0 and start < len(steps):
                steps[start:end, (note.pitch - shift) % 12] += 1 / vo.STEPS_PER_BEAT
    return np.asarray(steps.reshape(-1, vo.STEPS_PER_BEAT, 12).sum(1))
