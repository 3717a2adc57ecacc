"""Commands with `--language zh`: tables, verdicts and refusals are Chinese; only names that people type stay as they are."""

import re
from pathlib import Path

import pytest

from game.app.strings import catalogue
from game.cli.root import run
from game.core.levels.catalogue import new_level
from game.match.grading.graders import PANEL
from game.match.testing.messages import who
from safefiles.messages import in_language

Captured = pytest.CaptureFixture[str]
HAN = re.compile("[\u3400-\u9fff]")
LINES = re.compile("[│┃]")


def english_cells(out: str) -> list[str]:
    """Cells and lines that have a word of three letters and no Chinese; names of levels are no words."""
    cells = [cell.strip() for line in out.splitlines() for cell in LINES.split(line)]
    return [
        cell
        for cell in cells
        if re.search("[A-Za-z]{3}", cell) and not HAN.search(cell) and cell not in ("first_light", "orchard")
    ]


def test_a_test_of_one_level_is_chinese(tmp_path: Path, user_dir: Path, capsys: Captured) -> None:
    page = tmp_path / "page.html"
    command = ["levels", "test", "first_light", "--matches", "36", "--language", "zh", "--no-replays"]
    assert run([*command, "--report", str(page)]) == 0
    out = capsys.readouterr().out
    assert english_cells(out) == []
    assert "难度：王牌" in out
    assert "神枪手（marksman），延迟 0.23 秒" in out
    assert "测得难度 1 星（满分 5 星，作者标为 1 星）" in out
    assert "神枪手（marksman），延迟 0.23 秒" in page.read_text(encoding="utf-8")


def test_a_test_of_several_levels_is_chinese(user_dir: Path, capsys: Captured) -> None:
    new_level(user_dir / "levels", "canyon")
    (user_dir / "levels" / "wreck.tmj").write_text("{")
    command = ["levels", "test", "first_light", "orchard", "user", "--matches", "20", "--language", "zh"]
    assert run(command) == 1
    seen = capsys.readouterr()
    assert english_cells(seen.out.replace("canyon", "")) == []
    assert "orchard：" in seen.out
    assert "略去：4 个关卡中有 1 个无法游玩" in seen.err
    assert "应有双引号中的名称" in seen.err


def test_grades_are_chinese(user_dir: Path, capsys: Captured) -> None:
    assert run(["levels", "grade", "first_light", "--rounds", "1", "--language=zh"]) == 0
    out = capsys.readouterr().out
    assert english_cells(out) == []
    assert "难度值" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["check", "nosuch"], "关卡：应为关卡名称、以“.tmj”或“.tmx”结尾的路径、文件夹、种子"),
        (["check", "foundri"], "是否想写 foundry？"),
        (["test", "nosuch"], "实际为 'nosuch'"),
        (["test", "foundry", "--difficulty", "easy"], "--difficulty：应为 rookie, regular, veteran 或 ace，实际为 'easy'"),
        (["test", "foundry", "--matches", "0"], "--matches：应为 1 或更大的数，实际为 '0'"),
        (["test", "foundry", "--matches", "x"], "--matches：应为整数，实际为 'x'"),
        (["test", "foundry", "--brains", "nosuch"], "没有名为 'nosuch' 的 AI"),
        (["test", "foundry", "--report", "."], "--report：应为文件，实际为文件夹"),
        (["test", "foundry", "--nosuch"], "没有选项 --nosuch"),
        (["test"], "缺少参数 'LEVEL'"),
        (["test", "maps/*.tmj"], "没有与 'maps/*.tmj' 匹配的文件"),
        (["repair", "train:1"], "实际为生成的"),
        (["grade", "train:collct:3"], "是否想写 collect？"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_a_refusal_is_chinese(words: list[str], told: str, user_dir: Path, capsys: Captured) -> None:
    assert run(["levels", *words, "--language", "zh"]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert run(["levels", *words]) == 2
    assert not HAN.search(capsys.readouterr().err)


def test_the_next_command_speaks_english_again(user_dir: Path, capsys: Captured) -> None:
    run(["levels", "check", "nosuch", "--language", "zh"])
    run(["levels", "check", "nosuch"])
    chinese, english = capsys.readouterr().err.splitlines()
    assert HAN.search(chinese)
    assert english.startswith(
        "error: level: expected a level's name, a path ending in .tmj or .tmx, a folder"
    )


def test_a_report_calls_the_graders_as_the_window_does() -> None:
    names = catalogue("zh")
    for grader in PANEL:
        assert in_language(who(grader.brain), "zh") == f"{names[f'brain.{grader.brain}']}（{grader.brain}）"
    assert who("mine") == "mine"
