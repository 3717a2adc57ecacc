"""The sight line: where the next shot of a seat would fly."""

from typing import TYPE_CHECKING

import numpy as np

from game.core.sim.preview import sight_line
from game.view.renderer import SightLine

if TYPE_CHECKING:
    from game.app.playing.session import Match


def own_sight_line(match: "Match", seat: int, aim: int) -> SightLine:
    """Return where the next shot of `seat` would fly."""
    with np.errstate(over="ignore"):
        found = sight_line(match.world, match.levels, match.w, seat, aim)
    return SightLine(*found)
