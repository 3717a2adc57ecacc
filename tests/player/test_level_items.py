"""Levels as items: what a person would say of them, whoever made them."""

from dataclasses import replace

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import list_levels, load_level
from game.core.levels.generator import generate
from game.core.levels.model import Level
from game.player.level_items import GOALS, item_of, level_numbers


def walled(level: Level, tile: int) -> Level:
    """The level with its first free row filled with one kind of tile, starts left alone."""
    tiles = level.arena.tiles.copy()
    row = next(y for y in range(tiles.shape[0]) if all(spawn.y != y for spawn in level.arena.spawns))
    tiles[row] = tile
    return replace(level, arena=replace(level.arena, tiles=tiles))


def test_what_is_known_of_a_level() -> None:
    item = item_of(load_level("hall_of_mirrors"))
    assert item.name == "hall_of_mirrors"
    assert set(item.titles) == {"en", "zh"}
    assert {"objective:eliminate", "feature:mirrors", "feature:portals", "team:alone"} <= item.tags
    assert item.numbers["portals"] == 1
    assert item.numbers["size"] == pytest.approx(np.sqrt(24 * 18))


def test_every_built_in_level_is_told_apart() -> None:
    items = [item_of(entry.level) for entry in list_levels() if entry.level is not None]
    assert len({(item.tags, tuple(item.numbers.values())) for item in items}) == len(items)
    assert all(item.finish_rate is not None for item in items)


@pytest.mark.parametrize("seed", range(5))
def test_generated_levels_have_the_same_numbers(seed: int) -> None:
    item = item_of(generate(seed), "user/mine")
    assert item.name == "user/mine"
    assert item.numbers.keys() - GOALS.values() == item_of(load_level("foundry")).numbers.keys()
    goals = {"waves": "objective:defend", "cells": "objective:collect"}
    assert all((number in item.numbers) == (goal in item.tags) for number, goal in goals.items())
    assert all(np.isfinite(value) for value in item.numbers.values())
    assert item.finish_rate is None


def test_numbers_follow_the_tiles() -> None:
    level = load_level("first_light")
    before = level_numbers(level)
    wet, bricked = level_numbers(walled(level, rules.WATER)), level_numbers(walled(level, rules.WALL))
    assert wet["water"] > before["water"]
    assert wet["wall"] <= before["wall"] < bricked["wall"]
    assert bricked["sight"] < before["sight"], "walls stop shots"
    assert wet["sight"] > bricked["sight"], "water does not"


def test_sight_by_hand() -> None:
    level = load_level("first_light")
    empty = np.zeros((8, 8), np.uint8)
    sight = level_numbers(replace(level, arena=replace(level.arena, tiles=empty)))["sight"]
    assert sight == pytest.approx(3.5), "0 to 7 tiles in each direction of a row of eight"


def test_a_changed_level_is_another_item_and_the_same_one_is_not_computed_again() -> None:
    level = load_level("first_light")
    assert item_of(level).numbers != item_of(walled(level, rules.WATER)).numbers
    assert item_of(level).tags is item_of(replace(level, name="other")).tags
