"""What would cost a whole budget is known before the first sample, and what goes wrong later is told and kept."""

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from rich.console import Console
from typer.testing import CliRunner

from agents.cli import app
from agents.errors import AgentsError, RunError
from agents.evaluate import Player
from agents.export import export_run
from agents.health import Health, warning_lines
from agents.learner import MaskedPPO
from agents.measure import measure_returns, student95
from agents.recipe_text import recipe_to_toml
from agents.runs import change_recipe, create_run, open_run
from agents.runtime import load_brain
from agents.train import Run, describe_ending, train

from .helpers import CountingEnv, brain_bytes, quiet, small_recipe


def _train(folder: Path, **tables: Any) -> Run:
    return train(create_run(folder, small_recipe(**tables)), quiet())


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            {"env": {"id": "NoSuchGame-v0"}},
            "environment 'NoSuchGame-v0': expected an environment that is registered",
        ),
        ({"env": {"kwargs": {"speed": 3}}}, "refused {'speed': 3}"),
        (
            {"eval": {"opponents": ["random", "trakcer"]}},
            r"\[eval\] opponents: opponent 'trakcer': expected a bot .* or an .onnx file; .* expected one of still, random",
        ),
        (
            {"eval": {"opponents": ["none.onnx"]}},
            r"\[eval\] opponents: brain 'none.onnx': expected an .onnx file",
        ),
        (
            {"net": {"pi": [4096, 4096]}},
            r"\[net\] pi, vf: expected at most 1,250,000 weights .* found 16,838,822",
        ),
        (
            {"selfplay": {"enabled": True, "bots": {"trakcer": 1.0}}},
            r"\[selfplay\] bots: assign_bots: opponent 'trakcer'",
        ),
        (
            {"selfplay": {"enabled": True, "bots": {"random": 1.0}, "teams": [0, 7]}},
            r"\[selfplay\] teams: .* found 7",
        ),
    ],
    ids=["id", "keyword", "bot", "brain", "net", "self-play bot", "team"],
)
def test_a_recipe_that_could_not_be_finished_makes_no_folder(
    tmp_path: Path, tables: dict[str, Any], message: str
) -> None:
    with pytest.raises(AgentsError, match=message):
        create_run(tmp_path / "run", small_recipe(**tables))
    assert not (tmp_path / "run").exists()
    create_run(tmp_path / "run", small_recipe())  # the corrected recipe is taken


def test_a_setting_that_could_not_be_finished_leaves_the_run_as_it_was(tmp_path: Path) -> None:
    run = _train(tmp_path / "run", budget={"samples": 512})
    before = (run.folder / "recipe.toml").read_bytes()
    with pytest.raises(RunError, match=r"\[eval\] opponents: .*'trakcer'"):
        change_recipe(open_run(run.folder), ["eval.opponents=['trakcer']"])
    assert (run.folder / "recipe.toml").read_bytes() == before


def test_a_brain_is_an_opponent_of_evaluations(tmp_path: Path) -> None:
    (tmp_path / "rival.onnx").write_bytes(brain_bytes())
    rival = str(tmp_path / "rival.onnx")
    run = _train(tmp_path / "run", eval={"opponents": ["still", rival], "matches": 8, "num_envs": 8})
    assert [row["opponent"] for row in run.facts["evaluation"]] == ["still", rival]
    report = export_run(run, tmp_path / "brain.onnx", matches=8)
    assert [pair["opponent"] for pair in report["comparisons"]] == ["still", rival]


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ('{"version": 1, "seconds": Infinity}', r"run.json › seconds: expected a finite number"),
        (
            '{"version": 1, "samples": ' + "9" * 401 + "}",
            r"run.json › samples: expected a number of at most 40 digits",
        ),
        (
            '{"version": 1, "samples": "many"}',
            r"run.json > samples: expected a number of at least 0, found many",
        ),
        (
            '{"version": 1, "samples": true}',
            r"run.json > samples: expected a number of at least 0, found True",
        ),
        (
            '{"version": 1, "parents": [{"title": "x"}]}',
            r"run.json > parents\[0\]: expected title, recipe, samples",
        ),
        ('{"version": 1, "notes": [3]}', r"run.json > notes\[0\]: expected str, found 3"),
        ('{"version": 1, "ended": "text"}', r"run.json > ended: expected dict, found text"),
        (
            '{"version": 1, "ended": {"by": "x"}}',
            r"run.json > ended: expected by, progress, cpu_seconds, found",
        ),
        (
            '{"version": 1, "ended": {"by": "x", "progress": "soon", "cpu_seconds": 1}}',
            r"run.json > ended > progress: expected a number of at least 0, found soon",
        ),
        (
            '{"version": 1, "ended": {"by": "x", "progress": 1' + "0" * 39 + ', "cpu_seconds": 1}}',
            r"run.json > ended > progress: expected a number of at least 0, found 1000",
        ),
        (
            '{"version": 1, "ended": {"by": "x", "progress": 1.01, "cpu_seconds": 1}}',
            r"run.json > ended > progress: expected a number from 0 to 1, found 1.01",
        ),
    ],
)
def test_a_damaged_run_is_refused_by_its_place(tmp_path: Path, facts: str, message: str) -> None:
    (tmp_path / "recipe.toml").write_text(recipe_to_toml(small_recipe()), encoding="utf-8")
    (tmp_path / "run.json").write_text(facts, encoding="utf-8")
    with pytest.raises(RunError, match=message):
        open_run(tmp_path)


