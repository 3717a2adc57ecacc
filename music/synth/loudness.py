"""Loudness of a mix (ITU-R BS.1770 by pyloudnorm), and normalising pieces to one loudness below the peak limit."""

from dataclasses import replace
from typing import Final

import numpy as np
import pyloudnorm
from scipy import signal

from music.synth.effects import limiter_curve
from music.synth.oscillators import Floats
from music.synth.render import RenderedPiece, mixdown

TARGET: Final = -15.0  # LUFS
PEAK: Final = 10 ** (-1.0 / 20)  # -1 dBFS
CEILING: Final = 10 ** (-1.6 / 20)  # of samples, so that the wave between samples stays below PEAK
SHORTEST: Final = 0.4  # seconds that the meter needs
BLOCK: Final = 512  # samples of a block that is examined for peaks


def measure_lufs(mix: Floats, rate: int) -> float:
    """Return the integrated loudness in LUFS of `mix` (samples, 2); -inf for silence.

    Audio shorter than the meter's block of .4 s is repeated for the measurement.
    """
    if not len(mix) or not mix.any():
        return float("-inf")
    needed = int(SHORTEST * rate) + 1
    if len(mix) < needed:
        mix = np.tile(mix, (-(-needed // len(mix)), 1))
    return float(pyloudnorm.Meter(rate).integrated_loudness(mix.astype(np.float64)))


def true_peak(mix: Floats) -> float:
    """Return the largest value of the wave between the samples (four times oversampled around the highest samples)."""
    if not len(mix):
        return 0.0
    size = np.abs(mix).max(axis=1)
    highest = float(size.max())
    count = -(-len(mix) // BLOCK)
    blocks = np.zeros(count * BLOCK, np.float32)
    blocks[: len(size)] = size
    peaks = blocks.reshape(count, BLOCK).max(axis=1)
    for block in np.argsort(-peaks, kind="stable")[:64].tolist():
        part = mix[max(0, block * BLOCK - 64) : (block + 1) * BLOCK + 64]
        fine = signal.resample_poly(part, 4, 1, axis=0)
        # The filter rings at the ends of the block, which are not ends of the wave.
        inside = fine[4 * 32 : -4 * 32] if len(part) > BLOCK else fine
        highest = max(highest, float(np.abs(inside).max()))
    return highest


def gain_for(mix: Floats, rate: int) -> float:
    """Return the factor that brings `mix` to TARGET; 1 for silence. Its peaks may then need `normalise_loudness`'s limiter."""
    loudness = measure_lufs(mix, rate)
    return 10 ** ((TARGET - loudness) / 20) if np.isfinite(loudness) else 1.0


def normalise_loudness(rendered: RenderedPiece, gain: float | None = None) -> RenderedPiece:
    """Return the stems at -15 LUFS as a mix, its peaks below -1 dBFS.

    Every stem gets the same factor and, if the peaks require it, the same limiting curve, so the stems still add up to the
    mix. `gain` replaces the measured factor, so that sections keep their loudness relative to the whole.
    """
    mix = mixdown(rendered.stems)
    if gain is None:
        gain = gain_for(mix, rendered.sample_rate)
        # Limiting reduces the loudness: compensate for it, at most twice.
        for _ in range(2):
            curve = limiter_curve(mix * np.float32(gain), CEILING, rendered.sample_rate, loop=rendered.loop)
            if curve is None:
                break
            gain *= gain_for(mix * np.float32(gain) * curve[:, None], rendered.sample_rate)
    loud = rendered.scaled(gain)
    whole = mixdown(loud.with_tails())
    curve = limiter_curve(whole, CEILING, rendered.sample_rate, loop=rendered.loop)
    if curve is None:
        return loud
    split = loud.samples
    return replace(
        loud,
        stems={voice: stem * curve[:split, None] for voice, stem in loud.stems.items()},
        tails={voice: tail * curve[split:, None] for voice, tail in loud.tails.items()},
    )
