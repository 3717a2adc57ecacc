"""Lets this package's threads and the closing of pygame's mixer take turns.

pygame-ce 2.5 keeps what the channels play in a table that `pygame.mixer.quit` frees. `Channel.play` lets other threads
run in its middle and then writes to that table; `Channel.queue` never asks whether it is there; and while `quit` frees
the sounds, SDL's thread may still go on from one to the next. Each of these ends the program.

So whatever this package does with the mixer, it does in its turn; `pygame.mixer.quit` is replaced by a function that
waits for its own turn and has our channels stopped first. `pygame.quit` and the end of the program go the same way.
"""

import functools
import threading
import weakref
from typing import Any, Final, Protocol

turn: Final = threading.RLock()  # held for a few milliseconds at most, but while the mixer opens or closes


class MixerUser(Protocol):
    """Something that uses the mixer."""

    def close(self) -> None:
        """Stop, and never use the mixer again. Called in turn, just before the mixer closes."""


_users: "weakref.WeakSet[MixerUser]" = weakref.WeakSet()


def register_user(mixer: Any, user: MixerUser) -> None:
    """Have a user closed before this mixer, `pygame.mixer`, closes."""
    _users.add(user)
    if getattr(mixer.quit, "takes_turns", False):
        return
    close = mixer.quit

    @functools.wraps(close)
    def quit_in_turn() -> None:
        with turn:
            for other in list(_users):
                other.close()
            _users.clear()
            close()

    quit_in_turn.takes_turns = True  # type: ignore[attr-defined]
    mixer.quit = quit_in_turn
