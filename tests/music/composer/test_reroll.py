"""A re-roll regenerates one bar or one voice, equal for equal seeds, and leaves the rest unchanged."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from music import vocabulary as vo
from music.composer import reroll
from music.composer.compose import compose
from music.composer.reroll import reroll_bar, reroll_voice
from music.edits import edits_of, in_key, with_muted
from music.errors import MusicError
from music.generators.chain import INTERVALS, no_tilts
from music.generators.files import load_generators
from music.generators.play import Generators
from music.library import SHIPPED_PIECES
from music.piece import Note, Piece, piece_from_json, piece_to_json, read_piece
from tests.music.fakes import fake_generators

SET = fake_generators()


@pytest.fixture(scope="module")
def piece() -> Piece:
    return compose(SET, seed=2, mood="driving", energy=0.8, bars=32).piece


def within(piece: Piece, voice: str, bar: int, bars: int = 1) -> list[tuple[int, int, int]]:
    first, end = bar * vo.STEPS_PER_BAR, (bar + bars) * vo.STEPS_PER_BAR
    return [(n.start - first, n.length, n.pitch) for n in piece.voices[voice] if first <= n.start < end]


@pytest.mark.parametrize("voice", vo.VOICES)
def test_one_voice_is_regenerated_and_the_others_stay(piece: Piece, voice: str) -> None:
    made = reroll_voice(SET, piece, voice, 11)
    assert made.voices[voice] != piece.voices[voice]
    assert {other: made.voices[other] for other in vo.VOICES if other != voice} == {
        other: piece.voices[other] for other in vo.VOICES if other != voice
    }
    assert (made.chords == piece.chords) == (voice != "harmony")
    assert edits_of(made) == [{"what": "re-roll", "voice": voice, "seed": 11}]


@pytest.mark.parametrize("voice", vo.VOICES)
def test_the_same_seed_gives_the_same_piece(piece: Piece, voice: str) -> None:
    assert reroll_voice(SET, piece, voice, 4) == reroll_voice(SET, piece, voice, 4)
    assert reroll_voice(SET, piece, voice, 4).voices != reroll_voice(SET, piece, voice, 5).voices


@pytest.mark.parametrize("voice", ["melody", "bass", "drums"])
def test_a_returning_theme_still_returns(piece: Piece, voice: str) -> None:
    theme, back = piece.section("theme"), piece.section("return")
    assert theme is not None
    assert back is not None
    for one in (piece, reroll_voice(SET, piece, voice, 8)):
        assert within(one, voice, theme.bar, 4) == within(one, voice, back.bar, 4)


def test_the_intro_stays_without_melody_and_the_ending_ends_on_the_tonic(piece: Piece) -> None:
    made = reroll_voice(SET, piece, "melody", 8)
    assert within(made, "melody", 0, 4) == within(piece, "melody", 0, 4) == []
    assert within(made, "melody", 31) == within(piece, "melody", 31) != []


@pytest.mark.parametrize("bar", [0, 5, 13, 20, 31])
def test_one_bar_is_regenerated_and_the_others_stay(piece: Piece, bar: int) -> None:
    made = reroll_bar(SET, piece, bar, 3)
    assert any(within(made, voice, bar) != within(piece, voice, bar) for voice in vo.VOICES)
    assert made.chords == piece.chords
    assert made.voices["harmony"] == piece.voices["harmony"]
    for voice in vo.VOICES:
        for other in set(range(32)) - {bar}:
            before, after = within(piece, voice, other), within(made, voice, other)
            # a note held over the bar line may end earlier; nothing else may differ
            assert [(start, pitch) for start, _, pitch in before] == [
                (start, pitch) for start, _, pitch in after
            ]
            if other != bar - 1:
                assert before == after
    assert reroll_bar(SET, piece, bar, 3) == made


def test_a_bar_continues_the_notes_before_it() -> None:
    tilts = no_tilts("lines")
    tilts["interval"][..., np.abs(np.arange(INTERVALS) - INTERVALS // 2) > 2] = -1e3  # only steps and repeats
    stepwise = replace(
        SET, generators=Generators(SET.generators._networks, SET.generators.temperatures, {"lines": tilts})
    )
    piece = compose(stepwise, seed=2, mood="driving", energy=0.8, bars=32).piece
    entries = []
    for bar in (9, 10, 11):
        before = [note.pitch for note in piece.voices["bass"] if note.start < bar * vo.STEPS_PER_BAR]
        for seed in range(8):
            drawn = within(reroll_bar(stepwise, piece, bar, seed), "bass", bar)
            entries += [abs(pitch - before[-1]) for _, _, pitch in drawn[:1]]  # none if notes are held
    assert len(entries) > 8
    assert max(entries) <= 2


def leaps_into(made: Piece, bar: int) -> list[bool]:
    """Whether melody and bass start a bar more than an octave from their previous note."""
    found = []
    for voice in ("melody", "bass"):
        before = [note.pitch for note in made.voices[voice] if note.start < bar * vo.STEPS_PER_BAR]
        inside = within(made, voice, bar)
        found += [abs(inside[0][2] - before[-1]) > 12] if before and inside else []
    return found


@pytest.mark.slow
def test_a_bar_seldom_enters_with_a_wide_leap(monkeypatch: pytest.MonkeyPatch) -> None:
    """On shipped pieces: first and other bars of phrases, also in other keys."""
    generators = load_generators()
    shares = []
    for candidates in (1, reroll.CANDIDATES):
        monkeypatch.setattr(reroll, "CANDIDATES", candidates)
        leaps = []
        for key, path in enumerate(sorted(SHIPPED_PIECES.glob("*.piece.json"))[::4]):
            piece = in_key(read_piece(path), 2 * key)
            for bar in range(1, piece.bars - 1):
                leaps += leaps_into(reroll_bar(generators, piece, bar, 7), bar)
        assert len(leaps) > 200
        shares.append(sum(leaps) / len(leaps))
    single, best = shares
    assert single > 0.1
    assert best < single / 3


def test_a_bar_of_a_shipped_piece_is_reproducible_and_the_others_stay() -> None:
    generators = load_generators()
    for path in sorted(SHIPPED_PIECES.glob("*.piece.json"))[::8]:
        shipped = read_piece(path)
        for piece in (shipped, in_key(shipped, (shipped.key + 5) % 12)):
            for bar in range(0, piece.bars, 5):
                made = reroll_bar(generators, piece, bar, 7)
                assert reroll_bar(generators, piece, bar, 7) == made
                assert made.chords == piece.chords
                assert elsewhere(made, bar) == elsewhere(piece, bar)


def elsewhere(piece: Piece, bar: int) -> dict[str, list[tuple[int, int]]]:
    return {
        voice: [(note.start, note.pitch) for note in notes if note.start // vo.STEPS_PER_BAR != bar]
        for voice, notes in piece.voices.items()
    }


def notes_of_bar(piece: Piece, bar: int) -> list[list[tuple[int, int, int]]]:
    return [within(piece, voice, bar) for voice in ("melody", "bass")]


def test_seeds_give_different_bars(piece: Piece) -> None:
    for bar in (8, 13, 18):
        assert len({str(notes_of_bar(reroll_bar(SET, piece, bar, seed), bar)) for seed in range(10)}) >= 8


def test_a_bar_that_is_there_already_is_not_taken(piece: Piece, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same seed draws the same candidates again, but the present bar does not count as new."""
    for bar in (8, 13, 18):
        once = reroll_bar(SET, piece, bar, 3)
        assert notes_of_bar(reroll_bar(SET, once, bar, 3), bar) != notes_of_bar(once, bar)
        with monkeypatch.context() as patch:
            patch.setattr(reroll, "CANDIDATES", 1)
            once = reroll_bar(SET, piece, bar, 3)
            assert notes_of_bar(reroll_bar(SET, once, bar, 3), bar) == notes_of_bar(once, bar)


