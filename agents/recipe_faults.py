"""Messages about faults of single values of a recipe."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from safefiles.text import clean

_FUNCTION: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def function_faults(names: Sequence[str], place: str) -> list[str]:
    """Faults of names that are not `module:function`, or are repeated."""
    faults = [
        f"{place}: expected module:function, found {show_value(name)}"
        for name in names
        if not _FUNCTION.fullmatch(name)
    ]
    return faults or ([f"{place}: expected each once"] if len(set(names)) < len(names) else [])


def free_faults(table: Mapping[str, Any], way: str = "", *, empty: bool = True) -> list[str]:
    """Faults of a table for the environment: keys and values that JSON, and so a model's card, cannot store.

    With `empty` false an empty table is a fault too, as it sets nothing.
    """
    faults: list[str] = []
    for key, value in table.items():
        place = f"{way}{clean(key, 40)}"
        if isinstance(value, dict):
            if not value and not empty:
                faults.append(f"{place}: expected a value or a table of values, found an empty table")
            faults += free_faults(value, f"{place}.", empty=empty)
        elif not _is_plain(value):
            faults.append(
                f"{place}: expected text, a number, true or false, or lists and tables of these, found {show_value(value)}"
            )
    return faults


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_plain(item) for item in value)
    if isinstance(value, dict):
        return all(_is_plain(item) for item in value.values())
    return isinstance(value, (bool, int, float, str))


def did_you_mean(key: str, known: Mapping[str, Any]) -> str:
    """A hint with the closest known name, or with all of them."""
    close = get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(known)}"


def show_value(value: Any) -> str:
    """A value in at most 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
