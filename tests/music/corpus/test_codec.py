"""The codec: windows of a piece are the same in every key, start cleanly, and leave out unusable music."""

import numpy as np
import pytest
from numpy.typing import NDArray

from music import vocabulary as vo
from music.corpus.codec import EncodedPiece, encode_score, transpose_chords
from music.corpus.score import Part, Score, Stretch, score_of_song
from music.midi.reader import read_midi
from tests.music.corpus.scores import moved, part, repeated, score
from tests.music.midi_files import BEAT, midi_bytes, song

ARCADE, CHORALE, FOLK = (vo.STYLES.index(name) for name in ("arcade", "chorale", "folk"))
TUNE = [76, 74, 72, 74, 76, 79, 77, 72, 71, 74, 67, 72]


def of_song(data: bytes) -> Score:
    return score_of_song(read_midi(data, "x"), "x", "x")


def encoded(*parts: Part, bars: int = 4, style: int = ARCADE, melody_only: bool = False) -> EncodedPiece:
    return encode_score(score(*parts, bars=bars), style, melody_only)


def lead(bars: int = 4) -> Part:
    return part(repeated(TUNE, 0.5, bars), "Lead", 81)


def bass(bars: int = 4) -> Part:
    return part(repeated([36, 36, 43, 36], 1.0, bars), "Bass", 33)


def test_a_piece_gives_a_window_for_each_bar_that_three_follow() -> None:
    windows = encode_score(of_song(song(8)), ARCADE, False).windows
    assert windows.bar.tolist() == [0, 1, 2, 3, 4]
    windows.check("test")
    assert windows.having("melody", "harmony", "bass", "drums").all()
    np.testing.assert_array_equal(windows.drums[0][16:], windows.drums[1][:-16])
    np.testing.assert_array_equal(windows.chords[0][4:], windows.chords[1][:-4])


