"""A small piece and a renderer of plain tones, to test the soundtrack without the synthesiser."""

import functools

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.piece import Note, Piece, Section, piece_to_json
from music.soundtrack.rendering import Stems, Studio

RATE = 44_100
SECTIONS = (
    Section("intro", 0, 1),
    Section("theme", 1, 2),
    Section("variation", 3, 2),
    Section("boss", 5, 2),
    Section("ending", 7, 1),
)
# Each section has its own melody tone, about a fifth from the others.
PITCH = {"intro": 60, "theme": 67, "variation": 74, "boss": 81, "ending": 88}


def small_piece(tempo: float = 150.0, sections: tuple[Section, ...] = SECTIONS) -> Piece:
    """Eight bars: one note per beat in every voice, drums on the beat."""
    bars = max(section.bar + section.bars for section in sections)
    voices: dict[str, list[Note]] = {voice: [] for voice in vo.VOICES}
    for section in sections:
        pitch = PITCH.get(section.name, 70)
        for beat in range(section.bar * 4, (section.bar + section.bars) * 4):
            start = beat * vo.STEPS_PER_BEAT
            voices["melody"].append(Note(start, 3, pitch + beat % 3, 90))
            voices["harmony"].append(Note(start, 4, pitch - 12, 90))
            voices["bass"].append(Note(start, 4, pitch - 24, 90))
            voices["drums"].append(Note(start, 1, 36, 90))
    return Piece(
        "small", bars, tempo, vo.MAJOR, 0, sections=sections, voices={k: tuple(v) for k, v in voices.items()}
    )


@functools.cache
def tone(pitch: int, seconds: float, rate: int, ring: float = 0.4) -> NDArray[np.float32]:
    """A sine with soft ends and an echo that decays within `ring` seconds after the note, without clicks."""
    held, length = round(seconds * rate), round((seconds + ring) * rate)
    t = np.arange(length)
    rise = np.minimum(t / (0.02 * rate), 1.0)
    fall = np.where(t < held, 1.0, np.cos(np.minimum((t - held) / (length - held), 1.0) * np.pi / 2) ** 2)
    hertz = 440.0 * 2 ** ((pitch - 69) / 12)
    wave = 0.08 * np.sin(2 * np.pi * hertz / rate * t) * np.sin(rise * np.pi / 2) ** 2 * fall
    return wave.astype(np.float32)


def tone_render(page: Piece, rate: int, bar: int) -> Stems:
    """Render every note that begins in the bar as a tone, panned slightly to the right."""
    step = rate * 60.0 / page.tempo / vo.STEPS_PER_BEAT
    first = bar * vo.STEPS_PER_BAR
    line = round(first * step)
    stems = {}
    for voice in vo.VOICES:
        wave = np.zeros((round(2 * vo.STEPS_PER_BAR * step) + rate, 2), np.float32)
        last = 0
        for note in page.voices.get(voice, ()):
            if not first <= note.start < first + vo.STEPS_PER_BAR:
                continue
            sound = tone(note.pitch, note.length * step / rate, rate)
            at = round(note.start * step) - line
            wave[at : at + len(sound), 0] += 0.8 * sound
            wave[at : at + len(sound), 1] += sound
            last = max(last, at + len(sound))
        stems[voice] = wave[:last]
    return stems


_rendered: dict[tuple[str, int], Studio] = {}


def rendered(piece: Piece, rate: int = RATE) -> Studio:
    """A studio with everything rendered, cached by piece."""
    key = (piece_to_json(piece), rate)
    if key not in _rendered:
        _rendered[key] = Studio(piece, rate, tone_render)
        _rendered[key].render_all()
    return _rendered[key]


def jump(sound: NDArray[np.int16], at: int) -> float:
    """How far the wave at a sample, and at the next one, is from the linear extrapolation of the two samples before; ±1 scale."""
    wave = sound.astype(np.float64) / 32767
    bends = [np.abs(wave[i] - 2 * wave[i - 1] + wave[i - 2]).max() for i in (at, at + 1)]
    return float(max(bends))
