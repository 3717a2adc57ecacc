"""What goes wrong in an environment's own code, or cannot be read, is one line that says where, before there is a run."""

from pathlib import Path
from typing import Any, ClassVar

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AsyncVectorEnv
from typer.testing import CliRunner

from agents.adapter import GymVecEnv
from agents.checks import check_new, try_a_step
from agents.cli import app
from agents.env_ids import import_env
from agents.errors import EnvRefused, RunError
from agents.masks import mask_source
from agents.spaces import FlatActions, FlatObservations
from agents.train import _Session, create_run, open_run, train

from . import teachers
from .helpers import quiet, small_recipe


class Sound(gymnasium.Env[Any, Any]):
    """Ten steps, each of which is worth 1."""

    observation_space: Any = spaces.Box(-1, 1, (3,), np.float32)
    action_space: Any = spaces.Discrete(3)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.at = 0
        return self.seen(), self.info(False)

    def seen(self) -> Any:
        return self.np_random.random(3, dtype=np.float32)

    def info(self, over: bool) -> dict[str, Any]:
        return {}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action), f"{action} is no action"
        self.at += 1
        over = self.at == 10
        return self.seen(), 1.0, over, False, self.info(over)


class FailsToBegin(Sound):
    def __init__(self) -> None:
        raise RuntimeError("no licence")


class FailsToReset(Sound):
    def seen(self) -> Any:
        raise KeyError("map")


class FailsToStep(Sound):
    def step(self, action: Any) -> Any:
        raise OSError("sensor lost")


class OldSteps(Sound):
    def step(self, action: Any) -> Any:
        return super().step(action)[:4]


class ManyActive(Sound):
    def info(self, over: bool) -> dict[str, Any]:
        return {"active": np.ones(4)}


class SaysWords(Sound):
    def info(self, over: bool) -> dict[str, Any]:
        return {"outcome": "win"} if over else {}


class NothingAllowed(Sound):
    def action_masks(self) -> Any:
        return np.zeros(3)


class FirstForbidden(Sound):
    """Action 0 is never allowed."""

    def action_masks(self) -> Any:
        return np.array([False, True, True])

    def step(self, action: Any) -> Any:
        assert action > 0, "forbidden"
        return super().step(action)


class AwayFromZero(Sound):
    action_space = spaces.Box(1, 2, (2,), np.float32)


class NumbersWithMask(Sound):
    """Continuous actions, and a mask that means nothing to them."""

    action_space = spaces.Box(-1, 1, (2,), np.float32)

    def info(self, over: bool) -> dict[str, Any]:
        return {"action_mask": np.ones(7, np.int8)}


class FailsLater(Sound):
    """Works for so many steps of all envs together."""

    left: ClassVar[int] = 0

    def step(self, action: Any) -> Any:
        FailsLater.left -= 1
        if FailsLater.left < 0:
            raise OSError("sensor lost")
        return super().step(action)


class MasksLate(Sound):
    """Says at the first step what is allowed, and not before."""

    def info(self, over: bool) -> dict[str, Any]:
        return {"action_mask": np.ones(3, np.int8)} if self.at else {}


class NoNumbers(Sound):
    def seen(self) -> Any:
        return np.array([0.5, np.nan, 0.5], np.float32)


for _kind in (Sound, *Sound.__subclasses__()):
    gymnasium.register(f"{_kind.__name__}-v0", _kind)


def _recipe(kind: type[Sound], **more: Any) -> Any:
    return small_recipe(env={"id": f"{kind.__name__}-v0", "num_envs": 4}, **more)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (FailsToBegin, r"'FailsToBegin-v0' refused \{\}: RuntimeError: no licence \(test_env_calls\.py, line \d+\)"),
        (FailsToReset, r"'FailsToReset-v0': reset\(\) failed: KeyError: 'map' \(test_env_calls\.py, line \d+\)"),
        (FailsToStep, r"'FailsToStep-v0': step\(\) failed: OSError: sensor lost \(test_env_calls\.py, line"),
        (OldSteps, r"'OldSteps-v0': step\(\) failed: AssertionError: The `info` returned by"),
        (ManyActive, r"info\['active'\]: expected a number for each row, found \[\[1\.0"),
        (NothingAllowed, r"expected at least one allowed choice of action head 0 .* found none in row 0"),
    ],
)  # fmt: skip
def test_what_an_env_raises_is_told_in_one_line_before_there_is_a_run(
    kind: type[Sound], message: str
) -> None:
    with pytest.raises(EnvRefused, match=message) as told:
        check_new(_recipe(kind))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("kind", [FirstForbidden, AwayFromZero, NumbersWithMask])
def test_the_step_that_tries_an_env_is_one_that_it_allows(kind: type[Sound]) -> None:
    recipe = _recipe(kind)
    check_new(recipe)
    try_a_step(recipe)


def test_a_mask_of_continuous_actions_is_not_heeded(tmp_path: Path) -> None:
    recipe = _recipe(NumbersWithMask, eval={"matches": 4}, budget={"samples": 128})
    run = train(create_run(tmp_path / "run", recipe), quiet(), 1)
    assert run.facts["status"] == "done"
    assert run.facts["evaluation"][0]["mean_return"] == 10.0


