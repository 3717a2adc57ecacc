"""Recorded matches as demonstrations: what was seen and done is what drivers saw and decided, and what fits not is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import select
from game.core.sim import state as st
from game.core.sim.slots import OBSERVATION_SIZE
from game.env.arguments import resolve_arguments
from game.env.demonstrations import SeatDemonstration, demonstrations
from game.env.setups import find_setup
from game.env.vector import make_vector
from game.match.npc import SeatPolicy
from game.match.reflexes import FULL_SIZE, write_reflexes
from game.match.replay import load_replay
from tests.match.matches import HeadlessMatch

DELAY = 6  # ticks: one decision and a half


class Recorded(HeadlessMatch):
    """A duel that tells what its driver saw and decided."""

    def __init__(self, folder: Path, ticks: int, delay: int = 0, seed: int = 3) -> None:
        super().__init__(select("train:1", objective="eliminate", team_sizes=(1, 1))[0], seed)
        driver = self.drive_all(SeatPolicy("marksman", delay), seed=seed)
        self.record(info={"human": 1}, drivers=driver.record)
        self.seen, self.chosen, self.alive = [], [], []
        while self.ticks < ticks and not self.over:
            decides = self.ticks % rules.DECISION_PERIOD == 0
            self.tick()
            if decides:
                self.seen.append(driver._sensed.copy())
                self.chosen.append(driver._seats.chosen[0].copy())
        assert self.recorder is not None
        self.path = folder / f"{ticks}-{delay}-{seed}.bsr"
        self.path.write_bytes(self.recorder.data())


def _read(*paths: Path, seats: str = "all", **settings: Any) -> list[SeatDemonstration]:
    return list(
        demonstrations(
            resolve_arguments(find_setup("Bankshot/Duel-v0"), levels="train:1", **settings), paths, seats
        )
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A match that somebody won."""
    match = Recorded(tmp_path_factory.mktemp("whole"), 10_000)
    assert match.over
    return match


