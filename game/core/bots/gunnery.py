"""How the marksman chooses a shot from the sight-line preview."""

from typing import Final

from game.core import rules
from game.core.bots.senses import (
    MEETS_CORE,
    MEETS_ENEMY,
    MEETS_FRIEND,
    OWN_TRIPLE,
    preview_banks,
    preview_hit,
    preview_position,
    preview_ticks,
)
from game.core.sim.arrays import SenseArray
from game.core.sim.jit import jit

NO_SHOT: Final = -1
_BANK_COST: Final = 6  # ticks added per bank: a banked shot can come back
_CORE_COST: Final = 12  # ticks of preference of an enemy over the core
_LATEST: Final = 75  # ticks; a later hit is ignored
_SIDE_SECTORS: Final = 1  # sectors of a triple's side shots


@jit
def best_shot(row: SenseArray) -> tuple[int, int]:
    """Return (aim, cost) of the previewed flight that is most likely to hit, (NO_SHOT, 0) if none is good enough.

    The cost is in ticks: the sooner a shot arrives, the less time its target has to avoid it.
    """
    triple = row[OWN_TRIPLE] > 0
    best = NO_SHOT
    best_cost = _LATEST + 1
    for sector in range(rules.SECTORS):
        target = preview_hit(row, sector)
        if target != MEETS_ENEMY and target != MEETS_CORE:
            continue
        cost = preview_ticks(row, sector) + _BANK_COST * preview_banks(row, sector)
        if target == MEETS_CORE:
            cost += _CORE_COST
        if triple and side_shot_hits_friend(row, sector):
            continue
        if cost < best_cost:
            best_cost = cost
            best = sector
    if best == NO_SHOT:
        return NO_SHOT, 0
    return best * rules.POSITIONS + preview_position(row, best), best_cost


@jit
def side_shot_hits_friend(row: SenseArray, sector: int) -> bool:
    """Return whether a side shot of a triple fired in this sector would hit the shooter or an ally."""
    for side in range(-_SIDE_SECTORS, _SIDE_SECTORS + 1, 2):
        if preview_hit(row, (sector + side) & (rules.SECTORS - 1)) == MEETS_FRIEND:
            return True
    return False
