"""Do grades predict the results of held-out players? `python -m benchmarks.levels.held_out`.

Levels: endless ones with seeds beyond the shelf, and the built-in ones. The panel grades them. Then other kinds of players
play them, at one difficulty: bots that are not in the panel, and brains of earlier builds, trained by other recipes, taken
from this repository's history. The strength of each kind is measured on other levels (`--calibrate`); grade and strength give
the forecast. Kinds that win less than 10 % or more than 90 % overall are left out.

For each objective: r and the mean error of the forecast of the kinds' mean win rate, the coverage of its 90 % intervals, the
error of the panel's uncalibrated rate, r of the label given by the author or the generator, and the ceiling: how well one
half of the held-out matches predicts the other (extended to all matches by the Spearman-Brown formula).
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

from game.core import rules
from game.core.levels.catalogue import list_levels, select
from game.core.levels.model import Level
from game.match.brain_library import BrainLibrary
from game.match.difficulty import DEFAULT_DIFFICULTY
from game.match.grading.grade import FAMILIES, GRADERS, MIDDLE, Grade
from game.match.grading.graders import PACE, graders_key
from game.match.grading.measured_scales import scales
from game.match.grading.panel_matches import panel_counts
from game.match.grading.posterior import grades_of
from game.match.npc import SeatPolicy
from game.match.simulation import MatchJob, play_matches, usual_seats

Floats = NDArray[np.float64]

BOTS: Final = {"rusher": PACE, "camper": PACE, "turret": 0}  # not in the panel
BRAINS: Final = {  # of earlier builds: commit, folder
    "hunter of c979352": ("c979352", "hunter"),
    "hunter of 3c67274": ("3c67274", "hunter"),
    "guardian of 3c67274": ("3c67274", "guardian"),
    "sniper of 3c67274": ("3c67274", "sniper"),
    "hunter of 1987959": ("1987959", "hunter"),
    "hunter of e99cae2": ("e99cae2", "hunter"),
    "sniper of e99cae2": ("e99cae2", "sniper"),
}
BRAIN_DELAY: Final = 10  # ticks
BRAIN_TEMPERATURE: Final = 0.8
LEAST, MOST = 0.1, 0.9  # overall win rates of the kinds that are used
DRAWS: Final = 4000


class HeldOutResults(NamedTuple):
    """Results of the held-out kinds: won (levels, kinds, matches), 0 or 1."""

    kinds: list[str]
    won: NDArray[np.int8]


def held_out_players(folder: Path) -> dict[str, SeatPolicy]:
    """Return the kinds that are not in the panel; brains of earlier builds are written into `folder`."""
    found = {name: SeatPolicy(name, delay) for name, delay in BOTS.items()}
    for name, (commit, brain) in BRAINS.items():
        got = subprocess.run(
            ["git", "show", f"{commit}:game/brains/{brain}/brain.onnx"], capture_output=True, check=True
        )
        path = folder / f"{brain}-{commit}.onnx"
        path.write_bytes(got.stdout)
        found[name] = SeatPolicy(str(path), BRAIN_DELAY, BRAIN_TEMPERATURE)
    return found


def play_held_out(
    levels: Sequence[Level], kinds: dict[str, SeatPolicy], matches: int, seed: int
) -> HeldOutResults:
    """Let every kind play every level."""
    library = BrainLibrary()
    jobs = []
    for level in levels:
        for kind, policy in enumerate(kinds.values()):
            seats = usual_seats(level, policy, DEFAULT_DIFFICULTY, library)
            jobs += [MatchJob(level, (seed << 20) + kind * 1000 + n, seats) for n in range(matches)]
    results = play_matches(jobs, library=library)
    won = [result.winner == job.level.own_team for job, result in zip(jobs, results, strict=True)]
    return HeldOutResults(list(kinds), np.array(won, np.int8).reshape(len(levels), len(kinds), matches))


def families(kinds: Sequence[str]) -> NDArray[np.int64]:
    """Return the index in FAMILIES of each kind: bots, brains."""
    return np.array([int(kind in BRAINS) for kind in kinds])


def strengths(grades: Sequence[Grade], played: HeldOutResults) -> Floats:
    """Return each kind's strength on the x axis of the grades, from its wins on the calibration levels."""
    x, doubts = np.array([grade.own_x(MIDDLE, DEFAULT_DIFFICULTY) for grade in grades]).T
    found = []
    for kind, family in enumerate(families(played.kinds)):
        wide = np.sqrt(1 + grades[0].unlike.member(family) ** 2 + doubts**2)
        wins = played.won[:, kind].mean(1).sum()
        found.append(brentq(lambda s, w=wins, d=wide: float(ndtr((x + s) / d).sum() - w), -9.0, 9.0))
    return np.array(found)


