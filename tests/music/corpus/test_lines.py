"""Finding the part with the melody and the part with the bass."""

import numpy as np
import pytest

from music import vocabulary as vo
from music.corpus.grid import SILENT, grid_of
from music.corpus.lines import ChosenLines, best_path, choose_lines
from music.corpus.score import Part, Stretch
from tests.music.corpus.scores import part, repeated, score

TUNE = [76, 74, 72, 74, 76, 79, 77, 72, 71, 74, 69, 72, 74, 77, 76, 71]
LEAD = part(repeated(TUNE, 0.5), "Lead", 81)
PAD = part(
    [row for bar in range(4) for row in [(bar * 4, bar * 4 + 4, pitch) for pitch in (60, 64, 67, 84)]],
    "Pad",
    89,
)
BASS = part(repeated([36, 36, 43, 36], 0.5), "Bass", 33)


def chosen(*parts: Part, ranked: bool = False) -> ChosenLines:
    return choose_lines(grid_of(score(*parts), Stretch(0.0, 4)), ranked)


def pitches(voices: ChosenLines, voice: str) -> set[int]:
    line = getattr(voices, voice).pitch
    return set(line[line >= 0].tolist())


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_melody_and_bass_are_found_at_any_position(order: tuple[int, ...]) -> None:
    voices = chosen(*[(LEAD, PAD, BASS)[index] for index in order])
    assert pitches(voices, "melody") == set(TUNE)
    assert pitches(voices, "bass") == {36, 43}


def test_an_echo_is_not_the_melody() -> None:
    late = [(start + 0.5, end + 0.5, pitch) for start, end, pitch in repeated(TUNE, 0.5)][:-1]
    echo = part(late, "Lead", 81)
    assert (chosen(echo, LEAD, BASS).melody_path == 1).all()
    assert (chosen(LEAD, echo, BASS).melody_path == 0).all()


def test_a_part_that_follows_the_bass_is_not_the_melody() -> None:
    double = part(repeated([48, 48, 55, 48], 0.5), "Square", 80)
    voices = chosen(BASS, double, PAD)
    assert (voices.melody_path == 2).all()
    higher = part(repeated([72, 74, 79, 76], 0.5), "Square", 80)
    assert (chosen(BASS, higher, PAD).melody_path == 1).all()


def test_the_melody_moves_to_the_part_that_takes_over() -> None:
    rows = repeated(TUNE, 0.5)
    first, second = (
        part([row for row in rows if row[0] < 8], "a", 81),
        part([row for row in rows if row[0] >= 8], "b", 73),
    )
    voices = chosen(first, second, BASS)
    assert voices.melody_path.tolist() == [0, 0, 1, 1]
    assert pitches(voices, "melody") == set(TUNE)


def test_ranked_voices_go_by_height_alone() -> None:
    soprano, alto = part(repeated([72, 74, 76], 1.0)), part(repeated([65, 60, 67, 64], 0.5))
    tenor, bass = part(repeated([55, 57], 1.0)), part(repeated([48, 43], 1.0))
    voices = chosen(bass, alto, soprano, tenor, ranked=True)
    assert (voices.melody_path == 2).all()
    assert (voices.bass_path == 0).all()


def test_one_part_gives_both_lines_without_sharing_a_note() -> None:
    piano = part([(0, 4, 48), *repeated([72, 74, 76, 77], 0.5, 1), (8, 9, 60)])
    voices = chosen(piano)
    assert {72, 74, 76, 77, 60} <= pitches(voices, "melody")
    assert pitches(voices, "bass") == {48}
    both = (voices.melody.pitch >= 0) & (voices.melody.pitch == voices.bass.pitch)
    assert not both.any()


def test_a_note_cut_by_a_change_of_part_begins_again() -> None:
    rows = repeated(TUNE, 0.5)
    first = part([row for row in rows if row[0] < 8], "Lead", 81)
    second = part([(6, 10, 50), *[row for row in rows if row[0] >= 10]], "Lead", 81)
    voices = chosen(first, second, BASS)
    step = int(np.flatnonzero(voices.melody_path == 1)[0]) * vo.STEPS_PER_BAR
    assert voices.melody.pitch[step] != SILENT
    assert voices.melody.onset[step]


def test_the_best_path_pays_for_each_change() -> None:
    scores = np.array([[1.0, 0.0, 1.0, 0.0], [0.0, 0.9, 0.0, 0.9]])
    assert best_path(scores, 0.0).tolist() == [0, 1, 0, 1]
    assert best_path(scores, 5.0).tolist() == [0, 0, 0, 0]
