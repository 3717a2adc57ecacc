"""The replay file (`.bsr`): how it is written, and a bounded reader that refuses whatever does not fit.

    magic (16 bytes), format (u32), header length (u32), header (JSON), sections (zlib), SHA-256 of all before

All numbers are little-endian. The sections, whose lengths the header lists:

- level: the `.tmj` bytes
- inputs: uint8 (2, seats, ticks), each tick minus the one before: move | fire << 4 | special << 5; aim
- marks: uint16 (columns, ticks + 1), each minus the one before: `column_marks` before the first and after every tick
- hashes: uint64, `world_hash` at every HASH_PERIOD-th tick and at the end
- keyframes: whole states (`states.dump_state`) at every KEYFRAME_PERIOD-th tick and at the end
"""

import hashlib
import json
import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

import game
from game.core import rules
from game.core.levels.model import Level
from game.core.levels.problems import LevelError
from game.core.levels.tmj import parse_level
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.contract import rules_hash
from game.core.sim.digest import MARKED_COLUMNS
from game.match.replay.errors import ReplayRefused
from game.match.replay.header import Drivers, Header, read_header
from game.match.replay.states import check_keyframe, state_size, terrain_cells_of
from safefiles.foreign import read_bytes
from safefiles.text import shown_path

SUFFIX: Final = ".bsr"
MAGIC: Final = b"BANKSHOT REPLAY\n"
FORMAT: Final = 1
HASH_PERIOD: Final = 60  # ticks
KEYFRAME_PERIOD: Final = 300  # ticks
MAX_TICKS: Final = 60 * 60 * rules.TICKS_PER_SECOND
MAX_FILE_BYTES: Final = 32 * 1024 * 1024
MAX_HEADER_BYTES: Final = 64 * 1024
MAX_LEVEL_BYTES: Final = 2 * 1024 * 1024
SECTIONS: Final = ("level", "inputs", "marks", "hashes", "keyframes")
_PREAMBLE: Final = struct.Struct("<16sII")
_SEAL: Final = 32  # bytes

UInt16Array = np.ndarray[Any, np.dtype[np.uint16]]


@dataclass(frozen=True, eq=False)
class Replay:
    """A recorded match, complete or interrupted."""

    name: str  # of the file
    level: Level
    seed: int
    shuffle: int
    roster: IntArray  # (1, S, ROSTER_SIZE)
    names: tuple[str, ...]  # of the seats, "" where nobody named them
    info: dict[str, str | int]  # what the recorder was told: brain, difficulty, human seat, …
    actions: IntArray  # (T, S, ACTION_SIZE)
    marks: UInt16Array  # (T + 1, len(MARKED_COLUMNS))
    hashes: dict[int, int]  # tick -> world hash
    keyframes: dict[int, bytes]  # tick -> dumped state
    complete: bool  # the match ended
    game_version: str
    winner: int = -1  # team
    timed_out: bool = False
    scores: tuple[int, ...] = field(default=())  # of the seats
    drivers: Drivers | None = None  # who drove which seat; None in older files

    @property
    def ticks(self) -> int:
        """How many ticks were played."""
        return int(self.actions.shape[0])

    @property
    def seats(self) -> int:
        """How many seats the match has."""
        return int(self.actions.shape[1])


def write_replay(header: Header, sections: dict[str, bytes]) -> bytes:
    """Return the content of a replay file: the header, the compressed sections and the seal."""
    stored = {name: zlib.compress(sections[name], 6) for name in SECTIONS}
    sizes = {name: (len(stored[name]), len(sections[name])) for name in SECTIONS}
    text = json.dumps({**header.to_dict(), "sections": sizes}, ensure_ascii=False).encode()
    body = _PREAMBLE.pack(MAGIC, FORMAT, len(text)) + text + b"".join(stored[name] for name in SECTIONS)
    return body + hashlib.sha256(body).digest()


def load_replay(path: Path) -> Replay:
    """Read and check a replay file. Raises ReplayRefused with one line."""
    data = read_bytes(path, MAX_FILE_BYTES, "a replay", ReplayRefused)
    return parse_replay(data, shown_path(path.name))


