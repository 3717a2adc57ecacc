"""Grades: what many matches say they say, few are drawn to the middle, and intervals hold as often as they claim."""

import math

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.grade import (
    FAMILIES,
    GRADERS,
    MIDDLE,
    N_STEPS,
    NOTHING,
    POINTS,
    Counts,
    Grade,
    PlayerSpread,
)
from game.match.grading.graders import PANEL
from game.match.grading.posterior import Scale, grade_of, grades_of, posteriors

FLAT = Scale.vague()
ALIKE = PlayerSpread(0.0, 0.0, 0.0)
SCALES = {"eliminate": FLAT}


def graded(won: tuple[int, ...], matches: int) -> Grade:
    return grade_of("eliminate", Counts(won, (matches,) * N_STEPS), SCALES, "key")


def simulated(levels: int, matches: int, seed: int) -> tuple[np.ndarray, list[Counts], Scale]:
    """Levels of a known scale, and what their matches came to."""
    random = np.random.default_rng(seed)
    steps = np.arange(N_STEPS)
    truth = Scale(
        (0.5, -0.2, -0.8, -1.2),
        tuple(map(tuple, 1.1 * 0.9 ** np.abs(steps[:, None] - steps))),
        PlayerSpread(0.4, 0.2, 0.3),
    )
    x = random.multivariate_normal(truth.mean, truth.spread, levels)
    won = random.binomial(matches, ndtr(x))
    return x, [Counts(tuple(row.tolist()), (matches,) * N_STEPS) for row in won], truth


def test_many_matches_say_it_all() -> None:
    found = graded((7000, 5000, 2000, 500), 10_000)
    assert [found.rate(name) for name in DIFFICULTY_IDS] == pytest.approx([0.7, 0.5, 0.2, 0.05], abs=0.01)
    assert found.difficulty == pytest.approx(MIDDLE, abs=0.1)
    low, high = found.interval("veteran")
    assert low < 0.2 < high
    nine = FLAT.unlike.panel / FLAT.unlike.steep
    assert (low, high) == pytest.approx(
        (ndtr(ndtri(0.2) - 1.645 * nine), ndtr(ndtri(0.2) + 1.645 * nine)), abs=0.01
    )


def test_no_matches_say_what_is_known_of_the_objective() -> None:
    scale = Scale((1.0, 0.5, 0.0, -0.5), FLAT.spread)
    found = grade_of("eliminate", NOTHING, {"eliminate": scale}, "key")
    assert found.mode == pytest.approx(scale.mean, abs=1e-4)
    assert found.spread == pytest.approx(np.sqrt(np.diagonal(np.array(scale.spread))), abs=1e-4)


def test_an_objective_that_nobody_graded_has_a_vague_scale() -> None:
    assert grade_of("collect", NOTHING, SCALES, "key").rate() == pytest.approx(0.5)


def test_what_is_seen_at_one_difficulty_speaks_for_the_others() -> None:
    only = Counts((0, 20, 0, 0), (0, 20, 0, 0))
    found = grade_of("eliminate", only, SCALES, "key")
    assert found.rate("regular") > 0.9
    assert found.rate("rookie") > 0.8
    assert found.spread[1] < found.spread[0] < found.spread[3]


def test_few_matches_are_drawn_to_the_middle() -> None:
    assert 0 < graded((0, 0, 0, 0), 9).rate() < 0.1
    assert graded((9, 9, 9, 9), 9).rate() < 1
    assert graded((0, 0, 0, 0), 9).rate() > graded((0, 0, 0, 0), 900).rate()


def test_the_mode_is_the_mode() -> None:
    """Newton's steps end where the posterior, written down plainly, is highest."""
    scale = Scale((0.2, 0.0, -0.3, -0.6), FLAT.spread)
    counts = Counts((5, 3, 9, 0), (9, 9, 18, 9))
    mode, _ = posteriors([counts], scale)
    weight = np.linalg.inv(np.array(scale.spread))

    def height(x: np.ndarray) -> float:
        away = x - np.array(scale.mean)
        won, lost = np.array(counts.won), np.array(counts.matches) - np.array(counts.won)
        return float((won * np.log(ndtr(x)) + lost * np.log(ndtr(-x))).sum() - away @ weight @ away / 2)

    best = height(mode[0])
    for step in np.vstack([np.eye(N_STEPS), -np.eye(N_STEPS)]) * 0.01:
        assert height(mode[0] + step) < best


def test_a_scale_is_found_again() -> None:
    _, counts, truth = simulated(400, 36, 3)
    found = Scale.fit(counts, truth.unlike)
    assert found.mean == pytest.approx(truth.mean, abs=0.15)
    assert np.array(found.spread) == pytest.approx(np.array(truth.spread), abs=0.3)
    assert found.unlike == truth.unlike
    assert Scale.from_json(found.to_json()) == found


def test_intervals_hold_nine_times_of_ten() -> None:
    x, counts, known = simulated(600, 18, 5)
    truth = Scale(known.mean, known.spread, ALIKE)  # of the panel itself
    grades = grades_of(["eliminate"] * len(counts), counts, {"eliminate": truth}, "key")
    held = [
        low <= ndtr(x[place, step]) <= high
        for place, grade in enumerate(grades)
        for step, name in enumerate(DIFFICULTY_IDS)
        for low, high in [grade.interval(name)]
    ]
    assert 0.87 < np.mean(held) < 0.93


