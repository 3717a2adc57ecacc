"""Outputs for chunks: a pygame mixer channel, or a silent sink that only keeps time. Only this module imports pygame.

pygame-ce 2.5 may deadlock in `Channel.pause` (it waits for the mixer's lock while it holds the GIL), so a pause stops the
channel. `Sound.get_num_channels` shows whether a sound has begun. `turns` explains how a program may close the mixer at any
moment.
"""

from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from music.messages import say
from music.soundtrack.conductor import Samples
from music.soundtrack.turns import register_user, turn
from safefiles.text import clean

LEVELS: Final = 128  # number of SDL_mixer's volume steps
STOPS: Final = 3  # `Channel.stop` starts a queued sound, so more than one call is needed
KEPT: Final = 4  # newest sounds that are kept, so that none is freed while SDL's thread switches to it


class Sink(Protocol):
    """One stream of chunks of a beat each; at most one plays and one waits."""

    rate: int  # samples a second
    silent: bool

    def usable(self) -> bool:
        """Return whether the output still exists."""

    def play(self, chunk: Samples) -> object | None:
        """Play a chunk immediately and return its handle; None on failure."""

    def queue(self, chunk: Samples) -> object | None:
        """Play a chunk directly after the playing one; replaces a waiting chunk. Returns its handle; None on failure."""

    def begun(self, handle: Any) -> bool:
        """Return whether a queued chunk is playing now."""

    def busy(self) -> bool:
        """Return whether anything plays."""

    def set_level(self, level: float) -> None:
        """Set the loudness, 0 to 1."""

    def halt(self) -> None:
        """Stop the playing and the waiting chunk."""

    def close(self) -> None:
        """Stop, and give back what was taken."""


class SilentSink:
    """No sound, but the same passing of time."""

    silent = True

    def __init__(self, rate: int, clock: Callable[[], float]) -> None:
        self.rate = rate
        self._clock = clock
        self._playing: list[float] | None = None  # start and end of it
        self._waiting: list[float] | None = None

    def usable(self) -> bool:
        """Return True: silence never fails."""
        return True

    def play(self, chunk: Samples) -> object | None:
        """Begin now."""
        now = self._clock()
        self._playing, self._waiting = [now, now + len(chunk) / self.rate], None
        return self._playing

    def queue(self, chunk: Samples) -> object | None:
        """Begin when the present chunk ends."""
        self._turn()
        start = self._playing[1] if self._playing is not None else self._clock()
        self._waiting = [start, start + len(chunk) / self.rate]
        return self._waiting

    def begun(self, handle: Any) -> bool:
        """Return whether that chunk's time has come."""
        self._turn()
        return handle is self._playing

    def busy(self) -> bool:
        """Return whether the time of a chunk is running."""
        self._turn()
        return self._playing is not None

    def set_level(self, level: float) -> None:
        """Do nothing."""

    def halt(self) -> None:
        """Forget both chunks."""
        self._playing = self._waiting = None

    def close(self) -> None:
        """Forget both chunks."""
        self.halt()

    def _turn(self) -> None:
        now = self._clock()
        if self._playing is not None and now >= self._playing[1]:
            self._playing, self._waiting = self._waiting, None
            if self._playing is not None and now >= self._playing[1]:
                self._playing = None


