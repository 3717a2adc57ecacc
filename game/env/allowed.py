"""Action masks: which choices can have an effect in a row's next decision, computed from its observation.

Only two heads are ever masked: `fire` while the gun reloads longer than the decision, and `special` while it is not ready
at the decision's first tick (it acts when it is pressed). Without a living tank all choices are allowed: the action is
ignored.
"""

from typing import Any, Final

import numpy as np

from game.core import rules
from game.core.sim.arrays import SenseArray
from game.core.sim.slots import OBSERVATION_SIZE, OFFSETS
from game.match.reflexes import MOST_SENSED

MASK: Final = "action_mask"
_NAMES: Final = [name for name, _ in rules.ACTION_HEADS]
_ENDS: Final = np.cumsum([size for _, size in rules.ACTION_HEADS])
_CHOICES: Final = int(_ENDS[-1])
_FIRE, _SPECIAL = (int(_ENDS[_NAMES.index(name)]) - 1 for name in ("fire", "special"))  # column of choice 1


def action_masks(observations: SenseArray) -> "np.ndarray[Any, np.dtype[np.int8]]":
    """Return int8 (rows, choices of all heads in order), 1 where a choice is allowed, for observations (rows, D).

    With a delay, whose length is in the observation, the mask is for the ticks in which the row will act.
    """
    masks = np.ones((len(observations), _CHOICES), np.int8)
    late = np.zeros(len(observations))  # ticks
    if observations.shape[1] > OBSERVATION_SIZE:
        late = np.rint(observations[:, OBSERVATION_SIZE] * MOST_SENSED)
    # in the observation a tick is 1/64 of the reload and 1/512 of the special; timers count down before a tank acts
    masks[:, _FIRE] = observations[:, OFFSETS["own_reload"]] * 64 <= rules.DECISION_PERIOD + late
    masks[:, _SPECIAL] = observations[:, OFFSETS["own_special"]] * 512 <= 1 + late
    return masks


def contract_with_masks(contract: dict[str, Any], masks: bool) -> dict[str, Any]:
    """Return the policy contract of an environment with or without masks."""
    return contract | {"version": 2, "masks": True} if masks else contract
