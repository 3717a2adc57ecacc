"""Titles, kinds and numbers of items from tables that other programs write: recbole's `.item`, MovieLens's own files.

A table is about items if its first column names them and another column has their titles. MovieLens's `u.item` and `movies.dat`
have no header and are recognised by their file names; they are in Latin-1.
"""

from pathlib import Path
from typing import Final

from recommender.records.kinds import Item
from recommender.records.tables import NAMES, Table, cell_number, header_of, name_of, read_table
from safefiles.text import clean

TITLES: Final = ("title", "movie_title", "book_title", "song_title", "titles", "name")
KINDS: Final = ("class", "genre", "genres", "category", "categories", "tags")
SEVERAL: Final = "|"  # separators of kinds in one cell, besides recbole's token_seq (spaces)
_FLAGS: Final = [
    "unknown",
    "action",
    "adventure",
    "animation",
    "children",
    "comedy",
    "crime",
    "documentary",
    "drama",
    "fantasy",
    "film-noir",
    "horror",
    "musical",
    "mystery",
    "romance",
    "sci-fi",
    "thriller",
    "war",
    "western",
]
# The columns of MovieLens's files without a header; "" is ignored
_HEADERS: Final = {
    "u.item": ["movie", "title", "", "", "", *(f"genre:{name}" for name in _FLAGS)],
    "movies.dat": ["movie", "title", "genres"],
}


def describes_items(path: Path) -> bool:
    """Whether a table is about items. TableRefused if the file is no table."""
    if path.name in _HEADERS:
        return True
    header = [name.strip().lower() for name in header_of(path)]
    return bool(header) and header[0] in NAMES["item"] and any(name in TITLES for name in header[1:])


def read_items(path: Path) -> tuple[list[Item], list[tuple[int, str]]]:
    """The items of a table about items, and its bad rows by line. Numbers and kinds are kept, other text is not."""
    table = read_table(path, header=path.name not in _HEADERS)
    header = [name.strip().lower() for name in table.header] or _HEADERS[path.name]
    if len(header) != len(table.types):
        raise table.refuse(table.lines[0], f"{len(header)} columns", str(len(table.types)))
    title = next(place for place, name in enumerate(header) if place and name in TITLES)
    items: list[Item] = []
    bad: list[tuple[int, str]] = []
    seen: dict[str, int] = {}
    for line, cells in zip(table.lines, table.rows):
        name = name_of(cells[0])
        if not name:
            bad.append((line, "expected the name of an item, found an empty cell"))
        elif name in seen:
            bad.append((line, f"expected each item once, found the one of line {seen[name]} again"))
        else:
            seen[name] = line
            items.append(_item(table, header, title, name, cells))
    return items, bad


def _item(table: Table, header: list[str], title: int, name: str, cells: list[str]) -> Item:
    tags: set[str] = set()
    numbers: dict[str, float] = {}
    for place, column in enumerate(header):
        cell = cells[place].strip()
        if not cell or not column or place in (0, title):
            continue
        if column.startswith("genre:"):
            tags.update([column] if cell == "1" else [])
        elif column in KINDS:
            parts = cell.split() if table.types[place] == "token_seq" else cell.split(SEVERAL)
            tags.update(f"{column}:{clean(part.strip())}" for part in parts if part.strip())
        elif (value := cell_number(cell)) is not None:
            numbers[column] = value
    titled = name_of(cells[title])
    return Item(name, {"en": titled} if titled else {}, frozenset(tags), numbers)
