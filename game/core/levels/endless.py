"""The parameters of the seeds `endless`, which make generated levels differ in difficulty.

Levels of `train` and `test` differ in their terrain and slightly in numbers: they are all about equally hard. An endless seed
also draws the team sizes, tank classes, distance of the teams, amount of cover, number of waves or cells, time limit, and the
side of the pick-ups. Everything is drawn from the seed, so the name of a level is still two words and a number.
"""

from dataclasses import dataclass, replace
from typing import Final

from game.core import rules
from game.core.levels.dice import SeededRandom

ENDLESS_SEEDS: Final = range(2_000_000, 3_000_000)

BOTH: Final = "both"  # sides of pick-ups or cells
OWN: Final = "own"
ENEMY: Final = "enemy"


@dataclass(frozen=True)
class Parameters:
    """Deviations of a level from the generator's defaults; None, 0 and BOTH: no deviation.

    depth: tiles between the teams' anchor tiles and the edge. thin: percent of the solid blocks removed. cover: tiles of
    cover per 100 tiles, in addition to the family's.
    """

    teams: tuple[int, int] | None = None  # seats of teams 0 and 1
    own_tank: int | None = None  # rules.SCOUT…; None: any class
    enemy_tank: int | None = None
    depth: int | None = None
    thin: int = 0
    cover: int = 0
    pickup_tiles: int = 70  # tiles per pair of pick-ups; 0: no pick-ups
    pickup_side: str = BOTH
    cell_pairs: tuple[int, int] = (1, 2)  # fewest and most
    cell_side: str = BOTH
    goal: int | None = None  # waves, or cells
    core_hp: int | None = None  # hit points
    seconds: int | None = None


USUAL: Final = Parameters()

_TEAMS: Final = {
    rules.ELIMINATE: (
        ((1, 1), 28), ((2, 1), 14), ((3, 2), 9), ((2, 2), 16), ((3, 1), 4), ((3, 3), 8), ((1, 2), 9), ((2, 3), 7), ((4, 3), 3),
        ((3, 4), 2),
    ),
    rules.DEFEND: (
        ((1, 1), 22), ((2, 1), 8), ((2, 2), 20), ((1, 2), 16), ((2, 3), 14), ((3, 3), 8), ((3, 2), 4), ((3, 4), 4), ((2, 4), 4),
    ),
    rules.COLLECT: (
        ((1, 1), 32), ((2, 1), 16), ((2, 2), 20), ((1, 2), 10), ((3, 2), 8), ((3, 3), 8), ((2, 3), 6),
    ),
    rules.SURVIVE: (
        ((1, 1), 26), ((2, 2), 20), ((1, 2), 24), ((2, 3), 14), ((1, 3), 8), ((2, 4), 5), ((3, 3), 3),
    ),
}  # fmt: skip
_TANKS: Final = ((None, 70), (rules.SCOUT, 10), (rules.RANGER, 10), (rules.HEAVY, 10))
_THIN: Final = ((0, 50), (20, 20), (45, 20), (70, 10))
_COVER: Final = ((0, 60), (4, 25), (9, 15))
_PICKUP_TILES: Final = ((70, 50), (35, 20), (140, 20), (0, 10))
_SIDES: Final = ((BOTH, 64), (OWN, 18), (ENEMY, 18))
_CELL_PAIRS: Final = (((1, 1), 30), ((2, 2), 40), ((3, 3), 30))
_CELL_SIDES: Final = ((BOTH, 60), (OWN, 20), (ENEMY, 20))
_WAVES: Final = ((2, 24), (3, 30), (4, 26), (5, 12), (6, 8))
_CELLS: Final = ((3, 25), (4, 25), (5, 25), (6, 15), (8, 10))
_CORE_HP: Final = ((25, 16), (35, 22), (45, 26), (60, 20), (80, 16))
_SECONDS: Final = {
    rules.ELIMINATE: ((75, 20), (90, 60), (120, 20)),
    rules.DEFEND: ((120, 100),),
    rules.COLLECT: ((90, 25), (120, 50), (150, 25)),
    rules.SURVIVE: ((30, 22), (40, 22), (50, 20), (60, 20), (80, 16)),
}


def draw_parameters(dice: SeededRandom, objective: int, size: tuple[int, int]) -> Parameters:
    """Return the parameters of an endless seed; all draws are made for every objective, so that they do not affect each other."""
    teams = dice.weighted(_TEAMS[objective])
    long = max(size)
    drawn = Parameters(
        teams=teams,
        own_tank=dice.weighted(_TANKS),
        enemy_tank=dice.weighted(_TANKS),
        depth=dice.between(1, max(2, long // 4)),
        thin=dice.weighted(_THIN),
        cover=dice.weighted(_COVER),
        pickup_tiles=dice.weighted(_PICKUP_TILES),
        pickup_side=dice.weighted(_SIDES),
        cell_pairs=dice.weighted(_CELL_PAIRS),
        cell_side=dice.weighted(_CELL_SIDES),
        seconds=dice.weighted(_SECONDS[objective]),
    )
    waves, cells, hit_points = dice.weighted(_WAVES), dice.weighted(_CELLS), dice.weighted(_CORE_HP)
    if objective == rules.DEFEND:
        return replace(drawn, goal=waves, core_hp=hit_points)
    if objective == rules.COLLECT:
        return replace(drawn, goal=cells)
    return drawn
