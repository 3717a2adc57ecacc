"""One wrong bit on the disk loses nothing in silence; the long proof is `python -m tests.fuzz.flips --flips 853`."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.fuzz import flips


@pytest.mark.parametrize("store", flips.STORES)
def test_a_few_wrong_bits_lose_nothing_in_silence(tmp_path: Path, store: str) -> None:
    counts = flips.prove(store, 20, tmp_path)
    assert counts[flips.SILENT] == 0
    assert sum(counts.get(outcome, 0) for outcome in ("healed", "salvaged", "mended")) > 3


@pytest.mark.slow
@pytest.mark.parametrize("store", flips.STORES)
def test_853_wrong_bits_lose_nothing_in_silence(tmp_path: Path, store: str) -> None:
    assert flips.prove(store, 853, tmp_path)[flips.SILENT] == 0


def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **broken: object) -> str:
    case = flips.STORES["results"]
    path = flips.without_log(case, tmp_path)
    opened = flips.Results(path)
    before = opened.records()
    opened.close()
    for name, value in broken.items():
        monkeypatch.setattr(flips.Results, name, value)
    copy = tmp_path / "copy" / case.file
    shutil.copytree(path.parent, copy.parent)
    return flips.outcome(case, copy, before, 1)[0]


def test_the_proof_notices_what_is_missing_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert judged(tmp_path, monkeypatch, records=lambda _: Counter()) == flips.SILENT


def test_the_proof_notices_an_acknowledged_write_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert judged(tmp_path, monkeypatch, add=lambda *_: [("never", "written")]) == flips.SILENT
