"""Band-limited tones by wavetable: every pitch has its own cycle without harmonics above TOP_HZ.

Tables are made in the frequency domain, so a low-pass filter costs nothing during playback: the wave is written for a few
cut-offs, and a moving filter interpolates between these tables. Nothing aliases, because nothing above half the sample rate
is written.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

TABLE: Final = 4096  # samples of one cycle; a power of two
TOP_HZ: Final = 15_000.0  # no harmonic above this frequency
WAVES: Final = ("sine", "triangle", "pulse", "saw")
CUTOFFS: Final = 5  # tables between the two ends of a moving filter


def frequency(pitch: float) -> float:
    """Return the frequency in Hz of a MIDI pitch; 69 is A at 440."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def harmonics(wave: str, duty: float, count: int) -> NDArray[np.complex128]:
    """Return the Fourier coefficients 1..count of a wave with peaks of about 1, for a real inverse transform."""
    n = np.arange(1, count + 1, dtype=np.float64)
    if wave == "sine":
        return np.where(n == 1, -1j, 0j)
    if wave == "triangle":
        return np.where(n % 2 == 1, -1j * 8 / np.pi**2 * (-1.0) ** ((n - 1) // 2) / n**2, 0j)
    if wave == "saw":
        return (-2j / np.pi / n).astype(np.complex128)
    if wave == "pulse":
        return (4 / np.pi / n * np.sin(np.pi * n * duty)).astype(np.complex128)
    raise ValueError(f"expected a wave of {', '.join(WAVES)}, found {wave!r}")


def low_pass(at: Doubles, cutoff: float, resonance: float) -> Doubles:
    """Return the gain at frequencies `at` (Hz) of a 12 dB/octave low-pass with a peak of `resonance` at its cut-off."""
    ratio = at / cutoff
    bump = resonance * np.exp(-0.5 * (np.log2(np.maximum(ratio, 1e-9)) / 0.35) ** 2)
    return np.asarray((1 + bump) / np.sqrt(1 + ratio**4))


@lru_cache(maxsize=2048)
def wavetables(
    wave: str, duty: float, hertz: float, cutoff: tuple[float, float], resonance: float, rate: int
) -> Floats:
    """Return the cycles of a wave at `hertz`, shape (1 or CUTOFFS, TABLE + 1); the last sample repeats the first.

    `cutoff` has the filter's two end frequencies in Hz; equal ends give one table.
    """
    top = min(TOP_HZ, 0.45 * rate)
    count = max(1, min(int(top / hertz), TABLE // 4))
    at = hertz * np.arange(1, count + 1, dtype=np.float64)
    coefficients = harmonics(wave, duty, count)
    ends = np.geomspace(*cutoff, CUTOFFS) if cutoff[0] != cutoff[1] else np.array(cutoff[:1])
    spectrum = np.zeros((len(ends), TABLE // 2 + 1), np.complex128)
    for row, edge in enumerate(ends):
        spectrum[row, 1 : count + 1] = coefficients * low_pass(at, float(edge), resonance)
    cycle = np.fft.irfft(spectrum, TABLE, axis=1) * (TABLE / 2)
    result = np.concatenate([cycle, cycle[:, :1]], axis=1).astype(np.float32)
    result.setflags(write=False)
    return result


def phases(hertz: float, count: int, rate: int, start: float, bend: Doubles | None) -> Doubles:
    """Return the phase in cycles of `count` samples; `bend` is a factor of the frequency for each (vibrato)."""
    if bend is None:
        return np.asarray(start + np.arange(count) * (hertz / rate), np.float64)
    phase: Doubles = np.cumsum(bend)
    phase *= hertz / rate
    phase += start - phase[0]
    return phase


def read_wavetable(cycles: Floats, phase: Doubles, place: Floats | None) -> Floats:
    """Return the tables' values at `phase` (cycles, not negative); `place` 0..1 is the position between the cut-offs."""
    position = phase * TABLE
    index = position.astype(np.int64)
    part = (position - index).astype(np.float32)
    index &= TABLE - 1
    if len(cycles) == 1 or place is None:
        cycle = cycles[-1]
        low = cycle[index]
        index += 1
        return np.asarray(low + part * (cycle[index] - low))
    height = place * np.float32(len(cycles) - 1)
    row = np.minimum(height.astype(np.int64), len(cycles) - 2)
    height = height - row.astype(np.float32)
    flat = cycles.ravel()
    index += row * (TABLE + 1)
    low = flat[index]
    low += part * (flat[index + 1] - low)
    index += TABLE + 1
    high = flat[index]
    high += part * (flat[index + 1] - high)
    high -= low
    high *= height
    high += low
    return high
