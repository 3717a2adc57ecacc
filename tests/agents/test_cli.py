"""The commands a trainer types: results, exit codes, one clear line for every mistake."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from agents.cli import app

from .helpers import DEMO, ROOT, brain_bytes

RUNNER = CliRunner()
RECIPE = str(ROOT / "tests/plugin_demo/paddle.toml")
SMALL = [
    "--set",
    "budget.samples=4096",
    "--set",
    "env.num_envs=16",
    "--set",
    "ppo.n_steps=32",
    "--set",
    "ppo.batch_size=256",
    "--set",
    "eval.every=0",
    "--set",
    "eval.matches=16",
    "--set",
    "eval.num_envs=16",
    "--set",
    "net.pi=[16]",
]


def _run(*arguments: object) -> Result:
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def brain(tmp_path: Path) -> Path:
    path = tmp_path / "random.onnx"
    path.write_bytes(brain_bytes())
    return path


@pytest.mark.usefixtures("whole")
def test_train_export_inspect_evaluate_duel(tmp_path: Path) -> None:
    folder, model = tmp_path / "run", tmp_path / "out" / "rookie.onnx"
    done = _run("train", RECIPE, "--out", folder, "--seed", 5, *SMALL, "--json", tmp_path / "train.json")
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "train.json").read_text())["status"] == "done"
    assert "seed = 5" in (folder / "recipe.toml").read_text()

    done = _run(
        "export", folder, "--out", model, "--matches", 16, "--companions", "--json", tmp_path / "export.json"
    )
    assert done.exit_code == 0, done.output
    assert "before export" in done.output
    assert (model.parent / "card.json").exists()

    done = _run("inspect", model, "--json", tmp_path / "inspect.json")
    assert done.exit_code == 0, done.output
    assert "ball_position" in done.output
    assert "Paddle rookie" in done.output
    assert json.loads((tmp_path / "inspect.json").read_text())["card"]["seed"] == 5

    done = _run(
        "evaluate",
        model,
        "--opponent",
        f"random,{model}",
        "--levels",
        "calm,fast",
        "--matches",
        20,
        "--json",
        tmp_path / "evaluate.json",
    )
    assert done.exit_code == 0, done.output
    rows = json.loads((tmp_path / "evaluate.json").read_text())["results"]
    assert [row["opponent"] for row in rows] == ["random", str(model)]
    assert all(row["matches"] == 20 and row["levels"] == "calm,fast" for row in rows)
    assert rows[0]["win_rate_low"] <= rows[0]["win_rate"] <= rows[0]["win_rate_high"]

    done = _run("duel", model, "tracker", "--matches", 10, "--json", tmp_path / "duel.json")
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "duel.json").read_text())["results"][0]["opponent"] == "tracker"

    done = _run("resume", folder, "--set", "budget.samples=5120")
    assert done.exit_code == 0, done.output
    assert "done: 5,120 samples" in done.output


def test_recipes_are_listed() -> None:
    done = _run("recipes")
    assert done.exit_code == 0
    for name in ("quick", "hunter", "sniper", "guardian"):
        assert name in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "quik"], "recipe 'quik': expected a .toml file or one of"),
        (["train", RECIPE, "--set", "ppo.gama=1"], "did you mean 'gamma'?"),
        (["train", RECIPE, "--env", "NoSuchGame-v0", "--out", "{tmp}/r"], "NoSuchGame-v0"),
        (["resume", "{tmp}"], "expected a run folder with run.json"),
        (["export", "{tmp}", "--out", "x.onnx"], "expected a run folder with run.json"),
        (["inspect", "{tmp}/none.onnx"], "brain 'none.onnx': expected an .onnx file, found no such file"),
        (["inspect", RECIPE], "expected an .onnx file, found .toml"),
        (["evaluate", "{brain}", "--opponent", ","], "--opponent: expected at least one bot or .onnx file"),
        (["evaluate", "{brain}", "--opponent", "still,wizard"], "opponent 'wizard': expected one of still"),
        (
            ["evaluate", "{brain}", "--env", ":X"],
            "expected an id as in 'Name-v0' or 'module:Name-v0', found ':X'",
        ),
        (
            ["evaluate", "{brain}", "--opponent", "wizard"],
            "opponent 'wizard': expected one of still, random, tracker",
        ),
        (
            ["evaluate", "{brain}", "--opponent", "random", "--levels", "moon"],
            "level 'moon': expected one of calm",
        ),
        (["duel", "random", "tracker"], "--env: expected an environment id for a duel of two bots"),
        (
            ["duel", "{brain}", "wizard", "--matches", "2"],
            "the environment says: opponent 'wizard': expected one of",
        ),
    ],
)
def test_mistakes_give_one_line_and_a_failing_exit_code(
    arguments: list[str], message: str, tmp_path: Path, brain: Path
) -> None:
    done = _run(*(argument.format(tmp=tmp_path, brain=brain) for argument in arguments))
    assert done.exit_code == 2, done.output
    assert message in done.output
    assert "Traceback" not in done.output
    assert len(done.output.strip().splitlines()) == 1


def test_a_brain_of_another_game_is_refused(tmp_path: Path, brain: Path) -> None:
    code = (
        "import gymnasium, numpy as np\n"
        "from tests.plugin_demo.paddle import PaddleVectorEnv\n"
        "class Other(PaddleVectorEnv):\n"
        "    def policy_contract(self):\n"
        "        return {**super().policy_contract(), 'tick_rate': 99}\n"
        "gymnasium.register('Other-v0', vector_entry_point=Other)\n"
        "from agents.cli import app\n"
        f"app(['evaluate', {str(brain)!r}, '--env', 'Other-v0', '--opponent', 'random', '--matches', '2'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip() == "error: brain 'random.onnx': expected tick rate 99, found 30"


@pytest.mark.parametrize(
    ("missing", "command"),
    [
        ("torch", ["train", RECIPE]),
        ("torch", ["resume", "x"]),
        ("stable_baselines3", ["train", RECIPE]),
        ("onnx", ["export", "x", "--out", "y.onnx"]),
    ],
)
def test_without_the_extra_the_command_says_what_to_install(
    missing: str, command: list[str], tmp_path: Path
) -> None:
    blocked = (
        "import sys, importlib.abc\n"
        "class Block(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        f"        if name.split('.')[0] == {missing!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Block())\n"
        f"from agents.cli import app; app({command!r})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", blocked], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert (
        done.stderr.strip() == f"error: this needs {missing}, which is not installed: pip install '.[train]'"
    )


def test_a_stopped_run_says_by_which_command_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agents import train as trainer

    def stopped(run: trainer.Run, **_: object) -> trainer.Run:
        run.facts["status"] = "stopped"
        return run

    monkeypatch.setattr(trainer, "train", stopped)
    game = typer.Typer()
    game.add_typer(app, name="agents")
    folder = tmp_path / "my run"
    for command, prefix, named in ((app, [], "agents"), (game, ["agents"], "bankshot agents")):
        arguments = [*prefix, "train", RECIPE, "--out", str(folder / named), *SMALL]
        done = RUNNER.invoke(command, arguments, prog_name=named.split()[0])
        assert done.exit_code == 130, done.output
        assert (
            f"error: stopped before its end; continue with: {named} resume '{folder / named}'" in done.output
        )


@pytest.mark.parametrize("brains", [None, ["ann", "bob"]], ids=["alone", "in a game"])
def test_a_player_who_is_nobody_is_told_what_may_stand_there(brain: Path, brains: list[str] | None) -> None:
    known = " a brain (ann, bob)" if brains else ""
    for line, said in (
        (["evaluate", str(brain), "--opponent", "random,wizard"], "opponent 'wizard': expected one of still"),
        (["duel", str(brain), "wizard"], "opponent 'wizard': expected one of still"),
        (["duel", "wizard", str(brain)], "opponent 'wizard': expected one of still"),
    ):
        done = RUNNER.invoke(app, line, obj={"brains": brains} if brains else None)
        assert done.exit_code == 2
        expected = f"error: opponent 'wizard': expected a bot of the environment{known and ','}{known} or an .onnx file;"
        assert done.output.startswith(f"{expected} the environment says: {said}"), done.output
        assert done.output.count("\n") == 1


def test_brains_whose_files_bear_the_same_name_are_told_apart(tmp_path: Path) -> None:
    data = brain_bytes()
    for names, shown in (
        (("mine/brain.onnx", "yours/brain.onnx"), ("mine", "yours")),
        (("mine/a.onnx", "yours/a.onnx"), (f"{tmp_path}/mine/a.onnx", f"{tmp_path}/yours/a.onnx")),
    ):
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        for line in (["duel", *paths], ["evaluate", paths[0], "--opponent", paths[1]]):
            done = _run(*line, "--matches", 2)
            assert done.exit_code == 0, done.output
            assert f"{shown[0]} vs {shown[1]} on default:" in done.output


def test_where_no_terminal_is_the_results_stand_alone(brain: Path) -> None:
    done = _run("evaluate", brain, "--opponent", "random", "--matches", 2)
    assert done.exit_code == 0, done.output
    assert [line.split()[0] for line in done.output.splitlines()] == ["random.onnx"]


def test_python_m_agents_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agents", "recipes"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "quick" in done.stdout
    done = subprocess.run(
        [sys.executable, "-m", "agents", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for command in ("train", "resume", "export", "inspect", "evaluate", "duel", "recipes"):
        assert command in done.stdout


def test_listing_and_inspecting_need_no_training_package(brain: Path) -> None:
    code = (
        "import sys\nfrom agents.cli import app\n"
        "for command in (['recipes'], ['inspect', sys.argv[1]], "
        "['evaluate', sys.argv[1], '--opponent', 'random', '--matches', '2']):\n"
        "    app(command, standalone_mode=False)\n"
        "print('HEAVY', sorted({'torch', 'stable_baselines3', 'onnx', 'matplotlib'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(brain)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "HEAVY []" in done.stdout
    assert DEMO in done.stdout
