"""Loggers of a training's metrics besides its curve: TensorBoard, MLflow, Weights & Biases (`[log] sinks`).

All of them write into the run's folder and send nothing: telemetry, error reports, and git and machine data are switched off. A
user enables a server by the library's own variable, MLFLOW_TRACKING_URI or WANDB_MODE; a recipe cannot.
"""

import importlib
import logging
import math
import os
import re
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from stable_baselines3.common.logger import KVWriter, Logger, TensorBoardOutputFormat

from agents.errors import RunError
from agents.recipe import Recipe, flat_recipe
from safefiles.extras import require
from safefiles.foreign import read_bytes
from safefiles.text import clean, shown_path
from safefiles.writing import write_text

EXTRAS: Final = {
    "mlflow": "mlflow",
    "wandb": "wandb",
}  # by sink: the name of its package, which is also the extra's
QUIET: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_SILENT": "true",
    "WANDB_DISABLE_GIT": "true",
    "WANDB_DISABLE_CODE": "true",
}
MOST_ID: Final = 100  # bytes
_NOT_IN_NAMES: Final = re.compile(
    r"[^/\w.\- ]|(?<=[./])[./]+|^[./]+"
)  # characters that MLflow refuses: names of brains may be paths
DATABASE: Final = "mlflow.db"
RUN_ID: Final = "id.txt"  # in a sink's folder: the run that a resumed training continues


def check_sinks(recipe: Recipe) -> None:
    """Raise MissingExtra, with the line that installs it, if a sink's package is missing."""
    for sink in recipe.log.sinks:
        if sink in EXTRAS:
            require(sink, EXTRAS[sink])


def metrics_logger(recipe: Recipe, folder: Path, tell: Callable[[str], None]) -> Logger:
    """SB3's logger, writing into the sinks of `[log]`. RunError in one line if a sink cannot start.

    A sink that fails later does not end the training: `tell` is called with a line, and the sink gets no more metrics.

    TensorBoard is a default sink, so without its package it is skipped.
    """
    check_sinks(recipe)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    writers: list[KVWriter] = []
    for sink in recipe.log.sinks:
        inside = folder / sink
        inside.mkdir(parents=True, exist_ok=True)
        try:
            writers.append(_Guarded(sink, _MAKERS[sink](inside, recipe), tell))
        except (ImportError, AssertionError) as error:
            if sink in EXTRAS:
                raise RunError(f"[log] sinks {sink!r}: {_cause(error)}") from error
        except Exception as error:  # errors of the sinks' libraries
            raise RunError(f"[log] sinks {sink!r}: {_cause(error)}") from error
    return Logger(str(folder), writers)


def _cause(error: BaseException) -> str:
    return clean(f"{type(error).__name__}: {error}".partition("\n")[0], 200)


def _figures(values: Mapping[str, Any], excluded: Mapping[str, Any], sink: str) -> dict[str, float]:
    """The finite metrics that a sink gets."""
    return {
        name: float(value)
        for name, value in values.items()
        if sink not in (excluded.get(name) or ())
        and isinstance(value, (int, float))
        and math.isfinite(float(value))
    }


class _Guarded(KVWriter):
    """Wraps a sink that may fail while a training runs: a full disk, a lost server."""

    def __init__(self, sink: str, writer: KVWriter, tell: Callable[[str], None]) -> None:
        self.sink, self._writer, self._tell, self._works = sink, writer, tell, True

    def write(
        self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0
    ) -> None:
        """Pass one report to the sink."""
        self._guarded(lambda: self._writer.write(key_values, key_excluded, step))

    def close(self) -> None:
        """Close the sink."""
        self._guarded(self._writer.close)

    def _guarded(self, work: Callable[[], None]) -> None:
        if not self._works:
            return
        try:
            work()
        except Exception as error:  # errors of the sinks' libraries
            self._works = False
            self._tell(f"[log] sinks {self.sink!r}: {_cause(error)}; it gets no more metrics")


def _kept_id(folder: Path, make: Callable[[], str]) -> str:
    """The id of the run in a sink's folder, created once."""
    file = folder / RUN_ID
    if file.exists():
        name = read_bytes(file, MOST_ID, "the id of a run", RunError).decode("ascii", "replace").strip()
        if not (name.isascii() and name.isalnum() and len(name) <= 64):
            raise RunError(f"{shown_path(file)}: expected the id of a run, found {name[:40]!r}")
        return name
    name = make()
    write_text(file, name + "\n")
    return name


class MlflowWriter(KVWriter):
    """Metrics and the recipe as a run in MLflow's database in the folder (`mlflow ui` shows it)."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        """Start a run, or continue the folder's."""
        tracking = importlib.import_module("mlflow.tracking")
        entities = importlib.import_module("mlflow.entities")
        for name in ("mlflow", "alembic"):  # it would log a line for each table it creates
            logging.getLogger(name).setLevel(logging.WARNING)
        inside = folder.resolve()
        place = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{(inside / DATABASE).as_posix()}"
        self._metric: Any = entities.Metric
        self._client: Any = tracking.MlflowClient(tracking_uri=place)

        def begin() -> str:
            known = self._client.get_experiment_by_name(recipe.title)
            experiment = (
                known.experiment_id
                if known
                else self._client.create_experiment(
                    recipe.title, artifact_location=(inside / "artifacts").as_uri()
                )
            )
            run = self._client.create_run(experiment, run_name=f"{recipe.title} seed {recipe.seed}")
            for key, value in flat_recipe(recipe).items():
                self._client.log_param(run.info.run_id, _NOT_IN_NAMES.sub("_", key), str(value)[:250])
            return str(run.info.run_id)

        self._run = _kept_id(folder, begin)
        try:
            self._client.get_run(self._run)
        except Exception:  # the error for an unknown run depends on the store
            (folder / RUN_ID).unlink()
            self._run = _kept_id(folder, begin)

    def write(
        self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0
    ) -> None:
        """Log one report at `step` samples."""
        figures = _figures(key_values, key_excluded, "mlflow").items()
        self._client.log_batch(
            self._run,
            metrics=[self._metric(_NOT_IN_NAMES.sub("_", name), value, 0, step) for name, value in figures],
        )

    def close(self) -> None:
        """Mark the run as finished."""
        self._client.set_terminated(self._run)


class WandbWriter(KVWriter):
    """Metrics and the recipe as an offline run of Weights & Biases in the folder; `wandb sync` uploads it."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        """Start a run, or continue the one with the folder's id."""
        wandb = importlib.import_module("wandb")
        self._run: Any = wandb.init(
            dir=str(folder),
            id=_kept_id(folder, lambda: uuid.uuid4().hex[:16]),
            resume="allow",
            mode=os.environ.get("WANDB_MODE", "offline"),
            project=os.environ.get("WANDB_PROJECT", "agents"),
            name=f"{recipe.title} seed {recipe.seed}",
            config=flat_recipe(recipe),
        )

    def write(
        self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0
    ) -> None:
        """Log one report at `step` samples."""
        self._run.log(_figures(key_values, key_excluded, "wandb"), step=step)

    def close(self) -> None:
        """End the run."""
        self._run.finish()


def _tensorboard(folder: Path, recipe: Recipe) -> KVWriter:
    writer: KVWriter = TensorBoardOutputFormat(str(folder))
    return writer


_MAKERS: Final[dict[str, Callable[[Path, Recipe], KVWriter]]] = {
    "tensorboard": _tensorboard,
    "mlflow": MlflowWriter,
    "wandb": WandbWriter,
}
