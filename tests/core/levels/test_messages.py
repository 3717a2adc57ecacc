"""Problems are said in each language: the same keys, the same fields, nothing left in English on a Chinese screen."""

import ast
import json
import re
import string
from pathlib import Path

import pytest

from game.core import rules
from game.core.levels.messages_en import MESSAGES
from game.core.levels.messages_zh import MESSAGES_ZH
from game.core.levels.problems import LevelError, say
from game.core.levels.tmj import parse_level, read_level
from tests.core.levels.hostile import all_cases, sound_map, write_case

LEVELS = Path(__file__).resolve().parents[3] / "game" / "core" / "levels"
SAFEFILES = LEVELS.parents[2] / "safefiles"
CODE = re.compile(r"[EWN]\d{3}")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_tables_have_the_same_keys_in_the_same_order() -> None:
    assert list(MESSAGES) == list(MESSAGES_ZH)


@pytest.mark.parametrize("key", MESSAGES)
def test_both_languages_fill_the_same_fields(key: str) -> None:
    english = fields(MESSAGES[key]) - {"told"}  # a parser's own words
    assert english == fields(MESSAGES_ZH[key])


def test_a_field_that_is_missing_is_found() -> None:
    assert fields("a {b} of {c}") == {"b", "c"} != fields("{b}")


def test_every_message_is_used_and_every_one_used_is_there() -> None:
    used = set()
    cli = [
        LEVELS.parents[1] / "cli" / f"{name}.py"
        for name in ("change_lines", "level_changes", "level_choice", "level_files", "level_repair")
    ]
    for path in [*LEVELS.glob("*.py"), LEVELS.parents[1] / "player" / "level_lint.py", *cli]:
        if path.name.startswith("messages_"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                used.add(node.value)
    codes = {text for text in used if CODE.fullmatch(text)}
    used |= set(re.findall(r'"(json_\w+)"', (SAFEFILES / "causes.py").read_text(encoding="utf-8")))
    used |= {f"tile_{tile.name}" for tile in rules.TILES}
    assert codes == {key for key in MESSAGES if CODE.fullmatch(key)}
    assert set(MESSAGES) <= used


# Words of files: of the format, of Tiled and of the game's own tables, which a modder writes as they are.
KEPT = re.compile(
    r"[\w.-]+\.(tmj|tsj|tsx)|'[^']*'…?|\[\d+\]|[a-z_]+(, [a-z_]+)+|Tiled|Base64|base64|CSV|JSON|UTF-(8|16)|XML|zlib|zstd|gzip"
    r"|Bankshot|E\d{3}|W\d{3}|N\d{3}|/[\w./-]+|`\w+`|null|true|false|AI|\(\*\.tmj\)|\*\.tsj|\bA\b"
)


def test_a_chinese_line_holds_no_english(tmp_path: Path) -> None:
    english = set()
    for case in all_cases():
        with pytest.raises(LevelError) as caught:
            read_level(write_case(case, tmp_path))
        for problem in caught.value.problems:
            message = problem.wording.text("zh")
            english |= set(re.findall(r"[A-Za-z]{4,} [a-z]{2,}", KEPT.sub("", message)))
    assert english == set()


def test_a_place_is_said_in_chinese() -> None:
    data = sound_map()
    data["layers"][1]["objects"][0].update(x=4 * 32, y=3 * 32)
    with pytest.raises(LevelError) as caught:
        parse_level(json.dumps(data).encode(), "峡谷")
    assert caught.value.problems[0].line("zh") == (
        "E040 峡谷.tmj › objects 对象 1 (4,2)：出生点下方应为地板，实际是墙（图层 arena）"
    )


def test_a_phrase_within_a_phrase_is_said_in_the_same_language() -> None:
    phrase = say(
        "W112", found="a.tsj", why=say("E027", what=say("a_tileset_file"), found=say("no_file"), path="/x")
    )
    assert "不存在的文件" in phrase.text("zh")
    assert "no such file" in str(phrase)
