"""The online model: any sequence of changes leaves the numbers of a refit."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import RatingsRefused, UnknownName
from recommender.models.biases import Biases
from recommender.models.online import OnlineModel, OnlinePrediction, OnlineSettings
from recommender.models.online_sums import BiasSums
from recommender.records.ratings import Ratings
from tests.recommender.models.made import halves, tastes

PLAYERS, ITEMS = [f"p{n}" for n in range(6)], [f"i{n}" for n in range(7)]
SMALL = OnlineSettings(shrinkage=2.0, item_shrinkage=2.0, nearest=3)
CAPPED = replace(SMALL, cohort=3, seats=2)
PLAIN = replace(SMALL, catalogue=4)  # too many items to compare: players only

stars = st.one_of(st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0]), st.floats(1.0, 5.0))
operation = st.one_of(
    st.tuples(st.just("rate"), st.sampled_from(PLAYERS), st.sampled_from(ITEMS), stars),
    st.tuples(st.just("rate"), st.sampled_from(PLAYERS), st.sampled_from(ITEMS), stars),
    st.tuples(st.just("rate"), st.sampled_from(PLAYERS), st.sampled_from(ITEMS), st.none()),
    st.tuples(st.just("trust"), st.sampled_from(PLAYERS), st.sampled_from([0.0, 0.25, 0.3, 1.0])),
    st.tuples(st.just("play"), st.sampled_from(PLAYERS), st.sampled_from(ITEMS)),
    st.tuples(
        st.just("look"), st.sampled_from(PLAYERS)
    ),  # takes a seat, so that sums are there to be changed
    st.tuples(st.just("items"), st.sampled_from(ITEMS)),
)


class Kept:
    """What a store would keep of the same operations."""

    def __init__(self) -> None:
        self.ratings: dict[tuple[str, str], float] = {}
        self.trust: dict[str, float] = {}
        self.plays: list[tuple[str, str]] = []

    def refit(self, model: OnlineModel, chosen: OnlineSettings) -> OnlineModel:
        rows = [(player, item, value) for (player, item), value in self.ratings.items()]
        ratings = Ratings.of(rows, players=model.players, items=model.items)
        return OnlineModel.of(ratings, chosen, self.trust, model.reference, self.plays)


def _apply(model: OnlineModel, kept: Kept, step: tuple[Any, ...]) -> None:
    kind, name, *rest = step
    if kind == "rate":
        model.rate(name, rest[0], rest[1])
        kept.ratings.pop((name, rest[0]), None)
        if rest[1] is not None:
            kept.ratings[name, rest[0]] = rest[1]
    elif kind == "trust":
        model.set_trust(name, rest[0])
        kept.trust[name] = rest[0]
    elif kind == "play":
        model.played(name, rest[0])
        kept.plays.append((name, rest[0]))
    elif kind == "items":
        model.add_items([name])
    elif name in model.players:
        model.predict(name)


def _difference(one: OnlineModel, other: OnlineModel) -> float:
    """The largest difference of any number for any player."""
    worst = 0.0
    for player in one.players:
        for mine, theirs in zip(one.predict(player), other.predict(player), strict=True):
            if len(mine):
                worst = max(worst, float(np.abs(mine.astype(float) - theirs.astype(float)).max()))
    return worst


@settings(max_examples=120, deadline=None)
@given(st.lists(operation, max_size=40), st.sampled_from([SMALL, CAPPED, PLAIN]))
def test_any_sequence_of_changes_equals_a_refit(steps: list[tuple[Any, ...]], chosen: OnlineSettings) -> None:
    model, kept = OnlineModel(chosen), Kept()
    for step in steps:
        _apply(model, kept, step)
    assert _difference(model, kept.refit(model, chosen)) < 1e-9


def test_many_changes_of_a_larger_community_equal_a_refit() -> None:
    ratings, rng = tastes(60, 40, 15), np.random.default_rng(1)
    chosen = OnlineSettings(nearest=20)
    model, kept = OnlineModel.of(ratings, chosen), Kept()
    for player, item, value in zip(ratings.player, ratings.item, ratings.stars):
        kept.ratings[ratings.players[player], ratings.items[item]] = float(value)
    for _ in range(500):
        player, item = f"p{rng.integers(65)}", f"i{rng.integers(44)}"
        value = None if rng.random() < 0.2 else float(rng.integers(1, 6))
        _apply(model, kept, ("rate", player, item, value))
        _apply(model, kept, ("look", player))
    assert _difference(model, kept.refit(model, chosen)) < 1e-9


def test_the_comparison_sees_one_forgotten_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: an update that forgets to move the reference players' biases is found out."""
    model, kept = OnlineModel.of(tastes(12, 7, 5), SMALL), Kept()
    ratings = tastes(12, 7, 5)
    for player, item, value in zip(ratings.player, ratings.item, ratings.stars):
        kept.ratings[ratings.players[player], ratings.items[item]] = float(value)
    steps = [("look", "p1"), ("rate", "p0", "i0", 1.0), ("rate", "p2", "i0", 5.0)]
    honest, whole = OnlineModel.of(ratings, SMALL), Kept()
    whole.ratings = dict(kept.ratings)
    for step in steps:
        _apply(honest, whole, step)
    assert _difference(honest, whole.refit(honest, SMALL)) < 1e-9
    moves = BiasSums.change
    monkeypatch.setattr(BiasSums, "change", lambda *given: moves(*given) and (0.0, 0.0))
    for step in steps:
        _apply(model, kept, step)
    assert _difference(model, kept.refit(model, SMALL)) > 1e-4


