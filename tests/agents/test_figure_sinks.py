"""Figures go where the recipe says, a resumed training goes on in the same run, and what is missing is one line."""

import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from agents.errors import RecipeError, RunError
from agents.figure_sinks import _NOT_IN_NAMES
from agents.train import create_run, open_run, train
from safefiles.extras import MissingExtra

from .helpers import quiet, small_recipe
from .test_train import _stop_after

MLFLOW = {
    "__init__.py": "",
    "entities.py": """
from collections import namedtuple
Metric = namedtuple("Metric", "key value timestamp step")
""",
    "tracking.py": """
import json, os
from pathlib import Path
from types import SimpleNamespace

class MlflowClient:
    def __init__(self, tracking_uri):
        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
        if "broken" in tracking_uri:
            raise ValueError("no such store\\nreally")
        self.file = Path(tracking_uri.removeprefix("sqlite:///") + ".jsonl")

    def say(self, *what):
        with self.file.open("a") as out:
            out.write(json.dumps(what) + "\\n")

    def get_experiment_by_name(self, name):
        return None

    def create_experiment(self, name, artifact_location):
        self.say("experiment", name)
        return "1"

    def create_run(self, experiment, run_name):
        self.say("run", run_name)
        return SimpleNamespace(info=SimpleNamespace(run_id="abc123"))

    def log_param(self, run, key, value):
        self.say("param", run, key, value)

    def log_batch(self, run, metrics):
        if (self.file.parent / "full").exists():
            raise OSError("no space left\\nreally")
        self.say("metrics", run, {one.key: [one.value, one.step] for one in metrics})

    def get_run(self, run):
        if not self.file.exists():
            raise ValueError("no such run")

    def set_terminated(self, run):
        self.say("end", run)
""",
}
WANDB = """
import json, os
from pathlib import Path
from types import SimpleNamespace

def init(**settings):
    assert os.environ["WANDB_ERROR_REPORTING"] == "false"
    file = Path(settings["dir"]) / "said.jsonl"
    def say(*what):
        with file.open("a") as out:
            out.write(json.dumps(what) + "\\n")
    say("init", {key: settings[key] for key in ("id", "mode", "resume", "name")}, settings["config"]["ppo.gamma"])
    return SimpleNamespace(log=lambda figures, step: say("log", step, figures), finish=lambda: say("end"))
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stand-ins for both packages, which write down what they are told."""
    folder = tmp_path / "packages"
    (folder / "mlflow").mkdir(parents=True)
    for name, text in MLFLOW.items():
        (folder / "mlflow" / name).write_text(text)
    (folder / "wandb.py").write_text(WANDB)
    for name in ("MLFLOW_TRACKING_URI", "WANDB_MODE", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.environ", dict(os.environ))
    monkeypatch.syspath_prepend(str(folder))
    before = {name for name in sys.modules if name.partition(".")[0] in ("mlflow", "wandb")}
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in ("mlflow", "wandb")]:
        if name not in before:
            del sys.modules[name]


