"""What simulated players care about, and how that becomes stars: rules with thresholds, looked at one after the other.

No weights, no hidden factors and nothing linear: a rule of the first kind that applies settles a verdict before the next
kind is asked. So the recommender's models meet players of another kind than themselves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from recommender.records.kinds import Item

Condition = Callable[[Item], bool]


def _tag(tag: str) -> Condition:
    return lambda item: tag in item.tags


def _from(number: str, least: float) -> Condition:
    return lambda item: item.numbers.get(number, 0.0) >= least


def _below(number: str, most: float) -> Condition:
    return lambda item: item.numbers.get(number, 0.0) < most


# What can be liked or hated about a level, by name
CONDITIONS: Final[dict[str, Condition]] = {
    "mirrors": _tag("feature:mirrors"),
    "portals": _tag("feature:portals"),
    "bricks": _tag("feature:bricks"),
    "water": _tag("feature:water"),
    "cover": _tag("feature:cover"),
    "many pick-ups": _tag("feature:pickups"),
    "open ground": _from("openness", 0.35),
    "tight corners": _below("openness", 0.25),
    "long sight": _from("sight", 6.5),
    "short sight": _below("sight", 4.7),
    "small": _tag("size:small"),
    "large": _tag("size:large"),
    "comrades": _from("allies", 1.0),
    "alone": _tag("team:alone"),
    "a crowd": _from("enemies", 4.0),
    "one enemy": _below("enemies", 1.5),
    "outnumbered": _tag("odds:outnumbered"),
    "symmetry": _tag("plan:symmetrical"),
    "dark": _tag("mood:dark"),
    "bright or calm": lambda item: bool(item.tags & {"mood:bright", "mood:calm"}),
    "tense": _tag("mood:tense"),
    "banks and room": lambda item: (
        "feature:mirrors" in item.tags and item.numbers.get("openness", 0.0) >= 0.3
    ),
    "water and bricks": lambda item: {"feature:water", "feature:bricks"} <= item.tags,
    "a maze to hide in": lambda item: (
        item.numbers.get("cover", 0.0) >= 0.04 and item.numbers.get("sight", 0.0) < 6.5
    ),
}

# What a player wants of a fight
WANTS_TO_WIN: Final = "to win"
WANTS_A_FIGHT: Final = "a fight"
WANTS_A_STROLL: Final = "a stroll"
CHALLENGES: Final = (WANTS_TO_WIN, WANTS_A_FIGHT, WANTS_A_STROLL)


@dataclass(frozen=True)
class Taste:
    """One player's rules."""

    favourite: str  # objective
    shunned: str  # objective; may be none ("")
    loves: tuple[str, ...]  # names of CONDITIONS
    hates: tuple[str, ...]
    challenge: str  # one of CHALLENGES
    quickest: float  # seconds of a match below which it was over before it began …
    longest: float  # … and above which it dragged on
    strictness: int  # -1 gives a star more readily, +1 a star less


class Trial(NamedTuple):
    """One attempt at a level as its player remembers it."""

    finished: bool
    quit: bool
    seconds: float
    deaths: int


def holds(names: Sequence[str], item: Item) -> int:
    """Return how many of these conditions a level meets."""
    return sum(CONDITIONS[name](item) for name in names)


def objective_of(item: Item) -> str:
    """Return the objective's name."""
    return next((tag.partition(":")[2] for tag in item.tags if tag.startswith("objective:")), "")


def look(taste: Taste, item: Item) -> int:
    """Return how inviting a level looks before it was played, -3 to 3: its picture and what its card says."""
    if holds(taste.hates, item) >= 2:
        return -3
    inviting = min(holds(taste.loves, item), 2)
    inviting += objective_of(item) == taste.favourite
    inviting -= 2 * (objective_of(item) == taste.shunned)
    return max(-3, inviting - holds(taste.hates, item))


def verdict(taste: Taste, item: Item, trials: Sequence[Trial]) -> int:
    """Return the stars 1..5 that the rules give after these attempts; ValueError for none."""
    if not trials:
        raise ValueError("trials: expected at least one attempt, found none")
    won = any(trial.finished for trial in trials)
    hated, loved = holds(taste.hates, item), holds(taste.loves, item)
    objective = objective_of(item)
    if hated >= 2 or (hated and objective == taste.shunned):
        return 1  # nothing else counts
    if objective == taste.shunned:
        stars = 3 if loved >= 2 and won else 2
    elif hated:
        stars = 3 if objective == taste.favourite else 2
    elif loved >= 2:
        stars = 5 if objective == taste.favourite or loved >= 3 else 4
    elif loved or objective == taste.favourite:
        stars = 4
    else:
        stars = 3
    stars += _fight(taste.challenge, trials)
    seconds = sum(trial.seconds for trial in trials) / len(trials)
    if not taste.quickest <= seconds <= taste.longest:
        stars -= 1
    if trials[-1].quit:
        stars = min(stars, 2)
    if stars in (2, 3, 4):  # the ends of the scale are meant as they are said
        stars -= taste.strictness
    return min(max(stars, 1), 5)


def _fight(challenge: str, trials: Sequence[Trial]) -> int:
    """Return what the course of the fights adds."""
    tries = len(trials)
    won = any(trial.finished for trial in trials)
    unhurt = won and tries == 1 and trials[0].deaths == 0
    if challenge == WANTS_TO_WIN:
        return 1 if unhurt else 0 if won else -2 if tries >= 3 else -1
    if challenge == WANTS_A_FIGHT:
        if unhurt:
            return -1
        return 1 if won else -1 if tries >= 4 else 0
    return -1 if not won and tries >= 2 else 0
