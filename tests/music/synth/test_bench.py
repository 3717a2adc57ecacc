"""The bench's rows have the schema of a bench report."""

import json

import pytest

from music.synth import bench
from music.synth.timbres import TIMBRES


@pytest.mark.slow
def test_the_bench_reports_every_timbre_in_plain_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "BARS", 8)
    rows = bench.bench_synth()
    assert json.loads(json.dumps(rows)) == rows
    assert all({"name", "value", "unit"} <= set(row) for row in rows)
    speeds = [row for row in rows if row["name"] == "music_render_x_real_time"]
    assert {row["timbre"] for row in speeds} == set(TIMBRES)
    assert (
        min(row["per_cpu_s"] for row in speeds) > 15
    )  # 110 and more on an idle core; low enough for any load
    assert max(row["value"] for row in rows if row["unit"] == "dB") <= -50
