"""What a program may ask of the music while it plays: written by the frame's thread, read by the player's."""

from typing import Final, Literal, NamedTuple

Line = Literal["bar", "beat"]
LINES: Final = ("bar", "beat")
END: Final = "\nend"  # the cue that leads out of the music; no section can have this name
SMALL: Final = 0.005  # a change of intensity below this is not worth another mix


class Cue(NamedTuple):
    """A wish to go to a section; a later one has a higher number."""

    number: int
    name: str
    at: Line
    asked: float | None = None  # seconds of the player's clock; None: when the player sees it


class Controls:
    """Intensity and cue. Every attribute is replaced whole, so that another thread never sees half of a change."""

    def __init__(self, intensity: float = 1.0) -> None:
        self.intensity = intensity
        self.cue: Cue | None = None
        self.version = 0  # counts the changes
        self._cues = 0

    def set_intensity(self, intensity: float) -> None:
        """Set the intensity, 0 to 1; values outside are brought inside."""
        intensity = min(1.0, max(0.0, float(intensity)))
        change = abs(intensity - self.intensity)
        if change >= SMALL or (change and intensity in (0.0, 1.0)):
            self.intensity = intensity
            self.version += 1

    def set_cue(self, name: str, at: Line, asked: float | None = None) -> None:
        """Ask for a section by name; replaces a cue that still waits. `asked`: when, by the player's clock."""
        if at not in LINES:
            raise ValueError(f"at: expected {' or '.join(LINES)}, found {at!r}")
        self._cues += 1
        self.cue = Cue(self._cues, name, at, asked)
        self.version += 1
