"""A training that goes wrong says so, and one without a terminal says where it is."""

import io
import math
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from rich.console import Console

from agents.adapter import GymVecEnv
from agents.errors import RunError
from agents.health import UNEXPLAINED, Health
from agents.learner import MaskedPPO
from agents.reporting import Reporter
from agents.train import create_run, policy_from_run, train

from .helpers import CountingEnv, quiet, small_recipe

FINE = {"loss": 1.0, "value_loss": 1.0, "entropy_loss": -0.5, "explained_variance": 0.3}


@pytest.fixture
def model() -> Iterator[MaskedPPO]:
    made = MaskedPPO(GymVecEnv(CountingEnv()), small_recipe())
    yield made
    made.workers.close()


def _kinds(health: Health) -> list[str]:
    return [warning["kind"] for warning in health.warnings]


@pytest.mark.parametrize(
    ("losses", "kind", "says"),
    [
        ({"entropy_loss": -1e-5}, "entropy", "entropy 1e-05 of at most 0.69"),
        ({"value_loss": math.nan}, "loss", "value_loss is nan, not a finite number"),
        ({"policy_gradient_loss": -math.inf}, "loss", "policy_gradient_loss is -inf"),
        ({"value_loss": 1e9}, "values", "values are far beyond the largest return"),
    ],
)
def test_each_trouble_is_told_and_what_is_well_is_not(
    model: MaskedPPO, losses: dict[str, float], kind: str, says: str
) -> None:
    health = Health(model, gamma=0.99)
    assert health.look(1, FINE) == []
    (text,) = health.look(2, FINE | losses)
    assert says in text
    assert _kinds(health) == [kind]


def test_values_that_explain_nothing_for_long_are_told(model: MaskedPPO) -> None:
    health, bad = Health(model, gamma=0.99), FINE | {"explained_variance": -0.5}
    for number in range(UNEXPLAINED - 1):
        assert health.look(number, bad) == []
    assert health.look(UNEXPLAINED, FINE | {"explained_variance": math.nan}) == []  # nothing to explain
    told = [text for number in range(UNEXPLAINED) for text in health.look(100 + number, bad)]
    assert len(told) == 1
    assert told[0].startswith(f"explained_variance -0.5, below 0 for {UNEXPLAINED} updates")
    assert health.warnings[0]["first"] == 100 + UNEXPLAINED - 1


class HolesInRewards(CountingEnv):
    """One reward in eight is not a number; the others are 3."""

    def step(self, actions: np.ndarray) -> tuple:  # type: ignore[type-arg]
        observation, reward, *rest = super().step(actions)
        return observation, np.where(np.arange(len(reward)) % 8 == 0, np.nan, 3 * reward), *rest


def test_rewards_that_are_not_finite_are_named_as_what_diverged(tmp_path: Path) -> None:
    gymnasium.register("Holes-v0", vector_entry_point=lambda num_envs: HolesInRewards(rows=num_envs))
    try:
        run = train(create_run(tmp_path / "run", small_recipe(env={"id": "Holes-v0"})), quiet())
    finally:
        gymnasium.registry.pop("Holes-v0")
    assert run.facts["status"] == "diverged"
    found = {warning["kind"]: warning["text"] for warning in run.facts["warnings"]}
    assert (
        found["rewards"] == "the environment gave 64 rewards that are not finite numbers"
    )  # 2 rows, 32 steps
    assert not list(run.folder.glob("checkpoints/*"))


def test_a_reward_that_is_not_finite_hides_no_large_one(model: MaskedPPO) -> None:
    env = GymVecEnv(HolesInRewards(rows=9))
    env.reset()
    model.stats.__init__(9)  # type: ignore[misc]
    model.stats.add(env.step_batch(np.zeros(9, np.int64)), np.ones(9, np.bool_))
    assert (model.stats.odd_rewards, model.stats.largest_reward) == (2, 3.0)


def test_the_distance_to_the_reference_is_a_column_where_there_is_one(tmp_path: Path) -> None:
    first = train(create_run(tmp_path / "first", small_recipe(budget={"samples": 512})), quiet())
    assert "reference_kl" not in (first.folder / "curve.csv").read_text()
    held = small_recipe(
        budget={"samples": 1024}, imitation={"kl": 0.1}, ppo={"learning_rate": 0.01}, checkpoint={"every": 0}
    )
    second = train(create_run(tmp_path / "second", held, policy_from_run(first.folder)), quiet())
    header, *rows = (second.folder / "curve.csv").read_text().splitlines()
    place = header.split(",").index("reference_kl")
    assert all(float(row.split(",")[place]) > 0 for row in rows)


def test_a_recipe_that_clones_refuses_a_parent_that_it_would_discard(tmp_path: Path) -> None:
    first = train(create_run(tmp_path / "first", small_recipe(budget={"samples": 512})), quiet())
    cloning = small_recipe(imitation={"bots": {"tracker": 1.0}})
    with pytest.raises(
        RunError, match=r"^\[imitation\] bots: expected none with --from, .* --set imitation.bots={}$"
    ):
        create_run(tmp_path / "second", cloning, policy_from_run(first.folder))
    assert not (tmp_path / "second").exists()


def test_without_a_terminal_a_line_a_minute_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("agents.reporting.time.monotonic", lambda: now[0])
    said = io.StringIO()
    with Reporter(Console(file=said, width=200), "demo", 4_000_000, 0) as reporter:
        stage = reporter.stage("watching")
        now[0] = 61.0
        stage.update("watching", 0.25)
        stage.remove()
        for seconds in (100.0, 122.0, 130.0, 181.0, 183.0):
            now[0] = seconds
            reporter.samples(int(1000 * seconds), 2500.0, 0.34)
    lines = [line for line in said.getvalue().splitlines() if line.startswith("demo: ")]
    assert lines == [
        "demo: watching, 25 %",
        "demo: 122,000 of 4,000,000 samples, 2,500 samples/s, won 34 %",
        "demo: 183,000 of 4,000,000 samples, 2,500 samples/s, won 34 %",
    ]
