"""The look of each event: one table from event kind to effect.

An effect gets the running effects, the event's a and b, and its place x, y (su).
"""

from typing import Final

from game.core import rules
from game.core.sim import events, state
from game.view import particles as p
from game.view.effects import (
    HIT_TICKS,
    LIGHT_LARGE,
    LIGHT_MEDIUM,
    LIGHT_SMALL,
    RECOIL_TICKS,
    RING_LARGE,
    RING_MEDIUM,
    RING_SMALL,
    Effect,
    Effects,
)


def _fired(fx: Effects, seat: int, shot: int, x: float, y: float) -> None:
    fx.recoil[seat] = RECOIL_TICKS
    row = fx.world.tanks[fx.w, seat] if fx.world is not None else None
    aim = float(row[state.TANK_AIM]) / rules.AIMS if row is not None else 0.0
    fx.light(x, y, LIGHT_SMALL, fx.team_colour(seat), 7)
    team = p.TEAM + fx.team_of(seat)
    fx.particles.burst(
        p.SPARK, team, (x, y), 5, speed=(10, 34), life=(5, 12), towards=aim, spread=0.07, drag=0.86
    )


def _banked(fx: Effects, seat: int, shot: int, x: float, y: float) -> None:
    fx.light(x, y, LIGHT_SMALL, fx.palette.danger, 8)
    fx.ring(x, y, RING_SMALL, fx.palette.danger, 12)
    fx.particles.burst(p.SPARK, p.DANGER, (x, y), 8, speed=(10, 36), life=(8, 18), drag=0.88)
    fx.particles.burst(p.DOT, p.WHITE, (x, y), 2, speed=(2, 8), life=(6, 10))


def _mirrored(fx: Effects, seat: int, shot: int, x: float, y: float) -> None:
    fx.light(x, y, LIGHT_SMALL, fx.palette.mirror, 8)
    fx.particles.burst(p.STREAK, p.MIRROR, (x, y), 6, speed=(8, 26), life=(7, 14), drag=0.86)


def _shot_portal(fx: Effects, seat: int, shot: int, x: float, y: float) -> None:
    fx.ring(x, y, RING_SMALL, fx.palette.portals[0], 14)
    fx.particles.burst(p.DOT, p.PORTAL, (x, y), 6, speed=(4, 18), life=(8, 18))


def _shot_ended(fx: Effects, seat: int, shot: int, x: float, y: float) -> None:
    fx.light(x, y, LIGHT_SMALL, fx.team_colour(seat), 6)
    fx.particles.burst(p.SPARK, p.TEAM + fx.team_of(seat), (x, y), 5, speed=(6, 22), life=(6, 14), drag=0.86)


def _shots_cancelled(fx: Effects, seat: int, other: int, x: float, y: float) -> None:
    fx.light(x, y, LIGHT_MEDIUM, (255, 168, 60), 10)
    fx.ring(x, y, RING_MEDIUM, (255, 168, 60), 16)
    for who in (seat, other):
        fx.particles.burst(
            p.STREAK, p.TEAM + fx.team_of(who), (x, y), 7, speed=(12, 42), life=(10, 20), drag=0.88
        )


def _brick_cracked(fx: Effects, seat: int, cell: int, x: float, y: float) -> None:
    fx.particles.burst(p.SHARD, p.BRICK, (x, y), 6, speed=(8, 24), life=(14, 26), drag=0.88, scatter=30)
    fx.light(x, y, LIGHT_SMALL, fx.palette.brick_glow, 7)


