"""The interval of a share that was counted."""

import math
from typing import Final

Z_95: Final = 1.959964  # of a 95 % interval


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return Wilson's 95 % score interval (E. B. Wilson, 1927) of a share; 0 to 1 without trials."""
    if trials == 0:
        return 0.0, 1.0
    share, z2 = successes / trials, Z_95**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z_95 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    return max(0.0, middle - half), min(1.0, middle + half)
