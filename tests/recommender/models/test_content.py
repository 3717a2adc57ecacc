"""Items that nobody has rated."""

import numpy as np
import pytest

from recommender.errors import RatingsRefused
from recommender.models.content import ContentModel
from recommender.records.ratings import Ratings
from tests.recommender.made import made_ratings


def error(stars: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean((stars - truth) ** 2)))


@pytest.fixture(scope="module")
def hidden() -> tuple[Ratings, Ratings, np.ndarray]:
    ratings, side = made_ratings(60, 50, 30)
    assert side.items is not None
    new = np.isin(ratings.item, np.arange(0, 50, 5))
    return ratings[~new], ratings[new], side.items.values


def test_content_judges_items_without_ratings(hidden: tuple[Ratings, Ratings, np.ndarray]) -> None:
    learned, judged, features = hidden
    found = ContentModel(features).fit(learned).predict(judged.player, judged.item)
    means = np.bincount(learned.player, learned.stars) / np.bincount(learned.player)
    assert found.supported.all()
    assert error(found.stars, judged.stars) < 0.7 * error(means[judged.player], judged.stars)


def test_content_that_means_nothing_does_not_help(hidden: tuple[Ratings, Ratings, np.ndarray]) -> None:
    learned, judged, features = hidden
    noise = np.random.default_rng(0).permutation(features)
    found = ContentModel(noise).fit(learned).predict(judged.player, judged.item)
    means = np.bincount(learned.player, learned.stars) / np.bincount(learned.player)
    assert error(found.stars, judged.stars) > 0.95 * error(means[judged.player], judged.stars)


def test_a_new_player_is_folded_in(hidden: tuple[Ratings, Ratings, np.ndarray]) -> None:
    learned, judged, features = hidden
    model = ContentModel(features).fit(learned)
    folded, fitted = [], []
    for player in range(learned.shape[0]):
        own, new = learned[learned.player == player], judged[judged.player == player]
        folded.append(error(model.fold_in(own.item, own.stars)[new.item], new.stars))
        fitted.append(error(model.scores(player).stars[new.item], new.stars))
    assert np.mean(folded) < np.mean(fitted) + 0.05
    none = model.fold_in(learned.item[:0], learned.stars[:0])
    assert np.isfinite(none).all()


def test_a_constant_feature_changes_nothing(hidden: tuple[Ratings, Ratings, np.ndarray]) -> None:
    learned, judged, features = hidden
    model = ContentModel(np.column_stack((features, np.ones(len(features))))).fit(learned)
    assert np.isfinite(model.predict(judged.player, judged.item).stars).all()


def test_near_items_share_features() -> None:
    features = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 0], [1, 0, 1]], float)
    found = ContentModel(features).near(0, np.array([0, 1, 2, 3]), most=2)
    assert [item for item, _ in found] == [3, 1]
    assert found[0][1] == pytest.approx(1.0)


def test_features_of_other_items_are_refused(hidden: tuple[Ratings, Ratings, np.ndarray]) -> None:
    with pytest.raises(RatingsRefused, match="expected those of 50 items, found 49"):
        ContentModel(hidden[2][1:]).fit(hidden[0])
