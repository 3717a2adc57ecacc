"""What an env's state holds comes back from a checkpoint as it was, or is refused before anything is trained."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from agents.checkpoint import check_env_state
from agents.errors import RunError
from agents.recipe import Recipe
from agents.tensors import load_tensors, save_tensors
from agents.train import Run, create_run, open_run, train

from .helpers import CountingEnv, quiet, small_recipe

OWN: dict[str, Any] = {}  # what every env of a test has in its state beside the count
LOADED: list[dict[str, Any]] = []


class StatefulEnv(CountingEnv):
    """Counts, and keeps whatever OWN holds."""

    def state_dict(self) -> dict[str, Any]:
        return {"count": self.count, **OWN}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.count = state["count"].copy()
        LOADED.append({name: value for name, value in state.items() if name != "count"})


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    OWN.clear()
    LOADED.clear()
    gymnasium.register("Stateful-v0", vector_entry_point=lambda num_envs: StatefulEnv(rows=num_envs))
    yield
    gymnasium.registry.pop("Stateful-v0")


def _recipe(samples: int) -> Recipe:
    return small_recipe(env={"id": "Stateful-v0"}, budget={"samples": samples})


def _nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


def _resumed(folder: Path) -> dict[str, Any]:
    """Train half, resume, and return what the env was given back."""
    run = train(create_run(folder, _recipe(512)), quiet())
    train(Run(folder, _recipe(1024), open_run(run.folder).facts), quiet())
    return LOADED[-1]


KEPT: dict[str, Any] = {
    "control signs": "a\tb\x00c\x1b[2J\r\n",
    "a lone surrogate": "\ud800",
    "a 128-bit number": (1 << 128) - 1,
    "lists": _nested(58),
    "no finite numbers": [math.inf, -math.inf, 0.1, -0.0, True, None],
    "keys": {"\u202e": 1, "\x1b": {"": 2}},
    "arrays": np.array([[1, -2]], dtype=">i4"),
}


def test_what_is_written_is_given_back_as_it_was(tmp_path: Path) -> None:
    OWN.update(KEPT)
    given = _resumed(tmp_path / "run")
    assert given.keys() == KEPT.keys()
    assert np.array_equal(given.pop("arrays"), KEPT["arrays"])
    assert given == {name: value for name, value in KEPT.items() if name != "arrays"}
    assert math.copysign(1, given["no finite numbers"][3]) == -1
    OWN.update({"nothing": math.nan})
    check_env_state(StatefulEnv())  # not equal to itself, and kept all the same


REFUSED: dict[str, tuple[dict[Any, Any], str]] = {
    "long number": ({"board": 1 << 200}, "checkpoint › env.board: expected a number of at most 40 digits"),
    "nesting": ({"deep": _nested(59)}, "checkpoint › env.deep.*: expected at most 60 nested values"),
    "very deep": ({"deep": _nested(5000)}, r"env.state_dict\(\)\['deep'\]: expected an array or JSON, found .*recursion"),
    "tuple": ({"at": [[1, (2, 3)]]}, "checkpoint › env › at › 0 › 1: expected a list, .* found a tuple"),
    "key": ({"by": {"row": {1: 2}}}, "checkpoint › env › by › row: expected texts as keys, .* found 1"),
    "name": ({1: "x"}, r"env.state_dict\(\): expected texts as keys, found 1"),
    "object": ({"x": {"y": object()}}, r"env.state_dict\(\)\['x'\]: expected an array or JSON, found Object of type"),
    "set": ({"x": {1}}, r"env.state_dict\(\)\['x'\]: expected an array or JSON, found set"),
    "type": ({"x": np.zeros(2, complex)}, "tensor 'env/x': expected a numeric or bool array, found dtype complex"),
    "axes": ({"x": np.zeros((1,) * 33)}, "tensor 'env/x': expected at most 32 axes, found 33"),
    "array's name": ({"\x1b": np.zeros(1)}, "tensor .*: expected a name of printable signs"),
    "much text": ({"x": "y" * (16 << 20)}, "tensors: expected a header of at most 16,777,216 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_could_not_be_given_back_is_refused_before_the_first_sample(tmp_path: Path, what: str) -> None:
    state, message = REFUSED[what]
    OWN.update(state)
    run = create_run(tmp_path / "run", _recipe(512))
    with pytest.raises(RunError, match=message) as refusal:
        train(run, quiet())
    assert "\n" not in str(refusal.value)
    assert not run.checkpoints.exists()


def test_a_state_that_grows_too_long_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    train(create_run(folder, _recipe(512)), quiet())
    longer = Run(folder, _recipe(1024), open_run(folder).facts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agents.train.try_a_step", lambda recipe: OWN.update({"board": 1 << 200}))
        with pytest.raises(RunError, match=r"checkpoint › env.board: expected a number of at most 40 digits"):
            train(longer, quiet())
    OWN.clear()
    assert open_run(folder).facts["samples"] == 512
    assert train(Run(folder, _recipe(1024), open_run(folder).facts), quiet()).facts["samples"] == 1024


def test_a_checkpoint_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    run = train(create_run(tmp_path / "run", _recipe(512)), quiet())
    arrays, metadata = load_tensors(run.latest())
    # Earlier ones also held which rows had ended, which `loop/active` says.
    save_tensors(run.latest(), {**arrays, "plain/over": np.zeros(16, np.bool_)}, metadata)
    again = train(Run(run.folder, _recipe(1024), open_run(run.folder).facts), quiet())
    assert again.facts["samples"] == 1024
