"""Turn a score into windows of tokens: grid, lines, chords, key, then windows of four bars that start one bar apart."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.corpus.fidelity import harmony_sums, line_sums
from music.corpus.grid import SILENT, Floats, Grid, Line, beat_pitch_classes, grid_of
from music.corpus.harmony import chords_of
from music.corpus.key_finding import keys_of, transposition
from music.corpus.lines import choose_lines
from music.corpus.score import MAX_RUNS, Score
from music.windows import Windows, empty_windows, join_windows

# A window is dropped, and counted under the reason, if
MAX_OFF_GRID: Final = 0.35  # more of its onsets are off the grid of 16ths: triplets, free playing
MIN_BARS_SOUNDING: Final = 2  # melody or bass sounds in fewer of its four bars
MIN_MELODY_NOTES: Final = 4  # the melody has fewer notes
MIN_MELODY_PITCHES: Final = 2  # or fewer different pitches
# A voice is missing from a window, and its tokens are silence, if
MIN_CHORD_BEATS: Final = 8  # fewer beats have a chord
MIN_DRUM_STRIKES: Final = 4  # fewer steps are struck

OWN_MELODY_WEIGHT: Final = 0.5  # weight of the melody's notes in chord recognition
HEARD_BEATS: Final = 0.1  # shorter sound in a beat is ignored by chord recognition
OCTAVES: Final = range(-4, 5)
# By style: how much it counts that the last note is the tonic
FINAL_TRUST: Final = {"chorale": 0.3, "chamber": 0.2, "folk": 0.1}


@dataclass(frozen=True)
class EncodedPiece:
    """The windows of one piece, the key of most of its bars, and the number of dropped windows by reason."""

    windows: Windows
    key: int  # mode * 12 + tonic
    dropped: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)  # sums for fidelity.shares


@dataclass(frozen=True)
class RunVoices:
    """The voices of one run before transposition: everything that the codec keeps."""

    grid: Grid
    melody: Line
    bass: Line | None
    chords: NDArray[np.uint8] | None  # (beats,)
    histogram: Floats  # (bars, 12): how long each pitch class sounds
    kept: Counter[str]  # sums for fidelity.shares


def encode_score(score: Score, style: int, melody_only: bool) -> EncodedPiece:
    """Return all usable windows of a score. `melody_only`: for tune-books, whose pieces have one voice."""
    ranked = vo.STYLES[style] in ("chorale", "chamber")
    usable = [run for run in score.runs if run.bars >= vo.BARS][:MAX_RUNS]
    runs = [run_voices(grid_of(score, run), ranked, melody_only) for run in usable]
    dropped: Counter[str] = Counter()
    pitched = [run for run in runs if run.grid.parts]
    if pitched:
        trust = FINAL_TRUST.get(vo.STYLES[style], 0.0)
        keys = np.split(
            keys_of(
                np.concatenate([run.histogram for run in pitched]),
                score.sharps,
                _final(pitched[-1].grid),
                trust,
            ),
            np.cumsum([run.grid.bars for run in pitched])[:-1],
        )
        counts = np.bincount(np.concatenate(keys), minlength=24)
        by_run = {id(run): each for run, each in zip(pitched, keys)}
    else:
        counts = np.zeros(24, np.int64)
        by_run = {}
    key = int(counts.argmax())
    octaves = _octaves(pitched)
    parts = []
    kept: Counter[str] = Counter()
    for number, run in enumerate(runs):
        kept += run.kept
        bars = by_run.get(id(run), np.full(run.grid.bars, key))
        first_bar = sum(each.grid.bars for each in runs[:number])
        parts.append(_windows(run, bars, octaves, style, first_bar, dropped, kept))
    return EncodedPiece(join_windows(parts), key, dropped, kept)


def run_voices(grid: Grid, ranked: bool, melody_only: bool) -> RunVoices:
    """Choose a run's lines and recognise its chords."""
    if not grid.parts:
        silence = Line(np.full(grid.steps, SILENT, np.int16), np.zeros(grid.steps, np.bool_))
        return RunVoices(grid, silence, None, None, np.zeros((grid.bars, 12)), Counter())
    classes = beat_pitch_classes(grid)
    histogram = classes.sum(0, dtype=np.float64).reshape(grid.bars, -1, 12).sum(1)
    if melody_only or _is_one_voice(grid):
        voices = choose_lines(grid, True)
        kept = line_sums("melody", grid, voices.melody, voices.melody_path)
        return RunVoices(grid, voices.melody, None, None, histogram, kept)
    voices = choose_lines(grid, ranked)
    leads = voices.melody_path[None, :] == np.arange(len(grid.parts))[:, None]
    leads = np.repeat(leads, vo.BEATS_PER_BAR, axis=1)[:, :, None]
    weights = (classes * np.where(leads, OWN_MELODY_WEIGHT, 1.0)).sum(0)
    others = weights if len(grid.parts) == 1 else (classes * ~leads).sum(0)
    lowest = voices.bass.pitch.reshape(-1, vo.STEPS_PER_BEAT)
    first = np.where((lowest >= 0).any(1), lowest[np.arange(len(lowest)), (lowest >= 0).argmax(1)], SILENT)
    bass = np.where(first >= 0, first % 12, -1).astype(np.int64)
    chords = chords_of(weights, bass, others.sum(1) > HEARD_BEATS)
    kept = line_sums("melody", grid, voices.melody, voices.melody_path)
    kept += line_sums("bass", grid, voices.bass, voices.bass_path)
    kept += harmony_sums(classes, chords, voices.melody, voices.bass)
    return RunVoices(grid, voices.melody, voices.bass, chords, histogram, kept)


