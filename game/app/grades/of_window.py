"""The grades of a window, joined to its player, its recommender and its journal."""

from typing import TYPE_CHECKING

from game.app.grades.edge import player_edge
from game.app.grades.known import LevelGrades

if TYPE_CHECKING:
    from game.app.stage import Stage


def make_level_grades(stage: "Stage") -> LevelGrades:
    """Return the grades of a window: graded for its player, told to its recommender."""
    return LevelGrades(
        stage.folders.cache,
        stage.profile,
        active=stage.window.real,  # nobody waits for what is graded in a window that is not there
        edge=lambda: player_edge(stage.settings, stage.for_you),
        told=stage.for_you.graded,
        note=stage.journal.note,
    )
