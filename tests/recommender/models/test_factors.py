"""The Bayesian factor model: learns, folds in, is saved, and samples what it should."""

import io

import numpy as np
import pytest

from recommender.errors import RatingsRefused
from recommender.models.biases import Biases
from recommender.models.factors import FactorModel, FactorSettings
from recommender.models.gibbs import FactorMatrix, FeatureMap, posterior_precisions, wishart
from recommender.records.ratings import Ratings
from tests.recommender.made import made_ratings

QUICK = FactorSettings(rank=6, sweeps=120, burn=40, every=2, directions=20)


@pytest.fixture(scope="module")
def split() -> tuple[Ratings, Ratings]:
    ratings, _ = made_ratings(60, 40, 25)
    mask = np.random.default_rng(1).random(len(ratings)) < 0.2
    return ratings[~mask], ratings[mask]


@pytest.fixture(scope="module")
def model(split: tuple[Ratings, Ratings]) -> FactorModel:
    return FactorModel(QUICK).fit(split[0])


def error(stars: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean((stars - truth) ** 2)))


def test_it_finds_the_structure_that_biases_cannot(
    split: tuple[Ratings, Ratings], model: FactorModel
) -> None:
    learned, judged = split
    own = error(model.predict(judged.player, judged.item).stars, judged.stars)
    plain = error(Biases().fit(learned).predict(judged.player, judged.item).stars, judged.stars)
    assert own < 0.7 * plain


def test_shuffled_stars_hold_no_structure_to_find(split: tuple[Ratings, Ratings]) -> None:
    learned, judged = split
    mixed = np.random.default_rng(0).permutation(learned.stars)
    noise = Ratings(learned.players, learned.items, learned.player, learned.item, mixed, learned.time)
    own = error(FactorModel(QUICK).fit(noise).predict(judged.player, judged.item).stars, judged.stars)
    assert own > 0.9 * judged.stars.std()


def test_the_same_seed_gives_the_same_model(split: tuple[Ratings, Ratings], model: FactorModel) -> None:
    again = FactorModel(QUICK).fit(split[0])
    assert np.array_equal(again.scores(3).stars, model.scores(3).stars)


def test_scores_are_the_predictions_of_every_item(model: FactorModel) -> None:
    items = np.arange(model.shape[1], dtype=np.int32)
    pairs = model.predict(np.full(len(items), 5, np.int32), items)
    assert model.scores(5).stars == pytest.approx(pairs.stars, abs=1e-5)


def test_a_new_player_is_folded_in_without_a_refit(
    split: tuple[Ratings, Ratings], model: FactorModel
) -> None:
    learned, judged = split
    before = {key: value.copy() for key, value in model.arrays().items()}
    folded, fitted, truth = [], [], []
    for player in range(learned.shape[0]):
        own, hidden = learned[learned.player == player], judged[judged.player == player]
        folded.append(model.expect(model.fold_in(own.item, own.stars), hidden.item))
        fitted.append(model.scores(player).stars[hidden.item])
        truth.append(hidden.stars)
    errors = [error(np.concatenate(part), np.concatenate(truth)) for part in (folded, fitted)]
    assert errors[0] < errors[1] + 0.03
    assert all(np.array_equal(before[key], value) for key, value in model.arrays().items())


def test_ratings_come_in_and_go_out_one_by_one_to_the_very_same_factors(
    split: tuple[Ratings, Ratings], model: FactorModel
) -> None:
    own = split[0][split[0].player == 0]
    folding = model.folding()
    nothing = folding.factors()
    for place in np.random.default_rng(0).permutation(len(own)):
        folding.add(own.item[[place]].astype(np.int64), own.stars[[place]], 1.0)
    assert np.array_equal(folding.factors(), model.fold_in(own.item, own.stars))
    folding.add(own.item.astype(np.int64), own.stars, -1.0)
    assert np.array_equal(folding.factors(), nothing)
    assert np.isfinite(model.expect(nothing)).all()


def test_ratings_bring_a_player_closer_to_what_the_sampler_found(
    split: tuple[Ratings, Ratings], model: FactorModel
) -> None:
    learned, _ = split
    off = []
    for count in (0, 5, 25):
        errors = []
        for player in range(learned.shape[0]):
            own = learned[learned.player == player]
            found = model.expect(model.fold_in(own.item[:count], own.stars[:count]))
            errors.append(error(found, model.scores(player).stars))
        off.append(np.mean(errors))
    assert off[0] > off[1] > off[2]


def test_fewer_draws_answer_nearly_the_same(model: FactorModel) -> None:
    thin = model.thinned(8)
    assert len(thin.arrays()["noise"]) == 8
    assert thin.scores(3).stars == pytest.approx(model.scores(3).stars, abs=0.35)
    assert np.array_equal(model.thinned(10_000).scores(3).stars, model.scores(3).stars)


