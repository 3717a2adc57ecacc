"""The bench: every row is measured or says why not, builds are compared in pairs, and programs run in any build."""

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from game.cli.bench import against, run_against, run_bench
from game.cli.bench.builds import Build
from game.cli.bench.programs import drawing, matches, ppo_samples, starting, stepping, timing, training
from game.cli.bench.report import Row
from game.cli.bench.row_table import ITEMS, NAMES, NOT_RUN, Measurement, select_rows
from game.cli.root import bench, run
from game.core.levels.catalogue import load_level
from game.core.sim import state as st
from game.core.sim.batch import Batch

PROGRAMS = {
    "drawing": drawing, "matches": matches, "ppo_samples": ppo_samples, "starting": starting, "stepping": stepping,
    "training": training,
}  # fmt: skip
WANTED = (
    "first_tick_s",
    "startup_s",
    "core_agent_steps_per_s",
    "core_agent_steps_2_threads_per_s",
    "core_ticks_per_s",
    "npc_decision_us",
    "play_test_s",
    "replay_verify_ticks_per_s",
    "pack_level_ms",
    "frame_720_ms",
    "frame_1080_ms",
    *(
        f"train_samples_{env}_{epochs}_epochs{threads}"
        for env in ("free", "duel")
        for epochs in (1, 4)
        for threads in ("", "_2_threads")
    ),
    "quick_to_90_percent_s",
)
FIGURES = {"value", "cpu_value", "p50", "p99", "cpu_p50", "cpu_p99", "wall_s", "cpu_s", "threads", "pieces"}


def a_row(value: float = 2.0, **more: Any) -> Row:
    watch = timing.Watch()
    for _ in range(3):
        watch.add(value, value)
    return {**watch.spans("thing", "s", 1.0), **more}


# What is measured


def test_every_wanted_row_is_there_and_each_can_be_called_as_it_says() -> None:
    assert set(WANTED) <= set(NAMES)
    assert len(set(NAMES)) == len(NAMES)
    for item in ITEMS:
        program, _, function = item.program.partition(":")
        signature = inspect.signature(getattr(PROGRAMS[program], function))
        signature.bind(**item.arguments)
        signature.bind(**{**item.arguments, **item.brief})


def test_every_row_is_in_the_report_measured_or_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def measure(self: Build, program: str, arguments: Any, seconds: float = 0) -> Row:
        asked.append(program)
        return {"skipped": "the moon"} if program == "stepping:ticks" else a_row()

    monkeypatch.setattr(Build, "measure", measure)
    results = {row["name"]: row for row in run_bench()["results"]}
    assert tuple(results) == NAMES
    unmeasured = {name: row["skipped"] for name, row in results.items() if "skipped" in row}
    slow = {item.name for item in ITEMS if item.slow}
    assert unmeasured == {"core_ticks_per_s": "the moon", **dict.fromkeys(slow, NOT_RUN)}
    asked.clear()
    named = run_bench(["quick_to_90_percent_s"])["results"]
    assert ("value" in named[0], asked[1:]) == (True, ["training:to_wins"]), (
        "a slow row that is named is measured"
    )
    assert all("value" in row or row["skipped"] == "the moon" for row in run_bench(slow=True)["results"])


def test_rows_are_chosen_by_name_or_beginning() -> None:
    assert [item.name for item in select_rows(["core_ticks_per_s", "frame"])] == [
        "core_ticks_per_s",
        "frame_720_ms",
        "frame_1080_ms",
    ]
    assert [item.name for item in select_rows(["startup_s"])] == ["startup_s"]
    with pytest.raises(ValueError, match=r"found 'core_tick_per_s'; did you mean 'core_ticks_per_s'\?"):
        select_rows(["core_tick_per_s"])


def test_a_row_is_measured_in_a_child_and_the_report_has_the_agreed_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Measurement("pack_level_ms", "packing", "matches:pack", {"side": 16, "seconds": 0.01})
    monkeypatch.setattr("game.cli.bench.run.select_rows", lambda only: (small,))
    assert run(["bench", "--json", str(tmp_path / "out.json")]) == 0
    report = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert report["schema"] == 2
    assert {"processor", "cores", "python", "system"} <= set(report["machine"])
    assert {"folder", "kernels", "packages", "version"} <= set(report["build"])
    (row,) = report["results"]
    assert set(row) >= FIGURES | {"name", "what", "unit", "better", "piece"}
    assert 0 < row["p50"] <= row["p99"]
    assert row["bytes"] > 16 * 16
    assert "pack_level_ms" in capsys.readouterr().out


def test_only_living_seats_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """With half of the seats taken out before every step, half of the steps count."""
    level = load_level(stepping.LEVEL)
    assert (level.width, level.height, len(level.arena.spawns)) == (32, 24, 8)
    monkeypatch.setattr(stepping, "WARM_STEPS", 2)
    row = stepping.agent_steps(4, 1, seconds=0.01)
    assert row["living_share"] == 1, "eight living seats"
    step = Batch.step

    def crippled(batch: Batch, actions: Any = None) -> Any:
        batch.world.tanks[:, ::2, st.TANK_ALIVE] = 0
        return step(batch, actions)

    monkeypatch.setattr(Batch, "step", crippled)
    assert stepping.agent_steps(4, 1, seconds=0.01)["living_share"] <= 0.5


def test_the_examples_name_rows_that_are_there() -> None:
    named = [line.split()[1] for line in bench.examples if line.startswith("--only ")]  # type: ignore[attr-defined]
    assert named
    for names in named:
        assert select_rows(names.split(","))


