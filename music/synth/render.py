"""Render a piece to samples: stems by voice that add up to the piece, loop without a click and join without a gap.

Time is counted from the start of the piece: a bar line is at the same sample whichever bars are rendered, so sections joined
end to end are as long as the whole. Sound after the last bar line (releases, echoes, reverb) is returned separately as a
*tail*: a program adds it to the beginning of the next section; in a loop it is already added to the loop's beginning.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.errors import PieceRefused
from music.messages import say
from music.piece import Note, Piece
from music.synth import drums, effects
from music.synth.oscillators import Floats
from music.synth.patterns import PATTERNS, Event
from music.synth.timbres import Sound, Timbre, timbre_named
from music.synth.timeline import TempoMap, Timeline
from music.synth.tones import NOTES, held_samples, is_stereo, pan_gains

SAMPLE_RATE: Final = 44_100
RATES: Final = (8_000, 192_000)  # least and most
MAX_SECONDS: Final = 600.0  # seconds of one rendering
SILENCE: Final = 2e-5  # a tail ends where everything is below this level


@dataclass(frozen=True)
class RenderedPiece:
    """The sound of a range of bars. All stems have the same length, and so have all tails.

    Samples are float32, shape (samples, 2), and may exceed 1: `loudness.normalise_loudness` sets their level.
    """

    stems: dict[str, Floats]  # by vocabulary.VOICES
    tails: dict[str, Floats]  # the sound after the last bar; of length 0 for a loop
    sample_rate: int
    bar_starts: NDArray[np.int64]  # first sample of every bar, and one past the last: bars + 1 numbers
    first_bar: int = 0
    loop: bool = False

    @property
    def samples(self) -> int:
        """Length of the stems."""
        return int(self.bar_starts[-1])

    @property
    def seconds(self) -> float:
        """Length of the stems, tails left out."""
        return self.samples / self.sample_rate

    def scaled(self, gain: float) -> "RenderedPiece":
        """Return the same sound louder or softer by a factor."""
        factor = np.float32(gain)
        return replace(
            self,
            stems={voice: stem * factor for voice, stem in self.stems.items()},
            tails={voice: tail * factor for voice, tail in self.tails.items()},
        )

    def with_tails(self) -> dict[str, Floats]:
        """Return every stem with its tail appended, for a file of the whole piece."""
        return {voice: np.concatenate([stem, self.tails[voice]]) for voice, stem in self.stems.items()}


def mixdown(stems: dict[str, Floats]) -> Floats:
    """Return the sum of the stems, shape (samples, 2)."""
    waves = list(stems.values())
    mix = waves[0].copy()
    for wave in waves[1:]:
        mix += wave
    return mix


def bar_lines(piece: Piece, sample_rate: int = SAMPLE_RATE) -> NDArray[np.int64]:
    """Return the sample of every bar line of the piece and of its end: bars + 1 numbers."""
    return Timeline(piece, sample_rate).bar_lines(piece.bars)


def piece_seconds(piece: Piece, tempos: TempoMap = ()) -> float:
    """Return the length of a piece in seconds, with a tempo map or by its own tempo."""
    return Timeline(piece, 1, tempos).at(piece.steps) if tempos else piece.seconds


def check_length(piece: Piece, tempos: TempoMap = ()) -> None:
    """Raise PieceRefused for a piece that is too long for one rendering."""
    _check_seconds(piece, piece_seconds(piece, tempos))


def _check_seconds(piece: Piece, seconds: float) -> None:
    if seconds > MAX_SECONDS:
        raise PieceRefused(say("most_seconds", title=piece.title, most=MAX_SECONDS, found=seconds))


def render_stems(
    piece: Piece,
    *,
    sample_rate: int = SAMPLE_RATE,
    first_bar: int = 0,
    bars: int | None = None,
    loop: bool = False,
    tempos: TempoMap = (),
) -> RenderedPiece:
    """Return the sound of `bars` bars from `first_bar`; without `bars`, to the end.

    `loop` adds the sound after the end to the beginning, so that it can be repeated without a click. Notes that begin before
    `first_bar` are left out. `tempos`, a tempo map for `Timeline`, replaces the piece's tempo, except in echoes. Raises
    PieceRefused for an unknown timbre, bars outside the piece, and more than ten minutes.
    """
    timbre = timbre_named(piece.timbre)
    low, high = RATES
    if not low <= sample_rate <= high:
        raise ValueError(say("sample_rate", low=low, high=high, found=sample_rate))
    count = piece.bars - first_bar if bars is None else bars
    if not (0 <= first_bar < piece.bars and 1 <= count <= piece.bars - first_bar):
        wanted = {"first": first_bar, "last": first_bar + count}
        raise PieceRefused(say("bars_within", title=piece.title, most=piece.bars, **wanted))
    first, steps = first_bar * vo.STEPS_PER_BAR, count * vo.STEPS_PER_BAR
    _check_seconds(piece, Timeline(piece, 1, tempos).lasting(first, steps))
    return _Stage(piece, timbre, sample_rate, first_bar, count, loop, tempos).render()


class _Stage:
    """One rendering of a range of bars of a piece."""

    def __init__(
        self,
        piece: Piece,
        timbre: Timbre,
        rate: int,
        first_bar: int,
        bars: int,
        loop: bool,
        tempos: TempoMap,
    ) -> None:
        self.piece = piece
        self.timbre = timbre
        self.rate = rate
        self.loop = loop
        self.first_bar = first_bar
        self.time = Timeline(piece, rate, tempos)
        self.step = self.time.step
        lines = self.time.bar_lines(piece.bars)[first_bar : first_bar + bars + 1]
        self.start = int(lines[0])
        self.lines = lines - self.start
        self.samples = int(self.lines[-1])
        self.steps = (first_bar * vo.STEPS_PER_BAR, (first_bar + bars) * vo.STEPS_PER_BAR)
        self.echo_delay = round(timbre.echo_steps * self.step)
        taps = len(effects.echo_taps(timbre.echo_feedback))
        self.echo_length = self.echo_delay * taps
        self.room_length = round(timbre.reverb_seconds * rate)
        self.kicks = self._kicks()

    def render(self) -> RenderedPiece:
        whole = {
            "melody": self._voice("melody", self.timbre.melody),
            "harmony": self._voice("harmony", self.timbre.harmony),
            "bass": self._voice("bass", self.timbre.bass),
            "drums": self._drums(),
        }
        tail = max(_sounding(wave[:, self.samples :]) for wave in whole.values())
        stems, tails = {}, {}
        for voice, wave in whole.items():
            stems[voice] = np.ascontiguousarray(wave[:, : self.samples].T)
            end = np.zeros((tail, 2), np.float32)
            rest = wave[:, self.samples : self.samples + tail].T
            end[: len(rest)] = rest
            tails[voice] = end
        return RenderedPiece(stems, tails, self.rate, self.lines, self.first_bar, self.loop)

    def _kicks(self) -> NDArray[np.int64]:
        """Return the samples of the kicks, also of those before and after the range; in a loop they wrap around."""
        starts = [
            note.start for note in self.piece.voices.get("drums", ()) if drums.drum_of(note.pitch) == "kick"
        ]
        at = np.rint([self.time.at(start) for start in sorted(set(starts))]).astype(np.int64) - self.start
        if self.loop:
            at = at[(at >= 0) & (at < self.samples)]
            return np.concatenate([at - self.samples, at])
        return at

    def _events(self, events: Sequence[Event]) -> list[tuple[int, Event]]:
        """Return the events that begin in the range, each with its first sample."""
        low, high = self.steps
        inside = [event for event in events if low <= event.start < high]
        return [
            (min(self.samples - 1, round(self.time.at(event.start)) - self.start), event) for event in inside
        ]

    def _note(self, sound: Sound, event: Event) -> Floats:
        length = self.time.lasting(event.start, event.length)
        held = held_samples(sound.tone, length / self.rate, self.rate)
        return NOTES.get(sound.tone, event.pitch, held, self.rate)

    def _voice(self, voice: str, sounds: tuple[Sound, ...]) -> Floats:
        written: tuple[Note, ...] = self.piece.voices.get(voice, ())
        played = [self._dry(sound, self._events(PATTERNS[sound.pattern](written))) for sound in sounds]
        length = max(wave.shape[1] for wave in played)
        extra = max(
            self.echo_length if any(sound.echo for sound in sounds) else 0,
            self.room_length if any(sound.reverb for sound in sounds) else 0,
        )
        out = np.zeros((2, length + extra), np.float32)
        for_echo, for_room = np.zeros((2, length), np.float32)
        for sound, dry in zip(sounds, played):
            count = dry.shape[1]
            for channel, gain in enumerate(pan_gains(sound.pan)):
                out[channel, :count] += np.float32(gain) * dry[channel % len(dry)]
            if sound.echo or sound.reverb:
                middle = dry[0] if len(dry) == 1 else 0.5 * (dry[0] + dry[1])
                for_echo[:count] += np.float32(sound.echo) * middle
                for_room[:count] += np.float32(sound.reverb) * middle
        return self._with_space(out, for_echo, for_room)

    def _with_space(self, out: Floats, for_echo: Floats, for_room: Floats) -> Floats:
        timbre = self.timbre
        if for_echo.any():
            effects.add_echo(
                out, for_echo, self.echo_delay, timbre.echo_feedback, timbre.echo_cutoff, self.rate
            )
        if for_room.any():
            effects.add_reverb(out, for_room, timbre.reverb_seconds, self.rate)
        return self._folded(out) if self.loop else out

    def _folded(self, wave: Floats) -> Floats:
        """Return `wave` cut to the length of the range, with the rest added to its beginning."""
        if wave.shape[1] <= self.samples:
            return wave
        out = wave[:, : self.samples].copy()
        for first in range(self.samples, wave.shape[1], self.samples):
            part = wave[:, first : first + self.samples]
            out[:, : part.shape[1]] += part
        return out

    def _dry(self, sound: Sound, events: list[tuple[int, Event]]) -> Floats:
        """Return a sound's notes at its level, ducked, shape (1 or 2, samples), at least as long as the range."""
        placed = [(first, self._note(sound, event), event) for first, event in events]
        end = max((first + wave.shape[1] for first, wave, _ in placed), default=0)
        bus = np.zeros((2 if is_stereo(sound.tone) else 1, max(self.samples, end)), np.float32)
        for first, wave, event in placed:
            bus[:, first : first + wave.shape[1]] += (
                np.float32(sound.level * loudness_of(event.velocity)) * wave
            )
        if self.loop:
            bus = self._folded(bus)
        if sound.duck and len(self.kicks):
            recovery = round(self.timbre.duck_steps * self.step)
            curve = effects.duck_curve(bus.shape[1], self.kicks, recovery, self.rate)
            bus *= 1 - np.float32(sound.duck) * curve
        return bus

    def _drums(self) -> Floats:
        timbre = self.timbre
        written = PATTERNS["hold"](self.piece.voices.get("drums", ()))
        hats = sorted({event.start for event in written if drums.drum_of(event.pitch) in drums.CHOKED})
        following = dict(pairwise(hats))
        placed = []
        for first, event in self._events(written):
            name = drums.drum_of(event.pitch)
            wave = drums.render_hit(timbre.kit, name, self.rate)
            if name == "open hat" and event.start in following:
                wave = drums.cut_short(
                    wave,
                    round(self.time.lasting(event.start, following[event.start] - event.start)),
                    self.rate,
                )
            gain = timbre.drum_level * loudness_of(event.velocity)
            placed.append((first, wave, gain, drums.KITS[timbre.kit][name].pan))
        end = max((first + len(wave) for first, wave, _, _ in placed), default=0)
        length = max(self.samples, end)
        out = np.zeros((2, length + (self.room_length if timbre.drum_reverb else 0)), np.float32)
        for_room = np.zeros(length, np.float32)
        for first, wave, gain, pan in placed:
            last = first + len(wave)
            for channel, side in enumerate(pan_gains(pan)):
                out[channel, first:last] += np.float32(gain * side) * wave
        if timbre.drum_reverb:
            for first, wave, gain, _ in placed:
                for_room[first : first + len(wave)] += np.float32(gain * timbre.drum_reverb) * wave
        return self._with_space(out, np.zeros(0, np.float32), for_room)


def loudness_of(velocity: int) -> float:
    """Return the factor of a velocity 1..127: 0.72 for 100; doubling the velocity adds about 8 dB."""
    return math.pow(velocity / 127, 1.4)


def _sounding(wave: Floats) -> int:
    """Return the length of `wave` (2, samples) up to its last audible sample."""
    loud = np.flatnonzero(np.abs(wave).max(axis=0) > SILENCE)
    return int(loud[-1]) + 1 if len(loud) else 0
