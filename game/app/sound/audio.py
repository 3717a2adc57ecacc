"""Plays the synthesised sounds: panned by place, limited in number, silent without a sound card.

`Music` is the interface of the soundtrack: screens and matches report events to it, and it decides what plays.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pygame

from game.app.sound import sound_effects as synth
from game.player.messages import say
from safefiles.text import clean

if TYPE_CHECKING:
    from game.core.levels.model import Level

CHANNELS: Final = 24
BUFFER: Final = 512  # samples; 12 ms


class SoundSettings(NamedTuple):
    """How one sound is played: level, importance, how many at the same time, and the pause before the next (seconds)."""

    level: float = 0.6
    priority: int = 1
    most: int = 3
    gap: float = 0.03


DEFAULT_SOUND: Final = SoundSettings()
SOUND_SETTINGS: Final = {
    "shot_scout": SoundSettings(0.32, 1, 4, 0.03),
    "shot_ranger": SoundSettings(0.36, 1, 4, 0.03),
    "shot_heavy": SoundSettings(0.48, 1, 4, 0.03),
    "bank_1": SoundSettings(0.3, 1, 3, 0.025),
    "bank_2": SoundSettings(0.34, 1, 3, 0.025),
    "bank_3": SoundSettings(0.38, 1, 3, 0.025),
    "bank_4": SoundSettings(0.42, 1, 3, 0.025),
    "mirror": SoundSettings(0.32, 1, 2, 0.05),
    "portal": SoundSettings(0.42, 1, 2, 0.08),
    "fizzle": SoundSettings(0.1, 0, 2, 0.05),
    "cancel": SoundSettings(0.4, 1, 2, 0.05),
    "hit": SoundSettings(0.5, 2, 3, 0.03),
    "hit_own": SoundSettings(0.8, 4, 2, 0.05),
    "explosion": SoundSettings(0.72, 3, 3, 0.05),
    "explosion_own": SoundSettings(0.9, 5, 1, 0.1),
    "mine_explosion": SoundSettings(0.7, 3, 2, 0.05),
    "core_hit": SoundSettings(0.7, 4, 2, 0.12),
    "spawn": SoundSettings(0.35, 1, 2, 0.1),
    "wave": SoundSettings(0.75, 4, 1, 0.5),
    "win": SoundSettings(0.85, 5, 1, 1.0),
    "lose": SoundSettings(0.85, 5, 1, 1.0),
    "draw": SoundSettings(0.8, 5, 1, 1.0),
    "ui_move": SoundSettings(0.16, 2, 2, 0.03),
    "ui_adjust": SoundSettings(0.2, 2, 2, 0.03),
    "ui_confirm": SoundSettings(0.34, 3, 2, 0.04),
    "ui_back": SoundSettings(0.3, 3, 2, 0.04),
    "ui_error": SoundSettings(0.4, 3, 1, 0.1),
    "star": SoundSettings(0.5, 4, 2, 0.1),
}


class Music:
    """The game's interface to the music. This class is silent; `game_music.GameMusic` plays."""

    def __init__(self) -> None:
        self.volume = 1.0
        self.intensity = 0.0  # 0 calm … 1 the last stand
        self.problem = ""  # why the requested piece does not play; one line

    def menu(self) -> None:
        """Called when a menu is shown, without a match behind it."""

    def level(self, level: "Level", item: str) -> None:
        """Called when a match begins on a level; `item` is its id."""

    def set_intensity(self, intensity: float) -> None:
        """Set the intensity of the match, 0 to 1."""
        self.intensity = min(1.0, max(0.0, intensity))

    def pause(self, paused: bool) -> None:
        """Called when the match is paused, or goes on."""

    def boss(self) -> None:
        """Called at the last wave or the last life."""

    def outcome(self) -> None:
        """Called when the match is over."""

    def duck(self, amount: float, seconds: float) -> None:
        """Lower the music's volume by a share 0 to 1 for an effect."""

    def set_volume(self, volume: float) -> None:
        """Set the volume, 0 to 1."""
        self.volume = volume

    def set_background(self, background: bool) -> None:
        """Called when the window goes to the background and must be silent, or comes back."""

    def hold(self, held: bool) -> None:
        """Pause while other music plays, or go on after it."""

    def update(self) -> None:
        """Called once a frame."""

    def stop(self) -> None:
        """Fall silent."""
        self.intensity = 0.0

    def close(self) -> None:
        """Fall silent and release everything."""


