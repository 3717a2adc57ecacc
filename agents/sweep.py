"""Search of a recipe's settings: trials one after the other, bad ones ended early, in one folder.

    recipe.toml     the recipe with its ranges, every default written out
    study.log       Optuna's journal of trials and results, only appended
    trials/NNN/     the run folder of each trial
    best.toml       the recipe with the best settings so far
    sweep.json      every trial, for programs

The recipe's `[sweep]` has a range for each key: `"ppo.learning_rate" = { low = 1e-4, high = 1e-2, log = true }`, whole numbers
if both ends are, `step` for a grid, or `{ choices = [...] }`. Settings are drawn by Optuna's TPE; a trial is pruned if its
evaluation is below the median of the other trials at the same number of samples. A trial's score is its last evaluation. A
killed search continues in the interrupted trial.
"""

import importlib
import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from agents.checks import check_new
from agents.curve import Curve
from agents.errors import AgentsError, RecipeError, RunError
from agents.opposed import existing_run
from agents.own_code import Iteration
from agents.recipe import Recipe, flat_recipe, recipe_to_dict
from agents.recipe_reading import recipe_from
from agents.recipe_text import recipe_to_toml
from agents.run_table import run_row
from agents.runs import Run, create_run
from agents.train import train
from safefiles.extras import require
from safefiles.foreign import read_bytes
from safefiles.text import clean, shown_path
from safefiles.writing import write_text

RECIPE, JOURNAL, BEST, REPORT, STUDY = "recipe.toml", "study.log", "best.toml", "sweep.json", "sweep"
PRUNER: Final = "the sweep"  # name of the callback that ends a bad trial
STARTUP: Final = 5  # trials before any is pruned
MAX_RECIPE_BYTES: Final = 64 * 1024
MAX_JOURNAL_BYTES: Final = 256 << 20
FIXED: Final = ("seed", "title", "env.id", "sweep", "eval", "train", "log", "export", "checkpoint")


@dataclass(frozen=True)
class Range:
    """The range of one setting."""

    key: str  # dotted
    choices: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    step: float | None = None

    @property
    def ends(self) -> tuple[Any, ...]:
        """The values to check: if they are valid, all are."""
        return self.choices or (self.low, self.high)

    def draw(self, trial: Any) -> Any:
        """A value drawn by Optuna's trial."""
        if self.choices:
            # Optuna stores texts, numbers and booleans: a list is drawn by its index
            return self.choices[trial.suggest_categorical(self.key, list(range(len(self.choices))))]
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(self.key, self.low, self.high, log=self.log, step=int(self.step or 1))
        return trial.suggest_float(self.key, self.low, self.high, log=self.log, step=self.step)


@dataclass(frozen=True)
class TrialRow:
    """One trial, for a table."""

    number: int
    state: str  # complete, pruned, fail, running
    score: float | None
    values: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"number": self.number, "state": self.state, "score": self.score, "values": self.values}


def ranges_of(recipe: Recipe) -> list[Range]:
    """The recipe's `[sweep]`. RecipeError in one line for a malformed range, or one with values that the recipe refuses."""
    if not recipe.sweep:
        raise RecipeError(
            '[sweep]: expected ranges by keys, as in "ppo.learning_rate" = { low = 1e-4, high = 1e-2, log = true }, found none'
        )
    known = flat_recipe(replace(recipe, sweep={}))
    found = [_range(key, value) for key, value in _flat_ranges(recipe.sweep).items()]
    for one in found:
        place = f"[sweep] {clean(one.key, 60)}"
        if one.key.partition(".")[0] in FIXED or one.key in FIXED:
            raise RecipeError(
                f"{place}: expected a setting of the training, found one that trials must have in common"
            )
        if one.key not in known and one.key.partition(".")[0] not in ("env", "reward"):
            raise RecipeError(f"{place}: expected a key of the recipe, as in ppo.gamma")
        for value in one.ends:
            try:
                with_values(recipe, {one.key: value})
            except RecipeError as error:
                raise RecipeError(f"{place}: {str(error).splitlines()[0]}") from error
    return found


