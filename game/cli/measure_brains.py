"""Measures the shipped brains: `python -m game.cli.measure_brains` writes `game/brains/strengths.json`.

Duels: every brain at every difficulty against every other, and against bots without the difficulties' delays, each pairing on
both sides of the same levels. The ratings come from them, shifted so that the bot `chaser` has 25. They must also show that a
brain at each difficulty beats itself at every lower one; otherwise nothing is written. Teams: at each objective a team of the
brain at full strength against a team of the bot `marksman`, on both sides, with the level's own team sizes.

Behaviour (key "telltale"): what a spectator sees of each at full strength (`game.cli.telltales`). The levels are test levels that
no recipe uses.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from agents.match_ratings import ANCHOR, Result, rate
from game.cli.telltales import measure_habits
from game.core import rules
from game.core.levels.catalogue import select
from game.core.levels.model import Level
from game.core.sim.contract import rules_hash
from game.match.brain_library import SHIPPED, BrainEntry, BrainLibrary
from game.match.difficulty import DIFFICULTY_IDS
from game.match.intervals import wilson
from game.match.npc import SeatPolicy
from game.match.simulation import MatchJob, MatchResult, play_matches
from game.match.strengths import MEASURED_FILE, SCHEMA, default_ladder
from safefiles.writing import write_atomic

DUEL_LEVELS: Final = "test:80000-80049"
TEAM_LEVELS: Final = "test:81000-81049"
BEST_BOT: Final = "marksman"
ANCHOR_BOT: Final = "chaser"
BOTS: Final = ("wanderer", "chaser", "marksman")
FULL: Final = DIFFICULTY_IDS[-1]
TELLTALE_STEPS: Final = 1200
OWN_FACTOR: Final = 4  # how many times more matches between the difficulties of one brain

Side = tuple[str, SeatPolicy]  # a name in the tables, and the player


class Pairing(NamedTuple):
    """Matches of two players on some levels; they swap sides after each match."""

    first: Side
    second: Side
    kind: str
    levels: Sequence[Level]
    matches: int


def jobs_of(pairing: Pairing, seed: int) -> list[MatchJob]:
    """Return the matches: pairs on the same level with the same seed and the sides swapped."""
    jobs = []
    for number in range(pairing.matches):
        level = pairing.levels[number // 2 % len(pairing.levels)]
        mine, other = pairing.first[1], pairing.second[1]
        zero, rest = (mine, other) if number % 2 == 0 else (other, mine)
        seats = tuple(zero if spawn.team == 0 else rest for spawn in level.arena.spawns)
        jobs.append(MatchJob(level, (seed << 20) + number // 2, seats))
    return jobs


def pairing_result(pairing: Pairing, played: Sequence[MatchResult]) -> Result:
    """Return the result, as seen by the first player."""
    won = sum((result.winner == 0) == (number % 2 == 0) for number, result in _decided(played))
    decided = sum(1 for _ in _decided(played))
    return Result(
        pairing.first[0], pairing.second[0], pairing.kind, won, decided - won, len(played) - decided
    )


def _decided(played: Sequence[MatchResult]) -> Iterable[tuple[int, MatchResult]]:
    return ((number, result) for number, result in enumerate(played) if result.winner >= 0)


def side_name(entry: BrainEntry, difficulty: str) -> Side:
    """Return the name in the tables and the player of a brain at a difficulty."""
    return f"{entry.name}@{difficulty}", SeatPolicy(entry.name, *default_ladder(entry)[difficulty])


def pairings(brains: Sequence[BrainEntry], matches: int) -> list[Pairing]:
    """Return every pairing of duels and of teams."""
    duels = select(DUEL_LEVELS, objective="eliminate", team_sizes=(1, 1))
    sides: list[Side] = [side_name(entry, difficulty) for entry in brains for difficulty in DIFFICULTY_IDS]
    sides += [(bot, SeatPolicy(bot)) for bot in BOTS]
    found = []
    for place, first in enumerate(sides):
        for second in sides[place + 1 :]:
            own = first[1].brain == second[1].brain
            found.append(Pairing(first, second, "duel", duels, matches * (OWN_FACTOR if own else 1)))
    for objective in rules.OBJECTIVE_NAMES:
        levels = select(TEAM_LEVELS, objective=objective)
        bot = (BEST_BOT, SeatPolicy(BEST_BOT))
        found += [
            Pairing(side_name(entry, FULL), bot, objective, levels, matches * OWN_FACTOR) for entry in brains
        ]
    return found


def measure_pairings(
    brains: Sequence[BrainEntry], library: BrainLibrary, matches: int, seed: int, on_end: Callable[[], None]
) -> list[Result]:
    """Play every pairing and return the results."""
    wanted = pairings(brains, matches)
    jobs = [job for pairing in wanted for job in jobs_of(pairing, seed)]
    played = iter(play_matches(jobs, library=library, on_end=on_end))
    return [pairing_result(pairing, [next(played) for _ in range(pairing.matches)]) for pairing in wanted]


def reversals(brain: str, results: Iterable[Result]) -> list[str]:
    """Return one line for each difficulty at which a brain does not beat itself at a lower one."""
    points = {(one.first, one.second): one.points for one in results if one.kind == "duel"}
    found = []
    for place, low in enumerate(DIFFICULTY_IDS):
        for high in DIFFICULTY_IDS[place + 1 :]:
            share = points[f"{brain}@{low}", f"{brain}@{high}"]
            if share >= 0.5:
                found.append(
                    f"{brain}: expected {high} to beat {low}, found {100 * share:.1f} % of the points for {low}"
                )
    return found


def brain_row(entry: BrainEntry, results: Sequence[Result], seed: int, steps: int) -> dict[str, Any]:
    """Return a brain's row of the file: difficulties with ratings, round robin of its difficulties, teams, behaviour."""
    ratings = rate((one for one in results if one.kind == "duel"), anchor=ANCHOR_BOT)
    ladder = default_ladder(entry)
    difficulties = {
        name: {
            "delay": ladder[name].delay,
            "temperature": ladder[name].temperature,
            "rating": round(ratings[f"{entry.name}@{name}"].mu, 2),
            "sigma": round(ratings[f"{entry.name}@{name}"].sigma, 2),
        }
        for name in DIFFICULTY_IDS
    }
    mine = [one for one in results if one.first.startswith(f"{entry.name}@")]
    return {
        "name": entry.name,
        "sha256": entry.sha256,
        "difficulties": difficulties,
        "duels": {f"{one.first} {one.second}": round(one.points, 4) for one in mine if one.kind == "duel"},
        "objectives": {one.kind: team_row(one) for one in mine if one.kind != "duel"},
        "telltale": measure_habits(str(entry.path), ladder[FULL], DUEL_LEVELS, steps, seed),
    }


