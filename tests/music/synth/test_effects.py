"""Echo, reverb, ducking and the limiter."""

import numpy as np
import pytest

from music.synth.effects import add_echo, add_reverb, duck_curve, echo_taps, limiter_curve, room_impulse

RATE = 44_100


def click(count: int) -> np.ndarray:
    wave = np.zeros(count, np.float32)
    wave[0] = 1
    return wave


def test_the_echo_goes_from_side_to_side_in_time_and_fades() -> None:
    out = np.zeros((2, 50_000), np.float32)
    add_echo(out, click(100), 10_000, 0.5, 8000.0, RATE)
    assert not out[:, :10_000].any()
    peaks = [np.abs(out[side, at : at + 200]).max() for side, at in ((0, 10_000), (1, 20_000), (0, 30_000))]
    assert peaks[1] / peaks[0] == pytest.approx(0.5, rel=1e-3)
    assert peaks[2] / peaks[0] == pytest.approx(0.25, rel=1e-3)
    assert not out[1, 10_000:19_999].any()
    assert echo_taps(0.5)[-1] > 0.01


def test_the_room_answers_on_both_sides_differently_and_dies_away() -> None:
    answer = room_impulse(0.8, RATE)
    early, late = (np.sqrt(np.square(part).mean()) for part in (answer[:, 1000:5000], answer[:, -5000:]))
    assert late < 0.02 * early
    assert abs(np.corrcoef(answer)[0, 1]) < 0.2
    assert np.abs(answer[:, -1]).max() < 1e-4


def test_reverb_in_blocks_equals_reverb_of_the_whole() -> None:
    sent = np.random.default_rng(3).standard_normal(300_000).astype(np.float32)
    sent[100_000:250_000] = 0  # blocks of silence are skipped
    answer = room_impulse(0.5, RATE)
    out = np.zeros((2, len(sent) + answer.shape[1]), np.float32)
    add_reverb(out, sent, 0.5, RATE)
    size = 1 << (out.shape[1] - 1).bit_length()
    whole = np.fft.irfft(np.fft.rfft(sent, size) * np.fft.rfft(answer[1], size))
    assert np.allclose(out[1], whole[: out.shape[1]], atol=1e-3)


def test_ducking_is_deepest_at_the_kick_and_over_in_time() -> None:
    curve = duck_curve(20_000, np.array([-1000, 5000]), 4000, RATE)
    rise = round(0.005 * RATE)
    assert curve[5000 + rise] == pytest.approx(1, abs=0.01)
    assert curve[5000 + rise + 4001] == 0
    assert curve[0] > 0.5  # of the previous kick
    assert np.abs(np.diff(curve)).max() < 0.01


def test_the_limiter_keeps_the_ceiling_and_moves_slowly() -> None:
    mix = np.random.default_rng(5).standard_normal((RATE, 2)).astype(np.float32) * np.float32(0.2)
    mix[20_000:20_003] = 2.5
    curve = limiter_curve(mix, 0.8, RATE)
    assert curve is not None
    assert np.abs(mix * curve[:, None]).max() <= 0.8 + 1e-6
    assert np.abs(np.diff(curve)).max() < 0.005
    assert curve[19_000] == pytest.approx(1, abs=0.05)


def test_the_limiter_leaves_low_peaks_unchanged() -> None:
    assert limiter_curve(np.full((1000, 2), 0.5, np.float32), 0.8, RATE) is None
    assert limiter_curve(np.zeros((0, 2), np.float32), 0.8, RATE) is None
