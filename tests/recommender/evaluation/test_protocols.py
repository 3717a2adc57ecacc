"""Which ratings are learned from and which judge."""

import hashlib
import importlib.util

import numpy as np
import pytest

from recommender.errors import RatingsRefused
from recommender.evaluation.protocols import (
    by_entry,
    count_leak,
    has_times,
    leave_last,
    leave_last_part,
    surprise5,
    time_windows,
)
from recommender.records.ratings import Ratings

# sha-256 of the judged rows of 1003 ratings, as surprise.KFold(5, random_state=0) gave them
RECORDED = "a7c2a34d51c6ba3b00e876a5b2813ed6998bbec977c54921a6be7ec06a54526b"


def test_folds_are_those_that_surprise_gave() -> None:
    text = ";".join(",".join(map(str, judged)) for _, judged in surprise5(1003))
    assert hashlib.sha256(text.encode()).hexdigest() == RECORDED


@pytest.mark.skipif(importlib.util.find_spec("surprise") is None, reason="scikit-surprise is not installed")
@pytest.mark.parametrize("count", [10, 1000, 1003])
def test_folds_equal_those_of_surprise(count: int) -> None:
    from surprise import Dataset, Reader
    from surprise.model_selection import KFold

    data = Dataset(Reader())
    data.raw_ratings = [(str(row), "item", 3.0, None) for row in range(count)]
    theirs = [[int(row[0]) for row in judged] for _, judged in KFold(5, random_state=0).split(data)]
    assert [judged.tolist() for _, judged in surprise5(count)] == theirs


def test_folds_judge_every_row_once_and_never_one_that_is_learned() -> None:
    splits = surprise5(23)
    assert sorted(np.concatenate([judged for _, judged in splits]).tolist()) == list(range(23))
    assert all(not set(learned) & set(judged) for learned, judged in splits)


def test_too_few_ratings_for_five_folds_are_refused() -> None:
    with pytest.raises(RatingsRefused, match="expected at least 5"):
        surprise5(4)


def test_the_newest_play_is_left_out_and_of_a_tie_the_later_row() -> None:
    rows = [
        ("a", "x", 3.0, 2.0),
        ("a", "y", 3.0, 2.0),
        ("b", "x", 3.0, 9.0),
        ("b", "y", 3.0, 1.0),
        ("c", "x", 3.0),
    ]
    learned, judged = leave_last(Ratings.of(rows))
    assert judged.tolist() == [1, 2]
    assert learned.tolist() == [0, 3, 4]


def test_players_with_one_rating_only_are_refused() -> None:
    with pytest.raises(RatingsRefused, match="at least two"):
        leave_last(Ratings.of([("a", "x", 3.0), ("b", "x", 3.0)]))


# Two players and ten seconds; of 3 and 3 the earlier row came first.
TIMED = Ratings.of(
    [
        ("a", "p", 3.0, 1.0),
        ("b", "q", 3.0, 9.0),
        ("a", "q", 3.0, 3.0),
        ("b", "p", 3.0, 3.0),
        ("c", "p", 3.0, 5.0),
        ("a", "r", 3.0, 7.0),
        ("b", "r", 3.0, 2.0),
        ("c", "s", 3.0, 9.5),
    ]
)


def named(ratings: Ratings) -> list[str]:
    return [ratings.players[u] + ratings.items[i] for u, i in zip(ratings.player, ratings.item)]


def test_ratings_of_one_second_come_in_the_order_of_their_rows() -> None:
    assert named(by_entry(TIMED)) == ["ap", "br", "aq", "bp", "cp", "ar", "bq", "cs"]


def test_a_window_learns_all_before_its_cut_and_judges_until_the_next() -> None:
    first, second = time_windows(TIMED, (0.5, 0.75))
    assert named(first.learned) == ["ap", "br", "aq", "bp"]
    assert named(first.judged) == ["cp", "ar"]
    assert named(second.learned) == [*named(first.learned), *named(first.judged)]
    assert named(second.judged) == ["bq", "cs"]
    assert [first.players.tolist(), first.warm.tolist()] == [[0, 2], [True, False]]  # c is cold
    assert second.warm.tolist() == [True, True]
    assert second.unknown == 0.5  # s
    assert second.learned.time.max() <= second.judged.time.min()


@pytest.mark.parametrize("cuts", [(), (0.0,), (0.5, 0.5), (0.9, 0.5), (1.0,), (0.01,)])
def test_cuts_that_leave_a_side_empty_are_refused(cuts: tuple[float, ...]) -> None:
    with pytest.raises(RatingsRefused, match="cuts: expected rising shares"):
        time_windows(TIMED, cuts)


def test_a_table_that_does_not_say_when_is_told_apart() -> None:
    untimed = Ratings.of([("a", "x", 3.0), ("a", "y", 3.0), ("b", "x", 3.0)])
    assert not has_times(untimed)
    assert has_times(TIMED)
    with pytest.raises(RatingsRefused, match="expected timestamps that differ"):
        time_windows(untimed)


def test_the_leak_of_leave_last_out_by_hand() -> None:
    # a's last is 7, b's 9, c's 9.5; what is learned has the times 1, 2, 3, 3, 5: none is later.
    found = count_leak(TIMED)
    assert found.later == 0
    assert found.tied == 0
    assert found.one_hour == 1
    # a's two are of one second; d goes on for two hours.
    rows = [
        ("a", "p", 3.0, 3.2),
        ("a", "q", 3.0, 3.7),
        ("d", "p", 3.0, 2.0),
        ("d", "q", 3.0, 4.0),
        ("d", "r", 3.0, 7300.0),
    ]
    found = count_leak(Ratings.of(rows))
    assert found.later == pytest.approx((1 / 3 + 0) / 2)  # after 3.7 of 3.2, 2, 4; after 7300 none
    assert found.tied == 0.5
    assert found.one_hour == 0.5


def test_leave_last_out_is_a_part_in_the_order_of_entry() -> None:
    part = leave_last_part(TIMED)
    assert named(part.learned) == ["ap", "br", "aq", "bp", "cp"]
    assert named(part.judged) == ["ar", "bq", "cs"]