def test_melody_and_bass_stay_single_voices(piece: Piece) -> None:
    made = piece
    for bar in range(4, 32, 3):
        made = reroll_bar(SET, made, bar, bar)
    for voice in ("melody", "bass"):
        made = reroll_voice(SET, made, voice, 1)
        notes = made.voices[voice]
        assert all(a.start + a.length <= b.start for a, b in pairwise(notes))


def test_the_result_is_a_valid_piece(piece: Piece) -> None:
    for made in (reroll_voice(SET, piece, "harmony", 1), reroll_bar(SET, piece, 17, 1)):
        assert piece_from_json(piece_to_json(made).encode(), "x") == made


def test_another_key_gives_the_same_notes_in_that_key(piece: Piece) -> None:
    key = (piece.key + 5) % 12
    moved = reroll_voice(SET, in_key(piece, key), "melody", 6)
    assert moved.voices == in_key(reroll_voice(SET, piece, "melody", 6), key).voices
    for bar in (8, 13, 18):
        moved = reroll_bar(SET, in_key(piece, key), bar, 6)
        assert moved.voices == in_key(reroll_bar(SET, piece, bar, 6), key).voices


def test_a_muted_voice_stays_muted(piece: Piece) -> None:
    quiet = with_muted(piece, "bass")
    with pytest.raises(MusicError, match="bass: expected a voice that sounds"):
        reroll_voice(SET, quiet, "bass", 1)
    assert reroll_bar(SET, quiet, 9, 1).voices["bass"] == ()


def test_a_new_harmony_fits_the_melody_better_than_most(piece: Piece) -> None:
    def fit(one: Piece) -> float:
        found = [
            vo.CHORD_PITCH_CLASSES[one.chords[note.start // vo.STEPS_PER_BEAT]][note.pitch % 12]
            for note in one.voices["melody"]
        ]
        return sum(map(float, found)) / len(found)

    fits = [fit(reroll_voice(SET, piece, "harmony", seed)) for seed in range(5)]
    assert min(fits) > 0.4


def test_an_imported_piece_without_chords_or_sections_can_be_re_rolled() -> None:
    notes = tuple(Note(step, 2, 60 + step % 5, 90) for step in range(0, 96, 4))
    piece = Piece("import", 6, 100.0, vo.MINOR, 2, voices={"melody": notes, "bass": (), "drums": ()})
    made = reroll_voice(SET, piece, "melody", 1)
    assert made.voices["melody"] not in ((), notes)
    assert reroll_voice(SET, piece, "harmony", 1).chords != ()
    assert reroll_voice(SET, piece, "drums", 1).voices["drums"] != ()
    assert reroll_bar(SET, piece, 5, 1).bars == 6


@pytest.mark.parametrize("origin", [{}, {"energy": "loud", "style": 7}, {"energy": 99.0, "style": "polka"}])
def test_an_untrusted_origin_does_no_harm(piece: Piece, origin: dict[str, object]) -> None:
    assert reroll_bar(SET, replace(piece, origin=origin), 5, 1).bars == piece.bars


def test_an_unknown_bar_or_voice_is_refused(piece: Piece) -> None:
    with pytest.raises(MusicError, match="bar: expected 1 to 32, found 33"):
        reroll_bar(SET, piece, 32, 1)
    with pytest.raises(MusicError, match="voice"):
        reroll_voice(SET, piece, "flute", 1)
    with pytest.raises(MusicError, match="seed"):
        reroll_bar(SET, piece, 1, -1)
