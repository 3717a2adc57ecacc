"""A program's settings of its advisor, so that the commands advise like the program."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, TypeGuard

import typer

from recommender.advisor.answers import AdvisorSettings
from recommender.advisor.skill import SkillSettings
from recommender.advisor.zone import Zone
from recommender.errors import TableRefused
from recommender.records.kinds import Item
from safefiles.foreign import parse_json, read_bytes
from safefiles.text import shown_path

MOST_BYTES: Final = 1 << 20
MOST_SPREAD: Final = 100.0
NUMBERS: Final = (
    "diversity", "optimism", "exploration", "curiosity", "repeat", "fresh", "rest", "explore_after", "easy_first",
)  # fmt: skip
SPREADS: Final[Mapping[str, str]] = {"spread_of_tested": "tested", "spread_of_steps": "against"}
OTHERS: Final = ("repeats", "opponents", "offer", "difficulties", "steps", "own_steps", "ease")
EXPECTED: Final = f"a JSON object with any of {', '.join((*NUMBERS, *SPREADS, *OTHERS))}"

SettingsOption = Annotated[
    Path | None,
    typer.Option("--settings", help=f"A JSON file of the program's settings: {', '.join(NUMBERS)}, repeats and opponents "
                 "(true or false), offer (two chances), difficulties (a list, from easy to hard), steps (the place of each on "
                 "OpenSkill's scale), own_steps (the same by item), spread_of_tested and spread_of_steps (of items with a "
                 "finish rate, and of steps, on that scale), ease (by item, 0 to 1).", metavar="FILE", show_default="none"),
]  # fmt: skip


def read_settings(file: Path | None, zone: tuple[float, float]) -> AdvisorSettings:
    """The settings of a file, the defaults without one. Raises TableRefused and SettingRefused."""
    if file is None:
        return AdvisorSettings(zone=Zone(*zone))
    found = parse_json(
        read_bytes(file, MOST_BYTES, EXPECTED, TableRefused), shown_path(file.name), TableRefused
    )
    if not isinstance(found, dict):
        raise _refused(file, type(found).__name__)
    for key, value in found.items():
        if not _fits(key, value):
            raise _refused(file, f"{key!r:.40}: {value!r:.60}")
    if "difficulties" in found:
        found["difficulties"] = tuple(found["difficulties"])
    for key in ("steps", "offer"):
        if key in found:
            found[key] = tuple(found[key])
    if "own_steps" in found:
        found["own_steps"] = _own_steps(found["own_steps"])
    spreads = {SPREADS[key]: found.pop(key) for key in SPREADS if key in found}
    found["skill"] = replace(SkillSettings(), **spreads)
    if "ease" in found:
        found["ease"] = _ease(found["ease"])
    return AdvisorSettings(zone=Zone(*zone), **found)


def _fits(key: str, value: object) -> bool:
    if key in NUMBERS:
        return _is_number(value)
    if key in SPREADS:
        return _is_number(value) and 0 < value <= MOST_SPREAD
    if key == "offer":
        return _are_numbers(value) and len(value) == len(AdvisorSettings().offer)
    if key == "steps":
        return _are_numbers(value)
    if key == "own_steps":
        return isinstance(value, dict) and all(map(_are_numbers, value.values()))
    if key == "difficulties":
        return isinstance(value, list) and all(isinstance(each, str) and each for each in value)
    if key == "ease":
        return isinstance(value, dict) and all(
            isinstance(each, int | float) and 0 <= each <= 1 for each in value.values()
        )
    if key == "opponents":
        return isinstance(value, bool)
    return key == "repeats" and isinstance(value, bool | None)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _are_numbers(value: object) -> TypeGuard[list[float]]:
    return isinstance(value, list) and all(map(_is_number, value))


def _own_steps(table: dict[str, list[float]]) -> Callable[[Item], Sequence[float] | None]:
    def own_steps(item: Item) -> Sequence[float] | None:
        return table.get(item.name)

    return own_steps


def _ease(table: dict[str, float]) -> Callable[[Item], float | None]:
    def ease(item: Item) -> float | None:
        return table.get(item.name, item.finish_rate)

    return ease


def _refused(file: Path, found: Any) -> TableRefused:
    return TableRefused(f"{shown_path(file.name)}: expected {EXPECTED}, found {found}")
