"""Converts a level, or the problems of a file, to plain JSON data and back: for a cache.

This is not a level format: only the build that wrote the data reads it, and damaged data are refused. The arena is checked
against its bounds, because the kernels do not check them.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np

from game.core import rules
from game.core.levels.messages_en import MESSAGES
from game.core.levels.model import Level, SeatPlan, Title
from game.core.levels.problems import Location, Place, Problem
from game.core.sim.arena import Arena, PickupSpot, Spawn
from safefiles.messages import NotPlain, from_plain, plain

_ZERO: Final = ord("0")  # the character of tile 0; tile n is n characters further


def level_to_plain(level: Level) -> dict[str, Any]:
    """Return all data of a level except its source and its notes."""
    arena = level.arena
    return {
        "name": level.name,
        "title": [level.title.en, level.title.zh],
        "width": level.width,
        "tiles": (arena.tiles + np.uint8(_ZERO)).tobytes().decode("ascii"),
        "arena": [arena.objective, arena.time_limit, arena.goal, arena.core_hp],
        "spawns": [[s.x, s.y, s.team, s.tank_class, s.facing] for s in arena.spawns],
        "pickups": [[p.x, p.y, p.kind] for p in arena.pickups],
        "cells": [list(cell) for cell in arena.cells],
        "portals": [[list(end) for end in pair] for pair in arena.portals],
        "roster": [[plan.player, plan.brain, _place_to_plain(plan.where)] for plan in level.roster],
        "texts": [level.author, level.licence, level.mood, level.music, level.family],
        "numbers": [level.difficulty, level.seed],
        "pins": sorted(list(pin) for pin in level.pins),
        "digest": level.digest,
    }


def level_from_plain(data: Any, source: Path, notes: tuple[Problem, ...]) -> Level:
    """Return the level of `level_to_plain`. Raises NotPlain for anything else."""
    try:
        return _level(data, source, notes)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError):
        raise NotPlain from None


def _level(data: dict[str, Any], source: Path, notes: tuple[Problem, ...]) -> Level:
    width = data["width"]
    tiles = np.frombuffer(data["tiles"].encode("ascii"), np.uint8) - np.uint8(_ZERO)
    if (
        not rules.MIN_SIDE <= width <= rules.MAX_SIDE
        or tiles.size % width
        or int(tiles.max()) >= rules.N_TILES
    ):
        raise NotPlain
    tiles = tiles.reshape(-1, width)
    tiles.flags.writeable = False
    objective, time_limit, goal, core_hp = map(int, data["arena"])
    arena = Arena(
        name=str(data["name"]),
        tiles=tiles,
        objective=objective,
        spawns=tuple(Spawn(*map(int, row)) for row in data["spawns"]),
        time_limit=time_limit,
        goal=goal,
        core_hp=core_hp,
        pickups=tuple(PickupSpot(*map(int, row)) for row in data["pickups"]),
        cells=tuple((int(x), int(y)) for x, y in data["cells"]),
        portals=tuple(((int(a), int(b)), (int(c), int(d))) for (a, b), (c, d) in data["portals"]),
    )
    _check(arena)
    roster = tuple(
        SeatPlan(bool(player), str(brain), _place_from_plain(where))
        for player, brain, where in data["roster"]
    )
    if len(roster) != len(arena.spawns):
        raise NotPlain
    author, licence, mood, music, family = map(str, data["texts"])
    difficulty, seed = map(int, data["numbers"])
    pins = frozenset((int(x), int(y)) for x, y in data["pins"])
    level = Level(
        arena.name, Title(*map(str, data["title"])), arena, roster, author, licence, mood, music, difficulty, seed, family,
        pins, source, notes,
    )  # fmt: skip
    vars(level)["digest"] = str(data["digest"])  # the value that `cached_property` would compute
    return level


def _check(arena: Arena) -> None:
    """Raise NotPlain for data that kernels cannot handle: places outside, and numbers that are not in the tables."""
    height, width = arena.tiles.shape
    places = [(s.x, s.y) for s in arena.spawns] + [(p.x, p.y) for p in arena.pickups]
    places += [*arena.cells, *(end for pair in arena.portals for end in pair)]
    sound = (
        rules.MIN_SIDE <= height <= rules.MAX_SIDE
        and all(0 <= x < width and 0 <= y < height for x, y in places)
        and 0 <= arena.objective < len(rules.OBJECTIVE_NAMES)
        and all(
            0 <= s.team < rules.MAX_TEAMS and 0 <= s.tank_class < rules.N_CLASSES and 1 <= s.facing <= 8
            for s in arena.spawns
        )
        and all(0 <= p.kind < len(rules.PICKUP_NAMES) for p in arena.pickups)
        and 0 < len(arena.spawns) <= rules.MAX_SEATS
        and len(arena.pickups) <= rules.MAX_PICKUPS
        and len(arena.cells) <= rules.MAX_CELLS
        and min(arena.time_limit, arena.goal + 1, arena.core_hp) > 0
    )
    if not sound:
        raise NotPlain


def _place_to_plain(place: Place) -> Any:
    """Return a place as plain data: its text, or its text and parts as an object."""
    if not isinstance(place, Location):
        return plain(place)
    return {**place._asdict(), "text": plain(place.text)}


def _place_from_plain(data: Any) -> Place:
    if not isinstance(data, dict):
        return from_plain(data)
    if not all(
        value is None or isinstance(value, str | int) for name, value in data.items() if name != "text"
    ):
        raise NotPlain
    return Location(**{**data, "text": from_plain(data["text"])})


def problem_to_plain(problem: Problem) -> list[Any]:
    """Return a problem as plain data."""
    args = [[name, plain(value) if isinstance(value, str) else value] for name, value in problem.args]
    return [problem.code, problem.file, _place_to_plain(problem.place), args, problem.path]


def problem_from_plain(data: Any) -> Problem:
    """Return the problem of `problem_to_plain`. Raises NotPlain for anything else."""
    try:
        code, file, place, args, path = data
        if code not in MESSAGES:
            raise NotPlain
        filled = tuple(
            (str(name), value if type(value) is int else from_plain(value)) for name, value in args
        )
        return Problem(code, str(file), _place_from_plain(place), filled, str(path))
    except (TypeError, KeyError, ValueError):
        raise NotPlain from None
