"""Gamepads: the only module that handles pygame's two ways of reading them, and pads plugged in and out.

Pads whose layout SDL knows arrive as CONTROLLER events; any other joystick is read as if it had the most common
layout. Both become (instance, input name, value): buttons 0 or 1, triggers 0 to 1, half axes 0 to 1.
"""

from typing import Any, Final, NamedTuple

import pygame

from game.app.input.actions import PAD_AXES, PAD_BUTTONS

AXIS_MAX: Final = 32767
# CONTROLLER button and axis numbers are SDL's; these are its constants by name.
BUTTONS: Final = {
    getattr(pygame, "CONTROLLER_BUTTON_" + sdl): ours
    for sdl, ours in zip(
        (
            "A",
            "B",
            "X",
            "Y",
            "BACK",
            "GUIDE",
            "START",
            "LEFTSTICK",
            "RIGHTSTICK",
            "LEFTSHOULDER",
            "RIGHTSHOULDER",
            "DPAD_UP",
            "DPAD_DOWN",
            "DPAD_LEFT",
            "DPAD_RIGHT",
        ),
        PAD_BUTTONS,
        strict=True,
    )
}
AXES: Final = {
    getattr(pygame, "CONTROLLER_AXIS_" + sdl): ours
    for sdl, ours in zip(
        ("LEFTX", "LEFTY", "RIGHTX", "RIGHTY", "TRIGGERLEFT", "TRIGGERRIGHT"), PAD_AXES, strict=True
    )
}
# The most common layout of joysticks for which SDL has none
PLAIN_BUTTONS: Final = ("a", "b", "x", "y", "left_shoulder", "right_shoulder", "back", "start")
PLAIN_AXES: Final = ("left_x", "left_y", "right_x", "right_y")


class PadInput(NamedTuple):
    """One change of a pad's state."""

    instance: int
    name: str  # input name of the table of actions, without "pad:"
    value: float


class PadChange(NamedTuple):
    """A pad was plugged in or pulled out."""

    instance: int
    label: str
    present: bool


def axis_inputs(instance: int, axis: str, value: float) -> list[PadInput]:
    """Return the half axes (or the trigger) for an axis value of -1 to 1."""
    value = min(1.0, max(-1.0, value))
    if axis.endswith("trigger"):
        return [PadInput(instance, axis, max(0.0, value))]
    return [PadInput(instance, axis + "+", max(0.0, value)), PadInput(instance, axis + "-", max(0.0, -value))]


class Pads:
    """All plugged-in pads; empty without pads or without joystick support."""

    def __init__(self) -> None:
        self._open: dict[int, Any] = {}
        self._labels: dict[int, str] = {}
        self._mapped: set[int] = set()
        self._controllers: Any = None
        try:
            pygame.joystick.init()
        except pygame.error:
            return
        try:
            from pygame._sdl2 import controller

            controller.init()
            self._controllers = controller
        except (ImportError, pygame.error):
            self._controllers = None

    @property
    def count(self) -> int:
        """The number of plugged-in pads."""
        return len(self._open)

    def translate(self, event: pygame.event.Event) -> list[PadInput | PadChange]:
        """Return the pad inputs and changes of a pygame event; none for events of other kinds."""
        kind = event.type
        if kind == pygame.JOYDEVICEADDED:
            return self._added(event.device_index)
        if kind == pygame.JOYDEVICEREMOVED:
            return self._removed(event.instance_id)
        if kind in (pygame.CONTROLLERBUTTONDOWN, pygame.CONTROLLERBUTTONUP):
            name = BUTTONS.get(event.button)
            down = 1.0 if kind == pygame.CONTROLLERBUTTONDOWN else 0.0
            return [PadInput(event.instance_id, name, down)] if name else []
        if kind == pygame.CONTROLLERAXISMOTION:
            axis = AXES.get(event.axis)
            return list(axis_inputs(event.instance_id, axis, event.value / AXIS_MAX)) if axis else []
        if kind in (pygame.JOYBUTTONDOWN, pygame.JOYBUTTONUP, pygame.JOYAXISMOTION, pygame.JOYHATMOTION):
            return self._plain(event)
        return []

    def rumble(self, strength: float, milliseconds: int, instance: int | None = None) -> None:
        """Shake the pads that support it; `instance` None: all of them."""
        for number, pad in self._open.items():
            if instance is None or number == instance:
                try:
                    pad.rumble(strength * 0.6, strength, milliseconds)
                except (AttributeError, pygame.error):
                    continue

    def _added(self, index: int) -> list[PadInput | PadChange]:
        try:
            joystick = pygame.joystick.Joystick(index)
            instance = joystick.get_instance_id()
            mapped = self._controllers is not None and self._controllers.is_controller(index)
            self._open[instance] = self._controllers.Controller(index) if mapped else joystick
            self._labels[instance] = joystick.get_name()
        except pygame.error:
            return []
        if mapped:
            self._mapped.add(instance)
        return [PadChange(instance, self._labels[instance], True)]

    def _removed(self, instance: int) -> list[PadInput | PadChange]:
        self._open.pop(instance, None)
        self._mapped.discard(instance)
        return [PadChange(instance, self._labels.pop(instance, "?"), False)]

    def _plain(self, event: pygame.event.Event) -> list[PadInput | PadChange]:
        instance = event.instance_id
        if instance in self._mapped:
            return []  # the same pad also sends CONTROLLER events
        if event.type == pygame.JOYAXISMOTION:
            if event.axis < len(PLAIN_AXES):
                return list(axis_inputs(instance, PLAIN_AXES[event.axis], event.value))
            return []
        if event.type == pygame.JOYHATMOTION:
            x, y = event.value
            pairs = (("dpad_left", x < 0), ("dpad_right", x > 0), ("dpad_up", y > 0), ("dpad_down", y < 0))
            return [PadInput(instance, name, float(held)) for name, held in pairs]
        if event.button < len(PLAIN_BUTTONS):
            down = 1.0 if event.type == pygame.JOYBUTTONDOWN else 0.0
            return [PadInput(instance, PLAIN_BUTTONS[event.button], down)]
        return []
