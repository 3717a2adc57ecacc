"""Data chooses no code: neither a model's card nor a run folder has a module imported; the person's own words do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gymnasium
import pytest
from gymnasium.envs.registration import EnvSpec
from typer.testing import CliRunner, Result

import agents
from agents.arena import open_evaluation_env
from agents.cli import app
from agents.contract import Card
from agents.env_ids import env_from_file, import_env, registered_name
from agents.errors import EnvRefused, RunError
from agents.graph import build_model, make_golden, rebuild_policy
from agents.recipe_text import recipe_to_toml
from agents.runs import source_revision
from agents.runtime import load_brain
from agents.train import create_run, open_run, train
from tests.match.matches import OLD_BRAIN

from .helpers import DEMO, ROOT, paddle_contract, policy_weights, small_recipe

# Leaves a mark where it is imported, and registers what the card promised.
MARKER = """
from pathlib import Path
import gymnasium
Path(__file__).with_name("imported").write_text("", encoding="utf-8")
gymnasium.register("Marker-v0", vector_entry_point="tests.plugin_demo.paddle:PaddleVectorEnv")
"""
ID = "marker_module:Marker-v0"


@dataclass
class Place:
    """A folder from which commands run, with a module that must not be imported."""

    folder: Path

    def run(self, *arguments: object) -> Result:
        return CliRunner().invoke(app, list(map(str, arguments)))

    @property
    def imported(self) -> bool:
        return (self.folder / "imported").exists()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    (tmp_path / "marker_module.py").write_text(MARKER, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))  # as `python -m agents` has the present folder on the path
    recipe, contract = small_recipe(), paddle_contract()
    weights = policy_weights(recipe, contract)
    golden = make_golden(rebuild_policy(recipe, contract, weights), contract, None)
    card = Card(title="guest", env=ID, env_kwargs={"levels": "calm"})
    (tmp_path / "guest.onnx").write_bytes(build_model(recipe, contract, card, golden, weights))
    yield Place(tmp_path)
    sys.modules.pop("marker_module", None)
    gymnasium.registry.pop("Marker-v0", None)


@pytest.fixture
def guest_run(place: Place) -> Path:
    """A run that was made elsewhere, where `Marker-v0` was registered."""
    run = train(create_run(place.folder / "run", small_recipe(budget={"samples": 512})))
    text = (run.folder / "recipe.toml").read_text(encoding="utf-8")
    assert DEMO in text
    (run.folder / "recipe.toml").write_text(text.replace(DEMO, ID), encoding="utf-8")
    return run.folder


@pytest.mark.parametrize(
    "command",
    [
        ["evaluate", "guest.onnx", "--opponent", "still"],
        ["duel", "guest.onnx", "still"],
        ["evaluate", "guest.onnx"],
    ],
)
def test_a_model_has_no_module_imported_unless_the_person_names_it(place: Place, command: list[str]) -> None:
    refused = place.run(*command, "--matches", 2)
    assert refused.exit_code != 0
    assert len(refused.stderr.splitlines()) == 1
    assert (
        f"brain 'guest.onnx': environment '{ID}': expected an environment that this program has"
        in refused.stderr
    )
    assert f"--env {ID}" in refused.stderr
    assert not place.imported
    allowed = place.run(*command, "--matches", 2, "--env", ID)
    assert allowed.exit_code == 0, allowed.stderr
    assert "note: brain 'guest.onnx': environment made with its card's levels='calm'" in allowed.stderr
    assert place.imported


@pytest.mark.parametrize(
    "command", [["resume"], ["export", "--out", "x.onnx", "--matches", "0"]], ids=["resume", "export"]
)
def test_a_run_folder_has_no_module_imported_unless_the_person_names_it(
    place: Place, guest_run: Path, command: list[str]
) -> None:
    line = [command[0], str(guest_run), *command[1:]]
    refused = place.run(*line)
    assert refused.exit_code != 0
    assert (
        f"run 'run': environment '{ID}': expected an environment that this program has registered"
        in refused.stderr
    )
    assert len(refused.stderr.splitlines()) == 1
    assert not place.imported
    allowed = place.run(*line, "--env", ID)
    assert allowed.exit_code == 0, allowed.stderr
    assert place.imported


def test_python_m_agents_has_the_present_folder_on_its_path_and_imports_nothing_from_it(place: Place) -> None:
    command = [sys.executable, "-m", "agents", "evaluate", "guest.onnx", "--opponent", "still"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=place.folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert f"--env {ID}" in done.stderr
    assert not place.imported


def test_inspecting_a_model_imports_nothing(place: Place) -> None:
    done = place.run("inspect", "guest.onnx")
    assert done.exit_code == 0, done.stderr
    assert f"env        {ID} levels='calm'" in done.stdout
    assert not place.imported


def test_a_recipe_is_the_trainers_own_word(place: Place) -> None:
    (place.folder / "mine.toml").write_text(
        recipe_to_toml(small_recipe(env={"id": ID}, budget={"samples": 512})), encoding="utf-8"
    )
    done = place.run("train", "mine.toml", "--out", "mine")
    assert done.exit_code == 0, done.stderr
    assert place.imported


def test_the_run_of_a_registered_environment_goes_on_without_a_word(tmp_path: Path) -> None:
    run = train(create_run(tmp_path / "run", small_recipe(budget={"samples": 512})))
    done = CliRunner().invoke(app, ["resume", str(run.folder), "--set", "budget.samples=1024"])
    assert done.exit_code == 0, done.output


def test_a_run_is_not_moved_to_another_environment(tmp_path: Path) -> None:
    run = train(create_run(tmp_path / "run", small_recipe(budget={"samples": 512})))
    with pytest.raises(
        RunError,
        match="--env: expected the environment of run 'run', 'Paddle/Volley-v0', found 'CartPole-v1'",
    ):
        open_run(run.folder, "CartPole-v1")


def test_a_registered_id_is_found_whatever_module_it_names() -> None:
    assert registered_name("no.such.module:CartPole-v1") == "CartPole-v1"
    assert "no.such.module" not in sys.modules
    with pytest.raises(EnvRefused, match=r"module 'no.such.module' cannot be imported"):
        import_env("no.such.module:CartPole-v1")
    with pytest.raises(
        EnvRefused, match="expected module 'json' to register 'X-v0', found none of that name"
    ):
        import_env("json:X-v0")


def test_an_environment_that_imports_a_further_one_is_not_for_data(monkeypatch: pytest.MonkeyPatch) -> None:
    # shimmy registers it so that its keyword `env_id`, which may say module:id, reaches the old gym
    name = "GymV21Environment-v0"
    monkeypatch.setitem(
        gymnasium.registry, name, EnvSpec(name, entry_point="shimmy.openai_gym_compatibility:GymV21")
    )
    assert registered_name(name) == name
    with pytest.raises(
        EnvRefused, match="card 'x': environment 'GymV21Environment-v0': expected one that does not name"
    ):
        env_from_file(name, "card 'x'")


@pytest.fixture
def watched_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A downloaded folder, and the current one, whose git settings name a program that leaves a mark."""
    if os.name == "nt" or shutil.which("git") is None:
        pytest.skip("needs git and a shell")
    folder = tmp_path / "pack"
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    program = folder / "watcher.sh"
    program.write_text(f"#!/bin/sh\ntouch '{folder}/ran'\n", encoding="utf-8")
    program.chmod(0o755)
    for setting in ("core.fsmonitor", "core.sshCommand"):
        subprocess.run(["git", "-C", str(folder), "config", setting, str(program)], check=True)
    monkeypatch.chdir(folder)
    return folder


