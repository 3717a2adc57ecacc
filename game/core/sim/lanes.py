"""SIMD vectors of eight int32 numbers, for any processor.

Kernels use `Lanes` like numbers; `sim.lanes_numba` defines their compiled form for numba. Without numba the class below
computes the same with NumPy. A mask holds -1 for true and 0 for false, so that `&`, `|` and `~` work as its logic.
int32 arithmetic wraps around.
"""

from typing import Any, Final, Union

import numpy as np
from numpy.typing import NDArray

from game.core.sim.arrays import ByteArray, IntArray

WIDTH: Final = 8

Operand = Union["Lanes", int]


def _values(other: Operand) -> Any:
    return other.values if isinstance(other, Lanes) else np.int32(other)


def _mask(truth: NDArray[np.bool_]) -> "Lanes":
    return Lanes(-truth.astype(np.int32))


class Lanes:
    """(WIDTH,) int32."""

    __slots__ = ("values",)

    def __init__(self, values: NDArray[np.int32]) -> None:
        self.values = values

    def __add__(self, other: Operand) -> "Lanes":
        return Lanes(self.values + _values(other))

    def __sub__(self, other: Operand) -> "Lanes":
        return Lanes(self.values - _values(other))

    def __mul__(self, other: Operand) -> "Lanes":
        return Lanes(self.values * _values(other))

    def __and__(self, other: Operand) -> "Lanes":
        return Lanes(self.values & _values(other))

    def __or__(self, other: Operand) -> "Lanes":
        return Lanes(self.values | _values(other))

    def __xor__(self, other: Operand) -> "Lanes":
        return Lanes(self.values ^ _values(other))

    def __lshift__(self, other: Operand) -> "Lanes":
        return Lanes(self.values << _values(other))

    def __rshift__(self, other: Operand) -> "Lanes":
        return Lanes(self.values >> _values(other))

    def __lt__(self, other: Operand) -> "Lanes":
        return _mask(self.values < _values(other))

    def __gt__(self, other: Operand) -> "Lanes":
        return _mask(self.values > _values(other))

    def __invert__(self) -> "Lanes":
        return Lanes(~self.values)

    def __neg__(self) -> "Lanes":
        return Lanes(-self.values)


def splat(value: int) -> Lanes:
    """Return the same number in every lane."""
    return Lanes(np.full(WIDTH, value, np.int32))


def lane_numbers() -> Lanes:
    """Return 0, 1, 2 …"""
    return Lanes(np.arange(WIDTH, dtype=np.int32))


def equal(a: Lanes, b: int) -> Lanes:
    """Return the mask of lanes equal to `b`."""
    return _mask(a.values == b)


def where(mask: Lanes, a: Lanes, b: Lanes) -> Lanes:
    """Return `a` where the mask is true, elsewhere `b`."""
    return Lanes(np.where(mask.values < 0, a.values, b.values))


def minimum(a: Lanes, b: Lanes) -> Lanes:
    """Return the lower number in each lane."""
    return Lanes(np.minimum(a.values, b.values))


def maximum(a: Lanes, b: Lanes) -> Lanes:
    """Return the higher number in each lane."""
    return Lanes(np.maximum(a.values, b.values))


def any_lane(mask: Lanes) -> bool:
    """Return whether a mask is true in any lane."""
    return bool((mask.values < 0).any())


def product_shifted(a: Lanes, b: Lanes, shift: int) -> Lanes:
    """Return the low 32 bits of a * b >> shift, the product in 64 bits; neither may be negative."""
    return Lanes((a.values.astype(np.int64) * b.values.astype(np.int64) >> shift).astype(np.int32))


def quotient(a: Lanes, b: Lanes) -> Lanes:
    """Return a // b; a must not be negative and b must be above zero."""
    return Lanes(a.values // b.values)


def rough_quotient(a: Lanes, b: Lanes) -> Lanes:
    """Return a / b by float32, truncated; below 2**22 the error is less than 1. b must be above zero."""
    return Lanes((a.values.astype(np.float32) / b.values.astype(np.float32)).astype(np.int32))


def load(array: IntArray, at: int) -> Lanes:
    """Return the low 32 bits of array[at : at + WIDTH]."""
    return Lanes(array[at : at + WIDTH].astype(np.int32))


def store(array: IntArray, at: int, lanes: Lanes) -> None:
    """Write array[at : at + WIDTH]."""
    array[at : at + WIDTH] = lanes.values


def gather(array: "ByteArray | IntArray", index: Lanes) -> Lanes:
    """Return the low 32 bits of array[index] of each lane, a one-dimensional array; no index may be negative."""
    return Lanes(array[index.values].astype(np.int32))
