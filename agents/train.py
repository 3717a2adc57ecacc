"""Run a recipe: from an environment to checkpoints, curve and evaluations in one folder.

A run folder holds `recipe.toml` (every default written out), `run.json` (what, where, how far),
`checkpoints/`, `pool/` (self-play snapshots), `tensorboard/`, `curve.json|csv|png` and `evaluation.json`.
"""

import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from stable_baselines3.common.logger import Logger, TensorBoardOutputFormat

from agents import __version__
from agents.adapter import GymVecEnv
from agents.checkpoint import (
    checkpoint_policy,
    load_checkpoint,
    load_policy,
    policy_tensors,
    read_checkpoint,
    save_checkpoint,
)
from agents.contract import Contract
from agents.curve import EVALUATION_PREFIX, Curve
from agents.envs import env_contract, make_env
from agents.errors import RunError
from agents.evaluate import MatchReport, Player, evaluate
from agents.learner import MaskedPPO
from agents.parents import Parent
from agents.recipe import Recipe, load_recipe, recipe_to_toml
from agents.selfplay import SelfPlayVecEnv, SnapshotNet
from agents.tensors import save_tensors
from safefiles.console import Label, cell
from safefiles.writing import write_text

RUN_VERSION = 1
INITIAL_POLICY = "initial.safetensors"


@dataclass
class Run:
    """A run folder and what is known about it (`run.json`)."""

    folder: Path
    recipe: Recipe
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def checkpoints(self) -> Path:
        """Where checkpoints lie."""
        return self.folder / "checkpoints"

    def save(self) -> None:
        """Write `run.json`."""
        write_text(
            self.folder / "run.json", json.dumps({"version": RUN_VERSION, **self.facts}, indent=2) + "\n"
        )

    def latest(self) -> Path:
        """The newest checkpoint; RunError where there is none."""
        name = self.facts.get("checkpoint")
        if not isinstance(name, str) or Path(name).name != name or not (self.checkpoints / name).exists():
            raise RunError(f"{self.folder}: expected a checkpoint to go on from, found none")
        return self.checkpoints / name


def run_parent(folder: Path) -> Parent:
    """The policy of a run's newest checkpoint, to begin another run with; RunError where there is none."""
    run = open_run(folder)
    values = read_checkpoint(run.latest())[1]
    stage = {
        "title": run.recipe.title,
        "recipe": recipe_to_toml(run.recipe),
        "samples": int(values["samples"]),
        "seconds": float(run.facts.get("seconds", 0.0)),
    }
    where = f"run {folder.name!r}"
    return Parent(
        where,
        checkpoint_policy(run.latest()),
        run.recipe.net.activation,
        [*run.facts.get("parents", []), stage],
        Contract.from_dict(run.facts.get("contract"), f"{where} > contract"),
    )


def create_run(folder: Path, recipe: Recipe, parent: Parent | None = None) -> Run:
    """A new run folder; refuses one that already holds a run, and a parent that does not fit the recipe.

    With a parent the run begins from its policy: a second stage of training. The recipes and figures of all stages
    before are kept in `run.facts["parents"]`, oldest first.
    """
    if (folder / "run.json").exists():
        raise RunError(f"{folder}: already holds a run; resume it or choose another folder")
    notes = parent.check(recipe) if parent else []
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "recipe.toml", recipe_to_toml(recipe))
    run = Run(folder, recipe, {"status": "new", "samples": 0, "seconds": 0.0, **_provenance()})
    if parent is not None:
        save_tensors(folder / INITIAL_POLICY, parent.tensors)
        run.facts |= {"parents": parent.stages, "notes": [f"{parent.where}: {note}" for note in notes]}
    run.save()
    return run


def open_run(folder: Path) -> Run:
    """An existing run folder."""
    try:
        facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(
            f"{folder}: expected a run folder with run.json ({error.strerror or error})"
        ) from error
    except ValueError as error:
        raise RunError(f"{folder / 'run.json'}: not JSON ({error})") from error
    if not isinstance(facts, dict) or facts.pop("version", None) != RUN_VERSION:
        raise RunError(f"{folder / 'run.json'}: expected run version {RUN_VERSION}")
    return Run(folder, load_recipe(folder / "recipe.toml"), facts)


def train(run: Run, console: Console | None = None) -> Run:
    """Train a new run to the end of its budget, or go on from its last checkpoint. Ctrl-C saves and returns.

    `run.facts["status"]` is `done` or `stopped` afterwards.
    """
    return _Session(run, console or Console(stderr=True)).go()


