"""Are offered levels too hard or too easy? `python -m benchmarks.levels.offered --levels 1000 --out offered.jsonl`

Takes levels of the endless shelf that are offered to a standard player, equally many of each objective, each at the
difficulty whose win rate is closest to the wish. The panel plays every level again, with seeds that were not used for its
grade. A level is wrong if the whole 95 % interval (Wilson's) of its win rate is outside 5 to 95 %. Levels that are already in
the output, with the same seed, difficulty and graders, are not played again, so a run can be stopped and continued.
"""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

import numpy as np

from game.core import rules
from game.core.levels.catalogue import load_level
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.match.grading.endless_shelf import ShelfLevel, shelf
from game.match.grading.grade import MIDDLE, OFFERED
from game.match.grading.graders import PANEL, graders_key
from game.match.grading.panel_matches import panel_counts
from game.match.intervals import wilson
from game.player.endless_levels import FitCriteria, has_offered_chance

WISH: Final = 0.7
ZONE: Final = (0.55, 0.85)


def offered_levels(levels: int) -> list[tuple[ShelfLevel, str]]:
    """Return levels that a standard player is offered, equally many of each objective if possible, and the difficulty of each."""
    fit = FitCriteria(MIDDLE, DEFAULT_DIFFICULTY, *ZONE)
    seen: Counter[str] = Counter()
    order = []
    for one in shelf():
        if has_offered_chance(one, fit):
            order.append((seen[one.objective], rules.OBJECTIVE_NAMES.index(one.objective), one))
            seen[one.objective] += 1
    order.sort(key=lambda each: each[:2])
    return [(one, _difficulty(one)) for _, _, one in order[:levels]]


def _difficulty(one: ShelfLevel) -> str:
    """Return the difficulty with the win rate closest to the wish, among those at which the level may be offered."""
    may = [name for name in DIFFICULTY_IDS if one.grade.may_be_offered(MIDDLE, name)]
    return min(may, key=lambda name: abs(one.grade.rate(name) - WISH))


def measure(one: ShelfLevel, difficulty: str, matches: int, seed: int) -> dict[str, Any]:
    """Let the panel play a level at one difficulty, at least `matches` times."""
    rounds = -(-matches // len(PANEL))
    counts = panel_counts([load_level(one.name)], rounds, seed, difficulties=[difficulty])[0]
    return {
        "level": one.name, "objective": one.objective, "difficulty": difficulty, "seed": seed, "graders": graders_key(),
        "grade": round(one.grade.rate(difficulty), 4), "won": sum(counts.won), "matches": sum(counts.matches),
    }  # fmt: skip


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in ("level", "difficulty", "seed", "graders"))


def is_wrong(row: dict[str, Any]) -> bool:
    """Return whether the interval of a level is outside the offered range."""
    low, high = wilson(row["won"], row["matches"])
    return high < OFFERED[0] or low > OFFERED[1]


def main() -> None:
    """Play offered levels and print those that should not be offered."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.levels.offered", description=main.__doc__)
    parser.add_argument("--levels", type=int, default=1000)
    parser.add_argument("--matches", type=int, default=200, help="least number for each level")
    parser.add_argument("--seed", type=int, default=700)
    parser.add_argument(
        "--out", type=Path, required=True, help="one line per level; a stopped run continues from there"
    )
    wanted = parser.parse_args()
    text = wanted.out.read_text(encoding="utf-8") if wanted.out.exists() else ""
    rows = [json.loads(line) for line in text.splitlines()]
    known = {_key(row): row for row in rows if row["matches"] >= wanted.matches}
    played = []
    with wanted.out.open("a", encoding="utf-8") as file:
        for one, difficulty in offered_levels(wanted.levels):
            row = known.get((one.name, difficulty, wanted.seed, graders_key()))
            if row is None:
                row = measure(one, difficulty, wanted.matches, wanted.seed)
                file.write(json.dumps(row) + "\n")
                file.flush()
            played.append(row)
    for objective in rules.OBJECTIVE_NAMES:
        mine = [row for row in played if row["objective"] == objective]
        if not mine:
            continue
        rate = np.array([row["won"] / row["matches"] for row in mine])
        error = np.abs(rate - [row["grade"] for row in mine])
        wrong = [row["level"] for row in mine if is_wrong(row)]
        print(
            f"{objective}: {len(mine)} levels, win rates {rate.min():.2f} to {rate.max():.2f}, mean error of the grade "
            f"{error.mean():.3f}, outside of 5 to 95 %: {', '.join(wrong) or 'none'}"
        )


if __name__ == "__main__":
    main()
