"""Time to mix a beat. Rows in the game bench's JSON schema."""

import time
from typing import Any, Final

import numpy as np

from music import vocabulary as vo
from music.piece import Note, Piece, Section
from music.soundtrack.beat_map import BeatMap
from music.soundtrack.conductor import Bar, Conductor

Row = dict[str, Any]
RATE: Final = 44_100
TEMPO: Final = 120.0
BEATS: Final = 600
RINGING_SECONDS: Final = 2.0  # that a bar rings past its end here, longer than the synthesiser's bars


class _Noise:
    """Four voices of stereo noise, each bar ringing far into the next."""

    def __init__(self, score: BeatMap) -> None:
        source = np.random.default_rng(0)
        length = score.samples_of_bar(0) + round(RINGING_SECONDS * score.sample_rate)
        self._bar: Bar = {
            voice: source.integers(-4000, 4000, (length, 2)).astype(np.int16) for voice in vo.VOICES
        }

    def bar(self, number: int) -> Bar:
        return self._bar

    def want(self, section: int) -> None:
        """Do nothing: every bar is ready."""


def _row(name: str, seconds: list[float], cpu: list[float], **facts: Any) -> Row:
    values = {
        "p50": np.percentile(seconds, 50),
        "p99": np.percentile(seconds, 99),
        "cpu_p50": np.percentile(cpu, 50),
        "cpu_p99": np.percentile(cpu, 99),
    }
    rounded = {key: round(float(value) * 1000, 3) for key, value in values.items()}
    return {"name": name, **rounded, "unit": "ms", "count": len(seconds), **facts}


def bench_mix() -> list[Row]:
    """Measure mixing a beat of all four voices with moving gains, ringing bars and cues; 44.1 kHz stereo, 120 beats per
    minute.

    cpu_p50 and cpu_p99 are processor time, without the time used by other processes.
    """
    sections = (Section("theme", 0, 4), Section("boss", 4, 4))
    piece = Piece("bench", 8, TEMPO, vo.MINOR, 9, sections=sections)
    score = BeatMap(piece, RATE)
    conductor = Conductor(score, _Noise(score))
    wall: list[float] = []
    cpu: list[float] = []
    for beat in range(BEATS):
        conductor.set_intensity(0.3 + 0.7 * (beat % 5) / 4)
        if beat % 16 == 0:
            conductor.cue("boss" if beat % 32 else "theme", at="bar" if beat % 48 else "beat")
        began, began_cpu = time.perf_counter(), time.thread_time()
        conductor.next_chunk()
        wall.append(time.perf_counter() - began)
        cpu.append(time.thread_time() - began_cpu)
    return [_row("music_mix_ms", wall, cpu, per="beat", tempo=TEMPO, sample_rate=RATE, voices=len(vo.VOICES))]


def busy_piece(timbre: str = "neon") -> Piece:
    """Return eight different bars in which every voice has many notes."""
    voices: dict[str, list[Note]] = {voice: [] for voice in vo.VOICES}
    for bar in range(8):
        start = bar * vo.STEPS_PER_BAR
        for half in (0, 8):
            voices["harmony"] += [Note(start + half, 8, 57 + bar + third, 80) for third in (0, 4, 7)]
        for step in range(0, vo.STEPS_PER_BAR, 2):
            voices["bass"].append(Note(start + step, 2, 33 + bar, 90))
            voices["melody"].append(Note(start + step, 2, 69 + (bar * 5 + step * 3) % 12, 95))
            voices["drums"].append(Note(start + step, 1, 42, 70))
        voices["drums"] += [Note(start + step, 1, 36 if step % 8 == 0 else 38, 105) for step in (0, 4, 8, 12)]
    arranged: dict[str, tuple[Note, ...]] = {voice: tuple(sorted(notes)) for voice, notes in voices.items()}
    return Piece("bench", 8, 140.0, vo.MINOR, 9, timbre=timbre, voices=arranged)
