"""The store against a plain model of dicts and lists, and what it refuses; order is that of entry, whatever clocks say."""

import math
import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from recommender.errors import RatingsRefused, StoreRefused
from recommender.records.kinds import (
    EVENTS,
    OUTCOMES,
    SIMULATED,
    Attempt,
    Item,
    Play,
    Rating,
    Repository,
    Shown,
)
from recommender.records.ratings import Ratings
from recommender.store import Store
from recommender.store.rows import SOURCES

NAMES = st.sampled_from(["ann", "bob", "'; DROP TABLE ratings; --", "关卡 十", "a\nb", "\x00", "é", "a,b"])
STARS = st.sampled_from([1.0, 2.5, 5.0]) | st.floats(1, 5)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.sampled_from([0.0, 1.0, 1.5, 2e9]) | st.floats(0, 4e9)
RATINGS = st.builds(Rating, NAMES, NAMES, STARS, TIMES, st.sampled_from(SOURCES))
ATTEMPTS = st.builds(
    Attempt, NAMES, NAMES, st.sampled_from(OUTCOMES), st.floats(0, 1e6), TIMES, st.integers(0, 99), st.integers(0, 9),
    FINITE, st.sampled_from(["", "hunter/normal"]), st.sampled_from(SOURCES),
)  # fmt: skip
ITEMS = st.builds(
    Item, NAMES, st.dictionaries(NAMES, NAMES, max_size=2), st.frozensets(NAMES, max_size=3),
    st.dictionaries(NAMES, FINITE, max_size=3), st.none() | st.floats(0, 1),
)  # fmt: skip
PLAYS = st.builds(Play, NAMES, NAMES, st.sampled_from(["start", "retry"]), FINITE, TIMES) | st.builds(
    Play, NAMES, NAMES, st.sampled_from(EVENTS), st.floats(0, 1e6), TIMES
)
SHOWN = st.builds(Shown, NAMES, NAMES, st.integers(0, 9), st.floats(0, 1), st.booleans(), TIMES)


def rows_of(table: Ratings) -> list[object]:
    numbers = zip(table.player.tolist(), table.item.tolist(), table.stars.tolist(), table.time.tolist())
    return [table.players, table.items, list(numbers)]


