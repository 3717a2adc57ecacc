"""`Level`: an arena with its title, author, mood and the seats it is meant for.

The core needs `level.arena` alone (`game.core.sim.arena.pack_arenas([level.arena, ...])`); the rest serves menus, music
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

FORMAT: Final = 1  # of level files; raise it when an old reader would misread a new file
LEVEL_MOODS: Final = ("bright", "calm", "drive", "tense", "dark")
AUTO_MOOD: Final = "auto"  # whatever suits the objective
DIFFICULTIES: Final = range(1, 6)
GENERATOR: Final = "Bankshot"  # author of generated levels; who takes one over writes another
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
    """What the author means a seat for: may a person take it, and what should drive it otherwise?

    `brain` is a hint by name; empty: whatever the chosen difficulty gives.
    """

    player: bool = False
    brain: str = ""
    where: Place = field(default="", compare=False)  # the object that stands for it, as messages call it


@dataclass(frozen=True)
class Title:
    """A level's name for people, in the languages of the game."""

    en: str
    zh: str

    def text(self, language: str) -> str:
        """Return the title in `language` ("en", "zh"), English where there is none."""
        return self.zh if language == "zh" and self.zh else self.en


@dataclass(frozen=True, eq=False)
class Level:
    """One playable level. Compare levels by `digest`."""

    name: str  # id: file stem, or family-seed of a generated level
    title: Title
    arena: Arena
    roster: tuple[SeatPlan, ...]  # one per spawn of the arena
    author: str = ""
    licence: str = ""  # SPDX id
    mood: str = AUTO_MOOD
    music: str = ""  # name of a piece; empty: one of the level's own
    difficulty: int = 0  # 1 to 5 by its author; 0: not said
    seed: int = 0  # of a generated level, and for whatever should vary with the level (music, backdrop)
    family: str = ""  # of a generated level
    pins: frozenset[tuple[int, int]] = (
        frozenset()
    )  # tiles that no command may change, nor what stands on them
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
        """What the author says, 1 to 5; 0 where nothing is said, or where the generator wrote it: it is no author."""
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
        """Seats that people are meant to take."""
        return tuple(seat for seat, plan in enumerate(self.roster) if plan.player)

    @property
    def player_seat(self) -> int:
        """The seat that a person takes where only one plays."""
        return (self.player_seats or self.team_seats(0) or (0,))[0]

    @property
    def own_team(self) -> int:
        """The team of that seat: 0, unless the level says otherwise."""
        return self.arena.spawns[self.player_seat].team if self.arena.spawns else 0

    @property
    def enemy_seats(self) -> tuple[int, ...]:
        """Seats of every team but the player's."""
        own = self.own_team
        return tuple(seat for seat, spawn in enumerate(self.arena.spawns) if spawn.team != own)

    def team_seats(self, team: int) -> tuple[int, ...]:
        """Seats of one team."""
        return tuple(seat for seat, spawn in enumerate(self.arena.spawns) if spawn.team == team)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything a match depends on: the arena without its name."""
        return arena_digest(self.arena)


def arena_digest(arena: Arena) -> str:
    """Return the SHA-256 (hex) of an arena's content, its name left out."""
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
        "portals": sorted(sorted(pair) for pair in arena.portals),  # their order is of no consequence
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode())
    digest.update(arena.tiles.tobytes())
    return digest.hexdigest()
