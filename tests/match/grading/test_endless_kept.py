"""Endless levels that were graded here: kept beside those that ship, by several games at once, through any damage."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from game.core.levels.catalogue import load
from game.match.grading import endless_kept
from game.match.grading.endless_kept import FILE, MATCHES, EndlessKept
from game.match.grading.endless_shelf import shelf


def test_what_was_graded_here_joins_what_ships(tmp_path: Path) -> None:
    kept = EndlessKept(tmp_path)
    following = kept.following("defend")
    assert following is not None
    place = following.place
    assert place == sum(one.objective == "defend" for one in shelf())
    kept.add("defend", place, (18, 12, 6, 0))
    after = kept.following("defend")
    assert after is not None
    assert after.place == place + 1
    again = EndlessKept(tmp_path)
    assert len(again.levels) == len(shelf()) + 1
    new = again.levels[-1]
    assert new.name == following.name
    assert (new.objective, new.place) == ("defend", place)
    assert new.grade.counts.won == (18, 12, 6, 0)
    assert new.grade.rate("rookie") > new.grade.rate("ace")


def test_two_games_keep_what_both_graded(tmp_path: Path) -> None:
    one, other = EndlessKept(tmp_path), EndlessKept(tmp_path)
    one.add("collect", 400, (1, 1, 1, 1))
    other.add("collect", 401, (2, 2, 2, 2))
    one.add("survive", 402, (3, 3, 3, 3))
    places = {(level.objective, level.place) for level in EndlessKept(tmp_path).levels[len(shelf()) :]}
    assert places == {("collect", 400), ("collect", 401), ("survive", 402)}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b'{"schema": 2}', b"\xff\xfe", b'{"schema": 2, "graders": "x", "matches": 18, "levels": {}}',
    ],
)  # fmt: skip
def test_a_damaged_file_is_one_without_levels(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    kept = EndlessKept(tmp_path)
    assert kept.levels == shelf()
    kept.add("defend", 900, (9, 9, 9, 9))
    assert len(EndlessKept(tmp_path).levels) == len(shelf()) + 1


@pytest.mark.parametrize(
    "row", [[900, 1, 1, 1], [900, 1, 1, 1, MATCHES + 1], [-1, 1, 1, 1, 1], [True, 1, 1, 1, 1], 5]
)
def test_a_row_that_is_none_is_refused(tmp_path: Path, row: object) -> None:
    EndlessKept(tmp_path).add("defend", 900, (9, 9, 9, 9))
    content = json.loads((tmp_path / FILE).read_text())
    content["levels"]["defend"].append(row)
    (tmp_path / FILE).write_text(json.dumps(content))
    assert EndlessKept(tmp_path).levels == shelf()


def test_what_another_generator_drew_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    EndlessKept(tmp_path).add("defend", 300, (9, 9, 9, 9))
    assert len(EndlessKept(tmp_path).levels) == len(shelf()) + 1
    content = json.loads((tmp_path / FILE).read_text())
    content["generator"] = "another"
    (tmp_path / FILE).write_text(json.dumps(content))
    assert EndlessKept(tmp_path).levels == shelf()
    endless_kept.generator_key.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(endless_kept, "by_name", lambda name: replace(load("foundry"), name=name))
        other = endless_kept.generator_key()
    endless_kept.generator_key.cache_clear()
    assert other != endless_kept.generator_key()


def test_a_place_that_is_left_out_is_not_the_next(tmp_path: Path) -> None:
    kept = EndlessKept(tmp_path)
    first = kept.following("defend")
    assert first is not None
    after = kept.following("defend", [first.place])
    assert after is not None
    assert after.place == first.place + 1


def test_enough_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endless_kept, "MOST", 1)
    kept = EndlessKept(tmp_path)
    kept.add("defend", 900, (9, 9, 9, 9))
    assert kept.following("defend") is None
    assert kept.following("survive") is not None
