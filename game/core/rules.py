"""All gameplay numbers, ids and caps of Bankshot: the only place to tune the game.

Units: su = sub-unit (256 su = 1 tile), tick = 1/60 s, aim = 1/256 of a turn, clockwise on the screen
(x grows right, y grows down; aim 0 points right, 64 down). `game/core/sim/tick.py` describes what happens in a tick.
"""

from typing import Final, NamedTuple

FORMAT_VERSION: Final = 2  # version of rules and state; raise it when old replays no longer play as recorded

# Time and space
TICKS_PER_SECOND: Final = 60
DECISION_PERIOD: Final = 4  # ticks between two decisions of an NPC
SU_PER_TILE: Final = 256
MIN_SIDE: Final = 8  # tiles
MAX_SIDE: Final = 64  # tiles
AIMS: Final = 256  # directions of the turret
SECTORS: Final = 32  # aim sectors of an NPC's action
POSITIONS: Final = AIMS // SECTORS  # aims within a sector

# Caps: sizes of the arrays of a world
MAX_SEATS: Final = 16
MAX_TEAMS: Final = 4
MAX_SHOTS: Final = 64
MAX_MINES: Final = 16
MAX_PICKUPS: Final = 24
MAX_CELLS: Final = 12  # energy cells
MAX_EVENTS: Final = 128  # per tick; further ones are only counted

# Tiles. Ids are stored in levels' arenas and in replays: append, never renumber.
FLOOR: Final = 0
WALL: Final = 1
BRICK: Final = 2
BRICK_CRACKED: Final = 3
WATER: Final = 4
COVER: Final = 5
MIRROR_SLASH: Final = 6  # ╱
MIRROR_BACKSLASH: Final = 7  # ╲
PORTAL: Final = 8
CORE: Final = 9  # the tile that `defend` protects
HOME: Final = 10  # HOME + team, for four teams: tiles to which `collect` brings the cells


class Tile(NamedTuple):
    """What a tile does to tanks and shots."""

    name: str
    blocks_tank: bool
    stops_shot: bool  # a shot's flight ends or turns here


TILES: Final = (
    Tile("floor", False, False),
    Tile("wall", True, True),
    Tile("brick", True, True),
    Tile("brick_cracked", True, True),
    Tile("water", True, False),
    Tile("cover", False, False),
    Tile("mirror_slash", True, True),
    Tile("mirror_backslash", True, True),
    Tile("portal", False, True),
    Tile("core", True, True),
    Tile("home_0", False, False),
    Tile("home_1", False, False),
    Tile("home_2", False, False),
    Tile("home_3", False, False),
)
N_TILES: Final = len(TILES)

# Tank classes and their specials
SCOUT: Final = 0
RANGER: Final = 1
HEAVY: Final = 2
SPECIAL_DASH: Final = 0
SPECIAL_MINE: Final = 1
SPECIAL_SHIELD: Final = 2
SPECIAL_NAMES: Final = ("dash", "mine", "shield")


class TankClass(NamedTuple):
    """One row of the tank table."""

    name: str
    speed: int  # su per tick
    armour: int  # hit points
    reload: int  # ticks between two shots
    shot_speed: int  # su per tick
    banks: int  # walls a shot may bank off
    damage: int  # hit points a shot takes
    special: int  # SPECIAL_*
    special_cooldown: int  # ticks


TANK_CLASSES: Final = (
    TankClass("scout", 22, 3, 26, 64, 1, 1, SPECIAL_DASH, 150),
    TankClass("ranger", 18, 4, 30, 60, 2, 1, SPECIAL_MINE, 300),
    TankClass("heavy", 14, 6, 42, 54, 1, 2, SPECIAL_SHIELD, 420),
)
N_CLASSES: Final = len(TANK_CLASSES)

TANK_RADIUS: Final = 96  # su; half the side of the box that collides with tiles and other tanks
CORNER_ASSIST: Final = 80  # su; a tank this near to an opening slides into it
HIT_RADIUS: Final = 116  # su between the centres of a shot and a tank
SHOT_LIFE: Final = 150  # ticks
SHOTS_PER_TANK: Final = 6  # in flight at once
CANCEL_RADIUS: Final = 64  # su between two shots that cancel each other
HIT_GRACE: Final = 12  # ticks without further damage after a hit
REVEAL_TICKS: Final = 60  # how long firing reveals a tank in cover, ticks
REVEAL_RANGE: Final = 512  # su; nearer enemies see a tank in cover
SPAWN_SHIELD: Final = 90  # ticks of protection after a respawn