def test_programs_measure_what_they_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matches, "WARM_DECISIONS", 2)
    monkeypatch.setattr(drawing, "WARM_FRAMES", 1)
    decision = matches.npc_decisions(decisions=8)
    assert (decision["npcs"], decision["brain"], decision["pieces"]) == (8, "hunter", 8)
    frame = drawing.frames([640, 360], frames=4)
    assert (frame["size"], frame["pieces"]) == ([640, 360], 4)
    verified = matches.verify("crossfire", 30, seconds=0.01)
    assert (verified["ticks"], verified["unit"]) == (30, "1/s")
    env = stepping.vector_env("game:Bankshot/Duel-v0", 2, {"levels": "train:1"}, seconds=0.01)
    assert env["rows"] == 2
    for row in (decision, frame, verified, env):
        assert set(row) >= FIGURES
        assert row["value"] > 0
        assert row["cpu_value"] > 0


def test_what_a_build_lacks_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(timing.Unable, match=r"this needs torch, stable_baselines3, which the extra `train`"):
        ppo_samples.learner(1, True)
    with pytest.raises(
        timing.Unable, match=r"this build has none of the modules game\.nothing, game\.nought"
    ):
        timing.found("game.nothing", "game.nought")


# Two builds


class Scripted(Build):
    """A build whose rows are given; it notes when it was asked."""

    asked: list[str]
    values: list[float]

    @classmethod
    def of(cls, name: str, asked: list[str], values: list[float]) -> "Scripted":
        build = cls(name)
        build.asked, build.values = asked, values
        return build

    def measure(self, program: str, arguments: Any, seconds: float = 0) -> Row:
        self.asked.append(self.python)
        return a_row(self.values.pop(0), others=0.5)


def test_ratios_are_of_pairs_and_the_builds_take_turns() -> None:
    asked: list[str] = []
    # The machine is three times slower in the second round: the ratio of the pair does not see it
    this = Scripted.of("this", asked, [9.0, 1.0, 3.0, 1.5])
    other = Scripted.of("other", asked, [9.0, 2.0, 6.0, 2.0])
    row = against.compare_row(this, other, ITEMS[1], 3)
    assert asked == ["other", "this", "this", "other", "other", "this", "this", "other"]
    assert row["ratios"]["value"] == {
        "median": 0.5,
        "low": 0.5,
        "high": 0.75,
        "pairs": 3,
        "each": [0.5, 0.5, 0.75],
    }
    assert row["medians"]["value"] == {"other": 2.0, "this": 1.5}
    assert "p99" not in row["ratios"], "three pieces have no 99th percentile"
    assert len(row["pairs"]) == 3


def test_what_one_build_cannot_do_is_said_of_it() -> None:
    asked: list[str] = []
    this = Scripted.of("this", asked, [1.0] * 9)
    other = Build(sys.executable)
    other.measure = lambda *_: {"skipped": "no such thing"}  # type: ignore[method-assign]
    row = against.compare_row(this, other, ITEMS[0], 2)
    assert row["skipped"] == "the other build: no such thing"


def test_another_interpreter_that_cannot_run_the_game_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", "--against", str(tmp_path / "python")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: --against: expected a Python that runs Bankshot, found ")
    assert "it does not start: No such file or directory" in line
    assert run(["bench", "--against-path", str(tmp_path)]) == 2
    assert "error: --against-path: expected --against with it, found none" in capsys.readouterr().err


def test_a_checkout_that_lacks_a_module_gets_none_of_another_build(tmp_path: Path) -> None:
    """The finder of an editable installation knows where such a module lies in this build."""
    (tmp_path / "game").mkdir()
    (tmp_path / "game" / "__init__.py").write_text("__version__ = '0.0.1'\n")
    other = Build(sys.executable, str(tmp_path))
    try:
        other.begin("--against")
        assert (other.facts["version"], other.facts["folder"]) == ("0.0.1", str(tmp_path))
        found = other.measure("matches:pack", {})
    finally:
        other.end()
    assert found == {"skipped": "this build has none of the modules game.core.rules, game.rules"}


def test_against_needs_a_round(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="--rounds: expected at least 1, found 0"):
        run_against(sys.executable, rounds=0)


# The clocks


def test_a_watch_counts_its_pieces() -> None:
    watch = timing.Watch()
    for _ in range(5):
        watch.start()
        sum(range(200))
        watch.stop()
    row = watch.spans("thing", "us", 1e6, note="y")
    assert row["pieces"] == watch.count == 5
    assert np.isfinite([row["p50"], row["p99"], row["cpu_p50"], row["cpu_p99"]]).all()
    assert row["note"] == "y"


def test_a_rate_counts_what_the_work_returns() -> None:
    counts = iter([5, 7])
    watch = timing.Watch()
    watch.repeat(lambda: next(counts), 0.0, least=2)
    row = watch.rate("thing")
    assert watch.amount == 12
    assert row["value"] == pytest.approx(12 / row["wall_s"], rel=1e-3)


def test_a_child_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    broken = tmp_path / "game"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise RuntimeError('out of luck')\n")
    build = Build(sys.executable, str(tmp_path))
    with pytest.raises(ValueError, match=r"the child ended with code 1: RuntimeError: out of luck"):
        build.begin("--against")
    build.end()


def test_processor_time_of_children_counts_on_one_processor_too() -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    spent = []
    for children in (True, False):
        watch = timing.Watch(1, children=children)
        watch.start()
        subprocess.run([sys.executable, "-c", burn], check=True)
        watch.stop()
        spent.append(float(watch.spans("child", "s", 1)["cpu_value"]))
    assert spent[0] >= 0.3 > spent[1]
