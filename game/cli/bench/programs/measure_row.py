"""Measure one row in the build whose Python runs this file: `python -P measure_row.py PROGRAM:FUNCTION JSON`.

The file is started by its path and with `-P`: this folder is not on the search path, so `game` is that build's. The other
programs lie beside it and are imported as `bankshot_bench`. The last line on stdout is `BENCH ` and the rows as JSON.
"""

import importlib
import json
import sys
import types
from pathlib import Path

PACKAGE = "bankshot_bench"
MARK = "BENCH "


def main() -> None:
    """Run what the command line names."""
    package = types.ModuleType(PACKAGE)
    package.__path__ = [str(Path(__file__).resolve().parent)]
    sys.modules[PACKAGE] = package
    program, _, function = sys.argv[1].partition(":")
    timing = importlib.import_module(f"{PACKAGE}.timing")
    try:
        row = getattr(importlib.import_module(f"{PACKAGE}.{program}"), function)(**json.loads(sys.argv[2]))
    except timing.Unable as reason:
        row = {"skipped": str(reason)}
    except (ImportError, AttributeError, TypeError) as error:
        row = {"skipped": f"this build does it otherwise ({type(error).__name__}: {error})"[:300]}
    sys.stdout.write(f"\n{MARK}{json.dumps(row)}\n")


if __name__ == "__main__":
    main()
