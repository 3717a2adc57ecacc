"""Short random pieces of all kinds by seed, for round-trip tests: composing dozens of pieces takes too long."""

import random

from music import vocabulary as vo
from music.edits import with_muted
from music.midi.writer import without_overlaps
from music.piece import Note, Piece, Section
from music.synth.timbres import TIMBRES

PITCHES = {"melody": (60, 84), "harmony": (50, 72), "bass": (30, 46), "drums": (35, 50)}
SECTIONS = ("intro", "theme", "boss", "ending", "主题")


def small_piece(seed: int) -> Piece:
    """Return a piece of 3 to 8 bars: up to four voices, sections, chords, sometimes a muted voice and silent bars."""
    chance = random.Random(seed)
    bars = chance.randint(3, 8)
    silent = chance.choice((0, 0, 1, 2))  # bars at the end
    voices = {voice: _voice(chance, voice, (bars - silent) * vo.STEPS_PER_BAR) for voice in vo.VOICES}
    if chance.random() < 0.2:
        voices[chance.choice(("melody", "harmony", "drums"))] = ()
    first = chance.randint(1, bars - 1)
    sections = (
        Section(chance.choice(SECTIONS), 0, first),
        Section(chance.choice(SECTIONS), first, bars - first),
    )
    piece = Piece(
        title=f"Small {seed}",
        bars=bars,
        tempo=round(chance.uniform(60, 190), chance.choice((0, 1, 4))),
        mode=chance.randrange(2),
        key=chance.randrange(12),
        timbre=chance.choice(sorted(TIMBRES)),
        sections=sections,
        chords=tuple(chance.randrange(vo.CHORD_TOKENS) for _ in range(bars * vo.BEATS_PER_BAR)),
        voices=voices,
        origin={"by": "composer", "seed": seed, "mood": "calm"},
    )
    return with_muted(piece, chance.choice(vo.VOICES)) if chance.random() < 0.4 else piece


def _voice(chance: random.Random, voice: str, steps: int) -> tuple[Note, ...]:
    low, high = PITCHES[voice]
    notes = []
    for _ in range(chance.randint(18, 26)):
        start = chance.randrange(steps)
        length = min(chance.choice((1, 2, 3, 4, 8, 16)), steps - start)
        notes.append(Note(start, length, chance.randint(low, high), chance.randint(20, 120)))
    return tuple(sorted(without_overlaps(notes)))
