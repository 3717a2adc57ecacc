"""Seeded random numbers for the generator: PCG32 in plain integers, so that a seed gives the same level everywhere."""

from collections.abc import MutableSequence, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

_MULTIPLIER: Final = 6364136223846793005  # multiplier of PCG32 (O'Neill 2014, XSH RR)
_MASK_64: Final = (1 << 64) - 1
_MASK_32: Final = (1 << 32) - 1


class SeededRandom:
    """One stream of random integers. The same seed and stream give the same numbers on every platform."""

    def __init__(self, seed: int, stream: int = 0) -> None:
        self._step = ((stream << 1) | 1) & _MASK_64
        self._state = (self._step + seed) & _MASK_64
        self._advance()

    def _advance(self) -> None:
        self._state = (self._state * _MULTIPLIER + self._step) & _MASK_64

    def bits(self) -> int:
        """Return 32 random bits."""
        old = self._state
        self._state = (old * _MULTIPLIER + self._step) & _MASK_64
        word = (((old >> 18) ^ old) >> 27) & _MASK_32
        turn = old >> 59
        return ((word >> turn) | (word << (32 - turn))) & _MASK_32 if turn else word

    def below(self, count: int) -> int:
        """Return an integer from 0 to count - 1."""
        return (self.bits() * count) >> 32

    def between(self, low: int, high: int) -> int:
        """Return an integer from low to high, both included."""
        return low + ((self.bits() * (high - low + 1)) >> 32)

    def chance(self, percent: int) -> bool:
        """Return True with a probability of `percent` %."""
        return (self.bits() * 100) >> 32 < percent

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.below(len(items))]

    def weighted(self, items: Sequence[tuple[T, int]]) -> T:
        """Return one of the items (item, weight), with a probability in proportion to its weight."""
        left = self.below(sum(weight for _, weight in items))
        for item, weight in items:
            if left < weight:
                return item
            left -= weight
        raise AssertionError("weights: expected a positive sum")

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Put the items into a random order, in place."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
