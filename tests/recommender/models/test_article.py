"""The source article's two forms, worked by hand."""

import numpy as np
import pytest

from recommender.errors import RatingsRefused
from recommender.models.article import ArticleFormula, ArticleNearest
from recommender.models.neighbourhood import BareNeighbours
from recommender.records.ratings import Ratings
from tests.recommender.models.made import tastes
from tests.recommender.models.test_neighbourhood import ROWS

ANN, D = np.array([0]), np.array([3])


def rows(**given: str) -> list[tuple[str, str, float]]:
    """Ratings by player: a digit for each of the items a, b, c, ...; a dot for none."""
    return [
        (name, item, float(stars))
        for name, text in given.items()
        for item, stars in zip("abcdef", text)
        if stars != "."
    ]


def test_likeness_of_both_signs_leaves_the_plain_sum_nothing_to_divide_by() -> None:
    # s(ann, bob) = 1 and s(ann, cem) = -1, both rated d: the plain sum is 0, where the literature's form has 2.
    stars, supported = ArticleFormula().fit(Ratings.of(ROWS)).predict(ANN, D)
    assert not supported.any()
    np.testing.assert_allclose(stars, [sum(row[2] for row in ROWS) / len(ROWS)])
    assert BareNeighbours().fit(Ratings.of(ROWS)).predict(ANN, D).supported.all()


def test_the_plain_sum_by_hand() -> None:
    # ann 5 4 3: deviations 1, 0, -1. bob likewise: s = 1; d 4 is his mean. eve 2 4 3: -1, 1, 0 over a, b, c: s = -1/2; d 2, mean
    # 2.75. (1 · 0 + (-1/2)(-.75)) / (1 - 1/2) = .75; the literature's form divides by 1 + 1/2.
    ratings = Ratings.of(rows(ann="543", bob="5434", eve="2432"))
    np.testing.assert_allclose(ArticleFormula().fit(ratings).predict(ANN, D).stars, [4.75])
    np.testing.assert_allclose(BareNeighbours().fit(ratings).predict(ANN, D).stars, [4.25])


def test_a_denominator_near_nothing_throws_the_prediction_out_of_the_scale() -> None:
    # eva 2 3 3 on ann's 4 3 2: s = -√3/2, beside bob's 1: the sum is .13, where the deviations add up to -.77.
    ratings = Ratings.of(rows(ann="432", bob="4324", eva="2335"))
    np.testing.assert_allclose(ArticleFormula().fit(ratings).predict(ANN, D).stars, [1])


def test_where_all_are_alike_it_is_the_literatures_form() -> None:
    ratings = Ratings.of(rows(ann="543.", bob="5431", cem="4325", dan="3214"))
    pairs = np.array([0]), np.array([3])
    np.testing.assert_allclose(
        ArticleFormula().fit(ratings).predict(*pairs).stars,
        BareNeighbours().fit(ratings).predict(*pairs).stars,
    )


def test_the_three_nearest_count_and_nothing_is_divided() -> None:
    # Likeness to ann, 4 3 2: bob and cem 1, dan (4 3 3) √3/2, eva (4 4 3) √3/2 too but later, fay -1. d: bob 4, cem none,
    # dan 2, eva 5, fay 1. T = bob, cem, dan. Means: bob 13/4, dan 12/4.
    ratings = Ratings.of(rows(ann="432", bob="4324", cem="543", dan="4332", eva="4435", fay="2341"))
    stars, supported = ArticleNearest().fit(ratings).predict(ANN, D)
    np.testing.assert_allclose(stars, [3 + 1 * (4 - 13 / 4) + np.sqrt(3) / 2 * (2 - 3)])
    assert supported.all()


def test_without_one_of_the_three_the_players_mean_is_left() -> None:
    ratings = Ratings.of(rows(ann="432", bob="432", cem="543", dan="321", eva="2345"))
    stars, supported = ArticleNearest().fit(ratings).predict(ANN, D)
    np.testing.assert_allclose(stars, [3])
    assert not supported.any()


@pytest.mark.parametrize("kind", [ArticleFormula, ArticleNearest])
def test_stars_stay_inside_the_scale(kind: type[ArticleFormula | ArticleNearest]) -> None:
    model = kind().fit(tastes(12, 10, 6))
    found = np.concatenate([model.scores(player).stars for player in range(12)])
    assert found.min() >= 1
    assert found.max() <= 5


@pytest.mark.parametrize("kind", [ArticleFormula, ArticleNearest])
def test_no_ratings_are_refused(kind: type[ArticleFormula | ArticleNearest]) -> None:
    with pytest.raises(RatingsRefused, match=r"article.*: expected at least one rating"):
        kind().fit(Ratings.of([]))