def _final(grid: Grid) -> int:
    """Return the pitch class of the lowest note among those that end last."""
    notes = np.concatenate([part.steps for part in grid.parts])
    return int(notes[notes[:, 1] == notes[:, 1].max(), 2].min()) % 12


def _is_one_voice(grid: Grid) -> bool:
    """Whether there is only one pitched part and it never plays two notes at the same time."""
    if len(grid.parts) != 1:
        return False
    steps = grid.parts[0].steps
    return bool(len(steps) == len(np.unique(steps[:, 0])))


def _octaves(runs: list[RunVoices]) -> dict[int, tuple[int, int]]:
    """Return, for each transposition, the octave shifts of melody and bass that leave the fewest notes to fold."""
    melody = _pitches([run.melody for run in runs])
    bass = _pitches([run.bass for run in runs if run.bass is not None])
    return {
        shift: (_best_octave(melody + shift, vo.MELODY_LOW), _best_octave(bass + shift, vo.BASS_LOW))
        for shift in range(-6, 6)
    }


def _pitches(lines: list[Line]) -> NDArray[np.int64]:
    found = [line.pitch[line.onset] for line in lines]
    return np.concatenate(found).astype(np.int64) if found else np.zeros(0, np.int64)


def _best_octave(pitches: NDArray[np.int64], low: int, near: int = 0) -> int:
    """Return the octave shift that leaves the fewest pitches outside a range; of equal ones, the nearest to `near`."""
    if not _outside(pitches + 12 * near, low):
        return near
    return min(OCTAVES, key=lambda octave: (_outside(pitches + 12 * octave, low), abs(octave - near)))


def _outside(pitches: NDArray[np.int64], low: int) -> int:
    return int(((pitches < low) | (pitches >= low + vo.PITCHES)).sum())


def line_tokens(line: Line, shift: int, low: int) -> NDArray[np.uint8]:
    """Return a line's tokens, transposed by `shift` semitones; notes outside the range are moved into it by octaves."""
    moved = line.pitch.astype(np.int64) + shift
    moved = np.where(moved < low, low + (moved - low) % 12, moved)
    high = low + vo.PITCHES
    moved = np.where(moved >= high, high - 12 + (moved - high) % 12, moved)
    held = np.where(line.onset, vo.FIRST_PITCH + moved - low, vo.HOLD)
    return np.where(line.pitch < 0, vo.REST, held).astype(np.uint8)


def _windows(
    run: RunVoices,
    keys: NDArray[np.int64],
    octaves: dict[int, tuple[int, int]],
    style: int,
    first_bar: int,
    dropped: Counter[str],
    kept: Counter[str],
) -> Windows:
    count = run.grid.bars - vo.BARS + 1
    if count < 1:
        return empty_windows(0)
    windows = empty_windows(count)
    windows.style[:] = style
    windows.bar[:] = first_bar + np.arange(count)
    keep = np.ones(count, np.bool_)
    for row in range(count):
        here = keys[row : row + vo.BARS]
        key = int(np.bincount(here, minlength=24).argmax())
        windows.mode[row] = key // 12
        reason = _fill(windows, row, run, transposition(key), octaves, kept)
        if reason:
            keep[row] = False
            dropped[reason] += 1
    return windows[keep]


