"""The spaces of every environment, from the slot table and the action heads."""

from typing import Final

import numpy as np
from gymnasium import spaces

from game.core import rules
from game.core.sim.slots import slot_bounds

STEPS_PER_SECOND: Final = rules.TICKS_PER_SECOND // rules.DECISION_PERIOD


def observation_space() -> spaces.Box:
    """Return the space of one observation; `game.core.sim.slots` names its numbers."""
    low, high = slot_bounds()
    return spaces.Box(low, high, dtype=np.float32)


def action_space() -> spaces.MultiDiscrete:
    """Return the space of one action: move, aim sector, position within the sector, fire, special."""
    return spaces.MultiDiscrete([size for _, size in rules.ACTION_HEADS])
