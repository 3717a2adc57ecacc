"""Mutants of Tiled's XML: each is read, or refused by located lines, in little time and memory, and no picture is opened."""

import tracemalloc
from pathlib import Path
from random import Random
from time import process_time

import pytest

from game.core.levels.problems import LevelError
from game.core.levels.tmj import read_level
from tests.fuzz.check import text_problem, write
from tests.fuzz.formats import FORMATS

SECONDS = 0.1  # of the processor that a file may take
MEGABYTES = 64  # beyond what was there
USUAL, ALL = 60, 5000


def cost(path: Path) -> tuple[float, str]:
    """Seconds of the processor that a file takes, the better of two readings, and what was said of it."""
    told, taken = "", []
    for _ in range(2):
        started = process_time()
        try:
            read_level(path)
        except LevelError as error:
            told = str(error)
        taken.append(process_time() - started)
        if taken[-1] < SECONDS:
            break
    return min(taken), told


def tried(folder: Path, seeds: range) -> tuple[int, float]:
    """Read the mutants of some seeds; return how many were refused, and the most that one took, in seconds."""
    row = FORMATS["tiled-xml"]
    refused, slowest = 0, 0.0
    for seed in seeds:
        write(folder, row.mutant(Random(seed)))
        seconds, told = cost(folder / "mutant.tmx")
        assert not told or not text_problem(told), seed
        assert seconds < SECONDS, seed
        refused += bool(told)
        slowest = max(slowest, seconds)
    return refused, slowest


def test_a_sample_of_mutants_is_read_or_refused_at_once(tmp_path: Path) -> None:
    refused, _ = tried(tmp_path / "a", range(USUAL))
    assert USUAL // 4 < refused < USUAL


@pytest.mark.slow
def test_five_thousand_mutants_are_read_or_refused_at_once(tmp_path: Path) -> None:
    refused, slowest = tried(tmp_path / "a", range(ALL))
    print(f"{refused} of {ALL} refused, the slowest in {1000 * slowest:.0f} ms")
    assert ALL // 4 < refused < ALL


@pytest.mark.slow
def test_five_hundred_mutants_take_little_memory(tmp_path: Path) -> None:
    """Counted allocation by allocation, which makes reading ten times as slow."""
    row, most = FORMATS["tiled-xml"], 0
    for seed in range(500):
        write(tmp_path / "a", row.mutant(Random(seed)))
        tracemalloc.start()
        try:
            cost(tmp_path / "a" / "mutant.tmx")
            most = max(most, tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert most < MEGABYTES << 20


def test_the_picture_of_a_tileset_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were it opened it would be foreign data to bound: a picture that is no picture changes nothing."""
    sample = dict(FORMATS["tiled-xml"].samples()[0])
    write(tmp_path / "a", {**sample, "tiles.png": b"no picture at all"})
    opened: list[str] = []
    real = Path.open

    def noted(path: Path, *arguments: object, **options: object) -> object:
        opened.append(path.name)
        return real(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", noted)
    assert read_level(tmp_path / "a" / "mutant.tmx").notes == ()
    assert opened == ["mutant.tmx"]
