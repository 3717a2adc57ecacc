"""Proof that a preview is what happens: sight lines against shots that are really fired, and eight flights at once against one.

    python -m tests.core.sim.flown                      # a million flights, some minutes of one processor
    python -m tests.core.sim.flown --flights 20000

On every built-in level and 300 generated ones tanks of all classes are strewn over the free tiles. Each of the 32
previewed shots of one of them is fired, and what it meets, in which tick and after how many banks must be what the senses said.
The targets stand. In a second round they have velocities, up to the fastest, and some are hidden: there every number of
`fan.fly_fan` must equal that of `preview.fly_preview`, which flies one shot.

Not promised: what a target does that changes its velocity, and what other shots change under way. And where a shot comes within
reach of an enemy and of its own side in the very same tick, the senses name the enemy and the tick takes the lower seat: such
ties are counted, not compared.
"""

import argparse
import os
import sys
from typing import Final

os.environ.setdefault("BANKSHOT_PREBUILT", "0")  # the kernels below call the core's: numba compiles all of it

import numpy as np

from game.core import rules
from game.core.levels.catalogue import select
from game.core.levels.model import Level
from game.core.sim import arena as ar
from game.core.sim import events as ev
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.fan import FAN_AIM, FAN_BANKS, FAN_KIND, FAN_SIZE, FAN_TICKS, FAN_TURN, fly_fan
from game.core.sim.flight import tile_map
from game.core.sim.jit import jit
from game.core.sim.meeting import (
    CENTRE,
    MEETS_BRICK,
    MEETS_CORE,
    MEETS_ENEMY,
    MEETS_NOTHING,
    MEETS_OWN,
    Firing,
    gather_targets,
)
from game.core.sim.preview import PREVIEW_SCRATCH, fly_preview
from game.core.sim.state import World
from game.core.sim.tanks import bank_limit
from game.core.sim.tick import tick

GENERATED: Final = 300
TIES: Final = MEETS_CORE + 1
FANS: Final = PREVIEW_SCRATCH - 2 * FAN_SIZE


@jit
def _firing(world: World, seat: int) -> Firing:
    tanks = world.tanks
    return Firing(
        tanks[0, seat, st.TANK_X] << 8,
        tanks[0, seat, st.TANK_Y] << 8,
        tanks[0, seat, st.TANK_CLASS],
        bank_limit(tanks, 0, seat),
        world.head[0, st.OBJECTIVE] == rules.DEFEND and tanks[0, seat, st.TANK_TEAM] != 0,
    )


@jit
def fan_of(world: World, levels: ar.Levels, seat: int, scratch: IntArray) -> None:
    """Fly all sectors and then, where a turn was found, the turned aims: as the senses do."""
    ground = tile_map(world, levels, 0)
    targets = gather_targets(world.tanks, 0, world.head[0, st.N_SEATS], seat, scratch)
    firing = _firing(world, seat)
    for sector in range(rules.SECTORS):
        scratch[FANS + FAN_AIM + sector] = sector * rules.POSITIONS + CENTRE
    fly_fan(ground, targets, firing, True, scratch, FANS, rules.SECTORS)
    second = FANS + FAN_SIZE
    for sector in range(rules.SECTORS):
        scratch[second + FAN_AIM + sector] = (
            scratch[FANS + FAN_AIM + sector] + scratch[FANS + FAN_TURN + sector]
        )
    fly_fan(ground, targets, firing, False, scratch, second, rules.SECTORS)


@jit
def fan_differs(world: World, levels: ar.Levels, seat: int, scratch: IntArray) -> int:
    """Return how many of the two fans' flights differ from what `fly_preview` says."""
    ground = tile_map(world, levels, 0)
    targets = gather_targets(world.tanks, 0, world.head[0, st.N_SEATS], seat, scratch)
    firing = _firing(world, seat)
    different = 0
    for n in range(2 * rules.SECTORS):
        at = FANS + n if n < rules.SECTORS else FANS + FAN_SIZE + n - rules.SECTORS
        kind, ticks, banks, turn = fly_preview(
            ground, targets, firing, scratch[at + FAN_AIM], n < rules.SECTORS
        )
        same = kind == scratch[at + FAN_KIND] and ticks == scratch[at + FAN_TICKS]
        if not (same and banks == scratch[at + FAN_BANKS] and turn == scratch[at + FAN_TURN]):
            different += 1
    return different


