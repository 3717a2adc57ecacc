"""Reaction delay as an observation: slots that the driver of a seat may add to the slot table for a brain.

An NPC decides every DECISION_PERIOD ticks and acts `delay` ticks later. A brain whose contract has these slots observes
its delay and its last decision, so that one brain can be trained for all delays; a brain without them observes only the
core's slots.
"""

from functools import cache
from typing import Any, Final

import numpy as np

from game.core import rules
from game.core.sim.arrays import IntArray, SenseArray
from game.core.sim.contract import policy_contract
from game.core.sim.slots import OBSERVATION_SIZE, SLOTS, Slot
from game.core.sim.tables import COSINE, MOVE_X, MOVE_Y, SINE

MOST_SENSED: Final = 24  # largest delay in ticks that the slot can express; longer delays are clipped

OWN_DELAY: Final = "own_delay"
REFLEX_SLOTS: Final = (
    Slot(OWN_DELAY, 1, 0, 1, f"ticks between seeing and acting / {MOST_SENSED}, not above 1"),
    Slot(
        "own_decision",
        5,
        -1,
        1,
        "the decision before this one: direction of the move x, y; aim cos, sin; fire. Before the first of a life stand, "
        "aim right, hold fire",
    ),
)
REFLEX_SIZE: Final = sum(slot.size for slot in REFLEX_SLOTS)
FULL_SIZE: Final = OBSERVATION_SIZE + REFLEX_SIZE

_MOVES: Final = np.stack([MOVE_X, MOVE_Y], 1).astype(np.float64)
_MOVE_WAY: Final[SenseArray] = (_MOVES / np.maximum(np.hypot(*_MOVES.T), 1)[:, None]).astype(np.float32)
_AIM_WAY: Final[SenseArray] = (np.stack([COSINE, SINE], 1) / rules.AIM_SCALE).astype(np.float32)


def write_reflexes(out: SenseArray, delay: IntArray, decided: IntArray) -> None:
    """Write REFLEX_SLOTS into out (n, REFLEX_SIZE): delays in ticks (n,), last decisions (n, 5) by rules.ACTION_HEADS."""
    out[:, 0] = np.minimum(delay / MOST_SENSED, 1.0)
    out[:, 1:3] = _MOVE_WAY[decided[:, 0]]
    out[:, 3:5] = _AIM_WAY[decided[:, 1] * rules.POSITIONS + decided[:, 2]]
    out[:, 5] = decided[:, 3]


def reflex_bounds() -> tuple[SenseArray, SenseArray]:
    """Return the lowest and highest value of every number of REFLEX_SLOTS, float32 (REFLEX_SIZE,)."""
    low = np.concatenate([np.full(slot.size, slot.low, np.float32) for slot in REFLEX_SLOTS])
    high = np.concatenate([np.full(slot.size, slot.high, np.float32) for slot in REFLEX_SLOTS])
    return low, high


@cache
def _slots() -> tuple[dict[str, Any], ...]:
    return tuple(
        {"name": slot.name, "size": slot.size, "low": float(slot.low), "high": float(slot.high)}
        for slot in (*SLOTS, *REFLEX_SLOTS)
    )


def full_contract() -> dict[str, Any]:
    """Return `policy_contract` with these slots after the core's, JSON-able: everything that a brain can observe here."""
    return policy_contract() | {"slots": [dict(slot) for slot in _slots()]}
