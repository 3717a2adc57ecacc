"""The level of the whole track: volume, ducking, fades and pauses, without jumps. The caller passes the time."""

from typing import Final

SLEW: Final = 16.0  # largest change per second: from 1 to 0 takes 62 ms
RECOVERY: Final = 0.4  # seconds in which a duck recovers


class Fader:
    """Computes the level at a time in seconds. A volume v gives the gain v², which feels even on a slider."""

    def __init__(self, volume: float = 1.0) -> None:
        self.volume = volume
        self.paused = False
        self._duck = (0.0, 0.0)  # (amount 0..1, end of the hold)
        self._fade: tuple[float, float] | None = None  # (start, seconds)
        self._level = volume * volume
        self._asked: float | None = None

    def duck(self, amount: float, seconds: float, now: float) -> None:
        """Lower the level by a share 0..1 for some seconds; several ducks combine to the deepest share and the latest end."""
        amount = min(1.0, max(0.0, amount))
        before = self._ducked(now)
        self._duck = (max(amount, before), max(now + seconds, self._duck[1] if before >= amount else 0.0))

    def fade_out(self, seconds: float, now: float) -> None:
        """Fade to silence within the given seconds."""
        self._fade = (now, max(0.0, seconds))

    def level(self, now: float) -> float:
        """Return the level 0..1 at `now`; between frequent calls it moves by at most SLEW per second."""
        target = 0.0 if self.paused else self.volume * self.volume
        target *= (1 - self._ducked(now)) * self._faded(now)
        step = SLEW * (now - self._asked) if self._asked is not None else 1.0
        self._asked = now
        self._level += min(step, max(-step, target - self._level))
        return self._level

    def gone(self, now: float) -> bool:
        """Return whether a fade-out has finished."""
        return self._fade is not None and self._faded(now) == 0 and (self._level <= 0 or self.paused)

    @property
    def fading(self) -> bool:
        """Whether a fade-out was requested."""
        return self._fade is not None

    def _ducked(self, now: float) -> float:
        amount, until = self._duck
        return amount * min(1.0, max(0.0, 1 - (now - until) / RECOVERY))

    def _faded(self, now: float) -> float:
        if self._fade is None:
            return 1.0
        since, seconds = self._fade
        return max(0.0, 1 - (now - since) / seconds) if seconds > 0 else 0.0
