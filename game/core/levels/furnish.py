"""Places starts, pick-ups, homes, cells and the core on finished terrain, on tiles that tanks can reach."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from game.core import rules
from game.core.levels.canvas import STEPS, TileCanvas
from game.core.levels.dice import SeededRandom
from game.core.levels.endless import BOTH, OWN, Parameters
from game.core.levels.reach import Place
from game.core.levels.symmetry import facing_towards, image_facing
from game.core.sim.arena import PickupSpot, Spawn

_PICKUPS: Final = (
    (rules.PICKUP_REPAIR, 30),
    (rules.PICKUP_SHIELD, 18),
    (rules.PICKUP_TRIPLE, 18),
    (rules.PICKUP_BANK, 18),
    (rules.PICKUP_SPEED, 16),
)
_CLASSES: Final = ((rules.RANGER, 50), (rules.SCOUT, 27), (rules.HEAVY, 23))
_START_SPREAD: Final = 7  # most steps between the anchor and a team's starts


@dataclass(frozen=True)
class PlacedObjects:
    """The objects on the tiles of a generated level."""

    spawns: tuple[Spawn, ...]
    pickups: tuple[PickupSpot, ...]
    cells: tuple[Place, ...]


def place_objects(
    canvas: TileCanvas, dice: SeededRandom, anchor: Place, objective: int, parameters: Parameters
) -> PlacedObjects | None:
    """Place all objects that the objective needs around `anchor` and its image; None if there is no room."""
    if objective == rules.DEFEND and not _place_core(canvas, anchor):
        return None
    if objective == rules.COLLECT and not _place_homes(canvas, anchor):
        return None
    taken: set[Place] = set()
    spawns = _place_starts(canvas, dice, anchor, objective, parameters, taken)
    if spawns is None:
        return None
    taken.update((s.x, s.y) for s in spawns)
    cells: list[Place] = []
    if objective == rules.COLLECT:
        while len(cells) < 2 * dice.between(*parameters.cell_pairs):
            pair = _free_pair(canvas, dice, taken, anchor, distance=4)
            if pair is None:
                break
            cells += pair
        cells = list(_of_side(canvas, anchor, cells, parameters.cell_side))
        if not cells:
            return None
    pickups: list[PickupSpot] = []
    wanted = canvas.width * canvas.height // parameters.pickup_tiles if parameters.pickup_tiles else 0
    while len(pickups) < wanted:
        pair = _free_pair(canvas, dice, taken, anchor, distance=3)
        if pair is None:
            break
        kind = dice.weighted(_PICKUPS)
        pickups += [PickupSpot(*place, kind) for place in pair]
    if parameters.pickup_side != BOTH:
        mine = set(_of_side(canvas, anchor, [(spot.x, spot.y) for spot in pickups], parameters.pickup_side))
        pickups = [spot for spot in pickups if (spot.x, spot.y) in mine]
    return PlacedObjects(spawns, tuple(pickups[: rules.MAX_PICKUPS]), tuple(cells))


def _place_starts(
    canvas: TileCanvas,
    dice: SeededRandom,
    anchor: Place,
    objective: int,
    parameters: Parameters,
    taken: set[Place],
) -> tuple[Spawn, ...] | None:
    """Return the starts, alternating between teams 0 and 1, so that the first 2n seats are n against n."""
    teams = parameters.teams
    assert teams is not None  # the generator sets it
    count = max(teams)
    places: list[Place] = []
    for place in nearby(canvas, anchor, _START_SPREAD):
        if canvas.is_floor(place) and canvas.image(place) not in places and canvas.image(place) != place:
            far = all(max(abs(place[0] - x), abs(place[1] - y)) >= 2 for x, y in places)
            if far:
                places.append(place)
        if len(places) == count:
            break
    if len(places) < count:
        return None
    fair = objective in (rules.ELIMINATE, rules.COLLECT)
    spawns = []
    for n, place in enumerate(places):
        tank_class = dice.weighted(_CLASSES)
        other_class = tank_class if fair else dice.weighted(_CLASSES)
        tank_class = tank_class if parameters.own_tank is None else parameters.own_tank
        other_class = other_class if parameters.enemy_tank is None else parameters.enemy_tank
        facing = facing_towards(place, (canvas.width // 2, canvas.height // 2))
        other = canvas.image(place)
        if n < teams[0]:
            spawns.append(Spawn(*place, 0, tank_class, facing))
        if n < teams[1]:
            spawns.append(Spawn(*other, 1, other_class, image_facing(canvas.symmetry, facing)))
    return tuple(spawns)


def nearby(canvas: TileCanvas, start: Place, steps: int) -> Iterator[Place]:
    """Yield the tiles that a tank reaches from `start` without shooting, nearest first, up to `steps` away."""
    ring, seen = [start], {start}
    for _ in range(steps + 1):
        yield from ring
        wider = []
        for x, y in ring:
            for dx, dy in STEPS:
                place = (x + dx, y + dy)
                if place not in seen and canvas.is_standing(place):
                    seen.add(place)
                    wider.append(place)
        ring = wider


def _place_core(canvas: TileCanvas, anchor: Place) -> bool:
    """Put the core near team 0's anchor, on a tile where it blocks no path."""
    before = canvas.ground()
    area = before.reachable(anchor)
    for x, y in nearby(canvas, anchor, 4):
        if (x, y) == anchor or not canvas.is_floor((x, y)) or before.open_neighbours((x, y)).bit_count() < 3:
            continue
        canvas.rows[y][x] = rules.CORE
        after = canvas.ground()
        if after.reachable(anchor) == area & ~before.bit((x, y)):
            return True
        canvas.rows[y][x] = rules.FLOOR
    return False


def _place_homes(canvas: TileCanvas, anchor: Place) -> bool:
    """Set up to four home tiles next to the anchor, and the other team's on their images."""
    laid = 0
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        place = (anchor[0] + dx, anchor[1] + dy)
        if canvas.is_floor(place) and canvas.is_floor(canvas.image(place)) and canvas.image(place) != place:
            canvas.put(place, rules.HOME)
            laid += 1
    return laid > 0


def _free_pair(
    canvas: TileCanvas, dice: SeededRandom, taken: set[Place], anchor: Place, distance: int
) -> tuple[Place, ...] | None:
    """Choose a free floor tile and its image, at least `distance` tiles from both anchors."""
    far = canvas.image(anchor)
    for _ in range(60):
        place = (dice.below(canvas.width), dice.below(canvas.height))
        if place in taken or not canvas.is_floor(place):
            continue
        if any(max(abs(place[0] - x), abs(place[1] - y)) < distance for x, y in (anchor, far)):
            continue
        other = canvas.image(place)
        if not canvas.is_floor(other) or other in taken:
            continue
        taken.update((place, other))
        return (place,) if other == place else (place, other)
    return None


def _of_side(canvas: TileCanvas, anchor: Place, places: list[Place], side: str) -> list[Place]:
    """Return the places that are nearer to a team's anchor than to the other's."""
    if side == BOTH:
        return places
    far = canvas.image(anchor)

    def nearer(place: Place) -> bool:
        own = (place[0] - anchor[0]) ** 2 + (place[1] - anchor[1]) ** 2
        other = (place[0] - far[0]) ** 2 + (place[1] - far[1]) ** 2
        return own < other if side == OWN else other < own

    return [place for place in places if nearer(place)]
