"""Render a note of a tone: waves, moving filter, envelope and vibrato."""

import threading
from functools import lru_cache
from typing import Final

import numpy as np

from music.synth.oscillators import Doubles, Floats, frequency, phases, read_wavetable, wavetables
from music.synth.timbres import Layer, Tone

MIN_ATTACK: Final = 0.002  # seconds; less would click
MIN_RELEASE: Final = 0.012
LONGEST: Final = 12.0  # longest hold of a note, in seconds
KEPT_SAMPLES: Final = 16_000_000  # samples of rendered notes in the cache: 64 MB


def envelope(tone: Tone, held: int, rate: int) -> Floats:
    """Return the envelope of a note: `held` samples, then the release, ending at 0."""
    rise = max(2, round(max(tone.attack, MIN_ATTACK) * rate))
    fall = max(2, round(max(tone.release, MIN_RELEASE) * rate))
    t = np.arange(held + fall, dtype=np.float32)
    level = tone.sustain + (1 - tone.sustain) * np.exp(-t / np.float32(max(tone.decay, 0.01) * rate))
    level[:rise] *= (np.sin(np.linspace(0, np.pi / 2, rise, dtype=np.float32)) ** 2)[: len(level)]
    way = np.linspace(0, 1, fall, dtype=np.float32)
    level[held:] *= np.cos(way * np.float32(np.pi / 2)) ** 2 * np.exp(-1.5 * way)
    return np.asarray(level, np.float32)


def is_stereo(tone: Tone) -> bool:
    """Return whether a note of the tone has two channels."""
    return any(layer.unison > 1 and layer.spread > 0 for layer in tone.layers)


def held_samples(tone: Tone, seconds: float, rate: int) -> int:
    """Return how many samples a note with the written length `seconds` is held."""
    return max(1, round(min(seconds, LONGEST) * tone.gate * rate))


def render_note(tone: Tone, pitch: int, held: int, rate: int) -> Floats:
    """Return a note of full velocity, shape (1 or 2 channels, samples), held for `held` samples and then released."""
    loudness = envelope(tone, held, rate)
    count = len(loudness)
    out = np.zeros((2 if is_stereo(tone) else 1, count), np.float32)
    t = np.arange(count) / rate if tone.vibrato else None
    bend = None
    if t is not None:
        onset = np.clip((t - tone.vibrato_delay) / 0.25, 0, 1)
        bend = 1 + onset * (2 ** (tone.vibrato / 1200) - 1) * np.sin(2 * np.pi * tone.vibrato_rate * t)
    place = None
    if tone.cutoff[0] != tone.cutoff[1]:
        place = np.exp(-np.arange(count, dtype=np.float32) / np.float32(tone.sweep * rate))
    for layer in tone.layers:
        _add_layer(out, tone, layer, pitch, rate, bend, place)
    out *= loudness
    return out


def _add_layer(
    out: Floats,
    tone: Tone,
    layer: Layer,
    pitch: int,
    rate: int,
    bend: Doubles | None,
    place: Floats | None,
) -> None:
    hertz = frequency(min(pitch + 12 * layer.octave, 127))
    opening = (hertz / 440.0) ** tone.tracking
    cutoff = (tone.cutoff[0] * opening, tone.cutoff[1] * opening)
    highest = hertz * 2 ** ((layer.detune / 2 + tone.vibrato) / 1200)
    cycles = wavetables(layer.wave, layer.duty, round(highest, 6), cutoff, tone.resonance, rate)
    for copy in range(layer.unison):
        cents = layer.detune * (copy / (layer.unison - 1) - 0.5) if layer.unison > 1 else 0.0
        phase = phases(hertz * 2 ** (cents / 1200), out.shape[1], rate, _start(copy, layer.unison), bend)
        wave = read_wavetable(cycles, phase, place)
        level = layer.level / layer.unison**0.5
        if len(out) == 1 or not layer.spread:
            out += np.float32(level) * wave
        else:
            sides = pan_gains(layer.spread * (2 * copy / (layer.unison - 1) - 1) if layer.unison > 1 else 0.0)
            out += np.float32(level) * np.array(sides, np.float32)[:, None] * wave


def _start(copy: int, unison: int) -> float:
    """Return the start phase of a copy; phases are spread, so that the copies do not start as one peak."""
    return (0.25 + copy * 0.618) % 1.0 if unison > 1 else 0.25


@lru_cache(maxsize=256)
def pan_gains(pan: float) -> tuple[float, float]:
    """Return the equal-power factors of left and right, both 1 in the middle."""
    angle = (pan + 1) * np.pi / 4
    return float(np.cos(angle) * 2**0.5), float(np.sin(angle) * 2**0.5)


class NoteBank:
    """Cache of rendered notes, so that each note of a piece is computed once. Safe for threads."""

    def __init__(self, most: int = KEPT_SAMPLES) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._notes: dict[tuple[int, int, int, int], tuple[Tone, Floats]] = {}
        self._samples = 0

    def get(self, tone: Tone, pitch: int, held: int, rate: int) -> Floats:
        """Return the result of `render_note`, read-only."""
        # Keyed by identity: tones are in a table, and hashing a tone is slower than the lookup; the entry keeps the tone
        # alive.
        key = (id(tone), pitch, held, rate)
        found = self._notes.get(key)
        if found is not None:
            return found[1]
        wave = render_note(tone, pitch, held, rate)
        wave.setflags(write=False)
        with self._lock:
            if self._samples + wave.size > self._most:
                self._notes = {}
                self._samples = 0
            if key not in self._notes:
                self._notes[key] = (tone, wave)
                self._samples += wave.size
        return wave

    def clear(self) -> None:
        """Empty the cache."""
        with self._lock:
            self._notes = {}
            self._samples = 0


NOTES: Final = NoteBank()
