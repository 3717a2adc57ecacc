"""A note begins and ends at 0, keeps its pitch, and is rendered once."""

import numpy as np
import pytest

from music.synth.measure import clicks
from music.synth.oscillators import frequency
from music.synth.timbres import TIMBRES, Layer, Sound, Tone
from music.synth.tones import LONGEST, NoteBank, envelope, held_samples, pan_gains, render_note

RATE = 44_100
SOUNDS = [
    pytest.param(sound, id=f"{name}-{voice}-{number}")
    for name, timbre in TIMBRES.items()
    for voice in ("melody", "harmony", "bass")
    for number, sound in enumerate(getattr(timbre, voice))
]


@pytest.mark.parametrize("sound", SOUNDS)
def test_no_note_of_any_timbre_clicks(sound: Sound) -> None:
    for pitch in (33, 60, 84):
        wave = render_note(sound.tone, pitch, RATE // 4, RATE).T * np.float32(sound.level)
        assert clicks(wave, RATE) < 2e-4
        assert np.abs(wave[0]).max() < 1e-6
        assert np.abs(wave[-1]).max() < 1e-6


@pytest.mark.parametrize("sound", SOUNDS)
def test_a_note_that_is_cut_is_found_to_click(sound: Sound) -> None:
    wave = render_note(sound.tone, 60, RATE // 4, RATE).T * np.float32(sound.level)
    loudest = int(np.argmax(np.abs(wave).max(axis=1)))
    assert clicks(wave[: loudest + 1], RATE) > 2e-3


@pytest.mark.parametrize("sound", SOUNDS)
def test_a_note_has_its_pitch(sound: Sound) -> None:
    pitch = 57
    wave = render_note(sound.tone, pitch, RATE, RATE).sum(axis=0)
    power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 4 * RATE))
    at = np.fft.rfftfreq(4 * RATE, 1 / RATE)
    lowest = frequency(pitch + 12 * min(layer.octave for layer in sound.tone.layers))
    near = (at > lowest * 2 ** (-1 / 24)) & (at < lowest * 2 ** (1 / 24))  # a quarter tone in both directions
    below = at < lowest * 0.9
    assert power[near].max() > 10 * power[below].max()


def test_an_envelope_rises_falls_to_its_sustain_and_ends() -> None:
    tone = Tone((Layer("saw"),), attack=0.01, decay=0.05, sustain=0.5, release=0.1)
    level = envelope(tone, RATE, RATE)
    assert len(level) == RATE + round(0.1 * RATE)
    assert level[0] == 0
    assert level[round(0.012 * RATE)] > 0.85
    assert level[RATE - 1] == pytest.approx(0.5, abs=0.01)
    assert level[-1] == pytest.approx(0, abs=1e-6)
    assert np.abs(np.diff(level)).max() < 0.01


def test_the_gate_shortens_and_the_longest_note_is_bounded() -> None:
    tone = Tone((Layer("saw"),), gate=0.5)
    assert held_samples(tone, 1.0, RATE) == RATE // 2
    assert held_samples(tone, 1e6, RATE) == round(LONGEST * 0.5 * RATE)


def test_vibrato_bends_after_its_delay() -> None:
    tone = Tone((Layer("sine"),), vibrato=100.0, vibrato_delay=0.5, sustain=1.0)
    wave = render_note(tone, 69, 2 * RATE, RATE)[0]
    crossings = np.flatnonzero((wave[:-1] < 0) & (wave[1:] >= 0))
    hertz = RATE / np.diff(crossings)
    early = hertz[crossings[:-1] < 0.4 * RATE]
    late = hertz[crossings[:-1] > RATE]
    assert np.ptp(early[5:]) < 6  # a period is measured in whole samples
    assert late.max() > 455
    assert late.min() < 425


def test_panning_keeps_the_power_and_the_middle() -> None:
    assert pan_gains(0.0) == pytest.approx((1, 1))
    for pan in (-1.0, -0.3, 0.6, 1.0):
        left, right = pan_gains(pan)
        assert left**2 + right**2 == pytest.approx(2)
    assert pan_gains(-1.0)[1] == pytest.approx(0)


def test_a_bank_makes_a_note_once_and_forgets_when_it_is_full() -> None:
    bank = NoteBank(most=20_000)
    tone = Tone((Layer("saw"),))
    first = bank.get(tone, 60, 4000, RATE)
    assert bank.get(tone, 60, 4000, RATE) is first
    assert not first.flags.writeable
    bank.get(tone, 61, 8000, RATE)
    bank.get(tone, 62, 8000, RATE)  # above the limit: the others are dropped
    again = bank.get(tone, 60, 4000, RATE)
    assert again is not first
    assert np.array_equal(again, first)
