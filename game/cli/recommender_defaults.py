"""What the recommender's commands go by where no store is named: this game's levels, community, settings, records."""

import os
from collections.abc import Sequence
from typing import Any, Final

from game.app.foryou.service import mended_zone
from game.core.levels.catalogue import list_levels
from game.player.community import SHIPPED_FOLDER
from game.player.level_items import items_of
from game.player.paths import UserFolders
from game.player.settings import load_settings
from recommender.store.exchange import Records, write_records
from safefiles.console import HELP_NAMES

RECORDS: Final = ("import", "export")  # commands that take the player's records as they are
ADVICE: Final = ("recommend", "explain", "simulate")  # commands that go by the levels too
FILLED: Final = ("store", "items", "community", "against", "zone", "language")  # what advice has defaults for
STORE: Final = "--store"
STORE_VARIABLE: Final = "RECOMMENDER_STORE"  # as good as --store
ITEMS_FILE: Final = "levels.json"  # in the cache


def filled(command: str) -> tuple[str, ...]:
    """Return the names of the parameters that `defaults` may give for a command."""
    return FILLED if command in ADVICE else FILLED[:1] if command in RECORDS else ()


def defaults(arguments: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return defaults by command for `bankshot recommender ARGUMENTS`; Click takes what a command does not name from them.

    For advice the levels of now are written to a file in the cache. Raises OSError where that cannot be.
    """
    named = any(each == STORE or each.startswith(f"{STORE}=") for each in arguments)
    if not arguments or named or os.environ.get(STORE_VARIABLE):
        return {}
    command, folders = arguments[0], UserFolders.find()
    chosen: dict[str, Any] = {"store": str(folders.feedback)}
    if command in ADVICE and not {*HELP_NAMES} & {*arguments}:
        items = folders.cache / ITEMS_FILE
        write_records(items, Records(items=items_of(list_levels(folders.levels))))
        chosen["items"] = str(items)
        settings = load_settings(folders.settings)
        if settings.flag("simulated_players"):
            chosen["community"] = str(SHIPPED_FOLDER)
        chosen["against"] = settings.text("difficulty")
        chosen["zone"] = mended_zone(settings.number("flow_low"), settings.number("flow_high"), "high")
        if settings.text("language") != "auto":
            chosen["language"] = settings.text("language")
    return {command: chosen} if command in (*RECORDS, *ADVICE) else {}
