"""The sound of each event of the core, panned by its place on the screen."""

from collections.abc import Callable
from typing import Final

from game.app.sound.audio import Audio
from game.core import rules
from game.core.sim import events as ev
from game.core.sim import state as st
from game.core.sim.state import World

SHOT_SOUNDS: Final = tuple(f"shot_{tank.name}" for tank in rules.TANK_CLASSES)
PICKUP_SOUNDS: Final = tuple(f"pickup_{name}" for name in rules.PICKUP_NAMES)
MOST_BANK_SOUNDS: Final = 4
# Events whose sound does not depend on other data
PLAIN: Final = {
    ev.MIRRORED: "mirror",
    ev.SHOT_PORTAL: "portal",
    ev.SHOT_ENDED: "fizzle",
    ev.SHOTS_CANCELLED: "cancel",
    ev.BRICK_CRACKED: "brick_crack",
    ev.BRICK_BROKEN: "brick_break",
    ev.TANK_SHIELDED: "shielded",
    ev.TANK_SPAWNED: "spawn",
    ev.TANK_PORTAL: "portal",
    ev.DASHED: "dash",
    ev.MINE_LAID: "mine",
    ev.MINE_EXPLODED: "mine_explosion",
    ev.SHIELD_RAISED: "shield",
    ev.CELL_TAKEN: "cell_taken",
    ev.CELL_DROPPED: "cell_dropped",
    ev.CELL_HOME: "cell_home",
    ev.CORE_HIT: "core_hit",
    ev.WAVE_BEGAN: "wave",
}
EVERYWHERE: Final = (ev.WAVE_BEGAN, ev.CORE_HIT, ev.MATCH_ENDED)  # heard in the middle


def sound_of(world: World, w: int, row: list[int], own_seat: int) -> str | None:
    """Return the sound of one event row (kind, a, b, x, y), None for a silent one."""
    kind, a, b = row[0], row[1], row[2]
    if kind == ev.FIRED:
        return SHOT_SOUNDS[int(world.tanks[w, a, st.TANK_CLASS]) % rules.N_CLASSES]
    if kind == ev.BANKED:
        return f"bank_{min(MOST_BANK_SOUNDS, max(1, _banks_of(world, w, b)))}"
    if kind == ev.TANK_HIT:
        return "hit_own" if a == own_seat else "hit"
    if kind == ev.TANK_DESTROYED:
        return "explosion_own" if a == own_seat else "explosion"
    if kind == ev.PICKUP_TAKEN:
        return PICKUP_SOUNDS[b % len(PICKUP_SOUNDS)]
    return PLAIN.get(kind)


def _banks_of(world: World, w: int, shot_id: int) -> int:
    """Return how often the shot of that number has banked; 1 if it no longer exists."""
    for slot in range(int(world.head[w, st.N_SHOTS])):
        if world.shots[w, slot, st.SHOT_ID] == shot_id:
            return int(world.shots[w, slot, st.SHOT_BANKS])
    return 1


def play_events(
    audio: Audio,
    world: World,
    w: int,
    own_seat: int,
    to_screen: Callable[[tuple[float, float]], tuple[float, float]],
    width: int,
) -> None:
    """Play the sounds of this tick's events; `width` is the window's, in pixels."""
    for row in world.events[w, : int(world.head[w, st.N_EVENTS])].tolist():
        name = sound_of(world, w, row, own_seat)
        if name is None:
            continue
        pan = 0.0
        if row[0] not in EVERYWHERE:
            x, _ = to_screen((row[3], row[4]))
            pan = min(0.85, max(-0.85, 2 * x / max(1, width) - 1))
        audio.play(name, pan)
