"""Neighbours on residuals, worked by hand and on made tastes."""

import numpy as np
import pytest

from recommender.models.biases import Biases
from recommender.models.residual import ItemResiduals, PlayerResiduals
from recommender.models.similarity import Weighting
from recommender.models.tuning import error, inner_split
from recommender.records.ratings import Ratings
from tests.recommender.models.made import halves, tastes

# The mean of all is 3 and the biases have no sweeps, so that residuals are:
#        a   b   c
# ann    1  -1   ?
# bob    2  -2   2
# cem   -1   1  -2
ROWS = [
    *[("ann", item, stars) for item, stars in zip("ab", (4.0, 2.0))],
    *[("bob", item, stars) for item, stars in zip("abc", (5.0, 1.0, 5.0))],
    *[("cem", item, stars) for item, stars in zip("abc", (2.0, 4.0, 1.0))],
]
ANN, C = np.array([0]), np.array([2])
WEIGHTING = Weighting(shrinkage=2.0, damping=1.0)


def test_players_by_hand() -> None:
    # cos(ann, bob) = 4/√(2·8) = 1, cos(ann, cem) = -2/√(2·2) = -1, each over 2 items: weights ±1/2.
    # 3 + (1/2·2 + 1/2·2) / (1 + 1) = 4
    model = PlayerResiduals(WEIGHTING, Biases(sweeps=0)).fit(Ratings.of(ROWS))
    np.testing.assert_allclose(model.predict(ANN, C).stars, [4.0])


def test_items_by_hand() -> None:
    # cos(c, a) over bob and cem = (4 + 2)/√(8·5) = 6/√40, cos(c, b) = -6/√40 does not count; w = 3/√40.
    # 3 + w·1/(w + 1)
    weight = 3 / np.sqrt(40)
    model = ItemResiduals(WEIGHTING, Biases(sweeps=0)).fit(Ratings.of(ROWS))
    np.testing.assert_allclose(model.predict(ANN, C).stars, [3 + weight / (weight + 1)])


@pytest.mark.parametrize("kind", [PlayerResiduals, ItemResiduals])
def test_neighbours_help_and_know_when_they_cannot(kind: type[PlayerResiduals | ItemResiduals]) -> None:
    learnt, judged = halves(tastes(120, 40, 25))
    model = kind.tuned(learnt)
    plain = Biases().fit(learnt).predict(judged.player, judged.item).stars
    assert error(model, judged) < np.sqrt(np.mean((plain - judged.stars) ** 2)) - 0.02
    apart = Ratings.of([("zoe", "x", 4.0), ("yan", "y", 2.0), ("yan", "z", 3.0)])
    stars, supported = kind().fit(apart).scores(0)
    assert not supported.any()
    np.testing.assert_array_equal(stars, Biases().fit(apart).scores(0).stars)


@pytest.mark.parametrize("kind", [PlayerResiduals, ItemResiduals])
def test_the_nearest_by_partition_are_the_nearest_by_sorting(
    kind: type[PlayerResiduals | ItemResiduals],
) -> None:
    ratings = tastes(30, 20, 12)
    model = kind(Weighting(shrinkage=5.0, damping=1.0, nearest=3)).fit(ratings)
    known = ratings.dense()[1]
    rest = np.zeros(ratings.shape)
    rest[ratings.player, ratings.item] = Biases().fit(ratings).residuals(ratings)
    weights = model.weighting.weights(*model.likeness)
    for player in (0, 7):
        for item in range(20):
            if kind is PlayerResiduals:
                near, rests = weights[player] * known[:, item], rest[:, item]
            else:
                near, rests = weights[item] * known[player], rest[player]
            best = np.argsort(-np.abs(near), kind="stable")[:3]
            step = (near[best] * rests[best]).sum() / (np.abs(near[best]).sum() + 1.0)
            expected = model.biases.raw(np.array([player]), np.array([item]))[0] + step
            assert model.scores(player).stars[item] == pytest.approx(np.clip(expected, 1, 5), abs=1e-9)


def test_the_inner_split_parts_what_it_is_given() -> None:
    ratings = tastes(10, 10, 5)
    part, judge = inner_split(ratings, 4)
    assert (len(part), len(judge)) == (45, 5)
    pairs = {(u, i) for half in (part, judge) for u, i in zip(half.player.tolist(), half.item.tolist())}
    assert len(pairs) == len(ratings)
    assert inner_split(ratings, 5)[1].item.tolist() != judge.item.tolist()
