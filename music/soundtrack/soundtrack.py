"""`Soundtrack`: adaptive music for any pygame program. Methods return immediately and may be called every frame."""

import atexit
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from music.errors import MusicError
from music.messages import say
from music.piece import Piece, read_piece
from music.soundtrack.conductor import Conductor
from music.soundtrack.controls import Controls, Line
from music.soundtrack.fader import Fader
from music.soundtrack.layers import LAYERS, Layers
from music.soundtrack.player import PlayedChunk, TrackPlayer
from music.soundtrack.rendering import Render, Studio, synth_render
from music.soundtrack.sinks import SilentSink, Sink, open_mixer, reopen_mixer

SILENT_RATE: Final = 44_100  # sample rate without a mixer


class Soundtrack:
    """A piece of music that adapts to the game.

    The piece is rendered in the background, the first section first, and mixed one beat ahead in another thread. Without
    pygame, a sound card or a mixer everything works, but silently. If the program closes the mixer, the music continues
    silently, and audibly when the mixer is opened again.

        piece      the piece to play
        render     the function that renders a bar; default: this package's synthesiser
        layers     the gain of each voice by intensity
        intensity  at the start, 0 calm to 1 everything
        volume     0 to 1, heard as its square
        channel    the mixer channel to use; it and those below are reserved. Default: a channel is added
        on_chunk   called with every beat when it begins to play, in the player's thread
        clock      a monotonic clock in seconds
    """

    def __init__(
        self,
        piece: Piece,
        *,
        render: Render | None = None,
        layers: Layers = LAYERS,
        intensity: float = 1.0,
        volume: float = 1.0,
        channel: int | None = None,
        on_chunk: Callable[[PlayedChunk], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if channel is not None and channel < 0:
            raise MusicError(say("channel", found=channel))
        self.piece = piece
        self.problem = ""  # why the music is silent
        self._render = render or synth_render(piece)
        self._layers = layers
        self._channel = channel
        self._on_chunk = on_chunk
        self._clock = clock
        self._controls = Controls(min(1.0, max(0.0, intensity)))
        self._volume = min(1.0, max(0.0, volume))
        self._studio: Studio | None = None
        self._player: TrackPlayer | None = None

    @classmethod
    def read(cls, path: str | PathLike[str], **options: Any) -> "Soundtrack":
        """Return a soundtrack of a .piece.json file; options as in the constructor.

        Raises PieceRefused, also for a MIDI file: convert it by `music.midi.load.midi_to_piece`.
        """
        return cls(read_piece(Path(path)), **options)

    @property
    def playing(self) -> bool:
        """Whether music plays, is paused or fades out, audible or not."""
        return self._player is not None and self._player.alive

    @property
    def silent(self) -> bool:
        """Whether there is no mixer."""
        return self._player is None or self._player.sink.silent

    @property
    def section(self) -> str:
        """Name of the section that is heard now; "" if there is none."""
        return self._player.place.section if self._player is not None else ""

    @property
    def sections(self) -> tuple[str, ...]:
        """Names of the sections that can be cued."""
        return tuple(dict.fromkeys(section.name for section in self.piece.sections)) or ("theme",)

    @property
    def intensity(self) -> float:
        """The last intensity that was set."""
        return self._controls.intensity

    @property
    def gaps(self) -> int:
        """How often this run had a gap because the program or the machine stalled for more than a beat."""
        return self._player.gaps if self._player is not None else 0

    def start(self, section: str | None = None) -> None:
        """Play from the beginning or from a section. Does nothing while it plays, unless it is fading out."""
        if self.playing and self._player is not None and not self._player.fader.fading:
            return
        if self._player is not None:
            self._player.close()
        sink: Sink
        mixer, self.problem = open_mixer(self._channel)
        sink = mixer if mixer is not None else SilentSink(SILENT_RATE, self._clock)
        self._controls = Controls(self._controls.intensity)
        studio = self._studio_at(sink.rate)
        first = studio.score.first() if section is None else studio.score.find(section)
        if first is None:
            sink.close()
            raise MusicError(say("section", known=", ".join(self.sections), found=repr(section)))
        studio.want(first)
        studio.start()
        self._player = TrackPlayer(
            Conductor(studio.score, studio, controls=self._controls, layers=self._layers, section=first),
            sink,
            fader=Fader(self._volume),
            clock=self._clock,
            reopen=lambda: reopen_mixer(self._channel),
            at_rate=self._conductor_at,
            on_chunk=self._on_chunk,
        )
        _watch(self)
        self._player.start()

    def set_intensity(self, intensity: float) -> None:
        """Set the intensity, 0 calm to 1 everything; the gains move to it during the next beat."""
        self._controls.set_intensity(intensity)

    def cue(self, name: str, at: Line = "bar") -> bool:
        """Go to a section on the next bar or beat line; return whether the piece has that section.

        It is heard less than a bar later: a cue that comes too late for the coming bar line does not wait for the next one,
        but is followed on the last beat line before it. The section that is playing is not restarted. "ending" ends the
        music. A later cue replaces a waiting one.
        """
        if name not in self.sections:
            return False
        self._controls.set_cue(name, at, self._clock())
        return True

    def stop(self, fade: float = 1.0, *, ending: bool = False) -> None:
        """Fade out within the given seconds; or play the piece's ending from the next bar line, if it has one."""
        player = self._player
        if player is None or not player.alive:
            return
        if ending and self.cue("ending"):
            return
        if self._studio is not None:
            self._studio.stop(timeout=0.0)
        player.fader.fade_out(fade, self._clock())

    def set_volume(self, volume: float) -> None:
        """Set the volume, 0 to 1, heard as its square; moves there in a few hundredths of a second."""
        self._volume = min(1.0, max(0.0, volume))
        if self._player is not None:
            self._player.fader.volume = self._volume

    def duck(self, amount: float, seconds: float) -> None:
        """Lower the music by a share 0..1 for the given seconds, for example during a sound effect."""
        if self._player is not None:
            self._player.fader.duck(amount, seconds, self._clock())

    def pause(self) -> None:
        """Pause the music."""
        if self._player is not None:
            self._player.fader.paused = True

    def resume(self) -> None:
        """Continue after `pause`."""
        if self._player is not None:
            self._player.fader.paused = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end of a fade or an ending; return whether it has ended."""
        return self._player is None or self._player.wait(timeout)

    def close(self) -> None:
        """Stop immediately, end the threads and drop the rendered bars. `start` may be called again."""
        if self._player is not None:
            self._player.close()
        if self._studio is not None:
            self._studio.stop()
            self._studio = None

    def __enter__(self) -> "Soundtrack":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _studio_at(self, rate: int) -> Studio:
        """Return the studio for that sample rate, with the bars that it has already rendered."""
        if self._studio is None or self._studio.score.sample_rate != rate:
            if self._studio is not None:
                self._studio.stop(timeout=0.0)
            self._studio = Studio(self.piece, rate, self._render)
        return self._studio

    def _conductor_at(self, rate: int, old: Conductor) -> Conductor:
        """Return a conductor for another sample rate, at the start of the old conductor's current section."""
        studio = self._studio_at(rate)
        section = max(0, old.state.section)
        studio.want(section)
        studio.start()
        conductor = Conductor(
            studio.score, studio, controls=self._controls, layers=self._layers, section=section
        )
        conductor.state = replace(conductor.state, cues=old.state.cues)  # do not follow those again
        return conductor


_playing: "weakref.WeakSet[Soundtrack]" = weakref.WeakSet()
_watching = threading.Event()


def _watch(track: Soundtrack) -> None:
    """Stop the track before `pygame.quit` or the end of the program closes the mixer that its thread uses."""
    _playing.add(track)
    if _watching.is_set():
        return
    _watching.set()
    atexit.register(_stop_all)
    try:
        import pygame

        pygame.register_quit(_stop_all)
    except (ImportError, AttributeError):
        return


def _stop_all() -> None:
    _watching.clear()
    for track in list(_playing):
        track.close()