def _said(file: Path) -> list[list[object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_figures_go_into_every_sink_and_a_resumed_training_goes_on_in_them(
    tmp_path: Path, packages: None
) -> None:
    recipe = small_recipe(log={"sinks": ["tensorboard", "mlflow", "wandb"]}, budget={"samples": 2048})
    run = create_run(tmp_path / "run", recipe)
    _stop_after(run, 1024)
    train(open_run(run.folder), quiet())
    assert list((run.folder / "tensorboard").glob("events*"))

    mlflow = _said(run.folder / "mlflow" / "mlflow.db.jsonl")
    assert mlflow[:2] == [["experiment", "small"], ["run", "small seed 3"]]
    assert ["param", "abc123", "ppo.gamma", "0.99"] in mlflow
    assert [row[0] for row in mlflow].count("run") == 1, "resumed, not begun again"
    figures = [row[2] for row in mlflow if row[0] == "metrics"]
    assert [one["train/value_loss"][1] for one in figures] == [512, 1024, 1536, 2048]
    rows = json.loads((run.folder / "curve.json").read_text())["rows"]
    assert [one["train/value_loss"][0] for one in figures] == [row["value_loss"] for row in rows]
    assert mlflow[-1] == ["end", "abc123"]

    wandb = _said(run.folder / "wandb" / "said.jsonl")
    begun = [row for row in wandb if row[0] == "init"]
    assert len(begun) == 2
    assert begun[0] == begun[1]
    assert begun[0][1]["mode"] == "offline"
    assert begun[0][2] == 0.99
    assert [row[1] for row in wandb if row[0] == "log"] == [512, 1024, 1536, 2048]
    assert wandb[-1] == ["end"]


@pytest.mark.parametrize("sink", ["mlflow", "wandb"])
def test_a_package_that_is_missing_is_one_line_before_a_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sink: str
) -> None:
    monkeypatch.setattr("safefiles.extras.importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        MissingExtra, match=rf"^this needs {sink}, which is not installed: pip install .*\[{sink}\]"
    ):
        create_run(tmp_path / "run", small_recipe(log={"sinks": [sink]}))
    assert not (tmp_path / "run").exists()


def test_a_store_that_refuses_is_one_line(tmp_path: Path, packages: None) -> None:
    os.environ["MLFLOW_TRACKING_URI"] = "broken://x"
    with pytest.raises(RunError, match=r"^\[log\] sinks 'mlflow': ValueError: no such store$"):
        train(create_run(tmp_path / "run", small_recipe(log={"sinks": ["mlflow"]})), quiet())


def test_an_evaluation_is_a_figure_of_the_samples_at_which_it_was(tmp_path: Path, packages: None) -> None:
    evaluated = {"every": 1024, "opponents": ["tracker"], "matches": 8, "num_envs": 8}
    recipe = small_recipe(log={"sinks": ["mlflow"]}, budget={"samples": 2560}, eval=evaluated)
    run = train(create_run(tmp_path / "run", recipe), quiet())
    said = _said(run.folder / "mlflow" / "mlflow.db.jsonl")
    found = [row[2]["eval/tracker"] for row in said if row[0] == "metrics" and "eval/tracker" in row[2]]
    rows = json.loads((run.folder / "curve.json").read_text())["rows"]
    told = [[row["win_rate_vs_tracker"], row["samples"]] for row in rows if "win_rate_vs_tracker" in row]
    assert found == told
    assert [samples for _, samples in found] == [1024, 2048, 2560], "the last one after the training too"


def test_a_store_that_fails_later_ends_no_training(tmp_path: Path, packages: None) -> None:
    run = create_run(tmp_path / "run", small_recipe(log={"sinks": ["mlflow"]}, budget={"samples": 2048}))
    _stop_after(run, 512)
    (run.folder / "mlflow" / "full").touch()
    console = Console(file=io.StringIO(), width=300)
    assert train(open_run(run.folder), console).facts["status"] == "done"
    told = console.file.getvalue()
    assert told.count("[log] sinks 'mlflow': OSError: no space left; it gets no more metrics") == 1


def test_a_database_that_was_deleted_begins_anew(tmp_path: Path, packages: None) -> None:
    run = create_run(tmp_path / "run", small_recipe(log={"sinks": ["mlflow"]}, budget={"samples": 1024}))
    _stop_after(run, 512)
    database = run.folder / "mlflow" / "mlflow.db.jsonl"
    database.unlink()
    train(open_run(run.folder), quiet())
    assert [row[0] for row in _said(database)].count("run") == 1


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("eval/chaser", "eval/chaser"),
        ("eval/user/猎手", "eval/user/猎手"),
        ("eval//tmp/a+b.onnx", "eval/_tmp/a_b.onnx"),
        ("eval/../a.onnx", "eval/_a.onnx"),
    ],
)
def test_names_of_brains_are_such_as_the_store_takes(name: str, told: str) -> None:
    assert _NOT_IN_NAMES.sub("_", name) == told


def test_no_sink_is_well_and_an_unknown_one_is_not(tmp_path: Path) -> None:
    run = train(
        create_run(tmp_path / "run", small_recipe(log={"sinks": []}, budget={"samples": 512})), quiet()
    )
    assert not (run.folder / "tensorboard").exists()
    with pytest.raises(
        RecipeError, match=r"\[log\] sinks: expected one of tensorboard, mlflow, wandb, found 'aim'"
    ):
        small_recipe(log={"sinks": ["aim"]})
