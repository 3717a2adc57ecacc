"""PCG32 (O'Neill 2014, XSH-RR 64/32): one small random generator per world, in its state, never shared."""

import numpy as np

from game.core.sim.arrays import WordArray, int64
from game.core.sim.jit import jit

_MULTIPLIER = np.uint64(6364136223846793005)
_ONE = np.uint64(1)
_18 = np.uint64(18)
_27 = np.uint64(27)
_59 = np.uint64(59)
_31 = np.uint64(31)
_32 = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@jit
def seed_rng(rng: WordArray, w: int, seed: int, stream: int) -> None:
    """Start generator `w` as PCG's reference code does for (seed, stream); both are any int64."""
    rng[w, 1] = (np.uint64(stream) << _ONE) | _ONE
    rng[w, 0] = rng[w, 1] + np.uint64(seed)
    rng[w, 0] = rng[w, 0] * _MULTIPLIER + rng[w, 1]


@jit
def next_u32(rng: WordArray, w: int) -> int:
    """Return the next number of generator `w`, 0 <= n < 2**32, as int64."""
    state = rng[w, 0]
    rng[w, 0] = state * _MULTIPLIER + rng[w, 1]
    mixed = (((state >> _18) ^ state) >> _27) & _LOW
    turn = state >> _59
    back = (_32 - turn) & _31
    return int64(((mixed >> turn) | (mixed << back)) & _LOW)


@jit
def below(rng: WordArray, w: int, bound: int) -> int:
    """Return a number 0 <= n < bound (bound at most 2**31; the bias is below bound / 2**32)."""
    return (next_u32(rng, w) * bound) >> 32
