"""The properties of level files, in one table that reader, writer and the Tiled project use.

A class of the table is a class in Tiled, a `Field` is one of its members. Tiled does not write members with default
values; the project is generated from this table, so its defaults are the same.
"""

from typing import Final, NamedTuple

from game.core import rules
from game.core.levels.checks import CORE_HPS, GOALS, TIME_LIMITS
from game.core.levels.model import AUTO_MOOD, FACING_NAMES, FORMAT, LEVEL_MOODS, PORTAL_PAIRS

AUTO: Final = "auto"
INT32: Final = (-(1 << 31), (1 << 31) - 1)  # range of Tiled's whole numbers; larger ones wrap around


class Field(NamedTuple):
    """One property: its value is a text, a number from low to high, true/false, or one of `choices`."""

    name: str
    meaning: str  # a phrase for docs/levels.md, with the unit
    default: str | int | bool
    low: int = 0
    high: int = 0  # highest number; for texts the most characters
    choices: tuple[str, ...] = ()
    enum: str = ""  # name of the choices in Tiled
    as_text: bool = False  # a number beyond INT32 is written as text, which Tiled does not change


TANK_NAMES: Final = tuple(row.name for row in rules.TANK_CLASSES)

_SECONDS: Final = tuple(limit // rules.TICKS_PER_SECOND for limit in (TIME_LIMITS[0], TIME_LIMITS[-1]))
_WAVES: Final = GOALS[rules.DEFEND][-1]
_CELLS: Final = GOALS[rules.COLLECT][-1]

LEVEL_FIELDS: Final = (
    Field(
        "objective",
        "objective of the match",
        rules.OBJECTIVE_NAMES[0],
        choices=rules.OBJECTIVE_NAMES,
        enum="objective",
    ),
    Field("title_en", "title in English; empty: the file's name", "", high=60),
    Field("title_zh", "title in Chinese; empty: the English one", "", high=60),
    Field("author", "who drew it, shown in the list of levels", "", high=60),
    Field("licence", "SPDX id of its licence, such as MIT", "", high=60),
    Field(
        "mood",
        "mood of the music composed for the level; `auto`: chosen by the objective",
        AUTO_MOOD,
        choices=(AUTO_MOOD, *LEVEL_MOODS),
        enum="mood",
    ),
    Field(
        "music",
        "name of the piece to play, shipped or from the player's library; empty, or not found: music composed for the level",
        "",
        high=60,
    ),
    Field(
        "difficulty",
        "intended difficulty, from 1 (easy) to 5; 0: not set; the game shows if the measured one differs",
        0,
        0,
        5,
    ),
    Field(
        "time_limit", f"seconds, {_SECONDS[0]} to {_SECONDS[-1]}; 0: the objective's own", 0, 0, _SECONDS[-1]
    ),
    Field(
        "goal",
        f"waves of `defend`, at most {_WAVES}, or cells of `collect`, at most {_CELLS}; 0: the objective's own",
        0,
        0,
        max(_WAVES, _CELLS),
    ),
    Field("core_hp", "hit points of the core of `defend`", rules.CORE_HP, CORE_HPS[0], CORE_HPS[-1]),
    Field(
        "seed",
        f"seed of a generated level; 0: drawn by hand; above {INT32[1]} as text, since Tiled's whole numbers end there",
        0,
        0,
        (1 << 63) - 1,
        as_text=True,
    ),
    Field("family", "family of a generated level; empty: drawn by hand", "", high=40),
    Field("format", "version of these properties", FORMAT, 1, 1000),
)
SPAWN_FIELDS: Final = (
    Field("team", "team of the tank; 0 is the player's", 0, 0, rules.MAX_TEAMS - 1),
    Field(
        "tank",
        "class of the tank; the player may choose another",
        TANK_NAMES[rules.RANGER],
        choices=TANK_NAMES,
        enum="tank",
    ),
    Field(
        "facing",
        f"direction of the hull at the start; `{AUTO}`: to the middle of the map",
        AUTO,
        choices=(AUTO, *FACING_NAMES),
        enum="facing",
    ),
    Field(
        "player",
        "player's seat, usually of team 0; if several are true, the first counts; if none is, the first start of team 0",
        False,
    ),
    Field(
        "brain",
        "brain or bot, by name (`user/NAME`: the player's own), for this tank in the mixed squad; empty, or not found: any",
        "",
        high=40,
    ),
)
PICKUP_FIELDS: Final = (
    Field(
        "kind", "effect of the pick-up", rules.PICKUP_NAMES[0], choices=rules.PICKUP_NAMES, enum="pickup_kind"
    ),
)
PORTAL_FIELDS: Final = (
    Field(
        "pair",
        "letter of the pair: the same on both ends",
        "A",
        choices=tuple(PORTAL_PAIRS),
        enum="portal_pair",
    ),
)

LEVEL: Final = "level"
SPAWN: Final = "spawn"
PICKUP: Final = "pickup"
CELL: Final = "cell"
PORTAL: Final = "portal"
PINS: Final = "pins"  # class or name of a layer with pins
OBJECT_CLASSES: Final[dict[str, tuple[Field, ...]]] = {SPAWN: SPAWN_FIELDS, PICKUP: PICKUP_FIELDS, CELL: ()}
TILE_CLASSES: Final = {tile.name: tile_id for tile_id, tile in enumerate(rules.TILES)}
