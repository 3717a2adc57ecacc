"""NPCs: one call per brain, delay and temperature, and a bot that takes over when a brain fails."""

import gc
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from game.core import rules
from game.core.bots.table import BOT_NAMES
from game.core.levels.catalogue import load_level
from game.core.sim import state as st
from game.match.brain_library import BOT, SHIPPED, USER, BrainLibrary
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTIES, DIFFICULTY_IDS, find_difficulty
from game.match.npc import MAX_DELAY, FallbackNotice, NpcDriver, SeatPolicy
from tests.match.matches import HeadlessMatch, random_brain


@pytest.fixture(scope="module")
def brains(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's brains folder with a sound brain, a brain in a folder of its own, and broken files."""
    folder = tmp_path_factory.mktemp("player") / "brains"
    random_brain(folder, "alpha")
    random_brain(folder / "beta", "brain")
    (folder / "broken.onnx").write_bytes(b"not a model")
    (folder / "notes.txt").write_text("no brain", encoding="utf-8")
    return folder


@pytest.fixture
def library(brains: Path, tmp_path: Path) -> BrainLibrary:
    return BrainLibrary(brains, shipped_folder=tmp_path / "none")


class Spy:
    """Stands before a brain: counts its calls and can make it fail."""

    def __init__(self, brain: Any, fail: Any = None) -> None:
        self.brain, self.fail = brain, fail
        self.rows: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.brain, name)

    def bind(self, observations: Any, logits: Any) -> "SpyBound":
        return SpyBound(self, observations, logits)


class SpyBound:
    """Stands before a brain on a driver's arrays."""

    def __init__(self, spy: Spy, observations: Any, logits: Any) -> None:
        self.brain, self.observations = spy, observations
        self._bound = spy.brain.bind(observations, logits)
        self.check = self._bound.check

    def run(self, count: int) -> None:
        self.brain.rows.append(count)
        if self.brain.fail is not None:
            self.brain.fail(self.observations)
        self._bound.run(count)


def spied(library: BrainLibrary, name: str, fail: Any = None) -> Spy:
    """Put a spy before a brain of the library."""
    spy = Spy(library.load(name), fail)
    entry = library.find(name)
    assert entry.path is not None
    stamp, _ = library._loaded[entry.path]
    library._loaded[entry.path] = (stamp, spy)  # type: ignore[assignment]
    return spy


def put_before(driver: NpcDriver, spy: Spy) -> None:
    """Let a spy stand before the brain of a driver that plays already."""
    (group,) = driver._groups
    group.brain = spy.bind(driver._rows.observations[0], driver._rows.logits[0])  # type: ignore[assignment]


def test_the_list_has_the_users_brains_and_the_bots_and_broken_files_with_their_error(
    library: BrainLibrary,
) -> None:
    entries = {entry.name: entry for entry in library.entries()}
    assert list(entries) == ["alpha", "beta", "broken", *BOT_NAMES]
    assert {entries["alpha"].kind, entries["beta"].kind} == {USER}
    assert entries["alpha"].usable
    assert entries["alpha"].title == "random"
    assert not entries["broken"].usable
    assert entries["broken"].error.startswith("brain 'broken.onnx'")
    assert entries["chaser"].kind == BOT


def test_a_users_brain_of_a_name_that_the_game_has_is_one_of_its_own(tmp_path: Path) -> None:
    random_brain(tmp_path / "shipped" / "alpha", "brain")
    own = tmp_path / "user" / "brains"
    for name in ("alpha", "beta", "marksman", "mixed"):
        random_brain(own, name, (16,))
    random_brain(own / "beta", "brain", (24,))
    library = BrainLibrary(own, shipped_folder=tmp_path / "shipped")
    kinds = {entry.name: entry.kind for entry in library.entries()}
    users = ["user/alpha", "beta", "beta/brain", "user/marksman", "user/mixed"]
    assert list(kinds) == ["alpha", *users, *BOT_NAMES]
    assert library.entries()[0].kind == SHIPPED
    assert {kinds[name] for name in users} == {USER}
    assert kinds["marksman"] == BOT  # a setting or a level of before that names it means what it meant
    loaded = {name: library.load(name).sha256 for name in ("alpha", *users)}
    assert len({loaded["alpha"], loaded["user/alpha"], loaded["beta/brain"]}) == 3
    assert loaded["user/alpha"] == loaded["beta"]  # the same bytes
    assert library.load("user/alpha").name == "user/alpha"
    assert library.find("user/beta").name == "beta"
    assert set(library.names()) == {*kinds, "user/beta", "user/beta/brain"}


