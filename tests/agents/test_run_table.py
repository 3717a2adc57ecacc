"""Runs side by side, and the same training with several seeds."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from agents.cli import app
from agents.errors import RecipeError, RunError
from agents.recipe_text import recipe_to_toml
from agents.run_table import differences, draw_curves, groups, run_row, run_rows, summary, table_cells
from agents.seed_runs import seeds_of, train_seeds
from agents.tensors import load_tensors
from agents.train import change_recipe, create_run, open_run, policy_from_run, train

from .helpers import quiet, small_recipe

EVALUATED = {"every": 512, "opponents": ["still"], "matches": 8, "num_envs": 8}


def _command(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two seeds of one recipe, and one run of another."""
    folder = tmp_path_factory.mktemp("runs")
    recipes = {
        "first": small_recipe(seed=1, eval=EVALUATED),
        "second": small_recipe(seed=2, eval=EVALUATED),
        "other": small_recipe(seed=1, eval=EVALUATED, ppo={"gamma": 0.9}, title="other"),
    }
    for name, recipe in recipes.items():
        train(create_run(folder / name, recipe), quiet())
    return [folder / name for name in recipes]


def test_a_row_says_what_a_run_cost_and_came_to(trained: list[Path]) -> None:
    row, run = run_row(trained[0]), open_run(trained[0])
    assert (row.name, row.status, row.samples) == ("first", "done", 2048)
    assert row.seconds == run.facts["seconds"]
    assert row.cpu_seconds == run.facts["ended"]["cpu_seconds"]
    assert sorted(row.scores) == [512, 1024, 1536, 2048]
    assert row.last == run.facts["evaluation"][0]["win_rate"]
    assert row.best == max(row.scores.values())
    assert row.scores[row.best_at or 0] == row.best
    spent = [point["cpu_seconds"] for point in row.rows]
    assert spent == sorted(spent)
    assert 0 < spent[0] < spent[-1] <= row.cpu_seconds


def test_what_differs_and_what_belongs_together(trained: list[Path]) -> None:
    rows = run_rows(trained)
    assert differences(rows) == {"seed": [1, 2, 1], "ppo.gamma": [0.99, 0.99, 0.9]}
    assert [[row.name for row in group] for group in groups(rows)] == [["first", "second"], ["other"]]
    found = summary(rows[:2])
    lasts = [row.last or 0.0 for row in rows[:2]]
    assert found["last"]["mean"] == pytest.approx(sum(lasts) / 2)
    assert found["last"]["spread"] == pytest.approx(abs(lasts[0] - lasts[1]) / math.sqrt(2))
    _, cells = table_cells(rows)
    assert [line[0] for line in cells] == ["first", "second", "mean ± spread of 2 seeds", "other"]


def test_runs_of_the_same_name_are_told_apart_by_their_paths(tmp_path: Path, trained: list[Path]) -> None:
    again = tmp_path / "first"
    train(create_run(again, small_recipe(budget={"samples": 512})), quiet())
    assert [row.name for row in run_rows([trained[0], again])] == [str(trained[0]), str(again)]


def test_a_run_of_an_older_build_is_compared_too(tmp_path: Path, trained: list[Path]) -> None:
    """Without processor time in its curve, and with its last evaluation in `run.json` alone."""
    for name in ("run.json", "recipe.toml", "curve.json"):
        (tmp_path / name).write_bytes((trained[0] / name).read_bytes())
    curve = json.loads((tmp_path / "curve.json").read_text())
    for point in curve["rows"]:
        del point["cpu_seconds"]
    del curve["rows"][-1]["win_rate_vs_still"]
    (tmp_path / "curve.json").write_text(json.dumps(curve))
    row = run_row(tmp_path)
    assert row.scores == run_row(trained[0]).scores
    assert row.cpu_seconds
    draw_curves([row], tmp_path / "curves.png")


def test_compare_prints_draws_and_writes(tmp_path: Path, trained: list[Path]) -> None:
    picture, file = tmp_path / "curves.png", tmp_path / "table.json"
    done = _command("compare", *trained, "--plot", picture, "--json", file)
    assert done.exit_code == 0, done.output
    for word in ("first", "mean ± spread of 2 seeds", "ppo.gamma", "0.9"):
        assert word in done.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    found = json.loads(file.read_text())
    assert [row["name"] for row in found["runs"]] == ["first", "second", "other"]
    assert found["differences"]["ppo.gamma"] == [0.99, 0.99, 0.9]
    assert [group["names"] for group in found["groups"]] == [["first", "second"], ["other"]]
    assert "the recipes do not differ" in _command("compare", trained[0], trained[0]).output
    assert _command("compare", tmp_path).exit_code == 2


@pytest.mark.parametrize(
    ("text", "seeds"), [("3", [7, 8, 9]), ("1,2, 5", [1, 2, 5]), ("4,", [4]), ("0,9", [0, 9])]
)
def test_seeds_are_a_number_or_a_list(text: str, seeds: list[int]) -> None:
    assert seeds_of(text, 7) == seeds


