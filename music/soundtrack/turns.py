"""A lock between this package's threads and the closing of pygame's mixer.

pygame-ce 2.5 keeps the channels' sounds in a table that `pygame.mixer.quit` frees. `Channel.play` releases the GIL and then
writes to that table; `Channel.queue` does not check whether the table exists; and while `quit` frees the sounds, SDL's thread
may still switch from one to the next. Each of these crashes the program.

So this package holds the lock for everything it does with the mixer, and `pygame.mixer.quit` is replaced by a function that
takes the lock and first stops our channels. `pygame.quit` and the end of the program do the same.
"""

import functools
import threading
import weakref
from typing import Any, Final, Protocol

turn: Final = threading.RLock()  # held for at most a few milliseconds, except while the mixer opens or closes


class MixerUser(Protocol):
    """Something that uses the mixer."""

    def close(self) -> None:
        """Stop, and never use the mixer again. Called with the lock held, just before the mixer closes."""


_users: "weakref.WeakSet[MixerUser]" = weakref.WeakSet()


def register_user(mixer: Any, user: MixerUser) -> None:
    """Register a user whose `close` is called before this mixer, `pygame.mixer`, closes."""
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
