"""Stems: exact lengths, sections that join, loops without a click, reproducible bytes."""

from dataclasses import replace

import numpy as np
import pytest

from music import vocabulary as vo
from music.errors import PieceRefused
from music.piece import Note, Piece
from music.synth.measure import clicks, seam, seam_click, width
from music.synth.oscillators import Floats
from music.synth.render import RenderedPiece, bar_lines, mixdown, render_stems
from music.synth.timbres import TIMBRES
from music.synth.tones import NOTES
from tests.music.synth.pieces import demo_piece

RATE = 44_100
TONAL = ("melody", "harmony", "bass")


def joined(parts: list[RenderedPiece]) -> dict[str, Floats]:
    """Join sections end to end, with the tail of each added to the next."""
    total = sum(part.samples for part in parts) + max(len(part.tails["melody"]) for part in parts)
    out = {voice: np.zeros((total, 2), np.float32) for voice in vo.VOICES}
    for voice, wave in out.items():
        at = 0
        for part in parts:
            sound = np.concatenate([part.stems[voice], part.tails[voice]])
            wave[at : at + len(sound)] += sound
            at += part.samples
    return out


@pytest.mark.parametrize("tempo", [97.0, 138.0, 161.3])
def test_stems_are_exactly_as_long_as_their_bars(tempo: float) -> None:
    piece = demo_piece("chip", bars=5, tempo=tempo)
    whole = render_stems(piece)
    assert set(whole.stems) == set(vo.VOICES)
    assert {stem.shape for stem in whole.stems.values()} == {(round(piece.seconds * RATE), 2)}
    assert len({tail.shape for tail in whole.tails.values()}) == 1
    assert all(stem.dtype == np.float32 for stem in whole.stems.values())
    parts = [render_stems(piece, first_bar=bar, bars=1) for bar in range(5)]
    assert sum(part.samples for part in parts) == whole.samples
    assert np.array_equal(whole.bar_starts, bar_lines(piece, RATE))
    assert np.abs(np.diff(whole.bar_starts) - piece.seconds / 5 * RATE).max() < 1


@pytest.mark.parametrize("timbre", TIMBRES)
def test_sections_with_their_tails_add_up_to_the_whole(timbre: str) -> None:
    piece = demo_piece(timbre, bars=4, tempo=141.7)
    whole = render_stems(piece).with_tails()
    parts = joined([render_stems(piece, first_bar=0, bars=3), render_stems(piece, first_bar=3)])
    for voice in vo.VOICES:
        count = min(len(whole[voice]), len(parts[voice]))
        assert np.abs(whole[voice][:count] - parts[voice][:count]).max() < 1e-3


def test_a_part_without_its_tail_does_not_add_up() -> None:
    piece = demo_piece("neon", bars=4)
    whole = render_stems(piece)
    bare = np.concatenate([render_stems(piece, first_bar=bar, bars=1).stems["melody"] for bar in range(4)])
    assert np.abs(whole.stems["melody"] - bare).max() > 0.01


@pytest.mark.parametrize("timbre", TIMBRES)
def test_a_loop_has_no_seam(timbre: str) -> None:
    loop = render_stems(demo_piece(timbre, bars=2), loop=True)
    assert not any(len(tail) for tail in loop.tails.values())
    for voice in vo.VOICES:
        assert seam(loop.stems[voice], RATE) <= 0.005
    for voice in TONAL:
        assert seam_click(loop.stems[voice], RATE) < 2e-4


@pytest.mark.parametrize("timbre", ["neon", "dark"])
def test_a_loop_that_is_not_folded_has_one(timbre: str) -> None:
    """The seam measurements detect the release that is cut off."""
    piece = replace(demo_piece(timbre, bars=1), voices={"bass": (Note(8, 8, 48, 110),)})
    cut, folded = render_stems(piece), render_stems(piece, loop=True)
    assert seam_click(cut.stems["bass"], RATE) > 10 * seam_click(folded.stems["bass"], RATE)


def test_a_step_is_found_as_a_seam() -> None:
    t = np.arange(RATE)[:, None] / RATE
    whole = np.sin(2 * np.pi * 50 * t).astype(np.float32)
    assert seam(whole, RATE) < 1e-6
    assert seam(whole[: RATE - 200], RATE) > 0.1


def test_a_loop_equals_repeated_playing() -> None:
    """The second repetition of a piece written out twice equals the loop."""
    piece = demo_piece("neon", bars=2, tempo=RATE * 15 / 5000)  # a 16th is 5000 samples: nothing is rounded
    twice = replace(
        piece,
        bars=6,
        voices={
            voice: tuple(note._replace(start=note.start + 32 * turn) for turn in range(3) for note in notes)
            for voice, notes in piece.voices.items()
        },
    )
    loop = render_stems(piece, loop=True)
    lines = bar_lines(twice, RATE)
    long = render_stems(twice)
    for voice in vo.VOICES:
        second = long.stems[voice][lines[4] : lines[4] + loop.samples]
        count = min(len(second), loop.samples)
        worst = np.abs(second[:count] - loop.stems[voice][:count])
        assert np.sqrt(np.square(worst).mean()) < 0.02 * np.sqrt(np.square(second).mean()) + 1e-5


