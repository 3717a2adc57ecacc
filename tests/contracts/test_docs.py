"""The tables in docs/ are the tables of the code: a page that fell behind is named."""

import importlib.util
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import pytest

from game.app.sound.level_music import COMPOSED_FOR_OBJECTIVE
from game.core import rules
from game.core.levels import checks, safe_json, schema, tiled
from tests.contracts.tree import ROOT

DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """`docs/generate.py`, which is no part of any package."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_table_is_as_the_code_has_it(generate: ModuleType) -> None:
    assert list(generate.stale_pages(DOCS)) == []


def test_every_table_of_the_generator_is_on_a_page(generate: ModuleType) -> None:
    marked = {
        name
        for page in DOCS.rglob("*.md")
        for name in re.findall(r"<!-- table: ([a-z-]+) -->", page.read_text())
    }
    assert marked == set(generate.TABLES)


def test_a_page_that_fell_behind_is_named(generate: ModuleType, tmp_path: Path) -> None:
    shutil.copy(DOCS / "observation.md", tmp_path / "observation.md")
    page = tmp_path / "observation.md"
    page.write_text(
        page.read_text(encoding="utf-8").replace("| `own_hp` |", "| `own_health` |"), encoding="utf-8"
    )
    stale = generate.stale_pages(tmp_path)
    assert list(stale) == [page]
    assert stale[page] == (DOCS / "observation.md").read_text(encoding="utf-8")


def test_a_mark_of_no_table_is_refused(generate: ModuleType) -> None:
    with pytest.raises(KeyError, match=r"expected one of .* found 'weather'"):
        generate.fill_tables("<!-- table: weather -->\n<!-- end -->")


def test_a_command_whose_help_changed_is_named(generate: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "commands.md"
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    page.write_text(text.replace("| `--mute` |", "| `--silent` |"), encoding="utf-8")
    assert list(generate.stale_pages(tmp_path)) == [page]


def test_the_reference_has_each_argument_and_option_of_a_command() -> None:
    from game.cli import reference

    found = {each.words: each for each in reference.commands()}
    duel = found["bankshot agents duel"]
    assert duel.usage == "bankshot agents duel FIRST SECOND"
    assert found["bankshot levels check"].usage == "bankshot levels check [LEVEL …]"
    assert found["bankshot recommender import"].usage == "bankshot recommender import FILE …"
    assert next(
        (row.names, row.default.strip("`")) for row in duel.parameters if row.names.startswith("--matches")
    ) == ("--matches N", "1000")
    completing = {"--install-completion SHELL", "--show-completion SHELL"}
    assert {row.names for row in found["bankshot"].parameters} == {
        "--user-dir FOLDER",
        "--version",
        *completing,
    }
    store = {row.names: row for row in found["bankshot recommender recommend"].parameters}["--store FILE"]
    assert (store.default, store.required) == ("the game's", False)


def test_the_game_fills_in_what_the_reference_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from game.cli.recommender_defaults import defaults, filled_parameters

    monkeypatch.setenv("BANKSHOT_USER_DIR", str(tmp_path))
    for command in ("recommend", "explain", "simulate", "import", "export", "bench"):
        given = defaults([command]).get(command, {})
        assert set(given) | ({"language"} if "zone" in given else set()) == set(filled_parameters(command))


def missing(phrases: Iterable[str], text: str) -> list[str]:
    """Return the phrases that are not in `text`, however its lines are broken."""
    flat = " ".join(text.split())
    return [phrase for phrase in phrases if phrase not in flat]


def test_the_page_about_levels_names_every_class_and_objective() -> None:
    names = (*schema.TILE_CLASSES, *schema.OBJECT_CLASSES, schema.LEVEL, *rules.OBJECTIVE_NAMES)
    page = (DOCS / "levels.md").read_text(encoding="utf-8")
    assert missing((f"`{name}`" for name in names), page) == []


def test_the_page_about_levels_gives_the_limits_of_the_reader() -> None:
    limits = (
        f"{rules.MIN_SIDE} × {rules.MIN_SIDE} to {rules.MAX_SIDE} × {rules.MAX_SIDE} tiles",
        f"at most {safe_json.MAX_BYTES >> 20} MiB",
        f"{tiled.MAX_LAYERS} layers, {tiled.MAX_GROUP_DEPTH} levels of groups, {tiled.MAX_TILE_LAYERS} tile layers",
        f"{tiled.MAX_OBJECTS} objects",
        f"{rules.MAX_SEATS} starts, {rules.MAX_PICKUPS} pick-ups and {rules.MAX_CELLS} energy cells",
        f"less than {checks.NEAR_STARTS} tiles apart",
    )
    assert missing(limits, (DOCS / "levels.md").read_text(encoding="utf-8")) == []


def test_the_page_about_levels_gives_the_moods_of_each_objective() -> None:
    phrases = [
        f"{', '.join(moods[:-1])} or {moods[-1]} for `{objective}`"
        for objective, moods in COMPOSED_FOR_OBJECTIVE.items()
    ]
    assert missing(phrases, (DOCS / "levels.md").read_text(encoding="utf-8")) == []


def test_a_missing_phrase_is_noticed() -> None:
    assert missing(["16 starts", "17 starts"], "at most 16\nstarts") == ["17 starts"]