@jit
def copy_first(world: World) -> None:
    """Copy world 0 over world 1, but for the events."""
    for n in range(world.head.shape[1]):
        world.head[1, n] = world.head[0, n]
    for n in range(world.terrain.shape[1]):
        world.terrain[1, n] = world.terrain[0, n]
    for rows in (world.tanks, world.shots, world.mines, world.pickups, world.cells):
        for row in range(rows.shape[1]):
            for n in range(rows.shape[2]):
                rows[1, row, n] = rows[0, row, n]
    for team in range(world.seen.shape[1]):
        for row in range(world.seen.shape[2]):
            for n in range(world.seen.shape[3]):
                world.seen[1, team, row, n] = world.seen[0, team, row, n]
    for n in range(2):
        world.rng[1, n] = world.rng[0, n]


@jit
def flown(world: World, levels: ar.Levels, seat: int, aim: int, actions: IntArray) -> tuple[int, int, int]:
    """Fire in a copy of world 0; return (what the shot meets, ticks until then, banks)."""
    copy_first(world)
    for other in range(world.tanks.shape[1]):
        actions[1, other, :] = 0
        actions[1, other, st.ACTION_AIM] = world.tanks[0, other, st.TANK_AIM]
    actions[1, seat, st.ACTION_AIM] = aim
    actions[1, seat, st.ACTION_FIRE] = 1
    banks = 0
    for now in range(1, rules.PREVIEW_TICKS + 1):
        tick(world, levels, 1, actions)
        actions[1, seat, st.ACTION_FIRE] = 0
        meets = -1
        for n in range(world.head[1, st.N_EVENTS]):
            kind = world.events[1, n, st.EVENT_KIND]
            if kind == ev.BANKED:
                banks += 1
            elif kind == ev.TANK_HIT:
                hit = world.events[1, n, st.EVENT_A]
                own = world.tanks[0, hit, st.TANK_TEAM] == world.tanks[0, seat, st.TANK_TEAM]
                meets = MEETS_OWN if own else MEETS_ENEMY
            elif kind == ev.BRICK_CRACKED or kind == ev.BRICK_BROKEN:
                meets = MEETS_BRICK
            elif kind == ev.CORE_HIT:
                meets = MEETS_CORE
        if meets >= 0:
            return meets, now, banks
        if world.head[1, st.N_SHOTS] == 0:
            return MEETS_NOTHING, now, banks
    return MEETS_NOTHING, rules.PREVIEW_TICKS, banks


@jit
def flown_differs(
    world: World, levels: ar.Levels, seat: int, actions: IntArray, scratch: IntArray, met: IntArray
) -> int:
    """Fire every previewed shot; return how many do not do what was said. met: MEETS_* and TIES counted."""
    different = 0
    second = FANS + FAN_SIZE
    for sector in range(rules.SECTORS):
        kind, ticks, banks = flown(world, levels, seat, scratch[second + FAN_AIM + sector], actions)
        same = kind == scratch[second + FAN_KIND + sector]
        if kind != MEETS_NOTHING:
            same = same and ticks == scratch[second + FAN_TICKS + sector]
            same = same and banks == scratch[second + FAN_BANKS + sector]
        tie = kind == MEETS_OWN and scratch[second + FAN_KIND + sector] == MEETS_ENEMY
        tie = tie and ticks == scratch[second + FAN_TICKS + sector]
        met[kind] += 1
        met[TIES] += int(tie)
        if not (same or tie):
            different += 1
    return different