def test_the_same_piece_gives_the_same_bytes() -> None:
    piece = demo_piece("dark", bars=2)
    first = render_stems(piece)
    NOTES.clear()
    again = render_stems(piece)
    for voice in vo.VOICES:
        assert first.stems[voice].tobytes() == again.stems[voice].tobytes()
        assert first.tails[voice].tobytes() == again.tails[voice].tobytes()


@pytest.mark.parametrize("timbre", TIMBRES)
def test_no_voice_clicks(timbre: str) -> None:
    sound = render_stems(demo_piece(timbre, bars=4)).with_tails()
    for voice in TONAL:
        assert clicks(sound[voice], RATE) < 5e-4


def test_a_voice_that_is_cut_is_found_to_click() -> None:
    sound = render_stems(demo_piece("neon", bars=1)).stems
    assert max(clicks(sound[voice][: RATE // 3], RATE) for voice in TONAL) > 2e-3


def test_a_drum_strikes_on_its_sample() -> None:
    piece = replace(demo_piece("chip", bars=2, tempo=100.0), voices={"drums": (Note(20, 1, 38, 127),)})
    stem = render_stems(piece).stems["drums"]
    expected = round(20 * RATE * 60 / 100 / 4)
    assert not stem[:expected].any()
    assert np.abs(stem[expected : expected + 200]).max() > 0.05


def test_a_kick_ducks_the_pad_of_neon_and_nothing_of_chip() -> None:
    pad = {"harmony": tuple(Note(0, 32, pitch, 90) for pitch in (57, 60, 64))}
    kicks = {"drums": (Note(16, 1, 36, 110),)}
    for timbre, ducked in (("neon", True), ("chip", False)):
        piece = replace(demo_piece(timbre, bars=2), voices=pad)
        alone = render_stems(piece).stems["harmony"]
        under = render_stems(piece.with_voices(pad | kicks)).stems["harmony"]
        assert (not np.allclose(alone, under)) == ducked


def test_velocity_is_loudness() -> None:
    def peak(velocity: int) -> float:
        piece = replace(demo_piece("chip", bars=1), voices={"bass": (Note(0, 8, 40, velocity),)})
        return float(np.abs(render_stems(piece).stems["bass"]).max())

    assert peak(1) < peak(40) < peak(90) < peak(127)
    assert peak(127) / peak(64) == pytest.approx(2**1.4, rel=0.03)


@pytest.mark.parametrize("timbre", TIMBRES)
def test_the_picture_is_wide_but_survives_one_loudspeaker(timbre: str) -> None:
    rendered = render_stems(demo_piece(timbre, bars=4))
    assert width(rendered.stems["harmony"]) > 0.03
    assert width(rendered.stems["bass"]) < 0.02
    assert width(mixdown(rendered.stems)) < 0.4


def test_an_unknown_timbre_is_refused_with_the_known_ones() -> None:
    with pytest.raises(PieceRefused, match=r"timbre: expected one of chip, neon, dark, found 'brass'"):
        render_stems(replace(demo_piece(bars=1), timbre="brass"))


@pytest.mark.parametrize(("first", "bars"), [(-1, 1), (2, 1), (0, 3), (0, 0), (1, 2)])
def test_bars_that_the_piece_lacks_are_refused(first: int, bars: int) -> None:
    with pytest.raises(PieceRefused, match="expected bars within 0 to 2"):
        render_stems(demo_piece(bars=2), first_bar=first, bars=bars)


def test_more_than_ten_minutes_are_refused_before_anything_is_made() -> None:
    piece = Piece("Long", 512, 30.0, vo.MINOR, 9, voices={"melody": (Note(0, 1, 60, 90),)})
    with pytest.raises(PieceRefused, match="expected at most 600 seconds, found 4096"):
        render_stems(piece)
    assert render_stems(piece, first_bar=500, bars=1).seconds == pytest.approx(8)


def test_a_piece_without_notes_is_silence_of_the_right_length() -> None:
    rendered = render_stems(Piece("Rest", 2, 120.0, vo.MAJOR, 0))
    assert mixdown(rendered.stems).shape == (4 * RATE, 2)
    assert not mixdown(rendered.stems).any()


def test_other_sample_rates_sound_alike() -> None:
    piece = demo_piece("neon", bars=2)
    for rate in (22_050, 48_000):
        rendered = render_stems(piece, sample_rate=rate)
        assert rendered.samples == round(piece.seconds * rate)
        loud = np.sqrt(np.square(mixdown(rendered.stems)).mean())
        assert loud == pytest.approx(np.sqrt(np.square(mixdown(render_stems(piece).stems)).mean()), rel=0.1)
    with pytest.raises(ValueError, match="expected 8000 to 192000"):
        render_stems(piece, sample_rate=1000)
