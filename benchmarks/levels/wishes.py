"""Do generated levels match the requested win rate? `python -m benchmarks.levels.wishes`.

Ten requests for each objective, each by the command `bankshot levels generate`, as a modder uses it. Each level written is
read back and played by the panel on seeds that the search did not use, 207 matches by default. The table has the requested
win rate, the one reported by the command, the one in the new matches with Wilson's 95 % interval, and the command's time.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from game.core import rules
from game.core.levels.tmj import read_level
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.graders import PANEL
from game.match.grading.panel_matches import panel_counts
from game.match.intervals import wilson
from game.match.making.wish import TOLERANCE

WISHES: Final = (  # win rate, difficulty
    (0.1, "ace"), (0.2, "veteran"), (0.3, "regular"), (0.4, "ace"), (0.5, "rookie"), (0.5, "regular"), (0.6, "veteran"),
    (0.7, "regular"), (0.8, "rookie"), (0.9, "regular"),
)  # fmt: skip
FRESH: Final = 500_000  # seed of matches that no search uses


def generate_level(objective: str, rate: float, difficulty: str, seed: int, folder: Path) -> dict[str, Any]:
    """Run the command for one wish; return its JSON row, with its time and exit code."""
    out, facts = folder / f"{objective}-{rate}-{difficulty}", folder / "facts.json"
    words = ["levels", "generate", "--objective", objective, "--win-rate", str(rate), "--for", difficulty]
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "game", *words, "--seed", str(seed), "--out", str(out), "--json", str(facts)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(
            f"levels generate: expected exit code 0 or 1, found {done.returncode}: {done.stderr}"
        )
    (row,) = json.loads(facts.read_text(encoding="utf-8"))["levels"]
    return {**row, "seconds": time.monotonic() - begun, "exit": done.returncode}


def fresh_wins(path: Path, difficulty: str, matches: int) -> tuple[int, int]:
    """Return how many new matches the panel wins, and the number of matches."""
    rounds = -(-matches // len(PANEL))
    (counts,) = panel_counts([read_level(path)], rounds, FRESH, difficulties=(difficulty,))
    step = DIFFICULTY_IDS.index(difficulty)
    return counts.won[step], counts.matches[step]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all wishes and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.levels.wishes", description=main.__doc__)
    parser.add_argument(
        "--objectives", nargs="+", choices=rules.OBJECTIVE_NAMES, default=rules.OBJECTIVE_NAMES
    )
    parser.add_argument(
        "--wishes", type=int, default=len(WISHES), help="number per objective, spread over the ten"
    )
    parser.add_argument("--matches", type=int, default=200, help="least number of new matches")
    parser.add_argument("--seed", type=int, default=700_000, help="first endless seed")
    parser.add_argument("--out", type=Path, help="write every row as JSON")
    chosen = parser.parse_args(arguments)
    rows: list[dict[str, Any]] = []
    print("| objective | wish | for | reported | new matches | 95 % | difference | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for objective in chosen.objectives:
            for number in range(chosen.wishes):
                rate, difficulty = WISHES[number * len(WISHES) // chosen.wishes]
                row = generate_level(objective, rate, difficulty, chosen.seed + 5000 * number, Path(folder))
                won, of = fresh_wins(Path(row["file"]), difficulty, chosen.matches)
                low, high = wilson(won, of)
                rows.append({"objective": objective, "fresh": won / of, "fresh_matches": of, **row})
                print(
                    f"| {objective} | {rate:.1f} | {difficulty} | {row['win_rate']:.2f} | {won / of:.2f} of {of} | "
                    f"{low:.2f} to {high:.2f} | {won / of - rate:+.2f} | {row['seconds']:.0f} |",
                    flush=True,
                )
    for objective in chosen.objectives:
        mine = [row for row in rows if row["objective"] == objective]
        near = sum(abs(row["fresh"] - row["wish"]) <= TOLERANCE for row in mine)
        times = sorted(row["seconds"] for row in mine)
        print(
            f"{objective}: {near} of {len(mine)} within {TOLERANCE}; seconds {times[len(times) // 2]:.0f}, most {times[-1]:.0f}"
        )
    if chosen.out:
        chosen.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
