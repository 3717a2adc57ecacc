"""Endless levels that were graded here: kept beside those that ship, by several games at once, through any damage."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import pytest

from game.core import rules
from game.core.levels.endless import ENDLESS_SEEDS
from game.core.levels.generator import by_name, endless_name
from game.match.grading import endless_kept
from game.match.grading.endless_kept import FILE, GENERATOR, MATCHES, SCHEMA, EndlessGrades
from game.match.grading.endless_shelf import shelf

DRAWN: Final = {
    1: "d76dd5daeb73ea73f02cf8a1f4f689661e719de480e1aae994161805e68d0b18",
}  # SHA-256 of what 400 endless seeds draw, by generator


def test_what_was_graded_here_joins_what_ships(tmp_path: Path) -> None:
    kept = EndlessGrades(tmp_path)
    following = kept.following("defend")
    assert following is not None
    place = following.place
    assert place == sum(one.objective == "defend" for one in shelf())
    kept.add("defend", place, (18, 12, 6, 0))
    after = kept.following("defend")
    assert after is not None
    assert after.place == place + 1
    again = EndlessGrades(tmp_path)
    assert len(again.levels) == len(shelf()) + 1
    new = again.levels[-1]
    assert new.name == following.name
    assert (new.objective, new.place) == ("defend", place)
    assert new.grade.counts.won == (18, 12, 6, 0)
    assert new.grade.rate("rookie") > new.grade.rate("ace")


def test_two_games_keep_what_both_graded(tmp_path: Path) -> None:
    one, other = EndlessGrades(tmp_path), EndlessGrades(tmp_path)
    one.add("collect", 400, (1, 1, 1, 1))
    other.add("collect", 401, (2, 2, 2, 2))
    one.add("survive", 402, (3, 3, 3, 3))
    places = {(level.objective, level.place) for level in EndlessGrades(tmp_path).levels[len(shelf()) :]}
    assert places == {("collect", 400), ("collect", 401), ("survive", 402)}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b'{"schema": 2}', b"\xff\xfe", b'{"schema": 1, "levels": {}}',
    ],
)  # fmt: skip
def test_a_damaged_file_is_one_without_levels(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    kept = EndlessGrades(tmp_path)
    assert kept.levels == shelf()
    kept.add("defend", 900, (9, 9, 9, 9))
    assert len(EndlessGrades(tmp_path).levels) == len(shelf()) + 1


@pytest.mark.parametrize(
    "row", [[900, 1, 1, 1], [900, 1, 1, 1, MATCHES + 1], [-1, 1, 1, 1, 1], [True, 1, 1, 1, 1], 5]
)
def test_a_row_that_is_none_is_refused(tmp_path: Path, row: object) -> None:
    EndlessGrades(tmp_path).add("defend", 900, (9, 9, 9, 9))
    content = json.loads((tmp_path / FILE).read_text())
    content["levels"]["defend"].append(row)
    (tmp_path / FILE).write_text(json.dumps(content))
    assert EndlessGrades(tmp_path).levels == shelf()


def changed(folder: Path, **values: Any) -> EndlessGrades:
    """Keep a level, let the file say something else (None: not say it), and read it."""
    EndlessGrades(folder).add("defend", 900, (9, 9, 9, 9))
    content = json.loads((folder / FILE).read_text()) | values
    kept = {key: value for key, value in content.items() if value is not None}
    (folder / FILE).write_text(json.dumps(kept))
    return EndlessGrades(folder)


@pytest.mark.parametrize(
    "values",
    [
        {"schema": SCHEMA + 1},
        {"graders": "x"},
        {"matches": MATCHES // 2},
        {"generator": GENERATOR + 1},
        {"generator": "x"},
        {"generator": None},
        {"schema": 1, "generator": None, "graders": "x"},
    ],
)
def test_what_was_drawn_or_graded_in_another_way_does_not_count(
    tmp_path: Path, values: dict[str, Any]
) -> None:
    assert changed(tmp_path, **values).levels == shelf()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"schema": 1, "generator": None},
        {"generator": "1db32eaaa0b75af9aacc01fc8da83489e2d04a81e8ba1d1d6b47194889ee286b"},
    ],
)
def test_files_of_earlier_builds_count_while_the_generator_is_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any]
) -> None:
    assert changed(tmp_path, **values).levels[-1].place == 900
    content = (tmp_path / FILE).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(endless_kept, "GENERATOR", GENERATOR + 1)
        assert EndlessGrades(tmp_path).levels == shelf()
    assert (tmp_path / FILE).read_bytes() == content


def test_what_ships_by_now_is_not_listed_twice(tmp_path: Path) -> None:
    shipped = [[place, 9, 9, 9, 9] for place in (0, 349)]
    kept = changed(tmp_path, levels={name: [*shipped, [900, 1, 1, 1, 1]] for name in rules.OBJECTIVE_NAMES})
    names = [one.name for one in kept.levels]
    assert len(set(names)) == len(names) == len(shelf()) + len(rules.OBJECTIVE_NAMES)
    kept.add("defend", 901, (9, 9, 9, 9))
    rows = json.loads((tmp_path / FILE).read_text())["levels"]["defend"]
    assert [row[0] for row in rows] == [900, 901]


def test_a_changed_generator_has_another_number() -> None:
    """Raise GENERATOR where this fails, add its hash here, and measure the shelf that ships anew."""
    places = [*range(50), *range(0, len(ENDLESS_SEEDS), len(ENDLESS_SEEDS) // 50)]
    drawn = hashlib.sha256()
    for objective in rules.OBJECTIVE_NAMES:
        for place in places:
            level = by_name(endless_name(objective, place))
            assert level is not None
            drawn.update(level.digest.encode())
    assert drawn.hexdigest() == DRAWN[GENERATOR]


def test_a_place_that_is_left_out_is_not_the_next(tmp_path: Path) -> None:
    kept = EndlessGrades(tmp_path)
    first = kept.following("defend")
    assert first is not None
    after = kept.following("defend", [first.place])
    assert after is not None
    assert after.place == first.place + 1


def test_enough_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endless_kept, "MOST", 1)
    kept = EndlessGrades(tmp_path)
    kept.add("defend", 900, (9, 9, 9, 9))
    assert kept.following("defend") is None
    assert kept.following("survive") is not None
