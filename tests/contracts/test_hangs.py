"""A test that hangs ends the run's process with a trace: an endless loop never eats a run in silence."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.tree import ROOT

HANGS = """
def test_that_hangs():
    while True:
        pass
"""


def _run(folder: Path, text: str) -> "subprocess.CompletedProcess[str]":
    """Run a test file by this project's configuration, but with a second of time."""
    (folder / "test_it.py").write_text(text)
    command = [
        sys.executable,
        "-P",
        "-m",
        "pytest",
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(folder),
    ]
    command += ["-p", "no:cacheprovider", "-o", "faulthandler_timeout=1", str(folder / "test_it.py")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_a_test_that_hangs_is_ended_and_says_where(tmp_path: Path) -> None:
    done = _run(tmp_path, HANGS)
    assert done.returncode != 0
    assert "in test_that_hangs" in done.stderr
    assert _run(tmp_path, HANGS.replace("True", "False")).returncode == 0


def test_every_usual_test_has_ten_minutes(pytestconfig: pytest.Config) -> None:
    assert float(str(pytestconfig.getini("faulthandler_timeout"))) == 600
    assert pytestconfig.getini("faulthandler_exit_on_timeout") is True
