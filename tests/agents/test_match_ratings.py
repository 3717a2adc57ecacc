"""Ratings find a planted order, stay where the anchor puts them, and an equilibrium has no use for who can be beaten."""

import itertools

import numpy as np
import pytest

from agents.match_ratings import (
    ANCHOR,
    Result,
    nash,
    payoffs,
    pool_results,
    rate,
    sampling_weights,
    win_chance,
)

STRENGTHS = {"a": 0.0, "b": 0.7, "c": 1.6, "d": 2.2}


def planted(seed: int, matches: int = 200, left_out: tuple[str, str] | None = None) -> list[Result]:
    random = np.random.default_rng(seed)
    found = []
    for first, second in itertools.combinations(STRENGTHS, 2):
        if (first, second) == left_out:
            continue
        chance = 1 / (1 + np.exp(STRENGTHS[second] - STRENGTHS[first]))
        wins = int(random.binomial(matches, chance))
        found.append(Result(first, second, "duel", wins, matches - wins, 0))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_a_planted_order_is_found_with_the_anchor_in_its_place(seed: int) -> None:
    ratings = rate(planted(seed), anchor="b")
    assert sorted(ratings, key=lambda name: ratings[name].mu) == list("abcd")
    assert ratings["b"].mu == pytest.approx(ANCHOR)
    assert ratings["a"].matches == 600


def test_the_order_of_results_and_of_their_names_does_not_matter() -> None:
    results = planted(1)
    turned = [
        Result(one.second, one.first, one.kind, one.losses, one.wins, one.draws) for one in reversed(results)
    ]
    assert rate(results) == rate(turned)
    assert pool_results(results) == pool_results(turned)


@pytest.mark.parametrize("seed", range(3))
def test_pairs_that_never_met_are_predicted(seed: int) -> None:
    ratings = rate(planted(seed, left_out=("a", "d")))
    truth = 1 / (1 + np.exp(STRENGTHS["a"] - STRENGTHS["d"]))
    assert win_chance(ratings["d"], ratings["a"]) == pytest.approx(truth, abs=0.05)


@pytest.mark.parametrize("share", [0.6, 0.75, 0.9])
def test_a_forecast_is_what_the_matches_came_to(share: float) -> None:
    ratings = rate([Result("a", "b", "duel", round(400 * share), round(400 * (1 - share)), 0)])
    assert win_chance(ratings["a"], ratings["b"]) == pytest.approx(share, abs=0.04)
    assert win_chance(ratings["b"], ratings["a"]) == pytest.approx(1 - share, abs=0.04)


def test_kinds_are_rated_apart() -> None:
    results = [Result("a", "b", "duel", 90, 10, 0), Result("a", "b", "collect", 10, 90, 0)]
    assert rate(results, "duel")["a"].mu > rate(results, "duel")["b"].mu
    assert rate(results, "collect")["a"].mu < rate(results, "collect")["b"].mu
    assert rate(results)["a"].mu == pytest.approx(rate(results)["b"].mu, abs=1.0)


def test_payoffs_know_who_never_met() -> None:
    found = payoffs([Result("a", "b", "duel", 3, 1, 0), Result("b", "c", "duel", 0, 0, 2)], list("abc"))
    assert found[0, 1] == 0.75
    assert found[1, 0] == 0.25
    assert found[1, 2] == 0.5
    assert np.isnan(found[0, 2])
    assert np.diag(found).tolist() == [0.5] * 3


def test_rock_paper_scissors_are_even_and_who_loses_to_all_has_no_weight() -> None:
    circle = np.array([[0.5, 1, 0, 1], [0, 0.5, 1, 1], [1, 0, 0.5, 1], [0, 0, 0, 0.5]])
    assert nash(circle) == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0], abs=0.02)
    best = np.array([[0.5, 0.9, 0.8], [0.1, 0.5, 0.9], [0.2, 0.1, 0.5]])
    assert nash(best) == pytest.approx([1, 0, 0], abs=0.02)
    assert len(nash(np.zeros((0, 0)))) == 0


def test_who_still_wins_is_met_more_often_and_nobody_never() -> None:
    found = sampling_weights({"easy": 1.0, "even": 0.5, "hard": 0.0})
    assert found["hard"] > found["even"] > found["easy"] > 0
