"""The spaces of every environment, from the slot table and the action heads."""

from typing import Any, Final

import numpy as np
from gymnasium import spaces

from game.core import rules
from game.core.sim.contract import policy_contract
from game.core.sim.slots import slot_bounds
from game.match.reflexes import full_contract, reflex_bounds

STEPS_PER_SECOND: Final = rules.TICKS_PER_SECOND // rules.DECISION_PERIOD


def observation_space(reflexes: bool = False) -> spaces.Box:
    """Return the space of one observation; `sim.slots` and, for reflex slots, `game.match.reflexes` name its numbers."""
    low, high = slot_bounds()
    if reflexes:
        low, high = (np.concatenate(ends) for ends in zip((low, high), reflex_bounds(), strict=True))
    return spaces.Box(low, high, dtype=np.float32)


def contract_with_reflexes(reflexes: bool) -> dict[str, Any]:
    """Return the policy contract of an environment with or without reflex slots."""
    return full_contract() if reflexes else policy_contract()


def action_space() -> spaces.MultiDiscrete:
    """Return the space of one action: move, aim sector, position within the sector, fire, special."""
    return spaces.MultiDiscrete([size for _, size in rules.ACTION_HEADS])
