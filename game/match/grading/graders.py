"""The panel that grades levels: nine unlike players, at a person's pace.

Players of one kind agree with one another and err together: what a hunter finds easy a camper may not. Nine kinds of bots and
brains foretell how often other kinds win better than many of one kind (`benchmarks/levels/README.md` has the figures). A grade
names the panel, the opposition and the rules by a key; under another key it is stale.
"""

import hashlib
import json
from functools import cache
from typing import Final, NamedTuple

from game.core.sim.contract import rules_hash
from game.match.brain_library import shipped_hashes
from game.match.difficulty import DIFFICULTY_IDS

PACE: Final = 14  # ticks: a person's reaction, and the delay of a bot at the default difficulty
VERSION: Final = 1  # of the way to grade; raise it when grades made before mean something else


class Grader(NamedTuple):
    """One player of the panel; a bot has its own delay, a brain plays as at the default difficulty."""

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


@cache
def graders_key() -> str:
    """Return the SHA-256 (hex) of everything that a grade depends on besides the level: panel, shipped brains, rules."""
    content = [VERSION, rules_hash(), shipped_hashes(), PANEL, DIFFICULTY_IDS]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
