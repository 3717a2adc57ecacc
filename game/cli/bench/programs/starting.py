"""How long a start takes: to the title, to what its entries open, to the first tick, and numba's compilation."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from .timing import Row, Unable, Watch, found, processors

START: Final = Path(__file__).resolve().parent / "measure_row.py"
CHILD_SECONDS: Final = 300.0  # after which a child process is given up
DUMMY: Final = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "PYGAME_HIDE_SUPPORT_PROMPT": "1"}
CACHE: Final = "BANKSHOT_KERNEL_CACHE"


def start(mark: str, runs: int = 3) -> Row:
    """Measure from starting Python to a mark of `launch_game.py`, kernels cached, in a user folder that was used before."""
    watch = Watch(processors(), children=True)
    with tempfile.TemporaryDirectory(prefix="bankshot-start-") as folder:
        settings = {"BANKSHOT_USER_DIR": folder}
        _launch(mark, [], settings)  # may still compile and decode
        for _ in range(runs):
            watch.add(*_launch(mark, [], settings))
    return watch.spans(f"start to {mark}", "s", 1.0)


def first_tick(runs: int = 1) -> Row:
    """Measure from starting Python to the first tick of a match on a machine that never ran it: no cache, no user folder."""
    watch = Watch(processors(), children=True)
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="bankshot-first-") as folder:
            settings = {"BANKSHOT_USER_DIR": f"{folder}/user", CACHE: f"{folder}/kernels"}
            watch.add(*_launch("tick", ["play", "first_light", "--mute"], settings))
    return watch.spans("start to first tick, nothing cached", "s", 1.0)


def cold_compile() -> Row:
    """Measure numba compiling every kernel that the window uses, in a child process with an empty cache."""
    name = found("game.app.playing.warm", "game.app.warm").__name__
    watch = Watch(processors(), children=True)
    with tempfile.TemporaryDirectory(prefix="bankshot-cold-") as folder:
        settings = {**os.environ, CACHE: folder, "BANKSHOT_PREBUILT": "0"}
        watch.start()
        done = subprocess.run(
            [sys.executable, "-P", "-m", name],
            env=settings,
            capture_output=True,
            timeout=CHILD_SECONDS,
            check=False,
        )
        watch.stop()
    if done.returncode:
        raise Unable(f"the compilation ended with code {done.returncode}")
    return watch.spans("compilation of the window's kernels", "s", 1.0)


def _launch(mark: str, arguments: list[str], settings: dict[str, str]) -> tuple[float, float]:
    """Return seconds by the clock and of processor time until the mark."""
    told = json.dumps({"mark": mark, "arguments": arguments})
    command = [sys.executable, "-P", str(START), "launch_game:launch", told]
    began = time.time()
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **DUMMY, **settings},
            capture_output=True,
            text=True,
            timeout=CHILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unable(f"the mark {mark} was not reached in {CHILD_SECONDS:.0f} s") from None
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("MARK ")]
    if not lines:
        words = (done.stderr.strip() or "no message").splitlines()[-1]
        raise Unable(f"the start ended with code {done.returncode}: {words[:200]}")
    return float(lines[-1][1]) - began, float(lines[-1][2])
