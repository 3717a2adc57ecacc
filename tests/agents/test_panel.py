"""The panel: every opponent that a game names, in every kind of match that it names, in one table."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from agents.cli import app
from agents.errors import EnvRefused
from agents.evaluate import Player, duel
from agents.match_panel import PanelReport, panel_of, play_panel
from tests.agents.helpers import DEMO, brain_bytes
from tests.plugin_demo.paddle import BOTS, PaddleVectorEnv


def tracker(observations: Any) -> Any:
    """Logits of a bat that always follows the ball."""
    gap = observations[:, 3] - observations[:, 0]
    logits = np.full((len(observations), 5), -9.0, np.float32)
    logits[np.arange(len(gap)), np.where(gap < -0.08, 1, np.where(gap > 0.08, 2, 0))] = 9.0
    logits[:, 3] = 9.0
    return logits


def played(**more: Any) -> PanelReport:
    return play_panel(
        Player("tracker", tracker), panel_of(DEMO, {}), matches=12, num_worlds=6, seed=3, kwargs={}, **more
    )


def test_every_opponent_meets_the_policy_in_every_kind_of_match() -> None:
    told: list[tuple[str, str]] = []
    report = played(on_result=lambda title, result: told.append((title, result.opponent)))
    assert told == [(title, bot) for title in ("calm", "fast, left") for bot in BOTS]
    assert {result.matches for result in report.results.values()} == {12}
    assert report.results["calm", "still"].win_rate > 0.9
    assert report.mean("calm") == pytest.approx(
        np.mean([report.results["calm", bot].win_rate for bot in BOTS])
    )
    table = report.table()
    assert [row[0] for row in table] == [*BOTS, "mean"]
    assert table[0][1] == "100"
    assert report.to_dict()["means"].keys() == {"calm", "fast, left"}


def test_a_side_is_held_in_all_matches() -> None:
    """The left bat alone: the same matches as the first half of both sides in turn."""
    both = duel(Player("a", tracker), Player("still"), DEMO, matches=8, num_worlds=4, seed=3)
    left = duel(Player("a", tracker), Player("still"), DEMO, matches=4, num_worlds=4, seed=3, side=0)
    right = duel(Player("a", tracker), Player("still"), DEMO, matches=4, num_worlds=4, seed=3, side=1)
    assert both.wins == left.wins + right.wins
    assert both.matches == 8
    with pytest.raises(EnvRefused, match=r"expected teams \[0, 1\], found 7"):
        duel(Player("a", tracker), Player("still"), DEMO, matches=4, seed=3, side=7)


def test_time_outs_stand_in_brackets() -> None:
    report = played()
    result = report.results["calm", "still"]
    late = type(result)(**{**vars(result), "wins": 6, "losses": 0, "draws": 0, "timeouts": 6})
    assert PanelReport("a", report.rows, {("calm", "still"): late}).table()[0] == ["still", "50 (50)", "-"]


def test_the_command_prints_the_table(tmp_path: Path) -> None:
    brain, out = tmp_path / "a.onnx", tmp_path / "panel.json"
    brain.write_bytes(brain_bytes())
    runner = CliRunner()
    arguments = ["evaluate", str(brain), "--env", DEMO, "--matches", "2", "--rows", "2"]
    done = runner.invoke(app, [*arguments, "--panel", "--json", str(out)])
    assert done.exit_code == 0, done.output
    assert "a.onnx against" in done.output
    assert len(json.loads(out.read_text())["panel"]["results"]) == 2 * len(BOTS)
    done = runner.invoke(app, [*arguments, "--panel", "--opponent", "still"])
    assert (done.exit_code, "--panel: expected no --opponent" in done.output) == (2, True)


@pytest.mark.parametrize("given", [[{"title": "a"}], [3], None])
def test_a_panel_of_another_form_is_refused(given: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PaddleVectorEnv, "panel", lambda self: given)
    with pytest.raises(EnvRefused, match="expected panel\\(\\) as rows of title, env and opponents"):
        panel_of(DEMO, {})


def test_an_env_without_a_panel_is_refused() -> None:
    with pytest.raises(EnvRefused, match="expected panel\\(\\) for --panel, found none"):
        panel_of("CartPole-v1", {})