DASH_TICKS: Final = 9
DASH_SPEED: Final = 70  # su per tick
MINE_ARM_TICKS: Final = 45
MINE_RADIUS: Final = 150  # su; an enemy this near explodes it
MINE_DAMAGE: Final = 2
MINE_LIFE: Final = 1800  # ticks
SHIELD_TICKS: Final = 90

# Pick-ups
PICKUP_REPAIR: Final = 0
PICKUP_SHIELD: Final = 1
PICKUP_TRIPLE: Final = 2
PICKUP_BANK: Final = 3
PICKUP_SPEED: Final = 4
PICKUP_NAMES: Final = ("repair", "shield", "triple", "bank", "speed")
PICKUP_RADIUS: Final = 150  # su
PICKUP_RESPAWN: Final = 720  # ticks
REPAIR_AMOUNT: Final = 2  # hit points
PICKUP_SHIELD_TICKS: Final = 180
TRIPLE_TICKS: Final = 480
TRIPLE_SPREAD: Final = 8  # aims between the three shots
BANK_TICKS: Final = 600  # ticks of one more bank
SPEED_TICKS: Final = 360
SPEED_PERCENT: Final = 135

# Objectives
ELIMINATE: Final = 0
DEFEND: Final = 1
COLLECT: Final = 2
SURVIVE: Final = 3
OBJECTIVE_NAMES: Final = ("eliminate", "defend", "collect", "survive")
N_OBJECTIVES: Final = len(OBJECTIVE_NAMES)
NO_RESPAWN: Final = -1


class Objective(NamedTuple):
    """Rules of one objective. Team 0 defends in `defend` and survives in `survive`; team 1 attacks."""

    name: str
    respawn_own: int  # ticks until team 0 respawns, NO_RESPAWN: never
    lives_own: int  # lives of each tank of team 0; 0: unlimited
    respawn_enemy: int  # the same for every other team
    default_ticks: int  # ticks; time limit if the level gives none
    default_goal: int  # cells to bring home (collect), waves (defend); unused otherwise


OBJECTIVES: Final = (
    Objective("eliminate", NO_RESPAWN, 0, NO_RESPAWN, 60 * 90, 0),
    Objective("defend", 240, 0, NO_RESPAWN, 60 * 120, 4),
    Objective("collect", 180, 0, 180, 60 * 120, 5),
    Objective("survive", 180, 3, 360, 60 * 60, 0),
)
CORE_HP: Final = 45  # hit points if the level gives none
WAVE_PAUSE: Final = 180  # ticks between two waves
CELL_RADIUS: Final = 160  # su
CELL_RESPAWN: Final = 240  # ticks after it was brought home

# Points of a seat's score, by what it did
POINTS_KILL: Final = 100
POINTS_HIT: Final = 10
POINTS_BANK_HIT: Final = 25  # added if the shot had banked
POINTS_CELL: Final = 150
POINTS_PICKUP: Final = 5
POINTS_CORE: Final = 20  # per hit point taken from the core
POINTS_SURVIVED_SECOND: Final = 2

# Moves: 0 stands, 1..8 are the compass points clockwise from right
MOVES: Final = ((0, 0), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
N_MOVES: Final = len(MOVES)
DIAGONAL: Final = 181  # 256 / √2: speed along each axis, of 256
ACTION_HEADS: Final = (
    ("move", N_MOVES),
    ("aim_sector", SECTORS),
    ("aim_position", POSITIONS),
    ("fire", 2),
    ("special", 2),
)

# Senses of an NPC
PREVIEW_TICKS: Final = 75  # how far ahead the sight line is computed, ticks

# Directions: cos(2πa/256) × 16384 for a quarter turn, as a table, so that it does not depend on a platform's libm
AIM_SCALE: Final = 16384
# fmt: off
QUARTER_COSINE: Final = (
    16384, 16379, 16364, 16340, 16305, 16261, 16207, 16143, 16069, 15986, 15893, 15791, 15679,
    15557, 15426, 15286, 15137, 14978, 14811, 14635, 14449, 14256, 14053, 13842, 13623, 13395,
    13160, 12916, 12665, 12406, 12140, 11866, 11585, 11297, 11003, 10702, 10394, 10080, 9760,
    9434, 9102, 8765, 8423, 8076, 7723, 7366, 7005, 6639, 6270, 5897, 5520, 5139, 4756, 4370,
    3981, 3590, 3196, 2801, 2404, 2006, 1606, 1205, 804, 402, 0,
)
# fmt: on
