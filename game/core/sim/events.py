"""Events of the core: one table of their kinds. Rewards, sound, sparks and telemetry read them.

An event is five numbers: kind, a, b, x, y (su). The table gives the meaning of a and b.
"""

from typing import Final, NamedTuple

FIRED: Final = 1
BANKED: Final = 2
MIRRORED: Final = 3
SHOT_PORTAL: Final = 4
SHOT_ENDED: Final = 5
SHOTS_CANCELLED: Final = 6
BRICK_CRACKED: Final = 7
BRICK_BROKEN: Final = 8
TANK_HIT: Final = 9
TANK_SHIELDED: Final = 10
TANK_DESTROYED: Final = 11
TANK_SPAWNED: Final = 12
TANK_BUMPED: Final = 13
TANK_PORTAL: Final = 14
DASHED: Final = 15
MINE_LAID: Final = 16
MINE_EXPLODED: Final = 17
SHIELD_RAISED: Final = 18
PICKUP_TAKEN: Final = 19
PICKUP_BACK: Final = 20
CELL_TAKEN: Final = 21
CELL_DROPPED: Final = 22
CELL_HOME: Final = 23
CORE_HIT: Final = 24
WAVE_BEGAN: Final = 25
MATCH_ENDED: Final = 26


class EventKind(NamedTuple):
    """One row of the event table."""

    kind: int
    name: str
    a: str
    b: str


EVENTS: Final = (
    EventKind(FIRED, "fired", "seat", "shot id"),
    EventKind(BANKED, "banked", "owner seat", "shot id"),
    EventKind(MIRRORED, "mirrored", "owner seat", "shot id"),
    EventKind(SHOT_PORTAL, "shot_portal", "owner seat", "shot id"),
    EventKind(SHOT_ENDED, "shot_ended", "owner seat", "shot id"),
    EventKind(SHOTS_CANCELLED, "shots_cancelled", "owner seat", "other owner seat"),
    EventKind(BRICK_CRACKED, "brick_cracked", "owner seat", "terrain index"),
    EventKind(BRICK_BROKEN, "brick_broken", "owner seat", "terrain index"),
    EventKind(TANK_HIT, "tank_hit", "seat hit", "by seat, + 256 when the shot had banked, + 512 for a mine"),
    EventKind(TANK_SHIELDED, "tank_shielded", "seat", "by seat"),
    EventKind(TANK_DESTROYED, "tank_destroyed", "seat", "by seat, + 256 / + 512 as in tank_hit"),
    EventKind(TANK_SPAWNED, "tank_spawned", "seat", "team"),
    EventKind(TANK_BUMPED, "tank_bumped", "seat", "0"),
    EventKind(TANK_PORTAL, "tank_portal", "seat", "0"),
    EventKind(DASHED, "dashed", "seat", "move"),
    EventKind(MINE_LAID, "mine_laid", "seat", "0"),
    EventKind(MINE_EXPLODED, "mine_exploded", "owner seat", "seat hit, or -1"),
    EventKind(SHIELD_RAISED, "shield_raised", "seat", "ticks"),
    EventKind(PICKUP_TAKEN, "pickup_taken", "seat", "kind"),
    EventKind(PICKUP_BACK, "pickup_back", "slot", "kind"),
    EventKind(CELL_TAKEN, "cell_taken", "seat", "cell"),
    EventKind(CELL_DROPPED, "cell_dropped", "seat", "cell"),
    EventKind(CELL_HOME, "cell_home", "seat", "cell"),
    EventKind(CORE_HIT, "core_hit", "by seat", "hit points left"),
    EventKind(WAVE_BEGAN, "wave_began", "wave, from 1", "waves in all"),
    EventKind(MATCH_ENDED, "match_ended", "winning team, or -1", "1 when the clock ended it"),
)
N_EVENT_KINDS: Final = len(EVENTS)  # kinds are 1 to this number
BANKED_FLAG: Final = 256
MINE_FLAG: Final = 512
SEAT_MASK: Final = 255
