"""Tones have their pitch and no aliasing."""

import numpy as np
import pytest

from music.synth.measure import aliasing
from music.synth.oscillators import (
    TABLE,
    TOP_HZ,
    WAVES,
    Floats,
    frequency,
    phases,
    read_wavetable,
    wavetables,
)

RATE = 44_100
OPEN = (20_000.0, 20_000.0)


def tone(wave: str, hertz: float, cutoff: tuple[float, float] = OPEN, duty: float = 0.25) -> Floats:
    return read_wavetable(
        wavetables(wave, duty, hertz, cutoff, 0.0, RATE), phases(hertz, RATE, RATE, 0.0, None), None
    )


def spectrum(samples: Floats) -> Floats:
    """Amplitude of one second of sound, by whole Hz."""
    return np.abs(np.fft.rfft(samples)).astype(np.float32) / (len(samples) / 2)


@pytest.mark.parametrize("wave", WAVES)
@pytest.mark.parametrize("pitch", [28, 57, 76, 100])
def test_a_tone_has_the_frequency_of_its_pitch(wave: str, pitch: int) -> None:
    hertz = frequency(pitch)
    loudest = np.argmax(spectrum(tone(wave, hertz, duty=0.5)))
    assert abs(loudest - hertz) <= 1


@pytest.mark.parametrize("wave", ["pulse", "saw", "triangle"])
@pytest.mark.parametrize("hertz", [110.0, 1900.0, 3951.0])
def test_aliasing_is_far_below_hearing(wave: str, hertz: float) -> None:
    assert aliasing(tone(wave, hertz), hertz, RATE) <= -80


def test_the_measure_finds_the_aliasing_of_a_naive_pulse() -> None:
    phase = phases(1900.0, RATE, RATE, 0.0, None) % 1
    naive = np.where(phase < 0.25, 1.0, -1.0).astype(np.float32)
    assert aliasing(naive - naive.mean(), 1900.0, RATE) > -25


@pytest.mark.parametrize("wave", ["pulse", "saw"])
def test_no_harmonic_is_above_the_top(wave: str) -> None:
    loud = np.flatnonzero(spectrum(tone(wave, 100.0)) > 1e-4)
    assert TOP_HZ - 200 <= loud.max() <= TOP_HZ


def test_harmonics_fall_as_the_wave_requires() -> None:
    saw, square, triangle = (spectrum(tone(wave, 100.0, duty=0.5)) for wave in ("saw", "pulse", "triangle"))
    assert saw[200] / saw[100] == pytest.approx(1 / 2, abs=0.01)
    assert square[200] / square[100] < 1e-3
    assert square[300] / square[100] == pytest.approx(1 / 3, abs=0.01)
    assert triangle[300] / triangle[100] == pytest.approx(1 / 9, abs=0.01)


def test_a_duty_of_a_quarter_takes_out_every_fourth_harmonic() -> None:
    pulse = spectrum(tone("pulse", 100.0, duty=0.25))
    assert pulse[400] < 1e-3 * pulse[100]
    assert pulse[200] > 0.5 * pulse[100]


def test_the_filter_takes_away_what_is_above_its_edge() -> None:
    low, high = spectrum(tone("saw", 100.0, (1000.0, 1000.0))), spectrum(tone("saw", 100.0))
    assert low[4000] / high[4000] == pytest.approx(1 / 16, rel=0.05)
    assert low[100] / high[100] > 0.98


def test_a_moving_filter_begins_at_one_end_and_rests_at_the_other() -> None:
    cycles = wavetables("saw", 0.5, 100.0, (500.0, 8000.0), 0.0, RATE)
    phase = phases(100.0, RATE, RATE, 0.0, None)
    for place, edge in ((0.0, 500.0), (1.0, 8000.0)):
        moved = read_wavetable(cycles, phase, np.full(RATE, place, np.float32))
        assert np.allclose(moved, tone("saw", 100.0, (edge, edge)), atol=1e-4)


def test_a_table_closes_its_circle() -> None:
    cycles = wavetables("saw", 0.5, 440.0, (900.0, 4000.0), 0.5, RATE)
    assert cycles.shape[1] == TABLE + 1
    assert np.array_equal(cycles[:, 0], cycles[:, -1])
    assert np.abs(cycles[:, :-1].mean(axis=1)).max() < 1e-6


def test_an_unknown_wave_is_named() -> None:
    with pytest.raises(ValueError, match=r"expected a wave of sine, .* found 'hum'"):
        wavetables("hum", 0.5, 440.0, OPEN, 0.0, RATE)
