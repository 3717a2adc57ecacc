"""Echo, reverb, ducking and limiting. All except the limiter's curve are linear, so the sections add up to the whole."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage, signal

from music.synth.oscillators import Floats

ECHO_FLOOR: Final = 0.01  # repeats below this share of the first are left out
HIGHEST: Final = 0.45  # of the sample rate: a higher cut-off has no effect
DUCK_ATTACK: Final = 0.005  # seconds
LIMIT_REACH: Final = 0.006  # seconds before and after a peak in which the limiter reduces the level


def echo_taps(feedback: float) -> list[float]:
    """Return the level of each repeat; the first is 1."""
    taps = [1.0]
    while taps[-1] * feedback > ECHO_FLOOR:
        taps.append(taps[-1] * feedback)
    return taps


def add_echo(out: Floats, sent: Floats, delay: int, feedback: float, cutoff: float, rate: int) -> None:
    """Add repeats of `sent` (samples) to `out` (2, samples), alternately left and right, `delay` samples apart."""
    soft = soften(sent, cutoff, rate)
    for number, level in enumerate(echo_taps(feedback)):
        first = delay * (number + 1)
        count = min(len(soft), out.shape[1] - first)
        if count <= 0:
            return
        out[number % 2, first : first + count] += np.float32(level) * soft[:count]


def soften(wave: Floats, cutoff: float, rate: int) -> Floats:
    """Return `wave` filtered by a first-order low-pass."""
    b, a = signal.butter(1, min(cutoff, HIGHEST * rate), fs=rate)
    return np.asarray(signal.lfilter(b.astype(np.float32), a.astype(np.float32), wave), np.float32)


@lru_cache(maxsize=16)
def room_impulse(seconds: float, rate: int) -> Floats:
    """Return the impulse response of a room, shape (2, samples): noise that loses treble as it decays by 60 dB in `seconds`."""
    count = round(seconds * rate)
    t = np.arange(count) / rate
    out = np.zeros((2, count))
    rng = np.random.default_rng(1984)
    for channel in range(2):
        noise = rng.standard_normal(count)
        for low, high, share in ((250.0, 1200.0, 1.0), (1200.0, 3500.0, 0.75), (3500.0, 7000.0, 0.5)):
            band = signal.sosfilt(
                signal.butter(2, (low, min(high, HIGHEST * rate)), "bandpass", fs=rate, output="sos"), noise
            )
            out[channel] += band * np.exp(-6.9 * t / (seconds * share))
    before = round(0.012 * rate)  # a short delay keeps the attack clear
    out *= np.clip((t - 0.012) / 0.01, 0, 1) * np.minimum(1.0, (count - np.arange(count)) / max(1, before))
    out /= np.sqrt((out**2).sum(axis=1, keepdims=True))
    result = out.astype(np.float32)
    result.setflags(write=False)
    return result


@lru_cache(maxsize=16)
def _room_spectrum(seconds: float, rate: int, size: int) -> NDArray[np.complex64]:
    return np.asarray(fft.rfft(room_impulse(seconds, rate), size, axis=1))


def add_reverb(out: Floats, sent: Floats, seconds: float, rate: int) -> None:
    """Add the reverb of `sent` (samples) to `out` (2, samples), block by block in the frequency domain."""
    answer = room_impulse(seconds, rate).shape[1]
    size = 1 << (2 * answer - 1).bit_length()
    step = size - answer + 1
    spectrum = _room_spectrum(seconds, rate, size)
    for first in range(0, len(sent), step):
        block = sent[first : first + step]
        if not block.any():
            continue
        wet = fft.irfft(fft.rfft(block, size) * spectrum, size, axis=1)
        count = min(len(block) + answer - 1, out.shape[1] - first)
        out[:, first : first + count] += wet[:, :count]


def duck_curve(count: int, kicks: NDArray[np.int64], recovery: int, rate: int) -> Floats:
    """Return the ducking 0..1 of each of `count` samples: 1 at a kick, falling to 0 within `recovery` samples."""
    rise = round(DUCK_ATTACK * rate)
    fall = np.cos(np.linspace(0, np.pi / 2, max(2, recovery), dtype=np.float32)) ** 2
    shape = np.concatenate([np.linspace(0, 1, rise, dtype=np.float32), fall])
    curve = np.zeros(count, np.float32)
    for kick in kicks.tolist():
        low, high = max(0, kick), min(count, kick + len(shape))
        if low < high:
            np.maximum(curve[low:high], shape[low - kick : high - kick], out=curve[low:high])
    return curve


def limiter_curve(mix: Floats, ceiling: float, rate: int, *, loop: bool = False) -> Floats | None:
    """Return a gain for each sample of `mix` (samples, 2) that keeps its peaks below `ceiling`; None if no peak is above.

    The gain looks ahead and moves over 6 ms, so that it does not click. The same curve can be applied to every stem.
    """
    peaks = np.abs(mix).max(axis=1) if len(mix) else np.zeros(0, np.float32)
    if not len(peaks) or float(peaks.max()) <= ceiling:
        return None
    mode = "wrap" if loop else "nearest"
    wanted = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    reach = 2 * round(LIMIT_REACH * rate) + 1
    held = ndimage.minimum_filter1d(wanted, reach, mode=mode)
    return np.asarray(ndimage.uniform_filter1d(held, reach, mode=mode), np.float32)
