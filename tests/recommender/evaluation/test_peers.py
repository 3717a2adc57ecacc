"""scikit-surprise beside the own models, where it is installed."""

import numpy as np
import pytest

from recommender.evaluation import peers
from recommender.models.neighbourhood import BareNeighbours
from tests.recommender.made import made_ratings

pytestmark = pytest.mark.skipif(not peers.installed(), reason="scikit-surprise is not installed")


def test_knn_with_means_is_near_the_bare_formula() -> None:
    ratings, _ = made_ratings(30, 25, 15)
    learned, judged = ratings[np.arange(len(ratings)) % 5 > 0], ratings[::5]
    theirs = peers.predict("surprise_knnwithmeans", learned, judged)
    ours = BareNeighbours().fit(learned).predict(judged.player, judged.item).stars
    assert np.corrcoef(theirs, ours)[0, 1] > 0.8


def test_svdpp_gives_stars_inside_the_scale_and_the_same_twice() -> None:
    ratings, _ = made_ratings(15, 12, 8)
    found = [peers.predict("surprise_svdpp", ratings[:100], ratings[100:]) for _ in range(2)]
    assert np.array_equal(found[0], found[1])
    assert ((found[0] >= 1) & (found[0] <= 5)).all()
