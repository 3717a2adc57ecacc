"""Confidence intervals of a proportion, and of the difference of two proportions."""

import math
from typing import Final

Z_95: Final = 1.959964  # of a 95 % interval


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return Wilson's 95 % score interval (E. B. Wilson, 1927) of a proportion; 0 to 1 without trials."""
    if trials == 0:
        return 0.0, 1.0
    share, z2 = successes / trials, Z_95**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z_95 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float]:
    """Return the 95 % interval of the first proportion minus the second; each is (successes, trials).

    Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, method 10): in contrast to the normal approximation,
    its width is not 0 for proportions of 0 or 1. Without trials on either side it is -1 to 1.
    """
    if not one[1] or not other[1]:
        return -1.0, 1.0
    share, other_share = one[0] / one[1], other[0] / other[1]
    (low, high), (other_low, other_high) = wilson(*one), wilson(*other)
    difference = share - other_share
    return (
        difference - math.hypot(share - low, other_high - other_share),
        difference + math.hypot(high - share, other_share - other_low),
    )
