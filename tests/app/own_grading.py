"""Grading beside the game by a fake, on levels of one's own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from game.app.grades import edge
from game.app.grades.background import BackgroundGrader
from game.app.grades.edge import PlayerEdge
from game.app.grades.known import QUIET_SECONDS, ROUNDS, LevelGrades
from game.core.levels.catalogue import load_level
from game.core.levels.model import Level
from game.core.levels.tmj import read_level
from game.core.levels.writer import write_level
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.endless_shelf import shelf
from game.match.grading.grade import Counts
from game.match.grading.gradebook import GradeBook
from game.player.profile import Profile
from tests.app.fake_advice import InlineWorker
from tests.app.fake_grader import FakePlayer

SLICES = ROUNDS * len(DIFFICULTY_IDS)
EDGE = PlayerEdge(25.0, "regular", 0.7)


class Grading:
    """Grades that are measured by a fake, and the frames that pass."""

    def __init__(self, folder: Path) -> None:
        self.player = FakePlayer()
        self.profile = Profile(None)
        self.edge: PlayerEdge | None = None
        self.notes: list[str] = []
        self.told: list[Level] = []
        self.grades = LevelGrades(
            folder,
            self.profile,
            worker=InlineWorker(),
            grader=BackgroundGrader(self.player, InlineWorker()),
            edge=lambda: self.edge,
            on_grade=lambda level, _: self.told.append(level),
            note=self.notes.append,
        )
        self.profile.follow(self.grades)

    def frames(self, count: int, *, playing: bool = False, busy: bool = False) -> None:
        for _ in range(count):
            self.grades.poll(QUIET_SECONDS, playing=playing, busy=busy)


def own_level(folder: Path, spec: str = "caves-defend-900", name: str = "own") -> Level:
    path = folder / f"{name}.tmj"
    path.write_bytes(write_level(replace(load_level(spec), name=name)))
    return read_level(path)


def graded_before(folder: Path, counts: Counts, *seeds: int) -> Level:
    """Return an own level of which another program has kept this."""
    level = own_level(folder)
    book = GradeBook(folder / "cache")
    book.keep(level, counts, seeds)
    book.save()
    return level


def levels_left(monkeypatch: pytest.MonkeyPatch, **left: int) -> None:
    """Let so many of the shelf's levels of an objective count as fitting, and every new one."""
    offered = edge.fitting_levels

    def fitting(levels: Any, player: PlayerEdge, played: Any) -> Any:
        found = offered(levels, player, played)
        new = [one for one in levels[len(shelf()) :] if one.name not in played]
        for name, count in left.items():
            added = [edge.FittingLevel(0.0, one.name) for one in new if one.objective == name]
            found[name] = found[name][:count] + added
        return found

    monkeypatch.setattr("game.app.grades.endless_grading.fitting_levels", fitting)