def team_row(one: Result) -> dict[str, Any]:
    """Return a team's result: counts, share of the points (a draw is half a win) and its 95 % interval (Wilson)."""
    points = one.wins + one.draws / 2
    low, high = wilson(math.floor(points), one.matches)[0], wilson(math.ceil(points), one.matches)[1]
    return {
        "matches": one.matches,
        "won": one.wins,
        "drawn": one.draws,
        "share": round(one.points, 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def file_content(
    brains: Sequence[BrainEntry],
    results: Sequence[Result],
    matches: int,
    seed: int,
    steps: int = TELLTALE_STEPS,
) -> dict[str, Any]:
    """Return the content of `strengths.json`."""
    ratings = rate((one for one in results if one.kind == "duel"), anchor=ANCHOR_BOT)
    return {
        "schema": SCHEMA,
        "rules": rules_hash(),
        "recipe": {
            "command": f"python -m game.cli.measure_brains --matches {matches} --seed {seed}",
            "duels": DUEL_LEVELS,
            "teams": TEAM_LEVELS,
            "against": BEST_BOT,
            "rating": f"OpenSkill Plackett-Luce, {ANCHOR_BOT} at {ANCHOR:g}",
        },
        "bots": {bot: round(ratings[bot].mu, 2) for bot in BOTS},
        "brains": [brain_row(entry, results, seed, steps) for entry in brains],
    }


def report_lines(content: dict[str, Any]) -> list[str]:
    """Return the file as lines for a terminal."""
    lines = ["rating: " + ", ".join(f"{bot} {mu:.1f}" for bot, mu in content["bots"].items())]
    for row in content["brains"]:
        steps = ", ".join(f"{name} {given['rating']:.1f}" for name, given in row["difficulties"].items())
        teams = ", ".join(
            f"{kind} {100 * given['share']:.0f} % ({100 * given['low']:.0f} to {100 * given['high']:.0f})"
            for kind, given in row["objectives"].items()
        )
        seen = row["telltale"]
        lines += [
            f"{row['name']}: {steps}",
            f"  {seen['distance']:.1f} tiles from its enemy, {100 * seen['bank_share']:.0f} % of its hits banked, "
            f"{seen['specials']:.1f} specials a minute",
            f"  teams against the bot {BEST_BOT}: {teams}",
        ]
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the shipped brains and write their file; returns 1 if a difficulty does not beat every lower one."""
    from rich.progress import Progress

    parser = argparse.ArgumentParser(prog="python -m game.cli.measure_brains", description=main.__doc__)
    parser.add_argument("--matches", type=int, default=60, help="of a pairing")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=MEASURED_FILE)
    chosen = parser.parse_args(arguments)
    if chosen.matches < 2:
        parser.error(f"--matches: expected at least 2, found {chosen.matches}")
    library = BrainLibrary()
    brains = [entry for entry in library.entries() if entry.kind == SHIPPED and entry.usable]
    with Progress() as progress:
        task = progress.add_task(
            "matches", total=sum(one.matches for one in pairings(brains, chosen.matches))
        )
        results = measure_pairings(
            brains, library, chosen.matches, chosen.seed, lambda: progress.advance(task)
        )
    faults = [line for entry in brains for line in reversals(entry.name, results)]
    if faults:
        print("\n".join([*faults, f"{chosen.out}: left as it was"]), file=sys.stderr)
        return 1
    content = file_content(brains, results, chosen.matches, chosen.seed)
    print("\n".join(report_lines(content)))
    write_atomic(chosen.out, (json.dumps(content, indent=1) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
