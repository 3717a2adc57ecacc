"""Makes anew what was measured with the brains that ship: `python -m game.cli.remake`.

The play-tests of the built-in levels and the start-up community name the brains by their SHA-256, and tests refuse them once one
is another. Each is made by the command that its own file names.
"""

import json
import shlex
import subprocess
import sys
from collections.abc import Sequence

from game.match.play_test import shipped
from game.player.community import SHIPPED_FOLDER


def commands() -> list[list[str]]:
    """Return the commands that made the files, without the interpreter."""
    card = json.loads((SHIPPED_FOLDER / "card.json").read_text(encoding="utf-8"))
    return [shlex.split(told)[1:] for told in (shipped()["recipe"]["command"], card["command"])]


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
