"""The table of few players: its shape, its honesty, its refusal."""

import pytest

from recommender.errors import RatingsRefused
from recommender.evaluation.small import MODELS, few_players
from recommender.models.online import OnlineSettings
from tests.recommender.models.made import tastes

SIZES = {"others": (3, 20), "catalogue": 40, "targets": 6, "seeds": 2}


def test_the_table_repeats_and_online_holds_against_biases() -> None:
    ratings = tastes(60, 45, 35)
    table = few_players(ratings, **SIZES)
    assert [(row.others, row.revealed) for row in table] == [(3, 10), (20, 10)]
    assert table == few_players(ratings, **SIZES)
    for row in table:
        assert set(row.rmse) == set(MODELS)
        assert row.predictions >= 6 * 2 * 5
        assert row.rmse["online"] < row.rmse["biases"] + 0.03
    assert table[1].rmse["online"] < table[1].rmse["biases"] - 0.05  # tastes this strong show among 20


def test_a_model_without_damping_is_caught() -> None:
    """The twin: biases that believe a single rating are worse, and the table says so."""
    rash = OnlineSettings(
        item_damping=0.0, player_damping=0.0, damping=0.0, shrinkage=0.0, item_shrinkage=0.0
    )
    part = {**SIZES, "others": (3,)}
    row, sober = (few_players(tastes(60, 45, 35), settings=chosen, **part)[0] for chosen in (rash, None))
    assert row.rmse["biases"] == sober.rmse["biases"]
    assert row.rmse["online"] > sober.rmse["online"] + 0.01


def test_too_few_players_are_refused() -> None:
    with pytest.raises(RatingsRefused, match="few players: expected 6 players with 15 ratings"):
        few_players(tastes(8, 45, 35), **SIZES)
