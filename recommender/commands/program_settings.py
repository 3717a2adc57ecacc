"""What a program sets of its advisor, for the commands that advise as the program does."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from recommender.advisor.answers import AdvisorSettings
from recommender.advisor.zone import Zone
from recommender.errors import TableRefused
from recommender.records.kinds import Item
from safefiles.foreign import parse_json, read_bytes
from safefiles.text import shown

MOST_BYTES: Final = 1 << 20
NUMBERS: Final = (
    "diversity", "optimism", "exploration", "curiosity", "repeat", "fresh", "rest", "explore_after", "easy_first",
)  # fmt: skip
EXPECTED: Final = f"a JSON object with any of {', '.join(NUMBERS)}, repeats, opponents, difficulties, ease"

SettingsOption = Annotated[
    Path | None,
    typer.Option("--settings", help=f"A JSON file of the program's settings: {', '.join(NUMBERS)}, repeats and opponents "
                 "(true or false), difficulties (a list, from easy to hard), ease (by item, 0 to 1)."),
]  # fmt: skip


def read_settings(file: Path | None, zone: tuple[float, float]) -> AdvisorSettings:
    """The settings of a file, the usual ones without it. Raises TableRefused and SettingRefused."""
    if file is None:
        return AdvisorSettings(zone=Zone(*zone))
    found = parse_json(read_bytes(file, MOST_BYTES, EXPECTED, TableRefused), shown(file.name), TableRefused)
    if not isinstance(found, dict):
        raise _refused(file, type(found).__name__)
    for key, value in found.items():
        if not _fits(key, value):
            raise _refused(file, f"{key!r:.40}: {value!r:.60}")
    if "difficulties" in found:
        found["difficulties"] = tuple(found["difficulties"])
    if "ease" in found:
        found["ease"] = _ease(found["ease"])
    return AdvisorSettings(zone=Zone(*zone), **found)


def _fits(key: str, value: object) -> bool:
    if key in NUMBERS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if key == "difficulties":
        return isinstance(value, list) and all(isinstance(each, str) and each for each in value)
    if key == "ease":
        return isinstance(value, dict) and all(
            isinstance(each, int | float) and 0 <= each <= 1 for each in value.values()
        )
    if key == "opponents":
        return isinstance(value, bool)
    return key == "repeats" and isinstance(value, bool | None)


def _ease(table: dict[str, float]) -> Callable[[Item], float | None]:
    def ease(item: Item) -> float | None:
        return table.get(item.name, item.finish_rate)

    return ease


def _refused(file: Path, found: Any) -> TableRefused:
    return TableRefused(f"{shown(file.name)}: expected {EXPECTED}, found {found}")
