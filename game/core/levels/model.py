"""`Level`: an arena with its title, author, mood and the seats it is meant for.

The core needs only `level.arena` (`game.core.sim.arena.pack_arenas([level.arena, ...])`); the rest is for menus, music
and match set-up. Team 0 is the player's. Seat n of a match starts at `arena.spawns[n]`.
"""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from game.core import rules
from game.core.levels.problems import Place, Problem
from game.core.sim.arena import Arena

FORMAT: Final = 1  # version of level files; raise it if an old reader would misread a new file
LEVEL_MOODS: Final = ("bright", "calm", "drive", "tense", "dark")
AUTO_MOOD: Final = "auto"  # a mood that suits the objective
DIFFICULTIES: Final = range(1, 6)
GENERATOR: Final = "Bankshot"  # author of generated levels; people who edit one set another
FACING_NAMES: Final = (
    "right",
    "down_right",
    "down",
    "down_left",
    "left",
    "up_left",
    "up",
    "up_right",
)  # moves 1..8
PORTAL_PAIRS: Final = (
    "ABCDEFGH"  # a level has at most this many pairs; tiles of the same letter belong together
)


@dataclass(frozen=True)
class SeatPlan:
    """The author's plan for a seat: whether a person may take it, and which brain should play it otherwise.

    `brain` is a hint by name; empty: any brain of the chosen difficulty.
    """

    player: bool = False
    brain: str = ""
    where: Place = field(default="", compare=False)  # its object in the file, as messages name it


@dataclass(frozen=True)
class Title:
    """A level's display name in the languages of the game."""

    en: str
    zh: str

    def text(self, language: str) -> str:
        """Return the title in `language` ("en", "zh"), the English one if there is none."""
        return self.zh if language == "zh" and self.zh else self.en


@dataclass(frozen=True, eq=False)
class Level:
    """One playable level. Compare levels by `digest`."""

    name: str  # id: file stem, or family-seed of a generated level
    title: Title
    arena: Arena
    roster: tuple[SeatPlan, ...]  # one per start of the arena
    author: str = ""
    licence: str = ""  # SPDX id
    mood: str = AUTO_MOOD
    music: str = ""  # name of a piece; empty: a piece composed for the level
    difficulty: int = 0  # 1 to 5, set by the author; 0: not set
    seed: int = 0  # seed of a generated level; also used for music and backdrop
    family: str = ""  # family of a generated level
    pins: frozenset[tuple[int, int]] = (
        frozenset()
    )  # tiles that no command may change, with the objects on them
    source: Path | None = None
    notes: tuple[Problem, ...] = ()  # warnings and notes of reader and checks; never errors

    @property
    def objective(self) -> int:
        """The arena's objective, rules.ELIMINATE…"""
        return self.arena.objective

    @property
    def objective_name(self) -> str:
        """The objective by name."""
        return rules.OBJECTIVE_NAMES[self.arena.objective]

    @property
    def author_difficulty(self) -> int:
        """The author's difficulty, 1 to 5; 0 if not set, or if the generator made the level."""
        generated = self.family and (self.source is None or self.author == GENERATOR)
        return 0 if generated else self.difficulty

    @property
    def width(self) -> int:
        """Tiles."""
        return int(self.arena.tiles.shape[1])

    @property
    def height(self) -> int:
        """Tiles."""
        return int(self.arena.tiles.shape[0])

    @property
    def player_seats(self) -> tuple[int, ...]:
        """Seats intended for people."""
        return tuple(seat for seat, plan in enumerate(self.roster) if plan.player)

    @property
    def player_seat(self) -> int:
        """The seat of the player in a match with one person."""
        return (self.player_seats or self.team_seats(0) or (0,))[0]

    @property
    def own_team(self) -> int:
        """The team of the player's seat: 0, unless the level has another one."""
        return self.arena.spawns[self.player_seat].team if self.arena.spawns else 0

    @property
    def enemy_seats(self) -> tuple[int, ...]:
        """Seats of all teams except the player's."""
        own = self.own_team
        return tuple(seat for seat, spawn in enumerate(self.arena.spawns) if spawn.team != own)

    def team_seats(self, team: int) -> tuple[int, ...]:
        """Seats of one team."""
        return tuple(seat for seat, spawn in enumerate(self.arena.spawns) if spawn.team == team)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything that a match depends on: the arena without its name."""
        return arena_digest(self.arena)


def arena_digest(arena: Arena) -> str:
    """Return the SHA-256 (hex) of an arena's content without its name."""
    content = {
        "format": FORMAT,
        "size": arena.tiles.shape,
        "objective": arena.objective,
        "time_limit": arena.time_limit,
        "goal": arena.goal,
        "core_hp": arena.core_hp,
        "spawns": [(s.x, s.y, s.team, s.tank_class, s.facing) for s in arena.spawns],
        "pickups": [(p.x, p.y, p.kind) for p in arena.pickups],
        "cells": arena.cells,
        "portals": sorted(sorted(pair) for pair in arena.portals),  # their order does not matter
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode())
    digest.update(arena.tiles.tobytes())
    return digest.hexdigest()
