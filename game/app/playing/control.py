"""A person's input as a seat's action: move 0–8, aim 0–255, fire and special, each tick.

Aim comes from the mouse relative to the own tank, from the right stick, or from two keys that turn the turret;
the one that moved last counts. Only the mouse needs a pointer, so keyboard or pad alone can play.
"""

import math
from collections.abc import Callable, Collection
from typing import Final

from game.app.input.hub import InputHub
from game.core import rules

KEY_TURN: Final = 3  # aims per tick while a turning key is held
KEY_TURN_FINE: Final = 1  # the same in the first ticks, for exact aim
FINE_TICKS: Final = 8


def move_of(x: float, y: float) -> int:
    """Return the move 1..8 nearest to a direction, 0 for none; x right, y down."""
    if x == 0 and y == 0:
        return 0
    octant = round(math.atan2(y, x) / (math.pi / 4)) % 8
    return 1 + octant


def aim_of(x: float, y: float) -> int:
    """Return the aim 0..255 of a direction; x right, y down."""
    return round(math.atan2(y, x) / (2 * math.pi) * rules.AIMS) % rules.AIMS


class HumanControl:
    """Reads one player's devices."""

    def __init__(
        self, hub: InputHub, devices: Collection[str] | None = None, dead_zone: float = 0.25
    ) -> None:
        """`devices` None: all of them (solo)."""
        self.hub = hub
        self.devices = devices
        self.dead_zone = dead_zone
        self.aim = 0
        self.uses_mouse = False  # whether the mouse moved later than stick and turning keys
        self._mouse = hub.mouse
        self._turned = 0  # ticks the turning key is held
        self._special_pressed = False

    def pressed(self, action: str) -> None:
        """Note a press between two ticks, so that a quick tap is never lost."""
        if action == "special":
            self._special_pressed = True

    def forget_presses(self) -> None:
        """Drop earlier presses, which could have no effect."""
        self._special_pressed = False

    def action(
        self, own_place: tuple[float, float], to_world: Callable[[tuple[int, int]], tuple[float, float]]
    ) -> tuple[int, int, int, int]:
        """Return (move, aim, fire, special) for this tick; `own_place` is the position of the own tank in su."""
        value = self._value
        x, y = self._stick(value("move_right") - value("move_left"), value("move_down") - value("move_up"))
        self._read_aim(own_place, to_world)
        special = self._special_pressed or self.hub.held("special", self.devices)
        self._special_pressed = False
        return move_of(x, y), self.aim, int(self.hub.held("fire", self.devices)), int(special)

    def _value(self, action: str) -> float:
        return self.hub.value(action, self.devices)

    def _stick(self, x: float, y: float) -> tuple[float, float]:
        return (x, y) if math.hypot(x, y) > self.dead_zone else (0.0, 0.0)

    def _read_aim(
        self, own_place: tuple[float, float], to_world: Callable[[tuple[int, int]], tuple[float, float]]
    ) -> None:
        value = self._value
        x, y = self._stick(
            value("stick_right") - value("stick_left"), value("stick_down") - value("stick_up")
        )
        turn = int(self.hub.held("aim_right", self.devices)) - int(self.hub.held("aim_left", self.devices))
        if self.hub.mouse != self._mouse:
            self._mouse = self.hub.mouse
            self.uses_mouse = self.devices is None or "keys" in self.devices
        if x or y:
            self.uses_mouse = False
            self.aim = aim_of(x, y)
        elif turn:
            self.uses_mouse = False
            self._turned += 1
            self.aim = (
                self.aim + turn * (KEY_TURN_FINE if self._turned <= FINE_TICKS else KEY_TURN)
            ) % rules.AIMS
        elif self.uses_mouse:
            world_x, world_y = to_world(self.hub.mouse)
            if abs(world_x - own_place[0]) + abs(world_y - own_place[1]) > 1:
                self.aim = aim_of(world_x - own_place[0], world_y - own_place[1])
        if not turn:
            self._turned = 0