@pytest.mark.parametrize(
    ("curve", "message"),
    [
        (
            '{"rows": [{"samples": 512, "loss": Infinity}]}',
            r"curve.json › rows\[0\].loss: expected a finite number",
        ),
        ('{"rows": [{"samples": "x"}]}', r"curve.json > rows\[0\]: expected numbers by name"),
        ("[]", "curve.json: expected a learning curve with rows"),
    ],
)
def test_a_damaged_curve_is_refused_by_its_place(tmp_path: Path, curve: str, message: str) -> None:
    from agents.curve import Curve

    (tmp_path / "curve.json").write_text(curve, encoding="utf-8")
    with pytest.raises(RunError, match=message):
        Curve.load(tmp_path, 10**9)


@pytest.mark.parametrize(
    ("budget", "by"),
    [
        ({"samples": 1024}, r"budget.samples \(1,024\)"),
        ({"samples": 10**6, "cpu_seconds": 1e-6}, r"budget.cpu_seconds \(1e-06\)"),
        ({"samples": 10**6, "minutes": 1e-6}, r"budget.minutes \(1e-06\)"),
    ],
)
def test_the_end_says_which_limit_it_was_and_how_far_the_schedules_are(
    tmp_path: Path, budget: dict[str, Any], by: str
) -> None:
    run = _train(tmp_path / "run", budget=budget, ppo={"learning_rate": {"start": 1e-3, "end": 0.0}})
    assert run.facts["status"] == "done"
    progress = run.facts["samples"] / budget["samples"]
    (line,) = describe_ending(run)
    assert line.startswith(f"ended by {by}".replace("\\", ""))
    assert f"{100 * progress:.0f} % of the sample budget" in line
    assert f"learning_rate {1e-3 * (1 - progress):.3g} of 0.001 to 0" in line
    assert open_run(run.folder).facts["ended"]["by"] in line


def test_the_end_says_by_how_much_the_last_roll_out_went_over_the_budget(tmp_path: Path) -> None:
    run = _train(tmp_path / "run", budget={"samples": 1000})
    (line,) = describe_ending(run)
    assert run.facts["samples"] == 1024
    assert "(24 samples more: a roll-out is always finished)" in line


def test_compilation_is_outside_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from agents import train as trainer

    clock, original = SimpleNamespace(spent=0.0), trainer.try_a_step

    def compiling(recipe: Any) -> None:
        original(recipe)
        clock.spent += 100.0

    times = SimpleNamespace(perf_counter=lambda: clock.spent, process_time=lambda: clock.spent)
    monkeypatch.setattr(trainer, "time", times)
    monkeypatch.setattr(trainer, "try_a_step", compiling)
    run = _train(tmp_path / "run", budget={"samples": 512})
    again = trainer._Session(open_run(run.folder), quiet())
    assert clock.spent == 200.0
    for seconds in (
        run.facts["seconds"],
        run.facts["ended"]["cpu_seconds"],
        again.seconds,
        again.cpu_seconds,
    ):
        assert seconds == 0.0
    clock.spent += 3.0  # what comes after the compilation counts
    assert (again.seconds, again.cpu_seconds) == (3.0, 3.0)


