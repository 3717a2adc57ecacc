"""A run can be stopped, killed and resumed without losing a bit."""

import io
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from agents.checkpoint import checkpoint_policy
from agents.errors import EnvRefused, RecipeError, RunError
from agents.recipe import Recipe
from agents.recipe_text import recipe_to_toml
from agents.tensors import load_tensors, save_tensors
from agents.train import Run, _Session, change_recipe, create_run, open_run, policy_from_run, train
from agents.workers import Workers
from safefiles.child import child_environment, python_command
from safefiles.stopping import SIGNALS
from tests.plugin_demo.paddle import PaddleVectorEnv
from tests.terminals import Terminal

from .helpers import ROOT, old_tensor_file, quiet, small_recipe

SELFPLAY = {
    "enabled": True,
    "mirror": 0.25,
    "bot_share": 0.5,
    "bots": {"tracker": 1.0},
    "snapshot_every": 600,
    "pool_size": 2,
}


def _train(folder: Path, recipe: Recipe) -> Run:
    return train(create_run(folder, recipe), quiet())


def _arrays(run: Run) -> dict[str, Any]:
    return load_tensors(run.latest())[0]


def _assert_same(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert first.keys() == second.keys()
    different = [name for name in first if first[name].tobytes() != second[name].tobytes()]
    assert different == []


@pytest.mark.parametrize("selfplay", [{}, SELFPLAY], ids=["bots", "self-play, from an older build's files"])
def test_two_halves_equal_the_whole(tmp_path: Path, selfplay: dict[str, Any]) -> None:
    tables: dict[str, Any] = {"selfplay": selfplay, "net": {"normalize_observations": True}}
    straight = _train(tmp_path / "straight", small_recipe(budget={"samples": 4096}, **tables))

    # The learning rate must not depend on where the run was cut: a stop, not a smaller budget.
    halved = create_run(tmp_path / "halved", small_recipe(budget={"samples": 4096}, **tables))
    _stop_after(halved, 2048)
    first_half = _arrays(open_run(halved.folder))
    if selfplay:
        files = sorted(halved.folder.glob("*/*.safetensors"))
        assert {file.parent.name for file in files} == {"checkpoints", "pool"}
        for file in files:
            file.write_bytes(old_tensor_file(*load_tensors(file)))
    resumed = train(open_run(halved.folder), quiet())
    assert resumed.facts["samples"] == straight.facts["samples"]
    _assert_same(_arrays(resumed), _arrays(straight))
    assert (
        first_half["policy/action_net.weight"].tobytes()
        != _arrays(resumed)["policy/action_net.weight"].tobytes()
    )


def _stop_after(run: Run, samples: int) -> None:
    """Train in this process until `samples`, as if Ctrl-C came then."""
    session = _Session(run, quiet())
    original = session._after_iteration

    def stop() -> bool:
        return original() and session.model.num_timesteps < samples

    session.model.after_iteration = stop
    session.go()
    assert run.facts["status"] == "stopped"


@pytest.mark.parametrize("selfplay", [{}, SELFPLAY], ids=["bots", "self-play"])
def test_threads_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, selfplay: dict[str, Any]
) -> None:
    for module in ("gradient", "acting"):  # several blocks in each of these small minibatches and rollouts
        monkeypatch.setattr(f"agents.{module}.BLOCK", 40)
    recipe = small_recipe(selfplay=selfplay, net={"normalize_observations": True, "pi": [16, 16]})
    runs = []
    for threads in (1, 2, 3):
        session = _Session(create_run(tmp_path / str(threads), recipe), quiet(), threads)
        assert session.model.workers.threads == threads
        runs.append(_arrays(session.go()))
    for other in runs[1:]:
        _assert_same(runs[0], other)


def test_training_uses_two_processors_where_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("agents.train.default_threads", lambda: 2)
    monkeypatch.setattr(
        PaddleVectorEnv, "set_threads", lambda _, threads: asked.append(threads), raising=False
    )
    made = []
    plain = Workers.__init__

    def watched(self: Workers, threads: int = 1) -> None:
        made.append(threads)
        plain(self, threads)

    monkeypatch.setattr(Workers, "__init__", watched)
    _train(tmp_path / "run", small_recipe(budget={"samples": 512}))
    assert made == [2]
    assert 2 in asked


