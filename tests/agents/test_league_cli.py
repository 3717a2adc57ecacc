"""The league's commands on the demo game: made, run, added to, shown, drawn; bad input told in one line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agents.cli import app
from agents.league import open_league
from agents.match_ratings import Result
from agents.recipe_text import recipe_to_toml
from agents.runtime import load_brain
from tests.agents.helpers import brain_bytes, paddle_contract, small_recipe

RUNNER = CliRunner()


@pytest.fixture
def recipe(tmp_path: Path) -> str:
    path = tmp_path / "small.toml"
    made = small_recipe(
        selfplay={"enabled": True, "snapshot_every": 10_000, "bot_share": 0.5, "bots": {"tracker": 1.0}}
    )
    path.write_text(recipe_to_toml(made))
    return str(path)


def called(*arguments: object, code: int = 0) -> str:
    done = RUNNER.invoke(app, ["league", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done.output


def test_from_nothing_to_the_best(tmp_path: Path, recipe: str) -> None:
    folder, guest = tmp_path / "league", tmp_path / "guest.onnx"
    told = called(
        "new",
        folder,
        recipe,
        "--bots",
        "still,tracker",
        "--stage-samples",
        256,
        "--matches",
        4,
        "--no-exploiters",
    )
    assert f"{folder}: a league of still, tracker; main will be trained" in told
    assert "2 of 2 stages done" in called("run", folder, "--stages", 2)
    guest.write_bytes(brain_bytes())
    assert "guest plays in" in called("add", folder, guest)
    called("run", folder, "--stages", 0)
    picture, out, best = tmp_path / "payoff.png", tmp_path / "table.json", tmp_path / "best.onnx"
    shown = called("table", folder, "--plot", picture, "--json", out, "--export-best", best)
    rows = json.loads(out.read_text())["members"]
    assert {row["name"] for row in rows} == {"still", "tracker", "guest", "main-001", "main-002"}
    assert [row["mu"] for row in rows] == sorted((row["mu"] for row in rows), reverse=True)
    assert sum(row["equilibrium"] for row in rows) == pytest.approx(1)
    assert all(row["name"] in shown for row in rows)
    assert picture.read_bytes().startswith(b"\x89PNG")
    first = next(row["name"] for row in rows if row["name"].startswith("main"))
    assert load_brain(best, None).sha256 == load_brain(folder / "snapshots" / f"{first}.onnx", None).sha256
    assert open_league(folder).settings.learners == ["main"]


def test_bad_input_is_one_line(tmp_path: Path, recipe: str) -> None:
    folder = tmp_path / "league"
    for arguments, message in (
        (
            ("new", folder, recipe, "--bots", "trackr"),
            "opponent 'trackr': expected one of still, random, tracker",
        ),
        (("new", folder, "none.toml"), "none.toml"),
        (("run", folder), "expected a league's folder with league.toml"),
        (("table", folder), "expected a league's folder with league.toml"),
    ):
        assert message in called(*arguments, code=2)
    assert not folder.exists()
    called("new", folder, recipe, "--bots", "still")
    assert "already holds a league" in called("new", folder, recipe, "--bots", "still", code=2)
    assert "gone.onnx" in called("add", folder, tmp_path / "gone.onnx", code=2)
    (tmp_path / "main-001.onnx").write_bytes(brain_bytes())
    assert "no snapshot's name" in called("add", folder, tmp_path / "main-001.onnx", code=2)
    assert "expected a name that is free" in called(
        "add", folder, tmp_path / "main-001.onnx", "--name", "still", code=2
    )
    assert "expected a snapshot that has played" in called(
        "table", folder, "--export-best", tmp_path / "a.onnx", code=2
    )
    contract = paddle_contract()
    sonar = contract.slots[-1]._replace(name="sonar")
    other = replace(contract, slots=(*contract.slots[:-1], sonar))
    (tmp_path / "other.onnx").write_bytes(brain_bytes(contract=other))
    assert "other.onnx" in called("add", folder, tmp_path / "other.onnx", code=2)
    assert not list((folder / "brains").iterdir())
    assert "expected the environment of league" in called("run", folder, "--env", "CartPole-v1", code=2)
    open_league(folder).add_results([Result("gone", "still", "paddle", 1, 2, 1)])
    (tmp_path / "gone.onnx").write_bytes(brain_bytes())
    assert "expected a name that is free" in called("add", folder, tmp_path / "gone.onnx", code=2)


def test_a_stage_that_a_person_stops_is_an_interrupted_command(
    tmp_path: Path, recipe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "league"
    called("new", folder, recipe, "--bots", "still", "--stage-samples", 1024, "--matches", 4)
    monkeypatch.setattr("agents.train._Session._after_iteration", lambda self: False)
    told = called("run", folder, code=130)
    assert f"stopped in main-001, after 0 of 3 stages; continue with the same command ({folder})" in told
