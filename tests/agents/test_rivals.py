"""A brain may stand wherever a bot may: in self-play, in a clone's matches, in evaluations; by file or by a game's name."""

import shutil
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from agents.contract import Contract
from agents.errors import BrainRefused, RunError
from agents.rivals import brain_path, load_opponent_brains
from agents.selfplay import SelfPlayVecEnv
from agents.tensors import load_tensors
from agents.train import Run, build_env, create_run, open_run, train
from tests.agents.helpers import brain_bytes, paddle_contract, quiet, small_recipe
from tests.match.matches import OLD_BRAIN
from tests.plugin_demo.paddle import PaddleVectorEnv

SELFPLAY: dict[str, Any] = {
    "enabled": True,
    "mirror": 0.0,
    "bot_share": 1.0,
    "snapshot_every": 600,
    "pool_size": 2,
}


@pytest.fixture
def brain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model file, which the demo game calls `rival`."""
    path = tmp_path / "rival.onnx"
    path.write_bytes(brain_bytes())
    monkeypatch.setattr(
        PaddleVectorEnv, "brain_file", lambda self, name: path if name == "rival" else None, raising=False
    )
    return path


def arrays(run: Run) -> dict[str, Any]:
    return load_tensors(run.latest())[0]


def test_a_name_may_be_a_file_a_brain_of_the_game_or_a_bot(brain: Path) -> None:
    env = PaddleVectorEnv(1)
    assert brain_path(env, "rival") == brain_path(env, str(brain)) == brain
    assert brain_path(env, "tracker") is None
    found = load_opponent_brains(env, ["tracker", "rival"], paddle_contract())
    assert list(found) == ["rival"]


@pytest.mark.parametrize("named", [True, False], ids=["by name", "by file"])
def test_a_brain_holds_the_other_seats(tmp_path: Path, brain: Path, named: bool) -> None:
    """What it does there is what its logits say: at temperature 0 the likeliest choice of every head."""
    name = "rival" if named else str(brain)
    recipe = small_recipe(selfplay={**SELFPLAY, "bots": {name: 1.0}, "brain_temperature": 0.0})
    env = build_env(recipe, tmp_path, dict, 1)
    assert isinstance(env, SelfPlayVecEnv)
    env.pool.names = ["none"]
    env.reset()
    assert set(env.opponent) == {f"brain:{name}"}
    seen = env._observation[env.others].copy()
    everyone = np.zeros((env.layout.rows, 2), np.int64)
    env._answer_others(everyone)
    logits = load_opponent_brains(env.env, [name], paddle_contract())[name].logits(seen)
    assert np.array_equal(
        everyone[env.others], np.stack([logits[:, :3].argmax(1), logits[:, 3:].argmax(1)], 1)
    )
    env.close()


def test_training_against_brains_and_bots_goes_on_bit_for_bit(tmp_path: Path, brain: Path) -> None:
    table = {**SELFPLAY, "mirror": 0.25, "bot_share": 0.7, "bots": {"tracker": 1.0, "rival": 1.0}}
    recipe = small_recipe(
        budget={"samples": 3072}, selfplay=table, eval={"opponents": ["rival", "tracker"], "matches": 4}
    )
    whole = train(create_run(tmp_path / "whole", recipe), quiet())
    assert [row["opponent"] for row in whole.facts["evaluation"]] == ["rival", "tracker"]
    first = sorted(whole.checkpoints.glob("*.safetensors"))[0]
    part = tmp_path / "part"
    shutil.copytree(whole.folder, part)
    run = open_run(part)
    run.choose(first.stem)
    assert run.facts["samples"] < 3072
    again = arrays(train(run, quiet()))
    assert [name for name, value in arrays(whole).items() if value.tobytes() != again[name].tobytes()] == []


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        (
            {"selfplay": {**SELFPLAY, "bots": {"rivl": 1.0}}},
            r"\[selfplay\] bots: assign_bots: opponent 'rivl': expected one",
        ),
        ({"selfplay": {**SELFPLAY, "bots": {"gone.onnx": 1.0}}}, r"\[selfplay\] bots: .*gone\.onnx"),
        ({"eval": {"opponents": ["gone.onnx"]}}, r"\[eval\] opponents: .*gone\.onnx"),
        ({"eval": {"opponents": ["rivl"]}}, r"\[eval\] opponents: opponent 'rivl': expected a bot"),
    ],
)
def test_what_is_neither_is_refused_before_anything_is_made(
    tmp_path: Path, brain: Path, tables: dict[str, Any], message: str
) -> None:
    with pytest.raises(RunError, match=message):
        create_run(tmp_path / "run", small_recipe(**tables))
    assert not (tmp_path / "run").exists()


def test_a_brain_of_another_game_is_refused(tmp_path: Path, brain: Path) -> None:
    data = brain.read_bytes()
    brain.write_bytes(data.replace(b"own_y", b"own_z"))
    with pytest.raises(RunError, match=r"\[selfplay\] bots: brain .*expected slots_hash"):
        create_run(tmp_path / "run", small_recipe(selfplay={**SELFPLAY, "bots": {"rival": 1.0}}))


def test_a_rival_whose_senses_the_env_tells_on_request_is_refused_with_the_remedy() -> None:
    env = gymnasium.make_vec("game:Bankshot/Duel-v0", num_envs=2, seats="all", levels="train:2")
    contract = Contract.from_dict(env.unwrapped.policy_contract())
    with pytest.raises(BrainRefused, match=r"own_delay, own_decision come with delay = 0 in \[env\.kwargs\]"):
        load_opponent_brains(env, ["hunter"], contract)
    told = gymnasium.make_vec("game:Bankshot/Duel-v0", num_envs=2, seats="all", levels="train:2", delay=0)
    both = load_opponent_brains(
        told, ["hunter", str(OLD_BRAIN)], Contract.from_dict(told.unwrapped.policy_contract())
    )
    seen = told.reset(seed=1)[0]
    assert {name: brain.logits(seen).shape for name, brain in both.items()} == dict.fromkeys(both, (4, 53))
