"""Run a recipe: from an environment to checkpoints, curve and evaluations in one folder (`runs` describes it)."""

import functools
import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import torch
from numpy.typing import NDArray
from rich.console import Console

from agents import checked
from agents.adapter import GymVecEnv
from agents.best import best_checkpoint, snapshot_logits
from agents.checkpoint import load_checkpoint, load_policy, policy_tensors, save_checkpoint
from agents.checks import check_evaluation, learner_env, recipe_contract, try_a_step
from agents.contract import Contract
from agents.curve import EVALUATION_PREFIX, RETURN_COLUMN, Curve, evaluations_since_best
from agents.envs import default_threads
from agents.errors import AgentsError, EnvRefused, RunError
from agents.evaluate import MatchReport, policy_player
from agents.figure_sinks import metrics_logger
from agents.health import Health, warning_lines
from agents.imitation import Demonstrations, collect, fit
from agents.learner import MaskedPPO
from agents.measure import Report, evaluation_kwargs, measure
from agents.own_code import Function, Iteration, RewardTerms, load_functions, run_callbacks
from agents.recipe import Recipe, Schedule
from agents.reporting import Reporter
from agents.runs import (
    CLONE,
    EVALUATING,
    INITIAL_POLICY,
    Run,
    change_recipe,
    create_run,
    open_run,
    policy_from_run,
)
from agents.selfplay import SelfPlayVecEnv
from agents.snapshot import SnapshotNet
from agents.tensors import load_tensors, save_tensors
from safefiles.console import cell
from safefiles.stopping import stoppable
from safefiles.writing import write_text

CALLBACK: Final = "the callback "  # prefix of a callback's name in the reason that ended a training

__all__ = [
    "Run",
    "build_env",
    "change_recipe",
    "create_run",
    "describe_ending",
    "open_run",
    "policy_from_run",
    "train",
]


def train(
    run: Run,
    console: Console | None = None,
    threads: int | None = None,
    *,
    imitate_only: bool = False,
    listeners: Mapping[str, Function] | None = None,
) -> Run:
    """Train a new run to the end of its budget, or resume it from its last checkpoint.

    A recipe with `[imitation]` bots or replays starts with a clone of them; `imitate_only` ends after it, with a checkpoint.

    `listeners` are called like the recipe's callbacks, after them.

    `threads` share the work of the learner and of an environment that supports it; by default 2 if the machine has them. The
    result is the same with any number.

    Ctrl-C, SIGTERM and a closed terminal stop the training after the current iteration: it saves and returns. A second Ctrl-C
    raises KeyboardInterrupt immediately, and the last checkpoint stays.

    `run.facts["status"]` is `done`, `stopped` or `diverged` afterwards, `run.facts["ended"]` names the limit, and
    `run.facts["warnings"]` lists problems.
    """
    session = _Session(run, console or Console(stderr=True), threads or default_threads())
    session.callbacks |= listeners or {}
    return session.go(imitate_only)


def build_env(
    recipe: Recipe, folder: Path, newest: Callable[[], dict[str, NDArray[Any]]], threads: int | None = None
) -> GymVecEnv:
    """The recipe's environment as the learner sees it."""
    env = learner_env(recipe, recipe.env.num_envs, threads)
    if not recipe.selfplay.enabled:
        return GymVecEnv(env, recipe.seed)
    return SelfPlayVecEnv(env, recipe, folder / "pool", newest)


def describe_ending(run: Run) -> list[str]:
    """Lines for the user: the limit that ended the last session, the progress of the schedules, and warnings."""
    ended = run.facts.get("ended", {})
    lines = []
    if ended:
        progress = float(ended["progress"])
        line = f"ended by {ended['by']} after {100 * progress:.0f} % of the sample budget"
        if (beyond := run.facts.get("samples", 0) - run.recipe.budget.samples) > 0:
            line += f" ({beyond:,} samples more: a roll-out is always finished)"
        moving = [
            f"{name} {getattr(run.recipe.ppo, name).at(progress):.3g} of {value.start:.3g} to {value.end:.3g}"
            for name, value in _schedules(run.recipe).items()
        ]
        lines.append(line + (f"; {', '.join(moving)}" if moving else ""))
    return lines + [f"warning: {text}" for text in warning_lines(run.facts.get("warnings", []))]


