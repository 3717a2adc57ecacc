"""Controls of playing music: written by the frame's thread, read by the player's thread."""

from typing import Final, Literal, NamedTuple

Line = Literal["bar", "beat"]
LINES: Final = ("bar", "beat")
END: Final = "\nend"  # the cue that ends the music; no section can have this name
SMALL: Final = 0.005  # a smaller change of intensity does not cause another mix


class Cue(NamedTuple):
    """A request to go to a section; later cues have higher numbers."""

    number: int
    name: str
    at: Line
    requested: float | None = None  # request time on the player's clock, s; None: when the player reads it


class Controls:
    """Intensity and cue. Attributes are replaced atomically, so another thread never sees a partial change."""

    def __init__(self, intensity: float = 1.0) -> None:
        self.intensity = intensity
        self.cue: Cue | None = None
        self.version = 0  # number of changes so far
        self._cues = 0

    def set_intensity(self, intensity: float) -> None:
        """Set the intensity; values are clipped to 0..1."""
        intensity = min(1.0, max(0.0, float(intensity)))
        change = abs(intensity - self.intensity)
        if change >= SMALL or (change and intensity in (0.0, 1.0)):
            self.intensity = intensity
            self.version += 1

    def set_cue(self, name: str, at: Line, requested: float | None = None) -> None:
        """Request a section by name; replaces a waiting cue. `requested`: time of the request on the player's clock."""
        if at not in LINES:
            raise ValueError(f"at: expected {' or '.join(LINES)}, found {at!r}")
        self._cues += 1
        self.cue = Cue(self._cues, name, at, requested)
        self.version += 1
