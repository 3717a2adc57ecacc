"""How long `agents train quick` takes until an evaluation wins 90 % against the bot `wanderer`."""

import importlib
import json
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any, Final

from .timing import Row, Unable, Watch, needed, processor_seconds, processors

RECIPE: Final = "quick"
OPPONENT: Final = "wanderer"
EVERY: Final = 400_000  # samples between two evaluations of 128 matches
LIMIT_SECONDS: Final = 3600.0


def to_wins(wins: float = 0.9) -> Row:
    """Measure a training from its start to the first evaluation of that share of wins, evaluations included.

    The recipe's budget is a hundred times its own, so that it ends by the wins alone.
    """
    needed("torch", "stable_baselines3")
    watch = Watch(processors(), children=True)
    with tempfile.TemporaryDirectory(prefix="bankshot-quick-") as folder:
        run = Path(folder) / "run"
        changes = [f"eval.every={EVERY}", f"checkpoint.every={EVERY}", *_lifted_budget()]
        watch.start()
        reached, samples = _train(run, changes, wins)
        watch.stop()
    if reached is None:
        raise Unable(f"the training ended after {samples:,} samples without {wins:.0%} of wins")
    return watch.spans(
        f"training to {wins:.0%} against {OPPONENT}",
        "s",
        1.0,
        recipe=RECIPE,
        wins=round(reached, 3),
        samples=samples,
        evaluated_every=EVERY,
    )


def _lifted_budget() -> list[str]:
    """Return the changes for the limits of this build's own recipe: of minutes, or of processor time."""
    agents: Any = importlib.import_module("agents")
    text = (Path(agents.__file__).parent / "recipes" / f"{RECIPE}.toml").read_text(encoding="utf-8")
    budget = tomllib.loads(text)["budget"]
    return [f"budget.{key}={value * 100}" for key, value in budget.items() if key != "samples"]


def _train(run: Path, changes: list[str], wins: float) -> tuple[float | None, int]:
    """Train until the wins are reached; return them, None where they were not, and the samples."""
    command = [sys.executable, "-P", "-m", "game", "agents", "train", RECIPE, "--out", str(run)]
    for change in changes:
        command += ["--set", change]
    before = processor_seconds()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as words:
        child = subprocess.Popen(command, stdout=words, stderr=words, stdin=subprocess.DEVNULL)
        try:
            until = time.monotonic() + LIMIT_SECONDS
            reached, samples = None, 0
            while child.poll() is None and reached is None and time.monotonic() < until:
                time.sleep(0.5)
                reached, samples = _evaluated(run, wins)
            if reached is None:
                reached, samples = _evaluated(run, wins)
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)  # it ends after the running iteration
            code = child.wait(120)
        finally:
            child.kill()
        if reached is None and processor_seconds() - before < 5:
            words.seek(0)
            said = [line.strip() for line in words if line.strip()] or ["no message"]
            raise Unable(f"the training ended with code {code}: {said[-1][:200]}")
    return reached, samples


def _evaluated(run: Path, wins: float) -> tuple[float | None, int]:
    """Return the wins of the first evaluation that reaches them, and how many samples the curve has."""
    try:
        rows = json.loads((run / "curve.json").read_text(encoding="utf-8"))["rows"]
    except (OSError, ValueError, KeyError):
        return None, 0
    for row in rows:
        if row.get(f"win_rate_vs_{OPPONENT}", 0.0) >= wins:
            return row[f"win_rate_vs_{OPPONENT}"], int(row["samples"])
    return None, int(rows[-1].get("samples", 0)) if rows else 0
