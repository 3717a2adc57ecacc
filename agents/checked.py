"""Read numbers and arrays of a checkpoint: each is checked, or refused with its place.

The values reach torch's fused kernels and NumPy's generators, which do not check them.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from agents.errors import RunError

Arrays = Mapping[str, NDArray[Any]]
Shape = tuple[int | None, ...]  # None: any length


def array(
    arrays: Arrays,
    name: str,
    where: str,
    dtype: DTypeLike,
    shape: Shape,
    low: float | None = None,
    high: float | None = None,
) -> NDArray[Any]:
    """Return the array `name`; RunError unless it has this dtype and shape, is finite and lies within bounds."""
    found = arrays.get(name)
    place = f"{where} › {name}"
    wanted = f"{np.dtype(dtype)} {_words(shape)}"
    if found is None:
        raise RunError(f"{place}: expected {wanted}, found nothing")
    fits = len(found.shape) == len(shape) and all(
        size in (None, actual) for size, actual in zip(shape, found.shape, strict=True)
    )
    if not fits or found.dtype != np.dtype(dtype):
        raise RunError(f"{place}: expected {wanted}, found {found.dtype} {_words(found.shape)}")
    _bounded(found, place, low, high)
    return found


def _bounded(found: NDArray[Any], place: str, low: float | None, high: float | None) -> None:
    wrong = ~np.isfinite(found) if found.dtype.kind == "f" else np.zeros(found.shape, np.bool_)
    expected = "a finite number"
    if low is not None:
        wrong |= found < low
        expected = f"at least {low:g}"
    if high is not None:
        wrong |= found > high
        expected = f"{low:g} to {high:g}" if low is not None else f"at most {high:g}"
    if wrong.any():
        index = np.argwhere(wrong)[0].tolist()
        at = f" › {index}" if index else ""
        raise RunError(f"{place}{at}: expected {expected}, found {found[tuple(index)]}")


def _words(shape: Shape) -> str:
    return "[" + ", ".join("any" if size is None else str(size) for size in shape) + "]"


def whole_number(value: Any, place: str, low: int, high: int) -> int:
    """Return a whole number from low to high; RunError names the place."""
    if type(value) is not int or not low <= value <= high:
        raise RunError(f"{place}: expected a whole number from {low} to {high}, found {value!r:.40}")
    return value


def number(value: Any, place: str, low: float, high: float) -> float:
    """Return a number from low to high; RunError names the place."""
    if type(value) not in (int, float) or not low <= value <= high:
        raise RunError(f"{place}: expected a number from {low:g} to {high:g}, found {value!r:.40}")
    return float(value)


def json_object(value: Any, place: str) -> dict[str, Any]:
    """Return a JSON object; RunError names the place."""
    if not isinstance(value, dict):
        raise RunError(f"{place}: expected an object, found {value!r:.40}")
    return value


def json_list(value: Any, place: str, least: int, most: int) -> list[Any]:
    """Return a list of least to most entries; RunError names the place."""
    if not isinstance(value, list) or not least <= len(value) <= most:
        found = f"{len(value)} entries" if isinstance(value, list) else f"{value!r:.40}"
        raise RunError(f"{place}: expected a list of {least} to {most} entries, found {found}")
    return value
