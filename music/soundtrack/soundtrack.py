"""`Soundtrack`: adaptive music for any pygame program. Every method returns at once and may be called every frame."""

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

SILENT_RATE: Final = 44_100  # samples a second that are counted where there is no mixer


class Soundtrack:
    """A piece that follows the game.

    The piece is rendered in the background, the first section first, and mixed a beat ahead in another thread. Without
    pygame, a sound card or a mixer everything works but is not heard. If the program closes the mixer, the music goes
    on in silence, and aloud when the mixer is opened again.

        piece      what is played
        render     what turns a bar into sound; this package's synthesiser when left out
        layers     which voice is heard how loudly at which intensity
        intensity  at the start, 0 calm to 1 everything
        volume     0 to 1, heard as its square
        channel    the mixer channel to use; it and those below are reserved. Left out, one is added
        on_chunk   is told of every beat as it begins to play, in the player's thread
        clock      seconds that only ever grow
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
        self.problem = ""  # why nothing is heard
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
        """Return a soundtrack of a .piece.json file, with the options of the constructor.

        Raises PieceRefused, for a MIDI file too: `music.midi.load.midi_to_piece` makes a piece of one.
        """
        return cls(read_piece(Path(path)), **options)

    @property
    def playing(self) -> bool:
        """Whether music plays, is paused or fades out, be it heard or not."""
        return self._player is not None and self._player.alive

    @property
    def silent(self) -> bool:
        """Whether there is no mixer to play on."""
        return self._player is None or self._player.sink.silent

    @property
    def section(self) -> str:
        """Name of the section that is heard now, "" when there is none."""
        return self._player.place.section if self._player is not None else ""

    @property
    def sections(self) -> tuple[str, ...]:
        """Names of the sections that can be cued."""
        return tuple(dict.fromkeys(section.name for section in self.piece.sections)) or ("theme",)

    @property
    def intensity(self) -> float:
        """The intensity that was asked for."""
        return self._controls.intensity

    @property
    def gaps(self) -> int:
        """How often this run fell silent because the program, or the machine, stood still for more than a beat."""
        return self._player.gaps if self._player is not None else 0

    def start(self, section: str | None = None) -> None:
        """Play from the beginning, or from a section. Does nothing while it plays already, unless it fades out."""
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
        """Set how much of the piece is heard, 0 calm to 1 everything; moves there within a beat, from the next beat."""
        self._controls.set_intensity(intensity)

    def cue(self, name: str, at: Line = "bar") -> bool:
        """Go to a section on the next bar or beat line; return whether the piece has it.

        It is heard less than a bar later: a cue that comes too late for the bar line just ahead does not wait for the
        next but is followed on the last beat line before. A section that plays already is not begun again. "ending"
        ends the music. A later cue replaces one that waits.
        """
        if name not in self.sections:
            return False
        self._controls.set_cue(name, at, self._clock())
        return True

    def stop(self, fade: float = 1.0, *, ending: bool = False) -> None:
        """Fade out in so many seconds; or play the piece's ending from the next bar line, where it has one."""
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
        """Lower the music by a share 0..1 for so many seconds, under an effect that must be heard."""
        if self._player is not None:
            self._player.fader.duck(amount, seconds, self._clock())

    def pause(self) -> None:
        """Hold the music where it is."""
        if self._player is not None:
            self._player.fader.paused = True

    def resume(self) -> None:
        """Go on from where `pause` held."""
        if self._player is not None:
            self._player.fader.paused = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end of a fade or an ending; return whether all is silent."""
        return self._player is None or self._player.wait(timeout)

    def close(self) -> None:
        """Fall silent at once, end the threads and forget what was rendered. `start` may be called again."""
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
        """Return the studio of that sample rate, with what it has rendered already."""
        if self._studio is None or self._studio.score.sample_rate != rate:
            if self._studio is not None:
                self._studio.stop(timeout=0.0)
            self._studio = Studio(self.piece, rate, self._render)
        return self._studio

    def _conductor_at(self, rate: int, old: Conductor) -> Conductor:
        """Return a conductor at another sample rate, at the start of the section that the old one has reached."""
        studio = self._studio_at(rate)
        section = max(0, old.state.section)
        studio.want(section)
        studio.start()
        conductor = Conductor(
            studio.score, studio, controls=self._controls, layers=self._layers, section=section
        )
        conductor.state = replace(conductor.state, cues=old.state.cues)  # those are not followed again
        return conductor


_playing: "weakref.WeakSet[Soundtrack]" = weakref.WeakSet()
_watching = threading.Event()


def _watch(track: Soundtrack) -> None:
    """Stop the track before `pygame.quit` or the end of the program takes the mixer away under its thread."""
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
