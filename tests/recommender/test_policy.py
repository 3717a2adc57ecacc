import numpy as np
import pytest

from recommender.advisor.policy import NO_PLACE, choose_slate, explore


def test_choose_takes_the_best_and_then_what_differs() -> None:
    score = np.array([4.0, 3.9, 3.8, 1.0])
    alike = np.eye(4)
    alike[0, 1] = alike[1, 0] = 1.0
    assert choose_slate(score, alike, 3, 0.0) == [0, 1, 2]
    assert choose_slate(score, alike, 3, 0.3) == [0, 2, 1]
    assert choose_slate(score[2:], alike[2:, 2:], 5, 0.3) == [0, 1]
    assert choose_slate(score[:0], alike[:0, :0], 3, 0.3) == []


def shown(runs: int, share: float) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], float]]:
    """How often each item stood at each place, and the propensity that was told there."""
    random = np.random.default_rng(0)
    counts: dict[tuple[int, int], int] = {}
    told: dict[tuple[int, int], float] = {}
    for _ in range(runs):
        slate = explore([7, 8, 9], [1, 2], np.array([0.25, 0.75]), share, random)
        for place, (item, propensity) in enumerate(zip(slate.items, slate.propensity, strict=True)):
            counts[place, item] = counts.get((place, item), 0) + 1
            assert told.setdefault((place, item), propensity) == propensity
    return counts, told


def off(counts: dict[tuple[int, int], int], told: dict[tuple[int, int], float], runs: int) -> float:
    """The largest difference of a frequency and its propensity, in standard errors."""
    return max(
        abs(count / runs - told[key]) / np.sqrt(told[key] * (1 - told[key]) / runs)
        for key, count in counts.items()
    )


def test_propensities_are_the_frequencies() -> None:
    counts, told = shown(20_000, 0.3)
    assert set(counts) == {(0, 7)} | {(place, item) for place in (1, 2) for item in (7 + place, 1, 2)}
    assert told[0, 7] == 1.0  # the first place is never explored
    assert sum(told[1, item] for item in (8, 1, 2)) == pytest.approx(1.0)
    del counts[0, 7]
    assert off(counts, told, 20_000) < 4


def test_a_single_suggestion_explores_by_one_places_share() -> None:
    random = np.random.default_rng(0)
    slates = [explore([7], [1], np.ones(1), 0.2, random) for _ in range(5000)]
    share = sum(slate.explored == 0 for slate in slates) / 5000
    assert share == pytest.approx(0.2 / 5, abs=0.01)
    assert {slate.propensity[0] for slate in slates if slate.explored == 0} == {0.2 / 5}


def test_places_past_a_usual_list_are_left_alone() -> None:
    random = np.random.default_rng(0)
    slate = explore(range(10), [11], np.ones(1), 0.5, random)
    assert slate.propensity[5:] == [1.0] * 5


def test_the_check_of_propensities_can_fail() -> None:
    counts, _ = shown(20_000, 0.3)
    del counts[0, 7]
    _, told = shown(200, 0.45)
    assert off(counts, {**told, **{key: 0.5 for key in counts if key not in told}}, 20_000) > 4


def test_without_a_share_or_others_nothing_is_explored() -> None:
    random = np.random.default_rng(0)
    assert explore([1], [], np.zeros(0), 1.0, random) == ([1], [1.0], NO_PLACE)
    assert explore([1], [2], np.ones(1), 0.0, random) == ([1], [1.0], NO_PLACE)
    assert explore([], [2], np.ones(1), 1.0, random) == ([], [], NO_PLACE)
