"""A score to windows of tokens: grid, lines, chords, key, then four bars at a time, one bar apart."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.corpus.grid import SILENT, Floats, Grid, Line, grid_of, pitch_classes
from music.corpus.harmony import chords_of
from music.corpus.keys import keys_of, transposition
from music.corpus.lines import choose_lines
from music.corpus.score import Score
from music.windows import Windows, empty, join

# A window is dropped, and counted under the reason, where
MAX_OFF_GRID: Final = 0.35  # more than this share of its onsets lies off the grid of 16ths: triplets, free playing
MIN_BARS_SOUNDING: Final = 2  # melody or bass sounds in fewer of its four bars
MIN_MELODY_NOTES: Final = 4  # the melody has fewer notes
MIN_MELODY_PITCHES: Final = 2  # or fewer different pitches
# A voice is missing from a window, and its tokens are silence, where
MIN_CHORD_BEATS: Final = 8  # fewer beats have a chord
MIN_DRUM_STRIKES: Final = 4  # fewer steps are struck

OWN_MELODY_WEIGHT: Final = 0.5  # of the melody's notes in recognising chords
OCTAVES: Final = range(-4, 5)


@dataclass(frozen=True)
class EncodedPiece:
    """The windows of one piece, the key most of its bars are in, and why other windows were dropped."""

    windows: Windows
    key: int  # mode * 12 + tonic
    dropped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class RunVoices:
    """The voices of one run before transposition: what the codec keeps of the music."""

    grid: Grid
    melody: Line
    bass: Line | None
    chords: NDArray[np.uint8] | None  # (beats,)
    histogram: Floats  # (bars, 12): how long each pitch class sounds


def encode_score(score: Score, style: int, melody_only: bool) -> EncodedPiece:
    """Return all usable windows of a score. `melody_only`: tune-books, whose pieces have one voice."""
    ranked = vo.STYLES[style] in ("chorale", "chamber")
    runs = [run_voices(grid_of(score, run), ranked, melody_only) for run in score.runs]
    dropped: Counter[str] = Counter()
    pitched = [run for run in runs if run.grid.parts]
    if pitched:
        keys = np.split(
            keys_of(np.concatenate([run.histogram for run in pitched]), score.sharps),
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
    for number, run in enumerate(runs):
        bars = by_run.get(id(run), np.full(run.grid.bars, key))
        first_bar = sum(each.grid.bars for each in runs[:number])
        parts.append(_windows(run, bars, octaves, style, first_bar, dropped))
    return EncodedPiece(join(parts), key, dropped)


def run_voices(grid: Grid, ranked: bool, melody_only: bool) -> RunVoices:
    """Choose a run's lines and recognise its chords."""
    if not grid.parts:
        silence = Line(np.full(grid.steps, SILENT, np.int16), np.zeros(grid.steps, np.bool_))
        return RunVoices(grid, silence, None, None, np.zeros((grid.bars, 12)))
    every = np.ones((len(grid.parts), grid.bars))
    histogram = pitch_classes(grid.parts, grid.bars, every).reshape(grid.bars, -1, 12).sum(1)
    if melody_only or _is_one_voice(grid):
        return RunVoices(grid, choose_lines(grid, True).melody, None, None, histogram)
    voices = choose_lines(grid, ranked)
    leads = voices.melody_part[None, :] == np.arange(len(grid.parts))[:, None]
    weights = pitch_classes(grid.parts, grid.bars, np.where(leads, OWN_MELODY_WEIGHT, 1.0))
    others = pitch_classes(grid.parts, grid.bars, np.where(leads & (len(grid.parts) > 1), 0.0, 1.0))
    lowest = voices.bass.pitch.reshape(-1, vo.STEPS_PER_BEAT)
    first = np.where((lowest >= 0).any(1), lowest[np.arange(len(lowest)), (lowest >= 0).argmax(1)], SILENT)
    bass = np.where(first >= 0, first % 12, -1).astype(np.int64)
    chords = chords_of(weights, bass, others.sum(1) > HEARD_BEATS)
    return RunVoices(grid, voices.melody, voices.bass, chords, histogram)


HEARD_BEATS: Final = 0.1  # of a beat: shorter sound is silence to the chords


def _is_one_voice(grid: Grid) -> bool:
    """Whether there is one pitched part and it never plays two notes at once."""
    if len(grid.parts) != 1:
        return False
    steps = grid.parts[0].steps
    return bool(len(steps) == len(np.unique(steps[:, 0])))


def _octaves(runs: list[RunVoices]) -> dict[int, tuple[int, int]]:
    """Return, for each transposition, the octaves' shift of melody and bass that leaves the fewest notes to fold."""
    melody = _pitches([run.melody for run in runs])
    bass = _pitches([run.bass for run in runs if run.bass is not None])
    return {
        shift: (_best_octave(melody + shift, vo.MELODY_LOW), _best_octave(bass + shift, vo.BASS_LOW))
        for shift in range(-6, 6)
    }