@dataclass
class _Playing:
    name: str
    priority: int
    since: float


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Hide what sound libraries print to the terminal without a sound card, as the game shows its own message."""
    try:
        kept = os.dup(2)
        null = os.open(os.devnull, os.O_WRONLY)
    except OSError:
        yield
        return
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(null)
        os.close(kept)


def pan_gains(pan: float) -> tuple[float, float]:
    """Return the (left, right) gains of a place from -1 (left) to 1 (right), of equal power everywhere."""
    angle = (min(1.0, max(-1.0, pan)) + 1) * np.pi / 4
    return float(np.cos(angle)), float(np.sin(angle))


class Audio:
    """The game's sound effects. With no device every method still works and nothing is heard."""

    def __init__(self, *, mute: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self.music = Music()
        self.volume = 1.0
        self.available = False
        self.problem = ""  # cause, if there is no sound
        self._clock = clock
        self._background = False
        self._sounds: dict[str, pygame.mixer.Sound] = {}
        self._playing: dict[int, _Playing] = {}
        self._last: dict[str, float] = {}
        if not mute:
            self._open()

    def _open(self) -> None:
        try:
            with _quiet_stderr():
                pygame.mixer.init(synth.RATE, -16, 2, BUFFER, allowedchanges=0)
            pygame.mixer.set_num_channels(CHANNELS)
        except (pygame.error, AttributeError, NotImplementedError, ImportError) as error:
            self.problem = say("no_display", told=clean(str(error)))
            return
        self.available = True

    def close(self) -> None:
        """Stop everything and release the device."""
        self.music.close()
        if self.available:
            self.available = False
            self._sounds.clear()
            pygame.mixer.quit()

    def set_volume(self, effects: float, music: float) -> None:
        """Set the two volumes, 0 to 1."""
        self.volume = effects
        self.music.set_volume(music)

    def set_background(self, background: bool) -> None:
        """Fall silent while the window is in the background."""
        self._background = background
        self.music.set_background(background)

    def prepare(self, names: list[str] | None = None) -> None:
        """Compute sounds before their first use; may run in another thread, also during `close`."""
        for name in names if names is not None else list(synth.SOUNDS):
            if not self.available:
                return
            try:
                self._sound(name)
            except pygame.error:
                return

    def play(self, name: str, pan: float = 0.0, level: float = 1.0) -> bool:
        """Play a sound at a place from -1 (left) to 1 (right); return whether it is heard.

        It is not if too many of its kind play, or if only more important sounds could be stopped for it.
        """
        if not self.available or self.volume <= 0 or self._background or name not in synth.SOUNDS:
            return False
        settings = SOUND_SETTINGS.get(name, DEFAULT_SOUND)
        now = self._clock()
        if now - self._last.get(name, -1e9) < settings.gap:
            return False
        number = self._channel(name, settings)
        if number is None:
            return False
        left, right = pan_gains(pan)
        gain = self.volume * self.volume * settings.level * min(1.0, level)
        channel = pygame.mixer.Channel(number)
        channel.play(self._sound(name))
        channel.set_volume(left * gain, right * gain)
        self._playing[number] = _Playing(name, settings.priority, now)
        self._last[name] = now
        return True

    def voices(self) -> list[str]:
        """Return the names of the sounds that are heard now."""
        self._forget_finished()
        return [playing.name for playing in self._playing.values()]

    def _channel(self, name: str, settings: SoundSettings) -> int | None:
        """Return the channel to play on: a free one, otherwise that of the least important, oldest sound that may be stopped."""
        self._forget_finished()
        same = [number for number, playing in self._playing.items() if playing.name == name]
        if len(same) >= settings.most:
            return min(same, key=lambda number: self._playing[number].since)
        for number in range(CHANNELS):
            if number not in self._playing:
                return number
        weakest = min(
            self._playing, key=lambda number: (self._playing[number].priority, self._playing[number].since)
        )
        return weakest if self._playing[weakest].priority <= settings.priority else None

    def _forget_finished(self) -> None:
        if self.available:
            self._playing = {n: p for n, p in self._playing.items() if pygame.mixer.Channel(n).get_busy()}

    def _sound(self, name: str) -> "pygame.mixer.Sound":
        sound = self._sounds.get(name)
        if sound is None:
            wave = synth.finish(synth.SOUNDS[name]())
            stereo: Any = np.repeat((wave * 32767).astype(np.int16)[:, None], 2, axis=1)
            sound = pygame.mixer.Sound(buffer=np.ascontiguousarray(stereo).tobytes())
            self._sounds[name] = sound
        return sound
