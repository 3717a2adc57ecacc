"""The maps of a level's test: what is counted on each tile, under the key of its caption."""

from typing import Final

import numpy as np

from game.core import rules
from game.core.sim.arrays import IntArray
from game.match.testing.figures import traced_matches
from game.match.testing.findings import CORNER_SHARE
from game.match.testing.measuring import LevelMatches
from game.match.testing.places import floor_of, reachable
from game.match.trace_kernels import (
    CONTACT_TICK,
    CONTACT_X,
    CONTACT_Y,
    CRUMBLED,
    DRIVEN,
    KILLED,
    RICOCHETS,
    STRUCK,
)

MAP_DRIVEN_0: Final = "map_driven_0"
MAP_DRIVEN_1: Final = "map_driven_1"
MAP_KILLED_0: Final = "map_killed_0"
MAP_KILLED_1: Final = "map_killed_1"
MAP_STRUCK: Final = "map_struck"
MAP_RICOCHETS: Final = "map_ricochets"
MAP_CRUMBLED: Final = "map_crumbled"
MAP_CONTACT: Final = "map_contact"
MAP_RARE: Final = "map_rare"
NEVER: Final = 2  # values of MAP_RARE
RARELY: Final = 1


def maps_of(played: LevelMatches) -> dict[str, IntArray]:
    """Return the counts of every map, (height + 2, width + 2) with the ring of wall; one without any is left out.

    All matches on the level as it is count, but for the first hits, which are those of the usual ones.
    """
    tiles = played.trace.tiles
    found: dict[str, IntArray] = {
        MAP_DRIVEN_0: tiles[DRIVEN, 0],
        MAP_DRIVEN_1: tiles[DRIVEN, 1],
        MAP_KILLED_0: tiles[KILLED, 0],
        MAP_KILLED_1: tiles[KILLED, 1],
        MAP_STRUCK: tiles[STRUCK].sum(0),
        MAP_RICOCHETS: tiles[RICOCHETS].sum(0),
        MAP_CRUMBLED: tiles[CRUMBLED].sum(0),
        MAP_CONTACT: np.pad(first_hits(played), 1),
        MAP_RARE: np.pad(little_used(played), 1),
    }
    return {name: counts for name, counts in found.items() if counts.any()}


def first_hits(played: LevelMatches) -> IntArray:
    """Return where the first hit of each usual match happened: (height, width)."""
    found: IntArray = np.zeros((played.level.height, played.level.width), np.int64)
    facts = played.facts[played.usual]
    facts = facts[facts[:, CONTACT_TICK] >= 0] // np.array(
        [rules.SU_PER_TILE if column in (CONTACT_X, CONTACT_Y) else 1 for column in range(facts.shape[1])]
    )
    np.add.at(found, (facts[:, CONTACT_Y], facts[:, CONTACT_X]), 1)
    return found


def little_used(played: LevelMatches) -> IntArray:
    """Return NEVER, RARELY (at most CORNER_SHARE of the matches) or 0 for each tile of floor in reach: (height, width)."""
    floor = floor_of(played.level) & reachable(played.level)
    entered = played.trace.entered
    rare = floor & (entered <= CORNER_SHARE * traced_matches(played))
    found: IntArray = np.where(floor & (entered == 0), NEVER, np.where(rare, RARELY, 0))
    return found