def test_an_unknown_brain_is_told_with_the_nearest_name(library: BrainLibrary) -> None:
    with pytest.raises(ValueError, match=r"found 'alpa'; did you mean 'alpha'\?"):
        library.find("alpa")
    with pytest.raises(ValueError, match=r"expected an \.onnx file at 'nowhere\.onnx', found none"):
        library.find("nowhere.onnx")
    assert library.check("alpha") == ""
    assert library.check("marksman") == ""
    assert "broken.onnx" in library.check("broken")


def test_a_brain_made_for_another_game_is_refused_by_the_field_that_differs(tmp_path: Path) -> None:
    from tests.agents.helpers import brain_bytes

    (tmp_path / "paddle.onnx").write_bytes(brain_bytes())
    entry = BrainLibrary(tmp_path).find("paddle")
    assert "expected observation slot 0 'own_class' of size 3" in entry.error


def test_a_file_changed_on_disk_is_loaded_again(tmp_path: Path) -> None:
    library = BrainLibrary(tmp_path / "brains")
    random_brain(tmp_path / "brains", "alpha", (16,))
    first = library.load("alpha")
    assert library.load("alpha") is first
    random_brain(tmp_path / "brains", "alpha", (24,))
    assert library.load("alpha").sha256 != first.sha256


def test_all_seats_of_a_brain_are_one_call_every_four_ticks(library: BrainLibrary) -> None:
    match = HeadlessMatch(load_level("foundry"))
    spy = spied(library, "alpha")
    match.drive_all(SeatPolicy("alpha"), library=library)
    match.run(20)
    assert spy.rows == [8] * 5


