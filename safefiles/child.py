"""Child processes of this Python that import these packages, and nothing from the current folder.

Python puts the current folder in front of its search path for `-c` and `-m`. A downloaded level pack there could
contain a `json.py`, so every child gets `-P`, which leaves that folder out.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def python_command(*arguments: str) -> list[str]:
    """Return the command line that runs this Python with `arguments`, without the current folder in its path."""
    return [sys.executable, "-P", *arguments]


def child_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment with `more`, for a child that imports these packages from their present paths.

    An empty entry of PYTHONPATH means the current folder and is left out.
    """
    here = str(Path(__file__).resolve().parent.parent)
    path = [here, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in path if part), **(more or {})}
