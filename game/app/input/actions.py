"""The table of input actions: what a player can do, in which context, and which inputs do it by default.

An input is a text `device:name`: `scan:w` (the key at the place of W on a US keyboard), `key:escape` (the key of that
name, or the one that prints that character), `mouse:left`, `pad:a`, or half an axis, for example `pad:left_x-`. Letters,
digits and marks are bound by place, so that they are under the same fingers on every layout (`game.app.input.keyboard`).
Settings may replace the inputs of an action (`bindings`), which is all that rebinding needs; in local co-op each player has
their own devices (`inputs.InputHub.value`).
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, NamedTuple

from game.player.messages import say

MAX_SHOWN: Final = 40  # characters of a wrong binding that a message quotes


class InputContext(Enum):
    """Where an action is active."""

    MENU = "menu"
    PLAY = "play"
    ALWAYS = "always"


class InputAction(NamedTuple):
    """One row of the table. The label in menus is the string `action.ID`."""

    id: str
    context: InputContext
    inputs: tuple[str, ...]
    repeats: bool = False  # held down in a menu, it repeats


ACTIONS: Final = (
    # Menus
    InputAction("up", InputContext.MENU, ("key:up", "scan:w", "pad:dpad_up", "pad:left_y-"), True),
    InputAction("down", InputContext.MENU, ("key:down", "scan:s", "pad:dpad_down", "pad:left_y+"), True),
    InputAction("left", InputContext.MENU, ("key:left", "scan:a", "pad:dpad_left", "pad:left_x-"), True),
    InputAction("right", InputContext.MENU, ("key:right", "scan:d", "pad:dpad_right", "pad:left_x+"), True),
    InputAction("confirm", InputContext.MENU, ("key:return", "key:kp_enter", "key:space", "pad:a")),
    InputAction("back", InputContext.MENU, ("key:escape", "key:backspace", "mouse:back", "pad:b")),
    InputAction("next_widget", InputContext.MENU, ("key:tab",), True),
    InputAction("page_left", InputContext.MENU, ("scan:q", "key:pageup", "pad:left_shoulder"), True),
    InputAction("page_right", InputContext.MENU, ("scan:e", "key:pagedown", "pad:right_shoulder"), True),
    InputAction("menu_restart", InputContext.MENU, ("scan:r", "pad:x")),
    InputAction("menu_dismiss", InputContext.MENU, ("scan:x", "key:delete", "mouse:right", "pad:y")),
    InputAction("menu_undo", InputContext.MENU, ("scan:u", "pad:back")),
    InputAction("stars_1", InputContext.MENU, ("scan:1", "key:kp1")),
    InputAction("stars_2", InputContext.MENU, ("scan:2", "key:kp2")),
    InputAction("stars_3", InputContext.MENU, ("scan:3", "key:kp3")),
    InputAction("stars_4", InputContext.MENU, ("scan:4", "key:kp4")),
    InputAction("stars_5", InputContext.MENU, ("scan:5", "key:kp5")),
    # In a match
    InputAction("move_up", InputContext.PLAY, ("scan:w", "key:up", "pad:dpad_up", "pad:left_y-")),
    InputAction("move_down", InputContext.PLAY, ("scan:s", "key:down", "pad:dpad_down", "pad:left_y+")),
    InputAction("move_left", InputContext.PLAY, ("scan:a", "key:left", "pad:dpad_left", "pad:left_x-")),
    InputAction("move_right", InputContext.PLAY, ("scan:d", "key:right", "pad:dpad_right", "pad:left_x+")),
    InputAction("aim_left", InputContext.PLAY, ("scan:q", "scan:comma")),
    InputAction("aim_right", InputContext.PLAY, ("scan:e", "scan:period")),
    InputAction("stick_up", InputContext.PLAY, ("pad:right_y-",)),
    InputAction("stick_down", InputContext.PLAY, ("pad:right_y+",)),
    InputAction("stick_left", InputContext.PLAY, ("pad:right_x-",)),
    InputAction("stick_right", InputContext.PLAY, ("pad:right_x+",)),
    InputAction(
        "fire", InputContext.PLAY, ("mouse:left", "key:space", "pad:right_trigger", "pad:right_shoulder")
    ),
    InputAction(
        "special",
        InputContext.PLAY,
        (
            "mouse:right",
            "key:lshift",
            "key:rshift",
            "scan:f",
            "pad:left_trigger",
            "pad:left_shoulder",
            "pad:a",
        ),
    ),
    InputAction("pause", InputContext.PLAY, ("key:escape", "scan:p", "pad:start")),
    InputAction("restart", InputContext.PLAY, ("scan:r", "pad:back")),
    InputAction("watch_next", InputContext.PLAY, ("key:tab", "pad:y")),
    # Anywhere
    InputAction("debug", InputContext.ALWAYS, ("key:f3",)),
    InputAction("fullscreen", InputContext.ALWAYS, ("key:f11",)),
    InputAction("screenshot", InputContext.ALWAYS, ("key:f12",)),
)
BY_ID: Final = {action.id: action for action in ACTIONS}
DIRECTIONS: Final = ("up", "down", "left", "right")
PLACES: Final = (  # keys that print characters, by the character on a US keyboard (SDL's scancode names)
    *"abcdefghijklmnopqrstuvwxyz",
    *"0123456789",
    *(
        "minus",
        "equals",
        "leftbracket",
        "rightbracket",
        "backslash",
        "nonushash",
        "semicolon",
        "apostrophe",
        "grave",
    ),
    *("comma", "period", "slash", "nonusbackslash"),
)
KEYBOARD: Final = ("key", "scan")  # the devices of inputs that are keys
PRESSED: Final = 0.5  # an analogue input beyond this counts as pressed in a menu


class Bindings:
    """Which inputs trigger which action: the table with the player's changes applied."""

    def __init__(self, changes: Mapping[str, Sequence[str]] | None = None) -> None:
        """Take `changes`, action id to inputs; unknown actions and inputs are ignored (see `problems`)."""
        self.problems: list[str] = []
        self.inputs: dict[str, tuple[str, ...]] = {action.id: action.inputs for action in ACTIONS}
        unknown = [name for name in changes or {} if name not in BY_ID]
        if unknown:
            more = say("and_more", count=len(unknown) - 1) if len(unknown) > 1 else ""
            found = repr(unknown[0][:MAX_SHOWN])
            self.problems.append(
                say("binding_unknown", known=", ".join(sorted(BY_ID)), found=found, more=more)
            )
        for name, inputs in (changes or {}).items():
            if name not in BY_ID:
                continue
            bad = [text for text in inputs if not is_input(text)]
            if bad:
                self.problems.append(say("binding_input", name=name, found=repr(bad[0][:MAX_SHOWN])))
                continue
            self.inputs[name] = tuple(inputs)

    def actions_of(self, name: str, context: InputContext) -> list[str]:
        """Return the actions that the input `name` triggers in `context`, including those of every context."""
        contexts = (context, InputContext.ALWAYS)
        return [
            action.id for action in ACTIONS if action.context in contexts and name in self.inputs[action.id]
        ]

    def input_for(self, action: str, device: str) -> str | None:
        """Return the input of `device` ("key", "mouse" or "pad") to show for an action, None if there is none."""
        devices = KEYBOARD if device == "key" else (device,)
        return next((name for name in self.inputs[action] if name.partition(":")[0] in devices), None)


PAD_BUTTONS: Final = (
    "a",
    "b",
    "x",
    "y",
    "back",
    "guide",
    "start",
    "left_stick",
    "right_stick",
    "left_shoulder",
    "right_shoulder",
    "dpad_up",
    "dpad_down",
    "dpad_left",
    "dpad_right",
)
PAD_AXES: Final = ("left_x", "left_y", "right_x", "right_y", "left_trigger", "right_trigger")
MOUSE_BUTTONS: Final = {1: "left", 2: "middle", 3: "right", 6: "back", 7: "forward"}


def is_input(text: str) -> bool:
    """Return whether `text` names an input that exists."""
    device, _, name = text.partition(":")
    if device == "pad":
        halves = {f"{axis}{sign}" for axis in PAD_AXES[:4] for sign in "+-"}
        return name in PAD_BUTTONS or name in PAD_AXES[4:] or name in halves
    if device == "mouse":
        return name in MOUSE_BUTTONS.values()
    if device == "scan":
        return name in PLACES
    return device == "key" and 0 < len(name) <= 24 and name.isprintable()