def test_the_formula_by_hand() -> None:
    # Two players, three items, scale 1 to 5; λ_i = 1, λ_u = 1, β = 1, λ = 1; players only.
    #        a  b  c
    # ann    4  2  ?     μ = (4 + 2 + 5 + 1 + 5)/5 = 3.4
    # bob    5  1  5     b_a = (0.6 + 1.6)/3 = 2.2/3, b_b = (-1.4 - 2.4)/3 = -3.8/3, b_c = 1.6/2 = 0.8
    # b_ann = (0.6 - 2.2/3 - 1.4 + 3.8/3)/3 = (-0.8 + 1.6/3)/3
    # b_bob = (1.6 - 2.2/3 - 2.4 + 3.8/3 + 1.6 - 0.8)/4 = (1.6/3)/4
    # s(ann, bob) = 1 over 2 items, w = 2/3; e_bob,c = 5 - 3.4 - b_bob - 0.8 = 0.8 - 0.4/3
    chosen = OnlineSettings(item_damping=1, player_damping=1, shrinkage=1, damping=1, catalogue=0)
    model = OnlineModel(chosen)
    for player, given_stars in (("ann", (4.0, 2.0)), ("bob", (5.0, 1.0, 5.0))):
        for item, value in zip("abc", given_stars):
            model.rate(player, item, value)
    biases = 3.4 + (-0.8 + 1.6 / 3) / 3 + 0.8
    weight = 2 / 3
    prediction = model.predict("ann")
    assert prediction.biases[2] == pytest.approx(biases, abs=1e-5)
    assert prediction.stars[2] == pytest.approx(biases + weight * (0.8 - 0.4 / 3) / (weight + 1), abs=1e-5)
    assert prediction.players_weight[2] == pytest.approx(weight, abs=1e-6)


def test_without_support_it_is_the_biases_exactly() -> None:
    model = OnlineModel.of(tastes(20, 30, 3), OnlineSettings(catalogue=0))
    found = [model.predict(player) for player in model.players]
    alone = [(prediction.stars, prediction.biases, ~prediction.supported) for prediction in found]
    assert sum(int(lonely.sum()) for *_, lonely in alone) > 20
    for predicted, biases, lonely in alone:
        np.testing.assert_array_equal(predicted[lonely], biases[lonely])
    assert any((predicted != biases).any() for predicted, biases, _ in alone)


def test_it_beats_biases_and_never_leaves_the_scale() -> None:
    learnt, judged = halves(tastes(150, 40, 25))
    model = OnlineModel.of(learnt)
    found: dict[int, OnlinePrediction] = {
        u: model.predict(learnt.players[u]) for u in set(judged.player.tolist())
    }
    guess = np.array([found[u].stars[i] for u, i in zip(judged.player.tolist(), judged.item.tolist())])
    plain = Biases().fit(learnt).predict(judged.player, judged.item).stars
    assert guess.min() >= 1
    assert guess.max() <= 5
    assert np.mean((guess - judged.stars) ** 2) < np.mean((plain - judged.stars) ** 2) - 0.02


def test_trust_takes_a_player_out_altogether() -> None:
    ratings = tastes(10, 8, 5)
    without = ratings[ratings.player != 3]
    model = OnlineModel.of(ratings)
    model.set_trust("p3", 0.0)
    other = OnlineModel.of(without)
    np.testing.assert_allclose(model.predict("p1").stars, other.predict("p1").stars, atol=1e-9)
    assert np.abs(OnlineModel.of(ratings).predict("p1").stars - other.predict("p1").stars).max() > 1e-3


def test_reasons_add_up_and_name_those_who_carried_it() -> None:
    model = OnlineModel.of(tastes(80, 30, 15))
    prediction = model.predict("p0")
    item = int(np.argmax(np.where(prediction.known, 0.0, np.abs(prediction.stars - prediction.biases))))
    because = model.because("p0", model.items[item], most=1000)
    assert because.stars == pytest.approx(prediction.stars[item], abs=1e-5) or not 1 <= because.stars <= 5
    carriers = (*because.neighbours, *because.liked)
    moved = because.stars - because.biases
    assert carriers
    assert all(carrier.effect * moved > 0 for carrier in carriers)
    assert 0.5 < sum(carrier.share for carrier in carriers) <= 1.0 + 1e-9
    assert because.neighbours == tuple(sorted(because.neighbours, key=lambda one: -one.share))
    assert len(model.because("p0", model.items[item], most=2).neighbours) == 2
    assert because.neighbour_stars is not None
    assert 1 <= because.neighbour_stars <= 5


def test_a_new_player_and_a_new_item_start_from_the_biases() -> None:
    model = OnlineModel.of(tastes(10, 8, 5))
    model.rate("new", "i0", 4.0)
    model.add_items(["fresh"])
    prediction = model.predict("new")
    assert model.items[-1] == "fresh"
    assert not prediction.supported[-1]
    assert prediction.stars[-1] == prediction.biases[-1]
    assert [name for name, _ in model.top("new", 20)].count("i0") == 0
    assert len(model.top("new", 3)) == 3


def test_refusals_change_nothing() -> None:
    model = OnlineModel.of(tastes(5, 5, 3))
    before = model.predict("p0")
    for value in (0.0, 5.5, float("nan")):
        with pytest.raises(RatingsRefused, match="expected stars from 1 to 5"):
            model.rate("nobody", "nothing", value)
    with pytest.raises(RatingsRefused, match="trust: expected 0 to 1"):
        model.set_trust("p0", 1.5)
    with pytest.raises(UnknownName, match="player: expected one of the 5 known"):
        model.predict("nobody")
    with pytest.raises(UnknownName, match="item: expected one of the 5 known"):
        model.because("p0", "nothing")
    np.testing.assert_array_equal(model.predict("p0").stars, before.stars)
