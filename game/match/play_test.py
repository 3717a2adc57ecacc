"""AI play-tests: how often a standard player finishes a level, measured by matches.

The standard player is a panel of three, in the person's seat, against the game's usual opposition (the mixed squad at
the default difficulty): the marksman with a person's reaction, the marksman without any delay, and the brain trained
for the objective with a person's reaction. Each plays a third of the matches, so that easy and hard levels alike are
told apart. `play_tests.json` holds the measurements of the built-in levels, found by the level's digest;
`python -m game.match.play_test` makes it anew.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from game.match.difficulty import DEFAULT_DIFFICULTY

if TYPE_CHECKING:
    from game.core.levels.model import Level
    from game.match.brain_library import BrainLibrary
    from game.match.npc import SeatPolicy

SHIPPED_FILE: Final = Path(__file__).resolve().parent / "play_tests.json"
SCHEMA: Final = 1
DELAY: Final = 14  # ticks: a person's reaction, and the delay of a bot at the default difficulty
TEMPERATURE: Final = 0.9  # of the panel's brain
BRAINS: Final = {"eliminate": "hunter", "defend": "guardian", "collect": "guardian", "survive": "guardian"}
DEFAULT_MATCHES: Final = 150  # a third for each of the panel
Z_95: Final = 1.959964  # of a 95 % interval


@dataclass(frozen=True)
class PlayTest:
    """What a play-test found."""

    matches: int
    finished: int
    seconds: float  # of a match, on average

    @property
    def rate(self) -> float:
        """Share of the matches that the standard player won."""
        return self.finished / self.matches

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the rate."""
        return wilson(self.finished, self.matches)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return Wilson's 95 % score interval (E. B. Wilson, 1927) of a share; 0 to 1 without trials."""
    if trials == 0:
        return 0.0, 1.0
    share, z2 = successes / trials, Z_95**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z_95 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    return max(0.0, middle - half), min(1.0, middle + half)


def play_test(
    level: "Level",
    matches: int = DEFAULT_MATCHES,
    seed: int = 0,
    *,
    library: "BrainLibrary | None" = None,
    threads: int | None = None,
    on_end: Callable[[], None] = lambda: None,
) -> PlayTest:
    """Let the standard player play a level and count. Takes seconds to minutes: not for the frame's thread."""
    return play_tests([level], matches, seed, library=library, threads=threads, on_end=on_end)[0]


def panel(objective: str) -> "tuple[SeatPolicy, ...]":
    """Return the three who stand for a standard player."""
    from game.match.npc import SeatPolicy

    brain = SeatPolicy(BRAINS[objective], DELAY, TEMPERATURE)
    return SeatPolicy("marksman", DELAY), SeatPolicy("marksman"), brain


def play_tests(
    levels: "Sequence[Level]",
    matches: int,
    seed: int,
    *,
    library: "BrainLibrary | None" = None,
    threads: int | None = None,
    on_end: Callable[[], None] = lambda: None,
) -> list[PlayTest]:
    """Play-test levels side by side; threads as in `play_matches`, what is found does not depend on them.

    Raises ValueError for no matches.
    """
    from game.match.brain_library import BrainLibrary
    from game.match.simulation import MatchJob, play_matches, usual_seats

    if matches < 1:
        raise ValueError(f"matches: expected at least 1, found {matches}")
    library = library or BrainLibrary()
    jobs = []
    for level in levels:
        seated = [usual_seats(level, who, DEFAULT_DIFFICULTY, library) for who in panel(level.objective_name)]
        jobs += [
            MatchJob(level, (seed << 20) + number, seated[number % len(seated)]) for number in range(matches)
        ]
    results = play_matches(jobs, library=library, threads=threads, on_end=on_end)
    found = []
    for number, level in enumerate(levels):
        mine = results[number * matches : (number + 1) * matches]
        finished = sum(result.winner == level.own_team for result in mine)
        found.append(PlayTest(matches, finished, sum(result.seconds for result in mine) / matches))
    return found


def finish_rate(digest: str) -> float | None:
    """Return the shipped finish rate of a level by its digest; None where it was not measured."""
    row = shipped()["levels"].get(digest)
    return None if row is None else float(row["rate"])


@cache
def shipped() -> dict[str, Any]:
    """Return the shipped measurements: schema, rules hash, recipe, and `levels` by digest."""
    content: dict[str, Any] = json.loads(SHIPPED_FILE.read_text(encoding="utf-8"))
    return content


def measure(matches: int, seed: int, on_end: Callable[[], None]) -> dict[str, Any]:
    """Play-test every built-in level and return what `play_tests.json` holds."""
    from game.core.levels.catalogue import list_levels
    from game.core.sim.contract import rules_hash
    from game.match.brain_library import shipped_hashes

    levels = [entry.level for entry in list_levels() if entry.level is not None]
    rows = {}
    for level, found in zip(levels, play_tests(levels, matches, seed, on_end=on_end), strict=True):
        low, high = found.interval
        rows[level.digest] = {
            "level": level.name,
            "matches": found.matches,
            "finished": found.finished,
            "rate": round(found.rate, 4),
            "low": round(low, 4),
            "high": round(high, 4),
            "seconds": round(found.seconds, 1),
        }
    recipe = {
        "player": [
            f"marksman, delay {DELAY} ticks",
            "marksman, no delay",
            f"the objective's brain, delay {DELAY} ticks, temperature {TEMPERATURE}",
        ],
        "brains": BRAINS,
        "opposition": f"mixed squad, {DEFAULT_DIFFICULTY}",
        "matches": matches,
        "seed": seed,
        "command": f"python -m game.match.play_test --matches {matches} --seed {seed}",
        "interval": "Wilson, 95 %",
    }
    return {
        "schema": SCHEMA,
        "rules": rules_hash(),
        "brains": shipped_hashes(),
        "recipe": recipe,
        "levels": rows,
    }


def main() -> None:
    """Measure the built-in levels and write the file that ships."""
    import argparse

    from rich.progress import Progress

    from safefiles.writing import write_atomic

    parser = argparse.ArgumentParser(prog="python -m game.match.play_test", description=main.__doc__)
    parser.add_argument("--matches", type=int, default=DEFAULT_MATCHES, help="per level")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=SHIPPED_FILE)
    chosen = parser.parse_args()
    with Progress() as progress:
        task = progress.add_task("matches", total=None)
        content = measure(chosen.matches, chosen.seed, lambda: progress.advance(task))
    write_atomic(chosen.out, (json.dumps(content, indent=1) + "\n").encode())
    for row in content["levels"].values():
        print(
            f"{row['level']:16s} {row['rate']:6.1%}  ({row['low']:.1%} to {row['high']:.1%})  {row['seconds']:5.1f} s"
        )


if __name__ == "__main__":
    main()