def classes(tokens: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Line tokens without their octave: -2 rest, -1 hold, otherwise the pitch class."""
    pitched = (tokens.astype(np.int64) - vo.FIRST_PITCH) % 12
    return np.where(tokens >= vo.FIRST_PITCH, pitched, tokens.astype(np.int64) - vo.FIRST_PITCH)


@pytest.mark.parametrize("semitones", [-11, -5, -1, 1, 4, 6, 7])
def test_the_same_piece_in_another_key_gives_the_same_windows(semitones: int) -> None:
    source = of_song(song(8))
    home, away = (encode_score(each, ARCADE, False).windows for each in (source, moved(source, semitones)))
    for name in ("chords", "drums", "mode"):
        np.testing.assert_array_equal(getattr(home, name), getattr(away, name), err_msg=name)
    for name in ("melody", "bass"):  # the octave may differ: a key is transposed in the shorter direction
        np.testing.assert_array_equal(
            classes(getattr(home, name)), classes(getattr(away, name)), err_msg=name
        )
    assert home.mode.tolist() == [vo.MAJOR] * 5


def test_that_check_would_see_a_wrong_note() -> None:
    source = of_song(song(8))
    source.parts[0].notes[3, 2] += 1
    home, other = (encode_score(each, ARCADE, False).windows for each in (of_song(song(8)), source))
    assert (classes(home.melody) != classes(other.melody)).any()


def test_chords_and_bass_are_those_of_the_piece() -> None:
    windows = encode_score(of_song(song(4)), ARCADE, False).windows
    roots = [vo.chord_root(int(token)) for token in windows.chords[0][::4]]
    assert roots == [0, 5, 7, 0]
    beats = windows.bass[0][::16].astype(int) - vo.FIRST_PITCH + vo.BASS_LOW
    assert beats.tolist() == [36, 41, 43, 36]


def test_no_window_starts_with_hold_and_a_held_note_is_struck_again() -> None:
    held = part([(0, 10, 76), (10, 12, 79), (12, 14, 74), (14, 16, 77), (16, 20, 72)], "Lead", 81)
    windows = encoded(held, bass(5), bars=5).windows
    assert len(windows) == 2
    assert (windows.melody[:, 0] != vo.HOLD).all()
    assert windows.melody[1][0] == windows.melody[0][0] >= vo.FIRST_PITCH
    assert windows.melody[0][16] == vo.HOLD


def test_the_last_two_bars_of_2_4_make_one_bar() -> None:
    notes = [(index * BEAT, (index + 1) * BEAT - 9, 60 + TUNE[index % 12] % 12) for index in range(16)]
    data = midi_bytes([notes, [(start, end, pitch - 24) for start, end, pitch in notes]], metres=[(0, 2, 4)])
    assert [run.bars for run in of_song(data).runs] == [4]
    assert len(encode_score(of_song(data), ARCADE, False).windows) == 1


def test_bars_in_three_are_left_out() -> None:
    notes = [(index * BEAT, (index + 1) * BEAT, 60) for index in range(4 * 10)]
    data = midi_bytes([notes], metres=[(0, 4, 4), (16 * BEAT, 3, 4), (28 * BEAT, 4, 4)])
    assert of_song(data).runs == (Stretch(0.0, 4), Stretch(28.0, 3))


def test_a_metre_written_twice_is_one_run() -> None:
    notes = [(index * BEAT, (index + 1) * BEAT, 60) for index in range(32)]
    assert of_song(midi_bytes([notes], metres=[(0, 4, 4), (16 * BEAT, 4, 4)])).runs == (Stretch(0.0, 8),)


SHIFTED = [(start + 1 / 3, end + 1 / 3, pitch) for start, end, pitch in repeated(TUNE, 1.0)][:-1]


@pytest.mark.parametrize(
    ("reason", "parts"),
    [
        ("off the grid", (part(SHIFTED, "Lead", 81), part(SHIFTED, "Bass", 33))),
        ("melody rests", (part(repeated(TUNE, 0.5, 1), "Lead", 81), bass())),
        ("melody stands still", (part(repeated([76], 1.0), "Lead", 81), bass())),
        ("melody stands still", (part(repeated([76, 74, 72], 5.0), "Lead", 81), bass())),
        ("bass rests", (lead(), part(repeated([36], 1.0, 1), "Bass", 33))),
    ],
)
def test_windows_that_are_no_music_are_dropped_and_counted(reason: str, parts: tuple[Part, ...]) -> None:
    piece = encoded(*parts)
    assert dict(piece.dropped) == {reason: 1}
    assert len(piece.windows) == 0
    kept = encoded(lead(), bass())
    assert len(kept.windows) == 1
    assert not kept.dropped


def test_a_tune_book_gives_melodies_alone() -> None:
    windows = encoded(lead(), style=FOLK, melody_only=True).windows
    assert windows.voices.tolist() == [vo.VOICE_BIT["melody"]]
    assert not windows.bass.any()
    assert not windows.chords.any()


def test_drums_alone_give_drum_windows() -> None:
    kit = part(repeated([36, 42, 38, 42], 0.5), drums=True)
    windows = encoded(kit).windows
    assert windows.voices.tolist() == [vo.VOICE_BIT["drums"]]
    assert not windows.melody.any()


def test_a_few_strikes_are_no_drum_part() -> None:
    kit = part([(0, 0.1, 49), (8, 8.1, 49)], drums=True)
    windows = encoded(lead(), bass(), kit).windows
    assert not windows.having("drums").any()
    assert not windows.drums.any()


def test_a_line_beyond_the_range_keeps_its_shape_an_octave_away() -> None:
    high = part(repeated([pitch + 24 for pitch in TUNE], 0.5), "Lead", 81)
    one, two = encoded(lead(), bass()), encoded(high, bass())
    steps = one.windows.melody[0].astype(int) - two.windows.melody[0]
    assert set(np.abs(steps).tolist()) <= {0, 12}
    assert len(set(steps[one.windows.melody[0] >= vo.FIRST_PITCH].tolist())) == 1
    assert two.kept["melody_folded"] == 0


def test_transposing_chords_moves_roots_and_keeps_qualities_and_silence() -> None:
    chords = np.arange(vo.CHORD_TOKENS, dtype=np.uint8)
    up = transpose_chords(chords, 5)
    assert up[0] == vo.NO_CHORD
    for before, after in zip(chords[1:], up[1:]):
        assert vo.chord_root(int(after)) == (vo.chord_root(int(before)) + 5) % 12
        assert vo.chord_quality(int(after)) == vo.chord_quality(int(before))
    np.testing.assert_array_equal(transpose_chords(up, -5), chords)


def test_silence_gives_nothing() -> None:
    assert len(encode_score(Score("x", (), (Stretch(0.0, 8),), None), ARCADE, False).windows) == 0
    assert len(encode_score(Score("x", (), (), None), CHORALE, False).windows) == 0


def test_shares_are_one_if_nothing_is_lost() -> None:
    kept = encode_score(of_song(song(8)), ARCADE, False).kept
    assert kept["melody_kept"] == kept["melody_heard"] == 64
    assert kept["bass_kept"] == kept["bass_heard"] == 32
    assert kept["in_voices"] <= kept["sound"]
    crowded = part([*repeated(TUNE, 0.5), *[(0.05 + beat, 0.4 + beat, 90) for beat in range(16)]], "Lead", 81)
    lossy = encoded(crowded, bass()).kept
    assert lossy["melody_kept"] < lossy["melody_heard"]