def parse_replay(data: bytes, name: str) -> Replay:
    """Check the bytes of a replay file. Raises ReplayRefused if it is broken, changed, or of other rules."""
    where = f"replay {name!r}"
    header, stored = _open(data, where)
    try:
        cells = terrain_cells_of(header.width, header.height)
    except ValueError as error:
        raise ReplayRefused(f"{where} › {error}") from error
    seats, ticks = len(header.roster), header.ticks
    hash_ticks = checkpoint_ticks(ticks, HASH_PERIOD)
    frame_ticks = checkpoint_ticks(ticks, KEYFRAME_PERIOD)
    size = state_size(seats, cells)
    if header.sections["level"][1] > MAX_LEVEL_BYTES:
        claimed = header.sections["level"][1]
        raise ReplayRefused(f"{where} › level: expected at most {MAX_LEVEL_BYTES} bytes, found {claimed}")
    expected = {
        "inputs": 2 * seats * ticks,
        "marks": 2 * len(MARKED_COLUMNS) * (ticks + 1),
        "hashes": 8 * len(hash_ticks),
        "keyframes": size * len(frame_ticks),
    }
    raw = {}
    for section, (_length, claimed) in header.sections.items():
        if claimed != expected.get(section, claimed):
            raise ReplayRefused(
                f"{where} › {section}: expected {expected[section]} bytes for {ticks} ticks of {seats} "
                f"seats, found {claimed}"
            )
        raw[section] = _inflate(stored[section], claimed, f"{where} › {section}")
    level = _read_level(raw["level"], header, where)
    hashes = np.frombuffer(raw["hashes"], "<u8").tolist()
    keyframes = {tick: raw["keyframes"][n * size : (n + 1) * size] for n, tick in enumerate(frame_ticks)}
    try:
        for tick, frame in keyframes.items():
            check_keyframe(frame, seats, cells, f"{where} › keyframe of tick {tick}")
    except ValueError as error:
        raise ReplayRefused(str(error)) from error
    return Replay(
        name=name,
        level=level,
        seed=header.seed,
        shuffle=header.shuffle,
        roster=np.array([header.roster], np.int64).reshape(1, seats, setup.ROSTER_SIZE),
        names=header.names,
        info=header.info,
        actions=_unpack_inputs(raw["inputs"], seats, ticks, where),
        marks=_unpack_marks(raw["marks"]),
        hashes=dict(zip(hash_ticks, hashes, strict=True)),
        keyframes=keyframes,
        complete=header.complete,
        game_version=header.game_version,
        winner=header.winner,
        timed_out=header.timed_out,
        scores=header.scores,
        drivers=header.drivers,
    )


def _open(data: bytes, where: str) -> tuple[Header, dict[str, bytes]]:
    """Check the file's frame, its seal and its header; return the header and the stored sections."""
    if len(data) > MAX_FILE_BYTES:
        raise ReplayRefused(f"{where}: expected at most {MAX_FILE_BYTES} bytes, found more")
    if len(data) < _PREAMBLE.size + _SEAL or not data.startswith(MAGIC):
        raise ReplayRefused(f"{where}: expected a Bankshot replay, found {data[:16]!r}")
    _magic, form, length = _PREAMBLE.unpack_from(data)
    if form != FORMAT:
        raise ReplayRefused(f"{where}: expected format {FORMAT}, found {form}")
    body, seal = data[:-_SEAL], data[-_SEAL:]
    found = hashlib.sha256(body).digest()
    if found != seal:
        raise ReplayRefused(
            f"{where}: tampered with or damaged: expected sha-256 {seal.hex()[:16]}…, "
            f"found {found.hex()[:16]}…"
        )
    if length > min(MAX_HEADER_BYTES, len(body) - _PREAMBLE.size):
        raise ReplayRefused(f"{where} › header: expected at most {MAX_HEADER_BYTES} bytes, found {length}")
    header = read_header(body[_PREAMBLE.size : _PREAMBLE.size + length], SECTIONS, f"{where} › header")
    if header.rules != rules_hash():
        raise ReplayRefused(
            f"{where}: made by other rules: expected {rules_hash()[:12]} (Bankshot {game.__version__}), "
            f"found {header.rules[:12]} (Bankshot {header.game_version})"
        )
    if header.ticks > MAX_TICKS:
        raise ReplayRefused(f"{where} › header › ticks: expected at most {MAX_TICKS}, found {header.ticks}")
    at = _PREAMBLE.size + length
    total = sum(stored for stored, _raw in header.sections.values())
    if total != len(body) - at:
        raise ReplayRefused(f"{where}: expected {total} bytes of sections, found {len(body) - at}")
    stored = {}
    for section in SECTIONS:
        size = header.sections[section][0]
        stored[section] = body[at : at + size]
        at += size
    return header, stored


