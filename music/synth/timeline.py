"""Where in samples the steps of a piece lie: evenly, or by a tempo map, which a piece does not have but a MIDI file may."""

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.piece import Piece

TempoMap = tuple[tuple[float, float], ...]  # step, quarter notes a minute


def samples_per_step(piece: Piece, sample_rate: int) -> float:
    """Return the exact length of a 16th note in samples."""
    return sample_rate * 60.0 / piece.tempo / vo.STEPS_PER_BEAT


class Timeline:
    """Where in samples the steps of a piece lie: evenly, or by a tempo map."""

    def __init__(self, piece: Piece, sample_rate: int, tempos: TempoMap = ()) -> None:
        """`tempos` are (step, quarter notes a minute) in order, the first at step 0; without any the piece's holds."""
        self.step = samples_per_step(piece, sample_rate)  # of the piece's own tempo
        self._steps = np.array([step for step, _ in tempos])
        self._each = np.array([sample_rate * 60.0 / tempo / vo.STEPS_PER_BEAT for _, tempo in tempos])
        self._samples = np.concatenate([[0.0], np.cumsum(np.diff(self._steps) * self._each[:-1])])

    def at(self, step: float) -> float:
        """Return the sample of a step."""
        if not len(self._steps):
            return step * self.step
        index = max(0, int(np.searchsorted(self._steps, step, side="right")) - 1)
        return float(self._samples[index] + (step - self._steps[index]) * self._each[index])

    def lasting(self, start: float, steps: float) -> float:
        """Return the samples that so many steps from `start` on take."""
        return steps * self.step if not len(self._steps) else self.at(start + steps) - self.at(start)

    def bar_lines(self, bars: int) -> NDArray[np.int64]:
        """Return the sample of every bar line, the last one the end of that many bars: bars + 1 numbers."""
        if not len(self._steps):
            lines = np.arange(bars + 1) * (vo.STEPS_PER_BAR * self.step)
        else:
            lines = np.array([self.at(bar * vo.STEPS_PER_BAR) for bar in range(bars + 1)])
        return np.asarray(np.rint(lines), np.int64)
