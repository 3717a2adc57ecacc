"""Escapes cells of CSV files so that no spreadsheet reads them as formulas, and reverses it.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end, and names of levels and
players come from untrusted files. Such a cell is written with an apostrophe before it (OWASP, "CSV injection"); a number is
left alone. So that every text reads back as it was, one that already has apostrophes there gets one more.
"""

import re
from typing import Final, TypeVar

Value = TypeVar("Value")

_ACTS: Final = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_MARKED: Final = re.compile("'+[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def escape_cell(value: Value) -> Value | str:
    """Return a value as a cell to write; only text that a spreadsheet would run is changed."""
    if isinstance(value, str) and _ACTS.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def unescape_cell(cell: str) -> str:
    """Return the text that `escape_cell` made `cell` of."""
    return cell[1:] if _MARKED.match(cell) else cell