def _flat_ranges(table: Mapping[str, Any], way: str = "") -> dict[str, Any]:
    """Ranges by dotted keys, from dotted keys or nested tables."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        inner = isinstance(value, dict) and not {"low", "high", "choices"} & value.keys()
        found |= _flat_ranges(value, f"{way}{key}.") if inner and value else {f"{way}{key}": value}
    return found


def _range(key: str, value: Any) -> Range:
    place = f"[sweep] {clean(key, 60)}"
    if not isinstance(value, dict) or not {*value} <= {"low", "high", "log", "step", "choices"}:
        raise RecipeError(
            f"{place}: expected {{ low = …, high = … }} (optionally log, step) or {{ choices = [...] }}, found {value!r:.60}"
        )
    if "choices" in value:
        if not isinstance(value["choices"], list) or not value["choices"] or len(value) > 1:
            raise RecipeError(f"{place}: expected choices alone, a list of at least one, found {value!r:.60}")
        return Range(key, tuple(value["choices"]))
    low, high = (_number(value.get(end), f"{place} > {end}") for end in ("low", "high"))
    log, step = value.get("log", False), value.get("step")
    if not low < high:
        raise RecipeError(f"{place}: expected low below high, found {low!r:.20} and {high!r:.20}")
    if not isinstance(log, bool) or (log and (low <= 0 or step is not None)):
        raise RecipeError(f"{place}: expected log = true with low above 0 and no step, found {value!r:.60}")
    if step is not None and not 0 < _number(step, f"{place} > step") <= high - low:
        raise RecipeError(f"{place}: expected a step above 0 and within the range, found {step!r:.20}")
    if isinstance(step, float):
        low, high = float(low), float(high)
    return Range(key, (), low, high, log, step)


def _number(value: Any, place: str) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise RecipeError(f"{place}: expected a number, found {value!r:.40}")
    found: float = value
    return found


def with_values(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """The recipe with other values by dotted keys, and without ranges; RecipeError for an invalid value."""
    data = recipe_to_dict(replace(recipe, sweep={}))
    for key, value in values.items():
        table = data
        *way, last = key.split(".")
        for part in way:
            table = table.setdefault(part, {})
            if not isinstance(table, dict):
                raise RecipeError(f"{part!r} is not a table")
        table[last] = value
    return recipe_from(data, key if len(values) == 1 else "trial")


def run_sweep(
    folder: Path,
    recipe: Recipe,
    trials: int,
    *,
    env: str | None = None,
    threads: int | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> list[TrialRow]:
    """Try settings until `trials` are done in the folder; returns all trials, of which the last may be unfinished.

    `env` as in `open_run`. RunError if the folder holds the search of another recipe, or if the recipe has no evaluation.
    """
    require("optuna", "sweep")
    ranges = ranges_of(recipe)
    _check_evaluated(recipe)
    check_new(with_values(recipe, {}))
    _keep_recipe(folder, recipe)
    study = open_study(folder, recipe)
    while len(done := [one for one in trial_rows(study, ranges) if one.state != "running"]) < trials:
        trial = _next_trial(study)
        values = {one.key: one.draw(trial) for one in ranges}
        tell(f"trial {trial.number} ({len(done) + 1} of {trials}): {settings_line(values)}")
        try:
            run = _run_of(folder, trial.number, with_values(recipe, values), env)
        except AgentsError as error:  # values that are valid separately but not together
            tell(f"trial {trial.number} cannot be: {str(error).splitlines()[0]}")
            study.tell(trial, state=_states().FAIL)
            _write(folder, recipe, trial_rows(study, ranges))
            continue
        if run.facts["status"] not in ("done", "diverged"):
            run = train(run, threads=threads, listeners={PRUNER: _pruner(trial, run.recipe)})
        if run.facts["status"] == "stopped":
            break
        _finish(study, trial, run)
        _write(folder, recipe, trial_rows(study, ranges))
    return trial_rows(study, ranges)


def _check_evaluated(recipe: Recipe) -> None:
    if recipe.selfplay.enabled and not recipe.eval.opponents:
        raise RunError(
            "[eval] opponents: expected at least one, as trials are compared by their wins, found none"
        )


def _keep_recipe(folder: Path, recipe: Recipe) -> None:
    """Write the recipe into a new folder, or check that the recipe there is the same."""
    file, text = folder / RECIPE, recipe_to_toml(recipe)
    if not file.exists():
        with_values(recipe, {})
        write_text(file, text)
    elif read_bytes(file, MAX_RECIPE_BYTES, "a recipe (TOML)", RunError).decode("utf-8", "replace") != text:
        raise RunError(
            f"{shown_path(folder)}: holds the search of another recipe; choose another folder with --out"
        )


def open_study(folder: Path, recipe: Recipe) -> Any:
    """Optuna's study in the folder, created if there is none; RunError for a damaged journal."""
    optuna = importlib.import_module("optuna")
    journal = importlib.import_module("optuna.storages.journal")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    _end_journal(folder / JOURNAL)
    try:
        storage = optuna.storages.JournalStorage(journal.JournalFileBackend(str(folder / JOURNAL)))
        study = optuna.create_study(
            storage=storage, study_name=STUDY, direction="maximize", load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP),
        )  # fmt: skip
        # the seed depends on the number of trials, so that a resumed search draws new settings
        study.sampler = optuna.samplers.TPESampler(seed=recipe.seed + len(study.trials))
    except Exception as error:  # an edited journal may raise anything
        told_of = clean(f"{type(error).__name__}: {error}".partition("\n")[0], 160)
        raise RunError(
            f"{shown_path(folder / JOURNAL)}: expected a journal of trials, found {told_of}"
        ) from error
    return study


