"""A clone does what its teachers do; PPO goes on from it, held to it, and a killed run to the same weights."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import spaces
from typer.testing import CliRunner

from agents.checkpoint import policy_tensors
from agents.cli import app
from agents.envs import bot_actions
from agents.errors import RecipeError, RunError
from agents.heads import CategoricalHeads, Losses, LossSettings, PolicyRows
from agents.imitation import HORIZON, _returns, _split, collect, stored_type
from agents.recipe import Recipe
from agents.runs import CLONE
from agents.tensors import load_tensors
from agents.train import Run, _Session, create_run, describe_imitation, open_run, train
from tests.agents.helpers import DEMO, quiet, small_recipe
from tests.agents.teachers import Teachers
from tests.plugin_demo.paddle import PaddleVectorEnv

IMITATION = {"bots": {"tracker": 1.0}, "samples": 8000, "epochs": 10, "batch_size": 256}
SELFPLAY = {
    "enabled": True,
    "mirror": 0.25,
    "bot_share": 0.5,
    "bots": {"tracker": 1.0},
    "snapshot_every": 600,
    "pool_size": 2,
}


def recipe_of(**tables: Any) -> Recipe:
    return small_recipe(**{"imitation": IMITATION, "net": {"pi": [32], "vf": [32]}, **tables})


def arrays(run: Run) -> dict[str, Any]:
    return load_tensors(run.latest())[0]


@pytest.mark.parametrize("selfplay", [{}, SELFPLAY], ids=["one seat", "self-play"])
def test_a_clone_does_what_its_teacher_does(tmp_path: Path, selfplay: dict[str, Any]) -> None:
    run = train(create_run(tmp_path / "run", recipe_of(selfplay=selfplay)), quiet(), imitate_only=True)
    figures = run.facts["imitation"]
    assert figures["decisions"] >= 7900
    assert figures["heads"] == ["move", "swing"]
    assert min(figures["accuracy"]) > 0.8
    share = f"move {100 * figures['accuracy'][0]:.0f} %"
    assert share in describe_imitation(figures)
    assert run.facts["samples"] == 0
    assert open_run(run.folder).facts["imitation"] == figures


def test_a_clone_of_chance_agrees_with_it_by_chance(tmp_path: Path) -> None:
    """So that the accuracy above is no artefact: a random teacher's moves cannot be known."""
    recipe = recipe_of(imitation={**IMITATION, "bots": {"random": 1.0}})
    figures = train(create_run(tmp_path / "run", recipe), quiet(), imitate_only=True).facts["imitation"]
    assert figures["accuracy"] == pytest.approx([1 / 3, 1 / 2], abs=0.12)


def test_a_clone_of_few_decisions_without_a_known_return_can_be_opened_again(tmp_path: Path) -> None:
    """No episode ends in so few steps: there is nothing to explain, and `run.json` says so."""
    recipe = recipe_of(imitation={**IMITATION, "samples": 100}, ppo={"gamma": 0.999})
    run = train(create_run(tmp_path / "run", recipe), quiet(), imitate_only=True)
    assert run.facts["imitation"]["explained_variance"] is None
    assert open_run(run.folder).facts["imitation"] == run.facts["imitation"]


def test_bots_look_on_without_a_seat() -> None:
    env = PaddleVectorEnv(4, seats="all")
    env.reset(seed=1)
    before = env.state_dict()["ball"]
    said = bot_actions(env, ["tracker", None] * 4)
    assert said.shape == (8, 2)
    assert not said[1::2].any()
    assert np.array_equal(env.state_dict()["ball"], before)


def test_returns_are_discounted_and_unknown_where_the_end_was_not_seen() -> None:
    reward = np.array([[1.0, 0.0], [0.0, 0.0], [2.0, 4.0]], np.float32)
    ends = np.array([[False, False], [True, False], [False, False]])
    found = _returns(reward, ends, 0.5)
    assert found[:2, 0].tolist() == [1.0, 0.0]
    assert np.isnan(found[2, 0])  # half of what follows is not known
    assert found[0, 1] == 1.0  # an eighth is not
    assert 0.5**3 < HORIZON < 0.5**2


def test_noise_is_played_and_not_learnt(tmp_path: Path) -> None:
    recipe = recipe_of(imitation={**IMITATION, "noise": 1.0, "samples": 800})
    model = _Session(create_run(tmp_path / "run", recipe), quiet()).model
    given = collect(recipe, tmp_path, lambda: policy_tensors(model), lambda *_: None)
    assert not given.actions[:, 1].any(), "the tracker never swings, whatever is played"
    assert set(given.actions[:, 0].tolist()) == {0, 1, 2}


