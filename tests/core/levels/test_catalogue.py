"""Finding levels: by name, path, seed and set; broken files stay on the list with their errors."""

from pathlib import Path

import pytest

from game.core import rules
from game.core.levels import catalogue
from game.core.levels.catalogue import LevelEntry, list_levels, load_level, new_level, select
from game.core.levels.generator import TEST_SEEDS, TRAIN_SEEDS, generate
from game.core.levels.problems import LevelError
from tests.core.levels.hostile import all_cases, write_case


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's level folder: one sound level, one broken, one that has a built-in level's name."""
    new_level(tmp_path, "mine")
    new_level(tmp_path, "foundry")
    (tmp_path / "broken.tmj").write_bytes(b"{")
    return tmp_path


def by_name(entries: list[LevelEntry], name: str) -> LevelEntry:
    return next(entry for entry in entries if entry.name == name)


def test_a_broken_file_is_listed_with_its_errors(folder: Path) -> None:
    entries = list_levels(folder)
    broken = by_name(entries, "broken")
    assert not broken.playable
    assert broken.level is None
    assert broken.problems[0].code == "E005"
    assert by_name(entries, "mine").playable
    assert not by_name(entries, "mine").builtin


def test_no_hostile_file_can_keep_the_list_from_coming(tmp_path: Path) -> None:
    cases = all_cases()
    for case in cases:
        write_case(case, tmp_path)
    entries = [entry for entry in list_levels(tmp_path) if not entry.builtin]
    assert len(entries) == len(cases)
    assert not any(entry.playable for entry in entries)
    assert all(entry.problems for entry in entries)


def test_a_level_named_like_a_built_in_one_is_told_apart(folder: Path) -> None:
    entries = list_levels(folder)
    assert by_name(entries, "foundry").builtin
    assert not by_name(entries, "user/foundry").builtin
    assert load_level("foundry", folder).width == 32
    assert load_level("user/foundry", folder).width == 16


def test_names_in_a_list_are_unique(folder: Path) -> None:
    names = [entry.name for entry in list_levels(folder)]
    assert len(names) == len(set(names))


def test_a_missing_folder_holds_no_levels(tmp_path: Path) -> None:
    names = [entry.name for entry in list_levels(tmp_path / "nowhere")]
    assert names == [entry.name for entry in list_levels()]


def test_a_level_is_loaded_by_name_or_path(folder: Path) -> None:
    assert load_level("orchard").objective == rules.COLLECT
    assert (
        load_level("mine", folder).digest
        == load_level(folder / "mine.tmj").digest
        == load_level(str(folder / "mine.tmj")).digest
    )
    with pytest.raises(LevelError, match="E005"):
        load_level("broken", folder)
    with pytest.raises(ValueError, match="found 'fondry'; did you mean foundry"):
        load_level("fondry")


def test_a_new_level_is_playable_and_complete(tmp_path: Path) -> None:
    written = new_level(tmp_path / "deep" / "folder", "first")
    assert [path.name for path in written] == [
        "first.tmj",
        "bankshot.tsj",
        "bankshot.png",
        "bankshot.tiled-project",
    ]
    assert load_level(written[0]).notes == ()


def test_a_new_level_never_overwrites(tmp_path: Path) -> None:
    new_level(tmp_path, "first")
    (tmp_path / "bankshot.png").write_bytes(b"my own art")
    (tmp_path / "first.tmj").write_bytes(b"my own work")
    with pytest.raises(FileExistsError, match=r"first\.tmj"):
        new_level(tmp_path, "first")
    assert [path.name for path in new_level(tmp_path, "second")] == ["second.tmj"]
    assert (tmp_path / "bankshot.png").read_bytes() == b"my own art"
    assert (tmp_path / "first.tmj").read_bytes() == b"my own work"


@pytest.mark.parametrize(
    "name", ["", "../up", "a/b", "CON", "con", "lpt1", "a" * 41, "-x", "ä", "a.tmj", "a b"]
)
def test_a_new_level_has_a_name_that_every_system_takes(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="name: expected 1 to 40"):
        new_level(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def seeds(spec: object) -> list[int]:
    return [level.seed for level in select(spec)]  # type: ignore[arg-type]


def test_select_understands_sets_of_generated_levels() -> None:
    assert seeds("train:5") == list(TRAIN_SEEDS[:5])
    assert seeds("test:3") == list(TEST_SEEDS[:3])
    assert seeds("train:10-12") == [10, 11, 12]
    assert len(select("train")) == catalogue.DEFAULT_COUNT
    caves = select("test:caves:2-4")
    assert {level.family for level in caves} == {"caves"}
    assert [level.seed for level in caves] == list(TEST_SEEDS[2:5])
    assert len(select("train:rings")) == catalogue.DEFAULT_COUNT


def test_generated_levels_may_be_of_one_objective_whatever_the_environment_plays() -> None:
    mixed = select(["train:collect:3", "test:caves:defend:5-6:24x18", "train:1"])
    assert [level.objective_name for level in mixed[:5]] == ["collect"] * 3 + ["defend"] * 2
    assert [level.seed for level in mixed[:3]] == list(TRAIN_SEEDS[:3])
    assert [(level.family, level.seed, level.width) for level in mixed[3:5]] == [
        ("caves", seed, 24) for seed in TEST_SEEDS[5:7]
    ]


def test_select_understands_names_seeds_paths_levels_and_lists(folder: Path) -> None:
    level = generate(9)
    found = select([7, "orchard, 8", folder / "mine.tmj", level])
    assert [item.name.split("-")[-1] for item in found] == ["7", "orchard", "8", "mine", "9"]
    assert found[-1] is level
    assert len(select("builtin")) == len(list_levels())
    assert {item.objective_name for item in select("builtin:survive")} == {"survive"}
    assert [item.name for item in select("user", user_folder=folder)] == ["foundry", "mine"]


def test_a_recipe_means_the_same_whatever_the_user_calls_a_level(tmp_path: Path) -> None:
    for name in ("test", "7"):
        new_level(tmp_path, name)
    for spec, seed in (("test:1", TEST_SEEDS[0]), ("7", 7)):
        assert [each.digest for each in select(spec, user_folder=tmp_path)] == [generate(seed).digest]
    for name in ("user/test", "user/7"):
        (level,) = select(name, user_folder=tmp_path)
        assert level.source == tmp_path / f"{name.removeprefix('user/')}.tmj"


def test_select_passes_objective_teams_and_size_on_to_the_generator() -> None:
    for level in select("train:20", objective="eliminate", team_sizes=(1, 1), size=(18, 12)):
        assert level.objective == rules.ELIMINATE
        assert [spawn.team for spawn in level.arena.spawns] == [0, 1]
        assert (level.width, level.height) == (18, 12)
    assert {level.objective for level in select("builtin", objective=rules.DEFEND)} == {rules.DEFEND}
    sized = select(["train:2:36x28", "test:caves:4-4:20x12", "train:1"], size=(18, 12))
    assert [(level.width, level.height) for level in sized] == [(36, 28), (36, 28), (20, 12), (18, 12)]
    assert sized[2].family == "caves"


def test_select_draws_levels_of_one_number_of_tanks_a_team() -> None:
    drawn = select("train:collect:2v1:4, test:rings:1v3:0-1:20x14")
    teams = [
        tuple(sum(spawn.team == team for spawn in level.arena.spawns) for team in (0, 1)) for level in drawn
    ]
    assert teams == [(2, 1)] * 4 + [(1, 3)] * 2
    assert [level.objective_name for level in drawn[:4]] == ["collect"] * 4
    assert {(level.family, level.width, level.height) for level in drawn[4:]} == {("rings", 20, 14)}
    assert select("train:1v1:2", team_sizes=(1, 1)) == select("train:2", team_sizes=(1, 1))
    with pytest.raises(ValueError, match=r"expected 1v1 here, found .*train:2v2:2"):
        select("train:2v2:2", team_sizes=(1, 1))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("", "expected at least one level"),
        ("fondry", "did you mean foundry"),
        ("train:castles", "expected train with a family"),
        (
            "train:win:5",
            r"an objective \(eliminate, defend, collect, survive\), tanks per team such as 1v1, a count",
        ),
        ("train:5-3", "expected places 0 to 99999"),
        ("train:0", "expected places 0 to 99999"),
        ("test:100001", "expected places 0 to 99999"),
        ("train:pillars:1:2", "expected train with a family"),
        ("train:2:99x9", "levels: expected a size of 12x10 to 40x30, found .*train:2:99x9"),
        ("train:0v1:2", "expected 1 to 4 tanks per team, found .*train:0v1:2"),
        ("train:1v5", "expected 1 to 4 tanks per team"),
        ("train:2:1v1", "expected train with a family"),
        ("train:2:36x", "expected train with a family"),
        ("builtin:win", "expected builtin:eliminate"),
        ([True], "expected names, seeds, paths or levels, found true"),
        ([1.5], "expected names, seeds, paths or levels, found 1.5"),
        (-1, "seed: expected 0"),
        ("99999999999999999999999", "did you mean|expected a level"),
    ],
)
def test_select_names_what_it_does_not_understand(spec: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        select(spec)  # type: ignore[arg-type]


def test_an_unknown_objective_is_named() -> None:
    with pytest.raises(ValueError, match="objective: expected one of eliminate"):
        select("train:1", objective="win")


def test_a_generated_level_is_drawn_once_in_a_process_and_read_only() -> None:
    first, second = select("train:3"), select("train:1-2")
    assert [level.digest for level in first[1:]] == [level.digest for level in second]
    assert first[1] is second[0]
    with pytest.raises(ValueError, match="read-only"):
        first[0].arena.tiles[0, 0] = 1
    assert select("train:3", objective="collect")[0] is not first[0]
