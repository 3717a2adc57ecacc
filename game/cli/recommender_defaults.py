"""Defaults of the recommender's commands if no store is named: this game's levels, community, settings and records."""

import json
import os
from collections.abc import Sequence
from typing import Any, Final

from game.app.foryou.service import widen_zone
from game.app.foryou.words import term_names
from game.app.strings import LANGUAGES
from game.core.levels.catalogue import list_levels, load_level
from game.match.grading.endless_shelf import shelf
from game.match.grading.gradebook import GradeBook
from game.player.community import SHIPPED_FOLDER
from game.player.level_items import item_of, items_of
from game.player.level_recommender import plain_settings
from game.player.measured_steps import steps_of_entries
from game.player.paths import UserFolders
from game.player.settings import load_settings
from recommender.advisor.zone import Zone
from recommender.store.exchange import Records, write_records
from safefiles.console import HELP_NAMES
from safefiles.writing import write_text

RECORDS: Final = ("import", "export")  # commands that only read or write the player's records
NAMING: Final = ("recommend", "explain")  # commands that give reasons
ADVICE: Final = ("recommend", "explain", "simulate")  # commands that also use the levels
FILLED: Final = (
    "store",
    "items",
    "community",
    "against",
    "zone",
    "language",
)  # the parameters of suggestions that have defaults
SIMULATE: Final = "simulate"
STORE: Final = "--store"
STORE_VARIABLE: Final = "RECOMMENDER_STORE"  # equivalent to --store
ITEMS_FILE: Final = "levels.json"  # in the cache
ENDLESS_FILE: Final = "levels_endless.json"  # the same with the endless levels, in the cache
NAMES_FILE: Final = "names.json"  # of tags and difficulties, in the cache
SETTINGS_FILE: Final = "advisor.json"  # the advisor settings that the window sets, in the cache


def filled_parameters(command: str) -> tuple[str, ...]:
    """Return the names of the parameters that `defaults` may give for a command."""
    if command not in ADVICE:
        return FILLED[:1] if command in RECORDS else ()
    return (*FILLED, "names", "settings_file") if command in NAMING else (*FILLED, "part")


def defaults(arguments: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return defaults by command for `bankshot recommender ARGUMENTS`; Click uses them for options that are not given.

    For suggestions, the present levels and the names of tags are written to the cache. Raises OSError if that fails.
    """
    named = any(each == STORE or each.startswith(f"{STORE}=") for each in arguments)
    if not arguments or named or os.environ.get(STORE_VARIABLE):
        return {}
    command, folders = arguments[0], UserFolders.find()
    chosen: dict[str, Any] = {"store": str(folders.feedback)}
    if command in ADVICE and not {*HELP_NAMES} & {*arguments}:
        entries, grades = list_levels(folders.levels), GradeBook(folders.cache)
        items, listed = folders.cache / ITEMS_FILE, items_of(entries, grades)
        write_records(items, Records(items=listed))
        chosen["items"] = str(items)
        if command == SIMULATE:
            whole = folders.cache / ENDLESS_FILE
            write_records(
                whole, Records(items=[*listed, *(item_of(load_level(one.name)) for one in shelf())])
            )
            chosen |= {"items": str(whole), "part": str(items)}
        if command in NAMING:
            called = folders.cache / NAMES_FILE
            write_text(called, json.dumps({each: term_names(each) for each in LANGUAGES}, ensure_ascii=False))
            chosen["names"] = str(called)
        settings = load_settings(folders.settings)
        if settings.flag("simulated_players"):
            chosen["community"] = str(SHIPPED_FOLDER)
        chosen["against"] = settings.text("difficulty")
        zone = widen_zone(settings.number("flow_low"), settings.number("flow_high"), "high")
        chosen["zone"] = zone
        if command in NAMING:
            own = folders.cache / SETTINGS_FILE
            write_text(
                own, json.dumps(plain_settings(Zone(*zone), listed, steps_of_entries(entries, grades)))
            )
            chosen["settings_file"] = str(own)
        if settings.text("language") != "auto":
            chosen["language"] = settings.text("language")
    return {command: chosen} if command in (*RECORDS, *ADVICE) else {}
