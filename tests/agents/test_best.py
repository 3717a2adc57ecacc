"""The best checkpoint is kept, found and exported; a run that gets no better ends."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from agents.best import best_checkpoint, choose_best
from agents.checkpoint import checkpoint_policy, read_checkpoint
from agents.cli import app
from agents.curve import Curve, evaluations_since_best
from agents.errors import RecipeError, RunError
from agents.evaluate import MatchReport
from agents.export import export_run
from agents.parents import policy_from_brain
from agents.runtime import load_brain
from agents.seed_runs import train_seeds
from agents.train import Run, change_recipe, create_run, open_run, policy_from_run, train

from .helpers import quiet, small_recipe


def _scored(monkeypatch: pytest.MonkeyPatch, wins: list[int]) -> None:
    """Let evaluations, of 100 matches each, come to so many wins one after the other."""
    left = iter(wins)

    def measured(player: Any, env: str, opponent: str, **_: Any) -> MatchReport:
        won = next(left)
        return MatchReport("x", opponent, "", 100, won, 0, 0, 100 - won, 1.0, 1.0, 0, 0.0)

    monkeypatch.setattr("agents.train.measure", measured)


def _run(tmp_path: Path, **tables: Any) -> Run:
    recipe = small_recipe(
        **{"eval": {"every": 512, "opponents": ["tracker"]}, "checkpoint": {"every": 0, "keep": 1}, **tables}
    )
    return train(create_run(tmp_path / "run", recipe), quiet())


def test_the_best_checkpoint_stays_and_is_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _scored(monkeypatch, [10, 40, 20, 30, 35])  # four in training, the last once more after it
    run = _run(tmp_path)
    names = sorted(int(path.stem) for path in run.checkpoints.iterdir())
    assert names == [1024, 2048]
    out = tmp_path / "best.onnx"
    done = CliRunner().invoke(app, ["export", str(run.folder), "--out", str(out), "--best", "--matches", "0"])
    assert done.exit_code == 0, done.output
    assert "000000001024: the best of 4 evaluations, 40.0 % wins" in done.output
    brain = policy_from_brain(out)
    wanted = checkpoint_policy(run.checkpoints / "000000001024.safetensors")
    assert np.array_equal(brain.tensors["action_net.weight"], wanted["action_net.weight"])
    assert brain.stages[0]["samples"] == 1024
    newest = tmp_path / "newest.onnx"
    assert (
        CliRunner().invoke(app, ["export", str(run.folder), "--out", str(newest), "--matches", "0"]).exit_code
        == 0
    )
    assert policy_from_brain(newest).stages[0]["samples"] == 2048


def test_an_older_checkpoint_does_not_claim_the_evaluation_of_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agents.runtime import load_brain

    _scored(monkeypatch, [10, 40, 20, 30, 35])
    run = _run(tmp_path)
    results = []
    for name in ("1024", "2048"):
        out = tmp_path / f"{name}.onnx"
        done = CliRunner().invoke(
            app, ["export", str(run.folder), "--out", str(out), "--checkpoint", name, "--matches", "0"]
        )
        assert done.exit_code == 0, done.output
        results.append([row["wins"] for row in load_brain(out, None).card.evaluation])
    assert results == [[], [35]]


def test_of_equally_good_ones_the_newest_is_the_best(tmp_path: Path) -> None:
    for samples in (100, 200, 300):
        (tmp_path / f"{samples:012d}.safetensors").touch()
    (tmp_path / "odd.safetensors").touch()
    best = best_checkpoint({100: 0.5, 200: 0.5, 400: 0.9}, tmp_path)
    assert best is not None
    assert best.stem == "000000000200"
    assert best_checkpoint({}, tmp_path) is None


def test_a_better_evaluation_whose_checkpoint_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _scored(monkeypatch, [10, 40, 20, 30, 35])
    run = _run(tmp_path)
    (run.checkpoints / "000000001024.safetensors").unlink()
    assert choose_best(run).endswith(
        "35.0 % wins (that at 1,024 samples was better, 40.0 % wins, and its checkpoint is gone)"
    )
    (run.folder / "curve.json").unlink()
    with pytest.raises(RunError, match="--best: expected a checkpoint that was evaluated"):
        choose_best(run)


def test_the_panel_chooses_too(tmp_path: Path) -> None:
    run = _run(tmp_path, checkpoint={"every": 1024, "keep": 2}, eval={"every": 0, "num_envs": 8})
    out = tmp_path / "best.onnx"
    arguments = [
        "export",
        str(run.folder),
        "--out",
        str(out),
        "--best",
        "--panel",
        "--panel-matches",
        "4",
        "--matches",
        "0",
    ]
    report = tmp_path / "report.json"
    done = CliRunner().invoke(app, [*arguments, "--json", str(report)])
    assert done.exit_code == 0, done.output
    shares = {
        line.split(":")[0]: float(line.split(":")[1].split("%")[0])
        for line in done.output.splitlines()
        if line.endswith("of the panel's matches") and "best" not in line
    }
    assert list(shares) == ["000000001024", "000000002048"]
    found = json.loads(report.read_text())
    assert shares[found["checkpoint"]] == max(shares.values())
    rows = load_brain(out, None).card.evaluation
    assert rows == found["panel"]
    assert {row["match"] for row in rows} == {"calm", "fast, left"}
    assert all(row["matches"] == 4 for row in rows)


@pytest.mark.slow
def test_the_panel_of_the_newest_checkpoint_stands_in_the_card_behind_the_evaluation(tmp_path: Path) -> None:
    run = _run(tmp_path, budget={"samples": 512}, eval={"every": 0, "num_envs": 8})
    export_run(run, tmp_path / "x.onnx", matches=2, panel_matches=2)
    rows = load_brain(tmp_path / "x.onnx", None).card.evaluation
    kinds = ["match" in row for row in rows]
    assert kinds == sorted(kinds)
    assert set(kinds) == {True, False}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--best", "--checkpoint", "1024"], "--checkpoint: expected no --best with it"),
        (["--checkpoint", "7"], "--checkpoint: expected one of 0000"),
    ],
)
def test_what_contradicts_itself_is_one_line(tmp_path: Path, options: list[str], message: str) -> None:
    run = _run(tmp_path, eval={"every": 0}, budget={"samples": 512})
    done = CliRunner().invoke(app, ["export", str(run.folder), "--out", str(tmp_path / "x.onnx"), *options])
    assert done.exit_code == 2
    assert message in done.output


def test_a_run_ends_when_it_gets_no_better_and_goes_on_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _scored(monkeypatch, [10, 40, 40, 30, 25, 50, 50, 50])
    run = _run(tmp_path, budget={"samples": 3072, "patience": 2})
    assert (run.facts["status"], run.facts["samples"]) == ("done", 2048)
    assert run.facts["ended"]["by"] == "budget.patience (2 evaluations without a better one)"
    change_recipe(run, ["budget.patience=0"])
    assert train(open_run(run.folder), quiet()).facts["samples"] == 3072


def test_patience_counts_from_what_was_better() -> None:
    counted = [
        evaluations_since_best(dict(enumerate(scores)))
        for scores in ([], [1.0], [1, 2], [2, 1, 2], [1, 2, 0, -1])
    ]
    assert counted == [0, 0, 0, 2, 2]


def test_scores_are_those_of_the_recipes_opponents() -> None:
    rows = [
        {"samples": 1.0, "win_rate_vs_a": 0.25, "win_rate_vs_b": 0.75},
        {"samples": 2.0, "win_rate_vs_a": 1.0},
        {"samples": 3.0, "evaluated_return": -7.0},
    ]
    curve = Curve(rows)
    assert curve.scores(["a", "b"]) == {1: 0.5}
    assert curve.scores(["a"]) == {1: 0.25, 2: 1.0}
    assert curve.scores([]) == {3: -7.0}


def test_patience_needs_evaluations() -> None:
    with pytest.raises(RecipeError, match=r"\[budget\] patience: expected \[eval\] every above 0"):
        small_recipe(budget={"patience": 3})
    with pytest.raises(RecipeError, match=r"\[budget\] patience: expected \[eval\] opponents"):
        small_recipe(
            budget={"patience": 3}, eval={"every": 1}, selfplay={"enabled": True, "bots": {"tracker": 1.0}}
        )


class _Killed(BaseException):
    """The process ends here."""


def test_a_run_that_was_killed_in_its_last_evaluation_is_not_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = small_recipe(eval={"every": 0, "opponents": ["tracker"], "matches": 8, "num_envs": 8})
    whole = train_seeds(tmp_path / "whole", recipe, [3])

    def killed(*_: Any, **__: Any) -> None:
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr("agents.train.measure", killed)
        with pytest.raises(_Killed):
            train_seeds(tmp_path / "cut", recipe, [3])
    facts = open_run(tmp_path / "cut" / "seed-3").facts
    assert (facts["status"], "evaluation" in facts) == ("evaluating", False)
    (row,) = train_seeds(tmp_path / "cut", recipe, [3])
    assert (row.status, row.last, row.samples) == ("done", whole[0].last, whole[0].samples)
    assert row.last is not None
    assert "best of 1 evaluations" in choose_best(open_run(tmp_path / "cut" / "seed-3"))


def test_who_asked_for_the_end_is_remembered_by_the_run_that_is_still_evaluated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(tmp_path / "run", small_recipe(eval={"opponents": ["tracker"], "matches": 8}))

    def killed(*_: Any, **__: Any) -> None:
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr("agents.train.measure", killed)
        with pytest.raises(_Killed):
            train(run, quiet(), listeners={"the sweep": lambda told: False})
    again = train(open_run(run.folder), quiet())
    assert (again.facts["samples"], again.facts["ended"]["by"]) == (512, "the callback the sweep")


def test_a_run_that_goes_on_from_an_older_checkpoint_leaves_the_other_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = small_recipe(
        eval={"every": 512, "opponents": ["tracker"], "matches": 8}, checkpoint={"every": 512, "keep": 9}
    )
    run = train(create_run(tmp_path / "run", recipe), quiet())
    assert open_run(run.folder).facts["evaluation"]
    other = open_run(run.folder)
    other.choose("1024")

    def killed(self: Any, *_: Any, **__: Any) -> None:
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr("agents.learner.MaskedPPO.learn", killed)
        with pytest.raises(_Killed):
            train(other, quiet())
    facts = open_run(run.folder).facts
    assert facts["checkpoint"] == "000000001024.safetensors"
    assert "evaluation" not in facts, "it was of the policy at 2,048 samples"
    assert sorted(path.stem for path in run.checkpoints.glob("*.safetensors")) == [
        "000000000512",
        "000000001024",
    ]
    assert len(list((run.checkpoints / "abandoned").iterdir())) == 2
    again = open_run(run.folder)
    change_recipe(again, ["checkpoint.keep=2", "budget.samples=1536"])
    train(again, quiet())
    (run.checkpoints / "000000001536.safetensors").write_bytes(b"")
    damaged = open_run(run.folder)
    assert damaged.restore(read_checkpoint)[1]["samples"] == 1024, "none of the course that was left"


def test_a_new_run_takes_over_nothing_of_one_that_was_never_trained(tmp_path: Path) -> None:
    first = train(create_run(tmp_path / "first", small_recipe(budget={"samples": 512})), quiet())
    create_run(tmp_path / "second", small_recipe(), policy_from_run(first.folder))
    assert (tmp_path / "second" / "initial.safetensors").exists()
    create_run(tmp_path / "second", small_recipe())
    assert not (tmp_path / "second" / "initial.safetensors").exists()
