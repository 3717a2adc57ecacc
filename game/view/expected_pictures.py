"""The pictures that a match may need: every event's effect is run once, so that its pictures are baked before it happens."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from game.core import rules
from game.core.sim import events, state
from game.core.sim.state import World
from game.view.effects import EXHAUST, SMOKE, Effects
from game.view.event_effects import EFFECTS
from game.view.palette import Colour, Palette
from game.view.particles import TEAM

_OF_PORTALS: Final = frozenset({events.SHOT_PORTAL, events.TANK_PORTAL})
_OF_PICKUPS: Final = frozenset({events.PICKUP_TAKEN, events.PICKUP_BACK})
_OF_CELLS: Final = frozenset({events.CELL_TAKEN, events.CELL_DROPPED, events.CELL_HOME})


class ExpectedPictures(NamedTuple):
    """The pictures that effects use."""

    rings: frozenset[tuple[tuple[float, float], Colour]]  # (form, colour) of rings
    lights: frozenset[tuple[float, Colour]]  # (radius in tiles, colour) of lights
    particles: frozenset[tuple[int, int]]  # (kind, number of the colour) of particles
    popups: frozenset[tuple[str, Colour]]  # (key of the text, colour) of popups


def find_expected_pictures(palette: Palette, world: World, w: int, focus_seat: int) -> ExpectedPictures:
    """Return the pictures that the events of this match need, seen by `focus_seat`. It only reads the world."""
    tried = Effects(palette, EFFECTS)
    tried.world, tried.w, tried.focus_seat = world, w, focus_seat
    rings, lights, popups = set(), set(), set()
    for kind, a, b in _possible(world, w, focus_seat):
        EFFECTS[kind](tried, a, b, 0.0, 0.0)
        rings |= {(ring.form, ring.colour) for ring in tried.rings}
        lights |= {(light.radius, light.colour) for light in tried.lights}
        popups |= {(popup.key, popup.colour) for popup in tried.popups}
        tried.clear()
    tanks = world.tanks[w]
    teams = set((tanks[tanks[:, state.TANK_ACTIVE] != 0, state.TANK_TEAM] % rules.MAX_TEAMS).tolist())
    particles = tried.particles.wanted | {(kind, TEAM + team) for kind in EXHAUST for team in teams} | {SMOKE}
    return ExpectedPictures(frozenset(rings), frozenset(lights), frozenset(particles), frozenset(popups))


def _possible(world: World, w: int, focus_seat: int) -> Iterator[tuple[int, int, int]]:
    """Yield events (kind, a, b) that this match may have: one seat of each team represents the team."""
    of_team: dict[int, int] = {}
    for seat, row in enumerate(world.tanks[w].tolist()):
        if row[state.TANK_ACTIVE]:
            of_team.setdefault(row[state.TANK_TEAM], seat)
    seats = {*of_team.values(), focus_seat} - {-1}
    rows = world.pickups[w]
    pickups = sorted(set(rows[rows[:, state.PICKUP_EXISTS] != 0, state.PICKUP_KIND].tolist()))
    by = [seat | flag for seat in sorted(seats) for flag in (0, events.BANKED_FLAG)]
    absent = _absent(world, w)
    for kind in EFFECTS:
        if kind not in absent:
            for seat in sorted(seats):
                for other in pickups if kind in _OF_PICKUPS else by:
                    yield kind, seat, other


def _absent(world: World, w: int) -> frozenset[int]:
    """Return the kinds of events that this match cannot have."""
    objective = int(world.head[w, state.OBJECTIVE])
    cells = int(world.head[w, state.STRIDE]) * (int(world.head[w, state.HEIGHT]) + 2)
    tiles = set(np.unique(world.terrain[w, :cells]).tolist())
    absent: frozenset[int] = frozenset()
    if rules.PORTAL not in tiles:
        absent |= _OF_PORTALS
    if not tiles & {rules.MIRROR_SLASH, rules.MIRROR_BACKSLASH}:
        absent |= {events.MIRRORED}
    if objective != rules.COLLECT:
        absent |= _OF_CELLS
    if objective != rules.DEFEND:
        absent |= {events.CORE_HIT, events.WAVE_BEGAN}
    return absent
