"""music21's scores: tune-books, ties, and bars split by upbeats and repeats."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from music.corpus.score import Stretch, score_from_data, score_to_data
from music.corpus.scores21 import scores_of_file
from music.errors import CorpusError

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("music21") is None, reason="music21 is not installed"
)

BOOK = """X:1
T:First
M:4/4
L:1/4
K:G
D|GABc|d4-|d2 cB|A3 z|]

X:7
T:Second
M:4/4
L:1/4
K:Am
ABcd|e3:|
|:A|GFED|[M:3/4]CDE|CDE|CDE|CDE|]

X:9
T:Third
M:2/4
L:1/4
K:C
AB|cd|ef|ga|ge|fd|c2|]
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.abc"
    path.write_text(BOOK)
    return path


def test_a_tune_book_gives_its_tunes_by_number(book: Path) -> None:
    tunes = list(scores_of_file(book))
    found = [(number, score.title, score.sharps) for number, score in tunes]
    assert found == [("1", "First", 1), ("7", "Second", 0), ("9", "Third", 0)]


def test_ties_make_one_note_and_an_upbeat_precedes_the_first_bar(book: Path) -> None:
    first = next(scores_of_file(book))[1]
    assert first.runs == (Stretch(1.0, 4),)
    notes = first.parts[0].notes
    assert [(start, end) for start, end, pitch, _ in notes.tolist() if pitch == 74] == [(5.0, 11.0)]
    assert notes[0].tolist()[:3] == [0.0, 1.0, 62.0]


def test_a_bar_cut_by_a_repeat_is_whole_and_other_metres_end_the_run(book: Path) -> None:
    second = list(scores_of_file(book))[1][1]
    assert second.runs == (Stretch(0.0, 3),)


def test_two_bars_of_2_4_are_one_bar_and_a_last_half_bar_counts(book: Path) -> None:
    assert list(scores_of_file(book))[2][1].runs == (Stretch(0.0, 4),)


def test_a_score_is_cached_without_loss(book: Path) -> None:
    for _, score in scores_of_file(book):
        again = score_from_data(score_to_data(score))
        assert (again.title, again.runs, again.sharps) == (score.title, score.runs, score.sharps)
        for before, after in zip(score.parts, again.parts):
            np.testing.assert_allclose(before.notes, after.notes)


def test_a_file_that_music21_cannot_read_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.mxl"
    path.write_bytes(b"PK and no zip")
    with pytest.raises(CorpusError, match=r"broken\.mxl: expected a score"):
        list(scores_of_file(path))
