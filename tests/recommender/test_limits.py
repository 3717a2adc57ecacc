"""Settings with which nothing can be learnt are refused in one line that names them, where they are made."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from recommender.advisor.engine import Advisor, AdvisorSettings
from recommender.advisor.zone import Zone
from recommender.errors import RatingsRefused, RecommenderError, SettingRefused, UnknownName
from recommender.models.biases import Biases
from recommender.models.factors import FactorModel, FactorSettings
from recommender.models.ranking import EaseSettings
from recommender.models.similarity import Weighting
from recommender.records.kinds import Item
from recommender.records.ratings import Ratings
from recommender.records.side_tables import FeatureRows, SideData
from recommender.store import Store

ROWS = [(f"p{n}", f"i{m}", float((n + m) % 5 + 1), float(n)) for n in range(6) for m in range(5)]


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: FactorSettings(burn=300), "burn + every of at most the 300 sweeps, so that a draw is kept, found 300 + 4"),
        (lambda: FactorSettings(sweeps=10, burn=8), "found 8 + 4"),
        (lambda: FactorSettings(sweeps=0), "factors › sweeps: expected a whole number from 1 to"),
        (lambda: FactorSettings(every=0), "factors › every: expected a whole number from 1"),
        (lambda: FactorSettings(rank=0), "factors › rank: expected a whole number from 1 to 1024, found 0"),
        (lambda: FactorSettings(rank=2.5), "found 2.5"),  # type: ignore[arg-type]
        (lambda: FactorSettings(noise=-1.0), "factors › noise"),
        (lambda: FactorSettings(seed=-1), "factors › seed"),
        (lambda: EaseSettings(penalty=0.0), "ease › penalty: expected a number above 0"),
        (lambda: EaseSettings(penalty=math.nan), "found nan"),
        (lambda: EaseSettings(together=0.0), "ease › together"),
        (lambda: EaseSettings(memory=-1.0), "ease › memory"),
        (lambda: Weighting(power=-1.0), "neighbours › power"),
        (lambda: Weighting(nearest=-1), "neighbours › nearest"),
        (lambda: Biases(item_damping=-3.0), "biases › item_damping"),
        (lambda: Zone(low=math.nan), "zone: expected 0 <= low < high <= 1"),
        (lambda: AdvisorSettings(exploration=math.nan), "advisor › exploration: expected a number from 0 to 1, found nan"),
        (lambda: AdvisorSettings(fresh=0.0), "advisor › fresh: expected a number above 0"),
        (lambda: AdvisorSettings(repeat=-0.1), "advisor › repeat"),
        (lambda: AdvisorSettings(optimism=math.inf), "advisor › optimism"),
        (lambda: AdvisorSettings(rest=-1), "advisor › rest"),
        (lambda: Advisor([Item("a")], Store(None), seed=-1), "advisor › seed: expected a whole number from 0, found -1"),
        (lambda: Advisor([Item("a")], Store(None), player=""), "player: expected a name"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_one_line(make: Callable[[], object], line: str) -> None:
    with pytest.raises(RecommenderError) as caught:
        make()
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_shortest_chain_that_keeps_a_draw_works() -> None:
    ratings = Ratings.of(ROWS)
    for settings in (
        FactorSettings(rank=2, sweeps=1, burn=0, every=1),
        FactorSettings(rank=2, sweeps=6, burn=5, every=1),
    ):
        found = FactorModel(settings).fit(ratings).predict(ratings.player, ratings.item)
        assert np.isfinite(found.stars).all()
    with pytest.raises(SettingRefused):
        FactorSettings(rank=2, sweeps=6, burn=6, every=1)


def test_endless_halves_are_a_setting() -> None:
    assert EaseSettings(together=math.inf, memory=math.inf) == EaseSettings()


def test_side_data_of_other_rows_is_refused() -> None:
    side = SideData(items=FeatureRows(("a",), np.ones((2, 1))))
    with pytest.raises(
        RatingsRefused, match="side data of items: expected 5 rows, those of the ratings, found 2"
    ):
        FactorModel(FactorSettings(rank=2, sweeps=2, burn=0, every=1)).fit(Ratings.of(ROWS), side)


@pytest.mark.parametrize("stars", [0, 6, math.nan, math.inf, "5"])
def test_stars_outside_the_scale_raise_and_change_nothing(stars: float) -> None:
    store = Store(None)
    advisor = Advisor([Item("a"), Item("b")], store, worker=False)
    advisor.rate("a", 4)
    before = advisor.stars().tolist()
    with pytest.raises(RatingsRefused, match="stars: expected a finite number from 1 to 5"):
        advisor.rate("a", stars)
    assert [rating.stars for rating in store.ratings()] == [4.0]
    assert advisor.stars().tolist() == before
    advisor.rate("a", 5)
    assert [rating.stars for rating in store.ratings()] == [5.0]


def test_an_unknown_item_raises_and_stores_nothing() -> None:
    store = Store(None)
    advisor = Advisor([Item("a"), Item("b")], store, worker=False)
    for act in (
        lambda: advisor.rate("c", 5),
        lambda: advisor.played("c"),
        lambda: advisor.dismiss("c"),
    ):
        with pytest.raises(UnknownName, match="item: expected one of the 2 listed, found 'c'"):
            act()
    with pytest.raises(
        RatingsRefused, match="event: expected one of played, repeated, skipped, found 'loved'"
    ):
        advisor.played("a", "loved")
    assert (store.ratings(), store.plays(), store.dismissed("local")) == ([], [], frozenset())
    assert store.players() == []
