"""The state of an engine as named arrays, and the checks of a state from outside before it is used.

`STATE_ARRAYS` is the table of all arrays outside the worlds: players of the seats, memory of the bots, random streams. The
columns of the worlds are in `sim.state`.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from game.core import rules
from game.core.bots.memory import MEMORY
from game.core.bots.table import BOTS, NO_BOT
from game.core.sim import arena as ar
from game.core.sim.batch import N_WAYS
from game.core.sim.checks import check_columns, check_streams, check_worlds
from game.core.sim.columns import WORDS, Columns
from game.core.sim.setup import ROSTER
from game.core.sim.slots import slot_bounds
from game.core.sim.state import World
from game.match.reflexes import MOST_SENSED

Array = np.ndarray[Any, Any]
WAY_TILES: Final = 64.0  # longest way that is measured

NPC_ACTIONS: Final = Columns("npc_actions", "seat")
for _name, _size in rules.ACTION_HEADS:
    NPC_ACTIONS(_name, 0, _size - 1, "action of the seat in the next step")


def _bot(field: str, entity: str, meaning: str, brains: int = 0) -> Columns:
    columns = Columns(field, entity)
    columns("bot", NO_BOT - brains, len(BOTS) - 1, meaning)
    return columns


def _stream(field: str, entity: str = "") -> Columns:
    columns = Columns(field, entity)
    columns("state", 0, WORDS, "of PCG32")
    columns("stream", 0, WORDS, "of PCG32, an odd number")
    return columns


_ROW_SEAT: Final = Columns("row_seat", "row")
_ROW_SEAT("seat", 0, rules.MAX_SEATS - 1, "seat of the row", "seats")
_OUT: Final = Columns("out", "row")
_OUT("out", 0, 1, "1: the row's tank is destroyed for good in this match")

STATE_ARRAYS: Final = {
    "batch.npc_actions": NPC_ACTIONS,
    "batch.match_rng": _stream("match_rng"),
    "batch.roster": ROSTER,
    "bots.ids": _bot("ids", "seat", "bot that plays the seat, -1: none"),
    "bots.state": MEMORY,
    "bots.rng": _stream("rng", "seat"),
    "seating.row_seat": _ROW_SEAT,
    "seating.out": _OUT,
    "seating.opponent": _bot("opponent", "", "bot of the other teams, -1 if every seat is a row"),
    "seating.ally": _bot("ally", "", "bot of the learner's team"),
    "seating.rng": _stream("rng"),
}


_DELAY: Final = Columns("delay", "")
_DELAY("delay", 0, MOST_SENSED // rules.DECISION_PERIOD, "decisions between observation and action")
_AWAKE: Final = Columns("awake", "")
_AWAKE("awake", 0, 1, "1: the row's next decision counts")

_REACTION: Final = {  # names of the axes before the columns
    "reaction.delay": (_DELAY, ("world", "row")),
    "reaction.queue": (NPC_ACTIONS, ("world", "row", "decision")),
    "reaction.last": (NPC_ACTIONS, ("world", "row")),
    "reaction.awake": (_AWAKE, ("world", "row")),
}


def check_state(arrays: Mapping[str, Array], levels: ar.Levels, seats: int, brains: int = 0) -> None:
    """Refuse a state whose arrays have the right shapes and types, but numbers that no engine can reach.

    `brains`: number of brains that may play seats.

    Raises ValueError: ``state › world.tanks › world 0, seat 1 › x: expected 0 to 3071, found …``.
    """
    check_worlds(World(*(arrays[f"world.{field}"] for field in World._fields)), levels, "state › world")
    named = dict(STATE_ARRAYS)
    if brains:
        for name in ("bots.ids", "seating.opponent", "seating.ally"):
            kind = STATE_ARRAYS[name]
            named[name] = _bot(kind.field, kind.entity, kind.rows[0].meaning, brains)
        named["brains.streams"] = _stream("streams", "seat")
        named["brains.last"] = NPC_ACTIONS
    for name, columns in named.items():
        found = arrays[name]
        place = f"state › {name}"
        if columns.rows[0].bound:
            check_columns(columns, found, place, np.array([seats - 1]))
        elif found.dtype == np.uint64:
            check_streams(columns, found, place)
        else:
            check_columns(columns, found, place)
    if "reaction.delay" in arrays:
        check_streams(_stream("streams"), arrays["reaction.streams"], "state › reaction.streams")
        for name, (columns, counted) in _REACTION.items():
            check_columns(columns, arrays[name], f"state › {name}", rows=counted)
    low, high = slot_bounds()
    _check_floats("batch.observations", arrays["batch.observations"], low, high)
    _check_floats("batch.final_observations", arrays["batch.final_observations"], low, high)
    ways = np.full(N_WAYS, -1.0), np.full(N_WAYS, WAY_TILES)
    _check_floats("batch.way", arrays["batch.way"], *ways)


def _check_floats(name: str, found: Array, low: Array, high: Array) -> None:
    wrong = ~((found >= low) & (found <= high))  # NaN is neither
    if wrong.any():
        w, seat, n = np.argwhere(wrong)[0].tolist()
        raise ValueError(
            f"state › {name} › world {w}, seat {seat} › number {n}: expected {low[n]:g} to {high[n]:g}, "
            f"found {found[w, seat, n]:g}"
        )
