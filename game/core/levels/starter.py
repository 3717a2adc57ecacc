"""The files of a new level: a small playable map, the tileset and a Tiled project."""

from typing import Final

import numpy as np

from game.core import rules
from game.core.levels.model import Level, SeatPlan, Title
from game.core.levels.tileset.sheet import TILESET_NAME
from game.core.levels.tilesets import SHARED_TILESET
from game.core.levels.writer import write_level
from game.core.sim.arena import Arena, PickupSpot, Spawn

_SUPPORT: Final = (".tsj", ".png", ".tiled-project")
# . floor  # wall  % brick  ~ water  , cover  / \ mirrors
_STARTER: Final = (
    "................",
    "................",
    "....#......#....",
    "....#..%%..#....",
    "..,......../.,..",
    "....../~~.......",
    ".......~~/......",
    "..,./........,..",
    "....#..%%..#....",
    "....#......#....",
    "................",
    "................",
)
_SIGNS: Final = {".": "floor", "#": "wall", "%": "brick", "~": "water", ",": "cover", "/": "mirror_slash"}


def starter_level(name: str) -> Level:
    """Return the starter map: a duel for the author to change."""
    ids = {tile.name: tile_id for tile_id, tile in enumerate(rules.TILES)}
    arena = Arena(
        name=name,
        tiles=np.array([[ids[_SIGNS[sign]] for sign in row] for row in _STARTER], np.uint8),
        objective=rules.ELIMINATE,
        spawns=(Spawn(1, 5, 0, rules.RANGER, 1), Spawn(14, 6, 1, rules.RANGER, 5)),
        time_limit=rules.OBJECTIVES[rules.ELIMINATE].default_ticks,
        pickups=(PickupSpot(8, 1, rules.PICKUP_REPAIR), PickupSpot(7, 10, rules.PICKUP_REPAIR)),
    )
    roster = (SeatPlan(player=True), SeatPlan())
    return Level(name, Title(name, name), arena, roster)


def starter_files(name: str) -> dict[str, bytes]:
    """Return the starter's files by name, the map first."""
    return {f"{name}.tmj": write_level(starter_level(name)), **support_files()}


def support_files() -> dict[str, bytes]:
    """Return the files that Tiled needs next to a level, by name: the tileset, its picture and the project."""
    paths = [SHARED_TILESET.with_name(f"{TILESET_NAME}{suffix}") for suffix in _SUPPORT]
    return {path.name: path.read_bytes() for path in paths}
