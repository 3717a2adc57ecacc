"""Imitation of recorded matches, which an environment reads and this package only learns from."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from agents.cli import app
from agents.errors import EnvRefused, RunError
from agents.imitation import read_replays
from agents.recipe_text import recipe_to_toml
from agents.train import create_run, open_run, policy_from_run, train
from tests.plugin_demo.paddle import PaddleVectorEnv

from .helpers import quiet, small_recipe

ROWS = 400


def _arrays(seed: int, rows: int = ROWS) -> tuple[Any, ...]:
    """A seat that moves by where the ball is and never swings."""
    random = np.random.default_rng(seed)
    seen = random.uniform(-1, 1, (rows, 8)).astype(np.float32)
    moves = np.where(seen[:, 3] > 0, 2, 1)
    over = np.zeros(rows, np.bool_)
    over[-1] = True
    return seen, np.stack([moves, np.zeros(rows, np.int64)], 1), np.ones(rows), over


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let the demo game read replays; what it was asked for is written down."""
    asked: list[Any] = []

    def demonstrations(self: PaddleVectorEnv, paths: list[str], seats: str) -> Iterator[Any]:
        asked.append((paths, seats))
        for path in paths:
            if not Path(path).exists():
                raise ValueError(f"replay {path!r}: expected a file, found none")
            yield _arrays(int(Path(path).read_text()))

    monkeypatch.setattr(PaddleVectorEnv, "demonstrations", demonstrations, raising=False)
    return asked


def _replay(folder: Path, seed: int) -> str:
    path = folder / f"{seed}.rec"
    path.write_text(str(seed))
    return str(path)


def _command(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_clone_of_replays_does_what_they_hold_and_ppo_goes_on_from_it(
    tmp_path: Path, recorded: list[Any]
) -> None:
    recipe = tmp_path / "small.toml"
    table = {"epochs": 30, "batch_size": 64, "learning_rate": 0.01}
    recipe.write_text(
        recipe_to_toml(small_recipe(imitation=table, budget={"samples": 512})), encoding="utf-8"
    )
    paths, folder = [_replay(tmp_path, seed) for seed in (1, 2)], tmp_path / "run"
    done = _command(
        "imitate", recipe, "--from", f"{paths[0]}, {paths[1]}", "--seats", "persons", "--out", folder
    )
    assert done.exit_code == 0, done.output
    assert recorded[-1] == (paths, "persons")
    figures = open_run(folder).facts["imitation"]
    assert (figures["decisions"], figures["replays"], figures["teachers"]) == (2 * ROWS, paths, {})
    assert figures["heads"] == ["move", "swing"]
    assert figures["accuracy"][0] > 0.85
    assert figures["accuracy"][1] == 1.0
    assert _command("resume", folder).exit_code == 0
    assert open_run(folder).facts["samples"] == 512


def test_replays_and_bots_are_imitated_together(tmp_path: Path, recorded: list[Any]) -> None:
    recipe = tmp_path / "small.toml"
    table = {"epochs": 1, "batch_size": 64, "samples": 320}
    recipe.write_text(recipe_to_toml(small_recipe(imitation=table)), encoding="utf-8")
    done = _command(
        "imitate", recipe, "--from", "tracker:0.5", "--from", _replay(tmp_path, 3), "--out", tmp_path / "run"
    )
    assert done.exit_code == 0, done.output
    figures = json.loads((tmp_path / "run" / "run.json").read_text())["imitation"]
    assert figures["teachers"] == {"tracker": 0.5}
    assert figures["decisions"] == 320 + 320, "of each at most so many samples"


def test_returns_are_known_where_an_episode_ended(tmp_path: Path, recorded: list[Any]) -> None:
    recipe = small_recipe(imitation={"replays": [_replay(tmp_path, 1)]}, ppo={"gamma": 0.5})
    found = read_replays(recipe, lambda what, share: None)
    assert found.returns[-3:].tolist() == [1.75, 1.5, 1.0]
    assert not np.isnan(found.returns).any()


def test_what_cannot_be_read_is_one_line_before_a_folder_is_made(tmp_path: Path, recorded: list[Any]) -> None:
    recipe = small_recipe(imitation={"replays": [str(tmp_path / "gone.rec")]})
    with pytest.raises(
        EnvRefused, match=r"^\[imitation\] replays: replay .*gone.rec': expected a file, found none$"
    ):
        create_run(tmp_path / "run", recipe)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda seen, did, won, over: (seen[:, :3], did, won, over), "expected arrays of shapes"),
        (lambda seen, did, won, over: (seen, did + 2, won, over), r"expected actions below \[3, 2\]"),
        (
            lambda seen, did, won, over: (seen, did, won * np.nan, over),
            "expected finite observations and rewards",
        ),
        (lambda seen, did, won, over: (seen, did, won), "not enough values"),
    ],
)
def test_an_environment_that_gives_what_does_not_fit_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Any, message: str
) -> None:
    monkeypatch.setattr(
        PaddleVectorEnv,
        "demonstrations",
        lambda self, paths, seats: iter([change(*_arrays(1))]),
        raising=False,
    )
    with pytest.raises(EnvRefused, match=message):
        create_run(tmp_path / "run", small_recipe(imitation={"replays": ["x"]}))


