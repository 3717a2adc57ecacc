"""A brain bound to the rows that a driver senses for it, told its reflexes where it knows them (`game.match.reflexes`)."""

from typing import TYPE_CHECKING

import numpy as np

from game.core.sim.arrays import IntArray, SenseArray
from game.core.sim.slots import OBSERVATION_SIZE
from game.match.kernels import N_HEADS, BrainRows, Seats
from game.match.reflexes import FULL_SIZE, write_reflexes

if TYPE_CHECKING:
    from agents.runtime import Brain


class BrainInference:
    """The rows of one brain in `BrainRows`: `run` after `sense_rows`, before `choose`. One thread at a time."""

    def __init__(self, brain: "Brain", rows: BrainRows, number: int, seats: Seats) -> None:
        """Bind brain `number` of `rows`. Raises agents.errors.BrainFailure where it does not fit."""
        self.brain = brain
        self._place, self._seats = rows.place[number], seats
        self._seen: SenseArray = rows.observations[number]
        self._told: SenseArray = self._seen
        self._full: SenseArray | None = None
        if brain.contract.observation_size != OBSERVATION_SIZE:
            self._full = np.zeros((len(self._seen), FULL_SIZE), np.float32)
            self._told = np.zeros((len(self._seen), brain.contract.observation_size), np.float32)
        self._bound = brain.bind(self._told, rows.logits[number])

    def run(self, count: int) -> None:
        """Write the logits of the first `count` rows. Raises agents.errors.BrainFailure."""
        if self._full is not None:
            self._tell(self._full[:count], self._place[:count])
        self._bound.run(count)

    def check(self, count: int) -> None:
        """Raise agents.errors.BrainFailure where one of the first `count` rows of logits is not finite."""
        self._bound.check(count)

    def value(self, row: int) -> float | None:
        """Return what the brain thinks of the state that it was told in this row of the last call; None: it says nothing."""
        try:
            values = self.brain.evaluate(self._told[row : row + 1])[1]
        except RuntimeError:
            return None  # `run` hears of it too, at the next decision
        return None if values is None else float(values[0])

    def _tell(self, full: SenseArray, place: IntArray) -> None:
        full[:, :OBSERVATION_SIZE] = self._seen[: len(full)]
        delay, chosen = self._seats.delay.reshape(-1), self._seats.chosen.reshape(-1, N_HEADS)
        write_reflexes(full[:, OBSERVATION_SIZE:], delay[place], chosen[place])
        self._told[: len(full)] = self.brain.own_senses(full)
