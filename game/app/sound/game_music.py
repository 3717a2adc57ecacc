"""`GameMusic`: plays soundtracks for the screens and the match.

Pieces are found or composed by the jukebox's worker and rendered by the soundtrack's own threads; the calls here only
store a request, and the latest one counts. Without a sound card, without generators and with `--mute` nothing plays,
and nothing else changes.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from game.app.jukebox.studio import Jukebox
from game.app.sound.audio import Music

if TYPE_CHECKING:
    from game.core.levels.model import Level
    from music.piece import Piece
    from music.soundtrack import Soundtrack

FADE: Final = 0.9  # seconds, from one piece to the next
MENU_INTENSITY: Final = 0.7
PAUSED_INTENSITY: Final = 0.1
FIRST_FRAMES: Final = 30  # frames shown before the music begins to load: the title comes first
MENU_KEY: Final = "menu"
BOSS: Final = "boss"
MakeTrack = Callable[["Piece", float, float], "Soundtrack"]  # piece, intensity, volume


def soundtrack_of(piece: "Piece", intensity: float, volume: float) -> "Soundtrack":
    """Return the soundtrack of a piece; loads the synthesiser."""
    from music.soundtrack import Soundtrack

    return Soundtrack(piece, intensity=intensity, volume=volume)


class GameMusic(Music):
    """Plays the piece of the menu or the level with the given volume and intensity."""

    def __init__(self, jukebox: Jukebox, *, audible: bool, make: MakeTrack = soundtrack_of) -> None:
        super().__init__()
        self.jukebox = jukebox
        self.audible = audible
        self.key = ""  # what to play: MENU_KEY, a level, or ""
        self._make = make
        self._find: Callable[[], Piece] | None = (
            None  # finds the piece of `key`, until the worker has the job
        )
        self._frames = 0
        self._track: Soundtrack | None = None
        self._ending: Soundtrack | None = None  # plays its last section
        self._old: list[Soundtrack] = []  # fading out
        self._held = False
        self._background = False
        self._paused = False
        self._boss = False

    # Requests

    def menu(self) -> None:
        """Play the menu's piece."""
        self._request(MENU_KEY, self.jukebox.menu_piece, MENU_INTENSITY)

    def level(self, level: "Level", item: str) -> None:
        """Play a level's piece; if it plays already, from its theme."""
        self._paused = False
        own = (
            level.music,
            level.mood,
            level.objective,
            level.seed,
            level.difficulty,
        )  # it may have been edited
        key = f"level {item} {self.jukebox.choices.get(item)} {own}"
        if key == self.key and self._boss:
            self._boss = False
            if self._track is not None:
                self._track.cue("theme")
        self._request(key, lambda: self.jukebox.piece_of(level, item), 0.0)

    def set_intensity(self, intensity: float) -> None:
        """Set the intensity."""
        super().set_intensity(intensity)
        self._apply_intensity()

    def pause(self, paused: bool) -> None:
        """Be calm while the match is paused."""
        self._paused = paused
        self._apply_intensity()

    def boss(self) -> None:
        """Go to the piece's last stand, and stay there."""
        if not self._boss:
            self._boss = True
            self._cue_boss()

    def outcome(self) -> None:
        """Play the piece to its end: the match is over."""
        self.key = ""
        self._find = None
        if self._track is not None:
            self._track.stop(FADE, ending=True)
            self._ending, self._track = self._track, None

    def duck(self, amount: float, seconds: float) -> None:
        """Lower the volume for an effect."""
        if self._track is not None:
            self._track.duck(amount, seconds)

    def set_volume(self, volume: float) -> None:
        """Set the volume, 0 to 1; at 0 nothing is composed or rendered."""
        super().set_volume(volume)
        for track in self._main_tracks():
            track.set_volume(volume)

    def set_background(self, background: bool) -> None:
        """Hold while the window is in the background."""
        self._background = background
        for track in self._main_tracks():
            if background:
                track.pause()
            else:
                track.resume()

    def hold(self, held: bool) -> None:
        """Fall silent while other music plays (the jukebox's preview), and go on after it."""
        if held != self._held:
            self._held = held
            self._drop(FADE / 2)
            if not held and self.key == MENU_KEY:
                self._find = self.jukebox.menu_piece

    def stop(self) -> None:
        """Fall silent and drop the request."""
        super().stop()
        self.key = ""
        self._find = None
        self._drop(0.0)

    # What the app calls

    def update(self) -> None:
        """Called once a frame: give the request to the worker, after the first frames are shown."""
        self._frames += 1
        self.jukebox.poll()
        self._old = [track for track in self._old if track.playing]
        find, key = self._find, self.key
        if find is None or not self.audible or self._held or self.volume <= 0 or self._frames < FIRST_FRAMES:
            return
        self._find = None
        intensity, volume = self._wanted_intensity(), self.volume

        def work() -> "Soundtrack":
            track = self._make(find(), intensity, volume)
            track.start()
            return track

        self.jukebox.worker.submit(
            work, lambda track: self._take(key, track), lambda line: self._fail(key, line)
        )

    def close(self) -> None:
        """Silence every track immediately and end their threads."""
        self.audible = False
        self.jukebox.poll()  # a track made in the meantime must be closed too
        self.stop()
        for track in self._old:
            track.close()
        self._old.clear()

    @property
    def track(self) -> "Soundtrack | None":
        """The playing soundtrack."""
        return self._track

    def _request(self, key: str, find: "Callable[[], Piece]", intensity: float) -> None:
        if key == self.key:
            return
        self.key = key
        self._find = find
        self._boss = False
        self.problem = ""
        self.intensity = intensity
        self._drop(FADE)

    def _take(self, key: str, track: "Soundtrack") -> None:
        """Take a finished track: play it, unless the request has changed."""
        if key != self.key or self._held or not self.audible:
            track.stop(0.1)
            self._old.append(track)
            return
        self._drop(FADE)
        self._track = track
        track.set_volume(self.volume)
        if self._background:
            track.pause()
        self._apply_intensity()
        if self._boss:
            self._cue_boss()

    def _fail(self, key: str, line: str) -> None:
        if key == self.key:
            self.problem = line

    def _main_tracks(self) -> "list[Soundtrack]":
        """Return the track at full volume: the current one, or one that plays its ending."""
        return [track for track in (self._track, self._ending) if track is not None]

    def _drop(self, fade: float) -> None:
        for track in self._main_tracks():
            track.stop(fade)
            self._old.append(track)
        self._track = self._ending = None

    def _wanted_intensity(self) -> float:
        return min(self.intensity, PAUSED_INTENSITY) if self._paused else self.intensity

    def _apply_intensity(self) -> None:
        if self._track is not None:
            self._track.set_intensity(self._wanted_intensity())

    def _cue_boss(self) -> None:
        if self._track is not None:
            self._track.cue(BOSS)