def _fill(
    windows: Windows,
    row: int,
    run: RunVoices,
    shift: int,
    octaves: dict[int, tuple[int, int]],
    kept: Counter[str],
) -> str:
    """Write one window; return why it should be dropped, or ''."""
    bars = slice(row, row + vo.BARS)
    steps = slice(row * vo.STEPS_PER_BAR, row * vo.STEPS_PER_BAR + vo.STEPS)
    if run.grid.off_grid[bars].mean() > MAX_OFF_GRID:
        return "off the grid"
    voices = 0
    if run.grid.parts:
        windows.melody[row], melody_folded = _window_line(
            run.melody, steps, shift, octaves[shift][0], vo.MELODY_LOW
        )
        voices |= vo.VOICE_BIT["melody"]
        if _bars_sounding(windows.melody[row]) < MIN_BARS_SOUNDING:
            return "melody rests"
        notes = windows.melody[row][windows.melody[row] >= vo.FIRST_PITCH]
        if len(notes) < MIN_MELODY_NOTES or len(np.unique(notes)) < MIN_MELODY_PITCHES:
            return "melody stands still"
        if run.bass is not None:
            windows.bass[row], bass_folded = _window_line(
                run.bass, steps, shift, octaves[shift][1], vo.BASS_LOW
            )
            voices |= vo.VOICE_BIT["bass"]
            if _bars_sounding(windows.bass[row]) < MIN_BARS_SOUNDING:
                return "bass rests"
        if run.chords is not None:
            chords = run.chords[row * vo.BEATS_PER_BAR : row * vo.BEATS_PER_BAR + vo.BEATS]
            if (chords != vo.NO_CHORD).sum() >= MIN_CHORD_BEATS:
                windows.chords[row] = transpose_chords(chords, shift)
                voices |= vo.VOICE_BIT["harmony"]
        _count_folded(kept, "melody", windows.melody[row], melody_folded)
        if run.bass is not None:
            _count_folded(kept, "bass", windows.bass[row], bass_folded)
    drums = run.grid.drums[steps]
    if (drums > 0).sum() >= MIN_DRUM_STRIKES:
        windows.drums[row] = drums
        voices |= vo.VOICE_BIT["drums"]
    windows.voices[row] = voices
    return "" if voices else "silence"


def _count_folded(kept: Counter[str], voice: str, tokens: NDArray[np.uint8], folded: int) -> None:
    kept[f"{voice}_written"] += int((tokens >= vo.FIRST_PITCH).sum())
    kept[f"{voice}_folded"] += folded


def _window_line(
    line: Line, steps: slice, shift: int, octave: int, low: int
) -> tuple[NDArray[np.uint8], int]:
    """Return a window's tokens of a line and the number of single notes that had to be folded.

    The line keeps the piece's octave, or the nearest octave that leaves fewer notes to fold. A note held over from before the
    window starts again at its first step.
    """
    part = Line(line.pitch[steps], line.onset[steps].copy())
    part.onset[0] = part.pitch[0] >= 0
    pitches = part.pitch[part.onset].astype(np.int64) + shift
    octave = _best_octave(pitches, low, octave)
    tokens = line_tokens(part, shift + 12 * octave, low)
    return tokens, _outside(pitches + 12 * octave, low)


def _bars_sounding(tokens: NDArray[np.uint8]) -> int:
    return int((tokens.reshape(vo.BARS, -1) != vo.REST).any(1).sum())


def transpose_chords(chords: NDArray[np.uint8], shift: int) -> NDArray[np.uint8]:
    """Return chord tokens moved by `shift` semitones."""
    kinds = len(vo.QUALITIES)
    moved = (chords.astype(np.int64) - 1 + shift * kinds) % (12 * kinds) + 1
    return np.where(chords == vo.NO_CHORD, vo.NO_CHORD, moved).astype(np.uint8)
