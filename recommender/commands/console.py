"""What the commands share besides `safefiles.console`: options, opening the store and its items, and lookup of names."""

import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from recommender.errors import RecommenderError, StoreRefused, UnknownName
from recommender.messages import say
from recommender.reasons import LANGUAGES
from recommender.records.kinds import Item
from recommender.store import Store
from recommender.store.exchange import read_records
from recommender.store.read_only import ReadOnlyStore
from safefiles.console import choice
from safefiles.text import clean

CLOSE: Final = 3  # most similar names shown
MARKS: Final = "*《》"  # quotation marks around titles
ALIKE: Final = 0.65  # least similarity, by `difflib`

StoreOption = Annotated[
    Path,
    typer.Option(
        "--store",
        envvar="RECOMMENDER_STORE",
        help="The file with the records (SQLite). Also $RECOMMENDER_STORE.",
        metavar="FILE",
    ),
]
ItemsOption = Annotated[
    Path | None,
    typer.Option(
        "--items",
        help="A table of items (CSV or JSON, as `export` writes it).",
        metavar="FILE",
        show_default="the store's",
    ),
]
LanguageOption = Annotated[str, choice(LANGUAGES, "Language of the reasons.", "--language", word="LANGUAGE")]
PlotOption = Annotated[
    Path | None,
    typer.Option("--plot", help="Also draw a picture (PNG).", metavar="FILE", show_default="none"),
]
BENCH = "bench"  # the extra for pictures and the peers


def existing_store(store: Path) -> Path:
    """Return the path of a store that must exist. Raises StoreRefused."""
    if not store.is_file():
        raise StoreRefused(
            f"{store}: expected a store, found {'a folder' if store.is_dir() else 'no such file'}"
        )
    return store


def stored_items(store: Path, items: Path | None) -> tuple[ReadOnlyStore | Store, list[Item]]:
    """A store to read, which the caller closes, and the items: the table's, or the store's own.

    A store without described items has the rated items, by their names. With a table the store need not exist yet. Raises
    StoreRefused and TableRefused.
    """
    source = Store(None) if items is not None and not store.exists() else ReadOnlyStore(existing_store(store))
    found = source.items() if items is None else read_records(items).items
    if not found and items is None:
        found = [Item(name) for name in source.table().items]
    if not found:
        source.close()
        raise RecommenderError(
            f"{items or store}: expected items, found none"
            + ("; `import` a table of items first" if items is None else "")
        )
    return source, found


def item_named(text: str, items: Sequence[Item]) -> str:
    """The name of the item with this name or, in any language, this title; case does not matter.

    UnknownName, with similar names, if there is none, or more than one with that title.
    """
    if any(item.name == text for item in items):
        return text
    wanted = _folded(text.strip(MARKS) or text)
    titles = {item.name: [item.name, *item.titles.values()] for item in items}
    found = [name for name, spelt in titles.items() if wanted in map(_folded, spelt)]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownName(say("two_items", count=len(found), item=text, names=", ".join(found[:CLOSE])))
    spelt = [one for several in titles.values() for one in several]
    raise UnknownName(say("no_item", count=len(items), item=text, close=did_you_mean(text, spelt)))


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """Up to three similar names, as a question in brackets; "" without any."""
    folded = {_folded(name): name for name in known}
    close = difflib.get_close_matches(_folded(text), folded, CLOSE, ALIKE)
    names = ", ".join(repr(clean(folded[one], 60)) for one in close)
    return say("did_you_mean", names=names) if names else ""


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
