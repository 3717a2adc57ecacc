"""What the commands share beside `safefiles.console`: options, and the store and the items to go by."""

from pathlib import Path
from typing import Annotated

import typer

from recommender.errors import RecommenderError, StoreRefused
from recommender.records.kinds import Item
from recommender.store import Store
from recommender.store.exchange import read_records

StoreOption = Annotated[
    Path, typer.Option("--store", envvar="RECOMMENDER_STORE", help="The file with the records (SQLite).")
]
ItemsOption = Annotated[
    Path | None,
    typer.Option(
        "--items", help="A table of items (CSV or JSON, as `export` writes it) in place of the store's."
    ),
]
BENCH = "bench"  # the extra that pictures and the peers need


def existing(store: Path) -> Path:
    """Return the path of a store that must be there already. Raises StoreRefused."""
    if not store.is_file():
        raise StoreRefused(
            f"{store}: expected a store, found {'a folder' if store.is_dir() else 'no such file'}"
        )
    return store


def stored_items(store: Path, items: Path | None) -> tuple[Store, list[Item]]:
    """A copy of a store in memory, and the items to go by: the table's, or the store's own.

    With a table the store need not be there yet. Raises StoreRefused and TableRefused.
    """
    if items is not None and not store.exists():
        copy = Store(None)
    else:
        source = Store.strict(existing(store))
        try:
            copy = source.copy()
        finally:
            source.close()
    found = copy.items() if items is None else read_records(items).items
    if not found:
        raise RecommenderError(
            f"{items or store}: expected items, found none"
            + ("; `import` a table of items first" if items is None else "")
        )
    return copy, found
