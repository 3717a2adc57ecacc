"""Generates any number of playable levels by seed: `generate(seed)` gives the same level on every platform.

A family draws the terrain; then paths between the starts are opened, areas that stay cut off are filled, and
starts, pick-ups and other objects of the objective are placed on reachable tiles. In `eliminate` and `collect`
teams 0 and 1 are images of each other. Finally `check_arena` checks the level: a level with problems is drawn
again from the seed's next stream.
"""

import hashlib
import re
from dataclasses import replace
from functools import lru_cache
from typing import Final

import numpy as np

from game.core import rules
from game.core.levels.canvas import TileCanvas
from game.core.levels.checks import check_arena
from game.core.levels.dice import SeededRandom
from game.core.levels.endless import ENDLESS_SEEDS, USUAL, Parameters, draw_parameters
from game.core.levels.families import FAMILIES, FAMILY_TITLES
from game.core.levels.furnish import PlacedObjects, place_objects
from game.core.levels.model import GENERATOR, Level, SeatPlan, Title
from game.core.levels.problems import ERROR, suggestion
from game.core.levels.reach import Place
from game.core.levels.symmetry import MIRROR_Y, SYMMETRIES
from game.core.sim.arena import Arena, Spawn

TRAIN_SEEDS: Final = range(100_000)
TEST_SEEDS: Final = range(1_000_000, 1_100_000)
SEED_LIMIT: Final = 1 << 63  # seeds are below this

MIN_SIZE: Final = (12, 10)  # tiles
MAX_SIZE: Final = (40, 30)
DEFAULT_MIN_SIZE: Final = (14, 11)
DEFAULT_MAX_SIZE: Final = (26, 20)  # largest size drawn by published seeds
MAX_TEAM_SIZE: Final = 4  # seats per team

_ATTEMPTS: Final = 40
_ENDLESS_NAME: Final = re.compile(r"([a-z]+)-([a-z]+)-(0|[1-9]\d{0,5})")
_KEPT: Final = 16  # cached endless levels: callers ask for the grade of a new level next, which generates the level again
_PARAMETERS_STREAM: Final = 1 << 33
_SOLID: Final = (rules.WALL, rules.BRICK, rules.MIRROR_SLASH, rules.MIRROR_BACKSLASH, rules.WATER)
_PICKY_ATTEMPTS: Final = (
    12  # the first attempts, which must also look good and not have enemies in sight at the start
)
_MIN_OPEN_PERCENT: Final = 45
_MAX_OPEN_PERCENT: Final = 95
_TILES_PER_MASSIF: Final = 60  # tiles of the level per area of 4 × 4 wall tiles
_STANDING_TABLE: Final = np.array([not tile.blocks_tank for tile in rules.TILES])
_TEAM_SIZES: Final = {
    rules.ELIMINATE: (((1, 1), 55), ((2, 2), 30), ((3, 3), 15)),
    rules.DEFEND: (((1, 2), 50), ((2, 3), 35), ((2, 4), 15)),
    rules.COLLECT: (((1, 1), 55), ((2, 2), 45)),
    rules.SURVIVE: (((1, 2), 60), ((1, 3), 25), ((2, 4), 15)),
}

# Values that a seed draws if the caller gives none. Published seeds depend on them (`train:0`, the test levels of all
# measurements): a longer tuple would change all these levels.
_DRAWN_FAMILIES: Final = ("pillars", "rooms", "canals", "caves", "mirrors", "rings")
_DRAWN_OBJECTIVES: Final = ("eliminate", "defend", "collect", "survive")
_DRAWN_MOODS: Final = ("bright", "calm", "drive", "tense", "dark")


