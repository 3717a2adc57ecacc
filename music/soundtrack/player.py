"""Feeds a sink one beat ahead, in its own thread.

A beat is mixed as soon as the previous one has begun, so a program that stalls for less than a beat causes no gap. If the
controls have changed since, the beat is mixed again LEAD_SECONDS before it starts and replaces the first mix, so a change is
heard on the next line and not one later. A cue that comes after that is still followed until LAST_SECONDS before the line.

A cue is heard less than a bar after its request. If it comes too late for the coming bar line, it cannot wait for the next
one: its deadline makes the conductor follow it on the last beat line before.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from music import vocabulary as vo
from music.soundtrack.conductor import BeatPosition, Conductor, ConductorState, Deadline, Samples
from music.soundtrack.controls import Controls
from music.soundtrack.fader import Fader
from music.soundtrack.sinks import SilentSink, Sink

POLL_SECONDS: Final = 0.008
LEAD_SECONDS: Final = 0.1
LAST_SECONDS: Final = 0.03
SPARE_SECONDS: Final = 0.06  # subtracted from the promised bar, for the mixer's buffer and our polling
# A channel silent for less than this has not run dry: it is silent between two sounds until SDL's thread gets the GIL, and
# while the mixer closes.
SETTLE_SECONDS: Final = 0.25
REOPEN_SECONDS: Final = 0.5  # between two attempts to find a mixer
JOIN_SECONDS: Final = 2.0
LEAST_REST: Final = 0.02  # seconds; a shorter rest of a chunk is not resumed


class PlayedChunk(NamedTuple):
    """A chunk that has begun to play."""

    chunk: Samples
    place: BeatPosition
    intensity: float  # for which it was mixed
    state: ConductorState  # of the conductor, after this chunk


@dataclass
class _Entry:
    handle: object
    played: PlayedChunk
    version: int  # of the controls
    cue: int  # number of the newest cue when it was mixed
    revised: bool = False


class TrackPlayer:
    """One run of a track: from start to silence."""

    def __init__(
        self,
        conductor: Conductor,
        sink: Sink,
        *,
        fader: Fader,
        clock: Callable[[], float] = time.monotonic,
        reopen: Callable[[], Sink | None] = lambda: None,
        at_rate: Callable[[int, Conductor], Conductor] | None = None,
        on_chunk: Callable[[PlayedChunk], None] | None = None,
    ) -> None:
        self.conductor = conductor
        self.sink = sink
        self.fader = fader
        self.gaps = 0  # how often the channel ran dry before the end
        self.place = BeatPosition("", 0, 0)  # the chunk that is heard now
        self.seconds = 0.0  # samples played before the present chunk
        self._clock = clock
        self._reopen = reopen
        self._at_rate = at_rate
        self._on_chunk = on_chunk
        self._current: _Entry | None = None
        self._waiting: _Entry | None = None
        self._replaced: _Entry | None = None
        self._began = 0.0  # start of the present chunk
        self._seen = 0.0  # time of the last check which chunk plays
        self._deadline: Deadline | None = None  # of the last cue
        self._silent_since: float | None = None
        self._held: tuple[Samples, Samples | None] | None = None  # rest and next chunk, while paused
        self._looked = 0.0
        self._halt = threading.Event()
        self._thread = threading.Thread(target=self._run, name="soundtrack-player", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the run has not ended."""
        return self._thread.is_alive()

    @property
    def controls(self) -> Controls:
        """The controls set by the program."""
        return self.conductor.controls

    def start(self) -> None:
        """Start playing, in a thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop immediately and end the thread."""
        self._halt.set()
        self.wait(JOIN_SECONDS)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end of the run; return whether it has ended."""
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return not self.alive

    def _run(self) -> None:
        try:
            while not self._halt.is_set() and self.step(self._clock()):
                self._halt.wait(POLL_SECONDS)
        finally:
            self.place = BeatPosition("", 0, 0)
            self.sink.close()

    def step(self, now: float) -> bool:
        """Do one polling step; return False when the run has ended."""
        self._keep_sink(now)
        self._note_cue(now)
        self._follow(now)
        level = self.fader.level(now)
        self.sink.set_level(level)
        if self.fader.gone(now):
            return False
        if self.fader.paused or self._held is not None:
            self._pause(now, level)
            return True
        self._fill(now)
        return self._current is not None or not self.conductor.finished

    def _keep_sink(self, now: float) -> None:
        """Continue silently when the mixer is closed, and audibly when it is open again."""
        if not self.sink.usable():
            self._lose_sink(now)
        elif self.sink.silent and now - self._looked >= REOPEN_SECONDS:
            self._looked = now
            found = self._reopen()
            if found is not None:
                self._change_sink(found)

    def _lose_sink(self, now: float) -> None:
        if not self.sink.silent:
            self._change_sink(SilentSink(self.sink.rate, self._clock))
            self._looked = now

    def _change_sink(self, sink: Sink) -> None:
        if self._current is not None:
            self.conductor.state = self._current.played.state
        self.sink.close()
        if sink.rate != self.sink.rate and self._at_rate is not None:
            self.conductor = self._at_rate(sink.rate, self.conductor)
            self._deadline = None  # counted in samples of the other rate
        self.sink = sink
        self._current = self._waiting = self._replaced = self._held = self._silent_since = None

    def _note_cue(self, now: float) -> None:
        """Set the deadline of a new cue: less than a bar of music after its request."""
        cue = self.controls.cue
        if cue is None or (self._deadline is not None and self._deadline.cue == cue.number):
            return
        score = self.conductor.score
        bar = vo.BEATS_PER_BAR * score.beat_samples
        requested = self._position(now if cue.requested is None else cue.requested)
        self._deadline = Deadline(cue.number, int(requested + bar - SPARE_SECONDS * score.sample_rate))

    def _position(self, at: float) -> float:
        """Return how many samples had been heard at a recent time."""
        if self._current is None:
            return self.conductor.state.position
        played = self._current.played
        done = (at - self._began) * self.sink.rate
        if self._held is not None:
            done = min(done, len(played.chunk) - len(self._held[0]))
        return played.state.position - len(played.chunk) + done

    def _follow(self, now: float) -> None:
        """Update which chunk is playing."""
        if self._current is None or self._held is not None:
            return
        self._poll(now)
        self._seen = now

    def _poll(self, now: float) -> None:
        if self._replaced is not None and self.sink.begun(self._replaced.handle):
            # It began before it could be replaced; the replacement is dropped.
            self.conductor.state = self._replaced.played.state
            self._move_to(self._replaced, now)
        elif self._waiting is not None and self.sink.begun(self._waiting.handle):
            self._move_to(self._waiting, now)
        elif self.sink.busy():
            self._silent_since = None
        elif self._silent_since is None:
            self._silent_since = now
        elif now - self._silent_since >= SETTLE_SECONDS:
            if self._waiting is not None:
                self._move_to(self._waiting, now)  # it began and ended between two polls
            self._current = self._silent_since = None
            self.gaps += not self.conductor.finished

    def _move_to(self, entry: _Entry, now: float) -> None:
        expected = self._began + self._length(self._current)
        self._began = min(now, max(expected, self._seen))  # it began between the last poll and this one
        self.seconds += self._length(self._current)
        self._current, self._waiting, self._replaced, self._silent_since = entry, None, None, None
        self._report(entry)

    def _length(self, entry: _Entry | None) -> float:
        return 0.0 if entry is None else len(entry.played.chunk) / self.sink.rate

    def _report(self, entry: _Entry) -> None:
        self.place = entry.played.place
        if self._on_chunk is not None:
            self._on_chunk(entry.played)

    def _fill(self, now: float) -> None:
        if self._current is None:
            if not self.conductor.ready():
                return
            self._current = self._mixed(self.sink.play)
            if self._current is None:
                self._lose_sink(now)
                return
            self._began = self._seen = now
            self._report(self._current)
        if self._waiting is None:
            self._waiting = self._mixed(self.sink.queue)
        elif self._outdated(self._waiting, now):
            self._revise(self._waiting, self._current)

    def _mixed(self, give: Callable[[Samples], object | None]) -> _Entry | None:
        """Mix the next beat and pass it to the sink; None, without any change, if there is no beat or the sink refused it."""
        before = self.conductor.state
        controls = self.controls
        version, intensity, cue = controls.version, controls.intensity, controls.cue
        chunk = self.conductor.next_chunk(intensity, self._deadline)
        handle = give(chunk) if len(chunk) else None
        if handle is None:
            if len(chunk):
                self.conductor.state = before
            return None
        played = PlayedChunk(chunk, self.conductor.place, intensity, self.conductor.state)
        return _Entry(handle, played, version, 0 if cue is None else cue.number)

    def _outdated(self, entry: _Entry, now: float) -> bool:
        left = self._began + self._length(self._current) - now
        if entry.version == self.controls.version or left >= LEAD_SECONDS:
            return False
        cue = self.controls.cue
        return not entry.revised or (left > LAST_SECONDS and cue is not None and cue.number != entry.cue)

    def _revise(self, waiting: _Entry, current: _Entry) -> None:
        """Mix the waiting beat again with the current controls."""
        waiting.revised = True
        self.conductor.state = current.played.state
        entry = self._mixed(self.sink.queue)
        if entry is None:
            self.conductor.state = waiting.played.state
            return
        entry.revised = True
        self._waiting, self._replaced = entry, waiting

    def _pause(self, now: float, level: float) -> None:
        """Stop once the level is down and keep the rest; continue from there after the pause."""
        if self.fader.paused:
            if self._held is None and level <= 0 and self._current is not None:
                chunk = self._current.played.chunk
                done = round((now - self._began) * self.sink.rate)
                waiting = self._waiting.played.chunk if self._waiting is not None else None
                self._held = (chunk[max(0, done) :], waiting)
                self.sink.halt()
            return
        rest, following = self._held or (None, None)
        self._held = None
        if rest is None or self._current is None:
            return
        if len(rest) < LEAST_REST * self.sink.rate and following is not None and self._waiting is not None:
            self._move_to(self._waiting, now)
            rest, following = following, None
        handle = self.sink.play(rest) if len(rest) else None
        if handle is None:
            self._current = self._waiting = None
            return
        self._current.handle = handle
        self._began = now - self._length(self._current) + len(rest) / self.sink.rate
        if following is not None and self._waiting is not None:
            queued = self.sink.queue(following)
            if queued is None:
                self._waiting = None
                self.conductor.state = self._current.played.state
            else:
                self._waiting.handle = queued