class MixerSink:
    """A channel of pygame's mixer. A handle is the number of a sound."""

    silent = False

    def __init__(self, pygame: ModuleType, number: int, own: bool) -> None:
        self._pygame = pygame
        self._settings = pygame.mixer.get_init()
        self.rate: int = self._settings[0]
        self.number = number
        self._own = own  # a channel that was added for us, to be used again
        self._channel = pygame.mixer.Channel(number)
        self._level = -1
        self._closed = False
        self._sounds: dict[int, Any] = {}  # by handle: what plays and waits, and the last before
        self._last = 0  # handle that was given out
        register_user(pygame.mixer, self)

    def usable(self) -> bool:
        """Return whether the mixer is the one that we opened."""
        with turn:
            return not self._closed and bool(self._pygame.mixer.get_init() == self._settings)

    def play(self, chunk: Samples) -> object | None:
        """Play a chunk immediately."""
        return self._give(self._channel_play, chunk)

    def queue(self, chunk: Samples) -> object | None:
        """Queue a chunk."""
        return self._give(self._channel_queue, chunk)

    def _give(self, give: Callable[[Any], bool], chunk: Samples) -> object | None:
        converted = mixer_bytes(chunk, *self._settings[1:])
        with turn:
            return self._given(give, converted)

    def _given(self, give: Callable[[Any], bool], converted: bytes) -> int | None:
        try:
            if not self.usable():
                return None
            sound = self._pygame.mixer.Sound(buffer=converted)
            return self._kept(sound) if give(sound) else None
        except (self._pygame.error, IndexError, RuntimeError):
            return None

    def _kept(self, sound: Any) -> int:
        """Keep a sound and forget old ones that do not play; return its handle."""
        self._last += 1
        self._sounds[self._last] = sound
        for handle in list(self._sounds)[:-KEPT]:
            if not self._sounds[handle].get_num_channels():
                del self._sounds[handle]
        return self._last

    def _channel_play(self, sound: Any) -> bool:
        if self.number >= self._pygame.mixer.get_num_channels():
            return False
        self._channel.play(sound)
        level, self._level = self._level, -1  # playing resets the volume in some versions
        self.set_level(max(0, level) / LEVELS)
        return True

    def _channel_queue(self, sound: Any) -> bool:
        if not self._channel.get_busy():
            return False
        self._channel.queue(sound)
        return True

    def begun(self, handle: Any) -> bool:
        """Return whether that sound is on a channel."""
        with turn, suppress(self._pygame.error):
            return handle in self._sounds and self.usable() and self._sounds[handle].get_num_channels() > 0
        return False

    def busy(self) -> bool:
        """Return whether the channel plays."""
        with turn, suppress(self._pygame.error):
            return self.usable() and bool(self._channel.get_busy())
        return False

    def set_level(self, level: float) -> None:
        """Set the channel's volume."""
        steps = round(min(1.0, max(0.0, level)) * LEVELS)
        if steps == self._level:
            return
        self._level = steps
        with turn, suppress(self._pygame.error):
            if self.usable():
                self._channel.set_volume(steps / LEVELS)

    def halt(self) -> None:
        """Stop the playing and the waiting chunk."""
        with turn, suppress(self._pygame.error):
            for _ in range(STOPS):
                if not self.busy():
                    return
                self._channel.stop()

    def close(self) -> None:
        """Stop, let go of the mixer and give the channel back."""
        with turn:
            if self._closed:
                return
            self.halt()
            self._closed = True
            self._sounds.clear()
            if self._own:
                _taken.discard(self.number)


_added: set[int] = set()  # channels that were added for soundtracks …
_taken: set[int] = set()  # … and those of them that play
_count: int = (
    0  # channels there were after the last was added; another count now: the program has set its own
)


def open_mixer(channel: int | None) -> tuple[MixerSink | None, str]:
    """Return a sink on the mixer, which is opened if needed; or None and the reason.

    With a channel, that channel is used, and it and those below are reserved, so that `Sound.play` never takes it.
    Without one a channel is added behind the program's own.
    """
    try:
        import pygame

        with turn:
            if pygame.mixer.get_init() is None:
                pygame.mixer.init()
            return _sink(pygame, channel)
    except Exception as error:  # pygame missing, built without a mixer, or no sound card: the caller need not distinguish these
        return None, say("sound_device", cause=clean(str(error) or type(error).__name__, 200))


def reopen_mixer(channel: int | None) -> MixerSink | None:
    """Return a sink if the program has opened the mixer itself by now."""
    try:
        import pygame

        with turn:
            return _sink(pygame, channel)[0] if pygame.mixer.get_init() is not None else None
    except Exception:  # as above
        return None


def _sink(pygame: ModuleType, channel: int | None) -> tuple[MixerSink | None, str]:
    mixer = pygame.mixer
    try:
        if channel is None:
            return MixerSink(pygame, _free_channel(mixer), own=True), ""
        if channel >= mixer.get_num_channels():
            mixer.set_num_channels(channel + 1)
        mixer.set_reserved(channel + 1)
        return MixerSink(pygame, channel, own=False), ""
    except (pygame.error, IndexError) as error:
        return None, say("sound_device", cause=clean(str(error), 200))


def _free_channel(mixer: Any) -> int:
    global _count
    count: int = mixer.get_num_channels()
    if count != _count:
        _added.clear()
        _taken.clear()
    free = [number for number in sorted(_added - _taken) if not mixer.Channel(number).get_busy()]
    if not free:
        _count = count + 1
        mixer.set_num_channels(_count)
        _added.add(count)
        free = [count]
    _taken.add(free[0])
    return free[0]


def mixer_bytes(chunk: Samples, size: int, channels: int) -> bytes:
    """Convert a chunk to the mixer's format; `size` and `channels` as returned by `pygame.mixer.get_init`."""
    sound: NDArray[Any] = chunk
    if channels == 1:
        sound = (chunk.astype(np.int32).sum(axis=1) >> 1).astype(np.int16)[:, None]
    elif channels > 2:
        sound = np.zeros((len(chunk), channels), np.int16)
        sound[:, :2] = chunk
    if size == -16:
        converted: NDArray[Any] = sound
    elif size == 16:
        converted = (sound.astype(np.int32) + 32768).astype(np.uint16)
    elif size == -8:
        converted = (sound >> 8).astype(np.int8)
    elif size == 8:
        converted = ((sound >> 8) + 128).astype(np.uint8)
    else:
        converted = sound.astype(np.float32) / 32768
    return np.ascontiguousarray(converted).tobytes()
