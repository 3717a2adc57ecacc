"""The catalogue: both languages complete and alike, every key that is asked for there, every glyph in the font."""

import ast
import re
import string
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

import game.app
from game.app.input.actions import ACTIONS
from game.app.input.keyboard import KeyLayout
from game.app.playing.hints import GOALS
from game.app.strings import LANGUAGES, Strings, catalogue, system_language
from game.app.ui.fonts import BOLD, REGULAR, font_bytes
from game.app.ui.prompts import input_label
from game.core import rules
from game.core.levels.catalogue import list_levels
from game.match.difficulty import DIFFICULTY_IDS
from game.player.settings import SETTINGS
from game.view.text import HUD_STRINGS

APP_FOLDER = Path(game.app.__file__).parent


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_the_languages_have_the_same_keys() -> None:
    english, chinese = catalogue("en"), catalogue("zh")
    assert set(english) == set(chinese)
    assert [key for key in english if not english[key].strip() or not chinese[key].strip()] == []


def test_the_languages_fill_in_the_same_fields() -> None:
    english, chinese = catalogue("en"), catalogue("zh")
    assert [key for key in english if fields(english[key]) != fields(chinese[key])] == []


def test_chinese_is_chinese() -> None:
    untranslated = {key for key, text in catalogue("zh").items() if not re.search(r"[\u4e00-\u9fff]", text)}
    assert untranslated == {
        "choice.language.en",
        "common.list",
        "grade.rate",
        "grade.place_value",
    }  # a name, a comma, numbers


def asked_keys() -> tuple[set[str], set[str]]:
    """Keys that the sources ask for: whole ones, and the fixed beginnings of those put together."""
    whole: set[str] = set()
    beginnings: set[str] = set()
    for path in APP_FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if re.fullmatch(r"[a-z_]+(\.[a-z_0-9]+)+", node.value) and not node.value.endswith(
                    (".txt", ".json")
                ):
                    whole.add(node.value)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                start = str(node.values[0].value)
                if re.fullmatch(r"[a-z_]+\.([a-z_]+\.)*", start):
                    beginnings.add(start)
    return whole, beginnings


def test_every_key_that_is_asked_for_exists() -> None:
    english = catalogue("en")
    groups = {key.split(".")[0] for key in english}
    whole, beginnings = asked_keys()
    assert len(whole) > 60
    assert [key for key in sorted(whole) if key.split(".")[0] in groups and key not in english] == []
    assert [start for start in sorted(beginnings) if not any(key.startswith(start) for key in english)] == []


def test_every_text_of_the_catalogue_is_asked_for() -> None:
    whole, beginnings = asked_keys()
    unused = [
        key
        for key in catalogue("en")
        if key not in whole
        and not any(key.startswith(start) for start in beginnings)
        and not key.startswith(("hud.", "action."))
    ]
    assert unused == []


def test_every_table_of_the_game_has_its_texts() -> None:
    wanted = {
        *(f"objective.{name}" for name in rules.OBJECTIVE_NAMES),
        *(f"about.objective.{name}" for name in rules.OBJECTIVE_NAMES),
        *(f"hint.goal.{name}" for name in GOALS),
        *(f"class.{tank.name}" for tank in rules.TANK_CLASSES),
        *(f"about.class.{tank.name}" for tank in rules.TANK_CLASSES),
        *(f"difficulty.{name}" for name in DIFFICULTY_IDS),
        *(f"about.difficulty.{name}" for name in DIFFICULTY_IDS),
        *(f"setting.{setting.id}" for setting in SETTINGS if setting.page),
        *HUD_STRINGS,
    }
    assert wanted - set(catalogue("en")) == set()


def test_the_display_gets_the_fields_it_fills_in() -> None:
    english = catalogue("en")
    assert {key for key, text in HUD_STRINGS.items() if fields(english[key]) != fields(text)} == set()


def shown_texts() -> dict[str, str]:
    """Everything the window writes that is known beforehand, by where it comes from."""
    texts = {f"{language}:{key}": text for language in LANGUAGES for key, text in catalogue(language).items()}
    for entry in list_levels():
        assert entry.level is not None
        texts[f"title:{entry.name}"] = entry.level.title.en + entry.level.title.zh
    for action in ACTIONS:
        for name in action.inputs:
            texts[f"input:{name}"] = input_label(name, KeyLayout())
    texts["figures"] = "0123456789:.,%×/–…+-!?()"
    return texts


def missing_glyphs(font: str, texts: dict[str, str]) -> dict[str, str]:
    known = TTFont(BytesIO(font_bytes(font))).getBestCmap()
    found = {
        where: "".join(c for c in text if ord(c) not in known and c != "\n") for where, text in texts.items()
    }
    return {where: missing for where, missing in found.items() if missing}


@pytest.mark.parametrize("font", [REGULAR, BOLD])
def test_the_bundled_fonts_have_every_glyph(font: str) -> None:
    assert missing_glyphs(font, shown_texts()) == {}


def test_a_glyph_that_the_fonts_lack_is_noticed() -> None:
    assert missing_glyphs(REGULAR, {"x": "a龘b\U0001f3ae"}) == {"x": "龘\U0001f3ae"}


@pytest.mark.parametrize("font", [REGULAR, BOLD])
def test_the_fonts_leave_room_for_titles_of_modders(font: str) -> None:
    common = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多"
    assert missing_glyphs(font, {"x": common + "ÄÖÜäöüßéèêñçøåÆÍóúÑ"}) == {}
    assert len(font_bytes(font)) < 2_000_000


def test_the_licence_lies_beside_the_fonts() -> None:
    text = files("game.app").joinpath("fonts", "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in text
    assert "Adobe" in text
    for font in (REGULAR, BOLD):
        name = TTFont(BytesIO(font_bytes(font)))["name"].getDebugName(1)
        assert "Source" not in name
        assert "Noto" not in name


def test_a_missing_key_shows_itself_instead_of_failing() -> None:
    assert Strings("zh")("no.such.key") == "no.such.key"


def test_a_level_title_falls_back_to_the_other_language() -> None:
    assert Strings("zh").pick("Foundry", "") == "Foundry"
    assert Strings("en").pick("Foundry", "铸造厂") == "Foundry"
    assert Strings("zh").pick("Foundry", "铸造厂") == "铸造厂"


@pytest.mark.parametrize(
    ("value", "language"), [("zh_CN.UTF-8", "zh"), ("en_GB.UTF-8", "en"), ("C", "en"), ("de_DE", "en")]
)
def test_the_system_chooses_the_language(monkeypatch: pytest.MonkeyPatch, value: str, language: str) -> None:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", value)
    assert system_language() == language
