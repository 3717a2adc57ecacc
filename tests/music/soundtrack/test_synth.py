"""With this package's synthesiser: overlapped bars equal the whole piece, at its loudness, without clicks."""

import numpy as np
import pytest

from music.soundtrack import Conductor, Studio, synth_render
from music.soundtrack.bench import RATE, busy_piece
from music.soundtrack.rendering import measured_gain

render = pytest.importorskip("music.synth.render")
loudness = pytest.importorskip("music.synth.loudness")


@pytest.mark.parametrize("timbre", ["chip", "neon"])
def test_beats_played_in_order_equal_the_piece_rendered_whole(timbre: str) -> None:
    piece = busy_piece(timbre)
    studio = Studio(piece, RATE, synth_render(piece))
    studio.render_all()
    assert studio.problem == ""
    conductor = Conductor(studio.score, studio)
    played = np.concatenate([conductor.next_chunk() for _ in range(piece.bars * 4)]) / 32767
    whole = render.mixdown(render.render_stems(piece, sample_rate=RATE).stems) * measured_gain(piece, RATE)
    soft = np.abs(whole) < 0.75  # above this, peaks are limited
    difference = np.abs(played - whole)
    assert difference[soft].max() <= 0.001
    assert np.abs(played).max() <= 10 ** (-1 / 20)
    assert abs(loudness.measure_lufs(played.astype(np.float32), RATE) - loudness.TARGET) <= 1
