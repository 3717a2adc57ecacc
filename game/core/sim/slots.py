"""The slot table: the meaning of every number of an observation.

The table is the single source: offsets in the kernels, the Gymnasium space, the hash in a policy's contract, the
documentation and the debug overlay derive from it. Distances are in tiles divided by FAR_TILES and clipped; x grows
right, y grows down; "own" is the observing tank.
"""

import hashlib
from typing import Final, NamedTuple

import numpy as np

from game.core import rules

FAR_TILES: Final = 16  # a distance of 1.0
ENEMIES: Final = 3  # nearest known enemies described
ENEMY_SIZE: Final = 10
THREATS: Final = 3  # most urgent shots described
THREAT_SIZE: Final = 7
RAYS: Final = 8
DANGER_TICKS: Final = 30  # how far ahead the danger slots look


class Slot(NamedTuple):
    """One named group of consecutive numbers in an observation."""

    name: str
    size: int
    low: float
    high: float
    meaning: str


SLOTS: Final = (
    Slot("own_class", rules.N_CLASSES, 0, 1, f"one-hot: {', '.join(row.name for row in rules.TANK_CLASSES)}"),
    Slot("own_hp", 1, 0, 1, "hit points / armour of the class"),
    Slot("own_reload", 1, 0, 1, "ticks until it can fire / 64"),
    Slot("own_special", 1, 0, 1, "ticks until the special is ready / 512"),
    Slot("own_boosts", 4, 0, 1, "ticks left of shield, triple, bank, speed / 1024"),
    Slot("own_aim", 2, -1, 1, "turret: cos, sin"),
    Slot("own_place", 2, 0, 1, "x, y / arena size"),
    Slot("own_velocity", 2, -1, 1, "su moved in the last tick / 128"),
    Slot("own_hidden", 1, 0, 1, "hidden from at least one other team"),
    Slot("own_carry", 1, 0, 1, "carries an energy cell"),
    Slot("rays", RAYS, 0, 1, "free tiles for a tank in the directions of moves 1 to 8, / 8"),
    Slot(
        "danger",
        rules.N_MOVES,
        0,
        1,
        "per move 0 to 8: how soon a shot would hit, 1 now, 0 not within 30 ticks",
    ),
    Slot(
        "way_objective", 3, -1, 1, "next step towards the objective: x, y in tiles; length of the path / 64"
    ),
    Slot("way_enemy", 3, -1, 1, "next step towards the nearest known enemy: x, y in tiles; length / 64"),
    Slot("way_pickup", 3, -1, 1, "next step towards the nearest pick-up: x, y in tiles; length / 64"),
    Slot(
        "pickup_kind",
        len(rules.PICKUP_NAMES),
        0,
        1,
        f"one-hot: {', '.join(rules.PICKUP_NAMES)}; zeros when there is none",
    ),
    Slot("objective", rules.N_OBJECTIVES, 0, 1, f"one-hot: {', '.join(rules.OBJECTIVE_NAMES)}"),
    Slot("role", 1, 0, 1, "1 for team 0, which defends or survives; 0 otherwise"),
    Slot("clock", 1, 0, 1, "time left / time limit"),
    Slot("scores", 2, 0, 1, "own team's score, best other team's score / 16"),
    Slot("core_hp", 1, 0, 1, "hit points of the core / all; 0 without a core"),
    Slot("mine", 2, -1, 1, "nearest enemy mine within 4 tiles, armed or not: x, y / 4 tiles; zeros: none"),
    Slot("ally", 4, -1, 1, "nearest ally: present, x, y, hit points"),
    Slot(
        "enemies",
        ENEMIES * ENEMY_SIZE,
        -1,
        1,
        "nearest known enemies, each: present, x, y, closeness, velocity x, y (su / 128), hit points, "
        "age of the sighting / 600 ticks, shielded, how directly its turret points here (cosine)",
    ),
    Slot(
        "threats",
        THREATS * THREAT_SIZE,
        -1,
        1,
        "most urgent shots that can hurt, each: present, x, y, velocity x, y (su / 128), "
        "urgency (1 now, 0 in 60 ticks), miss distance in tiles",
    ),
    Slot(
        "best_shot",
        5,
        -1,
        1,
        "the previewed flight that meets an enemy soonest: present, aim cos, sin, ticks / 75, banks / 4",
    ),
    Slot("best_position", rules.POSITIONS, 0, 1, "one-hot: position within the sector of that flight"),
    Slot(
        "preview_target",
        rules.SECTORS,
        -1,
        1,
        "per aim sector what a shot fired now would meet first: enemy 1, enemy core 0.75, brick 0.25, nothing 0, "
        "self or ally after a bank -1; all tanks are assumed to keep their velocity",
    ),
    Slot("preview_ticks", rules.SECTORS, 0, 1, "per sector the ticks until then / 75"),
    Slot("preview_banks", rules.SECTORS, 0, 1, "per sector the banks used until then / 4"),
    Slot(
        "preview_position",
        rules.SECTORS,
        -1,
        1,
        "per sector the previewed position, which passes nearest to an enemy: -1 first, 1 last",
    ),
)


def slot_offsets() -> dict[str, int]:
    """Return the index at which each slot begins in an observation."""
    offsets: dict[str, int] = {}
    total = 0
    for slot in SLOTS:
        offsets[slot.name] = total
        total += slot.size
    return offsets


OFFSETS: Final = slot_offsets()
OBSERVATION_SIZE: Final = sum(slot.size for slot in SLOTS)


def slot_bounds() -> tuple[
    "np.ndarray[tuple[int], np.dtype[np.float32]]", "np.ndarray[tuple[int], np.dtype[np.float32]]"
]:
    """Return the lowest and highest value of every number of an observation, float32 (OBSERVATION_SIZE,)."""
    low = np.concatenate([np.full(slot.size, slot.low, np.float32) for slot in SLOTS])
    high = np.concatenate([np.full(slot.size, slot.high, np.float32) for slot in SLOTS])
    return low, high


def slots_hash() -> str:
    """Return the hash of the table (names, sizes, ranges, order), hex."""
    text = "\n".join(f"{s.name} {s.size} {s.low:g} {s.high:g}" for s in SLOTS)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def slot_table_markdown() -> str:
    """Return the table as Markdown, for the documentation."""
    lines = ["| slot | from | size | range | meaning |", "|---|---|---|---|---|"]
    for slot in SLOTS:
        span = f"{slot.low:g} to {slot.high:g}"
        lines.append(f"| `{slot.name}` | {OFFSETS[slot.name]} | {slot.size} | {span} | {slot.meaning} |")
    return "\n".join(lines) + "\n"
