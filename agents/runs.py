"""Run folders: the recipe, state and results of a training.

A run folder holds `recipe.toml` (every default written out), `run.json` (facts and progress), `checkpoints/`, `pool/`
(self-play snapshots), `tensorboard/`, `curve.json|csv|png` and `evaluation.json`.

A folder is untrusted. Its files are read with size limits and checks, and its environment must be in Gymnasium's registry: see
`env_ids`.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from agents.checkpoint import checkpoint_policy, read_checkpoint
from agents.checks import check_evaluation, check_new
from agents.contract import Contract
from agents.env_ids import ensure_registered
from agents.errors import RunError
from agents.parents import InitialPolicy
from agents.recipe import Recipe
from agents.recipe_reading import load_recipe
from agents.recipe_text import recipe_to_toml
from agents.tensors import save_tensors
from agents.version import __version__
from safefiles import foreign
from safefiles.text import shown_path
from safefiles.writing import write_text

RUN_VERSION = 1
MAX_RUN_BYTES = 8 << 20
MAX_NUMBER = 1e18
NAME_DIGITS = 12  # names of checkpoints: their samples
INITIAL_POLICY = "initial.safetensors"
EVALUATING = "evaluating"  # status of a trained run whose last evaluation is missing
ABANDONED = "abandoned"  # folder of checkpoints later than the one from which a run was resumed
CLONE = "clone.safetensors"  # the clone made by imitation, the possible reference of PPO
T = TypeVar("T")


@dataclass
class Run:
    """A run folder and its facts (`run.json`)."""

    folder: Path
    recipe: Recipe
    facts: dict[str, Any] = field(default_factory=dict)
    fallback: str = ""  # why an older checkpoint was used, a text for the user
    code: frozenset[str] | None = (
        frozenset()
    )  # modules that the recipe's functions may be imported from; None: all
    chosen: bool = False  # a checkpoint that was chosen instead of the newest; the evaluation in the facts is the newest's

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.folder / "checkpoints"

    def save(self) -> None:
        """Write `run.json`."""
        write_text(
            self.folder / "run.json", json.dumps({"version": RUN_VERSION, **self.facts}, indent=2) + "\n"
        )

    def latest(self) -> Path:
        """The newest checkpoint; RunError if there is none."""
        name = self.facts.get("checkpoint")
        if isinstance(name, str) and Path(name).name == name:
            with foreign.refuse_errors(
                f"{shown_path(self.folder)} › run.json › checkpoint", "a file's name", RunError
            ):
                path = self.checkpoints / name
                if path.exists():
                    return path
        raise RunError(f"{shown_path(self.folder)}: expected a checkpoint to resume from, found none")

    def restore(self, reader: Callable[[Path], T]) -> T:
        """The result of `reader` for the newest checkpoint, or for the newest intact one if that is damaged or missing.

        In that case `fallback` says so, and the facts name the older one. RunError if none is intact, or if an intact one is
        refused.
        """
        try:
            return reader(self.latest())
        except RunError as error:
            newest = self.facts.get("checkpoint")
            if not newest or _is_sound(self.latest):
                raise
            for path in sorted(self.checkpoints.glob("*.safetensors"), reverse=True):
                if path.name != newest and _is_sound(partial(Path, path)):
                    self.fallback = f"{error}; resuming from an older intact one, {shown_path(path.name)}"
                    self._choose(path)
                    return reader(path)
            raise

    def choose(self, checkpoint: str) -> None:
        """Resume from another of the run's checkpoints, by its name; RunError if it is missing or damaged."""
        there = {path.stem: path for path in self.checkpoints.glob("*.safetensors")}
        name = checkpoint.removesuffix(".safetensors")
        path = there.get(name) or there.get(name.replace("_", "").zfill(NAME_DIGITS))
        if path is None:
            known = ", ".join(shown_path(name) for name in sorted(there)) or "none"
            raise RunError(f"--checkpoint: expected one of {known}, found {checkpoint!r:.60}")
        self._choose(path)

    def _choose(self, path: Path) -> None:
        samples = read_checkpoint(path)[1]["samples"]
        self.chosen = self.chosen or path.name != self.facts.get("checkpoint")
        self.facts |= {"checkpoint": path.name, "samples": int(samples)}

    def leave_others(self) -> None:
        """Before training from another checkpoint: remove the results of the abandoned training after it.

        The last evaluation is deleted, and later checkpoints are moved into the folder `abandoned`, so that they are never
        mistaken for checkpoints of this training.
        """
        self.facts.pop("evaluation", None)
        self.save()
        aside = self.checkpoints / ABANDONED
        for path in self.checkpoints.glob("*.safetensors"):
            if path.stem.isdecimal() and int(path.stem) > self.facts["samples"]:
                aside.mkdir(exist_ok=True)
                path.replace(aside / path.name)


