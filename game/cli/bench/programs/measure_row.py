"""Measure one row in the build whose Python runs this file: `python -P measure_row.py PROGRAM:FUNCTION JSON`.

The file is started by its path and with `-P`: this folder is not on the search path, so `game` is that build's. The other
programs lie beside it and are imported as `bankshot_bench`. The last line on stdout is `BENCH ` and the row as JSON.
Nothing is imported here that the game does not import itself: a start is measured too.
"""

import importlib
import json
import sys
import types
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

PACKAGE = "bankshot_bench"
MARK = "BENCH "
OURS = ("agents", "game", "music", "recommender", "safefiles")


class OneBuild:
    """A finder that looks for a module of the game beside its package alone.

    The finder of an editable installation would fill what one build lacks with modules of another.
    """

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return the spec of a module below one of our packages. Raises ModuleNotFoundError where that has none."""
        if path is None or name.partition(".")[0] not in OURS:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return spec


def main() -> None:
    """Run what the command line names."""
    package = types.ModuleType(PACKAGE)
    package.__path__ = [str(Path(__file__).resolve().parent)]
    sys.modules[PACKAGE] = package
    sys.meta_path.insert(0, OneBuild())
    program, _, function = sys.argv[1].partition(":")
    try:
        row = getattr(importlib.import_module(f"{PACKAGE}.{program}"), function)(**json.loads(sys.argv[2]))
    except (ImportError, AttributeError, TypeError) as error:
        row = {"skipped": f"this build does it otherwise ({type(error).__name__}: {error})"[:300]}
    except Exception as error:
        if type(error).__name__ != "Unable":  # of bankshot_bench.timing, which may not be imported yet
            raise
        row = {"skipped": str(error)}
    sys.stdout.write(f"\n{MARK}{json.dumps(row)}\n")


if __name__ == "__main__":
    main()
