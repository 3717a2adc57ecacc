"""The bench: the form of every other bench, the product measured, and the plot of the scale."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from recommender.commands import root as cli
from recommender.evaluation import bench, bench_scale
from recommender.evaluation.bench import run_bench
from recommender.store import Store


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "LARGE", (30, 40, 10))
    monkeypatch.setattr(bench, "SMALL", (10, 20, 5))
    monkeypatch.setattr(bench, "SCALE_ITEMS", 30)
    monkeypatch.setattr(bench, "SCALE_EACH", 10)
    monkeypatch.setattr(bench.run_bench, "__defaults__", (lambda line: None, 20))
    monkeypatch.setattr(bench.run_scale, "__defaults__", (lambda line: None, (300,), 10))


@pytest.mark.usefixtures("tiny")
def test_the_report_has_the_form_of_every_bench(tmp_path: Path) -> None:
    target = tmp_path / "bench.json"
    result = CliRunner().invoke(cli.app, ["bench", "--json", str(target)])
    assert result.exit_code == 0, result.output
    report = json.loads(target.read_text())
    assert set(report) == {"schema", "version", "machine", "seconds", "results"}
    rows = {row["name"]: row for row in report["results"]}
    for name in ("rate_943x1682_ms", "play_943x1682_ms", "rate_50x200_ms", "play_50x200_ms"):
        assert rows[name]["unit"] == "ms"
        assert rows[name]["count"] == 20
        assert 0 < rows[name]["p50"] <= rows[name]["p99"] <= rows[name]["max"]
        assert rows[name]["open_seconds"] > 0
        assert rows[name]["first_list_ms"] > 0
    assert rows["fit_bare_s"]["value"] >= 0


@pytest.mark.usefixtures("tiny")
def test_the_scale_is_a_table_and_a_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture, target = tmp_path / "scale.png", tmp_path / "scale.json"
    result = CliRunner().invoke(cli.app, ["bench", "--scale", "--plot", str(picture), "--json", str(target)])
    assert result.exit_code == 0, result.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    opened = [row for row in json.loads(target.read_text())["results"] if row["name"] == "scale_open_s"]
    assert [row["ratings"] for row in opened] == [300]
    for row in opened:
        assert 0 < row["before_mb"] <= row["peak_mb"]
        assert 0.9 * row["ratings"] < row["others_ratings"] <= row["ratings"]


def test_what_is_timed_is_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round writes a record, asks for ten with their reasons, and logs what was shown."""
    kept: list[Store] = []
    make = bench.Store
    monkeypatch.setattr(bench, "Store", lambda path: kept.append(make(path)) or kept[-1])
    monkeypatch.setattr(bench, "FITTED", ())
    monkeypatch.setattr(bench, "LARGE", (20, 40, 8))
    monkeypatch.setattr(bench, "SMALL", (10, 30, 5))
    run_bench(rounds=7)
    assert len(kept) == 4
    for store, event in zip(kept, ("rate", "play", "rate", "play"), strict=True):
        before = 0 if event == "rate" else len(store.plays()) - len(store.plays("player 0"))
        assert len(store.shown("player 0")) == 10 * 8  # the first list too
        assert len(store.rating_history("player 0") if event == "rate" else store.plays("player 0")) >= 7
        assert before >= 0


def test_a_store_of_the_asked_size_is_written(tmp_path: Path) -> None:
    bench_scale.write_store(str(tmp_path / "one.sqlite"), 500, 30, 10)
    store = Store(tmp_path / "one.sqlite")
    assert len(store.ratings()) == 500
    assert len(store.items()) == 30
    store.close()


def test_a_plot_needs_the_scale(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.app, ["bench", "--plot", str(tmp_path / "x.png")])
    assert result.exit_code == 2
    assert "--plot: expected --scale with it, found none" in result.output


def test_made_ratings_have_their_shape_and_no_pair_twice() -> None:
    ratings = bench.synthetic(200, 50, 10)
    pairs = ratings.player.astype(int) * 50 + ratings.item
    assert len(np.unique(pairs)) == len(ratings)
    assert 6 < len(ratings) / 200 < 12
    assert ratings.stars.min() >= 1
    assert ratings.stars.max() <= 5
