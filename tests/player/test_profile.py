"""The profile: what was acknowledged is kept, what is damaged is set aside, and nothing stops the game."""

import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import pytest

from game.player.paths import UserFolders
from game.player.profile import RESULTS_STEPS, BestResult, MatchRecord, Profile
from recommender.records.kinds import Attempt
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


def test_forgetting_takes_the_damaged_file_along(folders: UserFolders) -> None:
    profile = Profile(folders)
    profile.rate("foundry", 5)
    profile.close()
    data = bytearray(folders.feedback.read_bytes())
    data[:100] = bytes(100)
    folders.feedback.write_bytes(data)
    results = folders.root / "results.damaged-20260101-000000.sqlite"
    results.write_bytes(b"match records stay")
    healed = Profile(folders)
    assert any(b"foundry" in path.read_bytes() for path in folders.root.glob("feedback.damaged-*"))
    assert healed.forget()
    healed.close()
    assert not list(folders.root.glob("feedback.damaged-*"))
    assert not any(b"foundry" in path.read_bytes() for path in folders.root.glob("feedback*"))
    assert results.exists()


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


def test_a_write_that_fails_is_told_and_saved_after_all(folders: UserFolders) -> None:
    profile = Profile(folders)
    blocker = sqlite3.connect(folders.results, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    assert profile.record_match(record()), "it is taken over, and this session shows it"
    assert not profile.flush()
    assert "not saved" in profile.messages[-1]
    assert profile.behind
    blocker.execute("ROLLBACK")
    blocker.close()
    assert profile.flush(), "it is tried again"
    assert profile.messages[-1] == "results.sqlite: saved after all"
    assert profile.record_match(record(level="keep"))
    profile.close()
    again = Profile(folders)
    assert again.best("foundry") is not None
    assert again.best("keep") is not None
    again.close()


def old_results(folders: UserFolders, *rows: str) -> None:
    """A file of the first form, whose columns take any type."""
    folders.create()
    connection = sqlite3.connect(folders.results)
    RESULTS_STEPS[0](connection)
    for row in rows:
        connection.execute(f"INSERT INTO matches VALUES ({row})")
    connection.execute("PRAGMA user_version=1")
    connection.commit()
    connection.close()


SOUND_ROW = (
    "'foundry', 'h', 'eliminate', 'hunter', 'regular', 'scout', 'won', 100, 600, 3, 1, 0, '', 'local', 5.0"
)


@pytest.mark.parametrize("value", ["'many'", "9e999", "x'00'", "1.5"])
@pytest.mark.parametrize("column", [7, 8], ids=["score", "ticks"])
def test_a_record_with_a_wrong_type_is_left_out_and_the_others_are_shown(
    folders: UserFolders, value: str, column: int
) -> None:
    wrong = SOUND_ROW.split(", ")
    wrong[column] = value
    old_results(folders, SOUND_ROW, ", ".join(wrong))
    profile = Profile(folders)
    assert profile.all_best() == {"foundry": BestResult(1, 1, 100, 600)}
    assert profile.messages == [
        "results.sqlite: 1 of the rows in matches have a value of a wrong type; they are left out and kept in the "
        "table left_out_matches"
    ]
    profile.close()
    again = Profile(folders)
    assert again.messages == [], "said once"
    again.close()
    with sqlite3.connect(folders.results) as connection:
        assert connection.execute("SELECT count(*) FROM left_out_matches").fetchone() == (1,)
        with pytest.raises(sqlite3.IntegrityError, match="cannot store TEXT value in INTEGER column"):
            connection.execute("UPDATE matches SET score = 'many'")
    connection.close()


def test_a_wrong_type_in_a_file_without_strict_tables_never_bricks_the_list(
    folders: UserFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an SQLite older than 3.37 leaves it."""
    monkeypatch.setattr("safefiles.sqlite_forms.STRICT", "")
    old_results(folders, SOUND_ROW)
    Profile(folders).close()
    with sqlite3.connect(folders.results) as connection:
        connection.execute("UPDATE matches SET ticks = 'long'")
        connection.execute(f"INSERT INTO matches VALUES ({SOUND_ROW})")
    connection.close()
    profile = Profile(folders)
    assert profile.all_best() == {"foundry": BestResult(1, 1, 100, 600)}
    assert profile.messages == ["results.sqlite: 1 of the rows in matches make no sense and are left out"]
    profile.close()
