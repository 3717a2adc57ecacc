"""`Recorder`: keeps a match as it is played and can give it as a file at any time, also after a crash."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import game
from game import rules
from game.levels.model import Level
from game.levels.writer import write_level
from game.replay.file import (
    HASH_PERIOD,
    KEYFRAME_PERIOD,
    MAX_TICKS,
    pack_inputs,
    pack_marks,
    stops,
    write_replay,
)
from game.replay.header import MAX_INFO, MAX_TEXT, Header
from game.replay.states import dump_state, read_state, terrain_cells_of
from game.sim import setup
from game.sim import state as st
from game.sim.contract import rules_hash
from game.sim.digest import MARKED_COLUMNS, column_marks, world_hash
from game.sim.state import IntArray, World


class Recorder:
    """Records one match; `record` before every tick, `data` whenever a file is wanted."""

    def __init__(
        self,
        level: Level,
        seed: int,
        roster: IntArray,
        *,
        shuffle: int = 0,
        names: Sequence[str] = (),
        info: Mapping[str, str | int] | None = None,
    ) -> None:
        """Begin; the match must have been begun with this seed, roster ((S, 2) or (1, S, 2)) and shuffle.

        names: of the seats; info: up to 32 texts and numbers to find again in the replay. Raises ValueError
        for a level that no level file can hold.
        """
        table = np.asarray(roster, np.int64).reshape(-1, setup.ROSTER_SIZE)
        self._level = level
        self._level_bytes = write_level(level)
        self._cells = terrain_cells_of(level.width, level.height)
        self._seed = int(seed)
        self._shuffle = int(shuffle)
        self._roster: tuple[tuple[int, int], ...] = tuple((int(team), int(kind)) for team, kind in table)
        named = [str(name)[:MAX_TEXT] for name in names][: len(table)]
        self._names = (*named, *[""] * (len(table) - len(named)))
        self._info = {
            key[:MAX_TEXT]: value if isinstance(value, int) else str(value)[:MAX_TEXT]
            for key, value in list((info or {}).items())[:MAX_INFO]
        }
        self._actions: list[IntArray] = []
        self._marks: list[IntArray] = []
        self._hashes: dict[int, int] = {}
        self._keyframes: dict[int, bytes] = {}
        self._world: World | None = None
        self._w = 0

    @property
    def ticks(self) -> int:
        """How many ticks are recorded."""
        return len(self._actions)

    def record(self, world: World, actions: IntArray, w: int = 0) -> None:
        """Keep the actions of the coming tick and the state before it; not beyond the cap of ticks."""
        self._world, self._w = world, w
        tick = int(world.head[w, st.TICK])
        if tick != len(self._actions) or tick >= MAX_TICKS:
            return
        self._actions.append(_plain(actions[w]))
        self._marks.append(self._mark(world, w))
        if tick % HASH_PERIOD == 0:
            self._hashes[tick] = world_hash(world, w)
        if tick % KEYFRAME_PERIOD == 0:
            self._keyframes[tick] = dump_state(world, w, self._cells)

    def data(self) -> bytes:
        """Return the match so far as a file's content. Raises ValueError before the first recorded tick."""
        world, w = self._world, self._w
        if world is None:
            raise ValueError("replay: expected at least one recorded tick, found none")
        hashes, keyframes, marks = dict(self._hashes), dict(self._keyframes), self._marks
        ticks = int(world.head[w, st.TICK])
        if ticks > len(self._actions):  # beyond the cap: end at the last state that was kept
            ticks = max(keyframes)
            marks = marks[: ticks + 1]
        else:
            marks = [*marks[:ticks], self._mark(world, w)]
            hashes[ticks], keyframes[ticks] = world_hash(world, w), dump_state(world, w, self._cells)
        inputs = np.array(self._actions[:ticks], np.int64).reshape(ticks, len(self._roster), st.ACTION_SIZE)
        sections = {
            "level": self._level_bytes,
            "inputs": pack_inputs(inputs),
            "marks": pack_marks(np.array(marks, np.int64)),
            "hashes": np.array([hashes[tick] for tick in stops(ticks, HASH_PERIOD)], "<u8").tobytes(),
            "keyframes": b"".join(keyframes[tick] for tick in stops(ticks, KEYFRAME_PERIOD)),
        }
        return write_replay(self._header(world, w, ticks, keyframes[ticks]), sections)

    def _mark(self, world: World, w: int) -> IntArray:
        marks: IntArray = np.zeros(len(MARKED_COLUMNS), np.int64)
        column_marks(world, w, self._cells, marks)
        return marks

    def _header(self, world: World, w: int, ticks: int, last: bytes) -> Header:
        head = world.head[w]
        tanks = read_state(last, len(self._roster), self._cells)["tanks"]
        whole = ticks == int(head[st.TICK]) and bool(head[st.DONE])
        return Header(
            rules=rules_hash(),
            game_version=game.__version__,
            level_name=self._level.name[:MAX_TEXT],
            level_digest=self._level.digest,
            width=self._level.width,
            height=self._level.height,
            seed=self._seed,
            shuffle=self._shuffle,
            roster=self._roster,
            names=self._names,
            info=self._info,
            ticks=ticks,
            complete=whole,
            winner=int(head[st.WINNER]) if whole else -1,
            timed_out=bool(head[st.TIMED_OUT]) if whole else False,
            scores=tuple(int(points) for points in tanks[:, st.TANK_SCORE]),
            sections={},
        )


def _plain(actions: "np.ndarray[Any, np.dtype[np.int64]]") -> IntArray:
    """Return a seat table of actions as the core understands it: every number within its range."""
    plain: IntArray = np.zeros((actions.shape[0], st.ACTION_SIZE), np.int64)
    move = actions[:, st.ACTION_MOVE]
    plain[:, st.ACTION_MOVE] = np.where((move >= 0) & (move < rules.N_MOVES), move, 0)
    plain[:, st.ACTION_AIM] = actions[:, st.ACTION_AIM] & (rules.AIMS - 1)
    plain[:, st.ACTION_FIRE] = actions[:, st.ACTION_FIRE] != 0
    plain[:, st.ACTION_SPECIAL] = actions[:, st.ACTION_SPECIAL] != 0
    return plain