def build_env(recipe: Recipe, folder: Path, newest: Callable[[], dict[str, NDArray[Any]]]) -> GymVecEnv:
    """The recipe's environment as the learner sees it."""
    kwargs = recipe.env_kwargs()
    if not recipe.selfplay.enabled:
        return GymVecEnv(make_env(recipe.env.id, recipe.env.num_envs, kwargs), recipe.seed)
    env = make_env(recipe.env.id, recipe.env.num_envs, {**kwargs, "seats": "all"})
    return SelfPlayVecEnv(env, recipe, folder / "pool", newest)


def change_recipe(run: Run, settings: Sequence[str]) -> None:
    """Apply `key=value` settings to a run's recipe; only what does not touch the mathematics of the run may
    change.
    """
    for setting in settings:
        table = setting.partition(".")[0].strip()
        if table not in ("budget", "eval", "checkpoint", "export"):
            raise RunError(
                f"--set {setting}: expected a key of budget, eval, checkpoint or export in an existing run"
            )
    run.recipe = load_recipe(run.folder / "recipe.toml", settings)
    write_text(run.folder / "recipe.toml", recipe_to_toml(run.recipe))


class _Session:
    """One process's work on a run: the learner, its clock and everything reported along the way."""

    def __init__(self, run: Run, console: Console) -> None:
        torch.set_num_threads(1)
        self.run, self.recipe, self.console = run, run.recipe, console
        self.env = build_env(run.recipe, run.folder, lambda: policy_tensors(self.model))
        self.contract = env_contract(self.env.env, run.recipe.env.id)
        run.facts["contract"] = self.contract.to_dict()
        self.model = MaskedPPO(self.env, run.recipe, self._after_iteration)
        self.before = float(run.facts.get("seconds", 0.0))  # wall-clock of earlier sessions, seconds
        self.started = time.perf_counter()
        self.interrupted = False
        self.curve = Curve()
        self.next_checkpoint = self.next_evaluation = 0
        if run.facts.get("checkpoint"):
            self._restore()
        elif run.facts.get("parents"):
            load_policy(run.folder / INITIAL_POLICY, self.model)
        self._schedule()
        self.model.set_logger(_logger(run.folder / "tensorboard"))
        self.reported = (self.model.num_timesteps, self.started)

    @property
    def seconds(self) -> float:
        """Wall-clock spent on this run by all its sessions."""
        return self.before + time.perf_counter() - self.started

    def _restore(self) -> None:
        extra = load_checkpoint(self.run.latest(), self.model)
        self.before = float(extra["seconds"])
        self.curve = Curve.load(self.run.folder, self.model.num_timesteps)

    def _schedule(self) -> None:
        """When the next checkpoint and evaluation are due: whole multiples, so that a resumed run agrees."""
        samples, never = self.model.num_timesteps, 1 << 62
        every, often = self.recipe.checkpoint.every, self.recipe.eval.every
        self.next_checkpoint = (samples // every + 1) * every if every else never
        self.next_evaluation = (
            (samples // often + 1) * often if often and self.recipe.eval.opponents else never
        )

    def go(self) -> Run:
        """Train until the budget, the clock or the person says stop; then save, draw and evaluate."""
        self.run.facts["status"] = "running"
        self.run.save()
        for note in self.run.facts.get("notes", []):
            self.console.print(cell(f"note: {note}"))
        left = self.recipe.budget.samples - self.model.num_timesteps
        with _progress(self.console) as self.progress, _interruptible(self):
            self.task = self.progress.add_task(
                self.recipe.title,
                total=self.recipe.budget.samples,
                completed=self.model.num_timesteps,
                rate="",
                wins="",
            )
            # A new run does at least one iteration, so that there is something to save.
            if left > 0 and not (self.model.num_timesteps and self._out_of_time()):
                self.model.learn(left, reset_num_timesteps=False)
            self._checkpoint()
        done = self.model.num_timesteps >= self.recipe.budget.samples or self._out_of_time()
        self.run.facts["status"] = "done" if done else "stopped"
        if done and self.recipe.eval.opponents:
            reports = self._evaluate()
            rows = [report.to_dict() for report in reports]
            self.run.facts["evaluation"] = rows
            write_text(
                self.run.folder / "evaluation.json",
                json.dumps({"schema": 1, "results": rows}, indent=2) + "\n",
            )
            for report in reports:
                self.console.print(cell(report.line()), soft_wrap=True)
        self.run.save()
        self.curve.save(self.run.folder)
        self.curve.plot(self.run.folder / "curve.png", self.recipe.title)
        self.env.close()
        return self.run

    def _out_of_time(self) -> bool:
        minutes = self.recipe.budget.minutes
        return minutes > 0 and self.seconds >= 60 * minutes

    def _after_iteration(self) -> bool:
        """Between two iterations: snapshot, evaluate, save, report; False to stop."""
        samples = self.model.num_timesteps
        if isinstance(self.env, SelfPlayVecEnv):
            self.env.after_update(samples)
        row = self._report(samples)
        if samples >= self.next_evaluation:
            for report in self._evaluate():
                row[EVALUATION_PREFIX + report.opponent] = report.win_rate
                self.model.logger.record(f"eval/{report.opponent}", report.win_rate)
        self.curve.add(row)
        if samples >= self.next_checkpoint:
            self._checkpoint()
        self._schedule()
        return not self.interrupted and not self._out_of_time()

    def _report(self, samples: int) -> dict[str, float]:
        """Move the progress bar; returns this report's row of the curve."""
        now = time.perf_counter()
        rate = (samples - self.reported[0]) / max(now - self.reported[1], 1e-9)
        self.reported = (samples, now)
        row: dict[str, float] = {"samples": samples, "seconds": self.seconds, "samples_per_s": rate}
        row |= self.model.stats.means() | self.model.last_losses
        wins = f"won {100 * row['win_rate']:.0f} %" if "win_rate" in row else ""
        self.progress.update(self.task, completed=samples, rate=f"{rate:,.0f} samples/s", wins=wins)
        return row

    def _checkpoint(self) -> None:
        """Save everything, point `run.json` at it, then drop the oldest."""
        samples = self.model.num_timesteps
        name = f"{samples:012d}.safetensors"
        save_checkpoint(self.run.checkpoints / name, self.model, {"seconds": self.seconds})
        self.run.facts |= {"checkpoint": name, "samples": samples, "seconds": self.seconds}
        self.run.save()
        self.curve.save(self.run.folder)
        kept = sorted(self.run.checkpoints.glob("*.safetensors"))
        for old in kept[: -self.recipe.checkpoint.keep]:
            if old.name != name:
                old.unlink()

    def _evaluate(self) -> list[MatchReport]:
        """Matches of the current policy against the recipe's opponents; touches no state of the training."""
        table = self.recipe.eval
        net = SnapshotNet(policy_tensors(self.model), self.recipe.net.activation)

        def logits(observations: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
            with torch.inference_mode():
                return net.logits(observations).numpy()

        player = Player(self.recipe.title, logits, table.temperature)
        # Evaluation plays the game's own reward and the recipe's levels unless [eval.kwargs] says otherwise.
        kwargs = {
            key: value for key, value in self.recipe.env.kwargs.items() if key != "opponent"
        } | table.kwargs
        return [
            evaluate(
                player,
                self.recipe.env.id,
                opponent,
                matches=table.matches,
                num_envs=table.num_envs,
                seed=self.recipe.seed + 1_000_003,
                kwargs=kwargs,
            )
            for opponent in table.opponents
        ]


def _logger(folder: Path) -> Logger:
    """SB3's logger writing TensorBoard files; silent where tensorboard is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return Logger(str(folder), [TensorBoardOutputFormat(str(folder))])
    except (ImportError, AssertionError):
        return Logger(str(folder), [])


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(),
        Label(),
        BarColumn(),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[wins]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


@contextmanager
def _interruptible(session: _Session) -> Iterator[None]:
    """Let the first Ctrl-C finish the iteration and save; the second stops at once (the last checkpoint
    stays).
    """

    def stop(number: int, frame: Any) -> None:
        if session.interrupted:
            raise KeyboardInterrupt
        session.interrupted = True
        session.console.print(cell("stopping after this iteration; press Ctrl-C again to stop at once"))

    try:
        before = signal.signal(signal.SIGINT, stop)
    except ValueError:  # not in the main thread: the caller handles interrupts
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _provenance() -> dict[str, Any]:
    """Where and with what a run was made."""
    import gymnasium
    import stable_baselines3

    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "source_revision": source_revision(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "versions": {
            "python": sys.version.split()[0],
            "agents": __version__,
            "torch": torch.__version__,
            "stable_baselines3": stable_baselines3.__version__,
            "gymnasium": gymnasium.__version__,
            "numpy": np.__version__,
        },
    }


def source_revision() -> str:
    """The git revision of the working folder (with '+' where it has changes), or the package's version."""
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return f"agents {__version__}"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()