def test_a_learner_that_collapses_is_told_and_kept(tmp_path: Path) -> None:
    text = Console(file=open(tmp_path / "log", "w", encoding="utf-8"), width=200)  # noqa: SIM115
    run = train(create_run(tmp_path / "run", small_recipe(ppo={"learning_rate": 5e5})), text)
    log = (tmp_path / "log").read_text(encoding="utf-8")
    kinds = {warning["kind"] for warning in run.facts["warnings"]}
    assert "entropy" in kinds
    assert "values" in kinds
    assert "warning: the policy takes one action whatever it sees" in log
    assert json.loads((run.folder / "run.json").read_text())["warnings"] == run.facts["warnings"]
    assert any(line.startswith("warning: value_loss") for line in describe_ending(run))
    export_run(run, tmp_path / "brain.onnx", matches=0)
    assert "warning in training: " in load_brain(tmp_path / "brain.onnx", None).card.notes


def test_a_learner_that_is_well_gives_no_warning(tmp_path: Path) -> None:
    assert _train(tmp_path / "run").facts["warnings"] == []


class OddRewards(CountingEnv):
    """A reward that is not a number after some steps."""

    steps = 0

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        observation, reward, terminated, truncated, info = super().step(actions)
        self.steps += 1
        return observation, reward if self.steps <= 40 else reward * np.nan, terminated, truncated, info


@pytest.fixture
def odd_rewards() -> str:
    gymnasium.register("Odd-v0", vector_entry_point=lambda num_envs: OddRewards(rows=num_envs))
    return "Odd-v0"


def test_weights_that_are_not_numbers_are_never_saved(tmp_path: Path, odd_rewards: str) -> None:
    recipe = small_recipe(env={"id": odd_rewards}, checkpoint={"every": 512})
    run = train(create_run(tmp_path / "run", recipe), quiet())
    assert run.facts["status"] == "diverged"
    assert "not finite" in run.facts["ended"]["by"]
    # the checkpoint is from before: it loads, and its policy is one
    from agents.checkpoint import checkpoint_policy

    assert all(np.isfinite(value).all() for value in checkpoint_policy(run.latest()).values())
    file = tmp_path / "odd.toml"
    file.write_text(recipe_to_toml(recipe), encoding="utf-8")
    done = CliRunner().invoke(app, ["train", str(file), "--out", str(tmp_path / "again")])
    assert done.exit_code == 1
    assert "error: the training diverged" in done.output
    gymnasium.registry.pop(odd_rewards)


def test_health_is_judged_against_what_rewards_can_give() -> None:
    from agents.adapter import GymVecEnv

    model = MaskedPPO(GymVecEnv(CountingEnv()), small_recipe())
    health = Health(model, gamma=0.99)
    well = {"loss": 1.0, "value_loss": 9e5, "entropy_loss": -0.5}
    assert health.look(10, well) == []
    assert len(health.look(20, well | {"value_loss": 2e6})) == 1
    assert health.look(30, well | {"value_loss": 2e6}) == []  # told once
    model.stats.largest_reward = 10.0
    assert health.look(40, well | {"value_loss": 2e6, "entropy_loss": -1e-4})[0].startswith(
        "the policy takes one"
    )
    assert health.look(50, well | {"loss": math.inf}) == ["loss is inf, not a finite number"]
    assert [
        line[line.index("(at") if "(at" in line else line.rindex("(") :]
        for line in warning_lines(health.warnings)
    ] == [
        "(from 20 to 30 samples)",
        "(at 40 samples)",
        "(at 50 samples)",
    ]


def test_returns_are_counted_without_favour_to_short_episodes() -> None:
    gymnasium.register(
        "Counting-v0", vector_entry_point=lambda num_envs: CountingEnv(rows=num_envs, length=7)
    )
    try:
        player = Player("any", lambda rows: np.zeros((len(rows), 2), dtype=np.float32))
        told_counts: list[int] = []
        report = measure_returns(player, "Counting-v0", episodes=5, num_envs=3, on_match=told_counts.append)
    finally:
        gymnasium.registry.pop("Counting-v0")
    assert (report.episodes, report.mean_return, report.mean_length) == (5, 7.0, 7.0)
    assert report.interval == (7.0, 7.0)
    assert told_counts == [3, 5]


@pytest.mark.parametrize(
    ("freedom", "published"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (5, 2.571), (10, 2.228), (30, 2.042), (1000, 1.962)],
)
def test_students_quantile_is_the_published_one(freedom: int, published: float) -> None:
    assert student95(freedom) == pytest.approx(published, abs=0.0005)


