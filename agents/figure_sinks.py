"""Where a training's figures go besides its curve: TensorBoard, MLflow, Weights & Biases (`[log] sinks`).

All of them write into the run's folder and send nothing: telemetry, error reports and git or machine facts are switched off. A
person who wants a server says so by the library's own variable, MLFLOW_TRACKING_URI or WANDB_MODE; a recipe cannot.
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
from safefiles.extras import need
from safefiles.foreign import read_bytes
from safefiles.text import clean, shown
from safefiles.writing import write_text

EXTRAS: Final = {"mlflow": "mlflow", "wandb": "wandb"}  # by sink: the extra, as its package is called
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
)  # of MLflow: names of brains may be paths
DATABASE: Final = "mlflow.db"
RUN_ID: Final = "id.txt"  # in a sink's folder: by it a resumed training goes on in the same run


def check_sinks(recipe: Recipe) -> None:
    """Raise MissingExtra with the line that installs it where a sink's package is not there."""
    for sink in recipe.log.sinks:
        if sink in EXTRAS:
            need(sink, EXTRAS[sink])


def metrics_logger(recipe: Recipe, folder: Path, tell: Callable[[str], None]) -> Logger:
    """SB3's logger writing into the sinks of `[log]`. RunError in one line where one cannot begin.

    One that fails later ends no training: `tell` is given a line, and no more figures go there.

    Without TensorBoard's package its files are left out, as it is there by default.
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
                raise RunError(f"[log] sinks {sink!r}: {_told(error)}") from error
        except Exception as error:  # of other people's libraries
            raise RunError(f"[log] sinks {sink!r}: {_told(error)}") from error
    return Logger(str(folder), writers)


def _told(error: BaseException) -> str:
    return clean(f"{type(error).__name__}: {error}".partition("\n")[0], 200)


def _figures(values: Mapping[str, Any], excluded: Mapping[str, Any], sink: str) -> dict[str, float]:
    """The finite numbers that are meant for a sink."""
    return {
        name: float(value)
        for name, value in values.items()
        if sink not in (excluded.get(name) or ())
        and isinstance(value, (int, float))
        and math.isfinite(float(value))
    }


class _Guarded(KVWriter):
    """A sink that may fail while a training runs: a full disk, a server that is gone."""

    def __init__(self, sink: str, writer: KVWriter, tell: Callable[[str], None]) -> None:
        self.sink, self._writer, self._tell, self._works = sink, writer, tell, True

    def write(
        self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0
    ) -> None:
        """Hand one report on."""
        self._guarded(lambda: self._writer.write(key_values, key_excluded, step))

    def close(self) -> None:
        """Close the sink."""
        self._guarded(self._writer.close)

    def _guarded(self, work: Callable[[], None]) -> None:
        if not self._works:
            return
        try:
            work()
        except Exception as error:  # of other people's libraries
            self._works = False
            self._tell(f"[log] sinks {self.sink!r}: {_told(error)}; no more figures go there")


def _kept_id(folder: Path, make: Callable[[], str]) -> str:
    """The id of the run in a sink's folder, made once."""
    file = folder / RUN_ID
    if file.exists():
        name = read_bytes(file, MOST_ID, "the id of a run", RunError).decode("ascii", "replace").strip()
        if not (name.isascii() and name.isalnum() and len(name) <= 64):
            raise RunError(f"{shown(file)}: expected the id of a run, found {name[:40]!r}")
        return name
    name = make()
    write_text(file, name + "\n")
    return name


class MlflowWriter(KVWriter):
    """Metrics and the recipe as a run in MLflow's database in the folder (`mlflow ui` shows it)."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        """Begin a run, or go on with the folder's."""
        tracking = importlib.import_module("mlflow.tracking")
        entities = importlib.import_module("mlflow.entities")
        for name in ("mlflow", "alembic"):  # tables that are made are told line by line
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
        except Exception:  # whatever a store says of a run that it does not have
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
        """Say that the run is not running any more."""
        self._client.set_terminated(self._run)


class WandbWriter(KVWriter):
    """Metrics and the recipe as an offline run of Weights & Biases in the folder; `wandb sync` uploads it."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        """Begin a run, or go on under the folder's id."""
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
