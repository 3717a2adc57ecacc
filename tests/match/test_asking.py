"""A brain that knows its reflexes is told them in the game as in training; one that does not plays as it did."""

from pathlib import Path

import numpy as np
import pytest

from agents.contract import Contract
from agents.errors import BrainRefused
from agents.runtime import load_brain
from game.core import rules
from game.core.levels.catalogue import load_level
from game.core.sim import state as st
from game.core.sim.slots import OBSERVATION_SIZE
from game.env.brains import SeatedBrains
from game.match.asking import BrainInference
from game.match.brain_library import BrainLibrary, game_contract
from game.match.npc import SeatPolicy
from game.match.reflexes import FULL_SIZE, full_contract, write_reflexes
from game.match.simulation import MatchJob, play_matches
from tests.agents.helpers import brain_bytes, small_recipe
from tests.match.matches import HeadlessMatch, random_brain


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("minds") / "brains"
    random_brain(folder, "plain")
    (folder / "told.onnx").write_bytes(brain_bytes(small_recipe(), Contract.from_dict(full_contract())))
    return folder


@pytest.fixture
def library(folder: Path, tmp_path: Path) -> BrainLibrary:
    return BrainLibrary(folder, shipped_folder=tmp_path / "none")


def test_both_kinds_are_listed_without_a_note_and_play(library: BrainLibrary) -> None:
    entries = {entry.name: entry for entry in library.entries() if entry.path is not None}
    assert {name: (entry.usable, entry.notes) for name, entry in entries.items()} == {
        "plain": (True, ()),
        "told": (True, ()),
    }
    for name in entries:
        match = HeadlessMatch(load_level("first_light"))
        driver = match.drive_all(SeatPolicy(name, delay=7), library=library)
        match.run(60)
        assert driver.notices == []


def test_a_driver_tells_the_delay_and_the_decision_before(
    library: BrainLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[float]] = []
    tell = BrainInference._tell

    def listen(self: BrainInference, full: np.ndarray, place: np.ndarray) -> None:
        tell(self, full, place)
        told.append(self._told[0].tolist())

    monkeypatch.setattr(BrainInference, "_tell", listen)
    match = HeadlessMatch(load_level("first_light"))
    driver = match.drive({1: SeatPolicy("told", delay=9)}, library=library)
    decided = [np.zeros(len(rules.ACTION_HEADS), np.int64)]
    for _ in range(12):
        match.run(rules.DECISION_PERIOD)
        explained = driver.explain(1)
        assert explained is not None
        decided.append(np.array([choice for _, _, choice in explained[0]]))
    assert len(told) == 12
    for row, last in zip(told, decided, strict=False):
        expected = np.zeros((1, FULL_SIZE - OBSERVATION_SIZE), np.float32)
        write_reflexes(expected, np.array([9]), last[None])
        assert row[OBSERVATION_SIZE:] == expected[0].tolist()
    assert len({tuple(row[OBSERVATION_SIZE:]) for row in told}) > 3


def test_matches_without_a_window_play_what_the_game_plays(library: BrainLibrary) -> None:
    level = load_level("first_light")
    seats = [SeatPolicy("told", delay=8, temperature=0.7) for _ in level.arena.spawns]
    (result,) = play_matches([MatchJob(level, 31, tuple(seats), stop=600)], library=library)
    match = HeadlessMatch(level, 31)
    match.drive(dict(enumerate(seats)), library=library, seed=31)
    match.run(600)
    tanks = match.world.tanks[0]
    assert result.ticks == match.ticks
    assert list(result.kills) == tanks[:, st.TANK_KILLS].tolist()
    assert list(result.score) == tanks[:, st.TANK_SCORE].tolist()


def test_a_brain_with_fewer_senses_takes_its_own_of_those_offered(folder: Path) -> None:
    brain = load_brain(folder / "plain.onnx", game_contract())
    seen = np.random.default_rng(0).uniform(-1, 1, (5, FULL_SIZE)).astype(np.float32)
    assert np.array_equal(brain.logits(seen), brain.logits(seen[:, :OBSERVATION_SIZE]))
    with pytest.raises(BrainRefused, match="slot"):
        load_brain(
            folder / "told.onnx",
            Contract.from_dict(full_contract() | {"slots": full_contract()["slots"][:-1]}),
        )


def test_a_brain_in_an_environment_is_told_what_it_decided_in_this_life(folder: Path) -> None:
    names, seats = [str(folder / "told.onnx")], 2
    brains = SeatedBrains(names, 0.0, 1, seats, 0)
    brains.begin(3)
    seen = np.zeros((1, seats, OBSERVATION_SIZE), np.float32)
    seen[:] = np.random.default_rng(1).uniform(0.1, 1, seen.shape)
    ids = np.full((1, seats), -2)
    first, second, third = (np.zeros((1, seats, len(rules.ACTION_HEADS)), np.int64) for _ in range(3))
    brains.act(seen, ids, first)
    full = np.zeros((seats, FULL_SIZE), np.float32)
    full[:, :OBSERVATION_SIZE] = seen[0]
    write_reflexes(full[:, OBSERVATION_SIZE:], np.zeros(seats, np.int64), first[0])
    sizes = np.cumsum([size for _, size in rules.ACTION_HEADS])[:-1]
    likeliest = np.stack(
        [part.argmax(1) for part in np.split(brains.brains[0].logits(full), sizes, axis=1)], 1
    )
    brains.act(seen, ids, second)
    assert np.array_equal(second[0], likeliest)
    brains.act(np.zeros_like(seen), ids, third)  # gone: another life begins
    brains.act(seen, ids, third)
    assert np.array_equal(third, first)
