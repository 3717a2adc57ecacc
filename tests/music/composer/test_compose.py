"""The composer: length, form, key; the same seed gives the same piece."""

import pytest

from music import vocabulary as vo
from music.composer.compose import compose
from music.composer.moods import MOODS
from music.composer.plan import plan
from music.errors import MusicError
from music.generators.files import GeneratorSet, load_generators
from music.piece import Piece, piece_from_json, piece_to_json


@pytest.fixture(scope="module")
def generators() -> GeneratorSet:
    return load_generators()


@pytest.mark.parametrize("mood", list(MOODS))
def test_a_piece_has_the_requested_settings(generators: GeneratorSet, mood: str) -> None:
    composition = compose(generators, seed=5, mood=mood)
    piece = composition.piece
    wanted = MOODS[mood]
    assert piece.bars == 32
    assert [section.name for section in piece.sections] == [
        "intro", "theme", "variation", "contrast", "return", "boss", "ending",
    ]  # fmt: skip
    assert piece.mode == wanted.mode
    assert piece.key in wanted.keys
    assert wanted.tempo[0] <= piece.tempo <= wanted.tempo[1]
    assert piece.timbre == wanted.timbre
    assert all(piece.voices[voice] for voice in vo.VOICES)
    assert piece_from_json(piece_to_json(piece).encode(), "piece") == piece
    repairs = composition.repairs
    assert repairs.notes == sum(note.start < piece.steps for note in piece.voices["melody"])


def test_the_same_seed_gives_the_same_piece_and_another_another(generators: GeneratorSet) -> None:
    first, again, other = (compose(generators, seed=seed).piece for seed in (1, 1, 2))
    assert piece_to_json(first) == piece_to_json(again)
    assert first.voices["melody"] != other.voices["melody"]


def melody_of(piece: Piece, name: str) -> set[tuple[int, int, int]]:
    section = piece.section(name)
    assert section is not None
    first = section.bar * vo.STEPS_PER_BAR
    last = first + section.bars * vo.STEPS_PER_BAR
    return {(n.start - first, n.length, n.pitch) for n in piece.voices["melody"] if first <= n.start < last}


def test_a_return_returns_and_a_variation_varies(generators: GeneratorSet) -> None:
    varied, nearer = 0, 0
    pieces = [compose(generators, seed=seed, mood=mood).piece for seed in range(2) for mood in MOODS]
    for piece in pieces:
        theme, variation, contrast = (melody_of(piece, name) for name in ("theme", "variation", "contrast"))
        assert theme == melody_of(piece, "return")
        assert theme != contrast
        varied += theme != variation
        nearer += len(theme & variation) > len(theme & contrast)
    assert varied >= 0.75 * len(pieces)  # a sparse theme may be equal
    assert nearer >= 0.9 * len(pieces)


def test_an_ending_ends_on_the_tonic(generators: GeneratorSet) -> None:
    for mood in ("heroic", "dark"):
        piece = compose(generators, seed=8, mood=mood).piece
        assert piece.voices["melody"][-1].pitch % 12 == piece.key
        assert piece.voices["bass"][-1].pitch % 12 == piece.key
        assert vo.chord_root(piece.chords[-1]) == piece.key


def test_more_energy_means_more_notes(generators: GeneratorSet) -> None:
    counts = []
    for energy in (0.1, 0.9):
        notes = [
            len(compose(generators, seed=seed, energy=energy).piece.voices["melody"]) for seed in range(6)
        ]
        counts.append(sum(notes))
    assert counts[1] > 1.2 * counts[0]


@pytest.mark.parametrize("bars", [8, 12, 16, 20, 24, 28, 32, 36, 64])
def test_every_length_has_a_plan(bars: int) -> None:
    phrases = plan(bars)
    assert len(phrases) * vo.BARS == bars
    assert phrases[-1].section in ("ending", "return")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"bars": 30}, "bars: expected a multiple of 4"),
        ({"bars": 4}, "bars: expected a multiple of 4"),
        ({"mood": "sad"}, "mood: expected one of calm, .*found 'sad'"),
        ({"style": "polka"}, "style: expected one of arcade"),
        ({"energy": 1.5}, "energy: expected a number from 0 to 1, found 1.5"),
        ({"energy": float("nan")}, "energy: expected a number"),
        ({"seed": -1}, "seed: expected a whole number"),
    ],
)
def test_wrong_settings_are_named(generators: GeneratorSet, asked: dict[str, object], message: str) -> None:
    with pytest.raises(MusicError, match=message):
        compose(generators, **{"seed": 1, **asked})  # type: ignore[arg-type]
