"""Repeats every measurement that was made with the shipped brains: `python -m game.cli.remake`.

The files with the brains' strengths, the grades of levels (generated ones too) and the simulated community name the brains by
SHA-256, and tests fail if a brain has changed since. Each file is made by the command that it names; the strengths come first,
as they decide who plays in the matches of the other measurements.
"""

import json
import shlex
import subprocess
import sys
from collections.abc import Sequence

from game.match.grading.endless_shelf import SHELF_FILE
from game.match.grading.measured_scales import shipped_measurements
from game.match.strengths import MEASURED_FILE
from game.player.community import SHIPPED_FOLDER


def commands() -> list[list[str]]:
    """Return the commands that make the files, without the interpreter."""
    strengths = json.loads(MEASURED_FILE.read_text(encoding="utf-8"))
    card = json.loads((SHIPPED_FOLDER / "card.json").read_text(encoding="utf-8"))
    shelf = json.loads(SHELF_FILE.read_text(encoding="utf-8"))
    forecast = "python -m game.match.making.fit_forecast"
    told = (
        *(strengths["recipe"]["command"], shelf["command"], shipped_measurements()["recipe"]["command"]),
        *(forecast, card["command"]),
    )
    return [shlex.split(command)[1:] for command in told]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the commands in order; stop at the first that fails, with its exit status."""
    if list(sys.argv[1:] if arguments is None else arguments):
        print("usage: python -m game.cli.remake", file=sys.stderr)
        return 2
    for command in commands():
        print(f"+ python {shlex.join(command)}", flush=True)
        status = subprocess.run([sys.executable, "-P", *command], check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