def _brick_broken(fx: Effects, seat: int, cell: int, x: float, y: float) -> None:
    if fx.world is not None:
        stride = int(fx.world.head[fx.w, state.STRIDE])
        x = (cell % stride - 0.5) * rules.SU_PER_TILE
        y = (cell // stride - 0.5) * rules.SU_PER_TILE
    fx.particles.burst(p.SHARD, p.BRICK, (x, y), 20, speed=(8, 44), life=(18, 40), drag=0.90, scatter=90)
    fx.particles.burst(p.PUFF, p.BRICK, (x, y), 4, speed=(2, 10), life=(18, 34), scatter=60)
    fx.light(x, y, LIGHT_MEDIUM, fx.palette.brick_glow, 10)
    fx.ring(x, y, RING_MEDIUM, fx.palette.brick_glow, 14)
    fx.shake(0.12, x, y)


def _tank_hit(fx: Effects, seat: int, by: int, x: float, y: float) -> None:
    fx.hit[seat] = HIT_TICKS
    shooter = by & events.SEAT_MASK
    colour = fx.palette.danger if by & (events.BANKED_FLAG | events.MINE_FLAG) else fx.team_colour(shooter)
    fx.light(x, y, LIGHT_MEDIUM, colour, 10)
    fx.ring(x, y, RING_MEDIUM, colour, 14)
    fx.particles.burst(p.STREAK, p.FIRE, (x, y), 9, speed=(14, 46), life=(8, 20), drag=0.87)
    fx.particles.burst(p.SPARK, p.TEAM + fx.team_of(seat), (x, y), 8, speed=(8, 32), life=(10, 24), drag=0.88)
    mine = seat == fx.focus_seat
    fx.shake(0.42 if mine else 0.16, x, y)
    if mine:
        fx.flash.request(0.75, fx.palette.bad)
    if shooter == fx.focus_seat and not mine and by & events.BANKED_FLAG:
        fx.popup(x, y, "hud.bank_shot", fx.palette.danger)


def _tank_shielded(fx: Effects, seat: int, by: int, x: float, y: float) -> None:
    fx.ring(x, y, RING_SMALL, fx.palette.shield, 12)
    fx.light(x, y, LIGHT_MEDIUM, fx.palette.shield, 10)
    fx.particles.burst(p.SPARK, p.SHIELD, (x, y), 9, speed=(10, 34), life=(8, 16), drag=0.86)


def _tank_destroyed(fx: Effects, seat: int, by: int, x: float, y: float) -> None:
    colour, team = fx.team_colour(seat), p.TEAM + fx.team_of(seat)
    fx.light(x, y, LIGHT_LARGE, colour, 22)
    fx.light(x, y, LIGHT_MEDIUM, (255, 168, 60), 14)
    fx.ring(x, y, RING_LARGE, colour, 30)
    fx.ring(x, y, RING_MEDIUM, (255, 168, 60), 18)
    fx.particles.burst(p.STREAK, team, (x, y), 30, speed=(16, 80), life=(14, 40), drag=0.90)
    fx.particles.burst(p.STREAK, p.FIRE, (x, y), 18, speed=(10, 60), life=(12, 34), drag=0.89)
    fx.particles.burst(p.SHARD, team, (x, y), 16, speed=(8, 48), life=(26, 60), drag=0.93)
    fx.particles.burst(p.PUFF, p.FIRE, (x, y), 8, speed=(2, 16), life=(18, 44), scatter=70)
    fx.shake(0.85 if seat == fx.focus_seat else 0.5, x, y)
    fx.flash.request(1.0 if seat == fx.focus_seat else 0.5, colour)
    if by & events.SEAT_MASK == fx.focus_seat and seat != fx.focus_seat:
        fx.popup(x, y, "hud.destroyed", (255, 246, 226))


def _tank_spawned(fx: Effects, seat: int, team: int, x: float, y: float) -> None:
    colour = fx.team_colour(seat)
    fx.ring(x, y, RING_MEDIUM, colour, 22)
    fx.light(x, y, LIGHT_MEDIUM, colour, 20)
    fx.particles.burst(p.DOT, p.TEAM + fx.team_of(seat), (x, y), 14, speed=(2, 16), life=(16, 34), scatter=80)


def _tank_bumped(fx: Effects, seat: int, _b: int, x: float, y: float) -> None:
    if fx.is_visible(seat):
        fx.particles.burst(p.SPARK, p.WHITE, (x, y), 2, speed=(4, 12), life=(5, 10), scatter=30)


def _tank_portal(fx: Effects, seat: int, _b: int, x: float, y: float) -> None:
    fx.ring(x, y, RING_MEDIUM, fx.palette.portals[0], 18)
    fx.light(x, y, LIGHT_MEDIUM, fx.palette.portals[0], 14)
    fx.particles.burst(p.STREAK, p.PORTAL, (x, y), 12, speed=(6, 26), life=(12, 26), scatter=50)


def _dashed(fx: Effects, seat: int, move: int, x: float, y: float) -> None:
    if fx.is_visible(seat):
        fx.ring(x, y, RING_MEDIUM, fx.team_colour(seat), 14)
        team = p.TEAM + fx.team_of(seat)
        fx.particles.burst(
            p.STREAK,
            team,
            (x, y),
            12,
            speed=(16, 44),
            life=(8, 18),
            towards=(move - 1) / 8 + 0.5,
            spread=0.10,
        )


def _mine_laid(fx: Effects, seat: int, _b: int, x: float, y: float) -> None:
    if fx.is_visible(seat):
        fx.ring(x, y, RING_SMALL, fx.team_colour(seat), 14)


def _mine_exploded(fx: Effects, seat: int, victim: int, x: float, y: float) -> None:
    fx.light(x, y, LIGHT_LARGE, fx.palette.danger, 18)
    fx.ring(x, y, RING_LARGE, fx.palette.danger, 24)
    fx.particles.burst(p.STREAK, p.DANGER, (x, y), 22, speed=(14, 62), life=(10, 26), drag=0.89)
    fx.particles.burst(p.PUFF, p.FIRE, (x, y), 6, speed=(2, 14), life=(18, 36), scatter=60)
    fx.shake(0.4, x, y)


def _shield_raised(fx: Effects, seat: int, ticks: int, x: float, y: float) -> None:
    if fx.is_visible(seat):
        fx.ring(x, y, RING_MEDIUM, fx.palette.shield, 18)
        fx.light(x, y, LIGHT_MEDIUM, fx.palette.shield, 12)


def _pickup_taken(fx: Effects, seat: int, kind: int, x: float, y: float) -> None:
    colour = fx.palette.pickups[kind % len(fx.palette.pickups)]
    fx.ring(x, y, RING_MEDIUM, colour, 18)
    fx.particles.burst(p.DOT, p.PICKUP + kind, (x, y), 14, speed=(6, 26), life=(14, 28), drag=0.88)
    if seat == fx.focus_seat:
        fx.popup(x, y, f"hud.pickup.{rules.PICKUP_NAMES[kind]}", colour)


def _pickup_back(fx: Effects, slot: int, kind: int, x: float, y: float) -> None:
    fx.ring(x, y, RING_SMALL, fx.palette.pickups[kind % len(fx.palette.pickups)], 18)
    fx.particles.burst(p.DOT, p.PICKUP + kind, (x, y), 6, speed=(2, 10), life=(12, 22))


def _cell_taken(fx: Effects, seat: int, cell: int, x: float, y: float) -> None:
    fx.ring(x, y, RING_SMALL, fx.palette.energy, 16)
    fx.particles.burst(p.SPARK, p.ENERGY, (x, y), 10, speed=(8, 26), life=(10, 20))


def _cell_dropped(fx: Effects, seat: int, cell: int, x: float, y: float) -> None:
    fx.ring(x, y, RING_MEDIUM, fx.palette.energy, 16)
    fx.particles.burst(p.SPARK, p.ENERGY, (x, y), 8, speed=(6, 20), life=(10, 20))


def _cell_home(fx: Effects, seat: int, cell: int, x: float, y: float) -> None:
    fx.light(x, y, LIGHT_LARGE, fx.palette.energy, 22)
    fx.ring(x, y, RING_LARGE, fx.team_colour(seat), 30)
    fx.particles.burst(p.STREAK, p.ENERGY, (x, y), 18, speed=(8, 36), life=(18, 36))
    fx.popup(x, y, "hud.cell_home", fx.team_colour(seat))


def _core_hit(fx: Effects, seat: int, left: int, x: float, y: float) -> None:
    fx.core_hit = HIT_TICKS
    fx.light(x, y, LIGHT_MEDIUM, fx.palette.bad, 12)
    fx.ring(x, y, RING_LARGE, fx.palette.bad, 22)
    fx.particles.burst(p.SPARK, p.CORE, (x, y), 14, speed=(10, 40), life=(10, 24))
    fx.shake(0.35, x, y)
    fx.flash.request(0.55, fx.palette.bad)


def _wave_began(fx: Effects, wave: int, waves: int, x: float, y: float) -> None:
    fx.flash.request(0.35, fx.palette.warning)
    fx.shake(0.2, x, y)


EFFECTS: Final[dict[int, Effect]] = {
    events.FIRED: _fired,
    events.BANKED: _banked,
    events.MIRRORED: _mirrored,
    events.SHOT_PORTAL: _shot_portal,
    events.SHOT_ENDED: _shot_ended,
    events.SHOTS_CANCELLED: _shots_cancelled,
    events.BRICK_CRACKED: _brick_cracked,
    events.BRICK_BROKEN: _brick_broken,
    events.TANK_HIT: _tank_hit,
    events.TANK_SHIELDED: _tank_shielded,
    events.TANK_DESTROYED: _tank_destroyed,
    events.TANK_SPAWNED: _tank_spawned,
    events.TANK_BUMPED: _tank_bumped,
    events.TANK_PORTAL: _tank_portal,
    events.DASHED: _dashed,
    events.MINE_LAID: _mine_laid,
    events.MINE_EXPLODED: _mine_exploded,
    events.SHIELD_RAISED: _shield_raised,
    events.PICKUP_TAKEN: _pickup_taken,
    events.PICKUP_BACK: _pickup_back,
    events.CELL_TAKEN: _cell_taken,
    events.CELL_DROPPED: _cell_dropped,
    events.CELL_HOME: _cell_home,
    events.CORE_HIT: _core_hit,
    events.WAVE_BEGAN: _wave_began,
}
SILENT: Final = frozenset({events.MATCH_ENDED})  # shown by the banner of the display
