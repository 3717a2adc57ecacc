"""The article's formula against examples worked by hand and against a plain loop; the robust form against both."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import RatingsRefused
from recommender.models.biases import Biases
from recommender.models.neighbourhood import BareNeighbours, RobustNeighbours
from recommender.models.similarity import Weighting
from recommender.models.tuning import error
from recommender.records.ratings import Ratings
from tests.recommender.models.made import halves, tastes

#        a  b  c  d    mean   over a, b, c
# ann    5  3  1  ?    3      deviations  2, 0, -2
# bob    4  3  2  5    3.5    deviations  1, 0, -1  ->  s(ann, bob) = 4 / √(8·2) = 1
# cem    1  3  5  2    2.75   deviations -2, 0,  2  ->  s(ann, cem) = -8 / √(8·8) = -1
ROWS = [
    *[("ann", item, stars) for item, stars in zip("abc", (5.0, 3.0, 1.0))],
    *[("bob", item, stars) for item, stars in zip("abcd", (4.0, 3.0, 2.0, 5.0))],
    *[("cem", item, stars) for item, stars in zip("abcd", (1.0, 3.0, 5.0, 2.0))],
]
ANN, D = np.array([0]), np.array([3])


def test_the_formula_by_hand() -> None:
    model = BareNeighbours().fit(Ratings.of(ROWS))
    np.testing.assert_allclose(model.likeness.similarity[0], [0, 1, -1], atol=1e-12)
    # 3 + (1·(5 - 3.5) + (-1)·(2 - 2.75)) / (1 + 1) = 3 + 2.25/2
    stars, supported = model.predict(ANN, D)
    np.testing.assert_allclose(stars, [4.125])
    assert supported.all()


def test_a_partial_likeness_by_hand() -> None:
    # dan: a 5, b 4, c 3, mean 4; eve: a 2, b 4, c 3, d 1, mean 2.5.
    # Over a, b, c: dan 1, 0, -1; eve -1, 1, 0 -> s = -1 / √(2·2) = -1/2; one neighbour: 4 + (-1/2)(1 - 2.5)/(1/2) = 5.5,
    # which leaves the scale.
    rows = [
        *[("dan", item, stars) for item, stars in zip("abc", (5.0, 4.0, 3.0))],
        *[("eve", item, stars) for item, stars in zip("abcd", (2.0, 4.0, 3.0, 1.0))],
    ]
    model = BareNeighbours().fit(Ratings.of(rows))
    np.testing.assert_allclose(model.likeness.similarity[0, 1], -0.5)
    np.testing.assert_allclose(model.predict(ANN, D).stars, [5.0])


def test_without_neighbours_the_bare_form_says_so() -> None:
    rows = [*ROWS, ("eve", "d", 4.0), ("eve", "b", 4.0)]  # eve does not vary: like nobody
    model = BareNeighbours().fit(Ratings.of(rows))
    stars, supported = model.predict(np.array([3]), np.array([0]))
    assert not supported.any()
    np.testing.assert_allclose(stars, [42 / 13])  # the mean of all


def test_the_robust_form_by_hand() -> None:
    # β = 3 over n = 3 shared items halves both weights: 1/2 and -1/2; λ = 1; without sweeps the biases say 34/11 for all.
    # 3 + (1/2·1.5 + 1/2·0.75 + 1·(34/11 - 3)) / (1 + 1)
    model = RobustNeighbours(Weighting(shrinkage=3.0, damping=1.0), Biases(sweeps=0)).fit(Ratings.of(ROWS))
    np.testing.assert_allclose(model.predict(ANN, D).stars, [3 + (1.125 + 1 / 11) / 2])


def test_significance_and_nearest_by_hand() -> None:
    # γ = 6 over n = 3 halves the weights as well; the two are equally near, so nearest = 2 keeps both.
    weighting = Weighting(significance=6.0, damping=1.0, nearest=2)
    model = RobustNeighbours(weighting, Biases(sweeps=0)).fit(Ratings.of(ROWS))
    np.testing.assert_allclose(model.predict(ANN, D).stars, [3 + (1.125 + 1 / 11) / 2])


def test_too_few_neighbours_leave_the_biases_exactly() -> None:
    ratings = tastes(25, 15, 6)
    model = RobustNeighbours(Weighting(shrinkage=5.0, damping=1.0, support=4)).fit(ratings)
    pairs = ratings.player.repeat(15), np.tile(np.arange(15, dtype=np.int32), len(ratings))
    stars, supported = model.predict(*pairs)
    plain = Biases().fit(ratings).predict(*pairs).stars
    assert (~supported).any()
    assert supported.any()
    np.testing.assert_array_equal(stars[~supported], plain[~supported])
    assert (
        np.abs(stars[supported] - plain[supported]).max() > 0.01
    )  # where there are neighbours they do speak


def _loop(ratings: Ratings, player: int, item: int) -> float | None:
    """The formula, term by term."""
    stars, known = ratings.dense()
    top = bottom = 0.0
    for other in range(len(stars)):
        both = known[player] & known[other]
        if other == player or not known[other, item] or both.sum() < 2:
            continue
        mine, theirs = stars[player, both], stars[other, both]
        if np.ptp(mine) == 0 or np.ptp(theirs) == 0:
            continue
        likeness = float(np.corrcoef(mine, theirs)[0, 1])
        top += likeness * (stars[other, item] - stars[other, known[other]].mean())
        bottom += abs(likeness)
    return None if bottom < 1e-9 else stars[player, known[player]].mean() + top / bottom


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_the_arrays_say_what_the_loop_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ratings = tastes(int(rng.integers(2, 7)), int(rng.integers(2, 7)), int(rng.integers(1, 6)), seed)
    model = BareNeighbours().fit(ratings)
    for player in range(ratings.shape[0]):
        stars, supported = model.scores(player)
        for item in range(ratings.shape[1]):
            expected = _loop(ratings, player, item)
            if expected is not None:
                assert supported[item]
                assert stars[item] == pytest.approx(np.clip(expected, 1, 5), abs=1e-7)


def test_one_stranger_persuades_the_bare_form_only() -> None:
    """The twin of robustness: the same ratings, where the bare form does follow a single agreeing stranger."""
    ratings = tastes(12, 10, 10)
    rows = [
        (ratings.players[u], ratings.items[i], s)
        for u, i, s in zip(ratings.player, ratings.item, ratings.stars)
    ]
    rows += [("me", "i0", 2.0), ("me", "i1", 3.0), ("stranger", "i0", 2.0), ("stranger", "i1", 3.0)]
    rows += [("stranger", "cult", 5.0), ("stranger", "i2", 1.0), ("stranger", "i3", 1.0)]
    crowded = Ratings.of(rows)
    pair = np.array([crowded.player_number("me")]), np.array([crowded.item_number("cult")])
    plain = Biases().fit(crowded).predict(*pair).stars[0]
    robust = RobustNeighbours().fit(crowded).predict(*pair).stars[0]
    bare = BareNeighbours().fit(crowded).predict(*pair).stars[0]
    assert bare > 4.9
    assert abs(robust - plain) < 0.15


def test_tuning_repeats_and_beats_bare_and_biases() -> None:
    learnt, judged = halves(tastes(120, 40, 25))
    robust = RobustNeighbours.tuned(learnt, seed=3)
    assert robust.weighting == RobustNeighbours.tuned(learnt, seed=3).weighting
    assert error(robust, judged) < error(BareNeighbours().fit(learnt), judged)
    plain = Biases().fit(learnt).predict(judged.player, judged.item).stars
    assert error(robust, judged) < np.sqrt(np.mean((plain - judged.stars) ** 2))


def test_a_handful_of_ratings_cannot_be_tuned_on() -> None:
    assert RobustNeighbours.tuned(Ratings.of(ROWS)).weighting == RobustNeighbours().weighting


def test_no_ratings_are_refused() -> None:
    with pytest.raises(RatingsRefused, match="bare: expected at least one rating"):
        BareNeighbours().fit(Ratings.of([]))
