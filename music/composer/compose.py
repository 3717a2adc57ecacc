"""The composer: seed, mood, energy, style and length -> a piece. The same seed gives the same piece.

One theme is chosen from several candidates. A variation is the theme's noise with a little other noise mixed in. The contrast
has new bar noise and half of the theme's shared noise. The boss section is the theme's noise at high energy in minor (for a
major piece, its relative minor). Each material is made once, so a returning theme has the same notes.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from music import vocabulary as vo
from music.composer.editable_lines import EditableLine, Repairs, read_line, repair_melody, voice_chords
from music.composer.moods import MOODS, Mood
from music.composer.plan import Phrase, plan
from music.errors import MusicError
from music.generators import contract as co
from music.generators.contract import Floats, Tokens
from music.generators.files import GeneratorSet
from music.generators.play import Conditions
from music.keys import shift_of, transpose_chord, transpose_notes
from music.messages import say
from music.piece import Note, Piece, Section

CANDIDATES = 12  # themes, of which one is chosen
CONTRAST_SHARE = 0.5  # of the theme's shared noise that the contrast keeps
SCALE = (0, 2, 4, 5, 7, 9, 11)  # pitch classes of C major and of A minor alike
MELODY_HIGH = vo.MELODY_LOW + vo.PITCHES - 1
BASS_HIGH = vo.BASS_LOW + 18  # of a last note
VELOCITIES = {"melody": 96, "harmony": 66, "bass": 92, "drums": 88}
QUALITY = {name: number for number, (name, _) in enumerate(vo.QUALITIES)}
DRUM_BIT = {name: 1 << bit for bit, (name, _, _) in enumerate(vo.DRUMS)}


@dataclass(frozen=True)
class Composition:
    """A piece and the composer's report on it."""

    piece: Piece
    repairs: Repairs
    chord_moves: tuple[int, ...]  # semitones that the harmony's voices move at each change

    def report(self) -> dict[str, Any]:
        """JSON-able."""
        moves = self.chord_moves
        return {
            "repairs": self.repairs.to_dict(),
            "touched": self.repairs.touched,
            "mean_chord_move": sum(moves) / len(moves) if moves else 0.0,
        }


@dataclass(frozen=True)
class Material:
    """The random numbers that one theme is made from."""

    chords: Tokens  # (BEATS,)
    shared: Floats  # (GLOBAL_NOISE,)
    bars: Floats  # (BARS, BAR_NOISE)
    drum_shared: Floats  # (DRUM_GLOBAL,)
    drum_bars: Floats  # (BARS, DRUM_BAR)
    mode: int  # index of vocabulary.MODES
    draw: int  # seed of the sampling: the same material gives the same notes


def compose(
    generators: GeneratorSet,
    *,
    seed: int,
    mood: str = "driving",
    energy: float | None = None,
    style: str = "arcade",
    bars: int = 32,
    title: str | None = None,
) -> Composition:
    """Compose a piece of `bars` bars. MusicError names the argument that is unknown or out of range."""
    chosen = _check(seed, mood, energy, style)
    phrases = plan(bars)
    chance, key, tempo = _draw_key_and_tempo(chosen, seed, style, bars)
    level = chosen.energy if energy is None else energy
    theme = _best_theme(generators, chosen.mode, style, level, chance)
    materials = {"theme": theme} | _derive_materials(generators, theme, style, level, chance)
    made = _phrases(generators, phrases, materials, style, level, chance)
    if phrases[-1].section == "ending":
        _end_on_tonic(made[-1], chosen.mode)
    repairs, moves, voices = _phrase_notes(made, phrases, level)
    shift = shift_of(key, chosen.mode)
    piece = Piece(
        title=title if title is not None else f"{chosen.title} {seed}",
        bars=bars,
        tempo=tempo,
        mode=chosen.mode,
        key=key,
        timbre=chosen.timbre,
        sections=_sections(phrases),
        chords=tuple(transpose_chord(int(token), shift) for phrase in made for token in phrase.chords),
        voices={
            name: transpose_notes(notes, shift if name != "drums" else 0) for name, notes in voices.items()
        },
        origin={
            "by": "composer",
            "seed": seed,
            "mood": mood,
            "energy": round(level, 4),
            "style": style,
            "generators": generators.hash,
            "repairs": repairs.to_dict(),
        },
    )
    return Composition(piece, repairs, tuple(moves))


