"""The conductor mixes the next beat from rendered bars. Pure NumPy; no clock, thread or pygame.

A *bar* of material holds, by voice, the complete sound of the notes that begin in that bar, including what rings past the bar
line; there the sound of the next bars is added. So a loop, the next section and a cued section are handled alike: other bars
begin, and the previous bars ring on.

A cue waits for a bar line, unless its deadline is before that: then it is followed on the last beat line before the deadline,
and the bar is cut short.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.soundtrack.beat_map import OVER, BeatMap
from music.soundtrack.controls import END, Controls, Cue, Line
from music.soundtrack.layers import LAYERS, Layers, gains

Samples = NDArray[np.int16]  # (n, 2)
Bar = Mapping[str, Samples]  # by voice, (n, 2), or (n, 1) when both sides are equal

RINGING_BEATS: Final = 4.0  # fade time of a section left by a cue, so that held notes do not clash
CUT_BEATS: Final = 0.25  # fade time of a bar that is cut short by a cue on a beat
KNEE: Final = 0.8 * 32767  # samples above this are softly limited …
CEILING: Final = 0.891 * 32767  # … to below -1 dBFS


class BarSource(Protocol):
    """Provider of rendered bars."""

    def bar(self, number: int) -> Bar | None:
        """Return a bar of the piece; None while it is still being rendered."""

    def want(self, section: int) -> None:
        """Request that a section is rendered next."""


@dataclass(frozen=True)
class RingingBar:
    """A sounding bar: the position in it, its fading gain, and the decrease of the gain per sample."""

    bar: Bar
    length: int  # samples to its bar line
    offset: int = 0
    gain: float = 1.0
    fall: float = 0.0

    @property
    def over(self) -> bool:
        """Whether it is silent from here on."""
        return self.gain <= 0 or all(self.offset >= len(samples) for samples in self.bar.values())

    def later(self, samples: int) -> "RingingBar":
        """Return its state that many samples later."""
        return replace(self, offset=self.offset + samples, gain=self.gain - self.fall * samples)


@dataclass(frozen=True)
class ConductorState:
    """Everything that the next beat depends on, except the controls and the material."""

    section: int
    bar: int = 0  # of the section
    beat: int = 0
    position: int = 0  # samples returned so far
    gains: tuple[float, ...] | None = None  # by voice, at the end of the last beat; None before the first
    ringing: tuple[RingingBar, ...] = ()
    cues: int = 0  # number of the last cue that was followed
    played: tuple[int, int, int] = (OVER, 0, 0)  # section, bar and beat mixed last


class Deadline(NamedTuple):
    """The latest position at which a cue must be followed, on a bar or beat line."""

    cue: int  # its number
    position: int  # in samples from the start


class BeatPosition(NamedTuple):
    """A beat of a section, counted from 0."""

    section: str
    bar: int
    beat: int


class Conductor:
    """Mixes a piece beat by beat, following the controls. The same controls give the same samples."""

    def __init__(
        self,
        score: BeatMap,
        material: BarSource,
        *,
        controls: Controls | None = None,
        layers: Layers = LAYERS,
        section: int | None = None,
    ) -> None:
        self.score = score
        self.material = material
        self.controls = controls or Controls()
        self.layers = layers
        self.starved = 0  # beats without new notes because no bar was ready
        self.state = ConductorState(score.first() if section is None else section)

    @property
    def finished(self) -> bool:
        """Whether the music has ended and nothing rings any more."""
        return self.state.section == OVER and not self.state.ringing

    @property
    def place(self) -> BeatPosition:
        """The beat that was mixed last; section "" before the first beat and while the end rings out."""
        section, bar, beat = self.state.played
        return BeatPosition("" if section == OVER else self.score.sections[section].name, bar, beat)

    def set_intensity(self, intensity: float) -> None:
        """Set the intensity, 0 to 1; the gains move to it during the next beat."""
        self.controls.set_intensity(intensity)

    def cue(self, name: str, at: Line = "bar") -> bool:
        """Go to a section on the next bar or beat line to be mixed; return whether the piece has that section."""
        if name != END and self.score.find(name) is None:
            return False
        self.controls.set_cue(name, at)
        return True

    def end(self, at: Line = "bar") -> None:
        """Go to the ending; if there is none, end on the next line."""
        if not self.cue("ending", at):
            self.cue(END, at)

    def ready(self) -> bool:
        """Return whether the first bar can be played."""
        section = self.state.section
        return section == OVER or self.material.bar(self.score.sections[section].bar) is not None

    def next_chunk(self, intensity: float | None = None, deadline: Deadline | None = None) -> Samples:
        """Mix one beat with the controls' intensity or another: int16 (n, 2); empty when the music has ended."""
        state = self._follow_cue(self.state, deadline)
        if state.section == OVER and not state.ringing:
            self.state = state
            return np.zeros((0, 2), np.int16)
        state, advances = self._begin_bar(state)
        samples = self._beat_length(state)
        target = gains(self.layers, self.controls.intensity if intensity is None else intensity)
        before = target if state.gains is None else np.array(state.gains, np.float32)
        chunk = mix_bars(state.ringing, before, target, samples)
        state = replace(
            state,
            position=state.position + samples,
            gains=tuple(float(gain) for gain in target),
            ringing=tuple(part for old in state.ringing if not (part := old.later(samples)).over),
            played=(state.section, state.bar, state.beat),
        )
        self.state = self._next_beat(state) if advances else state
        return chunk

    def _follow_cue(self, state: ConductorState, deadline: Deadline | None) -> ConductorState:
        """Follow the cue, if it is due on this line and its section is rendered."""
        cue = self.controls.cue
        if cue is None or cue.number <= state.cues:
            return state
        section = OVER if cue.name == END else self.score.find(cue.name)
        if section not in (None, OVER) and self.material.bar(self.score.sections[section].bar) is None:
            self.material.want(section)
            return state
        if not self._due(state, cue, deadline):
            return state
        if section is None or state.section == OVER or self.score.sections[state.section].name == cue.name:
            return replace(state, cues=cue.number)
        return replace(
            state, section=section, bar=0, beat=0, ringing=self._fade_ringing(state), cues=cue.number
        )

    def _due(self, state: ConductorState, cue: Cue, deadline: Deadline | None) -> bool:
        """Return whether a cue is due: on a line of the kind it waits for, or on the last line before its deadline."""
        if not state.beat or cue.at == "beat":
            return True
        if deadline is None or deadline.cue != cue.number:
            return False
        bar = self.score.sections[state.section].bar + state.bar
        return state.position + self.score.samples_of_beat(bar, state.beat) > deadline.position

    def _fade_ringing(self, state: ConductorState) -> tuple[RingingBar, ...]:
        """Return the ringing bars with a fade: quick for a bar cut short, slow for bars that only ring out."""
        left = []
        for part in state.ringing:
            beats = CUT_BEATS if part.offset < part.length else RINGING_BEATS
            left.append(replace(part, fall=max(part.fall, part.gain / (beats * self.score.beat_samples))))
        return tuple(left)

    def _begin_bar(self, state: ConductorState) -> tuple[ConductorState, bool]:
        """Begin a bar if this is a bar line; return the state, and whether it advances (not after the end or without the bar)."""
        if state.section == OVER or state.beat:
            return state, state.section != OVER
        number = self.score.sections[state.section].bar + state.bar
        bar = self.material.bar(number)
        if bar is None:
            self.material.want(state.section)
            self.starved += 1
            return state, False
        part = RingingBar(bar, self.score.samples_of_bar(number))
        return replace(state, ringing=(*state.ringing, part)), True

    def _beat_length(self, state: ConductorState) -> int:
        if state.section == OVER:
            return self.score.beat_samples
        return self.score.samples_of_beat(self.score.sections[state.section].bar + state.bar, state.beat)

    def _next_beat(self, state: ConductorState) -> ConductorState:
        """Return the state at the next beat."""
        beat = state.beat + 1
        if beat < vo.BEATS_PER_BAR:
            return replace(state, beat=beat)
        bar = state.bar + 1
        if bar < self.score.sections[state.section].bars:
            return replace(state, bar=bar, beat=0)
        return replace(state, section=self._next_section(state.section), bar=0, beat=0)

    def _next_section(self, section: int) -> int:
        """Return the next section; the same one again while the next is still being rendered."""
        after = self.score.after(section)
        if after not in (OVER, section) and self.material.bar(self.score.sections[after].bar) is None:
            self.material.want(after)
            return section
        return after