@pytest.mark.parametrize("selfplay", [{}, SELFPLAY], ids=["one seat", "self-play"])
def test_a_run_cut_short_goes_on_to_the_same_end(tmp_path: Path, selfplay: dict[str, Any]) -> None:
    imitation = {**IMITATION, "samples": 800, "epochs": 2, "kl": {"start": 1.0, "end": 0.1}}
    recipe = recipe_of(imitation=imitation, selfplay=selfplay)
    whole = train(create_run(tmp_path / "whole", recipe), quiet())
    halves = train(create_run(tmp_path / "halves", recipe), quiet(), imitate_only=True)
    halves = train(open_run(halves.folder), quiet())
    killed = create_run(tmp_path / "killed", recipe)  # after the clone, before the first checkpoint
    shutil.copy(whole.folder / CLONE, killed.folder)
    first = arrays(whole)
    for second in (arrays(halves), arrays(train(open_run(killed.folder), quiet()))):
        assert first.keys() == second.keys()
        assert [name for name in first if first[name].tobytes() != second[name].tobytes()] == []


def test_the_tie_to_the_clone_holds(tmp_path: Path) -> None:
    far = []
    for kl in (1e-9, 10.0):
        recipe = recipe_of(imitation={**IMITATION, "kl": kl}, ppo={"learning_rate": 0.003})
        session = _Session(create_run(tmp_path / f"kl{kl:g}", recipe), quiet())
        session.go()
        far.append(session.model.last_losses["reference_kl"])
    assert far[1] < 0.5 * far[0]


def test_the_gradient_of_the_tie_is_autograds() -> None:
    torch.manual_seed(0)
    sizes, rows = [3, 4], 40
    logits = torch.randn(rows, 7).requires_grad_()
    reference = torch.cat([torch.randn(rows, size).log_softmax(1) for size in sizes], 1)
    pairs = list(zip(reference.split(sizes, 1), logits.split(sizes, 1), strict=True))
    kl = sum((q.exp() * (q - p.log_softmax(1))).sum(1).mean() for q, p in pairs)
    assert isinstance(kl, torch.Tensor)
    (0.7 * kl).backward()
    heads, losses = CategoricalHeads(sizes, rows), Losses()
    with torch.no_grad():
        chosen = torch.zeros(2, rows, dtype=torch.long) + heads.starts
        rows_of = PolicyRows(chosen, torch.zeros(rows), torch.zeros(rows), reference)
        settings = LossSettings(0.2, None, 0.0, 0.5, False, 0.7)
        found = heads.policy_gradient(logits.t().contiguous(), rows_of, rows, settings, losses)
    assert logits.grad is not None
    assert torch.allclose(found.t(), logits.grad, atol=1e-7)
    assert losses.reference_kl == pytest.approx(float(kl), rel=1e-5)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {"bots": {"trackr": 1.0}},
            "[imitation] bots: environment: opponent 'trackr': expected one of still",
        ),
        (
            {"bots": {"tracker": 1.0}, "against": {"no": 1.0}},
            "[imitation] against: assign_bots: opponent 'no'",
        ),
    ],
)
def test_bots_that_are_not_there_are_refused_before_anything_is_made(
    tmp_path: Path, table: dict[str, Any], message: str
) -> None:
    with pytest.raises(RunError) as told:
        create_run(tmp_path / "run", small_recipe(imitation=table, selfplay=SELFPLAY))
    assert str(told.value).startswith(message)
    assert not (tmp_path / "run").exists()


def test_an_env_without_onlookers_is_refused(tmp_path: Path) -> None:
    recipe = small_recipe(env={"id": "CartPole-v1", "num_envs": 16}, imitation={"bots": {"me": 1.0}})
    with pytest.raises(RunError, match=r"\[imitation\] bots: environment: expected bot_actions"):
        create_run(tmp_path / "run", recipe)


def test_weights_must_be_above_zero() -> None:
    with pytest.raises(RecipeError, match=r"\[imitation\] bots: expected weights above 0"):
        small_recipe(imitation={"bots": {"tracker": -1.0}})


