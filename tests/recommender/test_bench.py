"""The bench: the form of every other bench, and the plot of the scale."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from recommender.commands import root as cli
from recommender.evaluation import bench
from recommender.models.online import OnlineModel


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "LARGE", (30, 40, 10))
    monkeypatch.setattr(bench, "SMALL", (10, 20, 5))
    monkeypatch.setattr(bench, "LEVELS", 30)
    monkeypatch.setattr(bench, "ITEM_PATH_PLAYERS", 40)
    monkeypatch.setattr(bench.run_bench, "__defaults__", (lambda line: None, 20))
    monkeypatch.setattr(bench.run_scale, "__defaults__", (lambda line: None, (20, 40), 20))


@pytest.mark.usefixtures("tiny")
def test_the_report_has_the_form_of_every_bench(tmp_path: Path) -> None:
    target = tmp_path / "bench.json"
    result = CliRunner().invoke(cli.app, ["bench", "--json", str(target)])
    assert result.exit_code == 0, result.output
    report = json.loads(target.read_text())
    assert set(report) == {"schema", "version", "machine", "seconds", "results"}
    rows = {row["name"]: row for row in report["results"]}
    for name in ("online_943x1682_ms", "online_50x200_ms", "item_path_500_ms"):
        assert rows[name]["unit"] == "ms"
        assert rows[name]["count"] == 20
        assert 0 < rows[name]["p50"] <= rows[name]["p99"]
    assert rows["fit_bare_s"]["value"] >= 0


@pytest.mark.usefixtures("tiny")
def test_the_scale_is_a_table_and_a_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture, target = tmp_path / "scale.png", tmp_path / "scale.json"
    result = CliRunner().invoke(cli.app, ["bench", "--scale", "--plot", str(picture), "--json", str(target)])
    assert result.exit_code == 0, result.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    states = [row for row in json.loads(target.read_text())["results"] if row["name"] == "scale_state_mb"]
    assert [row["players"] for row in states] == [20, 40]
    assert set(states[0]["parts"]) == {"ratings", "biases", "items", "players"}


def test_a_plot_needs_the_scale(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.app, ["bench", "--plot", str(tmp_path / "x.png")])
    assert result.exit_code == 2
    assert "--plot needs --scale" in result.output


def test_made_ratings_have_their_shape_and_no_pair_twice() -> None:
    ratings = bench.synthetic(200, 50, 10)
    pairs = ratings.player.astype(int) * 50 + ratings.item
    assert len(np.unique(pairs)) == len(ratings)
    assert 6 < len(ratings) / 200 < 12
    assert ratings.stars.min() >= 1
    assert ratings.stars.max() <= 5


def test_players_beyond_the_cohort_cost_only_their_ratings() -> None:
    from recommender.models.online import OnlineSettings

    chosen = OnlineSettings(cohort=50, seats=10)
    small, large = (OnlineModel.of(bench.synthetic(count, 40, 8), chosen) for count in (100, 1000))
    for model in (small, large):
        for player in model.players[:30]:
            model.top(player)
    assert small.nbytes["players"] == large.nbytes["players"]
    assert small.nbytes["items"] == large.nbytes["items"]
    assert large.nbytes["ratings"] > 5 * small.nbytes["ratings"]