def mix_bars(
    parts: tuple[RingingBar, ...], before: NDArray[np.float32], after: NDArray[np.float32], samples: int
) -> Samples:
    """Mix the next `samples` samples; the voices' gains move from `before` to `after`."""
    total = np.zeros((samples, 2), np.float32)
    scratch = np.empty((samples, 2), np.float32)
    steps = np.arange(1, samples + 1, dtype=np.float32)[:, None]
    fades = [np.maximum(part.gain - part.fall * steps, 0) if part.fall else None for part in parts]
    for index, voice in enumerate(vo.VOICES):
        start, end = before[index], after[index]
        if start == 0 and end == 0:
            continue
        ramp = None if start == end else start + (end - start) / samples * steps
        for part, fade in zip(parts, fades):
            sound = part.bar.get(voice)
            if sound is None or part.offset >= len(sound):
                continue
            sound = sound[part.offset : part.offset + samples]
            length = len(sound)
            scaled = scratch[:length]
            np.multiply(sound, start if ramp is None else ramp[:length], out=scaled, dtype=np.float32)
            if fade is not None:
                scaled *= fade[:length]
            total[:length] += scaled
    return limit_peaks(total)


def limit_peaks(total: NDArray[np.float32]) -> Samples:
    """Return samples as int16; those above KNEE are compressed below CEILING, the others only rounded."""
    if total.size and max(float(total.max()), -float(total.min())) > KNEE:
        room = CEILING - KNEE
        over = np.abs(total) > KNEE
        loud = total[over]
        total[over] = np.sign(loud) * (KNEE + room * np.tanh((np.abs(loud) - KNEE) / room))
    return np.rint(total).astype(np.int16)
