"""The keyboard: the names of a key, and the character that it prints.

A key has two names. `scan:w` is the key at the place of W on a US keyboard (its scancode), in every layout: W A S D are
Z Q S D on AZERTY and Ц Ф Ы В on a Russian keyboard, under the same fingers.
`key:w` is the key that prints w. Pictures of keys show the character of the layout.
"""

from typing import Any, Final

import pygame

from game.app.input.actions import PLACES

CHARACTERS: Final = range(
    0x21, 0x3000
)  # key codes that are characters; keys that print none have far larger codes
LATIN: Final = 0x80


def _key_names() -> dict[int, str]:
    """Return pygame's names of the key codes; of several names of one key (K_KP1, K_KP_1) the shortest."""
    names = sorted(
        (name for name in vars(pygame) if name.startswith("K_")), key=lambda name: (-len(name), name)
    )
    return {getattr(pygame, name): name[2:].lower() for name in names}


_NAMES: Final = _key_names()
SCANCODES: Final[dict[str, int]] = {place: int(getattr(pygame, f"KSCAN_{place.upper()}")) for place in PLACES}
_PLACE_OF: Final = {scancode: place for place, scancode in SCANCODES.items()}
_US_CHARACTER: Final = {  # places whose name differs from the character on a US keyboard
    "minus": "-", "equals": "=", "leftbracket": "[", "rightbracket": "]", "backslash": "\\", "nonushash": "#",
    "semicolon": ";", "apostrophe": "'", "grave": "`", "comma": ",", "period": ".", "slash": "/", "nonusbackslash": "<",
}  # fmt: skip
_PLACE_OF_CHARACTER: Final = {_US_CHARACTER.get(place, place): place for place in reversed(PLACES)}


def key_input(key: int) -> str:
    """Return the name of the key with a pygame key code: the character it prints, or its name."""
    if key in CHARACTERS and key not in _NAMES:
        return f"key:{chr(key)}"
    return "key:" + _NAMES.get(key, pygame.key.name(key) if pygame.display.get_init() else str(key))


def is_character(key: int) -> bool:
    """Return whether a key code is a printed character, the space included."""
    return key == pygame.K_SPACE or (key in CHARACTERS and key != pygame.K_DELETE)


def key_inputs(key: int, scancode: int) -> tuple[str, ...]:
    """Return the names of a pressed key, the one by its printed character first.

    If a layout prints no Latin letters, a key also has the name of its character on a US keyboard. An event without a
    scancode (from an on-screen keyboard) is treated as one from a US keyboard.
    """
    place = _PLACE_OF.get(scancode)
    if place is None and key in CHARACTERS:
        place = _PLACE_OF_CHARACTER.get(chr(key))
    names = [key_input(key)]
    if place is not None:
        if key in CHARACTERS and key >= LATIN:
            names.append(key_input(ord(us_character(place))))
        names.append(f"scan:{place}")
    return tuple(names)


def us_character(place: str) -> str:
    """Return the character at a place of a US keyboard."""
    return _US_CHARACTER.get(place, place)


class KeyLayout:
    """The characters of the player's keyboard layout by place."""

    def __init__(self) -> None:
        self._printed: dict[int, int] | None = None  # scancode to key code; read at the first use

    def read(self) -> None:
        """Read the current layout from SDL."""
        self._printed = {}
        if not pygame.display.get_init():
            return
        # The wrapper looks up a key code by its scancode, which gives the scancode of each
        wrapper: Any = pygame.key.ScancodeWrapper
        scancode_of = wrapper(tuple(range(512)))
        for key in CHARACTERS:
            scancode = int(scancode_of[key])
            if scancode and key != pygame.K_DELETE:
                self._printed.setdefault(scancode, key)

    def note_press(self, key: int, scancode: int) -> None:
        """Note a pressed key: a character that differs from the expected one means that the layout has changed."""
        if self._printed is None or scancode not in _PLACE_OF or key not in CHARACTERS:
            return
        if self._printed.get(scancode, key) != key:
            self.read()

    def character_at(self, place: str) -> str:
        """Return the character at a place, upper case; digits for the digit row, as all layouts have them there."""
        if place.isdigit():
            return place
        if self._printed is None:
            self.read()
        assert self._printed is not None
        key = self._printed.get(SCANCODES[place])
        character = chr(key) if key is not None else us_character(place)
        upper = character.upper()
        # Greek prints a final sigma where US has W, whose capital is that of the S key
        return upper if len(upper) == 1 and character != "ς" else character
