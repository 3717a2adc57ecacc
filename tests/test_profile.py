"""The profile: what was acknowledged is kept, what is damaged is set aside, and nothing stops the game."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from game.paths import UserFolders
from game.profile import MatchRecord, Profile
from recommender.records import Attempt
from recommender.store import FORM, Store


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


def test_a_match_is_an_attempt_in_the_recommenders_store(folders: UserFolders) -> None:
    profile = Profile(folders)
    profile.play_event("foundry", "start")
    profile.record_match(replace(record(ticks=120), time=50.0))
    profile.record_match(replace(record(outcome="timed_out"), time=60.0, retries=2))
    profile.close()
    store = Store(folders.feedback)
    assert store.messages == []
    assert [(play.event, play.item) for play in store.plays()] == [("start", "foundry")]
    assert store.attempts() == [
        Attempt("local", "foundry", "finished", 2.0, 50.0, 1, 0, 100.0, "regular"),
        Attempt("local", "foundry", "failed", 10.0, 60.0, 1, 2, 100.0, "regular"),
    ]
    store.close()
    with sqlite3.connect(folders.feedback) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (FORM,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_feedback_of_the_first_form_is_taken_over(folders: UserFolders) -> None:
    folders.create()
    with sqlite3.connect(folders.feedback) as connection:
        connection.executescript(
            """
            CREATE TABLE ratings(player TEXT NOT NULL, item TEXT NOT NULL, stars REAL NOT NULL, time REAL NOT NULL);
            CREATE TABLE plays(player TEXT NOT NULL, item TEXT NOT NULL, event TEXT NOT NULL, value REAL NOT NULL,
                time REAL NOT NULL);
            INSERT INTO ratings VALUES ('local', 'foundry', 4.0, 5.0);
            INSERT INTO plays VALUES ('local', 'foundry', 'start', 0.0, 1.0), ('local', 'foundry', 'won', 2.0, 3.0),
                ('local', 'foundry', 'deaths', 1.0, 3.0), ('local', 'foundry', 'score', 100.0, 3.0);
            PRAGMA user_version=1;
            """
        )
    connection.close()
    profile = Profile(folders)
    assert profile.messages == []
    assert profile.all_ratings() == {"foundry": 4}
    assert profile.repository.attempts() == [Attempt("local", "foundry", "finished", 2.0, 3.0, 1, 0, 100.0)]
    profile.close()


def test_stars_given_after_the_clock_was_put_back_count(
    folders: UserFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = Profile(folders)
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    profile.rate("foundry", 2)
    monkeypatch.setattr(time, "time", lambda: 10.0)
    profile.rate("foundry", 5)
    assert profile.rating("foundry") == 5
    profile.close()


def test_a_level_whose_name_is_no_text_is_told_and_play_goes_on(folders: UserFolders) -> None:
    profile = Profile(folders)
    assert not profile.rate("caf\udce9", 4)
    assert not profile.play_event("caf\udce9", "start")
    profile.record_match(record(level="caf\udce9"))
    assert not profile.flush()
    assert all("not saved" in message for message in profile.messages)
    assert profile.rate("foundry", 4)
    profile.close()


def test_no_call_waits_for_the_disk(folders: UserFolders) -> None:
    profile = Profile(folders)
    blocker = sqlite3.connect(folders.feedback, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")  # no write can end before this does
    assert profile.rate("foundry", 4)
    assert profile.record_match(record())
    assert profile.rating("foundry") == 4
    assert profile.best("foundry") is not None
    blocker.execute("ROLLBACK")
    blocker.close()
    assert profile.flush()
    profile.close()
    again = Profile(folders)
    assert again.rating("foundry") == 4
    assert again.best("foundry") is not None
    again.close()


def test_the_best_result_is_the_fastest_win_and_the_highest_score_of_a_win(folders: UserFolders) -> None:
    profile = Profile(folders)
    assert profile.best("foundry") is None
    profile.record_match(record(outcome="lost", score=900, ticks=60))
    best = profile.best("foundry")
    assert best is not None
    assert (best.played, best.won, best.score, best.ticks) == (1, 0, None, None)
    profile.record_match(record(score=100, ticks=800))
    profile.record_match(record(score=200, ticks=700))
    profile.record_match(record(level="keep", outcome="quit"))
    best = profile.best("foundry")
    assert best is not None
    assert (best.played, best.won, best.score, best.ticks) == (3, 2, 200, 700)
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
        connection.execute(f"PRAGMA user_version={FORM + 1}")
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
    assert profile.record_match(record()), "it is taken over, and this session shows it"
    assert not profile.flush()
    assert "not saved" in profile.messages[-1]
    blocker.execute("ROLLBACK")
    blocker.close()
    assert profile.flush(), "nothing since the last flush failed"
    assert profile.record_match(record(level="keep"))
    profile.close()
    again = Profile(folders)
    assert again.best("foundry") is None
    assert again.best("keep") is not None
    again.close()


WRITER = """
import sys
from pathlib import Path
from game.paths import UserFolders
from game.profile import Profile
profile = Profile(UserFolders(Path(sys.argv[1])))
n = 0
while True:
    if profile.rate(f"level {n}", n % 5 + 1) and profile.flush():
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
        assert {item for _, item in acknowledged} <= set(profile.all_ratings())
        profile.close()
    assert len(acknowledged) > 6
