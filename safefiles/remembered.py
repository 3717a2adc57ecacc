"""Marks for passed checks, so that an expensive check runs once and not at every start.

A mark is a small file in a cache folder, named after what was checked; it counts only while the setting in it is
the present one. A cache that is lost, damaged or cannot be written costs time and nothing else.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from safefiles.foreign import read_regular
from safefiles.writing import write_text

MAX_MARK_BYTES = 10_000


def is_remembered(folder: Path | None, name: str, setting: Mapping[str, str]) -> bool:
    """Whether `remember` wrote this mark with the same setting; False without a folder."""
    if folder is None:
        return False
    try:
        found: object = json.loads(read_regular(_mark(folder, name), MAX_MARK_BYTES))
    except (OSError, ValueError, RecursionError):
        return False
    return found == dict(setting)


def remember(folder: Path | None, name: str, setting: Mapping[str, str]) -> None:
    """Write a mark; nothing happens without a folder or if it cannot be written."""
    if folder is None:
        return
    try:
        write_text(_mark(folder, name), json.dumps(dict(setting)))
    except OSError:
        return


def _mark(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"
