"""The fixed step: sixty ticks a second at any frame rate, and never more than a few in one frame."""

import pytest

from game.app.loop import MOST_TICKS, TICK_SECONDS, FixedStep


@pytest.mark.parametrize("rate", [30, 60, 75, 144, 240])
def test_ten_seconds_are_six_hundred_ticks_at_any_rate(rate: int) -> None:
    step = FixedStep()
    ticks = sum(step.advance(1 / rate) for _ in range(rate * 10))
    assert abs(ticks - 600) <= 1
    assert step.dropped == 0


def test_a_stall_is_caught_up_only_so_far() -> None:
    step = FixedStep()
    assert step.advance(2.0) == MOST_TICKS
    assert step.dropped == 120 - MOST_TICKS
    assert step.advance(TICK_SECONDS) == 1


def test_a_slow_machine_slows_down_instead_of_freezing() -> None:
    step = FixedStep()
    assert [step.advance(0.2) for _ in range(10)] == [MOST_TICKS] * 10
    assert step.owed < 1


def test_alpha_is_the_way_between_two_ticks() -> None:
    step = FixedStep()
    assert step.advance(TICK_SECONDS * 1.25) == 1
    assert step.alpha == pytest.approx(0.25)
    assert step.advance(TICK_SECONDS * 0.5) == 0
    assert step.alpha == pytest.approx(0.75)
    step.reset()
    assert step.alpha == 0


def test_a_clock_that_runs_backwards_does_no_harm() -> None:
    step = FixedStep()
    assert step.advance(-1.0) == 0
    assert step.advance(TICK_SECONDS) == 1
