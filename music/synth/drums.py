"""The drum kits: every hit is computed once from swept sines and shaped noise. No sample files are used."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from music import vocabulary as vo
from music.synth.oscillators import Floats

CHOKED: Final = ("closed hat", "open hat")  # each of these cuts off the other
DRUM_OF_KEY: Final = {key: name for name, _, keys in vo.DRUMS for key in keys}
OTHER_DRUM: Final = "closed hat"  # the drum for General MIDI keys without a drum
FADE: Final = 0.012  # fade at the end of a hit, in seconds


class Hit(NamedTuple):
    """A drum in its kit: `make(rate)` gives mono samples with peaks of about 1; level is a factor, pan -1..1."""

    make: Callable[[int], Floats]
    level: float
    pan: float = 0.0


def drum_of(key: int) -> str:
    """Return the drum that plays a General MIDI key."""
    return DRUM_OF_KEY.get(key, OTHER_DRUM)


def _times(seconds: float, rate: int) -> Floats:
    return np.arange(round(seconds * rate), dtype=np.float32) / np.float32(rate)


def _decay(t: Floats, constant: float, attack: float = 0.001) -> Floats:
    """Return a percussive envelope: it rises in `attack` seconds, then falls with its time constant and reaches 0 at the end."""
    rise = np.minimum(1.0, t / attack)
    end = np.minimum(1.0, (t[-1] - t) / FADE)
    return np.asarray(rise * rise * (3 - 2 * rise) * np.exp(-t / constant) * end, np.float32)


def shaped_noise(seconds: float, seed: int, low: float, high: float, rate: int) -> Floats:
    """Return noise between two frequencies in Hz with RMS .3; equal seeds give equal noise."""
    count = round(seconds * rate)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    at = np.fft.rfftfreq(count, 1 / rate)
    spectrum *= (1 / np.sqrt(1 + (at / high) ** 8)) * (1 - 1 / np.sqrt(1 + (at / low) ** 4))
    wave = np.fft.irfft(spectrum, count)
    return np.asarray(wave * (0.3 / np.sqrt(np.mean(wave**2))), np.float32)


def swept_sine(t: Floats, start: float, end: float, bend: float, rate: int) -> Floats:
    """Return a sine that falls from `start` to `end` Hz with the time constant `bend`."""
    hertz = end + (start - end) * np.exp(-t.astype(np.float64) / bend)
    return np.sin(2 * np.pi * np.cumsum(hertz) / rate).astype(np.float32)


def _kick(start: float, end: float, bend: float, length: float, click: float) -> Callable[[int], Floats]:
    def make(rate: int) -> Floats:
        t = _times(length * 4, rate)
        body = swept_sine(t, start, end, bend, rate) * _decay(t, length)
        snap = shaped_noise(length * 4, 11, 900.0, 5000.0, rate) * _decay(t, 0.004)
        return np.asarray(np.tanh(1.4 * body) / np.float32(np.tanh(1.4)) + click * snap, np.float32)

    return make


def _snare(
    tone: float, body: float, low: float, high: float, length: float, gate: float = 0.0
) -> Callable[[int], Floats]:
    """Return a snare; with `gate` its noise is held for that many seconds and then cut, the gated sound of the 1980s."""

    def make(rate: int) -> Floats:
        t = _times(max(length * 5, gate * 1.4), rate)
        ring = swept_sine(t, tone * 1.7, tone, 0.012, rate) + 0.5 * swept_sine(
            t, tone * 2.6, tone * 1.8, 0.01, rate
        )
        fizz = shaped_noise(float(len(t)) / rate, 23, low, high, rate)
        shape = _decay(t, length)
        if gate:
            shut = 0.5 + 0.5 * np.cos(np.pi * np.clip((t - gate) / (0.3 * gate), 0, 1))
            shape = shape + 0.3 * _decay(t, gate * 2) * shut.astype(np.float32)
        return np.asarray(body * ring * _decay(t, length * 0.6) + 1.6 * fizz * shape, np.float32)

    return make


def _metal(
    seed: int, low: float, high: float, length: float, ring: float, pitch: float = 1.0
) -> Callable[[int], Floats]:
    """Return a hat or cymbal: noise and a few inharmonic partials."""
    partials = (3150.0, 4320.0, 5370.0, 6490.0, 7840.0, 9210.0)

    def make(rate: int) -> Floats:
        t = _times(length * 5, rate)
        wave = shaped_noise(float(len(t)) / rate, seed, low, high, rate)
        for number, hertz in enumerate(partials):
            if low * 0.6 < hertz * pitch < high:
                wave = wave + np.float32(ring) * np.sin(np.float32(2 * np.pi * hertz * pitch) * t + number)
        return np.asarray(wave * _decay(t, length), np.float32)

    return make


def _tom(start: float, end: float, length: float, skin: float) -> Callable[[int], Floats]:
    def make(rate: int) -> Floats:
        t = _times(length * 4, rate)
        body = swept_sine(t, start, end, 0.05, rate) * _decay(t, length)
        slap = shaped_noise(length * 4, 37, 400.0, 4000.0, rate) * _decay(t, 0.015)
        return np.asarray(body + skin * slap, np.float32)

    return make


KITS: Final[dict[str, dict[str, Hit]]] = {
    "chip": {
        "kick": Hit(_kick(260.0, 52.0, 0.022, 0.07, 0.3), 0.85),
        "snare": Hit(_snare(210.0, 0.35, 900.0, 9000.0, 0.06), 0.62),
        "closed hat": Hit(_metal(41, 5000.0, 12_000.0, 0.018, 0.05), 0.34, 0.2),
        "open hat": Hit(_metal(43, 4500.0, 12_000.0, 0.075, 0.05), 0.3, 0.2),
        "tom": Hit(_tom(260.0, 95.0, 0.09, 0.3), 0.62, -0.2),
        "cymbal": Hit(_metal(47, 3000.0, 11_000.0, 0.22, 0.03), 0.36, -0.25),
    },
    "neon": {
        "kick": Hit(_kick(190.0, 47.0, 0.028, 0.11, 0.45), 1.0),
        "snare": Hit(_snare(185.0, 0.6, 700.0, 8000.0, 0.085, 0.17), 0.6),
        "closed hat": Hit(_metal(51, 6500.0, 12_500.0, 0.022, 0.06), 0.4, 0.22),
        "open hat": Hit(_metal(53, 5500.0, 12_500.0, 0.11, 0.06), 0.36, 0.22),
        "tom": Hit(_tom(210.0, 82.0, 0.16, 0.35), 0.62, -0.25),
        "cymbal": Hit(_metal(57, 3200.0, 12_000.0, 0.38, 0.03), 0.42, -0.3),
    },
    "dark": {
        "kick": Hit(_kick(150.0, 41.0, 0.035, 0.12, 0.3), 1.0),
        "snare": Hit(_snare(160.0, 0.75, 450.0, 5500.0, 0.1, 0.24), 0.58),
        "closed hat": Hit(_metal(61, 5000.0, 10_000.0, 0.028, 0.09, 0.84), 0.36, 0.25),
        "open hat": Hit(_metal(63, 4200.0, 10_000.0, 0.13, 0.09, 0.84), 0.3, 0.25),
        "tom": Hit(_tom(160.0, 62.0, 0.2, 0.3), 0.68, -0.3),
        "cymbal": Hit(_metal(67, 2600.0, 9500.0, 0.45, 0.05, 0.84), 0.4, -0.3),
    },
}  # fmt: skip


@lru_cache(maxsize=64)
def render_hit(kit: str, drum: str, rate: int) -> Floats:
    """Return the samples of one hit at full velocity and its level, mono."""
    recipe = KITS[kit][drum]
    wave = (recipe.make(rate) * np.float32(recipe.level)).astype(np.float32)
    wave.setflags(write=False)
    return wave


def cut_short(wave: Floats, count: int, rate: int) -> Floats:
    """Return the first `count` samples of a hit with a fade at the end; a shorter hit is returned unchanged."""
    if count >= len(wave):
        return wave
    fade = min(count, round(FADE * rate))
    short = wave[:count].copy()
    short[count - fade :] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32)) ** 2
    return short
