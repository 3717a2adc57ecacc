"""Arenas drawn as text, for the tests of checks, reach and symmetry."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from game.core import rules
from game.core.sim.arena import Arena, PickupSpot, Spawn

SIGNS = {".": 0, "#": 1, "%": 2, "x": 3, "~": 4, ",": 5, "/": 6, "\\": 7, "C": 9, "0": 10, "1": 11}


def arena(picture: str, objective: int = rules.ELIMINATE, **changes: Any) -> Arena:
    """Return the arena of a picture: A, B start teams 0 and 1, + is a repair, * a cell, a and b portals."""
    rows = picture.split()
    tiles = np.zeros((len(rows), len(rows[0])), np.uint8)
    found: dict[str, list[tuple[int, int]]] = {}
    for y, row in enumerate(rows):
        for x, sign in enumerate(row):
            tiles[y, x] = SIGNS.get(sign, rules.PORTAL if sign in "ab" else rules.FLOOR)
            found.setdefault(sign, []).append((x, y))
    spawns = [Spawn(*place, 0, facing=1) for place in found.get("A", [])]
    spawns += [Spawn(*place, 1, facing=5) for place in found.get("B", [])]
    row_of = rules.OBJECTIVES[objective]
    made = Arena(
        "drawn",
        tiles,
        objective,
        tuple(spawns),
        row_of.default_ticks,
        row_of.default_goal,
        pickups=tuple(PickupSpot(*place, 0) for place in found.get("+", [])),
        cells=tuple(found.get("*", [])),
        portals=tuple((found[sign][0], found[sign][1]) for sign in "ab" if len(found.get(sign, [])) == 2),
    )
    fields: Mapping[str, Any] = changes
    return replace(made, **fields)
