"""A search of settings: ranges are checked first, bad trials end early, and a kill loses at most an iteration."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agents.cli import app
from agents.errors import RecipeError, RunError
from agents.recipe_reading import load_recipe
from agents.recipe_text import recipe_to_toml
from agents.sweep import ranges_of, run_sweep, with_values
from agents.train import open_run
from agents.train import train as train_whole
from safefiles.extras import MissingExtra

from .helpers import small_recipe
from .test_train import _start_process, _wait_for

SWEEP = {
    "ppo.learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
    "ppo.n_epochs": {"low": 1, "high": 3},
    "net.pi": {"choices": [[8], [16]]},
}
EVALUATED = {"every": 512, "opponents": ["tracker"], "matches": 8, "num_envs": 8}
RECIPE = small_recipe(sweep=SWEEP, eval=EVALUATED, budget={"samples": 1024})


def _command(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _file(tmp_path: Path, **tables: Any) -> Path:
    file = tmp_path / "small.toml"
    recipe = small_recipe(**{"sweep": SWEEP, "eval": EVALUATED, "budget": {"samples": 1024}, **tables})
    file.write_text(recipe_to_toml(recipe), encoding="utf-8")
    return file


def test_ranges_are_read_flat_or_nested(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text(
        'env.id = "X-v0"\n[sweep]\n"ppo.gamma" = { low = 0.9, high = 0.999 }\nppo.n_epochs = { low = 1, high = 4 }\n'
        "[sweep.reward]\nwin = { choices = [1.0, 2.0] }\n"
    )
    found = {one.key: one.ends for one in ranges_of(load_recipe(file))}
    assert found == {"ppo.gamma": (0.9, 0.999), "ppo.n_epochs": (1, 4), "reward.win": (1.0, 2.0)}


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({}, r"\[sweep\]: expected ranges by keys"),
        ({"ppo.gama": {"low": 0.1, "high": 0.2}}, "ppo.gama: expected a key of the recipe"),
        (
            {"ppo.gamma": {"low": 0.5, "high": 1.5}},
            r"ppo.gamma: ppo.gamma > \[ppo\] gamma: expected 0.0 to 1.0, found 1.5",
        ),
        ({"ppo.gamma": {"low": 0.5, "high": 0.5}}, "expected low below high"),
        ({"ppo.gamma": {"low": 0.5}}, "high: expected a number, found None"),
        ({"ppo.gamma": {"low": 0, "high": 1, "log": True}}, "expected log = true with low above 0"),
        ({"ppo.gamma": {"low": 0.1, "high": 0.2, "step": 1}}, "expected a step above 0 and within the range"),
        ({"ppo.gamma": 0.5}, r"expected \{ low = …, high = … \}"),
        ({"ppo.gamma": {"choices": []}}, "expected choices alone, a list of at least one"),
        ({"ppo.matmul": {"choices": ["float64"]}}, "expected one of float32, bfloat16, found 'float64'"),
        (
            {"seed": {"low": 1, "high": 9}},
            "expected a setting of the training, found one that trials must have in common",
        ),
        ({"eval.matches": {"low": 1, "high": 9}}, "found one that trials must have in common"),
        ({"train.callbacks": {"choices": [["os:abort"]]}}, "found one that trials must have in common"),
    ],
)
def test_what_is_no_range_is_one_line(ranges: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message) as found:
        ranges_of(small_recipe(sweep=ranges))
    assert "\n" not in str(found.value)


def test_values_are_set_and_ranges_go() -> None:
    found = with_values(RECIPE, {"ppo.learning_rate": 0.5, "net.pi": [8], "reward.hit": 0.25})
    assert (found.ppo.learning_rate.start, found.net.pi, found.reward, found.sweep) == (
        0.5,
        [8],
        {"hit": 0.25},
        {},
    )


def test_without_optuna_it_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safefiles.extras.importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        MissingExtra, match=r"^this needs optuna, which is not installed: pip install .*\[sweep\]"
    ):
        run_sweep(tmp_path / "s", RECIPE, 1)
    assert not (tmp_path / "s").exists()


@pytest.fixture
def optuna() -> Any:
    return pytest.importorskip("optuna", reason="the extra `sweep` is not installed")


@pytest.mark.usefixtures("optuna")
def test_trials_differ_and_the_best_is_written_as_a_recipe(tmp_path: Path) -> None:
    file, folder, table = _file(tmp_path), tmp_path / "s", tmp_path / "s.json"
    done = _command("sweep", file, "--trials", 3, "--out", folder, "--json", table)
    assert done.exit_code == 0, done.output
    found = json.loads(table.read_text())
    assert found["trials"] == json.loads((folder / "sweep.json").read_text())["trials"]
    assert [row["number"] for row in found["trials"]] == [0, 1, 2]
    rates = [row["values"]["ppo.learning_rate"] for row in found["trials"]]
    assert len(set(rates)) == 3
    assert all(1e-4 <= rate <= 1e-2 for rate in rates)
    for row in found["trials"]:
        run = open_run(folder / "trials" / f"{row['number']:03d}")
        assert run.recipe.ppo.learning_rate.start == row["values"]["ppo.learning_rate"]
        assert run.recipe.net.pi == row["values"]["net.pi"]
        assert run.facts["evaluation"][0]["win_rate"] == row["score"]
    best = found["trials"][found["best"]]
    assert best["score"] == max(row["score"] for row in found["trials"])
    recipe = load_recipe(folder / "best.toml")
    assert recipe.ppo.n_epochs == best["values"]["ppo.n_epochs"]
    assert recipe.sweep == {}

    again = _command("sweep", file, "--trials", 4, "--out", folder, "--json", table)
    assert again.exit_code == 0, again.output
    trials = json.loads(table.read_text())["trials"]
    assert trials[:3] == found["trials"], "what is done is not done again"
    assert trials[3]["values"] not in [row["values"] for row in trials[:3]]
    other = _command("sweep", file, "--trials", 4, "--out", folder, "--set", "ppo.gamma=0.5")
    assert (other.exit_code, "holds the search of another recipe" in other.output) == (2, True)
    (folder / "study.log").write_text("{}\n")
    broken = _command("sweep", file, "--trials", 5, "--out", folder)
    assert (broken.exit_code, "study.log: expected a journal of trials" in broken.output) == (2, True)


@pytest.mark.usefixtures("optuna")
def test_a_bad_trial_is_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wins = iter(
        [6, 6, 6] * 5 + [0, 0]
    )  # two evaluations in training and one after it, five good trials and a bad one

    def measured(player: Any, env: str, opponent: str, **_: Any) -> Any:
        from agents.evaluate import MatchReport

        won = next(wins)
        return MatchReport("x", opponent, "", 8, won, 0, 0, 8 - won, 1.0, 1.0, 0, 0.0)

    monkeypatch.setattr("agents.train.measure", measured)
    rows = run_sweep(tmp_path / "s", RECIPE, 6)
    assert [row.state for row in rows] == ["complete"] * 5 + ["pruned"]
    run = open_run(tmp_path / "s" / "trials" / "005")
    assert (run.facts["samples"], run.facts["ended"]["by"]) == (512, "the callback the sweep")


@pytest.mark.usefixtures("optuna")
def test_a_trial_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "s"

    def stopped(run: Any, **settings: Any) -> Any:
        run.facts["status"] = "stopped"
        return run

    with monkeypatch.context() as patched:
        patched.setattr("agents.sweep.train", stopped)
        rows = run_sweep(folder, RECIPE, 2)
    assert [row.state for row in rows] == ["running"]
    values = rows[0].values
    rows = run_sweep(folder, RECIPE, 1)
    assert [(row.number, row.state, row.values) for row in rows] == [(0, "complete", values)]


@pytest.mark.usefixtures("optuna")
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_search_goes_on_in_the_trial_where_it_was(tmp_path: Path) -> None:
    file, folder = _file(tmp_path, checkpoint={"every": 512}, budget={"samples": 4096}), tmp_path / "s"
    command = ["sweep", str(file), "--trials", "2", "--out", str(folder)]
    process = _start_process(*command)
    _wait_for(lambda: list(folder.glob("trials/000/checkpoints/*.safetensors")), process)
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    begun = open_run(folder / "trials" / "000").recipe
    done = _command(*command)
    assert done.exit_code == 0, done.output
    assert open_run(folder / "trials" / "000").recipe == begun
    found = json.loads((folder / "sweep.json").read_text())["trials"]
    assert [row["state"] for row in found] == ["complete", "complete"]


@pytest.mark.usefixtures("optuna")
def test_a_trial_that_diverges_is_a_failed_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def diverged(run: Any, **settings: Any) -> Any:
        found = train_whole(run, **settings)
        found.facts["status"] = "diverged"
        return found

    monkeypatch.setattr("agents.sweep.train", diverged)
    assert [row.state for row in run_sweep(tmp_path / "s", RECIPE, 1)] == ["fail"]
    assert not (tmp_path / "s" / "best.toml").exists()


def test_self_play_needs_opponents_to_be_told_apart_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.sweep.require", lambda *_: None)
    recipe = small_recipe(sweep=SWEEP, selfplay={"enabled": True, "bots": {"tracker": 1.0}})
    with pytest.raises(RunError, match=r"\[eval\] opponents: expected at least one"):
        run_sweep(tmp_path / "s", recipe, 1)


@pytest.mark.usefixtures("optuna")
def test_values_that_cannot_be_together_are_a_failed_trial(tmp_path: Path) -> None:
    """Each is well with the recipe's other one, so that the ranges are."""
    ranges = {"ppo.n_steps": {"choices": [8]}, "ppo.batch_size": {"choices": [512]}}
    own = {"n_steps": 64, "batch_size": 64}
    told: list[str] = []
    recipe = small_recipe(sweep=ranges, eval=EVALUATED, env={"num_envs": 8}, ppo=own)
    rows = run_sweep(tmp_path / "s", recipe, 2, tell=told.append)
    assert [row.state for row in rows] == ["fail", "fail"]
    assert (
        "trial 0 cannot be: trial > [ppo] batch_size: expected at most num_envs x n_steps = 64, found 512"
        in told
    )


@pytest.mark.usefixtures("optuna")
def test_trials_without_an_evaluation_end_the_search_at_the_first(tmp_path: Path) -> None:
    recipe = small_recipe(sweep=SWEEP, budget={"samples": 4096})
    with pytest.raises(RunError, match=r"^\[eval\] opponents: expected at least one"):
        run_sweep(tmp_path / "s", recipe, 9)
    assert len(list((tmp_path / "s" / "trials").iterdir())) == 1


@pytest.mark.usefixtures("optuna")
def test_a_journal_whose_last_line_was_cut_in_two_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    run_sweep(folder, RECIPE, 1)
    with (folder / "study.log").open("ab") as journal:
        journal.write(b'{"op_code": 4, "worker')
    assert [row.state for row in run_sweep(folder, RECIPE, 2)] == ["complete", "complete"]
    assert [row.state for row in run_sweep(folder, RECIPE, 2)] == ["complete", "complete"]
