"""Quality, diversity and controllability of generated levels: `python -m benchmarks.levels.generation`.

The three shares are those of the PCG Benchmark (Khalifa, Gallotta, Barthet, Liapis, Togelius and Yannakakis, 2025,
arXiv:2503.21474): of 100 contents, how many pass the quality criteria, how many differ from each other, and how many match
their control parameter. For Bankshot they mean:

- quality: no error of `levels check`; won by the panel at *regular* in 5 to 95 % of the matches; and interesting: at most one
match in four undecided, at least four in five with a tank destroyed or an end before the time limit, at least 6 tiles of path
between the teams. - diversity: two levels are alike if less than a fifth of their cells differ, both scaled to 24 x 18 cells,
for the closest of four reflections. The level with the most similar ones is removed until no two are alike; the rest is
counted. - controllability: the win rate in new matches is within 0.1 of the wish. The wishes are .1, .2 ... .9 in turn.

Ways: `rules` (the next endless levels, ignoring the wish), `search` (`WishSearch`, as `levels generate`), and `diverse`
(MAP-Elites, as `levels generate --diverse`; needs the extra `levels`).
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from game.core import rules
from game.core.levels.catalogue import select
from game.core.levels.checks import check_arena
from game.core.levels.measures import driving_distances
from game.core.levels.model import Level
from game.core.levels.problems import ERROR
from game.match.brain_library import BrainLibrary
from game.match.difficulty import DEFAULT_DIFFICULTY
from game.match.grading.graders import PANEL, graders_key
from game.match.grading.panel_matches import panel_policies
from game.match.making.wish import TOLERANCE, LevelWish, WishSearch
from game.match.simulation import MatchJob, MatchResult, play_matches, usual_seats

RATES: Final = tuple(round(n / 10, 1) for n in range(1, 10))
LEAST_WON, MOST_WON = 0.05, 0.95
MOST_UNDECIDED: Final = 0.25
LEAST_FOUGHT: Final = 0.8
LEAST_WAY: Final = 6  # tiles
GRID: Final = (18, 24)  # rows, columns
ALIKE: Final = 0.2
FRESH: Final = 500_000  # seed of matches that no search uses
APART: Final = 3000  # endless seeds between two searches
Grid = NDArray[np.uint8]


class WishedLevel(NamedTuple):
    """A level, and the requested win rate."""

    wish: float
    level: Level


def by_rules(objective: str, wishes: Sequence[float], first: int) -> list[WishedLevel]:
    """Return the next endless levels."""
    levels = select(f"endless:{objective}:{first}-{first + len(wishes) - 1}")
    return [WishedLevel(rate, level) for rate, level in zip(wishes, levels, strict=True)]


def by_search(objective: str, wishes: Sequence[float], first: int) -> list[WishedLevel]:
    """Return the levels that the search finds for each wish."""
    found = []
    for number, rate in enumerate(wishes):
        wish = LevelWish(objective, rate, first=first + APART * number)
        found += [WishedLevel(rate, made.level) for made in WishSearch(wish).find(1)]
    return found


def by_map_elites(objective: str, wishes: Sequence[float], first: int) -> list[WishedLevel]:
    """Return levels of an archive for each wish; one search serves all wishes for a rate."""
    from game.match.making.diverse import DiverseSearch

    found = []
    for number, rate in enumerate(sorted(set(wishes))):
        search = DiverseSearch(LevelWish(objective, rate, first=first + APART * number))
        found += [WishedLevel(rate, made.level) for made in search.find(wishes.count(rate))]
    return found


WAYS: Final[dict[str, Callable[[str, Sequence[float], int], list[WishedLevel]]]] = {
    "rules": by_rules,
    "search": by_search,
    "diverse": by_map_elites,
}


def play_levels(levels: Sequence[Level], rounds: int) -> list[list[MatchResult]]:
    """Let the panel play each level at *regular*, on new seeds."""
    library = BrainLibrary()
    panel = panel_policies(library)
    jobs = []
    for level in levels:
        seats = [usual_seats(level, one, DEFAULT_DIFFICULTY, library) for one in panel]
        jobs += [
            MatchJob(level, (FRESH << 20) + n, seats[n % len(PANEL)]) for n in range(rounds * len(PANEL))
        ]
    results = play_matches(jobs, library=library)
    many = rounds * len(PANEL)
    return [results[n * many : (n + 1) * many] for n in range(len(levels))]


def rate_of(level: Level, results: Sequence[MatchResult]) -> float:
    """Return the share of matches won by the person's team."""
    return sum(result.winner == level.own_team for result in results) / len(results)