def planned_seconds(*, seed: int, mood: str = "driving", style: str = "arcade", bars: int = 32) -> float:
    """Return the length in seconds of the piece that `compose` would make with these settings. Raises the same MusicErrors."""
    chosen = _check(seed, mood, None, style)
    plan(bars)
    return bars * vo.BEATS_PER_BAR * 60.0 / _draw_key_and_tempo(chosen, seed, style, bars)[2]


def _draw_key_and_tempo(
    mood: Mood, seed: int, style: str, bars: int
) -> tuple[np.random.Generator, int, float]:
    """Return the random generator after its first two draws, and these draws: the tonic's pitch class and the tempo."""
    chance = np.random.default_rng([seed, mood.number, vo.STYLES.index(style), bars])
    key = int(mood.keys[chance.integers(len(mood.keys))])
    return chance, key, float(chance.integers(mood.tempo[0], mood.tempo[1] + 1))


def _check(seed: int, mood: str, energy: float | None, style: str) -> Mood:
    if not 0 <= seed < 2**63:
        raise MusicError(say("seed", most=2**63 - 1, found=seed))
    if mood not in MOODS:
        raise MusicError(say("mood", known=", ".join(MOODS), found=f"{mood!r:.40}"))
    if style not in vo.STYLES:
        raise MusicError(say("style", known=", ".join(vo.STYLES), found=f"{style!r:.40}"))
    if energy is not None and not 0.0 <= energy <= 1.0:
        raise MusicError(say("energy", found=energy))
    return MOODS[mood]


def conditions_of(count: int, energy: float, mode: int, style: str) -> Conditions:
    """Return the conditions of `count` equal windows; energy is clipped to 0..1."""
    return Conditions(
        np.full(count, min(max(energy, 0.0), 1.0), np.float32),
        np.full(count, mode, np.uint8),
        np.full(count, vo.STYLES.index(style), np.uint8),
    )


def _best_theme(
    generators: GeneratorSet, mode: int, style: str, energy: float, chance: np.random.Generator
) -> Material:
    """Make CANDIDATES themes and keep the one with the best `_song_score`."""
    conditions = conditions_of(CANDIDATES, energy, mode, style)
    noise = chance.standard_normal((CANDIDATES, co.CHORD_NOISE), np.float32)
    chords = generators.generators.chords(noise, conditions, chance)
    shared = chance.standard_normal((CANDIDATES, co.GLOBAL_NOISE), np.float32)
    bars = chance.standard_normal((CANDIDATES, vo.BARS, co.BAR_NOISE), np.float32)
    draws = chance.integers(2**31, size=CANDIDATES)
    melody, bass = generators.generators.lines(
        shared, bars, conditions, chords, [np.random.default_rng(draw) for draw in draws]
    )
    scores = [_song_score(melody[index], bass[index], chords[index], mode) for index in range(CANDIDATES)]
    best = int(np.argmax(scores))
    return Material(
        chords=chords[best],
        shared=shared[best],
        bars=bars[best],
        drum_shared=chance.standard_normal(co.DRUM_GLOBAL, np.float32),
        drum_bars=chance.standard_normal((vo.BARS, co.DRUM_BAR), np.float32),
        mode=mode,
        draw=int(draws[best]),
    )


def _song_score(melody: Tokens, bass: Tokens, chords: Tokens, mode: int) -> float:
    """Score four bars as a theme: chord tones, notes in the key, few leaps and repetitions, the tonic in the first chord."""
    line = read_line(melody, vo.MELODY_LOW)
    if len(line) < 4 or not (bass >= vo.FIRST_PITCH).any() or (chords == vo.NO_CHORD).mean() > 0.25:
        return -10.0 + len(line) / 100
    pitches = np.array(line.pitch)
    lengths = np.array(line.length, np.float64)
    beats = np.array(line.start) // vo.STEPS_PER_BEAT
    on_chord = vo.CHORD_PITCH_CLASSES[chords[beats], pitches % 12]
    in_key = np.isin(pitches % 12, SCALE)
    leaps = np.abs(np.diff(pitches))
    home = float(vo.CHORD_PITCH_CLASSES[chords[0], vo.TONICS[mode]])
    different = len({int(token) for token in chords})
    return float(
        2.0 * (on_chord * lengths).sum() / lengths.sum()
        + 2.0 * in_key.mean()
        - 1.5 * (leaps > 7).mean()
        - 0.5 * (leaps == 0).mean()
        + 0.4 * home
        + 0.15 * min(different, 4)
        - 0.3 * max(0, different - 7)
    )