def _pitches(lines: list[Line]) -> NDArray[np.int64]:
    found = [line.pitch[line.onset] for line in lines]
    return np.concatenate(found).astype(np.int64) if found else np.zeros(0, np.int64)


def _best_octave(pitches: NDArray[np.int64], low: int) -> int:
    def cost(octave: int) -> tuple[int, int]:
        moved = pitches + 12 * octave
        return int(((moved < low) | (moved >= low + vo.PITCHES)).sum()), abs(octave)

    return min(OCTAVES, key=cost)


def line_tokens(line: Line, shift: int, low: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a line's tokens, moved by `shift` semitones and folded, and the token that would strike each step again."""
    moved = line.pitch.astype(np.int64) + shift
    moved = np.where(moved < low, low + (moved - low) % 12, moved)
    high = low + vo.PITCHES
    moved = np.where(moved >= high, high - 12 + (moved - high) % 12, moved)
    struck = np.where(line.pitch >= 0, vo.FIRST_PITCH + moved - low, vo.REST).astype(np.uint8)
    held = np.where(line.onset | (line.pitch < 0), struck, vo.HOLD).astype(np.uint8)
    return held, struck


def _windows(
    run: RunVoices,
    keys: NDArray[np.int64],
    octaves: dict[int, tuple[int, int]],
    style: int,
    first_bar: int,
    dropped: Counter[str],
) -> Windows:
    count = run.grid.bars - vo.BARS + 1
    if count < 1:
        return empty(0)
    windows = empty(count)
    windows.style[:] = style
    windows.bar[:] = first_bar + np.arange(count)
    keep = np.ones(count, np.bool_)
    for row in range(count):
        here = keys[row : row + vo.BARS]
        key = int(np.bincount(here, minlength=24).argmax())
        windows.mode[row] = key // 12
        reason = _fill(windows, row, run, transposition(key), octaves)
        if reason:
            keep[row] = False
            dropped[reason] += 1
    return windows[keep]


def _fill(windows: Windows, row: int, run: RunVoices, shift: int, octaves: dict[int, tuple[int, int]]) -> str:
    """Write one window; return why it should be dropped, or ''."""
    bars = slice(row, row + vo.BARS)
    steps = slice(row * vo.STEPS_PER_BAR, row * vo.STEPS_PER_BAR + vo.STEPS)
    if run.grid.off_grid[bars].mean() > MAX_OFF_GRID:
        return "off the grid"
    voices = 0
    if run.grid.parts:
        melody_octave, bass_octave = octaves[shift]
        windows.melody[row] = _window_line(run.melody, steps, shift + 12 * melody_octave, vo.MELODY_LOW)
        voices |= vo.VOICE_BIT["melody"]
        if _bars_sounding(windows.melody[row]) < MIN_BARS_SOUNDING:
            return "melody rests"
        notes = windows.melody[row][windows.melody[row] >= vo.FIRST_PITCH]
        if len(notes) < MIN_MELODY_NOTES or len(np.unique(notes)) < MIN_MELODY_PITCHES:
            return "melody stands still"
        if run.bass is not None:
            windows.bass[row] = _window_line(run.bass, steps, shift + 12 * bass_octave, vo.BASS_LOW)
            voices |= vo.VOICE_BIT["bass"]
            if _bars_sounding(windows.bass[row]) < MIN_BARS_SOUNDING:
                return "bass rests"
        if run.chords is not None:
            chords = run.chords[row * vo.BEATS_PER_BAR : row * vo.BEATS_PER_BAR + vo.BEATS]
            if (chords != vo.NO_CHORD).sum() >= MIN_CHORD_BEATS:
                windows.chords[row] = transposed(chords, shift)
                voices |= vo.VOICE_BIT["harmony"]
    drums = run.grid.drums[steps]
    if (drums > 0).sum() >= MIN_DRUM_STRIKES:
        windows.drums[row] = drums
        voices |= vo.VOICE_BIT["drums"]
    windows.voices[row] = voices
    return "" if voices else "silence"


def _window_line(line: Line, steps: slice, shift: int, low: int) -> NDArray[np.uint8]:
    """Return a window's tokens of a line; a note held into the window is struck again at its first step."""
    part = Line(line.pitch[steps], line.onset[steps])
    held, struck = line_tokens(part, shift, low)
    held[0] = struck[0]
    return held


def _bars_sounding(tokens: NDArray[np.uint8]) -> int:
    return int((tokens.reshape(vo.BARS, -1) != vo.REST).any(1).sum())


def transposed(chords: NDArray[np.uint8], shift: int) -> NDArray[np.uint8]:
    """Return chord tokens moved by `shift` semitones."""
    kinds = len(vo.QUALITIES)
    moved = (chords.astype(np.int64) - 1 + shift * kinds) % (12 * kinds) + 1
    return np.where(chords == vo.NO_CHORD, vo.NO_CHORD, moved).astype(np.uint8)
