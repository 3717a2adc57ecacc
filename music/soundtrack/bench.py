"""Time to mix a beat, and the effect of background rendering on frame times. Rows in the game bench's JSON schema."""

import threading
import time
from typing import Any, Final

import numpy as np

from music import vocabulary as vo
from music.piece import Note, Piece, Section
from music.soundtrack.beat_map import BeatMap
from music.soundtrack.conductor import Bar, Conductor
from music.soundtrack.rendering import BarNotes, Render, Studio, synth_render, to_samples

Row = dict[str, Any]
RATE: Final = 44_100
TEMPO: Final = 120.0
BEATS: Final = 600
RINGING_SECONDS: Final = 2.0  # that a bar rings past its end here, longer than the synthesiser's bars
FRAME_SECONDS: Final = 1 / 60
FRAME_WORK_SECONDS: Final = 0.004  # of pure Python in each frame
SLICE_SECONDS: Final = 0.8  # after which rendering is switched on or off


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


def bench_render(render: Render | None = None, seconds: float = 16.0) -> list[Row]:
    """Measure rendering a bar, and the frame times of a program that runs 4 ms of Python per frame, with and without
    rendering.

    Rendering is switched on and off in turns, so that both are measured under the same load of the machine.
    """
    piece = busy_piece()
    studio = Studio(piece, RATE, render or synth_render(piece))
    studio.render_all()
    bars = studio.work_seconds[1:]  # the first bar also measures the piece's loudness
    rows = [
        _row("music_render_bar_ms", bars, bars, timbre=piece.timbre, bar_seconds=round(240 / piece.tempo, 2))
    ]
    frames = _frames(piece, render or synth_render(piece), seconds)
    for name, (wall, cpu) in frames.items():
        rows.append(_row("music_frame_ms", wall, cpu, music=name, work_ms=FRAME_WORK_SECONDS * 1000))
    return rows


def _frames(piece: Piece, render: Render, seconds: float) -> dict[str, tuple[list[float], list[float]]]:
    working, over = threading.Event(), threading.Event()
    pages = BarNotes(piece)

    def work() -> None:
        bar = 0
        while not over.is_set():
            if not working.wait(0.05):
                continue
            began = time.thread_time()
            for stem in render(pages.page(bar), RATE, bar).values():
                to_samples(stem)
            over.wait(Studio.rest(time.thread_time() - began))
            bar = (bar + 1) % piece.bars

    found: dict[str, tuple[list[float], list[float]]] = {"none": ([], []), "being rendered": ([], [])}
    rounds = _rounds_of_work()
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for name, (wall, cpu) in found.items():
            if name == "none":
                working.clear()
                time.sleep(0.1)  # wait for the bar that is being rendered
            else:
                working.set()
            until = time.perf_counter() + SLICE_SECONDS
            while time.perf_counter() < until:
                began, began_cpu = time.perf_counter(), time.thread_time()
                _python_work(rounds)
                wall.append(time.perf_counter() - began)
                cpu.append(time.thread_time() - began_cpu)
                time.sleep(max(0.0, FRAME_SECONDS - wall[-1]))
    over.set()
    working.set()
    thread.join()
    return found


def _python_work(rounds: int) -> int:
    total = 0
    for number in range(rounds):
        total += number * number % 7
    return total


def _rounds_of_work() -> int:
    """Return how many rounds of work take FRAME_WORK_SECONDS on this machine."""
    trial = 50_000
    took = []
    for _ in range(5):
        began = time.thread_time()
        _python_work(trial)
        took.append(time.thread_time() - began)
    return max(1, round(trial * FRAME_WORK_SECONDS / min(took)))


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
