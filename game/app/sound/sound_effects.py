"""Synthesised sound effects: every sound of the game is computed here at the start, none is a file.

A sound is a float32 mono array at `RATE`. Building blocks first (swept tones with a bounded number of harmonics, FM
bells, filtered noise, envelopes), then `SOUNDS`, the table of functions by name.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

RATE: Final = 44_100  # samples a second
PEAK: Final = 0.89  # peak of every finished sound (-1 dB), so that none clips
FADE_SECONDS: Final = 0.004  # fade at both ends, so that no sound clicks
Wave = np.ndarray[Any, np.dtype[np.float32]]

# Semitones above A4 of the notes in pings and jingles: A minor pentatonic, so that any mix of them sounds in tune
PENTATONIC: Final = (0, 3, 5, 7, 10, 12, 15, 17, 19, 22, 24)


def note(semitones: float) -> float:
    """Return the frequency in Hz, `semitones` above 440."""
    return float(440.0 * 2 ** (semitones / 12))


def _times(seconds: float) -> Wave:
    return (np.arange(int(seconds * RATE)) / RATE).astype(np.float32)


def decay(seconds: float, half: float, attack: float = 0.002) -> Wave:
    """Return an envelope that rises in `attack` seconds, halves every `half` seconds and ends at 0."""
    t = _times(seconds)
    rise = np.minimum(1.0, t / max(attack, 1e-6))
    end = np.minimum(1.0, (seconds - t) / (0.2 * seconds))
    return np.asarray(rise * 0.5 ** (t / half) * end, np.float32)


def glide(
    seconds: float, start: float, end: float, harmonics: Sequence[float] = (1.0,), bend: float = 3.0
) -> Wave:
    """Return a tone that glides from `start` to `end` Hz, fast at first; harmonics above 16 kHz are left out."""
    t = _times(seconds)
    share = (1 - np.exp(-bend * t / seconds)) / (1 - np.exp(-bend))
    frequency = start * (end / start) ** share
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    wave = np.zeros_like(t)
    for n, level in enumerate(harmonics, start=1):
        wave += level * np.sin(n * phase) * (n * frequency < 16_000)
    return wave.astype(np.float32)


def bell(
    seconds: float, frequency: float, ratio: float = 2.76, depth: float = 2.2, half: float = 0.06
) -> Wave:
    """Return a struck FM bell: the brightness fades sooner than the tone."""
    t = _times(seconds)
    index = depth * 0.5 ** (t / (half * 0.6))
    modulator = np.sin(2 * np.pi * frequency * ratio * t)
    tone = np.sin(2 * np.pi * frequency * t + index * modulator)
    return np.asarray(tone * decay(seconds, half), np.float32)


def noise(seconds: float, seed: int, low: float = 20.0, high: float = 16_000.0) -> Wave:
    """Return noise between two frequencies (Hz), always the same for the same seed."""
    count = int(seconds * RATE)
    white = np.random.default_rng(seed).standard_normal(count)
    spectrum = np.fft.rfft(white)
    frequency = np.fft.rfftfreq(count, 1 / RATE)
    curve = 1 / (1 + (frequency / high) ** 6) * (1 - 1 / (1 + (frequency / low) ** 4))
    wave = np.fft.irfft(spectrum * curve, count)
    return (wave / max(1e-9, float(np.abs(wave).max()))).astype(np.float32)


def swept_noise(seconds: float, seed: int, start: float, end: float, bands: int = 5) -> Wave:
    """Return noise whose upper edge glides from `start` to `end` Hz."""
    edges = np.geomspace(start, end, bands)
    place = np.linspace(0, bands - 1, int(seconds * RATE))
    wave = np.zeros(int(seconds * RATE), np.float32)
    for n, edge in enumerate(edges):
        weight = np.clip(1 - np.abs(place - n), 0, 1)
        wave += (noise(seconds, seed, 30.0, float(edge)) * weight).astype(np.float32)
    return wave


def mix_parts(*parts: tuple[float, float, Wave]) -> Wave:
    """Return the sum of (start in seconds, level, wave) parts."""
    length = max(int(start * RATE) + wave.size for start, _, wave in parts)
    out = np.zeros(length, np.float32)
    for start, level, wave in parts:
        first = int(start * RATE)
        out[first : first + wave.size] += np.float32(level) * wave
    return out


def add_echo(wave: Wave, delay: float, level: float, times: int = 3) -> Wave:
    """Return `wave` with fading repeats."""
    return mix_parts(*[(n * delay, level**n, wave) for n in range(times + 1)])


def finish(wave: Wave) -> Wave:
    """Return `wave` without offset, faded at both ends, its peak at PEAK."""
    wave = wave - np.float32(wave.mean())
    fade = min(int(FADE_SECONDS * RATE), wave.size // 2)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    wave[:fade] *= ramp
    wave[wave.size - fade :] *= ramp[::-1]
    return (wave * (PEAK / max(1e-9, float(np.abs(wave).max())))).astype(np.float32)


SQUARE: Final = (1.0, 0.0, 0.33, 0.0, 0.2, 0.0, 0.14)
SAW: Final = (1.0, 0.5, 0.33, 0.25, 0.2)


def _shot(start: float, end: float, seconds: float, body: float) -> Wave:
    zap = glide(seconds, start, end, SQUARE, 4.0) * decay(seconds, seconds * 0.3)
    snap = noise(0.03, 11, 1500, 9000) * decay(0.03, 0.006, 0.0005)
    thump = glide(seconds, end * 0.9, end * 0.35) * decay(seconds, seconds * 0.25)
    return mix_parts((0, 0.55, zap), (0, 0.35, snap), (0, body, thump))


def _bank(number: int) -> Wave:
    frequency = note(PENTATONIC[min(len(PENTATONIC) - 1, 3 + 2 * number)])
    return mix_parts(
        (0, 0.8, bell(0.32, frequency, 2.0, 1.4, 0.055)),
        (0, 0.3, bell(0.2, frequency * 2.01, 3.5, 0.8, 0.03)),
        (0, 0.2, noise(0.012, 5, 2500, 12_000) * decay(0.012, 0.003, 0.0005)),
    )


def _mirror() -> Wave:
    parts = [
        (n * 0.022, 0.7 - 0.12 * n, bell(0.5, note(k), 3.52, 1.1, 0.1)) for n, k in enumerate((24, 31, 36))
    ]
    return mix_parts(*parts)


def _portal() -> Wave:
    t = _times(0.42)
    wobble = np.sin(2 * np.pi * 11 * t)
    up = glide(0.42, 240, 1250, (1, 0.3, 0.2), 1.2) * (0.65 + 0.35 * wobble).astype(np.float32)
    air = swept_noise(0.42, 21, 700, 6000) * np.float32(0.5)
    return np.asarray((up + air) * np.sin(np.pi * t / 0.42) ** 0.6, np.float32)


def _hit(heavy: bool) -> Wave:
    base = 150 if heavy else 210
    return mix_parts(
        (0, 0.9, glide(0.2, base, base * 0.35, (1, 0.4, 0.2)) * decay(0.2, 0.045)),
        (0, 0.5, noise(0.12, 31, 400, 5000) * decay(0.12, 0.02, 0.0005)),
        (0, 0.25, bell(0.2, base * 4.1, 1.41, 3.0, 0.04)),
    )


def _explosion(seconds: float, start: float, seed: int) -> Wave:
    roar = swept_noise(seconds, seed, start, 140) * decay(seconds, seconds * 0.2, 0.003)
    boom = glide(seconds, 120, 34, (1, 0.35), 3.5) * decay(seconds, seconds * 0.22)
    crack = noise(0.06, seed + 1, 900, 11_000) * decay(0.06, 0.012, 0.0005)
    debris = mix_parts(
        *[(0.08 + 0.05 * n, 0.16 / (n + 1), noise(0.05, seed + 2 + n, 800, 4500)) for n in range(6)]
    )
    return mix_parts((0, 1.0, roar), (0, 0.9, boom), (0, 0.5, crack), (0, 0.5, debris))


def _brick(broken: bool) -> Wave:
    grains = 7 if broken else 3
    parts = [
        (0.018 * n, 0.8 / (1 + 0.5 * n), noise(0.05, 60 + n, 500, 3800) * decay(0.05, 0.01, 0.0005))
        for n in range(grains)
    ]
    return mix_parts(*parts, (0, 0.7, glide(0.12, 260, 90, (1, 0.5)) * decay(0.12, 0.025)))


def _dash() -> Wave:
    rush = swept_noise(0.3, 71, 900, 7500) * np.sin(np.pi * _times(0.3) / 0.3).astype(np.float32)
    return mix_parts((0, 0.8, rush), (0, 0.5, glide(0.26, 180, 620, SAW, 1.0) * decay(0.26, 0.09, 0.02)))


def _mine() -> Wave:
    parts = [
        (n * 0.09, 0.8, glide(0.07, f, f, SQUARE) * decay(0.07, 0.02)) for n, f in enumerate((523.0, 392.0))
    ]
    return mix_parts(*parts, (0, 0.5, noise(0.05, 81, 150, 1200) * decay(0.05, 0.015)))


def _shield() -> Wave:
    tones = [
        (n * 0.045, 0.5, glide(0.5, note(k) * 0.98, note(k), (1, 0.25), 6.0) * decay(0.5, 0.14, 0.03))
        for n, k in enumerate((-5, 2, 7, 14))
    ]
    return mix_parts(*tones)


def _arpeggio(steps: Sequence[float], gap: float, half: float, harmonics: Sequence[float] = SQUARE) -> Wave:
    parts = []
    for n, step in enumerate(steps):
        tone = glide(half * 4, note(step), note(step), harmonics) * decay(half * 4, half)
        parts.append((n * gap, 0.55, tone))
        parts.append((n * gap, 0.3, bell(half * 4, note(step + 12), 2.0, 1.0, half)))
    return add_echo(mix_parts(*parts), 0.11, 0.28, 2)


def _chord(steps: Sequence[float], seconds: float, rise: float = 0.02) -> Wave:
    parts = [
        (
            0,
            0.4,
            glide(seconds, note(step) * detune, note(step) * detune, SAW) * decay(seconds, seconds / 4, rise),
        )
        for step in steps
        for detune in (0.997, 1.003)
    ]
    return mix_parts(*parts)


def _win() -> Wave:
    steps = (0, 4, 7, 12, 16, 19)
    parts = [(n * 0.085, 0.5, _arpeggio((step,), 0, 0.09)) for n, step in enumerate(steps)]
    return mix_parts(*parts, (0.5, 0.75, _chord((-12, 0, 4, 7, 12), 1.5)))


def _lose() -> Wave:
    parts = [(n * 0.17, 0.6, _arpeggio((step,), 0, 0.11, SAW)) for n, step in enumerate((7, 3, 0, -4))]
    return mix_parts(*parts, (0.68, 0.7, _chord((-24, -12, -9, -5), 1.4)))


def _wave() -> Wave:
    horn = glide(0.7, note(-17), note(-12), SAW, 5.0) * decay(0.7, 0.24, 0.06)
    return mix_parts(
        (0, 0.8, horn), (0.16, 0.6, glide(0.6, note(-10), note(-5), SAW, 5.0) * decay(0.6, 0.2, 0.05))
    )


def _core_hit() -> Wave:
    alarm = glide(0.34, 520, 300, SQUARE, 2.0) * decay(0.34, 0.1)
    return mix_parts((0, 0.6, alarm), (0, 0.8, _hit(True)))


def _blip(start: float, end: float, seconds: float, half: float) -> Wave:
    return glide(seconds, start, end, (1, 0.2), 4.0) * decay(seconds, half)


SOUNDS: Final[dict[str, Callable[[], Wave]]] = {
    "shot_scout": lambda: _shot(1900, 620, 0.13, 0.15),
    "shot_ranger": lambda: _shot(1250, 330, 0.17, 0.35),
    "shot_heavy": lambda: _shot(640, 110, 0.26, 0.9),
    "bank_1": lambda: _bank(0),
    "bank_2": lambda: _bank(1),
    "bank_3": lambda: _bank(2),
    "bank_4": lambda: _bank(3),
    "mirror": _mirror,
    "portal": _portal,
    "cancel": lambda: mix_parts(
        (0, 0.8, noise(0.09, 91, 2500, 12_000) * decay(0.09, 0.018, 0.0005)),
        (0, 0.5, bell(0.18, 1760, 1.37, 3.0, 0.03)),
    ),
    "fizzle": lambda: noise(0.08, 95, 1200, 6000) * decay(0.08, 0.018, 0.001),
    "brick_crack": lambda: _brick(False),
    "brick_break": lambda: _brick(True),
    "hit": lambda: _hit(False),
    "hit_own": lambda: mix_parts(
        (0, 1.0, _hit(True)), (0, 0.4, glide(0.3, 880, 220, SQUARE) * decay(0.3, 0.06))
    ),
    "shielded": lambda: mix_parts(
        (0, 0.8, bell(0.45, 330, 1.4, 2.5, 0.1)), (0, 0.4, bell(0.3, 990, 2.4, 1.5, 0.05))
    ),
    "explosion": lambda: _explosion(0.95, 5200, 41),
    "explosion_own": lambda: _explosion(1.3, 3600, 47),
    "mine_explosion": lambda: _explosion(0.8, 3000, 53),
    "spawn": lambda: mix_parts(
        *[(n * 0.05, 0.5, bell(0.4, note(k), 2.0, 1.5, 0.08)) for n, k in enumerate((0, 7, 12, 19))]
    ),
    "dash": _dash,
    "mine": _mine,
    "shield": _shield,
    "pickup_repair": lambda: _arpeggio((0, 7, 12), 0.07, 0.05),
    "pickup_shield": lambda: _arpeggio((-5, 2, 7, 14), 0.06, 0.06),
    "pickup_triple": lambda: _arpeggio((12, 12, 12), 0.06, 0.04),
    "pickup_bank": lambda: _arpeggio((3, 10, 15, 22), 0.05, 0.05),
    "pickup_speed": lambda: _arpeggio((0, 5, 10, 15, 20), 0.035, 0.035),
    "cell_taken": lambda: _arpeggio((7, 12), 0.06, 0.05),
    "cell_dropped": lambda: _arpeggio((7, 0), 0.08, 0.05),
    "cell_home": lambda: _arpeggio((0, 4, 7, 12, 16), 0.055, 0.07),
    "core_hit": _core_hit,
    "wave": _wave,
    "win": _win,
    "lose": _lose,
    "draw": lambda: add_echo(_chord((-12, 0, 5, 7), 0.9), 0.16, 0.3, 2),
    "count": lambda: _blip(660, 660, 0.12, 0.03),
    "go": lambda: mix_parts((0, 0.8, _blip(990, 1320, 0.3, 0.08)), (0, 0.4, bell(0.4, 1320, 2.0, 1.0, 0.1))),
    "ui_move": lambda: _blip(1150, 1250, 0.05, 0.01),
    "ui_adjust": lambda: _blip(820, 980, 0.055, 0.013),
    "ui_confirm": lambda: mix_parts(
        (0, 0.7, _blip(660, 990, 0.09, 0.025)), (0.03, 0.5, bell(0.16, 1320, 2.0, 0.8, 0.03))
    ),
    "ui_back": lambda: _blip(720, 420, 0.1, 0.026),
    "ui_error": lambda: _blip(210, 170, 0.18, 0.05),
    "star": lambda: _arpeggio((12, 19, 24), 0.05, 0.06),
}
