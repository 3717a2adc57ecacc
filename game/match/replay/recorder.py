"""`Recorder`: keeps a match as it is played and can give it as a file at any time, also after a crash.

What it keeps is compressed as it grows, so that an hour of play stays in some megabytes of memory.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

import game
from game.core import rules
from game.core.levels.model import Level
from game.core.levels.writer import write_level
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.contract import rules_hash
from game.core.sim.digest import MARKED_COLUMNS, column_marks, world_hash
from game.core.sim.state import World
from game.match.replay.file import (
    HASH_PERIOD,
    KEYFRAME_PERIOD,
    MAX_FILE_BYTES,
    MAX_TICKS,
    checkpoint_ticks,
    input_bytes,
    pack_input_bytes,
    pack_marks,
    write_replay,
)
from game.match.replay.header import MAX_INFO, MAX_TEXT, Header, drivers_of
from game.match.replay.kept import CompressedBlocks, CompressedRows
from game.match.replay.states import dump_state, read_state, terrain_cells_of
from safefiles.text import clean

MAX_KEPT_BYTES: Final = MAX_FILE_BYTES * 3 // 4  # a recording that takes more could not be read back


class Recorder:
    """Records one match; call `record` before every tick, and `data` to get a file at any time."""

    def __init__(
        self,
        level: Level,
        seed: int,
        roster: IntArray,
        *,
        shuffle: int = 0,
        names: Sequence[str] = (),
        info: Mapping[str, str | int] | None = None,
        drivers: Callable[[], dict[str, Any]] | None = None,
    ) -> None:
        """Begin; the match must have been begun with this seed, roster ((S, 2) or (1, S, 2)) and shuffle.

        names: of the seats; info: up to 32 texts and numbers to find again in the replay; drivers: gives what
        `NpcDriver.record` does, asked when a file is wanted. Raises ValueError for a level that no level file can
        hold.
        """
        table = np.asarray(roster, np.int64).reshape(-1, setup.ROSTER_SIZE)
        self._level = level
        self._level_bytes = write_level(level)
        self._cells = terrain_cells_of(level.width, level.height)
        self._seed = int(seed)
        self._shuffle = int(shuffle)
        self._roster: tuple[tuple[int, int], ...] = tuple((int(team), int(kind)) for team, kind in table)
        named = [clean(str(name), MAX_TEXT) for name in names][: len(table)]
        self._names = (*named, *[""] * (len(table) - len(named)))
        self._info = {
            clean(key, MAX_TEXT): value if isinstance(value, int) else clean(str(value), MAX_TEXT)
            for key, value in list((info or {}).items())[:MAX_INFO]
        }
        self._drivers = drivers
        self._inputs = CompressedRows(len(table) * 2, np.dtype(np.uint8))
        self._marks = CompressedRows(len(MARKED_COLUMNS), np.dtype(np.uint16))
        self._hashes = array("Q")  # at every HASH_PERIOD-th tick
        self._keyframes = CompressedBlocks()
        self._world: World | None = None
        self._w = 0

    @property
    def ticks(self) -> int:
        """How many ticks are recorded."""
        return len(self._inputs)

    @property
    def kept_bytes(self) -> int:
        """Memory used by the recording: at most MAX_KEPT_BYTES and one chunk."""
        hashes = self._hashes.itemsize * len(self._hashes)
        return self._inputs.bytes + self._marks.bytes + self._keyframes.bytes + hashes

    def record(self, world: World, actions: IntArray, w: int = 0) -> None:
        """Record the actions of the coming tick and the state before it, up to the limits of ticks and memory."""
        self._world, self._w = world, w
        tick = int(world.head[w, st.TICK])
        if tick != self.ticks or tick >= MAX_TICKS or self.kept_bytes > MAX_KEPT_BYTES:
            return
        if tick % HASH_PERIOD == 0:
            self._hashes.append(world_hash(world, w))
        if tick % KEYFRAME_PERIOD == 0:
            self._keyframes[tick] = dump_state(world, w, self._cells)
        self._marks.append(self._mark(world, w))
        self._inputs.append(input_bytes(_plain(actions[w])))

    def data(self) -> bytes:
        """Return the match so far as a file's content. Raises ValueError before the first recorded tick."""
        world, w = self._world, self._w
        if world is None:
            raise ValueError("replay: expected at least one recorded tick, found none")
        ticks = int(world.head[w, st.TICK])
        if ticks > self.ticks:  # beyond a cap: end at the last state that was kept
            ticks = self._keyframes.last()
            marks = self._marks.rows(ticks + 1)
            last, last_hash = self._keyframes[ticks], self._hashes[ticks // HASH_PERIOD]
        else:
            marks = np.vstack([self._marks.rows(ticks), self._mark(world, w)[None]])
            last, last_hash = dump_state(world, w, self._cells), world_hash(world, w)
        hashes = [
            self._hashes[tick // HASH_PERIOD] if tick < ticks else last_hash
            for tick in checkpoint_ticks(ticks, HASH_PERIOD)
        ]
        sections = {
            "level": self._level_bytes,
            "inputs": pack_input_bytes(self._inputs.rows(ticks)),
            "marks": pack_marks(marks),
            "hashes": np.array(hashes, "<u8").tobytes(),
            "keyframes": b"".join(
                self._keyframes[tick] if tick < ticks else last
                for tick in checkpoint_ticks(ticks, KEYFRAME_PERIOD)
            ),
        }
        return write_replay(self._header(world, w, ticks, last), sections)

    def _mark(self, world: World, w: int) -> "np.ndarray[Any, np.dtype[np.uint16]]":
        marks: IntArray = np.zeros(len(MARKED_COLUMNS), np.int64)
        column_marks(world, w, self._cells, marks)
        return marks.astype(np.uint16)

    def _header(self, world: World, w: int, ticks: int, last: bytes) -> Header:
        head = world.head[w]
        tanks = read_state(last, len(self._roster), self._cells)["tanks"]
        whole = ticks == int(head[st.TICK]) and bool(head[st.DONE])
        return Header(
            rules=rules_hash(),
            game_version=game.__version__,
            level_name=clean(self._level.name, MAX_TEXT),
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
            drivers=None if self._drivers is None else drivers_of(self._drivers(), len(self._roster)),
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