def test_an_environment_without_replays_says_so(tmp_path: Path) -> None:
    with pytest.raises(
        EnvRefused, match=r"expected an environment with demonstrations\(paths, seats\), found none"
    ):
        create_run(tmp_path / "run", small_recipe(imitation={"replays": ["x"]}))


def test_replays_with_a_parent_are_refused(tmp_path: Path, recorded: list[Any]) -> None:
    first = train(create_run(tmp_path / "first", small_recipe(budget={"samples": 512})), quiet())
    recipe = small_recipe(imitation={"replays": [_replay(tmp_path, 1)]})
    with pytest.raises(RunError, match=r"\[imitation\] replays: .* --set imitation.replays=\[\]$"):
        create_run(tmp_path / "second", recipe, policy_from_run(first.folder))


def test_files_that_the_environment_left_out_are_told_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Given:
        left_out = ("replay 'b.rec': expected a match of another kind",)

        def __iter__(self) -> Iterator[Any]:
            return iter([_arrays(1)])

    monkeypatch.setattr(PaddleVectorEnv, "demonstrations", lambda self, paths, seats: Given(), raising=False)
    recipe = tmp_path / "small.toml"
    recipe.write_text(
        recipe_to_toml(small_recipe(imitation={"epochs": 1, "batch_size": 64})), encoding="utf-8"
    )
    done = _command("imitate", recipe, "--from", str(tmp_path), "--out", tmp_path / "run")
    assert done.exit_code == 0, done.output
    assert "left out 1 files, the first: replay 'b.rec': expected a match of another kind" in done.output
    assert open_run(tmp_path / "run").facts["imitation"]["left_out"] == list(Given.left_out)


def test_an_imitation_that_was_stopped_says_how_to_go_on(
    tmp_path: Path, recorded: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    recipe = tmp_path / "small.toml"
    table = {"epochs": 1, "batch_size": 64}
    recipe.write_text(
        recipe_to_toml(small_recipe(imitation=table, budget={"samples": 512})), encoding="utf-8"
    )
    with monkeypatch.context() as patched:
        patched.setattr("agents.train.collect", stopped)
        done = _command("imitate", recipe, "--from", _replay(tmp_path, 1), "--out", tmp_path / "run")
    assert done.exit_code == 130
    assert f"stopped before the clone was made; agents resume {tmp_path / 'run'} makes it" in done.output
    assert _command("resume", tmp_path / "run").exit_code == 0
    assert open_run(tmp_path / "run").facts["imitation"]["decisions"] == ROWS
