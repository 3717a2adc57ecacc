"""The table of few players: its shape, its honesty, its refusal."""

from dataclasses import replace

import pytest

from recommender.advisor import opinions, others
from recommender.errors import RatingsRefused
from recommender.evaluation.small import MODELS, few_players
from tests.recommender.models.made import tastes

SIZES = {"others": (3, 20), "catalogue": 40, "targets": 6, "seeds": 2}


def test_the_table_repeats_and_the_product_holds_against_biases() -> None:
    ratings = tastes(60, 45, 35)
    table = few_players(ratings, **SIZES)
    assert [(row.others, row.revealed) for row in table] == [(3, 10), (20, 10)]
    assert table == few_players(ratings, **SIZES)
    for row in table:
        assert set(row.rmse) == set(MODELS)
        assert row.predictions >= 6 * 2 * 5
        assert row.rmse["product"] < row.rmse["biases"] + 0.03
    assert table[1].rmse["product"] < table[1].rmse["biases"] - 0.05  # tastes this strong show among 20


def test_a_model_without_damping_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: means and neighbours that believe a single rating are worse, and the table says so."""
    part = {**SIZES, "others": (3,)}
    sober = few_players(tastes(60, 45, 35), **part)[0]
    monkeypatch.setattr(others, "DAMPING", 1e-9)
    monkeypatch.setattr(others, "THIN", 0.0)
    monkeypatch.setattr(opinions, "SHRINKAGE", 0.0)
    monkeypatch.setattr(opinions, "PLAYER_DAMPING", 1e-9)
    rash = few_players(tastes(60, 45, 35), **part)[0]
    assert rash.rmse["biases"] == sober.rmse["biases"]
    assert rash.rmse["product"] > sober.rmse["product"] + 0.01


def test_another_scale_is_predicted_as_well() -> None:
    """Half the stars less one: the product sees the usual scale, and its errors are half as large."""
    usual, part = tastes(60, 45, 35), {**SIZES, "others": (20,)}
    half = replace(usual, stars=usual.stars / 2 - 0.5, scale=(0.0, 2.0))
    one, other = few_players(usual, **part)[0], few_players(half, **part)[0]
    assert other.rmse["product"] == pytest.approx(one.rmse["product"] / 2)


def test_too_few_players_are_refused() -> None:
    with pytest.raises(RatingsRefused, match="few players: expected 6 players with 15 ratings"):
        few_players(tastes(8, 45, 35), **SIZES)
