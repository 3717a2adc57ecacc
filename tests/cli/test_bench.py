"""The bench: its form is the agreed one, every name is measured or says why not, and numbers are of living seats."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from game.cli.bench import core, play, run_bench
from game.cli.bench.report import Skipped, Stopwatch, measured_for
from game.cli.bench.run import MEASURES
from game.cli.root import run
from game.core.levels.catalogue import load
from tests.contracts.tree import ROOT

NAMES = (
    "core_agent_steps_per_s",
    "core_ticks_per_s",
    "bot_decisions_per_s",
    "cold_compile_s",
    "vector_env_agent_steps_per_s",
    "train_samples_per_s",
    "npc_decision_us",
    "frame_ms",
    "startup_s",
    "first_tick_s",
)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure for a moment only."""
    monkeypatch.setattr(core, "SECONDS", 0.02)
    monkeypatch.setattr(core, "WARM_STEPS", 2)
    monkeypatch.setattr(play, "DECISIONS", 20)
    monkeypatch.setattr(play, "WARM_DECISIONS", 2)
    monkeypatch.setattr(play, "FRAMES", 8)
    monkeypatch.setattr(play, "WARM_FRAMES", 2)


def test_everything_asked_for_is_measured() -> None:
    assert set(MEASURES) == set(NAMES)


def test_the_report_has_the_agreed_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    only = "core_agent_steps_per_s,core_ticks_per_s,bot_decisions_per_s,frame_ms"
    assert run(["bench", "--json", str(tmp_path / "out.json"), "--only", only]) == 0
    report = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert report["schema"] == 1
    assert {"processor", "cores", "python", "packages"} <= set(report["machine"])
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in report["results"]:
        rows.setdefault(row["name"], []).append(row)
    steps = rows["core_agent_steps_per_s"]
    assert (steps[0]["batch"], steps[0]["threads"], steps[0]["preview"]) == (512, 1, True), "headline first"
    assert {(row["batch"], row["threads"], row["preview"]) for row in steps} == {
        (512, 1, True),
        (1, 1, True),
        (64, 1, True),
        (4096, 1, True),
        (512, 2, True),
        (512, 1, False),
    }
    assert all(
        row["value"] > 0 and row["unit"] == "1/s" for name in rows for row in rows[name] if "value" in row
    )
    (frame,) = rows["frame_ms"]
    assert 0 < frame["p50"] <= frame["p99"]
    assert frame["size"] == [1280, 720]
    assert "core_agent_steps_per_s" in capsys.readouterr().out


def test_only_living_seats_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """With half of the seats taken out before every step, half of the steps count."""
    level = load(core.LEVEL)
    assert (level.width, level.height, len(level.arena.spawns)) == (32, 24, 8)
    row = core._agent_steps(4)
    assert row["living_share"] == 1, "eight living seats"
    from game.core.sim import state as st
    from game.core.sim.batch import Batch

    step = Batch.step

    def crippled(batch: Batch, actions: Any = None) -> Any:
        batch.world.tanks[:, ::2, st.TANK_ALIVE] = 0
        return step(batch, actions)

    monkeypatch.setattr(Batch, "step", crippled)
    assert core._agent_steps(4)["living_share"] <= 0.5


def test_an_environment_is_measured_by_its_living_rows() -> None:
    rows = core.vector_env()
    assert [row["env"] for row in rows] == ["game:Bankshot/Eliminate-v0", "game:Bankshot/Duel-v0"]
    assert rows[0]["rows"] == 64 * 8
    assert all(row["value"] > 0 for row in rows)


def test_npc_decisions_are_of_eight_npcs_of_one_brain(
    user_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from game.match import brain_library
    from tests.match.matches import random_brain

    monkeypatch.setattr(
        brain_library.BrainLibrary.__init__,
        "__kwdefaults__",
        {"shipped_folder": user_dir / "none", "cache_dir": None},
    )
    with pytest.raises(Skipped, match="no brain is shipped or in the brains folder"):
        play.npc_decisions()
    random_brain(user_dir / "brains", "alpha")
    (row,) = play.npc_decisions()
    assert (row["npcs"], row["brain"], row["count"]) == (8, "alpha", 20)
    assert 0 < row["p50"] <= row["p99"]
    assert 0 < row["cpu_p50"] <= row["cpu_p99"]


def test_what_cannot_be_measured_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.chdir(ROOT)
    report = run_bench(["train_samples_per_s"])
    (row,) = report["results"]
    assert row == {
        "name": "train_samples_per_s",
        "skipped": "this needs torch, which is not installed: pip install '.[train]'",
    }


def test_a_measurement_that_breaks_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(core, "ticks", broken)
    report = run_bench(["core_ticks_per_s", "bot_decisions_per_s"])
    assert report["results"][0] == {"name": "core_ticks_per_s", "skipped": "OSError: the disk is full"}
    assert report["results"][1]["value"] > 0


def test_nothing_begins_after_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("game.cli.bench.run.LIMIT_SECONDS", -1.0)
    report = run_bench()
    assert [row["name"] for row in report["results"]] == list(MEASURES)
    assert all("were over" in row["skipped"] for row in report["results"])


def test_a_child_that_fails_is_told_with_its_last_words() -> None:
    import sys

    with pytest.raises(Skipped, match="the child process ended with code 3: out of luck"):
        play._child(
            [sys.executable, "-c", "import sys; print('out of luck', file=sys.stderr); sys.exit(3)"], {}
        )


def test_a_rate_counts_what_the_work_returns() -> None:
    counts = iter([5, 7] + [1] * 10**6)
    done = measured_for(0.0, lambda: next(counts))
    assert done.amount == 5
    assert done.seconds > 0
    assert done.row("x")["value"] == pytest.approx(5 / done.seconds, rel=1e-3)


def test_a_stopwatch_keeps_what_it_is_told_to() -> None:
    watch = Stopwatch()
    for n in range(10):
        watch.start()
        sum(range(200))
        watch.stop(keep=n % 2 == 0)
    row = watch.row("x", "us", 1e6, note="y")
    assert row["count"] == watch.count == 5
    assert np.isfinite([row["p50"], row["p99"], row["cpu_p50"], row["cpu_p99"]]).all()
    assert row["note"] == "y"
