"""The tempo map: without one, output is unchanged to the sample; with one, every step is at the time given by its tempo."""

from dataclasses import replace

import numpy as np
import pytest

from music.errors import PieceRefused
from music.synth.render import RATES, bar_lines, check_length, piece_seconds, render_stems
from music.synth.timbres import TIMBRES
from music.synth.timeline import Timeline
from tests.music.synth.pieces import demo_piece

MAP = ((0.0, 120.0), (16.0, 60.0), (40.0, 240.0))


def test_steps_are_at_the_times_given_by_the_tempos() -> None:
    time = Timeline(demo_piece(bars=4), 1000, MAP)
    # a step is 125, 250 and 62.5 samples
    assert [time.at(step) for step in (0, 8, 16, 20, 40, 41, 64)] == [0, 1000, 2000, 3000, 8000, 8062.5, 9500]
    assert time.lasting(12, 8) == 4 * 125 + 4 * 250
    assert time.bar_lines(4).tolist() == [0, 2000, 6000, 8500, 9500]


def test_without_a_map_the_pieces_tempo_holds() -> None:
    piece = demo_piece(bars=2, tempo=137.5)
    time = Timeline(piece, 44_100)
    assert time.at(7) == 7 * time.step
    np.testing.assert_array_equal(time.bar_lines(2), bar_lines(piece))
    assert piece_seconds(piece) == piece.seconds


def test_a_map_of_one_tempo_sounds_as_the_piece_at_that_tempo() -> None:
    piece = demo_piece(bars=2, tempo=120.0)
    plain = render_stems(piece, sample_rate=22_050)
    mapped = render_stems(piece, sample_rate=22_050, tempos=((0.0, 120.0),))
    for voice, stem in plain.stems.items():
        np.testing.assert_allclose(mapped.stems[voice], stem, atol=1e-6)
    other = render_stems(piece, sample_rate=22_050, tempos=((0.0, 150.0),))
    assert other.samples == pytest.approx(plain.samples * 120 / 150, abs=1)


def test_a_rendering_follows_the_map() -> None:
    piece = demo_piece(bars=4)
    rendered = render_stems(piece, sample_rate=22_050, tempos=MAP)
    assert rendered.seconds == pytest.approx(9.5, abs=1e-3) == piece_seconds(piece, MAP)
    np.testing.assert_array_equal(rendered.bar_starts, [0, 44_100, 132_300, 187_425, 209_475])
    loud = np.abs(rendered.stems["bass"]).max(axis=1)
    for bar in rendered.bar_starts[:4]:  # the bass has an onset on every bar line, after a pause
        assert loud[bar : bar + 1000].max() > 0.02


def test_the_map_counts_for_the_longest_rendering() -> None:
    piece = replace(demo_piece(bars=4), tempo=300.0)
    slow = tuple((step, 1.0 + step / 1e6) for step in (0.0, 1.0))
    check_length(piece)
    with pytest.raises(PieceRefused, match="expected at most 600 seconds, found 960"):
        check_length(piece, slow)
    with pytest.raises(PieceRefused, match="expected at most 600 seconds, found 960"):
        render_stems(piece, tempos=slow)


@pytest.mark.parametrize("timbre", TIMBRES)
def test_every_timbre_sounds_at_the_least_sample_rate(timbre: str) -> None:
    rendered = render_stems(demo_piece(timbre, bars=1), sample_rate=RATES[0])
    assert all(np.abs(stem).max() > 0.01 for stem in rendered.stems.values())
