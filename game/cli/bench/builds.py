"""A build of the game whose Python can be started: this one, or another that is compared with it."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import game
from game.cli.bench.report import Row
from game.player.paths import USER_DIR_VARIABLE
from safefiles.child import python
from safefiles.text import clean, shown

PROGRAM: Final = Path(__file__).resolve().parent / "programs" / "measure_row.py"
MARK: Final = "BENCH "
ROW_SECONDS: Final = 900.0  # after which a row is given up
SLOW_SECONDS: Final = 2 * 3600.0


@dataclass
class Build:
    """An interpreter, the folders it finds packages in, and a user folder of its own while it is measured."""

    python: str
    path: str = ""  # of PYTHONPATH; empty: what is installed
    facts: Row = field(default_factory=dict)
    _home: "tempfile.TemporaryDirectory[str] | None" = None

    @classmethod
    def this(cls) -> "Build":
        """The build that runs, from where it lies."""
        return cls(python()[0], str(Path(game.__file__).resolve().parents[1]))

    def begin(self, option: str = "") -> None:
        """Make the user folder and ask the build what it is. Raises ValueError in the name of `option` where it cannot run."""
        self._home = tempfile.TemporaryDirectory(prefix="bankshot-bench-")
        found = self.measure("build_facts:facts", {}, 120.0)
        if "skipped" in found:
            place = f" with {self.path}" if self.path else ""
            raise ValueError(
                f"{option}: expected a Python that runs Bankshot, found {shown(self.python)}{shown(place)} ({found['skipped']})"
            )
        self.facts = found

    def end(self) -> None:
        """Remove the user folder."""
        if self._home is not None:
            self._home.cleanup()
            self._home = None

    def measure(self, program: str, arguments: Mapping[str, Any], seconds: float = ROW_SECONDS) -> Row:
        """Run one function of `programs` in a child and return its row; what failed is a row that says why."""
        command = [self.python, "-P", str(PROGRAM), program, json.dumps(arguments)]
        assert self._home is not None
        try:
            done = subprocess.run(
                command,
                env=self._variables(),
                cwd=self._home.name,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"skipped": f"took longer than {seconds:.0f} s"}
        except OSError as error:
            return {"skipped": f"it does not start: {error.strerror or error}"}
        rows = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
        if done.returncode == 0 and rows:
            row: Row = json.loads(rows[-1].removeprefix(MARK))
            return row
        words = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
        return {"skipped": f"the child ended with code {done.returncode}: {clean(words[-1], 300)}"}

    def _variables(self) -> dict[str, str]:
        assert self._home is not None
        variables = {
            **os.environ,
            "PYGAME_HIDE_SUPPORT_PROMPT": "1",
            USER_DIR_VARIABLE: os.path.join(self._home.name, "user"),
            "PYTHONIOENCODING": "utf-8",
        }
        # An installed build has its bytecode; one that may not keep it would compile it at every start
        for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONSAFEPATH"):
            variables.pop(name, None)
        if self.path:
            variables["PYTHONPATH"] = self.path
        return variables
