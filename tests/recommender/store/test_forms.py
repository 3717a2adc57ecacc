"""A file of form 1 becomes one of form 2 without losing a row."""

import sqlite3
from pathlib import Path

from recommender.records.kinds import Attempt, Play, Rating
from recommender.store import FORM, Store
from recommender.store.plays import attempts_from_plays

FORM_1 = """
CREATE TABLE ratings(player TEXT NOT NULL, item TEXT NOT NULL, stars REAL NOT NULL, time REAL NOT NULL);
CREATE TABLE plays(
    player TEXT NOT NULL, item TEXT NOT NULL, event TEXT NOT NULL, value REAL NOT NULL, time REAL NOT NULL);
CREATE INDEX ratings_by_item ON ratings(item);
CREATE INDEX plays_by_item ON plays(item);
INSERT INTO ratings VALUES
    ('local', 'foundry', 2.0, 10.0),
    ('local', 'prism', 4.0, 11.0),
    ('local', 'foundry', 5.0, 30.0);
INSERT INTO plays VALUES
    ('local', 'foundry', 'start', 0.0, 1.0),
    ('local', 'foundry', 'lost', 12.5, 2.0),
    ('local', 'foundry', 'deaths', 3.0, 2.0),
    ('local', 'foundry', 'score', 40.0, 2.0),
    ('local', 'foundry', 'retry', 1.0, 3.0),
    ('local', 'foundry', 'start', 0.0, 3.5),
    ('local', 'foundry', 'won', 30.0, 4.0),
    ('local', 'foundry', 'deaths', 1.0, 4.0),
    ('local', 'foundry', 'score', 250.0, 4.0),
    ('local', 'prism', 'start', 0.0, 5.0),
    ('local', 'prism', 'quit', 2.0, 6.0),
    ('local', 'prism', 'deaths', 0.0, 6.0),
    ('local', 'prism', 'score', 0.0, 6.0),
    ('guest', 'prism', 'timed_out', 90.0, 6.0),
    ('local', 'canal', 'start', 0.0, 7.0);
PRAGMA user_version=1;
"""
ATTEMPTS = [
    Attempt("local", "foundry", "failed", 12.5, 2.0, 3, 0, 40.0),
    Attempt("local", "foundry", "finished", 30.0, 4.0, 1, 1, 250.0),
    Attempt("local", "prism", "quit", 2.0, 6.0),
    Attempt("guest", "prism", "failed", 90.0, 6.0),
]


def old_file(path: Path, script: str = FORM_1) -> tuple[list[object], list[object]]:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    rows = [
        connection.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()
        for table in ("ratings", "plays")
    ]
    connection.close()
    return rows[0], rows[1]


def test_every_row_of_form_1_is_there_and_matches_are_attempts(tmp_path: Path) -> None:
    path = tmp_path / "feedback.sqlite"
    ratings, plays = old_file(path)
    store = Store(path)
    assert store.messages == []
    assert [(r.player, r.item, r.stars, r.time) for r in store.rating_history()] == ratings
    assert [(p.player, p.item, p.event, p.value, p.time) for p in store.plays()] == plays
    assert store.ratings() == [Rating("local", "prism", 4.0, 11.0), Rating("local", "foundry", 5.0, 30.0)]
    assert store.attempts() == ATTEMPTS
    assert store.players() == ["local", "guest"]
    assert store.put_ratings([Rating("guest", "prism", 3.0, 40.0)])
    store.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (FORM,)
    connection.close()
    again = Store(path)
    assert again.attempts() == ATTEMPTS, "taken over once"
    again.close()
    assert [part.name for part in tmp_path.iterdir()] == ["feedback.sqlite"]


def test_an_empty_file_of_form_1_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "feedback.sqlite"
    old_file(path, FORM_1.partition("INSERT")[0] + "PRAGMA user_version=1;")
    store = Store(path)
    assert (store.messages, store.ratings(), store.attempts(), store.players()) == ([], [], [], [])
    store.close()


def test_form_1_with_other_columns_is_another_programs_file(tmp_path: Path) -> None:
    path = tmp_path / "feedback.sqlite"
    old_file(path, "CREATE TABLE ratings(film, grade); CREATE TABLE plays(title); PRAGMA user_version=1;")
    store = Store(path)
    assert "another program's tables" in store.messages[0]
    assert store.put_ratings([Rating("ann", "foundry", 3.0, 40.0)])
    store.close()


def test_old_plays_that_make_no_sense_stay_plays_only(tmp_path: Path) -> None:
    path = tmp_path / "feedback.sqlite"
    old_file(
        path,
        FORM_1 + "INSERT INTO plays VALUES ('local', 'x', 'won', 9e999, 8.0), ('', 'x', 'won', 1.0, 8.0);",
    )
    store = Store(path)
    assert store.path == path, store.messages
    assert store.attempts() == ATTEMPTS
    store.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM plays").fetchone() == (17,)
    connection.close()


def play(event: str, value: float, time: float, item: str = "x") -> Play:
    return Play("ann", item, event, value, time)


def test_an_attempt_that_never_ended_leaves_its_retries_behind() -> None:
    plays = [play("retry", 2, 1), play("start", 0, 1), play("start", 0, 5), play("won", 3, 6)]
    assert [attempt.retries for attempt in attempts_from_plays(plays)] == [0]
    assert [attempt.retries for attempt in attempts_from_plays([*plays[:2], plays[3]])] == [2]


def test_two_matches_that_ended_in_one_instant_stay_two() -> None:
    plays = [
        play("won", 3, 6),
        play("deaths", 1, 6),
        play("lost", 4, 6),
        play("deaths", 2, 6),
        play("won", 9, 6, "y"),
    ]
    assert [(attempt.item, attempt.outcome, attempt.deaths) for attempt in attempts_from_plays(plays)] == [
        ("x", "finished", 1),
        ("x", "failed", 2),
        ("y", "finished", 0),
    ]
