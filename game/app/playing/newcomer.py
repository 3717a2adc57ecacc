"""Help for new players: an easy level, and slow opponents that hold their fire at first; it ends after a streak of wins."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from game.app.browse.level_library import LevelInfo
from game.app.playing.choice import MatchChoice
from game.app.ui import theme
from game.core import rules
from game.match.difficulty import DEFAULT_DIFFICULTY
from game.match.grading.gradebook import shipped_book
from game.player.ease import level_ease
from game.player.settings import BY_GAME, NEWCOMER_DIFFICULTY

if TYPE_CHECKING:
    from game.app.stage import Stage

TICKS_WITHOUT_FIRE: Final = (
    8 * rules.TICKS_PER_SECOND
)  # ticks of the first match in which opponents do not fire
STREAK: Final = 3  # wins in a row after which opponents play at the usual strength
UNKNOWN: Final = 0.0  # a level that cannot be read comes last


def ticks_without_fire(stage: "Stage") -> int:
    """Return how many ticks of the next match opponents hold their fire: more than 0 before the first decided match."""
    return 0 if stage.profile.last_outcomes(1) else TICKS_WITHOUT_FIRE


def sort_by_ease(levels: Sequence[LevelInfo]) -> list[LevelInfo]:
    """Return levels by their ease (`game.player.ease`), the easiest first; equal ones keep their order."""
    grades = shipped_book()

    def known(info: LevelInfo) -> float:
        level = info.level
        found = None if level is None else level_ease(level, grades)
        return UNKNOWN if found is None else found

    return sorted(levels, key=known, reverse=True)


def raise_difficulty_after_streak(stage: "Stage", choice: "MatchChoice") -> "MatchChoice":
    """Raise the difficulty to the default after a streak of wins, unless the player chose one."""
    settings = stage.settings
    chosen = settings.text("difficulty_by") != BY_GAME or choice.difficulty != settings.text("difficulty")
    if chosen or choice.watch or settings.text("difficulty") != NEWCOMER_DIFFICULTY:
        return choice
    last = stage.profile.last_outcomes(STREAK)
    if last != [("won", NEWCOMER_DIFFICULTY)] * STREAK:
        return choice
    settings.set("difficulty", DEFAULT_DIFFICULTY)
    stage.save_settings()
    stage.for_you.set_difficulty(DEFAULT_DIFFICULTY)
    strings = stage.kit.strings
    name = strings(f"difficulty.{DEFAULT_DIFFICULTY}")
    stage.toasts.add(strings("toast.stronger", count=STREAK, difficulty=name), theme.GREEN)
    return replace(choice, difficulty=DEFAULT_DIFFICULTY)
