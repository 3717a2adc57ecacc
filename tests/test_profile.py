"""The profile: what was acknowledged is kept, what is damaged is set aside, and nothing stops the game."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from game.paths import UserFolders
from game.profile import FEEDBACK_FORM, MatchRecord, Profile


@pytest.fixture
def folders(tmp_path: Path) -> UserFolders:
    return UserFolders(tmp_path)


def record(level: str = "foundry", outcome: str = "won", score: int = 100, ticks: int = 600) -> MatchRecord:
    return MatchRecord(level, "h", "eliminate", "hunter", "regular", "scout", outcome, score, ticks, 3, 1, 0)


def test_the_newest_stars_count_and_all_are_kept(folders: UserFolders) -> None:
    profile = Profile(folders)
    assert profile.rating("foundry") is None
    assert profile.rate("foundry", 2)
    assert profile.rate("foundry", 5)
    profile.close()
    again = Profile(folders)
    assert again.rating("foundry") == 5
    again.close()
    with sqlite3.connect(folders.feedback) as connection:
        assert connection.execute("SELECT player, item, stars FROM ratings").fetchall() == [
            ("local", "foundry", 2.0),
            ("local", "foundry", 5.0),
        ]


def test_the_feedback_has_the_form_that_the_recommender_takes_over(folders: UserFolders) -> None:
    profile = Profile(folders)
    profile.play_event("foundry", "start")
    profile.record_match(record(ticks=120))
    profile.close()
    with sqlite3.connect(folders.feedback) as connection:
        columns = {
            table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            for table in ("ratings", "plays")
        }
        assert columns == {
            "ratings": ["player", "item", "stars", "time"],
            "plays": ["player", "item", "event", "value", "time"],
        }
        assert connection.execute("PRAGMA user_version").fetchone() == (FEEDBACK_FORM,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        rows = connection.execute("SELECT event, value FROM plays").fetchall()
    assert rows == [("start", 0.0), ("won", 2.0), ("deaths", 1.0), ("score", 100.0)]


def test_the_best_result_is_the_fastest_win_and_the_highest_score(folders: UserFolders) -> None:
    profile = Profile(folders)
    assert profile.best("foundry") is None
    profile.record_match(record(outcome="lost", score=900, ticks=60))
    best = profile.best("foundry")
    assert best is not None
    assert (best.played, best.won, best.score, best.ticks) == (1, 0, 900, None)
    profile.record_match(record(score=100, ticks=800))
    profile.record_match(record(score=200, ticks=700))
    profile.record_match(record(level="keep", outcome="quit"))
    best = profile.best("foundry")
    assert best is not None
    assert (best.played, best.won, best.score, best.ticks) == (3, 2, 900, 700)
    profile.close()


@pytest.mark.parametrize("stars", [0, 6, -1])
def test_stars_out_of_range_are_refused(stars: int) -> None:
    with pytest.raises(ValueError, match="stars: expected 1 to 5"):
        Profile(None).rate("foundry", stars)


def test_unknown_outcomes_and_events_are_refused() -> None:
    with pytest.raises(ValueError, match="outcome: expected"):
        Profile(None).record_match(record(outcome="vanished"))
    with pytest.raises(ValueError, match="event: expected"):
        Profile(None).play_event("foundry", "vanished")


@pytest.mark.parametrize("damage", ["text", "cut", "foreign"])
def test_a_damaged_file_is_set_aside_and_a_fresh_one_begins(folders: UserFolders, damage: str) -> None:
    profile = Profile(folders)
    for n in range(60):
        profile.rate(f"level {n}", 3)
    profile.close()
    if damage == "text":
        content = b"this is no database" * 100
    elif damage == "cut":
        whole = folders.feedback.read_bytes()
        content = whole[: len(whole) // 2 // 4096 * 4096] + bytes(100)
    else:
        folders.feedback.unlink()
        with sqlite3.connect(folders.feedback) as connection:
            connection.execute("CREATE TABLE diary(entry)")
        connection.close()
        content = folders.feedback.read_bytes()
    folders.feedback.write_bytes(content)
    again = Profile(folders)
    assert len(again.messages) == 1
    assert "kept as feedback.damaged-" in again.messages[0]
    assert again.rate("foundry", 4)
    again.close()
    kept = [
        path
        for path in folders.root.iterdir()
        if path.name.startswith("feedback.damaged-") and path.suffix == ".sqlite"
    ]
    assert len(kept) == 1
    assert kept[0].read_bytes() == content
    fresh = Profile(folders)
    assert fresh.messages == []
    assert fresh.rating("foundry") == 4
    fresh.close()


def test_a_file_of_a_newer_version_is_left_alone(folders: UserFolders) -> None:
    Profile(folders).close()
    with sqlite3.connect(folders.feedback) as connection:
        connection.execute(f"PRAGMA user_version={FEEDBACK_FORM + 1}")
    connection.close()
    before = folders.feedback.read_bytes()
    profile = Profile(folders)
    assert "newer" in profile.messages[0]
    assert profile.rate("foundry", 4)
    assert profile.rating("foundry") == 4
    profile.close()
    assert folders.feedback.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_told_and_play_goes_on(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    profile = Profile(UserFolders(blocker / "inside"))
    assert len(profile.messages) == 2
    assert profile.rate("foundry", 4)
    profile.close()


def test_a_write_that_fails_is_told_and_nothing_half_is_stored(folders: UserFolders) -> None:
    profile = Profile(folders)
    blocker = sqlite3.connect(folders.results, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    assert not profile.record_match(record())
    assert "not saved" in profile.messages[-1]
    blocker.execute("ROLLBACK")
    blocker.close()
    assert profile.best("foundry") is None
    assert profile.record_match(record())
    profile.close()


WRITER = """
import sys
from pathlib import Path
from game.paths import UserFolders
from game.profile import Profile
profile = Profile(UserFolders(Path(sys.argv[1])))
n = 0
while True:
    if profile.rate(f"level {n}", n % 5 + 1):
        print(n, flush=True)
    n += 1
"""


def test_a_killed_process_loses_no_acknowledged_rating(folders: UserFolders) -> None:
    acknowledged: set[tuple[int, str]] = set()
    for attempt in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folders.root)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[1],
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.01 * attempt)
            os.kill(writer.pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
            numbers = [int(line) for line in writer.stdout.read().split(b"\n")[:-1]]
        acknowledged |= {(attempt, f"level {n}") for n in [0, *numbers]}
        profile = Profile(folders)
        assert profile.messages == []
        stored = profile._feedback.rows("SELECT count(*) FROM ratings")
        assert int(str(stored[0][0])) >= len(acknowledged)
        profile.close()
    assert len(acknowledged) > 6