def _stream(family: str, objective: str) -> int:
    """Return the first random stream of a family and an objective: computed from their names: a new row changes no other."""
    if family in _DRAWN_FAMILIES and objective in _DRAWN_OBJECTIVES:
        place = _DRAWN_FAMILIES.index(family) * len(_DRAWN_OBJECTIVES) + _DRAWN_OBJECTIVES.index(objective)
    else:
        name = hashlib.sha256(f"{family} {objective}".encode()).digest()
        place = (1 << 32) + int.from_bytes(name[:4])
    return place * _ATTEMPTS


def generate(
    seed: int,
    family: str | None = None,
    objective: int | str | None = None,
    size: tuple[int, int] | None = None,
    team_sizes: tuple[int, int] | None = None,
) -> Level:
    """Return the level of a seed; arguments that are not given are drawn from the seed.

    size: width and height in tiles, (12, 10) to (40, 30). team_sizes: seats of team 0 and of team 1, 1 to 4
    each. Raises ValueError if an argument is outside its range.
    """
    objective = _check_arguments(seed, family, objective, size, team_sizes)
    dice = SeededRandom(seed)
    drawn_family = dice.pick(_DRAWN_FAMILIES)
    drawn_objective = dice.below(len(_DRAWN_OBJECTIVES))
    drawn_size = tuple(
        dice.between(low, high) for low, high in zip(DEFAULT_MIN_SIZE, DEFAULT_MAX_SIZE, strict=True)
    )
    family = family or drawn_family
    objective = drawn_objective if objective is None else objective
    width, height = size or drawn_size
    stream = _stream(family, rules.OBJECTIVE_NAMES[objective])
    endless = seed in ENDLESS_SEEDS
    parameters = (
        draw_parameters(SeededRandom(seed, _PARAMETERS_STREAM + objective), objective, (width, height))
        if endless
        else USUAL
    )
    if team_sizes:
        parameters = replace(parameters, teams=team_sizes)
    for attempt in range(_ATTEMPTS):
        dice = SeededRandom(seed, 1 + stream + attempt)
        teams = dice.weighted(_TEAM_SIZES[objective])
        made = _draw(
            dice, family, objective, (width, height), replace(parameters, teams=parameters.teams or teams)
        )
        if made is None:
            continue
        canvas, furniture = made
        if attempt < _PICKY_ATTEMPTS and _is_dull(canvas, furniture.spawns):
            continue
        name = _name(seed, family, objective)
        arena = _arena(name, canvas, furniture, objective, parameters)
        if not any(problem.severity == ERROR for problem in check_arena(arena)):
            return _level(arena, seed, family)
    raise RuntimeError(
        f"seed {seed}, {family}, {width}x{height}: found no playable level in {_ATTEMPTS} attempts"
    )


@lru_cache(maxsize=_KEPT)
def by_name(name: str) -> Level | None:
    """Return the endless level of a name, such as rings-defend-17; None for any other text. The last few are cached."""
    found = _ENDLESS_NAME.fullmatch(name)
    if found is None or found[1] not in FAMILIES or found[2] not in rules.OBJECTIVE_NAMES:
        return None
    place = int(found[3])
    return generate(ENDLESS_SEEDS[place], found[1], found[2]) if place < len(ENDLESS_SEEDS) else None


def endless_name(objective: str, place: int) -> str:
    """Return the name of the endless level with a number, without generating it."""
    seed = ENDLESS_SEEDS[place]
    return _name(seed, SeededRandom(seed).pick(_DRAWN_FAMILIES), rules.OBJECTIVE_NAMES.index(objective))


