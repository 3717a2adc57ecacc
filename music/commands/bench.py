"""`music bench`: the speed of generators, composer, synthesiser and mixer on this machine, as plain data."""

import os
import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from music import __version__
from music.composer.compose import compose
from music.composer.moods import MOODS
from music.generators.files import GeneratorSet, load_generators
from music.generators.play import Conditions
from music.soundtrack.bench import bench_mix
from music.synth.bench import bench_synth

SCHEMA = 1
Row = dict[str, Any]


def run_bench() -> dict[str, Any]:
    """Measure everything; JSON-able, in the same schema as the game's bench."""
    began = time.monotonic()
    generators = load_generators()
    results = [*_generate(generators), _compose(generators), *bench_synth(), *bench_mix()]
    machine = {
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }
    return {
        "schema": SCHEMA,
        "version": __version__,
        "machine": machine,
        "seconds": round(time.monotonic() - began, 1),
        "results": results,
    }


def _timed(name: str, work: Callable[[int], object], rounds: int, **facts: Any) -> Row:
    times = []
    for index in range(rounds + 1):
        start = time.perf_counter()
        work(index)
        times.append(1000.0 * (time.perf_counter() - start))
    p50, p99 = np.percentile(times[1:], (50, 99))
    return {
        "name": name,
        "p50": round(float(p50), 3),
        "p99": round(float(p99), 3),
        "unit": "ms",
        "count": rounds,
        **facts,
    }


def _generate(generators: GeneratorSet) -> list[Row]:
    def work(count: int) -> Callable[[int], object]:
        asked = Conditions(
            np.full(count, 0.5, np.float32), np.zeros(count, np.uint8), np.zeros(count, np.uint8)
        )
        return lambda seed: generators.generators.windows(asked, seed)

    return [
        _timed("generate_window_ms", work(count), 100, rows=count, what="four bars, all voices")
        for count in (1, 64)
    ]


def _compose(generators: GeneratorSet) -> Row:
    moods = list(MOODS)
    return _timed(
        "compose_ms",
        lambda seed: compose(generators, seed=seed, mood=moods[seed % len(moods)], bars=32),
        40,
        bars=32,
    )
