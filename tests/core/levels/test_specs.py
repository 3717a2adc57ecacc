"""What a command's word names: one level, several, or nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from game.core.levels.catalogue import new_level, select
from game.core.levels.generator import generate
from game.core.levels.specs import check_entry, named_entries, named_levels, one_level
from game.core.sim.arena import Spawn


@pytest.mark.parametrize(
    ("text", "name"),
    [("foundry", "foundry"), ("7", generate(7).name), ("train:pillars:1", "pillars-0"), ("test:3-3", generate(1_000_003).name)],
)  # fmt: skip
def test_a_word_may_name_one_level(text: str, name: str) -> None:
    assert one_level(text).name == name


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("train", "found 128 in 'train'; the first is train:1"),
        ("train:caves", "found 128 in 'train:caves'; the first is train:caves:1"),
        ("test:collect:2v2:8", "found 8 in 'test:collect:2v2:8'; the first is test:collect:2v2:1"),
        ("train:2-5", "found 4 in 'train:2-5'; the first is train:2-2"),
        ("train:4:30x20", "found 4 in 'train:4:30x20'"),
        ("foundry,7", "found 2 in 'foundry,7'"),
    ],
)
def test_several_are_refused_where_one_is_wanted(text: str, told: str) -> None:
    with pytest.raises(ValueError, match="expected one level") as caught:
        one_level(text)
    assert str(caught.value) == f"level: expected one level, {told}"
    first = told.partition("the first is ")[2]
    if first:
        assert one_level(first).digest == select(text)[0].digest


def test_of_a_list_of_files_the_first_is_told_by_name() -> None:
    with pytest.raises(ValueError, match="the first is first_light"):
        one_level("builtin")


def test_a_path_may_hold_the_signs_of_a_spec(tmp_path: Path) -> None:
    path = new_level(tmp_path / "a,b:c", "mine")[0]
    assert one_level(str(path)).source == path
    assert [level.name for level in named_levels("foundry,7")] == ["foundry", generate(7).name]


def test_a_list_shows_its_broken_files_too(tmp_path: Path) -> None:
    new_level(tmp_path, "mine")
    (tmp_path / "wreck.tmj").write_text("{")
    assert [(entry.name, entry.playable) for entry in named_entries("user", tmp_path)] == [
        ("mine", True),
        ("wreck", False),
    ]
    assert all(entry.builtin for entry in named_entries("builtin", tmp_path))
    assert [entry.builtin for entry in named_entries("builtin:survive,7")][-2:] == [True, False]
    with pytest.raises(ValueError, match="found none for 'user'"):
        named_entries("user", tmp_path / "nowhere")


def test_a_generated_level_is_checked_as_a_file_would_be() -> None:
    level = generate(7)
    assert check_entry(level).playable
    spawns = (replace(level.arena.spawns[0], x=0, y=0), *level.arena.spawns[1:])
    tiles = level.arena.tiles.copy()
    tiles[0, 0] = 1  # wall
    broken = replace(level, arena=replace(level.arena, tiles=tiles, spawns=spawns))
    entry = check_entry(broken)
    assert isinstance(spawns[0], Spawn)
    assert not entry.playable
    assert entry.problems[0].code == "E040"
