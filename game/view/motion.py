"""Positions between two ticks: interpolated, except across a teleport or a respawn."""

import itertools
import math
from typing import Final, NamedTuple

from game.core import rules
from game.core.sim import events, state
from game.core.sim.state import World

JUMP: Final = 3 * rules.DASH_SPEED  # su; a tank that moved further in a tick was teleported
SHOT_JUMP: Final = 4 * max(tank_class.shot_speed for tank_class in rules.TANK_CLASSES)  # su
TURN_SHARE: Final = 0.26  # share of the way to its new heading that a hull turns each tick
TRAIL_POINTS: Final = 12  # stored points of a shot's path, two per tick
Point = tuple[float, float]

FACING_TURN: Final = (0, 0, 32, 64, 96, 128, 160, 192, 224)  # by move: 256ths of a circle


class TankPose(NamedTuple):
    """A tank's position and headings at the drawn moment."""

    x: float  # su
    y: float
    heading: float  # hull, 256ths of a circle
    aim: float
    speed: float  # su per tick


class ShotTrack:
    """A shot's path: its corners during the last tick and the points behind it."""

    __slots__ = ("legs", "seen", "trail")

    def __init__(self, x: float, y: float) -> None:
        self.legs: list[Point] = [(x, y)]  # start of the tick, its banks, end of the tick
        self.trail: list[Point] = []  # newest last
        self.seen = True


