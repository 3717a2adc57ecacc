"""A build of the game that can be started with its Python: this one, or another to compare with."""

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
from safefiles.child import python_command
from safefiles.text import clean, shown_path

PROGRAM: Final = Path(__file__).resolve().parent / "programs" / "measure_row.py"
MARK: Final = "BENCH "
ROW_SECONDS: Final = 900.0  # after which a row is abandoned
SLOW_SECONDS: Final = 2 * 3600.0


@dataclass
class Build:
    """An interpreter, its folders of packages, and a separate user folder while it is measured."""

    python: str
    path: str = ""  # of PYTHONPATH; empty: the installed package
    facts: Row = field(default_factory=dict)
    _home: "tempfile.TemporaryDirectory[str] | None" = None

    @classmethod
    def this(cls) -> "Build":
        """Return the running build, with the path of its packages."""
        return cls(python_command()[0], str(Path(game.__file__).resolve().parents[1]))

    def begin(self, option: str = "") -> None:
        """Make the user folder and read the build's facts. Raises ValueError that names `option` if the build cannot run."""
        self._home = tempfile.TemporaryDirectory(prefix="bankshot-bench-")
        found = self.measure("build_facts:facts", {}, 120.0)
        if "skipped" in found:
            place = f" with {self.path}" if self.path else ""
            where = f"{shown_path(self.python)}{shown_path(place)}"
            raise ValueError(
                f"{option}: expected a Python that runs Bankshot, found {where} ({found['skipped']})"
            )
        self.facts = found

    def end(self) -> None:
        """Remove the user folder."""
        if self._home is not None:
            self._home.cleanup()
            self._home = None

    def measure(self, program: str, arguments: Mapping[str, Any], seconds: float = ROW_SECONDS) -> Row:
        """Run one function of `programs` in a child process and return its row; after a failure, a row with the reason."""
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
        # An installed build has its bytecode; a build that may not write bytecode would compile at every start
        for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONSAFEPATH"):
            variables.pop(name, None)
        if self.path:
            variables["PYTHONPATH"] = self.path
        return variables
