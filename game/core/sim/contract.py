"""The policy contract: observation, actions, timing and rules that a policy and this game must share, as plain data."""

import hashlib
from functools import cache
from typing import Any

from game.core import rules
from game.core.sim.slots import SLOTS

CONTRACT_VERSION = 1
# Constants of `rules` that were renamed or removed without changing a rule: the hash must stay the same, otherwise every
# brain and play-test would count as outdated.
_GONE = {"BRICK_HITS": 2}  # no rule read it
_NAMED_LATER = {"DIAGONAL", "SPECIAL_NAMES"}  # were literals in other modules


@cache
def rules_hash() -> str:
    """Return the SHA-256 (hex) over every constant of `game.core.rules`, the format version among them."""
    values = {
        name: value for name, value in vars(rules).items() if name.isupper() and name not in _NAMED_LATER
    }
    text = "\n".join(f"{name} {value!r}" for name, value in sorted((values | _GONE).items()))
    return hashlib.sha256(text.encode()).hexdigest()


def policy_contract() -> dict[str, Any]:
    """Return the contract that this game's policies carry, JSON-able; low and high hold for a whole slot."""
    return {
        "version": CONTRACT_VERSION,
        "slots": [
            {"name": slot.name, "size": slot.size, "low": float(slot.low), "high": float(slot.high)}
            for slot in SLOTS
        ],
        "heads": [{"name": name, "size": size} for name, size in rules.ACTION_HEADS],
        "tick_rate": rules.TICKS_PER_SECOND,
        "decision_period": rules.DECISION_PERIOD,
        "rules_hash": rules_hash(),
    }
