"""The script in `benchmarks/agents` runs: an odd environment from recipe to table, and nothing is done twice."""

import json
from pathlib import Path

import numpy as np
import pytest
from gymnasium import spaces

from benchmarks.agents import environments as bench
from benchmarks.agents import oddities as odd


@pytest.mark.usefixtures("capsys")
def test_a_place_goes_from_recipe_to_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.curve.Curve.plot", lambda *_: None)
    monkeypatch.setattr("agents.runtime.smoke_once", lambda *_, **__: None)
    monkeypatch.setattr(bench, "EPISODES", 20)
    arguments = [
        "x",
        "--results",
        str(tmp_path),
        "--seeds",
        "1",
        "--only",
        "OddStarts",
        "--samples-by",
        "0.1",
    ]
    monkeypatch.setattr("sys.argv", arguments)
    bench.main()
    found = {path.stem: json.loads(path.read_text()) for path in tmp_path.glob("*.json")}
    assert set(found) == {"OddStarts-1-ours", "OddStarts-1-sb3"}
    assert found["OddStarts-1-ours"]["difference"] < 1e-4
    assert abs(found["OddStarts-1-ours"]["samples"] - found["OddStarts-1-sb3"]["samples"]) <= 256
    assert all(2 < row["mean_return"] <= odd.DECISIONS for row in found.values())
    lines = bench.table(tmp_path).splitlines()
    assert len(lines) == len(bench.ENVIRONMENTS) + 2 >= 25 + 2
    (mine,) = [line for line in lines if line.startswith("| OddStarts |")]
    assert mine.endswith("| 1 |")
    assert sum("not measured" in line for line in lines) == len(bench.ENVIRONMENTS) - 1
    (tmp_path / "OddStarts-1-sb3.json").write_text('{"mean_return": 7.0, "samples": 2048}')
    bench.main()  # both are there
    assert "| 7.00 |" in bench.table(tmp_path)


@pytest.mark.parametrize("name", odd.SPACES)
def test_what_is_right_is_rewarded_and_nothing_else(name: str) -> None:
    seen, done = odd.SPACES[name]
    cues = [odd.cue_of(seen, seen.sample()) for _ in range(200)]
    assert 0.0 <= min(cues) < 0.35
    assert 0.65 < max(cues) <= 1.0
    for wanted in (0.0, 0.4, 1.0):
        best = max(odd.share_right(done, done.sample(), wanted) for _ in range(300))
        worst = min(odd.share_right(done, done.sample(), wanted) for _ in range(300))
        assert worst < best <= 1.0


def test_locked_choices_are_right_for_nobody() -> None:
    env = odd.MaskedCueEnv(spaces.Box(-1, 1, (1,)), 4)
    env.reset(seed=1)
    for _ in range(odd.DECISIONS):
        shut = np.flatnonzero(~env.action_masks())
        assert env.step(int(shut[0]))[1] == 0.0