def test_different_seeds_differ(tmp_path: Path) -> None:
    runs = [_train(tmp_path / str(seed), small_recipe(seed=seed)) for seed in (1, 2)]
    weights = [checkpoint_policy(run.latest())["action_net.weight"] for run in runs]
    assert weights[0].tobytes() != weights[1].tobytes()


TRAIN = "from agents.cli import main; main()"


def _start_process(*command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        python_command("-c", TRAIN, *command),
        cwd=ROOT, env=child_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _wait_for(condition: Any, process: subprocess.Popen[bytes]) -> None:
    while not condition():
        assert process.poll() is None, "the training ended before it could be interrupted"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recipe, Run]:
    """A recipe, and its run that nothing interrupted."""
    recipe = small_recipe(
        budget={"samples": 12_288},
        selfplay=SELFPLAY,
        checkpoint={"every": 1024, "keep": 100},
        ppo={"batch_size": 512},
    )
    return recipe, _train(tmp_path_factory.mktemp("undisturbed") / "straight", recipe)


@pytest.mark.parametrize(
    "how",
    ["kill", *(pytest.param(how, marks=pytest.mark.slow) for how in ("close the terminal", "interrupt"))],
)
def test_an_interrupted_run_goes_on_to_the_same_end(
    tmp_path: Path, undisturbed: tuple[Recipe, Run], how: str
) -> None:
    if how != "kill" and os.name == "nt":
        pytest.skip("Windows sends no signals to a child")
    recipe, straight = undisturbed
    file = tmp_path / "recipe.toml"
    file.write_text(recipe_to_toml(recipe), encoding="utf-8")
    folder = tmp_path / "hurt"
    command, terminal = ["train", str(file), "--out", str(folder)], None
    if how == "close the terminal":
        terminal = Terminal(TRAIN, *command, cwd=ROOT, env=child_environment())
    process = terminal.process if terminal else _start_process(*command)
    _wait_for(lambda: list(folder.glob("checkpoints/*.safetensors")), process)
    if terminal:
        terminal.close()
    else:
        process.send_signal(signal.SIGKILL if how == "kill" else signal.SIGINT)
    code = process.wait()
    if how != "kill":
        assert code == 130
        assert open_run(folder).facts["status"] == "stopped"
    before = open_run(folder)
    assert before.facts["samples"] < 12_288
    # What a kill may leave behind: half-written files under temporary names.
    (folder / "checkpoints" / ".000000099999.safetensors.x.part").write_bytes(b"half")
    resumed = train(before, quiet())
    assert resumed.facts["status"] == "done"
    _assert_same(_arrays(resumed), _arrays(straight))
    pools = [sorted(path.name for path in (run.folder / "pool").iterdir()) for run in (straight, resumed)]
    assert pools[0] == pools[1]
    assert len(pools[0]) > 10
    curves = [
        [row["samples"] for row in json.loads((run.folder / "curve.json").read_text())["rows"]]
        for run in (straight, resumed)
    ]
    assert curves[0] == curves[1]


@pytest.mark.parametrize("name", [name for name in SIGNALS if hasattr(signal, name)])
def test_every_signal_that_asks_for_an_end_leaves_a_checkpoint(tmp_path: Path, name: str) -> None:
    run = create_run(tmp_path / "run", small_recipe(budget={"samples": 4096}, checkpoint={"every": 0}))
    session = _Session(run, quiet())
    original = session._after_iteration

    def asked() -> bool:
        signal.raise_signal(signal.Signals[name])
        return original()

    session.model.after_iteration = asked
    session.go()
    facts = open_run(run.folder).facts
    assert (facts["status"], facts["samples"], facts["ended"]["by"]) == ("stopped", 512, "the user")
    assert checkpoint_policy(run.latest())


