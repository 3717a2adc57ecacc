"""Which endless levels fit a player, and which objectives have few of them left: for these more levels are graded."""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from game.core import rules
from game.match.grading.grade import MIDDLE

if TYPE_CHECKING:
    from game.app.foryou.service import ForYou
    from game.match.grading.endless_shelf import ShelfLevel
    from game.player.settings import Settings

ENOUGH: Final = 60  # levels of an objective that fit and are new; with fewer, more are graded


class PlayerEdge(NamedTuple):
    """A player: strength on the scale of the grades, the difficulty, and the middle of the wished chances."""

    strength: float
    difficulty: str
    middle: float
    known: bool = True  # whether the recommender has estimated the strength


class FittingLevel(NamedTuple):
    """A level that fits: its distance from the wished chance, and its name."""

    away: float
    name: str


def player_edge(settings: "Settings", for_you: "ForYou") -> PlayerEdge:
    """Return the player's strength by the recommender, and the chosen difficulty and zone."""
    beliefs = for_you.beliefs
    strength = beliefs.skill[-1].value if beliefs is not None and beliefs.skill else MIDDLE
    middle = (settings.number("flow_low") + settings.number("flow_high")) / 2
    return PlayerEdge(strength, settings.text("difficulty"), middle, beliefs is not None)


def fitting_levels(
    levels: "Iterable[ShelfLevel]", player: PlayerEdge, played: Collection[str]
) -> dict[str, list[FittingLevel]]:
    """Return, by objective, the new levels whose chance is certainly in the range that may be offered."""
    found: dict[str, list[FittingLevel]] = {name: [] for name in rules.OBJECTIVE_NAMES}
    strength, difficulty = player.strength, player.difficulty
    for one in levels:
        if one.name not in played and one.grade.may_be_offered(strength, difficulty):
            away = round(abs(one.grade.chance(strength, difficulty) - player.middle), 6)
            found[one.objective].append(FittingLevel(away, one.name))
    return found


def short_objectives(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Return the objectives with few levels left, the fewest first. counts: fitting levels by objective."""
    return tuple(sorted((name for name in counts if counts[name] < ENOUGH), key=lambda name: counts[name]))
