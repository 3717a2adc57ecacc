"""The properties of level files, in one table: reader, writer and the Tiled project all follow it.

A class of the table is a class in Tiled, a `Field` one of its members. Tiled leaves out members that hold
their default, so defaults here and in the project are the same by construction.
"""

from typing import Final, NamedTuple

from game import rules
from game.levels.checks import CORE_HPS
from game.levels.model import FACING_NAMES, FORMAT, MOODS, PORTAL_PAIRS

AUTO: Final = "auto"


class Field(NamedTuple):
    """One property: its values are texts, numbers from low to high, yes/no, or one of `choices`."""

    name: str
    default: str | int | bool
    low: int = 0
    high: int = 0  # of numbers; of texts: characters
    choices: tuple[str, ...] = ()
    enum: str = ""  # name of the choices in Tiled


TANK_NAMES: Final = tuple(row.name for row in rules.TANK_CLASSES)

LEVEL_FIELDS: Final = (
    Field("objective", rules.OBJECTIVE_NAMES[0], choices=rules.OBJECTIVE_NAMES, enum="objective"),
    Field("title_en", "", high=60),
    Field("title_zh", "", high=60),
    Field("author", "", high=60),
    Field("licence", "", high=60),
    Field("mood", "drive", choices=MOODS, enum="mood"),
    Field("difficulty", 1, 1, 5),
    Field("time_limit", 0, 0, 600),  # seconds, 0: the objective's own
    Field("goal", 0, 0, 50),  # 0: the objective's own
    Field("core_hp", rules.CORE_HP, CORE_HPS[0], CORE_HPS[-1]),
    Field("seed", 0, 0, (1 << 63) - 1),
    Field("family", "", high=40),
    Field("format", FORMAT, 1, 1000),
)
SPAWN_FIELDS: Final = (
    Field("team", 0, 0, rules.MAX_TEAMS - 1),
    Field("tank", TANK_NAMES[rules.RANGER], choices=TANK_NAMES, enum="tank"),
    Field("facing", AUTO, choices=(AUTO, *FACING_NAMES), enum="facing"),
    Field("player", False),
    Field("brain", "", high=40),
)
PICKUP_FIELDS: Final = (Field("kind", rules.PICKUP_NAMES[0], choices=rules.PICKUP_NAMES, enum="pickup_kind"),)
PORTAL_FIELDS: Final = (Field("pair", "A", choices=tuple(PORTAL_PAIRS), enum="portal_pair"),)

LEVEL: Final = "level"
SPAWN: Final = "spawn"
PICKUP: Final = "pickup"
CELL: Final = "cell"
PORTAL: Final = "portal"
OBJECT_CLASSES: Final[dict[str, tuple[Field, ...]]] = {SPAWN: SPAWN_FIELDS, PICKUP: PICKUP_FIELDS, CELL: ()}
TILE_CLASSES: Final = {tile.name: tile_id for tile_id, tile in enumerate(rules.TILES)}