def forecast(
    grades: Sequence[Grade], strength: Floats, places: NDArray[np.int64], matches: int, seed: int
) -> tuple[Floats, Floats, Floats]:
    """Return the mean over kinds of the chance to win each level, and the limits of its 90 % interval.

    places: index of each kind's family. How much harder a level is for a family than for the panel's is unknown; its spread
    is taken from the panel.
    """
    random = np.random.default_rng(seed)
    middle, low, high = (np.empty(len(grades)) for _ in range(3))
    weights = np.array(FAMILIES) / GRADERS
    for place, grade in enumerate(grades):
        unlike, (x, doubt) = grade.unlike, grade.own_x(MIDDLE, DEFAULT_DIFFICULTY)
        family = unlike.family * random.standard_normal((DRAWS, 2))
        panel = family @ weights + unlike.own / np.sqrt(GRADERS) * random.standard_normal(DRAWS)
        level = (x + doubt * random.standard_normal(DRAWS) - panel)[:, None] + family[:, places]
        each = ndtr(level + strength + unlike.own * random.standard_normal((DRAWS, len(strength))))
        seen = random.binomial(matches, each).mean(1) / matches
        middle[place], (low[place], high[place]) = each.mean(), np.quantile(seen, (0.05, 0.95))
    return middle, low, high


def objective_row(
    levels: Sequence[Level], grades: Sequence[Grade], played: HeldOutResults, strength: Floats, seed: int
) -> dict[str, Any]:
    """Return one objective's row."""
    share = played.won.mean((0, 2))
    fit = np.flatnonzero((share >= LEAST) & (share <= MOST))
    won = played.won[:, fit]
    answer = won.mean((1, 2))
    middle, low, high = forecast(grades, strength[fit], families(played.kinds)[fit], won.shape[2], seed)
    raw = np.array([grade.rate() for grade in grades])
    halves = won[:, :, ::2].mean((1, 2)), won[:, :, 1::2].mean((1, 2))
    half = float(np.corrcoef(*halves)[0, 1])
    label = np.array([level.difficulty for level in levels], np.float64)
    return {
        "levels": len(levels),
        "kinds": {played.kinds[kind]: round(float(share[kind]), 3) for kind in fit},
        "left_out": {
            name: round(float(s), 3)
            for n, (name, s) in enumerate(zip(played.kinds, share, strict=True))
            if n not in fit
        },
        "r": round(float(np.corrcoef(middle, answer)[0, 1]), 3),
        "error": round(float(np.abs(middle - answer).mean()), 4),
        "coverage": round(float(((low <= answer) & (answer <= high)).mean()), 3),
        "error_uncalibrated": round(float(np.abs(raw - answer).mean()), 4),
        "r_label": round(float(-np.corrcoef(label, answer)[0, 1]), 3) if label.std() > 0 else None,
        "ceiling": round(2 * half / (1 + half), 3),
        "spread": round(float(answer.std()), 3),
        "panel_spread": round(float(raw.std()), 3),
        "each": [
            {
                "level": level.name,
                "forecast": round(float(m), 4),
                "low": round(float(lo), 4),
                "high": round(float(hi), 4),
                "seen": round(float(a), 4),
                "panel": grade.counts.won,
                "won": kinds.tolist(),
            }
            for level, m, lo, hi, a, grade, kinds in zip(
                levels, middle, low, high, answer, grades, played.won.sum(2), strict=True
            )
        ],
    }


def run(chosen: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Play and measure; each objective's row is printed when it is ready."""
    kinds = held_out_players(folder)
    rows: dict[str, Any] = {}
    builtin = [entry.level for entry in list_levels() if entry.level is not None]
    for objective in chosen.objectives:
        wanted = (
            select(f"endless:{objective}:{chosen.first}-{chosen.first + chosen.levels - 1}"),
            select(f"endless:{objective}:{chosen.calibrate}-{chosen.calibrate + chosen.calibration - 1}"),
            [level for level in builtin if level.objective_name == objective],
        )
        graded = []
        for levels in wanted:
            counts = panel_counts(levels, chosen.rounds, chosen.seed)
            graded.append(grades_of([objective] * len(levels), counts, scales(), graders_key()))
        tests, other, own = (
            play_held_out(levels, kinds, matches, chosen.seed + 1)
            for levels, matches in zip(wanted, (chosen.matches, 6, chosen.matches), strict=True)
        )
        strength = strengths(graded[1], other)
        rows[objective] = objective_row(wanted[0], graded[0], tests, strength, chosen.seed)
        rows[f"{objective} (built-in)"] = objective_row(wanted[2], graded[2], own, strength, chosen.seed)
        for name in (objective, f"{objective} (built-in)"):
            print(name, json.dumps({**rows[name], "each": None}), flush=True)
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the grades and print a row for each objective."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.levels.held_out", description=main.__doc__)
    parser.add_argument(
        "--objectives", nargs="+", choices=rules.OBJECTIVE_NAMES, default=rules.OBJECTIVE_NAMES
    )
    parser.add_argument("--levels", type=int, default=100)
    parser.add_argument("--first", type=int, default=900_000, help="first endless seed")
    parser.add_argument(
        "--calibrate",
        type=int,
        default=800_000,
        help="first endless seed of the levels that measure the kinds' strengths",
    )
    parser.add_argument("--calibration", type=int, default=40, help="number of these levels")
    parser.add_argument("--rounds", type=int, default=4, help="rounds of the panel at each difficulty")
    parser.add_argument("--matches", type=int, default=10, help="matches of each kind on each level")
    parser.add_argument("--seed", type=int, default=90)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        rows = run(chosen, Path(folder))
    if chosen.out:
        chosen.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
