"""The whole evaluation on made ratings, and its command."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from recommender.commands.root import app
from recommender.errors import RatingsRefused
from recommender.evaluation import lineup, peers
from recommender.evaluation.communities import CommunityTable
from recommender.evaluation.lineup import FitSettings
from recommender.evaluation.offers import MeasurePlan, lists_at_once, lists_in_turn
from recommender.evaluation.product import PRODUCT, REFITTED
from recommender.evaluation.protocols import Split, surprise5, time_windows
from recommender.evaluation.report import EvaluationReport, ModelMetrics
from recommender.evaluation.run import evaluate
from recommender.models.factors import FactorSettings
from recommender.records.ratings import Ratings
from recommender.records.side_tables import SideData
from tests.recommender.made import made_ratings

GRID: dict[str, tuple[float, ...]] = {"damping": (1.0, 2.0)}
QUICK = (FactorSettings(rank=4, sweeps=30, burn=10, every=2, directions=10),)
KEYS = ["popularity", "biases", "bare", "robust", "blend", "full"]
ARTICLE = ["article", "article-nearest"]
LISTED = [*KEYS, *ARTICLE, PRODUCT, REFITTED, "ease", "ease, chosen", "recent ease"]


@pytest.fixture(autouse=True)
def _without_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "installed", lambda: False)
    monkeypatch.setattr(lineup, "CHAINS", QUICK)
    for kind in lineup.NEIGHBOURS:
        monkeypatch.setattr(kind, "GRID", GRID)


@pytest.fixture(scope="module")
def report() -> EvaluationReport:
    return evaluate(made_ratings(40, 30, 15)[0], "surprise5", name="made", fitting=FitSettings(QUICK))


def of(report: EvaluationReport, model: str) -> ModelMetrics:
    return next(row for row in report.models if row.model == model)


def test_every_key_is_reported_and_the_full_stack_beats_biases(report: EvaluationReport) -> None:
    assert {*KEYS, *ARTICLE, PRODUCT, REFITTED} <= {row.model for row in report.models}
    full, biases = of(report, "full").rmse, of(report, "biases").rmse
    assert full is not None
    assert biases is not None
    assert full < 0.9 * biases


def test_weights_and_settings_that_were_chosen_are_told(report: EvaluationReport) -> None:
    assert set(of(report, "full").chosen) == {"robust", "player-residuals", "item-residuals", "factors 1"}
    assert "shrinkage" in of(report, "robust").chosen
    assert len(of(report, "bare").rmse_folds) == 5


def test_stars_that_are_judged_by_change_nothing_that_is_learned() -> None:
    ratings, _ = made_ratings(40, 30, 15)
    rows, judged = surprise5(len(ratings))[0]

    def weights(changed: NDArray[np.intp]) -> dict[str, float]:
        stars = ratings.stars.copy()
        stars[changed] = 6 - stars[changed]
        other = replace(ratings, stars=stars)
        fitted = lineup.RatingModels(
            other[rows], SideData(), lambda label, units: None, FitSettings(QUICK)
        ).fit()
        return fitted.blends["full"].weights

    assert weights(judged) == weights(judged[:0])
    assert weights(rows[:100]) != weights(judged[:0])  # the twin: what is learned from does matter


def test_leave_last_out_reports_hits_beside_popularity_and_ease_and_counts_its_leak() -> None:
    steps: list[float] = []
    found = evaluate(
        made_ratings(40, 30, 15)[0],
        "leave-last-out",
        name="made",
        fitting=FitSettings(QUICK),
        progress=lambda label, done, every: steps.append(done / every),
    )
    assert {*LISTED, "stars alone", "factors 1"} == {row.model for row in found.models} - {
        "player-residuals",
        "item-residuals",
    }
    for row in found.models:
        assert row.hr10 is not None
        assert 0 <= row.hr10 <= 1
        assert row.coverage
        assert row.intervals["hr10"].low <= row.hr10 <= row.intervals["hr10"].high
    assert of(found, "recent ease").chosen["together"] in (5.0, 10.0, 20.0)
    assert of(found, "ease").chosen["penalty"] == 250
    assert steps == sorted(steps)
    assert steps[-1] == pytest.approx(1.0)
    assert set(found.leak) == {"later", "tied", "one_hour"}
    assert found.notes[0].startswith("leave-last-out leaks: ")


def test_without_timestamps_leave_last_out_says_what_decides() -> None:
    ratings, _ = made_ratings(20, 20, 10)
    untimed = replace(ratings, time=np.zeros(len(ratings)))
    found = evaluate(untimed, "leave-last-out", name="made", fitting=FitSettings(()), product=False)
    assert found.notes[0].startswith("no timestamps: the order of the rows decides")
    assert not found.leak
    assert "recent ease" not in {row.model for row in found.models}


@pytest.mark.parametrize("targets", ["all", "successive"])
def test_global_time_reports_warm_and_cold_players_apart(targets: str) -> None:
    ratings = spread(16)
    found = evaluate(
        ratings,
        "global-time",
        name="made",
        fitting=FitSettings(()),
        product=False,
        targets=targets,
        cuts=(0.4, 0.7),
    )
    models = {row.model for row in found.models}
    stars = {"biases", "bare", "robust", "blend", "full", *ARTICLE}
    listed = {*LISTED} - {PRODUCT, REFITTED}
    assert models >= (listed if targets == "all" else listed - stars)
    assert (targets == "all") == bool(models & stars)  # models of stars cannot learn without a fit
    assert [window["cut"] for window in found.windows] == [0.4, 0.7]
    assert all(window["warm"] and window["cold"] for window in found.windows)
    for row in found.models:
        warm = [window["warm"] for window in found.windows]
        pooled = np.average([window["ndcg10"] or 0 for window in row.windows], weights=warm)
        assert row.ndcg10 == pytest.approx(pooled)
        assert row.cold["hr10"] is not None
        for baseline in {"popularity", "ease"} - {row.model}:
            difference = row.against[baseline]["ndcg10"]
            assert difference.value == pytest.approx(row.ndcg10 - (of(found, baseline).ndcg10 or 0))
            assert difference.low <= difference.value <= difference.high


def spread(players: int) -> Ratings:
    """Made ratings whose players come one after another, their times overlapping."""
    ratings, _ = made_ratings(players, 40, 12)
    place = np.arange(len(ratings)) % 12
    return replace(ratings, time=ratings.player * 2.0 + place * 1.5 + 1e6)


def cut(players: int) -> tuple[Split, MeasurePlan]:
    (part,) = time_windows(spread(players), (0.6,))
    return part, MeasurePlan("global-time", SideData(), FitSettings(()))


def test_nothing_after_the_cut_reaches_what_is_offered() -> None:
    """Other items, other stars and another order after the cut: the same lists, settings and shares."""
    part, plan = cut(16)
    shuffled = np.random.default_rng(1).permutation(40).astype(np.int32)
    turned = part.judged[::-1]
    other = replace(turned, stars=6 - turned.stars, item=shuffled[turned.item])
    first, second = lists_at_once(part, plan), lists_at_once(replace(part, judged=other), plan)
    assert set(first.lists) == {*LISTED, "player-residuals", "item-residuals"}
    assert first.chosen == second.chosen
    assert all(np.array_equal(first.lists[name].twenty, second.lists[name].twenty) for name in first.lists)


def test_what_comes_before_the_cut_does_reach_it() -> None:
    """The twin."""
    part, plan = cut(16)
    plan = replace(plan, product=False)
    shuffled = np.random.default_rng(1).permutation(40).astype(np.int32)
    other = replace(part, learned=replace(part.learned, item=shuffled[part.learned.item]))
    first, second = lists_at_once(part, plan), lists_at_once(other, plan)
    assert not np.array_equal(first.lists["ease"].twenty, second.lists["ease"].twenty)


def test_a_successive_target_is_learnt_after_it_was_asked_for_and_not_before() -> None:
    part, plan = cut(11)
    whole = lists_in_turn(part, plan).lists
    shorter = lists_in_turn(replace(part, judged=part.judged[:-4]), plan).lists
    for name, lists in whole.items():
        had = {(int(player), int(item)) for player, item in zip(part.learned.player, part.learned.item)}
        met = 0
        for row, (player, item) in enumerate(zip(part.judged.player, part.judged.item)):
            shown = set(lists.twenty[row].tolist())
            assert not {other for one, other in had if one == player} & shown, name
            met += int(item) in shown
            had.add((int(player), int(item)))
        assert met > 0, name
        # what comes later changes nothing that was offered before
        assert np.array_equal(shorter[name].twenty, lists.twenty[:-4]), name


def write(folder: Path) -> Path:
    ratings, _ = made_ratings(30, 20, 10)
    path = folder / "ratings.csv"
    rows = zip(ratings.player, ratings.item, ratings.stars, ratings.time)
    path.write_text("user,item,rating,timestamp\n" + "".join(f"{u},{i},{s:g},{t:g}\n" for u, i, s, t in rows))
    return path


def test_the_command_writes_a_table_json_and_a_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path, out, picture = write(tmp_path), tmp_path / "out.json", tmp_path / "out.png"
    users = tmp_path / "users.csv"
    users.write_text("user,kind\n" + "".join(f"{user},{'ab'[user % 2]}\n" for user in range(30)))
    options = ["--users", str(users), "--no-product", "--json", str(out), "--plot", str(picture)]
    result = CliRunner().invoke(app, ["evaluate", str(path), *options])
    assert result.exit_code == 0, result.output
    assert "order NDCG@10" in result.output
    data = json.loads(out.read_text("utf-8"))
    assert data["schema"] == 1
    assert data["protocol"] == "surprise5"
    assert data["data"]["side"] == {"players": 2, "items": 0}
    rows = {row["model"]: row for row in data["models"]}
    assert set(KEYS) <= set(rows)
    assert rows["bare"]["hr10"] is None
    assert 0 < rows["bare"]["rmse"] < 4
    assert picture.read_bytes()[1:4] == b"PNG"


def test_small_communities_are_a_report_of_their_own(tmp_path: Path) -> None:
    ratings, _ = made_ratings(20, 40, 25)
    found = CommunityTable.of(ratings, "made", others=(3, 10), targets=5, seeds=1)
    assert [row["others"] for row in found.to_json()["rows"]] == [3, 10]
    assert set(found.to_json()["rows"][0]["rmse"]) == {"user mean", "biases", "bare", "product"}


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a,b,4\na,c,nan\n", [], "line 2: stars: expected a finite number"),
        ("", [], "found an empty file"),
        (
            "a,b,4\n",
            ["--folds", "ten"],
            "--folds: expected surprise5, leave-last-out or global-time, found 'ten'",
        ),
        ("a,b,4\n", ["--targets", "next"], "--targets: expected all or successive, found 'next'"),
        ("a,b,4\n", ["--cuts", ".5;.6"], "--cuts: expected numbers between 0 and 1 with commas between them"),
        ("a,b,4\na,c,4\n", ["--folds", "global-time"], "ratings: expected timestamps that differ"),
        ("a,b,4,1\na,c,4,2\n", ["--folds", "global-time", "--cuts", ".9,.5"], "cuts: expected rising shares"),
        ("a,b,4\n", [], "expected at least 5 for 5 folds, found 1"),
        ("a,b,4\n", ["--repeated", "first"], "--repeated: expected refuse or last"),
    ],
)
def test_what_cannot_be_measured_is_one_line_and_exit_2(
    tmp_path: Path, text: str, options: list[str], message: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    result = CliRunner().invoke(app, ["evaluate", str(path), *options])
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", os.fspath(tmp_path / "none.csv")])
    assert result.exit_code == 2
    assert "none.csv: expected a table, found no such file" in result.stderr


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(ValueError, match="expected surprise5, leave-last-out, global-time"):
        evaluate(made_ratings()[0], "ten", name="made")


def test_the_command_prints_the_leak_and_a_picture_of_lists(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path, out, picture = write(tmp_path), tmp_path / "out.json", tmp_path / "out.png"
    items = tmp_path / "items.csv"
    items.write_text("item,kind\n" + "".join(f"{item},{'ab'[item % 2]}\n" for item in range(20)))
    options = [
        "--folds",
        "leave-last-out",
        "--items",
        str(items),
        "--no-product",
        "--json",
        str(out),
        "--plot",
        str(picture),
    ]
    result = CliRunner().invoke(app, ["evaluate", str(path), *options])
    assert result.exit_code == 0, result.output
    assert "note: leave-last-out leaks: " in result.output
    data = json.loads(out.read_text("utf-8"))
    rows = {row["model"]: row for row in data["models"]}
    assert "product" not in rows
    assert "factors 1" not in rows
    assert rows["ease"]["calibration"] is not None
    assert len(rows["ease"]["intervals"]["ndcg10"]) == 3
    assert data["leak"]["later"] >= 0
    assert picture.read_bytes()[1:4] == b"PNG"


def test_too_few_ratings_are_refused() -> None:
    with pytest.raises(RatingsRefused):
        evaluate(Ratings.of([("a", "x", 3.0)]), "surprise5", name="made")


def test_figures_that_are_no_number_are_null() -> None:
    data = EvaluationReport(
        {}, "surprise5", [ModelMetrics("popularity", order_ndcg10=float("nan"))]
    ).to_json()
    assert data["models"][0]["order_ndcg10"] is None