@pytest.mark.parametrize("delay", [0, DELAY])
def test_what_was_seen_and_done_is_what_the_driver_saw_and_decided(tmp_path: Path, delay: int) -> None:
    match = Recorded(tmp_path, 102, delay)
    assert not match.over
    for seat, one in enumerate(_read(match.path)):
        answered = -(-(102 - delay) // rules.DECISION_PERIOD)
        assert len(one.actions) == answered
        assert np.array_equal(one.observations, np.array(match.seen)[:answered, seat])
        assert np.array_equal(one.actions, np.array(match.chosen)[:answered, seat])
        assert not one.over.any(), "a recording that breaks off ends no episode"


def test_a_match_ends_with_its_result(whole: Recorded) -> None:
    reward = {"win": 1.0, "loss": -1.0, **dict.fromkeys(
        ("draw", "kill", "death", "hit", "hurt", "self_hurt", "ally_hurt", "pickup", "fired", "approach", "second"), 0.0
    )}  # fmt: skip
    both = _read(whole.path, reward=reward)
    assert [one.over.tolist().count(True) for one in both] == [1, 1]
    assert sorted(float(one.rewards.sum()) for one in both)[1] == 1.0
    (winner,) = _read(whole.path, seats="winner", reward=reward)
    assert (winner.rewards[-1], winner.over[-1]) == (1.0, True)
    replay = load_replay(whole.path)
    assert np.array_equal(winner.actions, both[replay.winner].actions)
    loser = both[1 - replay.winner]
    assert loser.over[-1]
    assert len(loser.over) <= len(winner.over)


def test_hits_are_rewarded_as_the_environment_does(whole: Recorded) -> None:
    none = dict.fromkeys(
        (
            "win",
            "loss",
            "draw",
            "kill",
            "death",
            "hurt",
            "self_hurt",
            "ally_hurt",
            "pickup",
            "fired",
            "second",
        ),
        0.0,
    )
    hits = [one.rewards.sum() for one in _read(whole.path, reward={**none, "hit": 1.0})]
    hurts = [one.rewards.sum() for one in _read(whole.path, reward={**none, "hit": 0.0, "hurt": 1.0})]
    assert sum(hits) > 0
    assert hits == hurts[::-1]


def test_seats_are_those_that_are_meant(whole: Recorded, tmp_path: Path) -> None:
    both = _read(whole.path)
    for seats, expected in (("0", [0]), ("1", [1]), ("0, 1", [0, 1]), ("persons", [1])):
        found = _read(whole.path, seats=seats)
        assert [len(one.actions) for one in found] == [len(both[seat].actions) for seat in expected]
    folder = tmp_path / "more"
    folder.mkdir()
    for name in ("a.bsr", "b.bsr"):
        (folder / name).write_bytes(whole.path.read_bytes())
    (folder / "notes.txt").write_text("none of it")
    assert len(_read(folder, whole.path)) == 6


def test_a_press_between_two_decisions_counts_with_the_aim_that_it_had(tmp_path: Path) -> None:
    match = HeadlessMatch(select("train:1", objective="eliminate", team_sizes=(1, 1))[0])
    recorder = match.record()
    for tick in range(12):
        match.actions[0, 0] = 0
        match.actions[0, 0, st.ACTION_MOVE] = 1 if tick % 4 == 0 else 3
        match.actions[0, 0, st.ACTION_AIM] = 10 * tick
        match.actions[0, 0, st.ACTION_FIRE] = tick in (5, 6)
        match.actions[0, 0, st.ACTION_SPECIAL] = tick == 11
        match.tick()
    path = tmp_path / "presses.bsr"
    path.write_bytes(recorder.data())
    (one,) = _read(path, seats="0")
    aims = one.actions[:, 1] * rules.POSITIONS + one.actions[:, 2]
    assert one.actions[:, 0].tolist() == [1, 1, 1]
    assert aims.tolist() == [30, 50, 110]
    assert one.actions[:, 3:].tolist() == [[0, 0], [1, 0], [0, 1]]


def test_what_is_no_such_replay_is_one_line(whole: Recorded, tmp_path: Path) -> None:
    data = whole.path.read_bytes()
    damaged = tmp_path / "damaged.bsr"
    damaged.write_bytes(data[:500] + b"x" + data[501:])
    cases = [
        ([damaged], "all", "replay 'damaged.bsr': tampered with or damaged"),
        ([tmp_path / "gone.bsr"], "all", "gone.bsr"),
        ([tmp_path / "empty"], "all", r"replays: expected .bsr files in .*, found none"),
        ([whole.path], "7", "expected a seat 7, found 2 seats"),
        ([whole.path], "best", "seats: expected winner, persons, all or numbers by commas, found 'best'"),
        ([], "all", "replays: expected 1 to 10000 files, found 0"),
    ]
    (tmp_path / "empty").mkdir()
    for paths, seats, message in cases:
        with pytest.raises((ValueError, OSError), match=message) as found:
            _read(*paths, seats=seats)
        assert "\n" not in str(found.value)


def test_a_match_of_another_kind_is_refused(whole: Recorded) -> None:
    for env_id, message in (
        (
            "Bankshot/Collect-v0",
            "expected a match of collect for Bankshot/Collect-v0, found one of eliminate",
        ),
    ):
        env = make_vector(1, env_id=env_id, levels="train:1")
        with pytest.raises(ValueError, match=message):
            list(env.demonstrations([whole.path]))
    assert (
        len(list(make_vector(1, env_id="Bankshot/Arena-v0", levels="train:1").demonstrations([whole.path])))
        == 1
    )


def test_an_interrupted_match_has_no_winner(tmp_path: Path) -> None:
    match = Recorded(tmp_path, 40)
    with pytest.raises(ValueError, match="seats: expected winner in one of 1 replays, found none"):
        _read(match.path, seats="winner")


def test_where_rows_are_told_their_delay_so_are_the_seats_of_a_recording(whole: Recorded) -> None:
    plain, told = _read(whole.path), _read(whole.path, delay=0)
    assert len(plain) == len(told) > 0
    for one, other in zip(plain, told, strict=True):
        assert other.observations.shape == (len(one.over), FULL_SIZE)
        assert np.array_equal(one.observations, other.observations[:, :OBSERVATION_SIZE])
        assert np.array_equal(one.actions, other.actions)
        expected = np.zeros((len(one.over) - 1, FULL_SIZE - OBSERVATION_SIZE), np.float32)
        write_reflexes(expected, np.zeros(len(expected), np.int64), one.actions[:-1])
        follows = ~one.over[:-1]
        assert np.array_equal(other.observations[1:, OBSERVATION_SIZE + 1 :][follows], expected[follows, 1:])


def test_a_folder_of_a_players_matches_gives_those_that_fit_and_tells_of_the_others(
    whole: Recorded, tmp_path: Path
) -> None:
    folder = tmp_path / "replays"
    folder.mkdir()
    other = HeadlessMatch(select("train:1", objective="collect", team_sizes=(1, 1))[0])
    recorder = other.record()
    for _ in range(8):
        other.tick()
    (folder / "a-collect.bsr").write_bytes(recorder.data())
    (folder / "b-cut.bsr").write_bytes(whole.path.read_bytes()[:500])
    with pytest.raises(ValueError, match=r"^replay 'a-collect.bsr': .* \(and so with each of 2 files\)$"):
        _read(folder)
    (folder / "c-whole.bsr").write_bytes(whole.path.read_bytes())
    found = demonstrations(
        resolve_arguments(find_setup("Bankshot/Duel-v0"), levels="train:1"), [folder], "all"
    )
    assert [line.partition(":")[0] for line in found.left_out] == [
        "replay 'a-collect.bsr'",
        "replay 'b-cut.bsr'",
    ]
    own = _read(whole.path)
    assert [len(one.actions) for one in found] == [len(one.actions) for one in own]
    with pytest.raises(ValueError, match="expected a match of eliminate"):
        _read(folder / "a-collect.bsr", whole.path)