@pytest.mark.usefixtures("whole")
def test_a_run_folder_tells_the_whole_story(tmp_path: Path) -> None:
    recipe = small_recipe(eval={"every": 1024, "opponents": ["random"], "matches": 8, "num_envs": 8})
    run = _train(tmp_path / "run", recipe)
    names = {path.name for path in run.folder.iterdir()}
    assert {
        "recipe.toml",
        "run.json",
        "curve.csv",
        "curve.json",
        "curve.png",
        "evaluation.json",
        "tensorboard",
    } <= names
    facts = json.loads((run.folder / "run.json").read_text())
    assert (facts["status"], facts["samples"], facts["version"]) == ("done", 2048, 1)
    assert facts["versions"]["torch"]
    assert facts["contract"]["slots"][0]["name"] == "own_y"
    assert [row["opponent"] for row in facts["evaluation"]] == ["random"]
    assert open_run(run.folder).recipe == recipe
    rows = json.loads((run.folder / "curve.json").read_text())["rows"]
    assert [row["samples"] for row in rows] == [512, 1024, 1536, 2048]
    assert "win_rate_vs_random" in rows[1]
    assert "win_rate_vs_random" not in rows[0]
    header, *lines = (run.folder / "curve.csv").read_text().splitlines()
    assert header.startswith("samples,seconds,samples_per_s")
    assert len(lines) == 4
    assert (run.folder / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert list((run.folder / "tensorboard").glob("events*"))


def test_evaluation_does_not_disturb_training(tmp_path: Path) -> None:
    plain = _train(tmp_path / "plain", small_recipe())
    watched = _train(
        tmp_path / "watched",
        small_recipe(eval={"every": 512, "opponents": ["random"], "matches": 4, "num_envs": 4}),
    )
    _assert_same(_arrays(plain), _arrays(watched))


def test_checkpoints_do_not_disturb_training(tmp_path: Path) -> None:
    runs = [_train(tmp_path / str(every), small_recipe(checkpoint={"every": every})) for every in (0, 512)]
    _assert_same(_arrays(runs[0]), _arrays(runs[1]))
    kept = [sorted(path.name for path in run.checkpoints.iterdir()) for run in runs]
    assert kept[0] == ["000000002048.safetensors"]
    assert kept[1] == ["000000001536.safetensors", "000000002048.safetensors"]


def test_no_pickle_is_written(tmp_path: Path) -> None:
    run = _train(tmp_path / "run", small_recipe(selfplay=SELFPLAY))
    for path in run.folder.rglob("*"):
        if path.is_file():
            assert (
                path.suffix in {".toml", ".json", ".csv", ".png", ".safetensors", ""}
                or "tfevents" in path.name
            )
            assert not path.read_bytes().startswith(
                (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK")
            )


def test_the_clock_ends_a_run(tmp_path: Path) -> None:
    run = _train(tmp_path / "run", small_recipe(budget={"samples": 10**9, "minutes": 1e-6}))
    assert run.facts["status"] == "done"
    assert run.facts["samples"] <= 512


def test_a_second_run_does_not_overwrite_the_first(tmp_path: Path) -> None:
    _train(tmp_path / "run", small_recipe(budget={"samples": 512}))
    with pytest.raises(RunError, match="already holds a run"):
        create_run(tmp_path / "run", small_recipe())


def test_a_run_that_never_began_makes_way_for_another(tmp_path: Path) -> None:
    create_run(tmp_path / "run", small_recipe(title="first"))
    assert create_run(tmp_path / "run", small_recipe(title="second")).recipe.title == "second"


def test_budgets_may_grow_and_mathematics_may_not(tmp_path: Path) -> None:
    run = _train(tmp_path / "run", small_recipe())
    change_recipe(run, ["budget.samples=3072"])
    longer = train(open_run(run.folder), quiet())
    assert longer.facts["samples"] == 3072
    with pytest.raises(RunError, match="expected a key of budget, eval, checkpoint, export or log"):
        change_recipe(longer, ["ppo.gamma=0.5"])
    with pytest.raises(RecipeError, match="unknown key"):
        change_recipe(longer, ["budget.sample=1"])


def test_an_env_without_state_resumes_at_fresh_episodes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.plugin_demo.paddle import PaddleVectorEnv

    monkeypatch.delattr(PaddleVectorEnv, "state_dict")
    run = create_run(tmp_path / "run", small_recipe(budget={"samples": 4096}, selfplay=SELFPLAY))
    _stop_after(run, 1024)
    assert not any(name.startswith("env/") for name in _arrays(run))
    resumed = train(open_run(run.folder), quiet())
    assert resumed.facts["status"] == "done"
    assert (run.folder / "pool" / "snapshot-000000000000.safetensors").exists()


def test_damaged_and_foreign_checkpoints_are_refused(tmp_path: Path) -> None:
    run = _train(tmp_path / "run", small_recipe(checkpoint={"keep": 1}))
    path = run.latest()
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2])
    with pytest.raises(RunError, match=r"000000002048.safetensors"):
        train(open_run(run.folder), quiet())
    save_tensors(path, {"x": np.zeros(1)})
    with pytest.raises(RunError, match="expected a checkpoint, found a tensor file of another kind"):
        train(open_run(run.folder), quiet())
    path.write_bytes(good)
    wider = recipe_to_toml(small_recipe(net={"pi": [17]}))
    (run.folder / "recipe.toml").write_text(wider, encoding="utf-8")
    with pytest.raises(
        RunError,
        match=r"policy_net.0.weight: expected float32 \[17, 8\], found float32 \[16, 8\]",
    ):
        train(open_run(run.folder), quiet())
    path.unlink()
    with pytest.raises(RunError, match="expected a checkpoint to resume from, found none"):
        open_run(run.folder).latest()