def checkpoint_ticks(ticks: int, period: int) -> list[int]:
    """Return every `period`-th tick from 0, and the last one."""
    found = list(range(0, ticks + 1, period))
    return found if found[-1] == ticks else [*found, ticks]


def _inflate(stored: bytes, size: int, where: str) -> bytes:
    """Decompress to exactly `size` bytes, never more."""
    inflater = zlib.decompressobj()
    try:
        raw = inflater.decompress(stored, size + 1)
    except zlib.error as error:
        raise ReplayRefused(f"{where}: expected zlib data, found {error}") from error
    if len(raw) != size or not inflater.eof or inflater.unused_data:
        found = len(raw) if len(raw) <= size else f"more than {size}"
        raise ReplayRefused(f"{where}: expected {size} bytes, found {found}")
    return raw


def _read_level(data: bytes, header: Header, where: str) -> Level:
    try:
        level = parse_level(data, header.level_name)
    except LevelError as error:
        raise ReplayRefused(f"{where} › level: {error.problems[0]}") from error
    if level.digest != header.level_digest:
        raise ReplayRefused(
            f"{where} › level: expected hash {header.level_digest[:12]}, found {level.digest[:12]}"
        )
    if (level.width, level.height) != (header.width, header.height):
        raise ReplayRefused(
            f"{where} › level: expected {header.width} x {header.height} tiles, "
            f"found {level.width} x {level.height}"
        )
    return level


def input_bytes(actions: IntArray) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """Return actions (…, S, ACTION_SIZE) as rows (…, 2 * S): the buttons of each seat, then the aims."""
    buttons = (
        actions[..., st.ACTION_MOVE]
        | actions[..., st.ACTION_FIRE] << 4
        | actions[..., st.ACTION_SPECIAL] << 5
    )
    return np.concatenate([buttons, actions[..., st.ACTION_AIM]], axis=-1).astype(np.uint8)


def pack_input_bytes(rows: "np.ndarray[Any, np.dtype[np.uint8]]") -> bytes:
    """Return rows of `input_bytes` (T, 2 * S) as the bytes of the inputs section."""
    planes = rows.copy()
    planes[1:] -= rows[:-1]
    return planes.T.tobytes()


def pack_inputs(actions: IntArray) -> bytes:
    """Return actions (T, S, ACTION_SIZE) as the bytes of the inputs section."""
    return pack_input_bytes(input_bytes(actions))


def _unpack_inputs(data: bytes, seats: int, ticks: int, where: str) -> IntArray:
    planes = np.frombuffer(data, np.uint8).reshape(2, seats, ticks)
    buttons, aim = np.cumsum(planes, axis=2, dtype=np.uint8).transpose(0, 2, 1).astype(np.int64)
    wrong = np.argwhere((buttons & 15 >= rules.N_MOVES) | (buttons > 63))
    if wrong.size:
        tick, seat = wrong[0].tolist()
        raise ReplayRefused(
            f"{where} › inputs › tick {tick + 1}, seat {seat}: expected a move of 0 to {rules.N_MOVES - 1} "
            f"and two buttons, found {int(buttons[tick, seat])}"
        )
    return np.stack([buttons & 15, aim, buttons >> 4 & 1, buttons >> 5 & 1], axis=2)


def pack_marks(marks: "IntArray | UInt16Array") -> bytes:
    """Return marks (T + 1, len(MARKED_COLUMNS)) as the bytes of the marks section."""
    planes = marks.astype(np.uint16)
    planes[1:] -= planes[:-1].copy()
    return planes.T.astype("<u2").tobytes()


def _unpack_marks(data: bytes) -> UInt16Array:
    planes = np.frombuffer(data, "<u2").reshape(len(MARKED_COLUMNS), -1)
    marks: UInt16Array = np.cumsum(planes, axis=1, dtype=np.uint16).T
    return marks
