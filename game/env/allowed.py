"""Action masks: which choices can have an effect in a row's next decision, from what the row senses.

Only two heads are ever bound: `fire` while the gun reloads beyond the decision, and `special` while it is not ready at the
decision's first tick (it acts on the press). A row without a living tank may choose anything: its action is ignored.
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
    """Return int8 (rows, choices of all heads one after the other), 1 where a choice is allowed, for observations (rows, D).

    A row that acts late, and is told by how much, is asked about the ticks in which it will act.
    """
    masks = np.ones((len(observations), _CHOICES), np.int8)
    late = np.zeros(len(observations))  # ticks
    if observations.shape[1] > OBSERVATION_SIZE:
        late = np.rint(observations[:, OBSERVATION_SIZE] * MOST_SENSED)
    # in the senses a tick is 1/64 of the reload and 1/512 of the special; timers count down before a tank acts
    masks[:, _FIRE] = observations[:, OFFSETS["own_reload"]] * 64 <= rules.DECISION_PERIOD + late
    masks[:, _SPECIAL] = observations[:, OFFSETS["own_special"]] * 512 <= 1 + late
    return masks


def contract_with_masks(contract: dict[str, Any], masks: bool) -> dict[str, Any]:
    """The policy contract of an environment that gives masks, or not."""
    return contract | {"version": 2, "masks": True} if masks else contract