def describe_imitation(figures: dict[str, Any]) -> str:
    """A line for the user: how well the clone agrees with its teachers."""
    accuracy = ", ".join(
        f"{name} {100 * share:.0f} %"
        for name, share in zip(figures["heads"], figures["accuracy"], strict=True)
    )
    line = (
        f"imitated {', '.join([*figures['teachers'], *figures.get('replays', [])])} over {figures['decisions']:,} decisions; "
        f"of {figures['held_out']:,} held out it would have chosen the same: {accuracy}"
    )
    left_out = figures.get("left_out", [])
    return line + (f"; left out {len(left_out):,} files, the first: {left_out[0]}" if left_out else "")


def _ended_by_callback(run: Run) -> str | None:
    """The callback that ended a training whose last evaluation is still to come."""
    by = str(run.facts.get("ended", {}).get("by", ""))
    waits = run.facts["status"] == EVALUATING and by.startswith(CALLBACK)
    return by.removeprefix(CALLBACK) if waits else None


def _schedules(recipe: Recipe) -> dict[str, Schedule]:
    """The settings that move over the sample budget."""
    table = vars(recipe.ppo).items()
    return {name: value for name, value in table if isinstance(value, Schedule) and value.start != value.end}


class _Session:
    """One process's work on a run: the learner, its clocks and reports."""

    def __init__(self, run: Run, console: Console, threads: int = 1) -> None:
        torch.set_num_threads(1)  # each thread of the learner takes whole blocks of rows
        self.run, self.recipe, self.console = run, run.recipe, console
        self.env = build_env(run.recipe, run.folder, lambda: policy_tensors(self.model), threads)
        with console.status("preparing the environment (the first time its kernels are compiled)"):
            try_a_step(run.recipe)
        self.contract = self._kept_masks(recipe_contract(run.recipe))
        run.facts["contract"] = self.contract.to_dict()
        self.rivals = check_evaluation(run.recipe, self.contract)
        self.model = MaskedPPO(self.env, run.recipe, self._after_iteration, threads)
        own = run.recipe.train
        self.callbacks = load_functions(own.callbacks, "callbacks", run.code)
        if own.reward_terms:
            self.model.reward_terms = RewardTerms(load_functions(own.reward_terms, "reward_terms", run.code))
        self.asked_by = _ended_by_callback(run)  # the callback that ended the training
        self.broken: AgentsError | None = None  # the error of a callback or the environment
        self.health = Health(self.model, run.recipe.ppo.gamma, run.facts.get("warnings", []))
        self.before = float(run.facts.get("seconds", 0.0))  # wall-clock time of earlier sessions, seconds
        self.cpu_before = self.before  # processor time of earlier sessions, seconds
        self.started, self.cpu_started = time.perf_counter(), time.process_time()
        self.diverged = False
        self.stopped: Callable[[], bool] = lambda: False  # a stop was requested from outside
        self.curve = Curve()
        self.next_checkpoint = self.next_evaluation = 0
        if run.facts.get("checkpoint"):
            self._restore()
        elif run.facts.get("parents"):
            load_policy(run.folder / INITIAL_POLICY, self.model)
        if run.facts.get("checkpoint"):
            self._hold_to_reference()
        self._schedule()
        self.model.set_logger(metrics_logger(run.recipe, run.folder, self._warn))
        self.reported = (self.model.num_timesteps, self.started)

    @property
    def seconds(self) -> float:
        """Wall-clock seconds of all sessions of this run."""
        return self.before + time.perf_counter() - self.started

    @property
    def cpu_seconds(self) -> float:
        """Processor seconds of all sessions of this run."""
        return self.cpu_before + time.process_time() - self.cpu_started

    def _kept_masks(self, contract: Contract) -> Contract:
        """Whether masks are used: a run started by a build that ignored its env's masks continues without them."""
        begun = self.run.facts.get("contract") if self.run.facts.get("checkpoint") else None
        if begun is not None and not Contract.from_dict(begun, f"{self.run.folder.name} > contract").masks:
            contract = replace(contract, masks=False)
        self.env.heeds_masks = contract.masks
        return contract

    def _restore(self) -> None:
        extra = self.run.restore(lambda path: load_checkpoint(path, self.model))
        if self.run.fallback:
            self._warn(self.run.fallback)
        self.before = float(extra["seconds"])
        self.cpu_before = float(extra.get("cpu_seconds", self.before))
        self.curve = Curve.load(self.run.folder, self.model.num_timesteps)

    def _warn(self, text: str) -> None:
        self.console.print(cell(f"warning: {text}"), style="bold red", soft_wrap=True)

    def _schedule(self) -> None:
        """Compute when the next checkpoint and evaluation are due: multiples of their intervals, so that a resumed run agrees."""
        samples, never = self.model.num_timesteps, 1 << 62
        every, often = self.recipe.checkpoint.every, self.recipe.eval.every
        self.next_checkpoint = (samples // every + 1) * every if every else never
        self.next_evaluation = (samples // often + 1) * often if often else never

    def _imitate(self) -> None:
        """Start with a clone of the recipe's teachers; its policy and its agreement with them are kept with the run."""
        stage = self.reporter.stage("imitation")

        def progress(what: str, share: float) -> None:
            if self.stopped():
                raise KeyboardInterrupt  # an unfinished clone is not kept
            stage.update(what, share)

        rounds: list[Demonstrations] = []
        for number in range(self.recipe.imitation.rounds):
            with tempfile.TemporaryDirectory(prefix="agents-") as scratch:
                newest = functools.partial(policy_tensors, self.model)
                rounds.append(collect(self.recipe, Path(scratch), newest, progress, number))
            figures = fit(self.model, self.recipe, rounds, progress)
        stage.remove()
        save_tensors(self.run.folder / CLONE, policy_tensors(self.model))
        self.run.facts["imitation"] = figures | {"heads": [head.name for head in self.contract.heads]}
        self.run.save()
        self.console.print(cell(describe_imitation(self.run.facts["imitation"])), soft_wrap=True)

    def _hold_to_reference(self) -> None:
        """Set the reference policy of `[imitation] kl`: the clone, or otherwise the parent's policy."""
        kl = self.recipe.imitation.kl
        paths = [
            path for path in (self.run.folder / CLONE, self.run.folder / INITIAL_POLICY) if path.exists()
        ]
        if max(kl.start, kl.end) > 0 and paths:
            tensors, _ = load_tensors(paths[0])
            like = policy_tensors(self.model)
            for name, own in like.items():
                checked.array(tensors, name, paths[0].name, own.dtype, own.shape)
            self.model.reference = SnapshotNet(
                {name: tensors[name] for name in like}, self.recipe.net.activation
            )

    def go(self, imitate_only: bool = False) -> Run:
        """Train until the budget is used or the user stops; then save, draw and evaluate."""
        if self.run.facts["status"] != EVALUATING:
            self.run.facts["status"] = "running"
            self.run.facts.pop("ended", None)  # belongs to the previous session
        if self.run.chosen:
            self.run.leave_others()
        self.run.save()
        for note in self.run.facts.get("notes", []):
            self.console.print(cell(f"note: {note}"))
        left = self.recipe.budget.samples - self.model.num_timesteps
        budget, done = self.recipe.budget.samples, self.model.num_timesteps
        with (
            Reporter(self.console, self.recipe.title, budget, done) as self.reporter,
            stoppable(self._stopping) as self.stopped,
        ):
            if not self.run.facts.get("checkpoint"):
                if (
                    self.run.folder / CLONE
                ).exists():  # from a session that ended before its first checkpoint
                    load_policy(self.run.folder / CLONE, self.model)
                elif self.recipe.imitation.clones:
                    self._imitate()
                self._hold_to_reference()
                if imitate_only:
                    self.model.begin()
            # A new run does at least one iteration, so that there is something to save.
            if not imitate_only and left > 0 and not (self.model.num_timesteps and self._limit()):
                self.run.facts.pop("evaluation", None)  # belongs to an earlier policy
                self._learn(left)
            if not self.diverged:
                self._checkpoint()
            # Inside, so that after a second signal of a closing terminal the run still records how it ended
            self._end(imitate_only)
            self.run.save()
        if self.run.facts["status"] == EVALUATING:
            self._last_evaluation()
            self.run.facts["status"] = "done"
        self.curve.save(self.run.folder)
        self.run.save()  # last, so that a run marked as done has its evaluation after a kill at any moment
        self.curve.plot(self.run.folder / "curve.png", self.recipe.title)
        self.env.close()
        self.model.workers.close()
        self.model.logger.close()
        if self.broken is not None:
            raise self.broken
        return self.run

    def _learn(self, samples: int) -> None:
        """Train; if the environment fails, the progress is saved before the error is raised.

        Not for an environment that saves its state: the state would contain a failure in the middle of a rollout.
        """
        try:
            self.model.learn(samples, reset_num_timesteps=False)
        except EnvRefused as error:
            if hasattr(self.env.env.unwrapped, "state_dict"):
                raise
            self.broken = EnvRefused(f"{error}; the progress is saved, and `resume` continues from it")

    def _stopping(self) -> None:
        self.console.print(cell("stopping after this iteration; press Ctrl-C again to stop immediately"))

    def _end(self, imitate_only: bool) -> None:
        """Record in the run's facts what ended this session."""
        limit = self._limit()
        otherwise = (
            "the end of the imitation"
            if imitate_only
            else "the user"
            if self.broken is None
            else "an environment that failed"
            if isinstance(self.broken, EnvRefused)
            else "a callback that failed"
        )
        self.run.facts["status"] = "diverged" if self.diverged else EVALUATING if limit else "stopped"
        self.run.facts["ended"] = {
            "by": "a policy that is not finite" if self.diverged else limit or otherwise,
            "progress": min(1.0, self.model.num_timesteps / self.recipe.budget.samples),
            "cpu_seconds": self.cpu_seconds,
        }
        self.run.facts["warnings"] = self.health.warnings

    def _last_evaluation(self) -> None:
        reports = self._evaluate()
        if not reports:
            return
        rows = [report.to_dict() for report in reports]
        last = self.curve.rows[-1] if self.curve.rows else {}
        if last.get("samples") == self.model.num_timesteps:
            self._record([report for report in reports if _curve_value(report)[0] not in last])
            last |= dict(map(_curve_value, reports))
            self.model.logger.dump(self.model.num_timesteps)
        self.run.facts["evaluation"] = rows
        write_text(
            self.run.folder / "evaluation.json",
            json.dumps({"schema": 1, "results": rows}, indent=2) + "\n",
        )
        for report in reports:
            self.console.print(cell(report.line()), soft_wrap=True)

    def _record(self, reports: Sequence[Report]) -> None:
        """Pass evaluations to the sinks, with the next metrics that are written."""
        for report in reports:
            name = getattr(report, "opponent", "return")
            self.model.logger.record(f"eval/{name}", _curve_value(report)[1])

    def _limit(self) -> str | None:
        """The limit of the budget that was reached, with its value; None if none is."""
        budget = self.recipe.budget
        if self.model.num_timesteps >= budget.samples:
            return f"budget.samples ({budget.samples:,})"
        if 0 < budget.cpu_seconds <= self.cpu_seconds:
            return f"budget.cpu_seconds ({budget.cpu_seconds:g})"
        if 0 < 60 * budget.minutes <= self.seconds:
            return f"budget.minutes ({budget.minutes:g})"
        if 0 < budget.patience <= evaluations_since_best(self._scores()):
            return f"budget.patience ({budget.patience} evaluations without a better one)"
        if self.asked_by is not None:
            return f"{CALLBACK}{self.asked_by}"
        return None

    def _scores(self) -> dict[int, float]:
        return self.curve.scores(self.recipe.eval.opponents)

    def _after_iteration(self) -> bool:
        """Between two iterations: snapshot, evaluate, save, report; False to stop."""
        samples = self.model.num_timesteps
        if isinstance(self.env, SelfPlayVecEnv):
            self.env.after_update(samples)
        row = self._report(samples)
        if not self._healthy(samples):
            self.model.write_figures()
            return False
        if samples >= self.next_evaluation:
            reports = self._evaluate()
            row |= dict(map(_curve_value, reports))
            self._record(reports)
        self.model.write_figures()
        self.curve.add(row)
        scores = self._scores()
        is_best = samples in scores and scores[samples] >= max(scores.values())
        if samples >= self.next_checkpoint or is_best:
            self._checkpoint()
        self._schedule()
        iteration = Iteration(samples, MappingProxyType(row), self.model, self.run.folder)
        try:
            self.asked_by = run_callbacks(self.callbacks, iteration)
        except RunError as error:  # the training is saved first
            self.broken = error
            return False
        return not self.stopped() and self._limit() is None

    def _healthy(self, samples: int) -> bool:
        """Report new problems; False if the policy is not finite, so that it must not be saved."""
        for text in self.health.look(samples, self.model.last_losses):
            self._warn(text)
        if self.health.finite():
            return True
        self.diverged = True
        checkpoint = self.run.facts.get("checkpoint")
        kept = (
            f"the checkpoint {checkpoint} is from before"
            if checkpoint
            else "there is no checkpoint from before"
        )
        message = f"error: the policy's weights are no longer finite numbers: stopped at {samples:,} samples; {kept}"
        self.console.print(cell(message), style="bold red", soft_wrap=True)
        return False

    def _report(self, samples: int) -> dict[str, float]:
        """Move the progress bar; returns this report's row of the curve."""
        now = time.perf_counter()
        rate = (samples - self.reported[0]) / max(now - self.reported[1], 1e-9)
        self.reported = (samples, now)
        row: dict[str, float] = {"samples": samples, "seconds": self.seconds, "samples_per_s": rate}
        row["cpu_seconds"] = self.cpu_seconds
        row |= self.model.stats.means() | self.model.last_losses
        self.reporter.samples(samples, rate, row.get("win_rate"))
        return row

    def _checkpoint(self) -> None:
        """Save everything, point `run.json` at it, then drop the oldest.

        The curve comes first: after a kill, rows beyond the checkpoint in `run.json` are dropped when the curve is read.
        """
        self.curve.save(self.run.folder)
        samples = self.model.num_timesteps
        name = f"{samples:012d}.safetensors"
        save_checkpoint(
            self.run.checkpoints / name,
            self.model,
            {"seconds": self.seconds, "cpu_seconds": self.cpu_seconds},
        )
        self.run.facts |= {"checkpoint": name, "samples": samples, "seconds": self.seconds}
        self.run.facts["warnings"] = self.health.warnings
        self.run.save()
        kept = sorted(self.run.checkpoints.glob("*.safetensors"))
        best = best_checkpoint(self._scores(), self.run.checkpoints)
        for old in kept[: -self.recipe.checkpoint.keep]:
            if old.name != name and old != best:
                old.unlink()

    def _evaluate(self) -> list[Report]:
        """Evaluate the current policy against the recipe's opponents, or by its return if the game has no outcomes.

        It does not change the state of the training.
        """
        table = self.recipe.eval
        opponents: list[str | None] = list(table.opponents)
        if not opponents and not self.recipe.selfplay.enabled and not self.model.stats.outcomes:
            opponents = [None]
        logits = snapshot_logits(policy_tensors(self.model), self.recipe)
        player = policy_player(self.recipe.title, logits, table.temperature, self.contract)
        return [
            measure(
                player,
                self.recipe.env.id,
                opponent,
                matches=table.matches,
                num_envs=table.num_envs,
                seed=self.recipe.seed + 1_000_003,
                kwargs=evaluation_kwargs(self.recipe),
                rivals=self.rivals,
            )
            for opponent in opponents
        ]


def _curve_value(report: Report) -> tuple[str, float]:
    """The column and value of a report in the learning curve."""
    if isinstance(report, MatchReport):
        return EVALUATION_PREFIX + report.opponent, report.win_rate
    return RETURN_COLUMN, report.mean_return
