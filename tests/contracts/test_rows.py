"""A new row of a table is refused, by name, in each place that does not know it yet; and it moves none of the old ones."""

import shutil
from pathlib import Path

import pytest

from tests.contracts.rows import TABLES
from tests.contracts.tree import ROOT, copy_project, run_python, walk

# Table: the file, the text before which the row goes in, the row, and the places that must ask for it
ROWS = {
    "objective": (
        "game/core/rules.py",
        {
            '    Objective("survive", 180, 3, 360, 60 * 60, 0),\n': '    Objective("race", 180, 0, 180, 60 * 60, 0),\n',
            '"collect", "survive")': '"collect", "survive", "race")',
        },
        "race",
        (
            "objectives.py update_match_outcome", "checks.py TEAMS_OF", "generator.py _TEAM_SIZES", "rewards.py DEFAULTS",
            "endless.py _TEAMS", "endless.py _SECONDS", "grades.json", "forecast.json",
            "level_items.py OBJECTIVE_MOODS", "shapes.py OBJECTIVE_ICONS", "theme.py OBJECTIVE_COLOURS", "COMPOSED_FOR_OBJECTIVE",
            "en.toml [objective]", "zh.toml [objective]", "personas.py BRAINS", "setups.py",
        ),
    ),
    "tile": (
        "game/core/rules.py",
        {'    Tile("home_3", False, False),\n': '    Tile("mud", False, False),\n'},
        "mud",
        ("tiles.py PAINTED", "minimap.py tile_colours", "sheet.py SHEET", "docs/levels.md"),
    ),
    "bot": (
        "game/core/bots/table.py",
        {
            '    Bot(MARKSMAN, "marksman", "banks its shots, dodges, strafes, uses its special and plays the objective"),\n':
            '    Bot(44, "turtle", "is slow"),\n'
        },
        "turtle",
        ("decide.py DRIVEN", "decide.py decide", "en.toml [brain]", "zh.toml [brain]"),
    ),
    "mood": (
        "music/composer/moods.py",
        {
            'Mood("frantic", 5, "Frantic", "狂乱", vo.MINOR, (4, 9, 2), (144, 164), 0.9, "dark"),\n':
            'Mood("gloomy", 5, "Gloomy", "阴郁", vo.MINOR, (4, 9, 2), (70, 90), 0.2, "dark"),\n'
        },
        "gloomy",
        ("a number of its own", "COMPOSED_FOR", "three pieces"),
    ),
    "level-mood": (
        "game/core/levels/model.py",
        {'"tense", "dark")': '"tense", "dark", "festive")'},
        "festive",
        ("level_music.py COMPOSED_FOR",),
    ),
    "family": (
        "game/core/levels/families.py",
        {'    "rings": rings,\n': '    "swamps": caves,\n'},
        "swamps",
        ("FAMILY_TITLES", "docs"),
    ),
    "screen": (
        "game/app/screens.py",
        {'    "setup": "game.app.playing.setup_screen",\n': '    "shop": "game.app.menu.title",\n'},
        "shop",
        ("its module: a class of that name", "tests/app: a test that opens it"),
    ),
    "suggesting-model": (
        "recommender/advisor/opinions.py",
        {'"biases", "popularity")': '"biases", "popularity", "astrology")'},
        "astrology",
        ("opinions.py _answering", "recommender/README.md"),
    ),
    "measured-model": (
        "recommender/evaluation/lineup.py",
        {
            "NEIGHBOURS: Final[tuple": 'class Twins(ItemResiduals):\n    name = "twins"\n\n\nNEIGHBOURS: Final[tuple',
            "    ItemResiduals,\n)": "    ItemResiduals,\n    Twins,\n)",
        },
        "twins",
        ("run.py ORDER", "recommender/README.md"),
    ),
}  # fmt: skip


def test_every_table_is_tried() -> None:
    assert set(ROWS) == set(TABLES)


def test_the_rows_that_there_are_lack_nothing() -> None:
    done = run_python("-m", "tests.contracts.rows", cwd=ROOT)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with what the checks read."""
    folder = copy_project(tmp_path_factory.mktemp("rows"))
    for name in ("docs", "tests/contracts", "tests/app"):
        for file in walk(ROOT / name):
            copy = folder / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
    (folder / "tests" / "__init__.py").touch()
    return folder


@pytest.mark.parametrize("table", ROWS)
def test_a_new_row_is_refused_by_name_wherever_it_is_unknown(sources: Path, table: str) -> None:
    file, edits, name, places = ROWS[table]
    path = sources / file
    before = path.read_text(encoding="utf-8")
    after = before
    for at, row in edits.items():
        assert after.count(at) == 1
        after = after.replace(at, at + row if at.endswith("\n") else row)
    path.write_text(after, encoding="utf-8")
    try:
        done = run_python("-m", "tests.contracts.rows", table, cwd=sources, NUMBA_DISABLE_JIT="1")
    finally:
        path.write_text(before, encoding="utf-8")
    assert done.returncode == 1, done.stderr
    told = [line for line in done.stdout.splitlines() if line.startswith(f"{name}: ")]
    assert [place for place in places if not any(place in line for line in told)] == [], done.stdout
