"""Every drum of every kit sounds, ends, and is reproducible."""

import numpy as np
import pytest

from music import vocabulary as vo
from music.synth.drums import DRUM_OF_KEY, KITS, cut_short, drum_of, render_hit
from music.synth.timbres import TIMBRES

RATE = 44_100
HITS = [(kit, drum) for kit in KITS for drum, _, _ in vo.DRUMS]


def centre(wave: np.ndarray) -> float:
    """Return the mean frequency of a wave's energy in Hz."""
    power = np.abs(np.fft.rfft(wave)) ** 2
    return float((power * np.fft.rfftfreq(len(wave), 1 / RATE)).sum() / power.sum())


def test_every_kit_has_every_drum_and_every_timbre_a_kit() -> None:
    names = {name for name, _, _ in vo.DRUMS}
    assert all(set(kit) == names for kit in KITS.values())
    assert {timbre.kit for timbre in TIMBRES.values()} <= set(KITS)


@pytest.mark.parametrize(("kit", "drum"), HITS)
def test_a_hit_begins_and_ends_at_zero(kit: str, drum: str) -> None:
    wave = render_hit(kit, drum, RATE)
    assert abs(float(wave[0])) < 1e-3
    assert abs(float(wave[-1])) < 1e-4
    assert 0.1 < np.abs(wave).max() < 1.6


@pytest.mark.parametrize("kit", KITS)
def test_drums_are_ordered_from_low_to_high(kit: str) -> None:
    order = ["kick", "tom", "snare", "closed hat"]
    centres = [centre(render_hit(kit, drum, RATE)) for drum in order]
    assert centres == sorted(centres)
    assert centres[0] < 200
    assert centres[-1] > 5000


@pytest.mark.parametrize("kit", KITS)
def test_the_pitch_of_a_kick_falls(kit: str) -> None:
    wave = render_hit(kit, "kick", RATE)
    crossings = np.flatnonzero((wave[:-1] < 0) & (wave[1:] >= 0))
    late = crossings[(crossings > 0.06 * RATE) & (crossings < 0.2 * RATE)]
    assert centre(wave[: RATE // 50]) > 1.3 * RATE / np.diff(late).mean()


def test_the_same_hit_twice_is_the_same() -> None:
    first = render_hit("neon", "snare", RATE).copy()
    render_hit.cache_clear()
    assert np.array_equal(render_hit("neon", "snare", RATE), first)


def test_an_open_hat_can_be_closed_without_a_step() -> None:
    wave = render_hit("neon", "open hat", RATE)
    short = cut_short(wave, 4000, RATE)
    assert len(short) == 4000
    assert abs(float(short[-1])) < 1e-4
    assert np.array_equal(short[:3000], wave[:3000])
    assert cut_short(wave, len(wave) + 5, RATE) is wave


def test_keys_get_their_drum_and_unknown_keys_a_hat() -> None:
    assert all(drum_of(key) == name for name, _, keys in vo.DRUMS for key in keys)
    assert 127 not in DRUM_OF_KEY
    assert drum_of(127) == "closed hat"
