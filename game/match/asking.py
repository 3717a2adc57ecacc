"""A brain bound to the rows that a driver writes for it; reflex slots are added if the brain has them (`game.match.reflexes`)."""

from typing import TYPE_CHECKING

import numpy as np

from game.core.sim.arrays import IntArray, SenseArray
from game.core.sim.slots import OBSERVATION_SIZE
from game.match.kernels import N_HEADS, BrainRows, Seats
from game.match.reflexes import FULL_SIZE, write_reflexes

if TYPE_CHECKING:
    from agents.runtime import Brain


class BrainInference:
    """Runs one brain on its rows of `BrainRows`: call `run` after `sense_rows` and before `choose`. For one thread at a time."""

    def __init__(self, brain: "Brain", rows: BrainRows, number: int, seats: Seats) -> None:
        """Bind brain `number` of `rows`. Raises agents.errors.BrainFailure if it does not fit."""
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
        """Raise agents.errors.BrainFailure if one of the first `count` rows of logits is not finite."""
        self._bound.check(count)

    def value(self, row: int) -> float | None:
        """Return the brain's value of the state in this row of the last call; None if it has no value output or fails."""
        try:
            values = self.brain.evaluate(self._told[row : row + 1])[1]
        except RuntimeError:
            return None  # `run` fails too, at the next decision
        return None if values is None else float(values[0])

    def _tell(self, full: SenseArray, place: IntArray) -> None:
        full[:, :OBSERVATION_SIZE] = self._seen[: len(full)]
        delay, chosen = self._seats.delay.reshape(-1), self._seats.chosen.reshape(-1, N_HEADS)
        write_reflexes(full[:, OBSERVATION_SIZE:], delay[place], chosen[place])
        self._told[: len(full)] = self.brain.own_senses(full)