def _end_journal(file: Path) -> None:
    """Remove an incomplete last line left by a kill: Optuna would append the next line to it and read neither."""
    if file.exists():
        data = read_bytes(file, MAX_JOURNAL_BYTES, "a journal of trials (JSON lines)", RunError)
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            os.truncate(file, whole)


def _states() -> Any:
    return importlib.import_module("optuna").trial.TrialState


def _next_trial(study: Any) -> Any:
    """The trial that a kill interrupted, or a new one."""
    optuna = importlib.import_module("optuna")
    running = [one for one in study.trials if one.state == optuna.trial.TrialState.RUNNING]
    return optuna.trial.Trial(study, running[0]._trial_id) if running else study.ask()


def _run_of(folder: Path, number: int, recipe: Recipe, env: str | None) -> Run:
    """The existing run of a trial, or a new one."""
    own = folder / "trials" / f"{number:03d}"
    run = existing_run(own, env)
    if run is None:
        return create_run(own, recipe)
    if recipe_to_toml(run.recipe) != recipe_to_toml(recipe):
        raise RunError(f"{shown_path(own)}: expected the run of this trial, found one of another recipe")
    run.code = None  # the recipe is the user's own
    return run


def _pruner(trial: Any, recipe: Recipe) -> Callable[[Iteration], bool]:
    """A callback that reports every evaluation to Optuna and ends a trial that is worse than most."""

    def after(iteration: Iteration) -> bool:
        for samples, score in Curve([dict(iteration.row)]).scores(recipe.eval.opponents).items():
            trial.report(score, samples)
            return not trial.should_prune()
        return True

    return after


def _finish(study: Any, trial: Any, run: Run) -> None:
    """Report the end of a trial to Optuna."""
    states = _states()
    row = run_row(run.folder)
    if run.facts["status"] == "diverged":
        study.tell(trial, state=states.FAIL)
    elif row.last is None:
        raise RunError(
            "[eval] opponents: expected at least one, as trials are compared by their wins if matches have a winner, "
            f"found none, and no evaluation in {shown_path(run.folder)}"
        )
    elif run.facts.get("ended", {}).get("by") == f"the callback {PRUNER}":
        study.tell(trial, state=states.PRUNED)
    else:
        study.tell(trial, row.last)


def trial_rows(study: Any, ranges: list[Range]) -> list[TrialRow]:
    """All trials, oldest first."""
    known = {one.key: one for one in ranges}
    rows = []
    for one in study.trials:
        values = {
            key: known[key].choices[value] if key in known and known[key].choices else value
            for key, value in one.params.items()
        }
        rows.append(TrialRow(one.number, one.state.name.lower(), one.value, values))
    return rows


def best_trial(rows: list[TrialRow]) -> TrialRow | None:
    """The complete trial with the best score, the first of equal ones."""
    done = [row for row in rows if row.state == "complete" and row.score is not None]
    return max(done, key=lambda row: (row.score, -row.number), default=None)


def _write(folder: Path, recipe: Recipe, rows: list[TrialRow]) -> None:
    best = best_trial(rows)
    if best is not None:
        write_text(folder / BEST, recipe_to_toml(with_values(recipe, best.values)))
    table = {"schema": 1, "best": best.number if best else None, "trials": [row.to_dict() for row in rows]}
    write_text(folder / REPORT, json.dumps(table, indent=2) + "\n")


def settings_line(values: Mapping[str, Any]) -> str:
    """Settings in one line."""
    return ", ".join(
        f"{key} {value:.3g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in values.items()
    )