@pytest.mark.parametrize("text", ["", "0", "1,1", "x", "1;2", "-1,2", "9999999", f"1,{2**31}", "1.5", ","])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(RecipeError, match="--seeds: expected how many"):
        seeds_of(text, 7)


def test_several_seeds_train_one_after_the_other_and_go_on_where_they_were_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tmp_path / "small.toml"
    recipe.write_text(recipe_to_toml(small_recipe(eval=EVALUATED | {"every": 0})), encoding="utf-8")
    folder, file = tmp_path / "all", tmp_path / "seeds.json"
    command = ["train", recipe, "--seeds", "2", "--out", folder, "--json", file]

    def stopped(run: Any, **settings: Any) -> Any:
        if run.recipe.seed == 4:
            run.facts["status"] = "stopped"
            return run
        return train(run, quiet(), **settings)

    with monkeypatch.context() as patched:
        patched.setattr("agents.seed_runs.train", stopped)
        done = _command(*command)
    assert done.exit_code == 130
    assert "stopped after 1 of 2 seeds; continue with the same command" in done.output
    first = (folder / "seed-3" / "run.json").read_bytes()
    done = _command(*command)
    assert done.exit_code == 0, done.output
    assert "mean ± spread of 2 seeds" in done.output
    assert (folder / "seed-3" / "run.json").read_bytes() == first, "what is done is not done again"
    found = json.loads(file.read_text())
    assert [row["seed"] for row in found["runs"]] == [3, 4]
    assert found["summary"] == json.loads((folder / "summary.json").read_text())["summary"]
    alone = train(
        create_run(tmp_path / "alone", small_recipe(seed=4, eval=EVALUATED | {"every": 0})), quiet()
    )
    weights = [
        load_tensors(run.latest())[0]["policy/action_net.weight"]
        for run in (alone, open_run(folder / "seed-4"))
    ]
    assert weights[0].tobytes() == weights[1].tobytes()


def test_a_folder_of_another_recipe_is_not_gone_on_with(tmp_path: Path) -> None:
    short = small_recipe(budget={"samples": 512})
    train_seeds(tmp_path, short, [3])
    with pytest.raises(
        RunError, match="seed-3: holds a run of another recipe; choose another folder with --out"
    ):
        train_seeds(tmp_path, small_recipe(budget={"samples": 512}, ppo={"gamma": 0.5}), [3])
    with pytest.raises(RunError, match="seed-3: holds a run of another recipe"):
        train_seeds(tmp_path, small_recipe(budget={"samples": 512}, ppo={"gamma": 0.5}), [1, 2, 3])
    assert not (tmp_path / "seed-1").exists(), "it is told before anything is trained"


def test_seeds_of_another_parent_are_not_gone_on_with_nor_averaged(tmp_path: Path) -> None:
    short = small_recipe(budget={"samples": 512})
    parents = [
        policy_from_run(train(create_run(tmp_path / f"p{seed}", replace(short, seed=seed)), quiet()).folder)
        for seed in (8, 9)
    ]
    train_seeds(tmp_path / "all", short, [3], parent=parents[0])
    assert len(train_seeds(tmp_path / "all", short, [3], parent=parents[0])) == 1
    for other in (parents[1], None):
        with pytest.raises(RunError, match="seed-3: holds a run that began with another policy"):
            train_seeds(tmp_path / "all", short, [3, 4], parent=other)
    train_seeds(tmp_path / "bare", short, [4])
    rows = run_rows([tmp_path / "all" / "seed-3", tmp_path / "bare" / "seed-4"])
    assert [len(group) for group in groups(rows)] == [1, 1]
    assert differences(rows) == {"seed": [3, 4], "began with": ["small (512)", None]}


def test_the_order_of_keywords_makes_no_other_recipe(tmp_path: Path) -> None:
    for number, kwargs in enumerate(({"levels": "calm", "wind": 1}, {"wind": 1, "levels": "calm"})):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "run.json").write_text('{"version": 1}')
        text = recipe_to_toml(small_recipe(seed=number, env={"kwargs": kwargs}))
        (folder / "recipe.toml").write_text(text, encoding="utf-8")
    rows = run_rows([tmp_path / "0", tmp_path / "1"])
    assert differences(rows) == {"seed": [0, 1]}
    assert len(groups(rows)) == 1


def test_the_cost_of_a_run_that_goes_on_is_not_that_of_its_last_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(create_run(tmp_path / "run", small_recipe(budget={"samples": 512})), quiet())
    first = run_row(run.folder).cpu_seconds or 0.0

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    again = open_run(run.folder)
    change_recipe(again, ["budget.samples=4096", "checkpoint.every=512"])
    monkeypatch.setattr("agents.train._Session._end", killed)
    with pytest.raises(KeyboardInterrupt):
        train(again, quiet())
    row = run_row(run.folder)
    assert (row.status, row.samples) == ("running", 4096)
    assert row.cpu_seconds == max(point["cpu_seconds"] for point in row.rows) > first
