"""`InputGuard`: a screen that opens by itself takes no press that was meant for what was there before."""

from typing import Final

from game.app.input.hub import InputHub

QUIET_SECONDS: Final = 0.4  # without any key or button down, until presses count again


class InputGuard:
    """Up from when such a screen opens until every key and button was let go and it was quiet for a moment."""

    def __init__(self, hub: InputHub) -> None:
        self._hub = hub
        self._left = 0.0

    @property
    def up(self) -> bool:
        """Whether presses are to be ignored."""
        return self._left > 0

    def put_up(self) -> None:
        """Begin: a screen opened that nobody asked for."""
        self._left = QUIET_SECONDS

    def drop(self) -> None:
        """End at once: that screen is gone."""
        self._left = 0.0

    def update(self, seconds: float) -> None:
        """Let time pass; whoever is still pressing makes it last."""
        if self._left > 0:
            self._left = QUIET_SECONDS if self._hub.touched else max(0.0, self._left - seconds)