@pytest.mark.parametrize("damage", ["cut off", "empty", "gone"])
def test_a_damaged_newest_checkpoint_falls_back_to_the_newest_whole_one(tmp_path: Path, damage: str) -> None:
    recipe = small_recipe(checkpoint={"every": 512, "keep": 3})
    run = _train(tmp_path / "run", recipe)
    oldest, older, newest = sorted(run.checkpoints.glob("*.safetensors"))
    assert newest == run.latest()
    straight = _arrays(run)
    if damage == "gone":
        newest.unlink()
    else:
        newest.write_bytes(newest.read_bytes()[:-1] if damage == "cut off" else b"")
    parent = policy_from_run(run.folder)
    assert (parent.stages[-1]["samples"], len(parent.notes)) == (1536, 1)
    said = Console(file=io.StringIO(), width=10_000)
    again = train(open_run(run.folder), said)
    (line,) = [line for line in said.file.getvalue().splitlines() if line.startswith("warning: ")]
    assert line.endswith(f"; resuming from an older intact one, {older.name}")
    _assert_same(_arrays(again), straight)
    for path in (older, again.latest()):
        path.write_bytes(b"")
    assert policy_from_run(run.folder).stages[-1]["samples"] == int(oldest.stem)
    oldest.write_bytes(b"")
    with pytest.raises(RunError, match=r"expected a tensor file, found 0 bytes$"):
        train(open_run(run.folder), quiet())


def test_a_checkpoint_is_chosen_by_its_name_or_its_samples(tmp_path: Path) -> None:
    run = _train(tmp_path / "run", small_recipe(checkpoint={"every": 1024}))
    again = open_run(run.folder)
    with pytest.raises(RunError, match=r"--checkpoint: expected one of 000000001024, .*, found '7'"):
        again.choose("7")
    for name in ("1_024", "1024", "000000001024"):
        again = open_run(run.folder)
        again.choose(name)
        assert (again.facts["samples"], again.chosen) == (1024, True)
    _assert_same(_arrays(train(again, quiet())), _arrays(run))


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"expected a run folder with run.json"):
        open_run(tmp_path)
    (tmp_path / "run.json").write_text("[]", encoding="utf-8")
    with pytest.raises(RunError, match="expected run version 1"):
        open_run(tmp_path)
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match="expected JSON, found"):
        open_run(tmp_path)


def test_an_env_that_is_missing_is_said_before_anything_is_trained(tmp_path: Path) -> None:
    with pytest.raises(EnvRefused, match="NoSuchGame-v0"):
        _train(tmp_path / "run", small_recipe(env={"id": "NoSuchGame-v0"}))


def test_a_second_stage_begins_with_the_policy_of_the_first(tmp_path: Path) -> None:
    first = _train(tmp_path / "first", small_recipe())
    weights = {name[7:]: value for name, value in _arrays(first).items() if name.startswith("policy/")}
    second = create_run(tmp_path / "second", small_recipe(), policy_from_run(first.folder))
    _assert_same(load_tensors(second.folder / "initial.safetensors")[0], weights)
    (stage,) = open_run(second.folder).facts["parents"]
    assert stage["samples"] == first.facts["samples"]
    assert stage["recipe"] == recipe_to_toml(first.recipe)
    train(second, quiet())
    alone = _train(tmp_path / "alone", small_recipe())
    assert any(
        value.tobytes() != _arrays(alone)[name].tobytes()
        for name, value in _arrays(second).items()
        if name.startswith("policy/")
    )


def test_a_second_stage_refuses_a_policy_of_another_shape(tmp_path: Path) -> None:
    first = _train(tmp_path / "first", small_recipe())
    wider = small_recipe(net={"pi": [24], "vf": [24]})
    with pytest.raises(RunError, match=r"run 'first': expected a recipe with net.pi = \[16\], found \[24\]"):
        create_run(tmp_path / "second", wider, policy_from_run(first.folder))
    assert not (tmp_path / "second").exists()
