"""Ctrl-C while a module loads: it ends the command as an interrupt, whatever the module makes of it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A package that takes its time to load, and makes an ImportError of an interrupt as one written in C does.
SLOW = """
import os, signal, time
for _ in range({presses}):
    os.kill(os.getpid(), signal.SIGINT)
try:
    time.sleep(0.1)
except KeyboardInterrupt:
    raise ImportError("initialization failed")
print("loaded", flush=True)
"""
COMMAND = """
import importlib, sys, time
from safefiles.console import command_group
app = command_group("slow", "A command that loads a package.")

@app.callback()
def root() -> None: ...

@app.command()
def work() -> None:
    importlib.import_module("slow_package")
    time.sleep(60)  # beyond the test's patience: the interrupt must wake it
    print("it went on")

app(prog_name="slow")
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize(("presses", "said"), [(1, "loaded\n"), (2, "")])
def test_it_waits_for_the_module_and_the_second_does_not(presses: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "slow_package.py").write_text(SLOW.format(presses=presses))
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND, "work"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, said, "error: interrupted\n")


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_the_first_of_two_is_not_repeated_after_the_second_has_ended_the_work(tmp_path: Path) -> None:
    (tmp_path / "slow_package.py").write_text(SLOW.format(presses=2))
    code = (
        "import importlib, time\nfrom safefiles.interrupts import late_interrupts\n"
        "with late_interrupts():\n try:\n  importlib.import_module('slow_package')\n"
        " except KeyboardInterrupt:\n  time.sleep(0.2); print('once')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "once\n", "")


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
def test_an_interrupted_exec_leaves_130(tmp_path: Path) -> None:
    """Python itself would die of the signal, as `exec` has seen it."""
    code = (
        "import os, signal\nfrom safefiles.interrupts import exit_process\n"
        "try:\n exec('os.kill(os.getpid(), signal.SIGINT); [0 for _ in range(9)]')\n"
        "except KeyboardInterrupt:\n exit_process(130)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=60
    )
    assert ended.returncode == 130