def failed_criteria(level: Level, results: Sequence[MatchResult]) -> list[str]:
    """Return the quality criteria that a level fails."""
    own = [(spawn.x, spawn.y) for spawn in level.arena.spawns if spawn.team == level.own_team]
    ways = driving_distances(level, own)
    way = min(ways[spawn.y, spawn.x] for spawn in level.arena.spawns if spawn.team != level.own_team)
    undecided = sum(result.winner < 0 for result in results) / len(results)
    fought = sum(sum(result.kills) > 0 or not result.timed_out for result in results) / len(results)
    passed = {
        "checks": not any(problem.severity == ERROR for problem in check_arena(level.arena)),
        "won": LEAST_WON <= rate_of(level, results) <= MOST_WON,
        "decided": undecided <= MOST_UNDECIDED,
        "fought": fought >= LEAST_FOUGHT,
        "way": bool(way >= LEAST_WAY),
    }
    return [name for name, holds in passed.items() if not holds]


def comparison_grid(level: Level) -> Grid:
    """Return the tiles of a level, scaled to the grid for comparisons."""
    rows = (np.arange(GRID[0]) * level.height) // GRID[0]
    columns = (np.arange(GRID[1]) * level.width) // GRID[1]
    return level.arena.tiles[np.ix_(rows, columns)]


def distance(one: Grid, other: Grid) -> float:
    """Return the share of differing cells for the closest of four reflections."""
    turned = (other, other[::-1], other[:, ::-1], other[::-1, ::-1])
    return min(float((one != each).mean()) for each in turned)


def count_distinct(levels: Sequence[Level]) -> int:
    """Return the number of levels after removing similar ones (see the module's docstring)."""
    grids = [comparison_grid(level) for level in levels]
    alike = np.array([[distance(one, other) < ALIKE for other in grids] for one in grids])
    np.fill_diagonal(alike, val=False)
    left = np.ones(len(levels), np.bool_)
    while (likes := alike[left][:, left].sum(1)).any():
        left[np.flatnonzero(left)[int(likes.argmax())]] = False
    return int(left.sum())


def measure_row(way: str, objective: str, count: int, first: int, rounds: int) -> dict[str, Any]:
    """Generate, play and measure the levels of one way and objective."""
    wishes = [RATES[n % len(RATES)] for n in range(count)]
    begun = time.monotonic()
    made = WAYS[way](objective, wishes, first)
    seconds = time.monotonic() - begun
    levels = [one.level for one in made]
    results = play_levels(levels, rounds)
    rates = [rate_of(level, each) for level, each in zip(levels, results, strict=True)]
    failed = list(map(failed_criteria, levels, results))
    near = sum(abs(rate - one.wish) <= TOLERANCE for rate, one in zip(rates, made, strict=True))
    return {
        "way": way,
        "objective": objective,
        "levels": len(levels),
        "quality": sum(not each for each in failed) / count,
        "faults": dict(Counter(name for each in failed for name in each)),
        "diversity": count_distinct(levels) / count,
        "controllability": near / count,
        "spread": float(np.std(rates)),
        "seconds_each": seconds / count,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each way and objective, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.levels.generation", description=main.__doc__)
    parser.add_argument("--ways", nargs="+", choices=tuple(WAYS), default=("rules", "search"))
    parser.add_argument(
        "--objectives", nargs="+", choices=rules.OBJECTIVE_NAMES, default=rules.OBJECTIVE_NAMES
    )
    parser.add_argument("--levels", type=int, default=100)
    parser.add_argument("--first", type=int, default=400_000, help="first endless seed")
    parser.add_argument(
        "--rounds",
        type=int,
        default=12,
        help="rounds of the panel on new seeds; 12 are 108 matches per level",
    )
    parser.add_argument(
        "--out", type=Path, help="write every row as JSON; existing rows are not measured again"
    )
    chosen = parser.parse_args(arguments)
    rows = json.loads(chosen.out.read_text(encoding="utf-8")) if chosen.out and chosen.out.exists() else []
    print(
        "| way | objective | quality | diversity | controllability | spread of win rates | seconds a level | faults |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for way in chosen.ways:
        for objective in chosen.objectives:
            asked = [chosen.levels, chosen.first, chosen.rounds, graders_key()]
            row = next(
                (
                    row
                    for row in rows
                    if (row["way"], row["objective"], row.get("asked")) == (way, objective, asked)
                ),
                None,
            )
            if row is None:
                row = {**measure_row(way, objective, *asked[:3]), "asked": asked}
                rows.append(row)
                if chosen.out:
                    chosen.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
            shares = " | ".join(
                f"{100 * row[key]:.0f} %" for key in ("quality", "diversity", "controllability")
            )
            told = ", ".join(f"{name} {many}" for name, many in row["faults"].items())
            print(
                f"| {way} | {objective} | {shares} | {row['spread']:.2f} | {row['seconds_each']:.1f} | {told} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