def _check_arguments(
    seed: int,
    family: str | None,
    objective: int | str | None,
    size: tuple[int, int] | None,
    team_sizes: tuple[int, int] | None,
) -> int | None:
    """Refuse arguments outside their range; return the objective as a number."""
    if not 0 <= seed < SEED_LIMIT:
        raise ValueError(f"seed: expected 0 to {SEED_LIMIT - 1}, found {seed}")
    if family is not None and family not in FAMILIES:
        raise ValueError(
            f"family: expected one of {', '.join(FAMILIES)}, found {family!r}{suggestion(family, FAMILIES)}"
        )
    if isinstance(objective, str):
        if objective not in rules.OBJECTIVE_NAMES:
            raise ValueError(
                f"objective: expected one of {', '.join(rules.OBJECTIVE_NAMES)}, found "
                f"{objective!r}{suggestion(objective, rules.OBJECTIVE_NAMES)}"
            )
        objective = rules.OBJECTIVE_NAMES.index(objective)
    if objective is not None and not 0 <= objective < rules.N_OBJECTIVES:
        raise ValueError(f"objective: expected 0 to {rules.N_OBJECTIVES - 1}, found {objective}")
    if size is not None:
        for side, low, high, found in zip(("width", "height"), MIN_SIZE, MAX_SIZE, size, strict=True):
            if not low <= found <= high:
                raise ValueError(f"{side}: expected {low} to {high} tiles, found {found}")
    for team, count in enumerate(team_sizes or ()):
        if not 1 <= count <= MAX_TEAM_SIZE:
            raise ValueError(f"team {team}: expected 1 to {MAX_TEAM_SIZE} seats, found {count}")
    return objective


def _draw(
    dice: SeededRandom, family: str, objective: int, size: tuple[int, int], parameters: Parameters
) -> tuple[TileCanvas, PlacedObjects] | None:
    """Draw one attempt; None if the terrain has no room for the objects."""
    canvas = TileCanvas(*size, dice.pick(SYMMETRIES))
    anchor = _anchor(canvas, dice, parameters.depth)
    FAMILIES[family](canvas, dice)
    if parameters.thin or parameters.cover:
        _open_up(canvas, dice, parameters)
    for x in range(anchor[0] - 1, anchor[0] + 2):
        for y in range(anchor[1] - 1, anchor[1] + 2):
            if canvas.inside((x, y)) and canvas.at((x, y)) != rules.PORTAL:
                canvas.put((x, y), rules.FLOOR)
    _open_way(canvas, dice, anchor)
    _fill_closed(canvas, anchor)
    furniture = place_objects(canvas, dice, anchor, objective, parameters)
    return None if furniture is None else (canvas, furniture)


