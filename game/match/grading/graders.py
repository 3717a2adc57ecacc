"""The panel that grades levels: nine unlike players, at a person's pace.

Players of one kind agree with one another and err together: what a hunter finds easy a camper may not. Nine kinds of bots and
brains foretell how often other kinds win better than many of one kind (`benchmarks/levels/README.md` has the figures). A grade
names the panel, the opposition and the rules by a key; under another key it is stale.
"""

import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS

if TYPE_CHECKING:
    from game.core.levels.model import Level
    from game.match.brain_library import BrainLibrary
    from game.match.npc import SeatPolicy

PACE: Final = 14  # ticks: a person's reaction, and the delay of a bot at the default difficulty
VERSION: Final = 1  # of the way to grade; raise it when grades made before mean something else


class Grader(NamedTuple):
    """One player of the panel; a bot has a delay of its own, a brain plays as at the default difficulty."""

    brain: str
    delay: int | None = None


PANEL: Final = (
    Grader("wanderer", 0),  # the beginner: roams about, fires now and then
    Grader("chaser", PACE),
    Grader("strafer", PACE),
    Grader("kiting", PACE),
    Grader("marksman", PACE),
    Grader("hunter"),
    Grader("guardian"),
    Grader("raider"),
    Grader("sniper"),
)


def policies(library: "BrainLibrary") -> "tuple[SeatPolicy, ...]":
    """Return how each of the panel plays."""
    from game.match.npc import SeatPolicy
    from game.match.strengths import strength_of

    return tuple(
        SeatPolicy(one.brain, *strength_of(library, one.brain, DEFAULT_DIFFICULTY))
        if one.delay is None
        else SeatPolicy(one.brain, one.delay)
        for one in PANEL
    )


def seated(level: "Level", library: "BrainLibrary") -> "dict[str, list[tuple[SeatPolicy, ...]]]":
    """Return, for each difficulty, who sits where with each of the panel in the person's seat."""
    from game.match.simulation import usual_seats

    panel = policies(library)
    return {name: [usual_seats(level, one, name, library) for one in panel] for name in DIFFICULTY_IDS}


@cache
def graders_key() -> str:
    """Return the SHA-256 (hex) of all that a grade depends on beside the level: panel, brains that ship, rules."""
    from game.core.sim.contract import rules_hash
    from game.match.brain_library import shipped_hashes

    content = [VERSION, rules_hash(), shipped_hashes(), PANEL, DIFFICULTY_IDS]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