def test_order_and_company_change_no_grade() -> None:
    _, counts, truth = simulated(8, 9, 1)
    names = ["eliminate", "defend"] * 4
    scales = {"eliminate": truth, "defend": FLAT}
    together = grades_of(names, counts, scales, "key")
    for name, one, grade in zip(names, counts, together, strict=True):
        assert grade_of(name, one, scales, "key").mode == pytest.approx(grade.mode, abs=1e-6)


def test_attempts_stars_and_chances() -> None:
    found = graded((9000, 2500, 1000, 100), 10_000)
    median, low, high = found.attempts()
    assert median == pytest.approx(1 / found.equal_rate())
    assert median > 4, "one player's chance is less than the share of many who win"
    assert low < median < high
    assert found.stars == 4
    assert graded((9000,) * 4, 10_000).stars == 1
    assert graded((100,) * 4, 10_000).stars == 5
    assert found.nearest(0.5) == "regular"
    assert found.nearest(0.95) == "rookie"
    assert found.chance(MIDDLE) < found.rate() < 0.5, (
        "one player's chance changes faster than the share of many who win"
    )
    assert found.chance(found.difficulty) == pytest.approx(0.5, abs=1e-3)
    assert found.chance(MIDDLE + POINTS) > found.chance(MIDDLE) > found.chance(MIDDLE - POINTS)
    assert found.uncertainty > POINTS * found.unlike.kind
    assert ndtri(0.25) == pytest.approx(found.mode[1], abs=0.02)


@pytest.mark.parametrize(
    ("won", "matches", "said"),
    [
        ((1, 2, 3), (9,) * 4, "won: expected 4 numbers, found 3"),
        ((1, 2, 3, 4), (9,) * 3, "matches: expected 4 numbers, found 3"),
        ((1, 2, 3, 10), (9,) * 4, r"won: expected 0 to \(9, 9, 9, 9\)"),
        ((-1, 2, 3, 4), (9,) * 4, "won: expected 0"),
    ],
)
def test_counts_that_cannot_be_are_refused(won: tuple[int, ...], matches: tuple[int, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Counts(won, matches)


def test_a_level_is_offered_only_where_that_is_sure() -> None:
    few = Grade("defend", NOTHING, (1.5,) * 4, (0.4,) * 4, ALIKE, "")
    many = Grade("defend", NOTHING, (1.5,) * 4, (0.05,) * 4, ALIKE, "")
    assert few.chance(MIDDLE) < 0.95
    assert not few.may_be_offered(MIDDLE)
    assert many.may_be_offered(MIDDLE)
    assert few.may_be_offered(MIDDLE - POINTS)  # a weaker player, who is far from winning always
    assert not few.may_be_offered(MIDDLE - 3 * POINTS)


def test_the_chance_of_one_player_is_the_mean_of_what_is_left_open() -> None:
    """A panel of nine wins `rate`; the chance of a player of a third family is the mean over all that the nine leave open."""
    unlike = PlayerSpread(0.7, 0.4, 0.3)
    grade = Grade("defend", NOTHING, (1.0, 0.5, 0.0, -0.5), (0.2,) * 4, unlike, "")
    random, draws = np.random.default_rng(4), 100_000

    def tastes(families: tuple[int, ...], of_family: np.ndarray) -> np.ndarray:
        return of_family[:, families] + unlike.own * random.standard_normal((draws, len(families)))

    of_family = unlike.family * random.standard_normal((draws, 3))
    nine = tastes((0,) * 5 + (1,) * 4, of_family)
    doubt = unlike.steep * 0.2 * random.standard_normal(draws)
    level = unlike.steep * 0.5 + doubt - nine.mean(1)  # what is seen of it is what it is to the nine
    seen = ndtr(level[:, None] + nine + unlike.skill * random.standard_normal((draws, 9)))
    assert seen.mean() == pytest.approx(grade.rate("regular"), abs=0.003)
    third = tastes((2,), of_family)[:, 0]
    assert ndtr(level + third + 0.3).mean() == pytest.approx(grade.chance(MIDDLE + 0.3 * POINTS), abs=0.003)
    assert (level + third).std() == pytest.approx(math.hypot(unlike.other, unlike.steep * 0.2), rel=0.02)
    for family in (0, 1):
        member = tastes((family,), of_family)[:, 0] - nine.mean(1)
        assert member.std() == pytest.approx(unlike.member(family), rel=0.02)
    assert unlike.panel == pytest.approx(nine.mean(1).std(), rel=0.02)
    assert grade.equal_rate("veteran") == 0.5
    assert grade.chance(grade.difficulty) == pytest.approx(0.5)


def test_the_panel_is_nine_players_of_two_families() -> None:
    assert (sum(one.delay is not None for one in PANEL), sum(one.delay is None for one in PANEL)) == FAMILIES
    assert len(PANEL) == GRADERS


def test_attempts_are_those_of_one_player() -> None:
    """Of players who are as strong as the panel's mean, and of a family of their own: how many each needs, on average."""
    unlike = PlayerSpread(0.9, 0.5, 0.4)
    grade = Grade("collect", NOTHING, (0.0, -1.0, -1.5, -2.0), (0.01,) * 4, unlike, "")
    random = np.random.default_rng(6)
    chances = ndtr(unlike.steep * -1.0 + unlike.other * random.standard_normal(200_000))
    needed = np.quantile(1 / chances, (0.5, 0.05, 0.95))
    assert grade.attempts("regular") == pytest.approx(needed, rel=0.03)
