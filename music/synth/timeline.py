"""Sample positions of a piece's steps: evenly spaced, or by a tempo map (a MIDI file may have one, a piece has none)."""

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.piece import Piece

TempoMap = tuple[tuple[float, float], ...]  # step, quarter notes a minute


def samples_per_step(piece: Piece, sample_rate: int) -> float:
    """Return the exact length of a 16th note in samples."""
    return sample_rate * 60.0 / piece.tempo / vo.STEPS_PER_BEAT


class Timeline:
    """Sample positions of a piece's steps: evenly spaced, or by a tempo map."""

    def __init__(self, piece: Piece, sample_rate: int, tempos: TempoMap = ()) -> None:
        """`tempos` are (step, quarter notes per minute) in order, the first at step 0; without any, the piece's tempo is used."""
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
        """Return the length in samples of that many steps from `start` on."""
        return steps * self.step if not len(self._steps) else self.at(start + steps) - self.at(start)

    def bar_lines(self, bars: int) -> NDArray[np.int64]:
        """Return the sample of every bar line and of the end: bars + 1 numbers."""
        if not len(self._steps):
            lines = np.arange(bars + 1) * (vo.STEPS_PER_BAR * self.step)
        else:
            lines = np.array([self.at(bar * vo.STEPS_PER_BAR) for bar in range(bars + 1)])
        return np.asarray(np.rint(lines), np.int64)