def test_a_training_asks_git_nothing_of_the_current_folder(
    watched_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(watched_folder / ".git"))
    run = create_run(watched_folder / "run", small_recipe())
    assert not (watched_folder / "ran").exists()
    assert run.facts["source_revision"] == source_revision()
    monkeypatch.delenv("GIT_DIR")
    subprocess.run(["git", "status"], check=False, capture_output=True)
    assert (watched_folder / "ran").exists(), "the folder would have run its program"


def test_the_revision_is_that_of_the_checkout_of_this_package(
    watched_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = watched_folder / "site" / "agents" / "runs.py"  # in the folder of a checkout that is not ours
    monkeypatch.setattr("agents.runs.__file__", str(installed))
    assert source_revision() == f"agents {agents.__version__}"
    own = watched_folder / "agents" / "runs.py"
    monkeypatch.setattr("agents.runs.__file__", str(own))
    as_person = ["git", "-c", "user.name=x", "-c", "user.email=x@example.invalid"]
    own.parent.mkdir()
    own.write_text("one", encoding="utf-8")
    for arguments in (["add", "agents"], ["commit", "--quiet", "-m", "one"]):
        subprocess.run([*as_person, "-c", "core.fsmonitor=false", *arguments], check=True)
    head = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    monkeypatch.chdir(watched_folder.parent)
    (watched_folder / "ran").unlink(missing_ok=True)
    assert source_revision() == head
    own.write_text("other", encoding="utf-8")
    assert source_revision() == f"{head}+"
    assert not (watched_folder / "ran").exists()


def test_a_card_says_what_its_evaluations_are_played_with(tmp_path: Path) -> None:
    recipe, contract = small_recipe(), paddle_contract()
    weights = policy_weights(recipe, contract)
    golden = make_golden(rebuild_policy(recipe, contract, weights), contract, None)
    kwargs = {"levels": "calm", "wind": 1}
    card = Card(title="guest", env=DEMO, env_kwargs=kwargs, eval_kwargs={"levels": "brisk"})
    path = tmp_path / "guest.onnx"
    path.write_bytes(build_model(recipe, contract, card, golden, weights))
    found = load_brain(path, None).card
    assert (found.env_kwargs, found.eval_kwargs) == (kwargs, {"levels": "brisk"})
    arena = open_evaluation_env(path, DEMO, {"wind": None})
    assert arena.kwargs == {"levels": "brisk"}
    assert open_evaluation_env(path, DEMO, {"wind": None, "levels": "calm"}).kwargs == {"levels": "calm"}


def test_an_arena_is_made_with_the_senses_that_its_players_know() -> None:
    """The hunter knows its delay, which our environments tell on request alone; who asked for another one gets that."""
    hunter = ROOT / "game" / "brains" / "hunter" / "brain.onnx"
    for first, guests in ((OLD_BRAIN, [str(hunter)]), (None, [str(hunter), str(OLD_BRAIN)])):
        arena = open_evaluation_env(first, "game:Bankshot/Collect-v0", {}, guests)
        assert arena.kwargs["delay"] == 0
        widths = {arena.player(str(path), 1.0)[0].name for path in (hunter, OLD_BRAIN)}
        assert len(widths) == 2
    assert "delay" not in open_evaluation_env(OLD_BRAIN, "game:Bankshot/Duel-v0", {}).kwargs
    assert open_evaluation_env(OLD_BRAIN, None, {"delay": 12}, [str(hunter)]).kwargs["delay"] == 12
