import math

import numpy as np
import pytest

from recommender.advisor.calibration import Calibration


def fed(belief: float, slope: float, shift: float, outcomes: int = 3000) -> Calibration:
    """Outcomes that happen by the calibrated chance."""
    chance = np.random.default_rng(4)
    calibration = Calibration(belief)
    for p in chance.uniform(0.05, 0.95, outcomes).tolist():
        true = 1 / (1 + math.exp(-(slope * math.log(p / (1 - p)) + shift)))
        calibration.add(p, bool(chance.random() < true), 1.0)
    return calibration


def test_slope_and_shift_are_found() -> None:
    assert fed(1.0, 0.6, -0.5).slope_and_shift == pytest.approx((0.6, -0.5), abs=0.08)


def test_without_outcomes_chances_stay_as_they_are() -> None:
    chances = np.array([0.1, 0.5, 0.9])
    assert Calibration(25.0).apply(chances) == pytest.approx(chances)


def test_few_outcomes_move_it_less_the_stronger_the_belief() -> None:
    weak, strong = (fed(belief, 1.0, -2.0, 20).slope_and_shift[1] for belief in (1.0, 100.0))
    assert weak < strong < 0


def test_an_outcome_of_no_weight_says_nothing() -> None:
    calibration = Calibration(5.0)
    calibration.add(0.9, False, 0.0)
    assert calibration.slope_and_shift == (1.0, 0.0)


def test_certain_predictions_that_fail_stay_finite() -> None:
    calibration = Calibration(5.0)
    for p in (0.0, 1.0):
        calibration.add(p, p == 0.0, 1.0)
    assert np.isfinite(calibration.slope_and_shift).all()
    assert np.isfinite(calibration.apply(np.array([0.0, 1.0]))).all()


def test_a_copy_learns_on_apart() -> None:
    one = fed(5.0, 0.6, -0.5, 100)
    before = one.slope_and_shift
    other = one.copy()
    assert other.slope_and_shift == before
    for _ in range(50):
        other.add(0.5, True, 1.0)
    assert one.slope_and_shift == before
    assert other.slope_and_shift[1] > before[1]