def _is_sound(checkpoint: Callable[[], Path]) -> bool:
    try:
        read_checkpoint(checkpoint())
    except RunError:
        return False
    return True


def policy_from_run(folder: Path) -> InitialPolicy:
    """The policy of a run's newest checkpoint, from which another run can start; RunError if there is none."""
    run = read_run(folder)
    values = run.restore(read_checkpoint)[1]
    stage = {
        "title": run.recipe.title,
        "recipe": recipe_to_toml(run.recipe),
        "samples": int(values["samples"]),
        "seconds": float(run.facts.get("seconds", 0.0)),
    }
    where = f"run {folder.name!r}"
    return InitialPolicy(
        where,
        checkpoint_policy(run.latest()),
        run.recipe.net.activation,
        [*run.facts.get("parents", []), stage],
        Contract.from_dict(run.facts.get("contract"), f"{where} > contract"),
        (run.fallback,) if run.fallback else (),
    )


def create_run(
    folder: Path, recipe: Recipe, parent: InitialPolicy | None = None, *, named: bool = True
) -> Run:
    """Create a run folder; refuses one that already holds a run, and a recipe or parent that could not be trained.

    The folder is made after all checks. The recipe is the user's own, so the module of its environment's id is imported; not
    with `named` false, for a recipe read from a folder. With a parent the run starts from its policy, as a further stage of
    training. The recipes and results of all earlier stages are kept in `run.facts["parents"]`, oldest first.
    """
    if (folder / "run.json").exists() and not _only_begun(folder):
        raise RunError(f"{shown_path(folder)}: already holds a run; resume it or choose another folder")
    if parent is not None and recipe.imitation.clones:
        names = ", ".join([*recipe.imitation.bots, *recipe.imitation.replays])
        key, empty = ("bots", "{}") if recipe.imitation.bots else ("replays", "[]")
        raise RunError(
            f"[imitation] {key}: expected none with --from, as a clone of {names:.60} would replace its policy; "
            f"leave out --from, or continue from it with --set imitation.{key}={empty}"
        )
    contract = check_new(recipe, named=named)
    notes = [*parent.notes, *parent.check(recipe, contract)] if parent else []
    folder.mkdir(parents=True, exist_ok=True)
    for left in (INITIAL_POLICY, CLONE):  # files of a run that was made here and never trained
        (folder / left).unlink(missing_ok=True)
    write_text(folder / "recipe.toml", recipe_to_toml(recipe))
    run = Run(
        folder,
        recipe,
        code=None if named else frozenset(),
        facts={"status": "new", "samples": 0, "seconds": 0.0, **_provenance()},
    )
    if parent is not None:
        save_tensors(folder / INITIAL_POLICY, parent.tensors)
        run.facts |= {"parents": parent.stages, "notes": [f"{parent.where}: {note}" for note in notes]}
    run.save()
    return run


def _only_begun(folder: Path) -> bool:
    """Whether the folder's run was created but never trained, so that another may replace it."""
    try:
        facts = _read_facts(folder)
    except RunError:
        return False
    return facts["status"] == "new" and not (folder / "checkpoints").exists()


def open_run(folder: Path, env: str | None = None, code: Sequence[str] = ()) -> Run:
    """Open an existing run folder, whose environment must be registered; `env` is the id that the user typed.

    A module is imported only if `env` is a `module:id` of the same id; `code`: modules of functions that the user named.
    Raises RunError, RecipeError and EnvRefused.
    """
    run = read_run(folder)
    run.code = frozenset(code)
    ensure_registered(run.recipe.env.id, env, f"run {shown_path(folder.name)!r}")
    return run


def read_run(folder: Path) -> Run:
    """Read a run folder's recipe and facts, for any environment; RunError and RecipeError if it is no run folder."""
    facts = _read_facts(folder)
    return Run(folder, load_recipe(folder / "recipe.toml"), facts)


def _read_facts(folder: Path) -> dict[str, Any]:
    path = folder / "run.json"
    where = f"{shown_path(folder)} > run.json"
    with foreign.refuse_errors(shown_path(folder), "a run folder with run.json", RunError):
        data = foreign.read_bytes(path, MAX_RUN_BYTES, "a run's facts (JSON)", RunError, missing=True)
    facts = foreign.parse_json(data, where, RunError)
    if not isinstance(facts, dict) or facts.pop("version", None) != RUN_VERSION:
        raise RunError(f"{where}: expected run version {RUN_VERSION}")
    _check_facts(facts, where)
    return facts