def _derive_materials(
    generators: GeneratorSet, theme: Material, style: str, energy: float, chance: np.random.Generator
) -> dict[str, Material]:
    """The material of contrast and boss, derived from the theme's."""
    noise = chance.standard_normal((2, co.CHORD_NOISE), np.float32)
    contrast_chords = generators.generators.chords(
        noise[:1], conditions_of(1, energy, theme.mode, style), chance
    )[0]
    boss_chords = generators.generators.chords(noise[1:], conditions_of(1, 1.0, vo.MINOR, style), chance)[0]
    fresh = chance.standard_normal(co.GLOBAL_NOISE, np.float32)
    mixed = CONTRAST_SHARE * theme.shared + np.float32(np.sqrt(1.0 - CONTRAST_SHARE**2)) * fresh
    contrast = replace(
        theme,
        chords=contrast_chords,
        shared=mixed.astype(np.float32),
        bars=chance.standard_normal(theme.bars.shape, np.float32),
        drum_bars=chance.standard_normal(theme.drum_bars.shape, np.float32),
        draw=int(chance.integers(2**31)),
    )
    boss = replace(
        theme,
        chords=boss_chords,
        drum_shared=chance.standard_normal(theme.drum_shared.shape, np.float32),
        mode=vo.MINOR,
    )
    return {"contrast": contrast, "boss": boss}


@dataclass
class _DrawnPhrase:
    """Four generated bars, in the normalised key."""

    chords: Tokens  # (BEATS,)
    melody: EditableLine
    bass: EditableLine
    drums: Tokens  # (STEPS,)


def _phrases(
    generators: GeneratorSet,
    phrases: tuple[Phrase, ...],
    materials: dict[str, Material],
    style: str,
    energy: float,
    chance: np.random.Generator,
) -> list[_DrawnPhrase]:
    """Draw every phrase from its material: the same material and energy give the same notes, except in a variation."""
    keys = [
        (phrase.material, phrase.energy, place if phrase.vary else -1) for place, phrase in enumerate(phrases)
    ]
    rows = {key: row for row, key in enumerate(dict.fromkeys(keys))}  # drawn once, even if sections return
    distinct = [phrases[keys.index(key)] for key in rows]
    sources = [materials[phrase.material] for phrase in distinct]
    bars = np.stack([_bars_of(phrase, source, chance) for phrase, source in zip(distinct, sources)])
    levels = np.array([min(max(energy + phrase.energy, 0.0), 1.0) for phrase in distinct], np.float32)
    modes = np.array([source.mode for source in sources], np.uint8)
    draws = [np.random.default_rng(source.draw) for source in sources]
    melody, bass = generators.generators.lines(
        np.stack([source.shared for source in sources]),
        bars,
        Conditions(levels, modes, np.full(len(rows), vo.STYLES.index(style), np.uint8)),
        np.stack([source.chords for source in sources]),
        draws,
    )
    drums = generators.generators.drums(
        np.stack([source.drum_shared for source in sources]),
        np.stack([source.drum_bars for source in sources]),
        # no other style has drums to learn from
        Conditions(levels, modes, np.full(len(rows), vo.STYLES.index("arcade"), np.uint8)),
        melody,
        bass,
        draws,
    )
    return [
        _DrawnPhrase(
            sources[row].chords,
            read_line(melody[row], vo.MELODY_LOW) if phrase.melody else EditableLine(),
            read_line(bass[row], vo.BASS_LOW),
            drums[row] if phrase.drums else np.zeros_like(drums[row]),
        )
        for phrase, row in zip(phrases, [rows[key] for key in keys])
    ]


