"""Speed of the synthesiser, as rows of a bench report."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np

from music import vocabulary as vo
from music.piece import Note, Piece
from music.synth.loudness import normalise_loudness
from music.synth.measure import aliasing
from music.synth.oscillators import phases, read_wavetable, wavetables
from music.synth.render import SAMPLE_RATE, render_stems
from music.synth.timbres import TIMBRES
from music.synth.tones import NOTES

Row = dict[str, Any]
BARS: Final = 32
TEMPO: Final = 138.0
ALIASING_HZ: Final = 1900.0


def bench_piece(timbre: str, bars: int) -> Piece:
    """Return a busy piece: four voices without a pause, drums on every 16th."""
    roots = (45, 41, 48, 43)
    voices: dict[str, list[Note]] = {voice: [] for voice in vo.VOICES}
    for bar in range(bars):
        at, root = bar * vo.STEPS_PER_BAR, roots[bar % 4]
        voices["melody"] += [
            Note(at + 2 * n, 2, root + 24 + (0, 3, 7, 12)[(n * 3 + bar) % 4], 96) for n in range(8)
        ]
        voices["harmony"] += [Note(at, 16, root + rise, 80) for rise in (12, 15, 19)]
        voices["bass"] += [Note(at, 16, root, 100)]
        voices["drums"] += [Note(at + n, 1, {0: 36, 4: 38}.get(n % 8, 42), 90) for n in range(16)]
    return Piece(
        "Bench",
        bars,
        TEMPO,
        vo.MINOR,
        9,
        timbre,
        voices={name: tuple(notes) for name, notes in voices.items()},
    )


def bench_synth() -> list[Row]:
    """Measure seconds of music per second, on one thread, and the aliasing of the oscillators.

    `value` is by wall-clock time; per_cpu_s is by processor time, without the time used by other processes. `first` renders
    every note from scratch, like the first rendering after start.
    """
    rows: list[Row] = []
    for name in TIMBRES:
        piece = bench_piece(name, BARS)
        render_stems(piece, bars=1)  # libraries and drum kits load
        NOTES.clear()
        facts = {"timbre": name, "bars": BARS, "voices": len(vo.VOICES), "sample_rate": SAMPLE_RATE}
        render = partial(render_stems, piece)
        first = _timed(render)
        again = min(_timed(render) for _ in range(3))
        master = _timed(partial(normalise_loudness, render()))
        one_bar = sorted(_timed(partial(render, first_bar=bar, bars=1)) for bar in range(8))
        rows.append(_times_real("music_render_x_real_time", piece.seconds, first, note="first", **facts))
        rows.append(_times_real("music_render_x_real_time", piece.seconds, again, note="again", **facts))
        rows.append(_times_real("music_master_x_real_time", piece.seconds, master, **facts))
        wall, cpu = one_bar[len(one_bar) // 2]
        rows.append(
            {
                "name": "music_render_bar_ms",
                "value": round(wall * 1e3, 2),
                "cpu": round(cpu * 1e3, 2),
                "unit": "ms",
                **facts,
            }
        )
    return rows + [_aliasing(wave) for wave in ("pulse", "saw", "triangle")]


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def _times_real(name: str, seconds: float, took: tuple[float, float], **facts: Any) -> Row:
    wall, cpu = took
    return {
        "name": name,
        "value": round(seconds / wall, 1),
        "unit": "x",
        **facts,
        "per_cpu_s": round(seconds / cpu, 1),
    }


def _aliasing(wave: str) -> Row:
    cycles = wavetables(wave, 0.25, ALIASING_HZ, (20_000.0, 20_000.0), 0.0, SAMPLE_RATE)
    tone = read_wavetable(cycles, phases(ALIASING_HZ, SAMPLE_RATE, SAMPLE_RATE, 0.0, None), None)
    level = aliasing(np.asarray(tone), ALIASING_HZ, SAMPLE_RATE)
    return {
        "name": "music_aliasing_db",
        "value": round(level, 1),
        "unit": "dB",
        "wave": wave,
        "hertz": ALIASING_HZ,
    }
