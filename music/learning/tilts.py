"""Fit the tilts of `chain.py` by moment matching: the same frequencies in generated windows as in training windows.

The trained networks are not changed. Windows are drawn under the conditions of training windows, the cells of every table are
counted in both, and each tilt moves by the log of the ratio of the two frequencies; this converges in a few rounds. It is
iterative scaling towards an exponential family with the networks as its base (Darroch & Ratcliff, Annals of Mathematical
Statistics 1972), with the counts of samples in place of exact sums.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.generators import chain
from music.generators import contract as co
from music.generators.chain import Counts, Tilts
from music.generators.contract import Floats
from music.generators.play import Conditions, Generators
from music.windows import Windows

Draw = Callable[[Tilts, np.random.Generator], Counts]  # draws windows under tilts, counts their cells
Fitter = Callable[[float, Tilts, int], dict[str, Floats]]  # temperature, initial tilts, rounds -> tilts

ROUNDS = 16
RATE = 0.5  # share of the log ratio per round: a cell is tilted by several tables at the same time
POOLED = 50.0  # pseudo-counts per context in the proportions of all styles, added to each style's own
FLOOR = 1e-5  # added to every frequency
LIMIT = 6.0  # largest absolute tilt; a file may hold up to chain.MOST


def fit_tilts(wanted: Counts, draw: Draw, start: Tilts, rounds: int = ROUNDS) -> dict[str, Floats]:
    """Return tilts, starting from `start`, under which the counts of `draw` have the proportions of `wanted`.

    A style with few windows is smoothed towards all styles together; a style with none uses their proportions.
    """
    tilts = {name: table.copy() for name, table in start.items()}
    aim = _frequencies(wanted)
    for number in range(rounds):
        found = _frequencies(draw(tilts, np.random.default_rng([7, number])))
        for name, table in tilts.items():
            step = RATE * np.log((aim[name] + FLOOR) / (found[name] + FLOOR))
            moved = table + step
            # remove the shift common to all outcomes of a context: it would make notes in general more or less likely
            moved -= (aim[name] * moved).sum(-1, keepdims=True)
            tilts[name] = np.clip(moved, -LIMIT, LIMIT).astype(np.float32)
    return tilts


def chord_fitter(generators: Generators, conditions: Conditions, windows: Windows) -> Fitter:
    """Return a fitter of the chords' tilts: samples under `conditions` should match `windows`."""
    noise = np.random.default_rng(5).standard_normal((len(conditions), co.CHORD_NOISE), np.float32)
    logits = generators.chord_logits(noise, conditions)
    wanted = chain.count_chords(windows.chords, windows.style)

    def fit_at(temperature: float, start: Tilts, rounds: int) -> dict[str, Floats]:
        def draw(tilts: Tilts, chance: np.random.Generator) -> Counts:
            chords = chain.draw_chords(logits, temperature, tilts, conditions.style, chance)
            return chain.count_chords(chords, conditions.style)

        return fit_tilts(wanted, draw, start, rounds)

    return fit_at


def line_fitter(generators: Generators, conditions: Conditions, windows: Windows) -> Fitter:
    """Return a fitter of the lines' tilts, over chords that the generators draw."""
    chance = np.random.default_rng(6)
    count = len(conditions)
    chords = generators.chords(
        chance.standard_normal((count, co.CHORD_NOISE), np.float32), conditions, chance
    )
    shared = chance.standard_normal((count, co.GLOBAL_NOISE), np.float32)
    bars = chance.standard_normal((count, vo.BARS, co.BAR_NOISE), np.float32)
    logits = generators.line_logits(shared, bars, conditions, chords)
    wanted = chain.count_lines(windows.melody, windows.bass, windows.chords, windows.style)

    def fit_at(temperature: float, start: Tilts, rounds: int) -> dict[str, Floats]:
        def draw(tilts: Tilts, chance: np.random.Generator) -> Counts:
            melody, bass = chain.draw_lines(logits, temperature, tilts, chords, conditions.style, chance)
            return chain.count_lines(melody, bass, chords, conditions.style)

        return fit_tilts(wanted, draw, start, rounds)

    return fit_at


FITTERS: dict[str, Callable[[Generators, Conditions, Windows], Fitter]] = {
    "chords": chord_fitter,
    "lines": line_fitter,
}


def _frequencies(counts: Counts) -> dict[str, NDArray[np.float64]]:
    """Return the share of each outcome in its context (the last axis sums to 1), each style smoothed towards all."""
    result = {}
    for name, count in counts.items():
        pooled = count.sum(1, keepdims=True) + 1e-3
        pooled = pooled / pooled.sum(-1, keepdims=True)
        leaning = count + POOLED * pooled
        result[name] = leaning / leaning.sum(-1, keepdims=True)
    return result
