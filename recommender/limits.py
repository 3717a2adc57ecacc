"""Settings are checked when they are created: one line that names the setting, instead of an error from inside a model."""

import math
from typing import Any, NamedTuple

from recommender.errors import SettingRefused


class Limit(NamedTuple):
    """The limits of one setting: a finite number from `low` to `high`."""

    low: float
    high: float = 1e9
    whole: bool = False
    endless: bool = False  # infinity is also allowed
    open: bool = False  # `low` itself is not allowed


def within(what: str, settings: object, **limits: Limit) -> None:
    """Check attributes of `settings`; None is left alone. SettingRefused names `what`, the setting and its limits."""
    for name, limit in limits.items():
        value: Any = getattr(settings, name)
        if value is not None and not _fits(value, limit):
            kind = "a whole number" if limit.whole else "a number"
            low = f"above {limit.low:g}" if limit.open else f"from {limit.low:g}"
            raise SettingRefused(
                f"{what} › {name}: expected {kind} {low} to {limit.high:g}, found {value!r:.40}"
            )


def check_scale(what: str, scale: tuple[float, float]) -> None:
    """Check the fewest and the most stars."""
    low, high = scale
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise SettingRefused(f"{what} › scale: expected two numbers, the fewest stars first, found {scale}")


def _fits(value: Any, limit: Limit) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if limit.whole and not isinstance(value, int):
        return False
    if limit.endless and value == math.inf:
        return True
    return limit.low < value <= limit.high if limit.open else limit.low <= value <= limit.high
