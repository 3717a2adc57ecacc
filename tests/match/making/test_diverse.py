"""Levels of an archive are as wished and unlike each other, and without its package one line says which extra to install."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from game.cli.root import run
from game.core.levels.model import Level
from game.match.making import diverse, wish
from game.match.making.diverse import FIELDS, RANGES, DiverseSearch, archive_measures
from game.match.making.wish import TOLERANCE, FoundLevel, LevelWish
from tests.match.making.test_edit_search import thrown

Captured = pytest.CaptureFixture[str]


def field_of(level: Level) -> tuple[int, ...]:
    """The field of the archive that a level belongs to."""
    found = []
    for value, (low, high), fields in zip(archive_measures(level), RANGES, FIELDS, strict=True):
        found.append(min(max(int((value - low) / (high - low) * fields), 0), fields - 1))
    return tuple(found)


def rate_of(level: Level) -> float:
    """Of which the forecast knows nothing."""
    return int(level.digest[:6], 16) / 0xFFFFFF


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Sequence[FoundLevel]:
    pytest.importorskip("ribs", reason="the extra levels is not installed")
    for name, value in (("DRAWN", 80), ("CHILDREN", 15), ("GENERATIONS", 2)):
        monkeypatch.setattr(diverse, name, value)
    monkeypatch.setattr(wish, "panel_counts", thrown(rate_of, []))
    return list(DiverseSearch(LevelWish("eliminate", 0.5, first=3000)).find(4))


def test_levels_are_as_wished_and_unlike(found: Sequence[FoundLevel]) -> None:
    assert len(found) == 4
    assert len({field_of(one.level) for one in found}) == 4
    assert len({one.level.name for one in found}) == 4
    assert len({one.place for one in found}) == 4, "no two are edits of one level"
    kept = [one for one in found if one.kept]
    assert kept
    assert all(abs(rate_of(one.level) - 0.5) <= TOLERANCE + 0.05 for one in kept)


def test_without_its_package_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setitem(sys.modules, "ribs", None)
    monkeypatch.setenv("BANKSHOT_USER_DIR", str(tmp_path / "user"))
    words: list[Any] = [
        "--objective",
        "defend",
        "--win-rate",
        "0.5",
        "--diverse",
        "--out",
        str(tmp_path / "out"),
    ]
    assert run(["levels", "generate", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "ribs, which is not installed" in line
    assert "levels]" in line
    assert not (tmp_path / "out").exists()
