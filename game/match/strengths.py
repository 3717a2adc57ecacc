"""How strong a brain or a bot plays at each difficulty: its reaction delay, and how freely a brain samples.

A brain that was trained with delays and observes its own (`game.match.reflexes`) plays with the delays in `TRAINED`, or with
those measured for it in `strengths.json` next to the shipped brains (found by the file's SHA-256). Brains that were trained
without delays, and bots, are delayed as in `UNTRAINED`.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from game.match.brain_library import SHIPPED_FOLDER, STRENGTHS_FILE, BrainEntry, BrainLibrary
from game.match.difficulty import DIFFICULTY_IDS, find_difficulty

MEASURED_FILE: Final = SHIPPED_FOLDER / STRENGTHS_FILE
SCHEMA: Final = 1


class SeatStrength(NamedTuple):
    """Delay and temperature of a seat."""

    delay: int  # ticks between seeing and acting
    temperature: float  # of a brain's sampling; 0 takes the likeliest action


Ladder = Mapping[str, SeatStrength]

UNTRAINED: Final[Ladder] = {
    "rookie": SeatStrength(24, 1.8),
    "regular": SeatStrength(14, 1.2),
    "veteran": SeatStrength(7, 0.9),
    "ace": SeatStrength(0, 0.6),
}
TRAINED: Final[Ladder] = {
    "rookie": SeatStrength(24, 1.0),
    "regular": SeatStrength(12, 0.7),
    "veteran": SeatStrength(5, 0.7),
    "ace": SeatStrength(0, 0.7),
}


@cache
def measured_strengths(file: Path = MEASURED_FILE) -> dict[str, dict[str, Any]]:
    """Return the measurements of the shipped brains by SHA-256; a brain's row has `name`, `difficulties` and `objectives`."""
    if not file.exists():
        return {}
    table = json.loads(file.read_text(encoding="utf-8"))
    return {row["sha256"]: row for row in table["brains"]}


def default_ladder(entry: BrainEntry | None) -> Ladder:
    """Return how a brain without measurements plays at each difficulty; `entry` None means a bot."""
    told = entry is not None and entry.path is not None and entry.knows_delay
    return TRAINED if told else UNTRAINED


def ladder_of(entry: BrainEntry | None) -> Ladder:
    """Return how a brain plays at each difficulty; `entry` None means a bot."""
    row = None if entry is None or entry.path is None else measured_strengths().get(entry.sha256)
    if row is None:
        return default_ladder(entry)
    return {
        name: SeatStrength(int(given["delay"]), float(given["temperature"]))
        for name, given in row["difficulties"].items()
    }


def strength_of(library: BrainLibrary, name: str, difficulty: str) -> SeatStrength:
    """Return how a brain or a bot plays at a difficulty. Raises ValueError for an unknown difficulty.

    A brain that cannot be found is replaced by a bot, and plays as bots do.
    """
    find_difficulty(difficulty)
    try:
        entry = library.find(name)
    except ValueError:
        entry = None
    return ladder_of(entry)[difficulty]


def possible_strengths(difficulty: str, sha256: str) -> set[SeatStrength]:
    """Return each delay and temperature with which a brain of this hash (empty: a bot) may play a difficulty in this build."""
    ladders: list[Ladder] = [UNTRAINED]
    if sha256:
        ladders.append(TRAINED)
        if sha256 in measured_strengths():
            ladders.append(ladder_of(BrainEntry("", "", MEASURED_FILE, sha256=sha256)))
    return {ladder[difficulty] for ladder in ladders if difficulty in DIFFICULTY_IDS}