def test_what_was_learnt_before_an_env_failed_is_kept(tmp_path: Path) -> None:
    FailsLater.left = 500
    run = create_run(tmp_path / "run", _recipe(FailsLater, checkpoint={"every": 0}, eval={"matches": 2}))
    with pytest.raises(
        EnvRefused, match=r"step\(\) failed: OSError: sensor lost .* `resume` continues from it"
    ):
        train(run, quiet(), 1)
    facts = open_run(run.folder).facts
    assert 300 < facts["samples"] < 500
    assert (facts["status"], facts["ended"]["by"]) == ("stopped", "an environment that failed")
    FailsLater.left = 10_000
    done = train(open_run(run.folder), quiet(), 1).facts
    assert done["status"] == "done"
    assert done["samples"] >= 2048


def within_the_box(observation: Any, action: Any, *_: Any) -> Any:
    """A term of the reward that wants actions as the env is given them."""
    assert ((action >= 1) & (action <= 2)).all()
    return np.zeros(len(observation))


@pytest.mark.parametrize("way", ["clip", "squash"])
def test_terms_of_the_reward_are_told_what_the_env_was_given(tmp_path: Path, way: str) -> None:
    terms = {"reward_terms": [f"{__name__}:within_the_box"]}
    recipe = _recipe(AwayFromZero, train=terms, net={"box_actions": way}, budget={"samples": 128})
    assert train(create_run(tmp_path / "run", recipe), quiet(), 1).facts["status"] == "done"


def test_who_plays_without_masks_learns_without_them(tmp_path: Path) -> None:
    with pytest.raises(
        RunError, match=r"\['action_mask'\]: expected from reset\(\) too, .* found from step\(\) alone"
    ):
        check_new(_recipe(MasksLate))
    for kind, told in ((teachers.Teachers, True), (teachers.WithoutMasks, False)):
        recipe = small_recipe(env={"id": f"{kind.__name__}-v0", "num_envs": 4})
        session = _Session(create_run(tmp_path / kind.__name__, recipe), quiet())
        assert (session.contract.masks, session.env.heeds_masks) == (told, told)


def test_a_result_in_words_is_refused() -> None:
    env = GymVecEnv(gymnasium.make_vec("SaysWords-v0", 2), 1)
    env.reset()
    for _ in range(9):
        env.step_batch(env.first_actions())
    with pytest.raises(
        EnvRefused, match=r"info\['outcome'\]: expected a number for each row, found \['win', 'win'\]"
    ):
        env.step_batch(env.first_actions())


def test_observations_that_are_no_numbers_are_named_where_the_policy_breaks(tmp_path: Path) -> None:
    run = train(create_run(tmp_path / "run", _recipe(NoNumbers, budget={"samples": 512})), quiet(), 1)
    assert run.facts["status"] == "diverged"
    told = [warning["text"] for warning in run.facts["warnings"]]
    assert "the environment gave observations that are not finite numbers" in told
    text = '[env]\nid = "NoNumbers-v0"\nnum_envs = 8\n[ppo]\nbatch_size = 128\n[budget]\nsamples = 512\n'
    (tmp_path / "small.toml").write_text(text)
    said = CliRunner().invoke(app, ["train", str(tmp_path / "small.toml"), "--out", str(tmp_path / "again")])
    assert said.output.endswith(
        "error: the training diverged: the environment gave observations that are not finite numbers\n"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def x(:\n", r"module 'broken_env' cannot be imported \(SyntaxError: invalid syntax \(broken_env.py, line 1\)\)"),
        ("\nFoo()\n", r"cannot be imported \(NameError: name 'Foo' is not defined \(broken_env.py, line 2\)\)"),
    ],
)  # fmt: skip
def test_a_module_that_fails_says_where(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_env.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(EnvRefused, match=message):
        import_env("broken_env:Name-v0")


def test_more_than_memory_holds_is_refused_by_its_number() -> None:
    with pytest.raises(
        EnvRefused, match=r"expected 1 to 4,096 observation floats, .* found 1,099,511,627,776"
    ):
        FlatObservations(spaces.Discrete(2**40), "x")


def test_the_highest_whole_number_stays_one() -> None:
    most = np.iinfo(np.int64).max
    actions = FlatActions(spaces.Box(-most - 1, most, (2,), np.int64), "x")
    assert actions.values(np.array([[1e30, -1e30]])).tolist() == [[most, -most - 1]]


def test_final_observations_of_cut_episodes_alone_are_enough() -> None:
    flat = FlatObservations(spaces.Box(-1, 1, (3,), np.float64), "x")
    assert flat.rows(np.zeros((2, 3)), np.zeros(0, np.int64)).shape == (0, 3)


def test_masks_are_asked_of_envs_in_processes_of_their_own_too() -> None:
    vector = AsyncVectorEnv([FirstForbidden, FirstForbidden])
    try:
        vector.reset(seed=1)
        source = mask_source(vector)
        assert source is not None
        assert np.array(source()).tolist() == [[False, True, True]] * 2
    finally:
        vector.close()
