"""The short-lived lights of effects: rings, glows, rising texts and the flash of the whole screen."""

from dataclasses import dataclass, field
from typing import Final

from game.core import rules
from game.view.palette import Colour, mix

FLASHES_PER_SECOND: Final = 3  # general flash limit of WCAG 2.2, criterion 2.3.1
FLASH_LIMIT: Final = 0.20  # share of full white, at most
FLASH_TICKS: Final = 12


@dataclass
class Ring:
    """A growing ring of light."""

    x: float  # su
    y: float
    form: tuple[float, float]
    colour: Colour
    life: int  # ticks
    age: int = 0


@dataclass
class Light:
    """A fading glow."""

    x: float
    y: float
    radius: float  # tiles
    colour: Colour
    life: int
    age: int = 0


@dataclass
class Popup:
    """A short text rising from a place: `key` is a string of the catalogue."""

    x: float
    y: float
    key: str
    colour: Colour
    age: int = 0


@dataclass
class FlashLimiter:
    """Limits flashes of the whole screen to FLASHES_PER_SECOND, and their brightness."""

    amount: float = 1.0
    tick: int = 0
    _begun: list[int] = field(default_factory=list)
    _strength: float = 0.0
    _colour: Colour = (255, 255, 255)
    _age: int = FLASH_TICKS

    def request(self, strength: float, colour: Colour) -> bool:
        """Begin a flash (0..1) unless there were too many in the last second; return whether it began."""
        self._begun = [tick for tick in self._begun if self.tick - tick < rules.TICKS_PER_SECOND]
        if self.amount <= 0 or len(self._begun) >= FLASHES_PER_SECOND:
            return False
        self._begun.append(self.tick)
        self._strength = min(strength, 1.0) * min(self.amount, 1.0) * FLASH_LIMIT
        self._colour, self._age = colour, 0
        return True

    def advance(self) -> None:
        """Advance by one tick."""
        self.tick += 1
        self._age += 1

    def light(self) -> Colour | None:
        """Return the light to add to the whole screen now, None if there is none."""
        share = self._strength * max(0.0, 1 - self._age / FLASH_TICKS) ** 2
        if share < 0.008:
            return None
        return mix((0, 0, 0), self._colour, share)
