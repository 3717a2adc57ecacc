"""A few kills of each quick store; the long proof is `python -m tests.fuzz.kills --kills 500 --progress kills.json`."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contracts.tree import ROOT, run_python
from tests.fuzz import kills

POSIX = pytest.mark.skipif(not hasattr(os, "fork"), reason="the proof forks")


def run(number: int, stores: tuple[str, ...], *options: str) -> dict[str, dict[str, float]]:
    # A process of its own: forking one that has threads is not safe
    chosen = [part for store in stores for part in ("--store", store)]
    done = run_python("-m", "tests.fuzz.kills", "--kills", str(number), *chosen, *options, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    counts: dict[str, dict[str, float]] = {}
    for line in done.stdout.splitlines():
        counts |= json.loads(line)
    return counts


@POSIX
def test_a_few_kills_lose_no_acknowledged_write_and_the_proof_goes_on_where_it_was(tmp_path: Path) -> None:
    stores = ("settings", "results", "library")
    progress = tmp_path / "kills.json"
    counts = run(4, stores, "--progress", str(progress))
    assert set(counts) == set(stores)
    assert all(count["kills"] == 4 and count["lost"] == 0 for count in counts.values())
    assert sum(count["acknowledged"] for count in counts.values()) > 10
    assert json.loads(progress.read_text()) == counts


@POSIX
@pytest.mark.slow
def test_500_kills_of_each_store_lose_no_acknowledged_write() -> None:
    counts = run(500, tuple(name for name in kills.NAMES if name != "runs"))
    assert all(count["kills"] == 500 and count["acknowledged"] > 500 for count in counts.values())


@POSIX
@pytest.mark.slow
def test_training_killed_a_few_times_goes_on_from_an_acknowledged_checkpoint() -> None:
    assert run(5, ("runs",))["runs"]["acknowledged"] > 0


def test_a_progress_file_that_is_ahead_runs_nothing(tmp_path: Path) -> None:
    progress = tmp_path / "kills.json"
    known = {"settings": {"kills": 500, "acknowledged": 900, "lost": 0, "seconds": 1.0}}
    progress.write_text(json.dumps(known))
    assert kills.go_on("settings", 500, progress, None) == known["settings"]


# Each check notices what it is there for


def lost(store: str, folder: Path, count: int) -> str:
    with pytest.raises(AssertionError) as caught:
        kills.STORES[store].check(folder, "round", count)
    return str(caught.value)


def test_the_checks_notice_what_was_never_written(tmp_path: Path) -> None:
    assert "2 saves acknowledged" in lost("settings", tmp_path, 2)
    assert "2 acknowledged" in lost("choices", tmp_path, 2)
    assert "results lost" in lost("results", tmp_path, 2)
    assert "expected one piece" in lost("library", tmp_path, 2)
    assert "replay 0 of 2 is gone" in lost("replays", tmp_path, 2)


def test_the_checks_notice_half_a_save_and_a_damaged_file(tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"last_level": "round 3", "music_volume": 0.9}))
    assert "half a save" in lost("settings", tmp_path, 1)
    settings.write_text("{")
    assert "expected JSON" in lost("settings", tmp_path, 0)
    (tmp_path / "levels.json").write_text("{")
    assert "expected JSON" in lost("choices", tmp_path, 0)


def test_the_check_of_replays_notices_one_that_is_cut(tmp_path: Path) -> None:
    (tmp_path / "round-0.bsr").write_bytes(b"half a replay")
    with pytest.raises(ValueError, match=r"round-0\.bsr"):
        kills.STORES["replays"].check(tmp_path, "round", 1)


def test_the_proof_says_which_round_lost_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def acknowledged(*_: object) -> int:
        return 7  # a writer that promised what it never wrote

    monkeypatch.setattr(kills.Killer, "acknowledged", acknowledged)
    monkeypatch.setitem(kills.STORES, "settings", replace(kills.STORES["settings"]))
    with pytest.raises(AssertionError, match="round 0-0: 7 saves acknowledged"):
        kills.prove("settings", 1, tmp_path)
