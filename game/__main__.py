"""`python -m game` is the `bankshot` command."""

import importlib
import sys

from safefiles.interrupts import INTERRUPTED, exit_process, late_interrupts


def main() -> None:
    """Entry point of the `bankshot` command; a Ctrl-C while it still loads ends it like any later one."""
    code = INTERRUPTED
    with late_interrupts():
        try:
            code = importlib.import_module("game.cli.root").run(sys.argv[1:])
        except KeyboardInterrupt:
            sys.stderr.write("error: interrupted\n")
    exit_process(code)


if __name__ == "__main__":
    main()
