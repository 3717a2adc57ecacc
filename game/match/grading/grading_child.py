"""Grades levels beside the game: a process of low priority that plays one small slice after the other, as it is told.

`python -m game.match.grading.grading_child` reads one JSON object a line: a level as `level_to_plain` says, or the name
of an endless one; a difficulty, a seed. It lets each of the panel play once, some .4 seconds of one processor, and answers
with a line that has the wins. It ends with its input, and so with the game.
"""

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TextIO

from game.core.levels.generator import by_name
from game.core.levels.model import Level
from game.core.levels.plain_level import level_from_plain, level_to_plain
from game.match.brain_library import BrainLibrary
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.panel_matches import panel_counts

LOWEST: Final = 19  # niceness


def slice_request(level: Level | str, difficulty: str, seed: int) -> str:
    """Return the request line for a slice."""
    plain = {"name": level} if isinstance(level, str) else {"level": level_to_plain(level)}
    return json.dumps({**plain, "difficulty": difficulty, "seed": seed}) + "\n"


def play_slice(asked: Mapping[str, Any], library: BrainLibrary) -> int:
    """Play a slice; return how many matches the panel won. Raises ValueError for an invalid request."""
    name = asked.get("name")
    level = by_name(name) if name else level_from_plain(asked["level"], Path("graded"), ())
    if level is None:
        raise ValueError(f"level: expected an endless one, found {name!r:.60}")
    difficulty = str(asked["difficulty"])
    counts = panel_counts(
        [level], 1, int(asked["seed"]), difficulties=(difficulty,), library=library, threads=1
    )[0]
    return counts.won[DIFFICULTY_IDS.index(difficulty)]


def serve(orders: TextIO, answers: TextIO) -> None:
    """Answer every request with a line: how many matches were won, or why none was played."""
    library = BrainLibrary()
    for line in orders:
        try:
            answer: dict[str, Any] = {"won": play_slice(json.loads(line), library)}
        except Exception as error:  # whatever a level does must not end the grading of the others
            answer = {"failed": f"{type(error).__name__}: {error}"[:200]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _give_way() -> None:
    """Run at idle priority. Windows has neither call; there the game sets it."""
    with suppress(OSError, AttributeError):
        os.nice(LOWEST)
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def main() -> None:
    """Serve the standard streams."""
    _give_way()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
