"""Measures what ships of the grades: `python -m game.match.grading.ship shelf`, then `… ship levels`.

`shelf` lets the panel play generated levels and writes `shelf.json`; it goes on where it was stopped. `levels` grades the
built-in levels, fits the scales to all that was graded, measures how unlike the panel's kinds are, and writes `grades.json`.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from game.core import rules
from game.core.levels.catalogue import list_levels, select
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.match.grading.endless_shelf import KIND, SHELF_FILE, shelf_rows
from game.match.grading.endless_shelf import SCHEMA as SHELF_SCHEMA
from game.match.grading.grade import Counts, PlayerSpread
from game.match.grading.gradebook import SCHEMA, GradeRow, grade_key, rows_to_json
from game.match.grading.graders import PANEL, graders_key
from game.match.grading.measured_scales import SHIPPED_FILE
from game.match.grading.panel_matches import count_wins, panel_counts
from game.match.grading.posterior import Scale, grades_of
from game.match.grading.unlike import estimate_spread
from safefiles.writing import write_atomic

BATCH: Final = 10  # levels that are played, and written, at once
UNLIKE_LEVELS: Final = 80  # of the shelf, for each objective
UNLIKE_ROUNDS: Final = 8


def extend_shelf(
    content: dict[str, Any], size: int, rounds: int, seed: int, save: Callable[[dict[str, Any]], None]
) -> None:
    """Grade places 0 to size - 1 of each objective that `content` lacks; `save` is called after each batch."""
    for first in range(0, size, BATCH):
        for objective in rules.OBJECTIVE_NAMES:
            rows: list[list[int]] = content["levels"].setdefault(objective, [])
            known = {row[0] for row in rows}
            places = [place for place in range(first, min(first + BATCH, size)) if place not in known]
            levels = [select(f"{KIND}:{objective}:{place}-{place}")[0] for place in places]
            found = panel_counts(levels, rounds, seed)
            rows += [[place, *counts.won] for place, counts in zip(places, found, strict=True)]
        save(content)


def new_shelf(rounds: int, size: int, seed: int) -> dict[str, Any]:
    """Return a shelf without levels."""
    return {
        "schema": SHELF_SCHEMA,
        "graders": graders_key(),
        "command": f"python -m game.match.grading.ship shelf --levels {size} --rounds {rounds} --seed {seed}",
        "seed": seed,
        "matches": [rounds * len(PANEL)] * len(DIFFICULTY_IDS),
        "levels": {},
    }


def grade_all(shelf: dict[str, Any], rounds: int, seed: int) -> dict[str, Any]:
    """Return the content of `grades.json`."""
    levels = [entry.level for entry in list_levels() if entry.level is not None]
    counts = panel_counts(levels, rounds, seed)
    graded: dict[str, list[Counts]] = {name: [] for name in rules.OBJECTIVE_NAMES}
    for objective, _, found in shelf_rows(shelf):
        graded[objective].append(found)
    scales = {name: Scale.fit(graded[name], _unlike(name, seed)) for name in rules.OBJECTIVE_NAMES}
    names = [level.objective_name for level in levels]
    grades = grades_of(names, counts, scales, graders_key())
    rows = {
        grade_key(level): GradeRow(grade, level.name) for level, grade in zip(levels, grades, strict=True)
    }
    return {
        "schema": SCHEMA,
        "graders": graders_key(),
        "recipe": {
            "command": f"python -m game.match.grading.ship levels --rounds {rounds} --seed {seed}",
            "panel": [list(one) for one in PANEL],
            "opposition": "mixed squad at each difficulty",
            "rounds": rounds,
            "seed": seed,
        },
        "scales": {name: scale.to_json() for name, scale in scales.items()},
        "levels": rows_to_json(rows),
    }


def _unlike(objective: str, seed: int) -> PlayerSpread:
    levels = select(f"{KIND}:{objective}:{UNLIKE_LEVELS}")
    won = count_wins(levels, UNLIKE_ROUNDS, seed + 1, difficulties=(DEFAULT_DIFFICULTY,))
    families = [int(one.delay is None) for one in PANEL]  # bots, brains
    found = estimate_spread(won[:, DIFFICULTY_IDS.index(DEFAULT_DIFFICULTY)], UNLIKE_ROUNDS, families)
    return PlayerSpread(*(round(spread, 3) for spread in found))


def write_lines(path: Path, content: dict[str, Any]) -> None:
    """Write JSON with one row of `levels` a line: short, and a diff shows what changed."""
    head = {key: value for key, value in content.items() if key != "levels"}
    text = json.dumps(head, indent=1)[:-2] + ',\n "levels": {'
    parts = []
    for name, rows in content["levels"].items():
        if isinstance(rows, list):
            inner = ",".join(json.dumps(row, separators=(",", ":")) for row in sorted(rows))
            parts.append(f"\n  {json.dumps(name)}: [\n{_folded(inner)}\n  ]")
        else:
            parts.append(f"\n  {json.dumps(name)}: {json.dumps(rows)}")
    write_atomic(path, (text + ",".join(parts) + "\n }\n}\n").encode())


def _folded(text: str, width: int = 110) -> str:
    lines, line = [], ""
    for piece in text.replace("],[", "],|[").split("|"):
        if line and len(line) + len(piece) > width:
            lines.append(line)
            line = ""
        line += piece
    return "\n".join(f"   {one}" for one in [*lines, line])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write the shipped file."""
    parser = argparse.ArgumentParser(prog="python -m game.match.grading.ship", description=main.__doc__)
    parser.add_argument("what", choices=("shelf", "levels"))
    parser.add_argument("--levels", type=int, default=250, help="of the shelf, for each objective")
    parser.add_argument("--rounds", type=int, default=4, help="matches of each grader at each difficulty")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shelf", type=Path, default=SHELF_FILE)
    parser.add_argument("--out", type=Path, default=SHIPPED_FILE)
    chosen = parser.parse_args(arguments)
    shelf = new_shelf(chosen.rounds, chosen.levels, chosen.seed)
    if chosen.shelf.exists():
        found = json.loads(chosen.shelf.read_text(encoding="utf-8"))
        same = all(found.get(key) == shelf[key] for key in ("schema", "graders", "matches", "seed"))
        if same or chosen.what == "levels":
            shelf = {**found, "command": shelf["command"]} if same else found
    if chosen.what == "levels":
        write_lines(chosen.out, grade_all(shelf, chosen.rounds, chosen.seed))
        return

    def save(content: dict[str, Any]) -> None:
        write_lines(chosen.shelf, content)
        print(", ".join(f"{name} {len(rows)}" for name, rows in content["levels"].items()), flush=True)

    extend_shelf(shelf, chosen.levels, chosen.rounds, chosen.seed, save)


if __name__ == "__main__":
    main()
