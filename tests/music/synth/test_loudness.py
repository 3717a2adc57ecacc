"""Every piece is normalised to -15 LUFS and below -1 dBFS."""

from dataclasses import replace

import numpy as np
import pytest

from music import vocabulary as vo
from music.piece import Note, Piece
from music.synth.loudness import PEAK, TARGET, gain_for, measure_lufs, normalise_loudness, true_peak
from music.synth.measure import share_above
from music.synth.render import mixdown, render_stems
from music.synth.timbres import TIMBRES
from tests.music.synth.pieces import demo_piece

RATE = 44_100


def only(piece: Piece, *voices: str) -> Piece:
    return piece.with_voices({voice: piece.voices[voice] for voice in voices})


@pytest.mark.parametrize("timbre", TIMBRES)
@pytest.mark.parametrize("voices", [vo.VOICES, ("melody",), ("bass",), ("drums",)], ids="-".join)
def test_pieces_have_one_loudness(timbre: str, voices: tuple[str, ...]) -> None:
    done = normalise_loudness(render_stems(only(demo_piece(timbre, bars=4), *voices)))
    mix = mixdown(done.stems)
    assert measure_lufs(mix, RATE) == pytest.approx(TARGET, abs=1)
    assert true_peak(mixdown(done.with_tails())) <= PEAK


def test_without_mastering_the_limits_are_missed() -> None:
    mix = mixdown(render_stems(only(demo_piece("dark", bars=4), "drums")).stems)
    assert abs(measure_lufs(mix, RATE) - TARGET) > 1 or true_peak(mix) > PEAK
    loud = mix * np.float32(gain_for(mix, RATE))
    assert measure_lufs(loud, RATE) == pytest.approx(TARGET, abs=0.1)
    assert true_peak(loud) > PEAK  # the gain alone is not enough: the limiter is needed


def test_stems_that_are_mastered_still_add_up() -> None:
    rendered = render_stems(only(demo_piece("neon", bars=2), "drums", "bass"))
    done = normalise_loudness(rendered)
    shape = mixdown(done.stems)[:, 0] / np.where(
        np.abs(mixdown(rendered.stems)[:, 0]) > 0.05, mixdown(rendered.stems)[:, 0], np.nan
    )
    for voice in ("drums", "bass"):
        was = rendered.stems[voice][:, 0]
        here = (np.abs(was) > 0.05) & np.isfinite(shape)
        assert here.any()
        assert np.allclose(done.stems[voice][here, 0] / was[here], shape[here], rtol=1e-3)


def test_a_section_can_keep_the_loudness_it_has_in_the_whole() -> None:
    piece = demo_piece("chip", bars=4)
    gain = gain_for(mixdown(render_stems(piece).stems), RATE)
    bar = normalise_loudness(render_stems(piece, first_bar=1, bars=1), gain)
    raw = render_stems(piece, first_bar=1, bars=1)
    assert np.allclose(bar.stems["melody"], raw.stems["melody"] * np.float32(gain), atol=1e-6)


def test_a_mastered_loop_stays_a_loop() -> None:
    done = normalise_loudness(render_stems(demo_piece("neon", bars=2), loop=True))
    assert done.loop
    assert not len(done.tails["melody"])
    assert true_peak(mixdown(done.stems)) <= PEAK


def test_silence_stays_silence() -> None:
    rendered = render_stems(Piece("Rest", 1, 120.0, vo.MAJOR, 0))
    assert measure_lufs(mixdown(rendered.stems), RATE) == float("-inf")
    assert gain_for(mixdown(rendered.stems), RATE) == 1.0
    assert not mixdown(normalise_loudness(rendered).stems).any()


def test_the_meter_knows_a_reference_tone_and_short_sounds() -> None:
    """BS.1770: a sine of 997 Hz and peak 1 on both sides is about 0 LUFS (-3.01 on one of them)."""
    t = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 997 * t).astype(np.float32)
    assert measure_lufs(np.stack([tone, tone], 1), RATE) == pytest.approx(0, abs=0.1)
    assert measure_lufs(np.stack([tone, 0 * tone], 1), RATE) == pytest.approx(-3.01, abs=0.1)
    assert measure_lufs(np.stack([tone, tone], 1)[:8000], RATE) == pytest.approx(0, abs=0.5)


def test_the_peak_between_samples_is_found() -> None:
    wave = np.sin(2 * np.pi * (RATE / 4) * np.arange(4000) / RATE + np.pi / 4).astype(np.float32)
    mix = np.stack([wave, wave], 1) * np.hanning(4000).astype(np.float32)[:, None]
    assert np.abs(mix).max() < 0.72
    assert true_peak(mix) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("timbre", TIMBRES)
def test_every_voice_is_heard_and_none_drowns_the_others(timbre: str) -> None:
    rendered = render_stems(demo_piece(timbre, bars=8))
    whole = measure_lufs(mixdown(rendered.stems), RATE)
    for stem in rendered.stems.values():
        assert -11 < measure_lufs(stem, RATE) - whole < -3


@pytest.mark.parametrize("timbre", TIMBRES)
def test_the_spectrum_is_neither_shrill_nor_dull(timbre: str) -> None:
    mix = mixdown(render_stems(demo_piece(timbre, bars=8)).stems)
    assert 0.002 < share_above(mix, 6000, RATE) < 0.05
    assert 0.04 < share_above(mix, 1000, RATE) < 0.4
    assert share_above(mix, 120, RATE) > 0.45


def test_a_shrill_wave_is_found_to_be_shrill() -> None:
    noise = np.random.default_rng(1).standard_normal((RATE, 2)).astype(np.float32)
    assert share_above(noise, 6000, RATE) > 0.5


def test_a_lone_kick_in_a_long_rest_does_not_break_the_limits() -> None:
    piece = replace(demo_piece("neon", bars=4), voices={"drums": (Note(0, 1, 36, 127),)})
    mix = mixdown(normalise_loudness(render_stems(piece)).stems)
    assert true_peak(mix) <= PEAK
