"""`InputGuard`: a screen that opens by itself ignores presses that were meant for the screen before."""

from typing import Final

from game.app.input.hub import InputHub

QUIET_SECONDS: Final = 0.4  # seconds without any key or button down, until presses count again


class InputGuard:
    """Active from the opening of such a screen until no key or button was down for QUIET_SECONDS."""

    def __init__(self, hub: InputHub) -> None:
        self._hub = hub
        self._left = 0.0

    @property
    def active(self) -> bool:
        """Whether presses are to be ignored."""
        return self._left > 0

    def start(self) -> None:
        """Begin: a screen opened by itself."""
        self._left = QUIET_SECONDS

    def stop(self) -> None:
        """End immediately: that screen is closed."""
        self._left = 0.0

    def update(self, seconds: float) -> None:
        """Let time pass; a pressed key or button prolongs it."""
        if self._left > 0:
            self._left = QUIET_SECONDS if self._hub.touched else max(0.0, self._left - seconds)
