"""`InputHub`: turns pygame's events into input actions, and keeps what is held on which device.

Menus read presses (with repeats for held directions); a match reads values. Devices are distinguished ("keys" for
keyboard and mouse together, "pad0", "pad1", …), so that each local player can have their own.
"""

from collections.abc import Collection
from typing import Final, NamedTuple

import pygame

from game.app.input.actions import BY_ID, MOUSE_BUTTONS, PAD_AXES, PRESSED, Bindings, InputContext
from game.app.input.keyboard import KeyLayout, key_inputs
from game.app.input.pads import PadChange, Pads

REPEAT_DELAY: Final = 0.38  # seconds until a held direction repeats
REPEAT_PERIOD: Final = 0.085
RELEASED: Final = 0.35  # an analogue input below this counts as released again
RESTING: Final = 10.0  # seconds after which a button that is down counts as the device's rest position
KEYS: Final = "keys"
STICKS: Final = frozenset(
    f"pad:{axis}{sign}" for axis in PAD_AXES if not axis.endswith("trigger") for sign in "+-"
)


class Press(NamedTuple):
    """An input action was pressed."""

    action: str
    device: str  # "keys" or "pad…"


class InputHub:
    """All input of one window."""

    def __init__(self, bindings: Bindings) -> None:
        self.bindings = bindings
        self.pads = Pads()
        self.layout = KeyLayout()
        self.mouse = (0, 0)
        self.last_device = "key"  # "key" or "pad": which prompts to show
        self._held: dict[tuple[str, str], float] = {}
        self._down: set[tuple[str, str]] = set()
        self._keys: dict[int, tuple[str, ...]] = {}  # names of the keys that are down, by scancode
        self._touched: dict[
            tuple[str, str], float
        ] = {}  # seconds that a button is down, also after `release_all`
        self._repeat: tuple[str, Press, float] | None = None  # input, press, seconds until the next one

    def handle(self, event: pygame.event.Event, context: InputContext) -> tuple[list[Press], list[PadChange]]:
        """Take an event; return the actions it pressed in `context`, and pads plugged in or removed."""
        kind = event.type
        if kind in (pygame.KEYDOWN, pygame.KEYUP):
            return self._key(event, context), []
        if kind == pygame.KEYMAPCHANGED:
            self.layout.read()
            return [], []
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
            down = float(kind == pygame.MOUSEBUTTONDOWN)
            return self._change(KEYS, ("mouse:" + name,), down, context), []
        if kind == pygame.WINDOWFOCUSLOST:
            self.release_all()
            self._keys.clear()
            self._touched.clear()
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
                presses += self._change(f"pad{found.instance}", ("pad:" + found.name,), found.value, context)
        return presses, changes

    @property
    def touched(self) -> bool:
        """Whether a key or button is down on any device, even after `release_all`.

        Sticks do not count, nor anything that is down for RESTING seconds: some triggers and buttons rest pressed.
        """
        return any(seconds < RESTING for seconds in self._touched.values())

    def repeats(self, seconds: float) -> list[Press]:
        """Let time pass; return the repeated presses of a held direction."""
        for key in self._touched:
            self._touched[key] += seconds
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
        self._touched = {key: value for key, value in self._touched.items() if key[0] != device}
        self._repeat = None

    def _key(self, event: pygame.event.Event, context: InputContext) -> list[Press]:
        """Take a key event; a release uses the names of the press, even if the layout has changed since."""
        scancode = int(getattr(event, "scancode", 0))
        number = scancode or -event.key
        if event.type == pygame.KEYUP:
            return self._change(KEYS, self._keys.pop(number, key_inputs(event.key, scancode)), 0.0, context)
        self.last_device = "key"
        self.layout.note_press(event.key, scancode)
        names = self._keys[number] = key_inputs(event.key, scancode)
        return self._change(KEYS, names, 1.0, context)

    def _change(
        self, device: str, names: tuple[str, ...], value: float, context: InputContext
    ) -> list[Press]:
        """Store how far an input is pressed. The first of its names that triggers an action in `context` counts."""
        key = (device, names[-1])
        for name in names:
            if value > 0:
                self._held[device, name] = value
            else:
                self._held.pop((device, name), None)
        if value > PRESSED and names[-1] not in STICKS:
            self._touched.setdefault(key, 0.0)
        elif value < RELEASED:
            self._touched.pop(key, None)
        if value > PRESSED and key not in self._down:
            self._down.add(key)
            does = (self.bindings.actions_of(name, context) for name in names)
            presses = [Press(action, device) for action in next(filter(None, does), [])]
            for press in presses:
                if BY_ID[press.action].repeats:
                    self._repeat = (names[-1], press, REPEAT_DELAY)
            return presses
        if value < RELEASED and key in self._down:
            self._down.discard(key)
            if self._repeat is not None and self._repeat[0] == names[-1]:
                self._repeat = None
        return []
