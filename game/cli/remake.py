"""Makes anew what was measured with the brains that ship: `python -m game.cli.remake`.

The brains' strengths, the grades of levels, generated ones too, and the start-up community name the brains by their SHA-256, and
tests refuse them once one is another. Each is made by the command that its own file names; the strengths come first, for they
say who sits in the matches of the others.
"""

import json
import shlex
import subprocess
import sys
from collections.abc import Sequence

from game.match.grading.endless_shelf import SHELF_FILE
from game.match.grading.measured_scales import shipped
from game.match.strengths import MEASURED_FILE
from game.player.community import SHIPPED_FOLDER


def commands() -> list[list[str]]:
    """Return the commands that made the files, without the interpreter."""
    strengths = json.loads(MEASURED_FILE.read_text(encoding="utf-8"))
    card = json.loads((SHIPPED_FOLDER / "card.json").read_text(encoding="utf-8"))
    shelf = json.loads(SHELF_FILE.read_text(encoding="utf-8"))
    forecast = "python -m game.match.making.fit_forecast"
    told = (
        *(strengths["recipe"]["command"], shelf["command"], shipped()["recipe"]["command"]),
        *(forecast, card["command"]),
    )
    return [shlex.split(command)[1:] for command in told]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run them one after the other; the first that fails ends it, with its exit status."""
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