def test_a_decision_is_one_inference_a_brain_and_nothing_else_runs(
    library: BrainLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    match = HeadlessMatch(load_level("foundry"))
    match.drive({seat: SeatPolicy("alpha" if seat % 2 else "beta") for seat in range(8)}, library=library)
    calls: list[str] = []
    for name in ("run", "run_with_iobinding"):
        whole = getattr(onnxruntime.InferenceSession, name)

        def counted(*given: Any, name: str = name, whole: Any = whole) -> Any:
            calls.append(name)
            return whole(*given)

        monkeypatch.setattr(onnxruntime.InferenceSession, name, counted)
    match.run(20)
    assert calls == ["run_with_iobinding"] * 2 * 5
    assert match.drivers[0].explain(0) is not None
    assert calls[10:] == ["run"], "the value is asked for where it is shown"


def test_a_decision_makes_no_arrays_and_leaves_nothing_behind(library: BrainLibrary) -> None:
    match = HeadlessMatch(load_level("foundry"))
    driver = match.drive(
        {seat: SeatPolicy("alpha" if seat else "marksman") for seat in range(8)}, library=library
    )
    match.run(4 * rules.DECISION_PERIOD)

    def act() -> None:
        driver.act(match.world, match.levels, 0, match.actions)

    def left_by(times: int) -> int:
        before = sys.getallocatedblocks()
        for _ in range(times):
            act()
        return sys.getallocatedblocks() - before

    def most_bytes() -> int:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        act()
        return tracemalloc.get_traced_memory()[1] - before

    gc.collect()
    gc.disable()
    try:
        for decides in (True, False):
            assert (match.ticks % rules.DECISION_PERIOD == 0) is decides
            left_by(200)  # until Python's free lists are full
            assert left_by(200) < 20, "blocks of memory that 200 calls left"
            tracemalloc.start()
            # The logits of these seats alone are 1,484 bytes, their observations 7,168
            assert [most_bytes() for _ in range(3)][-1] < 1200
            tracemalloc.stop()
            match.world.head[0, st.TICK] += 1
    finally:
        gc.enable()
        tracemalloc.stop()


def test_two_brains_and_a_bot_share_a_match(library: BrainLibrary) -> None:
    match = HeadlessMatch(load_level("foundry"))
    alpha, beta = spied(library, "alpha"), spied(library, "beta")
    policies = {seat: SeatPolicy("alpha" if seat % 2 else "beta") for seat in range(6)}
    driver = match.drive({**policies, 6: SeatPolicy("marksman")}, library=library)
    match.run(4)
    assert (alpha.rows, beta.rows) == ([3], [3])
    assert [driver.bot_of(seat) for seat in range(8)] == ["", "", "", "", "", "", "marksman", ""]


def test_only_living_tanks_are_asked(library: BrainLibrary) -> None:
    match = HeadlessMatch(load_level("foundry"))
    spy = spied(library, "alpha")
    match.drive_all(SeatPolicy("alpha"), library=library)
    match.world.tanks[0, 3, st.TANK_ALIVE] = 0
    match.tick()
    assert spy.rows == [7]


def actions_over(match: HeadlessMatch, ticks: int) -> list[list[list[int]]]:
    rows: list[list[list[int]]] = []
    match.run(ticks, lambda m: rows.append(m.actions[0].tolist()))
    return rows


def test_the_same_seed_gives_the_same_actions_and_another_seed_others(library: BrainLibrary) -> None:
    def actions(seed: int) -> list[list[list[int]]]:
        match = HeadlessMatch(load_level("foundry"))
        match.drive_all(SeatPolicy("alpha"), library=library, seed=seed)
        return actions_over(match, 80)

    assert actions(5) == actions(5)
    assert actions(5) != actions(6)


def test_seats_that_hold_their_fire_move_and_aim_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    match = HeadlessMatch(load_level("foundry"))
    driver = match.drive_all(SeatPolicy("chaser"), held_fire=20, held_seats=[4, 6])
    wanted = [3, 64, 1, 1]  # move, aim, fire, special
    monkeypatch.setattr(driver, "_decide", lambda *_: driver._decided.__setitem__(slice(None), wanted))
    rows = actions_over(match, 24)
    for now, row in enumerate(rows):
        held = [3, 64, 0, 0] if now < 20 else wanted
        assert [row[seat] for seat in (3, 4, 5, 6)] == [wanted, held, wanted, held]


@pytest.mark.parametrize("delay", [1, 4, 7, 24, MAX_DELAY])
def test_a_delayed_npc_does_exactly_what_it_would_have_done_earlier(
    library: BrainLibrary, delay: int
) -> None:
    """Seat 0 is delayed and its driver watches, so the world stays the same: its actions are shifted in time."""

    def course(wait: int) -> list[list[int]]:
        match = HeadlessMatch(load_level("foundry"))
        match.drive({0: SeatPolicy("alpha", delay=wait)}, library=library)
        frozen = match.world.tanks.copy()
        rows = []
        for _ in range(160):
            match.drivers[0].act(match.world, match.levels, 0, match.actions)
            rows.append(match.actions[0, 0].tolist())
            match.world.head[0, st.TICK] += 1
            match.world.tanks[...] = frozen
        return rows

    now, later = course(0), course(delay)
    aim = (HeadlessMatch(load_level("foundry")).world.tanks[0, 0, st.TANK_AIM]).item()
    assert later[:delay] == [[0, aim, 0, 0]] * delay
    assert later[delay:] == now[: 160 - delay]


def test_a_hot_brain_wavers_more_than_a_cold_one(library: BrainLibrary) -> None:
    def moves(temperature: float) -> int:
        match = HeadlessMatch(load_level("foundry"))
        match.drive({0: SeatPolicy("alpha", temperature=temperature)}, library=library)
        still = match.world.tanks.copy()
        seen = set()
        for _ in range(60):
            match.drivers[0].act(match.world, match.levels, 0, match.actions)
            seen.add(tuple(match.actions[0, 0].tolist()))
            match.world.head[0, st.TICK] += rules.DECISION_PERIOD
            match.world.head[0, st.TIME_LIMIT] = 10**9
            match.world.tanks[...] = still
        return len(seen)

    assert moves(100.0) > moves(0.0)


def _nan(observations: Any) -> None:
    observations[:] = np.nan


def _raises(_observations: Any) -> None:
    raise RuntimeError("the session is gone")


class Clock:
    """A clock that moves when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


CLOCK = Clock()


def _slow(_observations: Any) -> None:
    CLOCK.now += 1.0


@pytest.mark.parametrize(
    ("fail", "reason"),
    [
        (_nan, "expected finite logits, found nan"),
        (_raises, "the session is gone"),
        (_slow, "expected a decision within 2 ms, found 1000.0 ms"),
    ],
    ids=["nan", "error", "slow"],
)
def test_a_brain_that_fails_gives_way_to_a_bot_in_the_same_tick(
    library: BrainLibrary, fail: Any, reason: str
) -> None:
    match = HeadlessMatch(load_level("foundry"))
    heard: list[FallbackNotice] = []
    settings: dict[str, Any] = {"budget": 2e-3, "clock": CLOCK} if fail is _slow else {}
    driver = match.drive_all(SeatPolicy("alpha"), library=library, on_notice=heard.append, **settings)
    match.run(8)
    assert driver.notices == []
    broken = spied(library, "alpha", fail)
    put_before(driver, broken)
    match.tick()
    assert heard == driver.notices
    (notice,) = heard
    assert (notice.tick, notice.seats, notice.brain, notice.bot) == (8, tuple(range(8)), "alpha", "chaser")
    assert reason in notice.reason
    assert "chaser takes over" in str(notice)
    # The bots decided already in the tick in which the brain failed: a chaser never stands still here.
    assert (match.actions[0, :, st.ACTION_MOVE] != 0).all()
    assert [driver.bot_of(seat) for seat in range(8)] == ["chaser"] * 8
    match.run(40)
    assert len(broken.rows) == 1


def test_one_slow_call_of_a_healthy_brain_is_forgiven(library: BrainLibrary) -> None:
    match = HeadlessMatch(load_level("foundry"))
    calls = iter([True, True, False, True, True, False])

    def sometimes(_observations: Any) -> None:
        CLOCK.now += 3e-3 if next(calls) else 0.0

    driver = match.drive_all(SeatPolicy("alpha"), library=library, budget=2e-3, clock=CLOCK)
    put_before(driver, Spy(library.load("alpha"), sometimes))
    match.run(24)
    assert driver.notices == []


@pytest.mark.parametrize("name", ["broken", "nobody", "gone.onnx"])
def test_a_brain_that_cannot_be_loaded_begins_as_a_bot_with_a_notice(
    library: BrainLibrary, name: str
) -> None:
    match = HeadlessMatch(load_level("foundry"))
    driver = match.drive({0: SeatPolicy(name), 1: SeatPolicy("alpha")}, library=library, fallback="marksman")
    assert [(notice.seats, notice.brain, notice.bot) for notice in driver.notices] == [
        ((0,), name, "marksman")
    ]
    assert (driver.bot_of(0), driver.bot_of(1)) == ("marksman", "")
    match.run(60)


def test_the_last_decision_is_explained_head_by_head(library: BrainLibrary) -> None:
    match = HeadlessMatch(load_level("foundry"))
    driver = match.drive({0: SeatPolicy("alpha"), 1: SeatPolicy("chaser")}, library=library)
    assert driver.explain(0) is None
    match.tick()
    explained = driver.explain(0)
    assert explained is not None
    heads, value = explained
    assert [(name, len(logits)) for name, logits, _ in heads] == list(rules.ACTION_HEADS)
    chosen = [choice for _, _, choice in heads]
    move, sector, position, fire, special = chosen
    expected = [move, sector * rules.POSITIONS + position, fire, special]
    assert match.actions[0, 0].tolist() == expected
    assert isinstance(value, float)
    assert driver.explain(1) is None
    driver.close()
    assert driver.explain(0) is None


def test_every_kind_of_seat_plays_a_whole_match(library: BrainLibrary) -> None:
    match = HeadlessMatch(load_level("first_light"))
    match.drive({0: SeatPolicy("alpha", 7, 0.9), 1: SeatPolicy("marksman", 3)}, library=library)
    match.run(60 * 120)
    assert match.over


@pytest.mark.parametrize(
    ("policy", "seat", "message"),
    [
        (SeatPolicy("chaser"), 8, "seat: expected 0 to 7, found 8"),
        (SeatPolicy("chaser", delay=-1), 0, "delay: expected 0 to 120 ticks, found -1"),
        (SeatPolicy("chaser", delay=121), 0, "found 121"),
        (SeatPolicy("chaser", temperature=-1), 0, "temperature: expected 0 to 100, found -1"),
        (SeatPolicy("chaser", temperature=float("nan")), 0, "temperature: expected 0 to 100, found nan"),
    ],
)
def test_a_policy_out_of_range_is_refused(policy: SeatPolicy, seat: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NpcDriver(8, {seat: policy})


def test_difficulties_grow_harder_and_name_bots() -> None:
    assert all(row.bot in BOT_NAMES for row in DIFFICULTIES)
    assert DEFAULT_DIFFICULTY in DIFFICULTY_IDS
    assert find_difficulty("ace").bot == "marksman"
    with pytest.raises(ValueError, match=r"found 'veteram'; did you mean 'veteran'\?"):
        find_difficulty("veteram")