class StoreAgainstModel(RuleBasedStateMachine):
    """Whatever is done to a store in a file, it answers as lists and dicts would."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "records.sqlite"
        self.store = Store(self.path)
        self.ratings: list[Rating] = []
        self.attempts: list[Attempt] = []
        self.plays: list[Play] = []
        self.shown: list[Shown] = []
        self.items: dict[str, Item] = {}
        self.dismissed: dict[str, set[str]] = {}
        self.players: dict[str, None] = {}

    @rule(records=st.lists(RATINGS, max_size=4))
    def rate(self, records: list[Rating]) -> None:
        assert self.store.put_ratings(records)
        self.ratings += records
        self.players |= dict.fromkeys(record.player for record in records)

    @rule(records=st.lists(ATTEMPTS, max_size=3))
    def attempt(self, records: list[Attempt]) -> None:
        assert self.store.put_attempts(records)
        self.attempts += records
        self.players |= dict.fromkeys(record.player for record in records)

    @rule(records=st.lists(PLAYS, max_size=3))
    def play(self, records: list[Play]) -> None:
        assert self.store.put_plays(records)
        self.plays += records
        self.players |= dict.fromkeys(record.player for record in records)

    @rule(records=st.lists(SHOWN, max_size=3))
    def show(self, records: list[Shown]) -> None:
        assert self.store.put_shown(records)
        self.shown += records
        self.players |= dict.fromkeys(record.player for record in records)

    @rule(records=st.lists(ITEMS, max_size=3))
    def describe(self, records: list[Item]) -> None:
        assert self.store.put_items(records)
        for record in records:
            self.items.pop(record.name, None)
            self.items[record.name] = record

    @rule(player=NAMES, item=NAMES, dismissed=st.booleans())
    def dismiss(self, player: str, item: str, dismissed: bool) -> None:
        assert self.store.put_dismissed(player, item, dismissed)
        if dismissed:
            self.dismissed.setdefault(player, set()).add(item)
            self.players |= {player: None}
        else:
            self.dismissed.get(player, set()).discard(item)

    @rule(player=NAMES)
    def forget(self, player: str) -> None:
        assert self.store.forget(player)
        for records in (self.ratings, self.attempts, self.plays, self.shown):
            records[:] = [record for record in records if record.player != player]
        self.dismissed.pop(player, None)
        self.players.pop(player, None)

    @rule(record=RATINGS, stars=st.sampled_from([math.nan, math.inf, "4", None, 6.0, 0.5, 0.0, -1.0]))
    def refuse(self, record: Rating, stars: float) -> None:
        with pytest.raises(RatingsRefused):
            self.store.put_ratings([record, replace(record, stars=stars)])

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store(self.path)

    @invariant()
    def answers_are_equal(self) -> None:
        newest: dict[tuple[str, str], Rating] = {}
        for record in self.ratings:
            newest.pop((record.player, record.item), None)
            newest[record.player, record.item] = record
        assert self.store.rating_history() == self.ratings
        assert self.store.ratings() == list(newest.values())
        assert self.store.ratings("ann") == [record for record in newest.values() if record.player == "ann"]
        assert rows_of(self.store.table()) == rows_of(Repository.table(self.store))
        assert self.store.simulated_players() == Repository.simulated_players(self.store) | {
            record.player for record in self.ratings if record.source == SIMULATED
        }
        assert self.store.attempts() == self.attempts
        assert self.store.shown() == self.shown
        assert self.store.plays("bob") == [record for record in self.plays if record.player == "bob"]
        assert self.store.items() == list(self.items.values())
        assert self.store.players() == list(self.players)
        assert self.store.dismissed("ann") == self.dismissed.get("ann", set())
        assert self.store.messages == []

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestStoreAgainstModel = StoreAgainstModel.TestCase
TestStoreAgainstModel.settings = settings(max_examples=8, stateful_step_count=15, deadline=None)


def test_numbers_of_numpy_are_stored_as_numbers() -> None:
    store = Store(None)
    assert store.put_ratings([Rating("ann", "foundry", np.float32(4.5), np.int64(7))])  # type: ignore[arg-type]
    (rating,) = store.ratings()
    assert rating == Rating("ann", "foundry", 4.5, 7.0)
    assert type(rating.stars) is float
    store.close()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"outcome": "vanished"}, "outcome: expected one of finished, failed, quit, found 'vanished'"),
        ({"seconds": -1.0}, "seconds: expected a finite number from 0, found -1.0"),
        ({"deaths": 1.5}, "deaths: expected a whole number, found 1.5"),
        ({"retries": 10**400}, "retries: expected a finite number"),
        ({"player": ""}, "player: expected a name, found ''"),
        ({"item": "\udce9"}, "item: expected text of whole characters"),
        ({"source": "rumour"}, "source: expected one of real, simulated, found 'rumour'"),
        ({"score": True}, "score: expected a finite number, found True"),
    ],
)
def test_attempts_that_cannot_have_been_are_refused(change: dict[str, object], told: str) -> None:
    store, good = Store(None), Attempt("ann", "foundry", "finished", 3.0, 5.0)
    with pytest.raises(RatingsRefused, match=told):
        store.put_attempts([good, replace(good, **change)])  # type: ignore[arg-type]
    assert store.attempts() == []
    store.close()


def test_records_of_several_kinds_are_stored_together_or_not_at_all(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.sqlite")
    rating, item = Rating("ann", "foundry", 4.0, 1.0), Item("foundry")
    blocker = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    blocker.execute("CREATE TRIGGER no BEFORE INSERT ON attempts BEGIN SELECT RAISE(ABORT, 'no'); END")
    attempt = Attempt("ann", "foundry", "failed", 1.0, 1.0, source=SIMULATED)
    assert not store.put_all(items=[item], ratings=[rating], attempts=[attempt])
    assert (store.items(), store.ratings(), store.players()) == ([], [], [])
    blocker.execute("DROP TRIGGER no")
    blocker.close()
    assert store.put_all(items=[item], ratings=[rating], attempts=[attempt])
    assert (store.items(), store.ratings(), store.attempts()) == ([item], [rating], [attempt])
    store.close()


def test_who_is_forgotten_leaves_no_trace_in_the_files(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.sqlite")
    store.put_ratings([Rating("Zaphod", f"level {n}", 4.0, float(n)) for n in range(50)])
    store.put_ratings([Rating("Trillian", "foundry", 4.0, 1.0)])
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Zaphod" in written
    assert store.forget("Zaphod")
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Zaphod" not in left
    assert b"Trillian" in left
    store.close()


def test_who_is_forgotten_leaves_no_damaged_file_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.sqlite"
    store = Store(path)
    store.put_ratings([Rating("Zaphod", "foundry", 4.0, 1.0)])
    store.close()
    path.write_bytes(bytes(100) + path.read_bytes()[100:])
    other = tmp_path / "ab.damaged-20260101-000000.sqlite"
    other.write_bytes(b"of another store")
    store = Store(path)
    (aside,) = tmp_path.glob("a.damaged-*")
    store.messages.clear()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "no")))
        assert not store.forget("Zaphod")
    assert store.messages == [
        f"a.sqlite: forgotten; but damaged files with earlier records could not be removed: {aside.name}"
    ]
    assert store.copy().forget("Zaphod"), "in memory there is none"
    assert aside.exists()
    assert store.forget("Zaphod")
    store.close()
    assert not any(b"Zaphod" in file.read_bytes() for file in tmp_path.iterdir())
    assert other.exists()


def test_a_row_that_a_fault_turned_into_nonsense_is_left_out_and_told_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.sqlite")
    good = Rating("ann", "foundry", 4.0, 1.0)
    store.put_ratings([good])
    with sqlite3.connect(tmp_path / "a.sqlite") as connection:
        connection.execute("INSERT INTO ratings VALUES ('ann', 'prism', 1e999, 2.0, 'real')")
    connection.close()
    assert store.ratings() == [good]
    assert store.ratings() == [good]
    assert store.messages == ["a.sqlite: 1 of the rows in ratings make no sense and are left out"]
    store.close()


def test_two_stores_of_one_file_see_each_others_writes(tmp_path: Path) -> None:
    one, two = Store(tmp_path / "a.sqlite"), Store(tmp_path / "a.sqlite")
    one.put_ratings([Rating("ann", "foundry", 4.0, 1.0)])
    two.put_ratings([Rating("bob", "foundry", 2.0, 2.0)])
    assert one.ratings() == two.ratings()
    assert len(one.ratings()) == 2
    one.close()
    two.close()


def test_a_store_that_a_person_named_is_refused_with_one_line(tmp_path: Path) -> None:
    path = tmp_path / "diary.sqlite"
    path.write_bytes(b"Dear diary " * 400)
    with pytest.raises(StoreRefused, match=r"diary\.sqlite: "):
        Store.strict(path)
    assert path.read_bytes() == b"Dear diary " * 400
