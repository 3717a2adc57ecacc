"""The weights of the ranking are learnt from choices in time order."""

from functools import lru_cache

import numpy as np
import pytest

from recommender.advisor.gathering import Interactions, RatingArrays
from recommender.advisor.ranker import (
    FEWEST,
    LEAST_UTILITY,
    RECENT,
    RankWeights,
    fit_ease,
    item_quality,
    learn_weights,
    popularity,
    prior_weights,
    z_scores,
)  # fmt: skip

PLAYERS, ITEMS, ROUNDS = 260, 80, 10


@lru_cache
def choices(weights: RankWeights, seed: int = 0) -> tuple[Interactions, RatingArrays]:
    """Players take one item a round by a softmax of the very score, and rate what they took: stars are an item's worth.

    What belongs together and what is popular are those of what was taken so far, looked at anew after every round.
    """
    random = np.random.default_rng(seed)
    worth = np.clip(random.normal(3.4, 1.0, ITEMS), 1, 5)
    player = np.concatenate([np.arange(PLAYERS), np.arange(PLAYERS)])
    item = random.integers(ITEMS, size=2 * PLAYERS)  # a first choice at random of two
    for _ in range(ROUNDS):
        taken = Interactions(player.astype(np.int32), item.astype(np.int32), np.ones(len(item)))
        given = RatingArrays(taken.player, taken.item, worth[item])
        ease, static = fit_ease(taken, PLAYERS, ITEMS), popularity(taken.item, ITEMS)
        stars = item_quality(given, ITEMS)
        more = []
        for who in random.permutation(PLAYERS):
            own = np.unique(item[player == who]).astype(np.int32)
            together = z_scores(ease.sums(own, np.ones(len(own))))
            score = weights.utility * stars + weights.together * together + np.array(weights.popular) @ static
            score = score + random.gumbel(size=ITEMS)
            score[own] = -np.inf
            more.append((who, int(np.argmax(score))))
        player = np.concatenate([player, [who for who, _ in more]])
        item = np.concatenate([item, [what for _, what in more]])
    rows = player.astype(np.int32), item.astype(np.int32)
    return Interactions(*rows, np.ones(len(item))), RatingArrays(*rows, worth[item])


PLANTED = (
    RankWeights(1.5, 0.0, (0.0,) * len(RECENT)),
    RankWeights(LEAST_UTILITY, 1.2, (0.0,) * len(RECENT)),
    RankWeights(0.8, 0.6, (0.0,) * (len(RECENT) - 1) + (0.8,)),
)


@pytest.mark.parametrize("planted", PLANTED)
def test_planted_weights_are_recovered_from_the_choices_they_made(planted: RankWeights) -> None:
    taken, given = choices(planted)
    start = RankWeights(0.5, 0.3, (0.1,) * len(RECENT))
    found = learn_weights(taken, given, PLAYERS, ITEMS, start)
    assert found.choices > 250
    assert found.together == pytest.approx(planted.together, abs=0.3)
    # The popularities of all half-lives are much alike, and what is good is taken up: what they all say together is what shows.
    stars, static = item_quality(given, ITEMS), popularity(taken.item, ITEMS)
    said, meant = (one.utility * stars + np.array(one.popular) @ static for one in (found, planted))
    assert np.std(said - meant) < 0.35 * max(float(np.std(meant)), 1.0), (found, planted)


def test_choices_at_random_teach_that_nothing_draws() -> None:
    taken, given = choices(RankWeights(0.0, 0.0, (0.0,) * len(RECENT)), seed=3)
    found = learn_weights(taken, given, PLAYERS, ITEMS, RankWeights(2.0, 1.0, (0.3,) * len(RECENT)))
    assert found.utility < 0.5
    assert abs(found.together) < 0.35
    assert abs(sum(found.popular)) < 0.45


def test_few_players_leave_the_prior() -> None:
    taken, given = choices(PLANTED[0])
    rows = taken.player < FEWEST // 4
    start = prior_weights(5)
    assert learn_weights(taken[rows], given[rows], PLAYERS, ITEMS, start) is start
    assert learn_weights(taken[:0], given[rows][np.zeros(0, np.intp)], PLAYERS, ITEMS, start) is start
    assert start.choices == 0


def test_what_was_skipped_is_no_choice() -> None:
    """Skips of one item by everybody do not make it what players choose."""
    taken, given = choices(PLANTED[1])
    skipped = np.full(3 * PLAYERS, 7, np.int32)
    who = np.tile(np.arange(PLAYERS, dtype=np.int32), 3)
    new = ~np.isin(who * ITEMS + skipped, taken.player * ITEMS + taken.item)
    more = Interactions(
        np.concatenate([taken.player, who[new]]),
        np.concatenate([taken.item, skipped[new]]),
        np.concatenate([taken.weight, np.full(int(new.sum()), -0.25)]),
    )
    start = RankWeights(0.5, 0.3, (0.1,) * len(RECENT))
    found = learn_weights(more, given, PLAYERS, ITEMS, start)
    assert sum(found.popular) < 0.5


def test_popularity_knows_what_is_taken_up_now() -> None:
    early, late = np.zeros(300, np.int32), np.ones(100, np.int32)
    found = popularity(np.concatenate([early, late]), 3)
    assert found.shape == (len(RECENT), 3)
    assert found[0, 1] > found[0, 0]  # the shortest half-life
    assert found[-1, 0] > found[-1, 1]  # all entries alike
    assert found.mean(1) == pytest.approx(np.zeros(len(RECENT)), abs=1e-12)
