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
from recommender.evaluation.communities import Communities
from recommender.evaluation.protocols import surprise5
from recommender.evaluation.report import EvaluationReport, Figures
from recommender.evaluation.run import evaluate
from recommender.models.factors import FactorSettings
from recommender.records.ratings import Ratings
from recommender.records.side_tables import SideData
from tests.recommender.made import made_ratings

GRID: dict[str, tuple[float, ...]] = {"damping": (1.0, 2.0)}
QUICK = (FactorSettings(rank=4, sweeps=30, burn=10, every=2, directions=10),)
KEYS = ["popularity", "biases", "bare", "robust", "blend", "full"]


@pytest.fixture(autouse=True)
def _without_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "installed", lambda: False)
    monkeypatch.setattr(lineup, "CHAINS", QUICK)
    for kind in lineup.NEIGHBOURS:
        monkeypatch.setattr(kind, "GRID", GRID)


@pytest.fixture(scope="module")
def report() -> EvaluationReport:
    return evaluate(made_ratings(40, 30, 15)[0], "surprise5", name="made", chains=QUICK)


def of(report: EvaluationReport, model: str) -> Figures:
    return next(row for row in report.models if row.model == model)


def test_every_key_is_reported_and_the_full_stack_beats_biases(report: EvaluationReport) -> None:
    assert set(KEYS) <= {row.model for row in report.models}
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
        fitted = lineup.Lineup(other[rows], SideData(), lambda label, units: None, QUICK).fit()
        return fitted.everything.weights

    assert weights(judged) == weights(judged[:0])
    assert weights(rows[:100]) != weights(judged[:0])  # the twin: what is learned from does matter


def test_leave_last_out_reports_hits_beside_popularity_and_ease() -> None:
    steps: list[float] = []
    found = evaluate(
        made_ratings(40, 30, 15)[0],
        "leave-last-out",
        name="made",
        chains=QUICK,
        progress=lambda label, done, every: steps.append(done / every),
    )
    assert {*KEYS, "ease", "recent ease"} <= {row.model for row in found.models}
    assert all(row.hr10 is not None and 0 <= row.hr10 <= 1 and row.coverage for row in found.models)
    assert of(found, "recent ease").chosen["together"] in (5.0, 10.0, 20.0)
    assert steps == sorted(steps)
    assert steps[-1] == pytest.approx(1.0)


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
    options = ["--users", str(users), "--json", str(out), "--plot", str(picture)]
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
    found = Communities.of(ratings, "made", others=(3, 10), targets=5, seeds=1)
    assert [row["others"] for row in found.to_json()["rows"]] == [3, 10]
    assert set(found.to_json()["rows"][0]["rmse"]) == {"user mean", "biases", "bare", "online"}


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a,b,4\na,c,nan\n", [], "line 2: expected a rating"),
        ("", [], "found an empty file"),
        ("a,b,4\n", ["--folds", "ten"], "--folds: expected surprise5 or leave-last-out, found 'ten'"),
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
    with pytest.raises(ValueError, match="expected surprise5 or leave-last-out"):
        evaluate(made_ratings()[0], "ten", name="made")


def test_too_few_ratings_are_refused() -> None:
    with pytest.raises(RatingsRefused):
        evaluate(Ratings.of([("a", "x", 3.0)]), "surprise5", name="made")


def test_figures_that_are_no_number_are_null() -> None:
    data = EvaluationReport({}, "surprise5", [Figures("popularity", order_ndcg10=float("nan"))]).to_json()
    assert data["models"][0]["order_ndcg10"] is None
