"""`InputHub`: turns pygame's events into input actions, and remembers what is held on which device.

Menus read presses (with repeats for held directions); a match reads values. Devices are told apart ("keys" for
keyboard and mouse together, "pad0", "pad1", …), so that each local player can have their own.
"""

from collections.abc import Collection
from typing import Final, NamedTuple

import pygame

from game.app.actions import BY_ID, MOUSE_BUTTONS, PRESSED, Bindings, Context
from game.app.pads import PadChange, Pads

REPEAT_DELAY: Final = 0.38  # seconds until a held direction repeats
REPEAT_PERIOD: Final = 0.085
RELEASED: Final = 0.35  # an analogue input below this counts as released again
KEYS: Final = "keys"


class Press(NamedTuple):
    """An input action was pressed."""

    action: str
    device: str  # "keys" or "pad…"


def key_input(key: int) -> str:
    """Return the input name of a pygame key code."""
    return "key:" + _NAMES.get(key, pygame.key.name(key) if pygame.display.get_init() else str(key))


def _key_names() -> dict[int, str]:
    """Return pygame's names of the key codes; of several names of one key (K_KP1, K_KP_1) the shortest."""
    names = sorted(
        (name for name in vars(pygame) if name.startswith("K_")), key=lambda name: (-len(name), name)
    )
    return {getattr(pygame, name): name[2:].lower() for name in names}


_NAMES: Final = _key_names()


class InputHub:
    """All input of one window."""

    def __init__(self, bindings: Bindings) -> None:
        self.bindings = bindings
        self.pads = Pads()
        self.mouse = (0, 0)
        self.last_device = "key"  # "key" or "pad": which prompts to show
        self._held: dict[tuple[str, str], float] = {}
        self._down: set[tuple[str, str]] = set()
        self._repeat: tuple[str, Press, float] | None = None  # input, press, seconds until the next one

    def handle(self, event: pygame.event.Event, context: Context) -> tuple[list[Press], list[PadChange]]:
        """Take an event; return the actions it pressed in `context`, and pads that came or went."""
        kind = event.type
        if kind == pygame.KEYDOWN:
            self.last_device = "key"
            return self._change(KEYS, key_input(event.key), 1.0, context), []
        if kind == pygame.KEYUP:
            return self._change(KEYS, key_input(event.key), 0.0, context), []
        if kind == pygame.MOUSEMOTION:
            self.mouse = (int(event.pos[0]), int(event.pos[1]))
            if abs(event.rel[0]) + abs(event.rel[1]) > 2:
                self.last_device = "key"
            return [], []
        if kind in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
            self.mouse = (int(event.pos[0]), int(event.pos[1]))
            name = MOUSE_BUTTONS.get(event.button)
            if name is None:
                return [], []
            self.last_device = "key"
            return self._change(KEYS, "mouse:" + name, float(kind == pygame.MOUSEBUTTONDOWN), context), []
        if kind == pygame.WINDOWFOCUSLOST:
            self.release_all()
            return [], []
        presses: list[Press] = []
        changes: list[PadChange] = []
        for found in self.pads.translate(event):
            if isinstance(found, PadChange):
                changes.append(found)
                if not found.present:
                    self._forget(f"pad{found.instance}")
            else:
                if found.value > PRESSED:
                    self.last_device = "pad"
                presses += self._change(f"pad{found.instance}", "pad:" + found.name, found.value, context)
        return presses, changes

    def repeats(self, seconds: float) -> list[Press]:
        """Let time pass; return the presses that a held direction repeats."""
        if self._repeat is None:
            return []
        name, press, left = self._repeat
        left -= seconds
        if left > 0:
            self._repeat = (name, press, left)
            return []
        self._repeat = (name, press, REPEAT_PERIOD)
        return [press]

    def stop_repeating(self) -> None:
        """Forget the held direction (the screen changed)."""
        self._repeat = None

    def value(self, action: str, devices: Collection[str] | None = None) -> float:
        """Return how far an action is pressed, 0 to 1, on the given devices (None: on any)."""
        inputs = self.bindings.inputs[action]
        best = 0.0
        for (device, name), value in self._held.items():
            if value > best and name in inputs and (devices is None or device in devices):
                best = value
        return best

    def held(self, action: str, devices: Collection[str] | None = None) -> bool:
        """Return whether an action is pressed."""
        return self.value(action, devices) > PRESSED

    def release_all(self) -> None:
        """Forget everything that is held (the window lost the focus, or a screen opened)."""
        self._held.clear()
        self._down.clear()
        self._repeat = None

    def _forget(self, device: str) -> None:
        self._held = {key: value for key, value in self._held.items() if key[0] != device}
        self._down = {key for key in self._down if key[0] != device}
        self._repeat = None

    def _change(self, device: str, name: str, value: float, context: Context) -> list[Press]:
        key = (device, name)
        if value > 0:
            self._held[key] = value
        else:
            self._held.pop(key, None)
        if value > PRESSED and key not in self._down:
            self._down.add(key)
            presses = [Press(action, device) for action in self.bindings.actions_of(name, context)]
            for press in presses:
                if BY_ID[press.action].repeats:
                    self._repeat = (name, press, REPEAT_DELAY)
            return presses
        if value < RELEASED and key in self._down:
            self._down.discard(key)
            if self._repeat is not None and self._repeat[0] == name:
                self._repeat = None
        return []