def _bars_of(phrase: Phrase, source: Material, chance: np.random.Generator) -> Floats:
    """Return the bar noise of the material; if the phrase is a variation, other noise is mixed in."""
    if not phrase.vary:
        return source.bars
    stray = chance.standard_normal(source.bars.shape, np.float32)
    bars: Floats = ((source.bars + phrase.vary * stray) / np.sqrt(1.0 + phrase.vary**2)).astype(np.float32)
    return bars


def _end_on_tonic(made: _DrawnPhrase, mode: int) -> None:
    """End the last bar on the tonic: its chord, one long last note in melody and bass, kick and cymbal."""
    tonic = vo.chord_token(vo.TONICS[mode], QUALITY[vo.MODES[mode]])
    made.chords = made.chords.copy()
    made.chords[-vo.BEATS_PER_BAR :] = tonic
    last = vo.STEPS - vo.STEPS_PER_BAR
    for line, low, high in (
        (made.melody, vo.MELODY_LOW, MELODY_HIGH),
        (made.bass, vo.BASS_LOW, BASS_HIGH),
    ):
        keep = [index for index in range(len(line)) if line.start[index] < last]
        before = line.pitch[keep[-1]] if keep else (low + high) // 2
        for column in (line.start, line.length, line.pitch):
            column[:] = [column[index] for index in keep]
        if keep:
            line.length[-1] = min(line.length[-1], last - line.start[-1])
        home = [pitch for pitch in range(low, high + 1) if pitch % 12 == vo.TONICS[mode]]
        line.start.append(last)
        line.length.append(vo.STEPS_PER_BAR)
        line.pitch.append(min(home, key=lambda pitch: abs(pitch - before)))
    made.drums = made.drums.copy()
    made.drums[last:] = 0
    made.drums[last] = DRUM_BIT["kick"] | DRUM_BIT["cymbal"]


def _phrase_notes(
    made: list[_DrawnPhrase], phrases: tuple[Phrase, ...], energy: float
) -> tuple[Repairs, list[int], dict[str, tuple[Note, ...]]]:
    """All phrases in order as notes of the normalised key; repairs the melodies in place."""
    total = Repairs()
    notes: dict[str, list[Note]] = {name: [] for name in vo.VOICES}
    for index, (part, phrase) in enumerate(zip(made, phrases, strict=True)):
        offset = index * vo.STEPS
        total += repair_melody(part.melody, part.bass, part.chords, vo.MELODY_LOW, MELODY_HIGH)
        loud = loudness(min(max(energy + phrase.energy, 0.0), 1.0))
        for name, line in (("melody", part.melody), ("bass", part.bass)):
            notes[name] += [
                Note(offset + start, length, pitch, velocity_of(name, start, loud))
                for start, length, pitch in zip(line.start, line.length, line.pitch, strict=True)
            ]
        for step in np.flatnonzero(part.drums):
            notes["drums"] += [
                Note(offset + int(step), 1, vo.DRUMS[drum][1], velocity_of("drums", int(step), loud))
                for drum in np.flatnonzero(vo.DRUM_BITS[part.drums[step]])
            ]
    blocks, moves = voice_chords(np.concatenate([part.chords for part in made]))
    notes["harmony"] = [Note(start, length, pitch, VELOCITIES["harmony"]) for start, length, pitch in blocks]
    return total, moves, {name: tuple(sorted(found)) for name, found in notes.items()}


def loudness(level: float) -> float:
    """Return the factor of all velocities at an energy, 0..1."""
    return 0.85 + 0.3 * level


def velocity_of(voice: str, step: int, loud: float) -> int:
    """Return a note's velocity, 1..127: louder on the bar line and the beats."""
    place = step % vo.STEPS_PER_BAR
    accent = 10 if place == 0 else 4 if place % vo.STEPS_PER_BEAT == 0 else -6
    return int(min(max(VELOCITIES[voice] * loud + accent, 1), 127))


def _sections(phrases: tuple[Phrase, ...]) -> tuple[Section, ...]:
    """Merge neighbouring phrases of one name into one section."""
    sections: list[Section] = []
    for index, phrase in enumerate(phrases):
        if sections and sections[-1].name == phrase.section:
            sections[-1] = sections[-1]._replace(bars=sections[-1].bars + vo.BARS)
        else:
            sections.append(Section(phrase.section, index * vo.BARS, vo.BARS))
    return tuple(sections)