class Strewn:
    """A level with its tanks strewn over the free tiles."""

    def __init__(self, level: Level, seed: int) -> None:
        self.source = np.random.default_rng(seed)
        self.levels = ar.pack_arenas([level.arena])
        self.seats = len(level.arena.spawns)
        self.free = np.argwhere(level.arena.tiles == rules.FLOOR)
        self.world = st.new_world(2, self.seats, ar.terrain_of(level.arena).size)
        roster = np.array([[(spawn.team, 0) for spawn in level.arena.spawns]] * 2, np.int64)
        setup.begin_match(self.world, self.levels, 0, 0, seed, roster, 0)
        head = self.world.head[0]
        head[st.TIME_LIMIT] = head[st.WAVE_PAUSE_LEFT] = 10**6
        head[st.CORE_HP] = head[st.CORE_HP_MAX] = 1000
        self.world.pickups[...] = 0
        self.world.cells[...] = 0
        self.actions: IntArray = np.zeros((2, self.seats, st.ACTION_SIZE), np.int64)
        self.scratch: IntArray = np.zeros(PREVIEW_SCRATCH, np.int64)

    def strew(self, *, moving: bool) -> int:
        """Place the tanks anew and return who shoots."""
        source, tanks = self.source, self.world.tanks[0]
        places = self.free[source.choice(len(self.free), self.seats, replace=False)]
        tanks[:, st.TANK_ALIVE], tanks[:, st.TANK_HP] = 1, 1000
        tanks[:, [st.TANK_Y, st.TANK_X]] = places * 256 + 128 + source.integers(-32, 33, places.shape)
        tanks[:, st.TANK_CLASS] = source.integers(0, rules.N_CLASSES, self.seats)
        tanks[:, st.TANK_AIM] = source.integers(0, rules.AIMS, self.seats)
        tanks[:, st.TANK_BANK] = 500 * source.integers(0, 2, self.seats)
        tanks[:, st.TANK_FIRED] = rules.REVEAL_TICKS
        tanks[:, st.TANK_RELOAD] = 0
        fastest = np.where(source.integers(0, 4, self.seats) == 0, 128, 24) if moving else 0
        for column in (st.TANK_VX, st.TANK_VY):
            tanks[:, column] = source.integers(-fastest, fastest + 1, self.seats) if moving else 0
        tanks[:, st.TANK_HIDDEN] = source.integers(0, 4, self.seats) * source.integers(0, 2) if moving else 0
        return int(source.integers(self.seats))


def prove(flights: int) -> str:
    """Compare at least so many flights; return what differs, empty when nothing does."""
    levels = select("builtin") + select(f"train:{GENERATED}")
    rounds = -(-flights // (rules.SECTORS * len(levels)))
    met = np.zeros(TIES + 1, np.int64)
    done = 0
    for number, level in enumerate(levels):
        scene = Strewn(level, number)
        for _ in range(rounds):
            for moving in (False, True):
                seat = scene.strew(moving=moving)
                fan_of(scene.world, scene.levels, seat, scene.scratch)
                if different := fan_differs(scene.world, scene.levels, seat, scene.scratch):
                    return (
                        f"{level.name}, seat {seat}: {different} flights of the fan differ from those of one"
                    )
                if moving:
                    continue
                with np.errstate(over="ignore"):
                    different = flown_differs(
                        scene.world, scene.levels, seat, scene.actions, scene.scratch, met
                    )
                if different:
                    return f"{level.name}, seat {seat}: {different} shots do not do what was previewed"
                done += rules.SECTORS
    names = ("nothing", "an enemy", "its own side", "a brick", "a core", "ties")
    counts = ", ".join(f"{name} {count:,}" for name, count in zip(names, met.tolist(), strict=True))
    print(
        f"{done:,} flights on {len(levels)} levels, and {3 * done:,} of one against eight: equal. Met: {counts}"
    )
    return ""


def main() -> int:
    """Run the proof; 1 when something differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--flights", type=int, default=1_000_000)
    problem = prove(parser.parse_args().flights)
    if problem:
        print(problem)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
