"""Of every format a hundred mutants are read or refused with a clear line, within a second; planted faults are found."""

import importlib.util
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tests.fuzz import check
from tests.fuzz.check import FAULT, READ, REFUSED, judge, text_problem, warm, without_child, write
from tests.fuzz.formats import FORMATS, Format
from tests.fuzz.planted import PLANTED
from tests.fuzz.samples import Files
from tests.fuzz.slices import Tally, mutant, run_slice

KEPT = Path(__file__).resolve().parent / "kept"
USUAL = [name for name, row in FORMATS.items() if row.usual]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: what a disk acknowledges is not the point here, and takes its time."""
    memory = Path("/dev/shm")
    if not (memory.is_dir() and os.access(memory, os.W_OK)):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="fuzz-") as folder:
        yield Path(folder)


def known(name: str, row: Format) -> object:
    """The parameter of a test of a format; a fault that stands is told, and its mutants are not run."""
    marks = [pytest.mark.xfail(reason=row.known, run=False, strict=False)] if row.known else []
    if row.needs and importlib.util.find_spec(row.needs) is None:
        marks.append(pytest.mark.skip(reason=f"{row.needs} is not installed"))
    return pytest.param(name, marks=marks)


def shown(files: Files) -> str:
    """The start of each file, for a failing test."""
    return "\n".join(f"{name}: {data[:1500]!r}" for name, data in files.items() if len(data) < 100_000)


def tried(row: Format, folder: Path, count: int) -> Counter[str]:
    """So many mutants of a format; AssertionError for the smallest that is a fault."""
    seen: Counter[str] = Counter()

    @settings(
        max_examples=count, phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck)
    )
    @given(st.randoms(use_true_random=False))
    def one(chance: Random) -> None:
        files = row.mutant(chance)
        write(folder, files)
        verdict = judge(row, folder)
        seen[verdict.outcome] += 1
        if verdict.outcome == FAULT:
            note(shown(files))
        assert verdict.outcome != FAULT, verdict.told

    with without_child():
        one()
    return seen


@pytest.mark.parametrize("name", [known(name, FORMATS[name]) for name in USUAL])
def test_mutants_are_read_or_refused(name: str, place: Path) -> None:
    row = FORMATS[name]
    for sample in row.samples():
        with without_child():
            warm(row, place / "a", sample)
            write(place / "a", sample)
            assert judge(row, place / "a").outcome != FAULT
    seen = tried(row, place / "a", row.usual)
    assert seen.total() >= row.usual
    assert seen[READ] >= row.through, "the mutants never come through, so nothing behind the reader was tried"
    assert seen[REFUSED] >= 10, "the mutants do no harm"


@pytest.mark.parametrize("name", USUAL)
def test_the_same_seed_gives_the_same_mutant(name: str) -> None:
    row = FORMATS[name]
    if row.needs and importlib.util.find_spec(row.needs) is None:
        pytest.skip(f"{row.needs} is not installed")
    first = [mutant(row, seed) for seed in range(4)]
    assert first == [mutant(row, seed) for seed in range(4)]
    assert sum(files not in row.samples() for files in first) >= 3


def kept() -> list[object]:
    """The folders of kept/FORMAT/, each a mutant that once was a fault."""
    folders = sorted(path for path in KEPT.glob("*/*") if path.is_dir())
    return [
        pytest.param(
            path,
            id=f"{path.parent.name}/{path.name}",
            marks=known(path.parent.name, FORMATS[path.parent.name]).marks,
        )  # type: ignore[attr-defined]
        for path in folders
    ]


@pytest.mark.parametrize("folder", kept())
def test_what_was_a_fault_is_none_any_more(folder: Path, tmp_path: Path) -> None:
    row = FORMATS[folder.parent.name]
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    sample = next((sample for sample in row.samples() if set(files) <= set(sample)), {})
    with without_child():
        warm(row, tmp_path / "a", row.samples()[0])
        write(tmp_path / "a", {**sample, **files})
        verdict = judge(row, tmp_path / "a", memory=sys.platform == "linux")
    assert verdict.outcome != FAULT, verdict.told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("lets_out", "TypeError|KeyError"),
        ("hangs", "no end after 1 s of the processor: planted.py"),
        ("is_slow", "s of the processor"),
        ("shows_escapes", "signs that act"),
    ],
)
def test_a_planted_fault_is_found(
    name: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "HANGS", 1)
    row = PLANTED[name]
    write(tmp_path / "a", row.samples()[0])
    assert judge(row, tmp_path / "a").outcome != FAULT
    faults = []
    for seed in range(40 if name == "lets_out" else 1):
        write(tmp_path / "a", mutant(row, seed))
        verdict = judge(row, tmp_path / "a")
        faults += [verdict.told] if verdict.outcome == FAULT else []
    assert faults
    assert re.search(told, faults[0])


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of resident memory is Linux's")
def test_too_much_memory_is_found(tmp_path: Path) -> None:
    row = PLANTED["takes_memory"]
    write(tmp_path / "a", mutant(row, 0))
    verdict = judge(row, tmp_path / "a", memory=True)
    assert verdict.outcome == FAULT
    assert "MB more than before" in verdict.told


def test_a_process_that_ends_is_told_of_its_mutant_and_the_others_are_tried(tmp_path: Path) -> None:
    row = PLANTED["crashes"]
    wrong = [seed for seed in range(12) if len(mutant(row, seed)["a.json"]) % 3 == 0][:2]
    last = wrong[-1] + 2
    beats: list[None] = []
    tally = run_slice(row, 0, last, tmp_path, lambda: beats.append(None))
    assert sorted(tally.faults, key=int) == [str(seed) for seed in wrong]
    assert all("ended by signal 11" in told for told in tally.faults.values())
    assert tally.mutants == last == len(beats)
    kept_file = tmp_path / "faults" / f"crashes-{wrong[0]}" / "a.json"
    assert kept_file.read_bytes() == mutant(row, wrong[0])["a.json"]


def test_a_finished_slice_is_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = FORMATS["mark"]
    first = run_slice(row, 0, 3, tmp_path, lambda: None)
    monkeypatch.setattr("tests.fuzz.slices._child", lambda *_: pytest.fail("run again"))
    assert (
        run_slice(row, 0, 3, tmp_path, lambda: None)
        == first
        == Tally("mark", 3, first.read, first.refused, first.slowest, first.slowest_seed, first.megabytes)
    )
    monkeypatch.setattr("tests.fuzz.slices.source_digest", lambda: "another source")
    with pytest.raises(pytest.fail.Exception, match="run again"):
        run_slice(row, 0, 3, tmp_path, lambda: None)


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ("a.json: expected an object, found 7", ""),
        ("one line\nand another", ""),
        ("", "is empty"),
        ("found \x1b[31m", "holds signs that act"),
        ("found \ud800", "holds signs that act"),
        ("x" * 3000, "is longer"),
    ],
)
def test_a_refusal_is_a_text_for_people(told: str, problem: str) -> None:
    assert text_problem(told).startswith(problem)
    assert bool(text_problem(told)) == bool(problem)
