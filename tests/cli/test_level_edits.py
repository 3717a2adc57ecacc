"""`levels generate --from`, as a modder meets it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from game.cli.level_edits import EditLabel, edit_line, edited_title
from game.cli.root import run
from game.core.levels.model import Title
from game.core.levels.starter import starter_level
from game.core.levels.tmj import read_level
from game.match.grading.gradebook import GradeBook
from game.match.grading.graders import PANEL
from game.match.making import edit_search as edits
from game.match.making import wish
from game.player.paths import UserFolders
from tests.core.levels.hostile import sound_map

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BANKSHOT_USER_DIR", str(tmp_path / "user"))
    return tmp_path


def test_a_file_is_edited_beside_itself_and_keeps_what_the_game_does_not_use(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    for name, value in (
        ("GENERATIONS", 1),
        ("PLAYED", 1),
        ("ELITES", 1),
        ("FIRST_ROUNDS", 1),
        ("SECOND_ROUNDS", 1),
    ):
        monkeypatch.setattr(edits, name, value)
    monkeypatch.setattr(edits, "ENOUGH", 2.0)  # so that it plays what it has made
    for name in ("PROOF_ROUNDS", "MORE_ROUNDS", "MOST_PROOFS"):
        monkeypatch.setattr(wish, name, 1)
    data = sound_map()
    data["layers"].append({"type": "imagelayer", "name": "sky", "image": "sky.png", "id": 7, "visible": True})
    path, out, facts = home / "canyon.tmj", home / "out", home / "facts.json"
    path.write_text(json.dumps(data))
    words = [
        "levels",
        "generate",
        "--from",
        str(path),
        "--win-rate",
        "0.5",
        "--for",
        "rookie",
        "--out",
        str(out),
    ]
    assert run([*words, "--json", str(facts)]) in (0, 1)
    (row,) = json.loads(facts.read_text())["levels"]
    made = read_level(out / "canyon-50-rookie.tmj")
    assert row["file"] == str(out / "canyon-50-rookie.tmj")
    assert json.loads((out / "canyon-50-rookie.tmj").read_text())["layers"][2]["name"] == "sky"
    assert bool(row["changes"]) == (
        made.digest != read_level(path).digest or made.roster != read_level(path).roster
    )
    assert row["matches"] >= len(PANEL)
    said = capsys.readouterr().out
    assert f"of {row['matches']} at rookie" in said
    assert json.loads(path.read_text()) == data
    assert made.difficulty == read_level(path).difficulty, "what the author says stays"
    assert (made.title.en, read_level(path).title.en) == ("sound (50 %, rookie)", "sound"), (
        "told apart in a list"
    )
    book = GradeBook(UserFolders.find().cache)
    assert not book.is_stale(read_level(path)), "the file has not been edited"
    assert run(words) == 2, "nothing is overwritten"


def test_what_makes_no_sense_is_refused_before_a_match(home: Path, capsys: Captured) -> None:
    words = ["levels", "generate", "--from", "cellar", "--out", str(home / "out")]
    for more, told in (
        ([], "expected --win-rate or --grade with it"),
        (["--win-rate", "0.5", "--family", "rooms"], "--family: expected none with --from"),
        (["--win-rate", "0.5", "--objective", "defend"], "expected survive, which cellar plays"),
    ):
        assert run([*words, *more]) == 2
        assert told in capsys.readouterr().err
    assert not (home / "out").exists()


@pytest.mark.parametrize(
    ("before", "mark", "name", "after"),
    [
        (("canyon", ""), EditLabel(40, "regular", 1), "40", ("canyon-40", "")),
        (("canyon", "canyon"), EditLabel(40, "ace", 2), "40-ace-2", ("canyon-40-ace-2", "canyon-40-ace-2")),
        (("The Gorge", "峡谷"), EditLabel(40, "regular", 1), "40", ("The Gorge (40 %)", "峡谷（40%）")),
        (
            ("Gorge", "峡谷"),
            EditLabel(40, "ace", 2),
            "40-ace-2",
            ("Gorge (40 %, ace, 2)", "峡谷（40%，王牌，2）"),
        ),
        (("The Gorge", ""), EditLabel(40, "regular", 2), "40-2", ("The Gorge (40 %, 2)", "")),
        (
            ("x" * 60, "谷" * 60),
            EditLabel(40, "regular", 1),
            "40",
            ("x" * 53 + " (40 %)", "谷" * 55 + "（40%）"),
        ),
        (
            ("canyon" * 10, "canyon" * 10),
            EditLabel(40, "ace", 2),
            "40-ace-2",
            (("canyon" * 10)[:51] + "-40-ace-2",) * 2,
        ),
    ],
)
def test_an_edited_level_has_a_name_and_a_title_of_its_own(
    before: tuple[str, str], mark: EditLabel, name: str, after: tuple[str, str]
) -> None:
    level = replace(starter_level("canyon"), title=Title(*before))
    stem = before[0] if before[0].startswith("canyon") else "canyon"
    assert (str(mark), edited_title(level, stem, mark)) == (name, Title(*after))


def test_a_difference_is_told_in_words() -> None:
    rows = [
        ("tile", 4, 1, "wall", "floor", "(4,1): wall → floor"),
        ("pickup", 8, 1, "(8,1) repair", "(4,5) repair", "(4,5): pick-up repair moved from (8,1) to (4,5)"),
        ("cell", 4, 6, "(4,6)", "(15,4)", "(15,4): energy cell moved from (4,6) to (15,4)"),
        ("cell", 4, 6, "none", "cell", "(4,6): new energy cell"),
        ("pickup", 8, 1, "repair", "none", "(8,1): pick-up repair removed"),
        ("pickup", 8, 1, "repair", "speed", "(8,1): pick-up: repair → speed"),
        ("start", 1, 5, "team 1 heavy", "team 1 heavy chaser", "(1,5): start: team 1 heavy → team 1 heavy chaser"),
        ("start", 1, 5, "(1,5) team 1 heavy", "(2,5) team 1 scout",
         "(2,5): start moved from (1,5) to (2,5): team 1 heavy → team 1 scout"),
        ("start", 2, 5, "none", "team 1 scout", "(2,5): new start team 1 scout"),
        ("time_limit", None, None, "90", "120", "time_limit: 90 → 120"),
    ]  # fmt: skip
    for what, x, y, was, now, words in rows:
        assert edit_line({"what": what, "x": x, "y": y, "was": was, "now": now}) == words