def test_side_data_helps_players_with_few_ratings() -> None:
    ratings, side = made_ratings(60, 40, 25, seed=4)
    new = ratings.player >= 50
    few = new & (np.random.default_rng(0).random(len(ratings)) > 0.15)
    learned, judged = ratings[~few], ratings[few]
    alone = FactorModel(QUICK).fit(learned).predict(judged.player, judged.item)
    helped = FactorModel(QUICK).fit(learned, side)
    assert error(helped.predict(judged.player, judged.item).stars, judged.stars) < 0.9 * error(
        alone.stars, judged.stars
    )
    assert side.players is not None
    stranger = helped.fold_in(judged.item[:0], judged.stars[:0], side.players.values[55])
    nobody = helped.fold_in(judged.item[:0], judged.stars[:0])
    own = ratings[ratings.player == 55]
    told, untold = (error(helped.expect(one, own.item), own.stars) for one in (stranger, nobody))
    assert told < untold


def test_it_is_saved_as_plain_arrays(model: FactorModel) -> None:
    file = io.BytesIO()
    np.savez(file, **model.arrays())  # type: ignore[arg-type]
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        again = FactorModel.from_arrays(dict(arrays))
    assert np.array_equal(again.scores(2).stars, model.scores(2).stars)
    items, stars = np.array([0, 1], np.int32), np.array([5.0, 1.0])
    assert np.array_equal(again.fold_in(items, stars), model.fold_in(items, stars))
    assert again.settings == model.settings


def test_arrays_of_another_form_are_refused() -> None:
    with pytest.raises(RatingsRefused, match="expected arrays of form 1, found 9"):
        FactorModel.from_arrays({"form": np.array(9)})


def test_no_ratings_are_refused() -> None:
    with pytest.raises(RatingsRefused, match="found none"):
        FactorModel().fit(Ratings.of([]))


def test_a_player_and_an_item_without_ratings_are_not_supported(model: FactorModel) -> None:
    ratings = Ratings.of([("a", "x", 4), ("b", "x", 2), ("a", "y", 5)], players=("c",), items=("z",))
    small = FactorModel(FactorSettings(rank=2, sweeps=10, burn=5, every=1)).fit(ratings)
    found = small.predict(np.array([0, 1, 1], np.int32), np.array([1, 0, 1], np.int32))
    assert found.supported.tolist() == [False, False, True]
    assert np.isfinite(found.stars).all()


def test_the_mean_of_wishart_draws_is_freedom_times_scale() -> None:
    random = np.random.default_rng(0)
    scale = np.array([[2.0, 0.5], [0.5, 1.0]])
    draws = np.mean([wishart(random, 7, scale) for _ in range(4000)], axis=0)
    assert draws == pytest.approx(7 * scale, rel=0.05)


def test_posterior_precisions_are_sums_of_outer_products() -> None:
    random = np.random.default_rng(0)
    weights, factors = random.random((3, 5)), random.normal(size=(5, 4))
    wanted = np.einsum("nm,md,me->nde", weights, factors, factors)
    assert posterior_precisions(weights, factors) == pytest.approx(wanted)


def test_rows_are_drawn_around_the_ridge_solution() -> None:
    random = np.random.default_rng(0)
    others, stars, weights = random.normal(size=(30, 3)), random.normal(size=(1, 30)), np.full((1, 30), 50.0)
    side = FactorMatrix(np.zeros((1, 3)), [])
    draws = []
    for _ in range(2000):
        side.draw(random, weights, weights * stars, others)
        draws.append(side.factors[0])
    precision = 50.0 * others.T @ others + 10.0 * np.eye(3)
    mean = np.linalg.solve(precision, 50.0 * others.T @ stars[0])
    assert side.expected[0] == pytest.approx(mean)
    assert np.mean(draws, axis=0) == pytest.approx(mean, abs=0.01)
    assert np.cov(np.array(draws).T) == pytest.approx(np.linalg.inv(precision), abs=3e-4)


def test_a_link_finds_the_map_from_features_to_factors() -> None:
    random = np.random.default_rng(0)
    features, wanted = random.normal(size=(200, 3)), random.normal(size=(3, 2))
    link = FeatureMap.of(features, 2, 3)
    maps = []
    for _ in range(300):
        link.draw(random, features @ wanted + 0.1 * random.normal(size=(200, 2)), np.eye(2) * 10.0)
        maps.append(link.map)
    assert np.mean(maps, axis=0) == pytest.approx(wanted, abs=0.05)