def test_an_interval_of_returns_is_students() -> None:
    from agents.measure import ReturnReport

    report = ReturnReport("p", "X-v0", 6, 10.0, 3.0, 0.0, 20.0, 5.0, 0, 1.0, 0, 0.1)
    low, high = report.interval
    assert (high - low) / 2 == pytest.approx(2.571 * 3.0 / math.sqrt(6), rel=0.004)
    single = ReturnReport("p", "X-v0", 1, 10.0, 0.0, 10.0, 10.0, 5.0, 0, 1.0, 0, 0.1)
    assert (single.to_dict()["return_low"], single.to_dict()["return_high"]) == (None, None)


def test_an_episode_that_never_ends_is_cut_off_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.measure.MAX_STEPS", 50)
    gymnasium.register(
        "Endless-v0", vector_entry_point=lambda num_envs: CountingEnv(rows=num_envs, length=10**9)
    )
    try:
        player = Player("any", lambda rows: np.zeros((len(rows), 2), dtype=np.float32))
        report = measure_returns(player, "Endless-v0", episodes=4, num_envs=2)
    finally:
        gymnasium.registry.pop("Endless-v0")
    assert (report.episodes, report.mean_return, report.cut_off) == (2, 50.0, 2)
    assert "2 cut off at 50" in report.line()


STOCK = {
    "CartPole-v1": {},
    "FrozenLake-v1": {"is_slippery": False},
}


@pytest.mark.parametrize("env_id", STOCK)
def test_a_stock_environment_trains_exports_and_is_measured_by_its_id(tmp_path: Path, env_id: str) -> None:
    lines = [
        'title = "Tiny"',
        "[budget]",
        "samples = 512",
        "[env]",
        "num_envs = 8",
        "[ppo]",
        "n_steps = 32",
        "batch_size = 128",
    ]
    lines += ["[net]", "pi = [16]", "vf = [16]", "[eval]", "matches = 4", "num_envs = 4", "[env.kwargs]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in STOCK[env_id].items()]
    (tmp_path / "tiny.toml").write_text("\n".join(lines), encoding="utf-8")
    folder, brain = tmp_path / "run", tmp_path / "brain.onnx"
    for command in (
        ["train", tmp_path / "tiny.toml", "--env", env_id, "--out", folder],
        ["resume", folder, "--set", "budget.samples=1024"],
        ["export", folder, "--out", brain, "--matches", "4"],
        ["evaluate", brain, "--matches", "6", "--json", tmp_path / "result.json"],
    ):
        done = CliRunner().invoke(app, [str(word) for word in command])
        assert done.exit_code == 0, done.output
    assert f"in {env_id}: mean return" in done.output
    assert ("note: " in done.output) == bool(STOCK[env_id])
    card = load_brain(brain, None, smoke=False).card
    assert (card.env, card.env_kwargs) == (env_id, STOCK[env_id])
    assert card.evaluation[0]["measure"] == "return"
    (row,) = json.loads((tmp_path / "result.json").read_text())["results"]
    assert row["episodes"] == 6
    assert row["return_low"] <= row["mean_return"] <= row["return_high"]
    assert "evaluated_return" in (folder / "curve.csv").read_text().splitlines()[0]
    done = CliRunner().invoke(app, ["inspect", str(brain)])
    assert "result     mean return" in done.output


def test_an_observation_of_another_number_type_trains(tmp_path: Path) -> None:
    class Doubles(CountingEnv):
        def __init__(self, num_envs: int) -> None:
            super().__init__(rows=num_envs)
            self.single_observation_space = spaces.Box(-1, 1000, (1,), np.float64)

        def reset(self, **keywords: Any) -> Any:
            observation, info = super().reset()
            return observation.astype(np.float64), info

    gymnasium.register("Doubles-v0", vector_entry_point=Doubles)
    try:
        run = _train(tmp_path / "run", env={"id": "Doubles-v0"}, budget={"samples": 512})
        assert run.facts["status"] == "done"
        assert run.facts["evaluation"][0]["mean_return"] == 4.0
    finally:
        gymnasium.registry.pop("Doubles-v0")


@pytest.mark.slow
def test_cartpole_is_really_learned(tmp_path: Path) -> None:
    """Two minutes of one core: at least 475 of 500, which Gymnasium calls solved, by the likeliest actions."""
    run = _train(
        tmp_path / "run",
        env={"id": "CartPole-v1", "num_envs": 16},
        budget={"samples": 400_000},
        ppo={"n_steps": 128, "batch_size": 512, "n_epochs": 6, "learning_rate": 1e-3, "gamma": 0.98},
        net={"pi": [64, 64], "vf": [64, 64]},
        eval={"matches": 100, "temperature": 0.0},
        checkpoint={"every": 0},
    )
    assert run.facts["evaluation"][0]["mean_return"] >= 475.0
