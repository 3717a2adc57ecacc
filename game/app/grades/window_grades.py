"""The grades of a window, connected to its player, its recommender and its journal."""

from typing import TYPE_CHECKING

from game.app.grades.edge import player_edge
from game.app.grades.known import LevelGrades

if TYPE_CHECKING:
    from game.app.stage import Stage


def make_level_grades(stage: "Stage") -> LevelGrades:
    """Return the grades of a window: they are measured for its player and passed to its recommender."""
    return LevelGrades(
        stage.folders.cache,
        stage.profile,
        active=stage.window.real,  # without a display no player waits for grades
        edge=lambda: player_edge(stage.settings, stage.for_you),
        on_grade=stage.for_you.learn_grade,
        note=stage.journal.note,
    )