# The values that are read from run.json, with their types; the others are informative.
_FACTS: dict[str, type | tuple[type, ...]] = {
    "status": str, "samples": int, "seconds": (int, float), "checkpoint": str, "parents": list, "notes": list,
    "evaluation": list, "warnings": list, "contract": dict, "ended": dict, "imitation": dict,
}  # fmt: skip
_STAGE: dict[str, type | tuple[type, ...]] = {
    "title": str,
    "recipe": str,
    "samples": int,
    "seconds": (int, float),
}
_ENDED: dict[str, type | tuple[type, ...]] = {
    "by": str,
    "progress": (int, float),  # share of the sample budget, 0 to 1
    "cpu_seconds": (int, float),
}
_WARNING: dict[str, type | tuple[type, ...]] = {"kind": str, "text": str, "first": int, "last": int}


def _check_facts(facts: dict[str, Any], where: str) -> None:
    _check_kinds({"status": "new", **facts}, _FACTS, where)
    facts.setdefault("status", "new")
    for key, kinds in (("parents", _STAGE), ("warnings", _WARNING)):
        for number, row in enumerate(facts.get(key, [])):
            _check_row(row, kinds, f"{where} > {key}[{number}]")
    if facts.get("ended"):
        _check_row(facts["ended"], _ENDED, f"{where} > ended")
        if facts["ended"]["progress"] > 1:
            found = str(facts["ended"]["progress"])[:60]
            raise RunError(f"{where} > ended > progress: expected a number from 0 to 1, found {found}")
    for key, kind in (("notes", str), ("evaluation", dict)):
        for number, row in enumerate(facts.get(key, [])):
            _check_kinds({"": row}, {"": kind}, f"{where} > {key}[{number}]")


def _check_row(row: Any, kinds: dict[str, type | tuple[type, ...]], where: str) -> None:
    if not isinstance(row, dict) or not kinds.keys() <= row.keys():
        raise RunError(f"{where}: expected {', '.join(kinds)}, found {str(row)[:60]}")
    _check_kinds(row, kinds, where)


def _check_kinds(table: dict[str, Any], kinds: dict[str, type | tuple[type, ...]], where: str) -> None:
    for key, kind in kinds.items():
        if key not in table:
            continue
        value = table[key]
        fits = isinstance(value, kind) and not isinstance(value, bool)
        number = kind is int or isinstance(kind, tuple)
        if number and isinstance(value, (int, float)):
            fits = fits and 0 <= value <= MAX_NUMBER
        if not fits:
            names = "a number of at least 0" if number else getattr(kind, "__name__", "")
            raise RunError(f"{where}{f' > {key}' if key else ''}: expected {names}, found {str(value)[:60]}")


def change_recipe(run: Run, settings: Sequence[str]) -> None:
    """Apply `key=value` settings to a run's recipe; only settings that do not affect the learning may change."""
    for setting in settings:
        table = setting.partition(".")[0].strip()
        if table not in ("budget", "eval", "checkpoint", "export", "log"):
            raise RunError(
                f"--set {setting}: expected a key of budget, eval, checkpoint, export or log in an existing run"
            )
    recipe = load_recipe(run.folder / "recipe.toml", settings)
    contract = run.facts.get("contract")
    if recipe.eval != run.recipe.eval and contract is not None:
        check_evaluation(recipe, Contract.from_dict(contract, f"{shown_path(run.folder)} > contract"))
    run.recipe = recipe
    write_text(run.folder / "recipe.toml", recipe_to_toml(run.recipe))


def _provenance() -> dict[str, Any]:
    """The machine and versions with which a run was made."""
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
    """The git revision of the checkout that holds this package (with '+' if it has changes), or the package's version.

    git is not run in any other folder, because it executes commands from a folder's settings.
    """
    root = Path(__file__).resolve().parent.parent
    program = shutil.which("git")
    # a relative path would be a program in the current folder, which Windows searches first
    if program is not None and Path(program).is_absolute() and (root / ".git").exists():
        try:
            head = _git(program, root, "rev-parse", "--short=12", "HEAD")
            return head + (
                "+" if _git(program, root, "status", "--porcelain", "--untracked-files=no") else ""
            )
        except (OSError, subprocess.SubprocessError):
            pass
    return f"agents {__version__}"


def _git(program: str, root: Path, *arguments: str) -> str:
    """The output of git for the checkout `root`, without variables that redirect it and without its file watcher."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        [program, "-C", str(root), "-c", "core.fsmonitor=false", *arguments],
        env=variables | {"GIT_OPTIONAL_LOCKS": "0"},
        capture_output=True, text=True, check=True, timeout=10,
    )  # fmt: skip
    return done.stdout.strip()
