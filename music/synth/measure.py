"""Measurements of a wave: aliasing, clicks, loop seams, spectral balance, stereo width."""

from typing import Final

import numpy as np
from scipy import signal

from music.synth.oscillators import TOP_HZ, Floats

# Tones have nothing above TOP_HZ: energy above this comes from abrupt starts or ends
CLICK_HZ: Final = TOP_HZ + 2000.0


def decibels(ratio: float) -> float:
    """Return 20 log10 of an amplitude ratio; -inf for 0."""
    return float(20 * np.log10(ratio)) if ratio > 0 else float("-inf")


def aliasing(tone: Floats, hertz: float, rate: int) -> float:
    """Return in dB the share of a steady tone's energy (samples) that is not at multiples of `hertz`."""
    window = np.blackman(len(tone))
    power = np.abs(np.fft.rfft(tone * window)) ** 2
    at = np.fft.rfftfreq(len(tone), 1 / rate)
    off = np.abs(at / hertz - np.maximum(1, np.round(at / hertz))) * hertz
    stray = power[off > 4 * rate / len(tone)].sum()
    return decibels(float(np.sqrt(stray / power.sum())))


def clicks(wave: Floats, rate: int) -> float:
    """Return the largest sample of a wave (samples, channels) after removing everything below 17 kHz.

    A note that is cut off is a step, which contains all frequencies; a note that ends properly stays below .002. Only for
    tones: drums have noise at these frequencies.
    """
    # Zeros around it, so that a wave that begins or ends away from zero is found as well.
    return float(np.abs(_above(np.pad(wave, ((64, 64), (0, 0))), rate)).max())


def _above(wave: Floats, rate: int) -> Floats:
    if rate < 2.2 * CLICK_HZ:
        raise ValueError(f"clicks: expected {2.2 * CLICK_HZ:.0f} samples a second or more, found {rate}")
    sos = signal.butter(6, CLICK_HZ, "highpass", fs=rate, output="sos")
    return np.asarray(signal.sosfiltfilt(sos, wave, axis=0), np.float32)


def seam(loop: Floats, rate: int) -> float:
    """Return by how much the step from a loop's last sample to its first exceeds all steps within 20 ms of it.

    Samples are (count, channels). The result is 0 for a loop that continues smoothly.
    """
    reach = min(len(loop) // 2, round(0.02 * rate))
    near = np.concatenate([np.diff(loop[-reach:], axis=0), np.diff(loop[:reach], axis=0)])
    return max(0.0, float((np.abs(loop[0] - loop[-1]) - np.abs(near).max(axis=0)).max()))


def seam_click(loop: Floats, rate: int) -> float:
    """Return the result of `clicks` within 1 ms of a loop's seam. Only for tones, like `clicks`."""
    reach = min(len(loop) // 2, rate // 4)
    around = np.concatenate([loop[-reach:], loop[:reach]])
    high = _above(around, rate)
    return float(np.abs(high[reach - rate // 1000 : reach + rate // 1000]).max())


def share_above(mix: Floats, hertz: float, rate: int) -> float:
    """Return the share 0..1 of the energy of `mix` (samples, channels) above a frequency."""
    at, power = signal.welch(mix.astype(np.float64), rate, nperseg=4096, axis=0)
    total = float(power.sum())
    return float(power[at >= hertz].sum()) / total if total else 0.0


def width(mix: Floats) -> float:
    """Return the energy of left minus right divided by that of left plus right: 0 is mono, 1 means side equals middle."""
    middle = float(np.square(mix[:, 0] + mix[:, 1]).sum())
    return float(np.square(mix[:, 0] - mix[:, 1]).sum()) / middle if middle else 0.0
