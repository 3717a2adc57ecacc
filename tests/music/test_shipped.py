"""The shipped files: generators of one training, and a library of pieces that they composed."""

from dataclasses import replace

import numpy as np
import pytest

from music.composer.compose import compose
from music.composer.moods import MOODS
from music.copying import COPY, read_fingerprints
from music.generators.files import SHIPPED, load_generators
from music.library import SHIPPED_PIECES
from music.metrics.form import form_metrics
from music.piece import Piece, read_piece
from music.synth.loudness import measure_lufs, normalise_loudness, true_peak
from music.synth.render import mixdown, render_stems

PATHS = sorted(SHIPPED_PIECES.glob("*.piece.json"))
PIECES = {path.name: read_piece(path) for path in PATHS}


def test_the_library_covers_every_mood() -> None:
    assert len(PIECES) >= 24
    moods = [piece.origin["mood"] for piece in PIECES.values()]
    assert {moods.count(mood) for mood in MOODS} == {3}
    assert len({piece.title for piece in PIECES.values()}) == len(PIECES)


def test_every_piece_is_reproduced_from_its_seed() -> None:
    generators = load_generators()
    for piece in PIECES.values():
        origin = piece.origin
        assert origin["generators"] == generators.hash
        again = compose(
            generators, seed=origin["seed"], mood=origin["mood"], energy=origin["energy"], style=origin["style"],
            bars=piece.bars, title=piece.title,
        ).piece  # fmt: skip
        assert again.voices == piece.voices
        assert again == replace(piece, origin=again.origin)


def test_no_piece_is_a_copy() -> None:
    prints = read_fingerprints()
    shares = [prints.nearest(piece).share for piece in PIECES.values()]
    assert 0.0 < max(shares) < COPY


def test_themes_return() -> None:
    """A-A-B-A: bars of theme sections are at least twice as similar to each other as bars of theme and contrast."""
    for name, piece in PIECES.items():
        found = form_metrics(piece)
        inside, across = found["form_inside"], found["form_across"]
        assert inside is not None, name
        assert across is not None, name
        assert inside >= 2 * across, name


def test_all_generators_fit_in_five_megabytes() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.glob("*.onnx")) <= 5 * 1024 * 1024


def check_sound(piece: Piece) -> None:
    rendered = normalise_loudness(render_stems(piece))
    mix = mixdown(rendered.stems)
    assert np.isfinite(mix).all()
    assert abs(measure_lufs(mix, rendered.sample_rate) + 15.0) <= 1.0, piece.title
    assert true_peak(mix) <= 10 ** (-1 / 20), piece.title


@pytest.mark.parametrize("name", list(PIECES)[8::8])
def test_a_piece_is_evenly_loud(name: str) -> None:
    check_sound(PIECES[name])


@pytest.mark.slow
def test_every_piece_is_evenly_loud() -> None:
    for piece in PIECES.values():
        check_sound(piece)