def _open_up(canvas: TileCanvas, dice: SeededRandom, parameters: Parameters) -> None:
    """Remove some of the solid blocks, and put cover on some of the floor."""
    width, height = canvas.half()
    for y in range(height):
        for x in range(width):
            tile = canvas.at((x, y))
            if tile in _SOLID and dice.chance(parameters.thin):
                canvas.put((x, y), rules.FLOOR)
    for _ in range(canvas.width * canvas.height * parameters.cover // 200):  # each with its image
        place = (dice.below(canvas.width), dice.below(canvas.height))
        if canvas.is_floor(place):
            canvas.put(place, rules.COVER)


def _anchor(canvas: TileCanvas, dice: SeededRandom, depth: int | None = None) -> Place:
    """Return the anchor tile of team 0: near the side farthest from its image, `depth` tiles from that side."""
    across = canvas.symmetry != MIRROR_Y
    long, other = (canvas.width, canvas.height) if across else (canvas.height, canvas.width)
    drawn = dice.between(1, max(1, long // 7))
    depth = drawn if depth is None else min(depth, max(1, long // 4))
    side = dice.between(1, other - 2)
    return (depth, side) if across else (side, depth)


def _open_way(canvas: TileCanvas, dice: SeededRandom, start: Place) -> None:
    """Make sure that a path leads from `start` to its image: if necessary, open one through the middle."""
    if canvas.ground().reachable(start) & canvas.ground().bit(canvas.image(start)):
        return
    middle = (canvas.width // 2, canvas.height // 2)
    _cut(canvas, dice, start, middle)
    _cut(canvas, dice, middle, canvas.image(middle))


def _cut(canvas: TileCanvas, dice: SeededRandom, start: Place, end: Place) -> None:
    """Walk from start to end by random steps that come nearer, and open the tiles on this path."""
    x, y = start
    while True:
        if not canvas.is_passable((x, y)):
            canvas.put((x, y), rules.BRICK if dice.chance(25) else rules.FLOOR)
        left_x, left_y = end[0] - x, end[1] - y
        if not left_x and not left_y:
            return
        if dice.below(abs(left_x) + abs(left_y)) < abs(left_x):
            x += 1 if left_x > 0 else -1
        else:
            y += 1 if left_y > 0 else -1


def _fill_closed(canvas: TileCanvas, start: Place) -> None:
    """Fill all tiles that cannot be reached from `start` with wall, portals included."""
    ground = canvas.ground()
    area = ground.reachable(start)
    for x, y in ground.places(ground.open & ~area):
        canvas.rows[y][x] = rules.WALL
    canvas.portals = [pair for pair in canvas.portals if ground.bit(pair[0]) & area]


def _is_dull(canvas: TileCanvas, spawns: tuple[Spawn, ...]) -> bool:
    """Return whether a level is too closed, too empty, has one big rock, or has enemies in sight at the start."""
    tiles = canvas.tiles()
    standing = int(_STANDING_TABLE[tiles].sum())
    if not _MIN_OPEN_PERCENT <= standing * 100 // tiles.size <= _MAX_OPEN_PERCENT:
        return True
    walls = np.lib.stride_tricks.sliding_window_view(tiles == rules.WALL, (4, 4))
    if int(walls.all((2, 3)).sum()) * _TILES_PER_MASSIF > tiles.size:
        return True
    one, other = spawns[0], spawns[1]
    if one.x != other.x and one.y != other.y:
        return False
    between = [
        (x, y)
        for x in range(min(one.x, other.x), max(one.x, other.x) + 1)
        for y in range(min(one.y, other.y), max(one.y, other.y) + 1)
    ]
    return not any(rules.TILES[canvas.at(place)].stops_shot for place in between)


def _arena(
    name: str, canvas: TileCanvas, furniture: PlacedObjects, objective: int, parameters: Parameters
) -> Arena:
    row = rules.OBJECTIVES[objective]
    return Arena(
        name=name,
        tiles=canvas.tiles(),
        objective=objective,
        spawns=furniture.spawns,
        time_limit=parameters.seconds * rules.TICKS_PER_SECOND if parameters.seconds else row.default_ticks,
        goal=parameters.goal or row.default_goal,
        core_hp=parameters.core_hp or rules.CORE_HP,
        pickups=furniture.pickups,
        cells=furniture.cells,
        portals=tuple(canvas.portals),
    )


def _number(seed: int) -> int:
    """Return the number of a seed in names: for an endless seed its number within the range."""
    return seed - ENDLESS_SEEDS.start if seed in ENDLESS_SEEDS else seed


def _name(seed: int, family: str, objective: int) -> str:
    """Return the level's id; an endless seed has one level for each objective."""
    kind = f"{family}-{rules.OBJECTIVE_NAMES[objective]}" if seed in ENDLESS_SEEDS else family
    return f"{kind}-{_number(seed)}"


def _level(arena: Arena, seed: int, family: str) -> Level:
    player = next(seat for seat, spawn in enumerate(arena.spawns) if spawn.team == 0)
    enemies = sum(spawn.team != 0 for spawn in arena.spawns)
    friends = len(arena.spawns) - enemies
    en, zh = FAMILY_TITLES[family]
    return Level(
        name=arena.name,
        title=Title(f"{en} {_number(seed)}", f"{zh} {_number(seed)}"),
        arena=arena,
        roster=tuple(SeatPlan(player=seat == player) for seat in range(len(arena.spawns))),
        author=GENERATOR,
        licence="MIT",
        mood=_DRAWN_MOODS[seed % len(_DRAWN_MOODS)],
        difficulty=min(5, max(1, 1 + enemies - friends + (enemies > 2))),
        seed=seed,
        family=family,
    )
