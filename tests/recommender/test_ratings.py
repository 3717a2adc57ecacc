"""The table of ratings."""

import numpy as np
import pytest

from recommender.errors import RatingsRefused, UnknownName
from recommender.records.ratings import Ratings

ROWS = [("ann", "foundry", 4.0, 10.0), ("bob", "prism", 2.0, 11.0), ("ann", "prism", 5.0, 12.0)]


def test_names_are_numbered_in_order_of_appearance() -> None:
    ratings = Ratings.of(ROWS)
    assert ratings.players == ("ann", "bob")
    assert ratings.items == ("foundry", "prism")
    assert ratings.shape == (2, 2)
    assert ratings.item_number("prism") == 1


def test_items_without_a_rating_keep_their_number() -> None:
    ratings = Ratings.of(ROWS, items=("canal", "prism"))
    assert ratings.items == ("canal", "prism", "foundry")
    stars, known = ratings.dense()
    assert not known[:, 0].any()
    assert stars[0, 1] == 5.0


def test_the_last_rating_of_a_pair_counts() -> None:
    ratings = Ratings.of([*ROWS, ("ann", "foundry", 1.0, 13.0)])
    assert len(ratings) == 3
    assert ratings.dense()[0][0, 0] == 1.0
    assert ratings.time[-1] == 13.0


@pytest.mark.parametrize("stars", [0.5, 6.0, float("nan"), float("inf")])
def test_stars_outside_the_scale_are_refused(stars: float) -> None:
    with pytest.raises(RatingsRefused, match=r"rating 2 \(bob, prism\): expected stars from 1 to 5, found"):
        Ratings.of([ROWS[0], ("bob", "prism", stars)])


def test_a_part_keeps_all_names() -> None:
    part = Ratings.of(ROWS)[np.array([False, True, False])]
    assert len(part) == 1
    assert part.shape == (2, 2)
    assert Ratings.of([]).shape == (0, 0)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UnknownName, match="player: expected one of the 2 known, found 'cleo'"):
        Ratings.of(ROWS).player_number("cleo")
