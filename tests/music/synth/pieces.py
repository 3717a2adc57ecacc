"""A hand-written piece with all voices, for tests of everything that converts a piece."""

from music import vocabulary as vo
from music.piece import Note, Piece, Section

# A minor: Am F C G, one chord per bar
ROOTS = (45, 41, 48, 43)
CHORDS = ((57, 60, 64), (57, 60, 65), (55, 60, 64), (55, 59, 62))
TUNE = (  # start and length in steps within four bars, pitch
    (0, 3, 76), (3, 3, 72), (6, 2, 74), (8, 6, 76), (14, 2, 77),
    (16, 4, 77), (20, 4, 76), (24, 8, 72),
    (32, 3, 79), (35, 3, 76), (38, 2, 72), (40, 4, 79), (44, 4, 81),
    (48, 6, 79), (54, 2, 77), (56, 4, 74), (60, 4, 71),
)  # fmt: skip


def drum_bar(bar: int) -> list[Note]:
    """Return a bar of drums with a fill in every fourth bar and a cymbal in every eighth."""
    at = bar * vo.STEPS_PER_BAR
    notes = [Note(at + step, 1, 36, 118) for step in (0, 4, 8, 12)]
    notes += [Note(at + step, 1, 38, 112) for step in (4, 12)]
    notes += [Note(at + step, 1, 42, 96 if step % 4 == 2 else 70) for step in range(14)]
    notes += [Note(at + 14, 1, 46, 92)]
    if bar % 4 == 3:
        notes += [Note(at + 13, 1, 50, 100), Note(at + 14, 1, 47, 104), Note(at + 15, 1, 41, 110)]
    if bar % 8 == 0:
        notes += [Note(at, 1, 49, 108)]
    return notes


def demo_piece(timbre: str = "neon", bars: int = 16, tempo: float = 138.0) -> Piece:
    """Return a piece of `bars` bars in A minor in which every voice plays."""
    voices: dict[str, list[Note]] = {voice: [] for voice in vo.VOICES}
    for bar in range(bars):
        at = bar * vo.STEPS_PER_BAR
        voices["harmony"] += [Note(at, 16, pitch, 84) for pitch in CHORDS[bar % 4]]
        voices["bass"] += [Note(at, 12, ROOTS[bar % 4], 104), Note(at + 12, 4, ROOTS[bar % 4] + 7, 96)]
        voices["drums"] += drum_bar(bar)
    for phrase in range(0, bars, 4):
        at = phrase * vo.STEPS_PER_BAR
        voices["melody"] += [
            Note(at + start, length, pitch, 108 if start % 16 == 0 else 96)
            for start, length, pitch in TUNE
            if at + start + length <= bars * vo.STEPS_PER_BAR
        ]
    chord = {0: (9, 2), 1: (5, 1), 2: (0, 1), 3: (7, 1)}
    half = max(1, bars // 2)
    return Piece(
        title="Hand-made",
        bars=bars,
        tempo=tempo,
        mode=vo.MINOR,
        key=9,
        timbre=timbre,
        sections=(Section("theme", 0, half), Section("boss", half, bars - half)) if bars > 1 else (),
        chords=tuple(vo.chord_token(*chord[bar % 4]) for bar in range(bars) for _ in range(4)),
        voices={voice: tuple(sorted(notes)) for voice, notes in voices.items()},
        origin={"seed": 1, "mood": "test"},
    )