class Motion:
    """Keeps the last tick's positions of one world. Reads the world, never writes it."""

    def __init__(self) -> None:
        self._tanks_before: list[list[int]] | None = None
        self._tanks_now: list[list[int]] | None = None
        self._headings_before: list[float] = []
        self._headings_now: list[float] = []
        self._jumped: set[int] = set()
        self.shots: dict[int, ShotTrack] = {}
        self.tick = -1

    def start(self, world: World, w: int) -> None:
        """Begin with the current world."""
        tanks: list[list[int]] = world.tanks[w].tolist()
        self._tanks_before = self._tanks_now = tanks
        self._headings_now = [float(FACING_TURN[row[state.TANK_FACING] % 9]) for row in tanks]
        self._headings_before = list(self._headings_now)
        self._jumped = set()
        self.shots = {}
        self.tick = int(world.head[w, state.TICK])
        self._track_shots(world, w, {}, set())

    def after_tick(self, world: World, w: int) -> None:
        """Take over the positions of a new tick. Reads tanks, shots and events."""
        if self._tanks_now is None or len(self._tanks_now) != world.tanks.shape[1]:
            self.start(world, w)
            return
        self._tanks_before = self._tanks_now
        self._tanks_now = world.tanks[w].tolist()
        self._jumped = set()
        corners: dict[int, list[Point]] = {}
        broken: set[int] = set()
        for kind, a, b, x, y in world.events[w, : int(world.head[w, state.N_EVENTS])].tolist():
            if kind in (events.TANK_PORTAL, events.TANK_SPAWNED):
                self._jumped.add(a)
            elif kind in (events.BANKED, events.MIRRORED, events.FIRED):
                corners.setdefault(b, []).append((float(x), float(y)))
            elif kind == events.SHOT_PORTAL:
                broken.add(b)
        self._find_jumps()
        self._turn_hulls()
        self._track_shots(world, w, corners, broken)
        self.tick = int(world.head[w, state.TICK])

    def _find_jumps(self) -> None:
        before, now = self._tanks_before, self._tanks_now
        assert before is not None
        assert now is not None
        for seat, (then, row) in enumerate(zip(before, now, strict=True)):
            moved = max(
                abs(row[state.TANK_X] - then[state.TANK_X]), abs(row[state.TANK_Y] - then[state.TANK_Y])
            )
            if moved > JUMP or row[state.TANK_ALIVE] != then[state.TANK_ALIVE]:
                self._jumped.add(seat)

    def _turn_hulls(self) -> None:
        assert self._tanks_now is not None
        self._headings_before = self._headings_now
        turned = []
        for seat, heading in enumerate(self._headings_before):
            wanted = float(FACING_TURN[self._tanks_now[seat][state.TANK_FACING] % 9])
            if seat in self._jumped:
                turned.append(wanted)
                continue
            difference = (wanted - heading + 128) % 256 - 128
            turned.append((heading + difference * TURN_SHARE) % 256)
        for seat in self._jumped:
            if seat < len(turned):
                self._headings_before[seat] = turned[seat]
        self._headings_now = turned

    def _track_shots(self, world: World, w: int, corners: dict[int, list[Point]], broken: set[int]) -> None:
        for track in self.shots.values():
            track.seen = False
        for row in world.shots[w, : int(world.head[w, state.N_SHOTS])].tolist():
            identity, x, y = row[state.SHOT_ID], float(row[state.SHOT_X]), float(row[state.SHOT_Y])
            if identity not in self.shots:
                first = corners.get(identity, [(x, y)])[0]
                self.shots[identity] = ShotTrack(*first)
                self.shots[identity].legs = [*corners.get(identity, [first]), (x, y)]
                continue
            track = self.shots[identity]
            last = track.legs[-1]
            far = max(abs(x - last[0]), abs(y - last[1])) > SHOT_JUMP
            if identity in broken or far:
                track.trail.clear()
                track.legs = [(x, y)]
            else:
                track.trail.extend(_split(track.legs))
                del track.trail[:-TRAIL_POINTS]
                track.legs = [last, *corners.get(identity, ()), (x, y)]
            track.seen = True
        for identity in [identity for identity, track in self.shots.items() if not track.seen]:
            del self.shots[identity]

    def tank(self, world: World, w: int, seat: int, alpha: float) -> TankPose:
        """Return the pose of the tank of `seat` `alpha` (0..1) of the way from the last tick to this one."""
        row: list[int] = world.tanks[w, seat].tolist()
        x, y, aim = float(row[state.TANK_X]), float(row[state.TANK_Y]), float(row[state.TANK_AIM])
        speed = math.hypot(row[state.TANK_VX], row[state.TANK_VY])
        if self._tanks_before is None or seat >= len(self._headings_now):
            return TankPose(x, y, float(FACING_TURN[row[state.TANK_FACING] % 9]), aim, speed)
        before = self._tanks_before[seat]
        if seat in self._jumped:
            return TankPose(x, y, self._headings_now[seat], aim, speed)
        bx, by = float(before[state.TANK_X]), float(before[state.TANK_Y])
        turn = (aim - float(before[state.TANK_AIM]) + 128) % 256 - 128
        old, new = self._headings_before[seat], self._headings_now[seat]
        heading = old + ((new - old + 128) % 256 - 128) * alpha
        back = 1.0 - alpha
        return TankPose(
            x + (bx - x) * back, y + (by - y) * back, heading % 256, (aim - turn * back) % 256, speed
        )

    def shot(self, identity: int, x: float, y: float, alpha: float) -> Point:
        """Return the drawn position of a shot, given its position in the world; it follows the corners of a bank."""
        track = self.shots.get(identity)
        if track is None or len(track.legs) < 2:
            return x, y
        return _along(track.legs, alpha)

    def trail(self, identity: int) -> list[Point]:
        """Return the points behind a shot up to the start of the last tick, newest last."""
        track = self.shots.get(identity)
        return [] if track is None else [*track.trail, track.legs[0]]


def _split(legs: list[Point]) -> list[Point]:
    """Return the corners of a tick's path without its end, and a point in the middle of each leg."""
    points: list[Point] = []
    for (ax, ay), (bx, by) in itertools.pairwise(legs):
        points += [(ax, ay), ((ax + bx) / 2, (ay + by) / 2)]
    return points


def _along(legs: list[Point], share: float) -> Point:
    """Return the point at `share` of the length of a chain of legs."""
    lengths = [math.hypot(bx - ax, by - ay) for (ax, ay), (bx, by) in itertools.pairwise(legs)]
    left = sum(lengths) * share
    for (ax, ay), (bx, by), length in zip(legs, legs[1:], lengths, strict=False):
        if left <= length and length > 0:
            part = left / length
            return ax + (bx - ax) * part, ay + (by - ay) * part
        left -= length
    return legs[-1]
