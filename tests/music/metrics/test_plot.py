"""The plot of a comparison."""

import struct
from pathlib import Path

import pytest

from music.metrics import comparison
from music.metrics.plot import plot_report
from music.metrics.references import references
from tests.music.metrics.scenes import tunes


@pytest.mark.slow
def test_the_picture_is_a_png_and_draws_every_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "TREES", 2)
    train = tunes(60, 1)
    held_out = tunes(40, 2, first_piece=500)
    report = comparison.compare_windows(
        references(train, 60, 0), held_out, train, scopes=["overall", "arcade"]
    )
    plot_report(report, tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    data = (tmp_path / "a.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (1500, 1100)
    without = comparison.compare_windows({"train": train}, held_out, train, scopes=["overall"])
    plot_report(without, tmp_path / "b.png")
    assert (tmp_path / "b.png").read_bytes() != data
