"""Plays one piece with all voices in a loop, from any bar, and reports the position."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from game.app.worker import Worker

if TYPE_CHECKING:
    from music.piece import Piece
    from music.soundtrack import Soundtrack

FADE: Final = 0.15  # seconds
BEATS_PER_BAR: Final = 4
OnChunk = Callable[[Any], None]  # called with a chunk that begins to play
MakeTrack = Callable[["Piece", float, OnChunk], "Soundtrack"]


def track_of(piece: "Piece", volume: float, on_chunk: OnChunk) -> "Soundtrack":
    """Return the soundtrack of a piece that can jump to every bar; loads the synthesiser."""
    from music.piece import Section
    from music.soundtrack import Soundtrack

    bars = tuple(Section(str(bar), bar, 1) for bar in range(piece.bars))
    return Soundtrack(replace(piece, sections=bars), volume=volume, on_chunk=on_chunk)


class PiecePreview:
    """What the jukebox plays. Without sound the position advances all the same, for the picture."""

    def __init__(
        self,
        worker: Worker,
        *,
        audible: bool,
        make: MakeTrack = track_of,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.audible = audible
        self.problem = ""
        self.piece: Piece | None = None  # the playing or starting piece
        self._worker = worker
        self._make = make
        self._clock = clock
        self._track: Soundtrack | None = None
        self._old: list[Soundtrack] = []
        self._position = (0, 0, 0.0)  # bar, beat, clock time of its start
        self._started = False
        self._number = 0  # counts calls of `play` and `stop`

    @property
    def playing(self) -> bool:
        """Whether a piece plays, or is about to."""
        return self.piece is not None

    @property
    def position(self) -> float:
        """The position in bars from the start of the piece."""
        bar, beat, began = self._position
        if self.piece is None or not self._started:
            return bar + beat / BEATS_PER_BAR
        beats = (self._clock() - began) * self.piece.tempo / 60.0
        if self.audible and self._track is not None:
            beats = min(1.0, beats)  # the next beat reports the position
        return float((bar + (beat + beats) / BEATS_PER_BAR) % self.piece.bars)

    def play(self, piece: "Piece", volume: float, bar: float = 0.0) -> None:
        """Play from the start of a bar."""
        self.stop()
        self.piece = piece
        self._number += 1
        number, first = self._number, int(bar) % piece.bars
        self._position = (first, 0, self._clock())
        self._started = not self.audible
        if not self.audible:
            return

        def work() -> "Soundtrack":
            track = self._make(piece, volume, lambda chunk: self._on_beat(number, chunk))
            track.start(str(first))
            return track

        self._worker.submit(
            work, lambda track: self._take(number, track), lambda line: self._fail(number, line)
        )

    def stop(self) -> None:
        """Stop playing; the position stays."""
        if self.piece is None:
            return
        position = self.position
        self._position = (int(position), int(position % 1 * BEATS_PER_BAR), 0.0)
        self.piece = None
        self._number += 1
        self._drop()

    def seek(self, bar: float) -> None:
        """Go to a bar, playing or not."""
        if self.piece is None:
            self._position = (int(bar), 0, 0.0)
        elif self._track is not None:
            self._track.cue(str(int(bar) % self.piece.bars), "beat")
        else:
            self._position = (int(bar) % self.piece.bars, 0, self._clock())

    def set_volume(self, volume: float) -> None:
        """Set the volume of the settings."""
        if self._track is not None:
            self._track.set_volume(volume)

    def close(self) -> None:
        """Stop all sound immediately."""
        self.stop()
        for track in self._old:
            track.close()
        self._old.clear()

    def _on_beat(self, number: int, chunk: Any) -> None:
        """Called in the player's thread when a beat begins."""
        if number == self._number and chunk.place.section:
            self._position = (int(chunk.place.section) + chunk.place.bar, chunk.place.beat, self._clock())
            self._started = True

    def _take(self, number: int, track: "Soundtrack") -> None:
        if number == self._number:
            self._track = track
        else:
            track.stop(FADE)
            self._old.append(track)

    def _fail(self, number: int, line: str) -> None:
        if number == self._number:
            self.problem = line
            self.piece = None

    def _drop(self) -> None:
        self._old = [track for track in self._old if track.playing]
        if self._track is not None:
            self._track.stop(FADE)
            self._old.append(self._track)
            self._track = None
