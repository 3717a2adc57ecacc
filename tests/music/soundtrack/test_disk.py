"""The samples that reach the sound card, recorded by SDL's disk driver."""

import json
import sys
from typing import Any

import pytest

from tests.contracts.tree import ROOT, run_python
from tests.music.soundtrack.disk_play import CUE_SECONDS

SEAM = 0.005
BARS = 1.0


def played(mode: str, seconds: int) -> dict[str, Any]:
    result = run_python("-m", "tests.music.soundtrack.disk_play", mode, str(seconds), cwd=ROOT)
    assert result.returncode == 0, result.stderr
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def check(report: dict[str, Any], seconds: float) -> None:
    assert (report["gaps"], report["gap_samples"]) == (0, 0), report
    assert report["seconds"] > seconds - 1.5
    assert report["seam"] <= SEAM
    assert report["played"]
    assert len(report["cue_bars"]) == max(4, int(seconds / CUE_SECONDS))
    assert max(report["cue_bars"] + report["intensity_bars"]) <= BARS
    assert {"theme", "boss", "variation"} <= set(report["sections"])


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a pipe of a size that can be set")


@pytest.mark.slow  # a thread must keep up: it fails on a busy machine
def test_adaptive_play_has_no_gap_no_seam_and_follows_within_a_bar() -> None:
    check(played("fast", 8), 8)


@pytest.mark.slow
def test_a_minute_in_real_time_has_no_gap_no_seam_and_follows_within_a_bar() -> None:
    """`pytest -m slow tests/music/soundtrack`; the figures: `python -m tests.music.soundtrack.disk_play real 60`."""
    check(played("real", 60), 60)