def test_the_command_makes_a_clone_that_resume_goes_on_with(tmp_path: Path) -> None:
    recipe = tmp_path / "small.toml"
    recipe.write_text(
        f'seed = 3\n[env]\nid = "{DEMO}"\nnum_envs = 16\n[budget]\nsamples = 1024\n[ppo]\nn_steps = 32\nbatch_size = 128\n'
        "[net]\npi = [16]\nvf = [16]\n[imitation]\nsamples = 1500\nepochs = 2\n"
    )
    runner, out = CliRunner(), str(tmp_path / "run")
    done = runner.invoke(app, ["imitate", str(recipe), "--out", out])
    assert (done.exit_code, "--from: expected bots to imitate" in done.output) == (2, True)
    done = runner.invoke(app, ["imitate", str(recipe), "--from", "tracker:2, still", "--out", out])
    assert done.exit_code == 0, done.output
    assert f"clone written to {out}; continue with PPO: agents resume {out}" in done.output
    assert open_run(Path(out)).recipe.imitation.bots == {"tracker": 2.0, "still": 1.0}
    done = runner.invoke(app, ["resume", out])
    assert done.exit_code == 0, done.output
    assert open_run(Path(out)).facts["samples"] == 1024
    done = runner.invoke(app, ["imitate", str(recipe), "--from", "tracker:x", "--out", out])
    assert (done.exit_code, "expected name or name:weight" in done.output) == (2, True)


def test_noise_tries_nothing_that_is_forbidden(tmp_path: Path) -> None:
    Teachers.mistakes.clear()
    recipe = small_recipe(
        env={"id": "Teachers-v0", "num_envs": 4},
        imitation={"bots": {"one": 1.0}, "samples": 400, "noise": 1.0},
    )
    given = collect(recipe, tmp_path, dict, lambda *_: None)
    assert len(given) == 400
    assert not Teachers.mistakes
    assert given.actions[:, 0].tolist() == ((given.observations[:, 0] + 1) % 4).tolist()


def test_wide_senses_are_kept_whole() -> None:
    assert stored_type(spaces.Box(-2048, 2048, (2,))) is np.float16
    for space in (spaces.Box(0, 70_000, (2,)), spaces.Box(-np.inf, 1, (2,)), spaces.Box(-4096, 1, (2,))):
        assert stored_type(space) is np.float32


def test_later_rounds_show_what_the_policy_gets_to_and_bots_say_what_they_would_do_there(
    tmp_path: Path,
) -> None:
    """The policy, which knows nothing yet, swings half of the time: the tracker never does, and that is what is learnt."""
    recipe = recipe_of(imitation={**IMITATION, "noise": 0.0, "samples": 800, "rounds": 2})
    model = _Session(create_run(tmp_path / "run", recipe), quiet()).model
    first, second, again = (
        collect(recipe, tmp_path, lambda: policy_tensors(model), lambda *_: None, number)
        for number in (0, 1, 1)
    )
    assert len(first) == len(second) == 400
    assert not second.actions[:, 1].any()
    assert np.array_equal(second.observations, again.observations)
    gaps = [
        np.abs(one.observations[:, 0] - one.observations[:, 3]).mean() for one in (first, second)
    ]  # own_y, ball's y
    assert gaps[1] > gaps[0], "a bat that is moved at random is farther from the ball than the tracker's"


def test_what_was_held_out_in_one_round_is_so_in_the_next() -> None:
    held, learnt, new = _split([100], 7)
    assert sorted([*held.tolist(), *learnt.tolist()]) == list(range(100))
    assert torch.equal(new, learnt)
    more, both, last = _split([100, 50], 7)
    assert more[: len(held)].tolist() == held.tolist()
    assert sorted([*more.tolist(), *both.tolist()]) == list(range(150))
    assert set(last.tolist()) == {row for row in both.tolist() if row >= 100}


def test_a_clone_of_several_rounds_does_what_its_teacher_does(tmp_path: Path) -> None:
    recipe = recipe_of(imitation={**IMITATION, "rounds": 3}, selfplay=SELFPLAY)
    figures = train(create_run(tmp_path / "run", recipe), quiet(), imitate_only=True).facts["imitation"]
    assert figures["decisions"] >= 7900
    assert figures["rounds"] == 3
    assert min(figures["accuracy"]) > 0.8


def test_replays_cannot_be_asked_again() -> None:
    with pytest.raises(
        RecipeError, match=r"\[imitation\] rounds: expected 1 unless the teachers are bots alone, .*, found 2"
    ):
        recipe_of(imitation={"replays": ["x.bsr"], "rounds": 2})
