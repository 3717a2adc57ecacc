"""`docs/picture.py` still draws: a level twice, some frames of a match, and it knows a bank shot that hits."""

import importlib.util
from types import ModuleType

import numpy as np
import pytest

from game.core.levels.catalogue import select
from game.core.sim import events as ev
from game.core.sim import state as st
from tests.contracts.tree import ROOT


@pytest.fixture(scope="module")
def picture() -> ModuleType:
    pytest.importorskip("PIL")
    spec = importlib.util.spec_from_file_location("docs_picture", ROOT / "docs" / "picture.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_level_is_drawn_from_its_file_and_by_the_game(picture: ModuleType) -> None:
    drawn = picture.level_picture("first_light", height=120)
    assert drawn.size == (160 + 16 + 160, 120)
    left, right = np.asarray(drawn)[:, :160], np.asarray(drawn)[:, 176:]
    assert left.std() > 10
    assert right.std() > 10


def test_a_match_is_drawn_frame_by_frame(picture: ModuleType) -> None:
    (level,) = select("first_light")
    ahead = np.zeros((1, len(level.arena.spawns), st.ACTION_SIZE), np.int64)
    ahead[..., st.ACTION_MOVE] = 1
    frames = list(picture.frames(picture.Scene(level, 1, [ahead] * 24, 12, 0), 0.2))
    assert [frame.size for frame in frames] == [picture.SIZE] * 4
    assert (np.asarray(frames[0]) != np.asarray(frames[-1])).any()


@pytest.mark.parametrize(
    ("victim", "flags", "tiles", "counted"),
    [(1, ev.BANKED_FLAG, 6, 1), (1, 0, 6, 0), (0, ev.BANKED_FLAG, 6, 0), (1, ev.BANKED_FLAG, 1, 0)],
    ids=["bank shot", "direct", "own tank", "too near"],
)
def test_a_bank_shot_from_far_that_hits_another_team_counts(
    picture: ModuleType, victim: int, flags: int, tiles: int, counted: int
) -> None:
    match = picture.Match(select("first_light")[0], 1)
    x, y = match.world.tanks[0, picture.WATCHED, [st.TANK_X, st.TANK_Y]]
    match.world.events[0, 0] = (ev.TANK_HIT, victim, picture.WATCHED + flags, x + tiles * 256, y)
    match.world.head[0, st.N_EVENTS] = 1
    assert match.bank_hits() == counted
