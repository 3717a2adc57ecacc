"""A program's names for tags, opponents and difficulties, for the sentences of reasons."""

from pathlib import Path
from typing import Annotated, Final

import typer

from recommender.errors import TableRefused
from safefiles.foreign import parse_json, read_bytes
from safefiles.text import shown_path

MOST_BYTES: Final = 1 << 20
EXPECTED: Final = 'a JSON object such as {"en": {"size:large": "large arenas"}}'

NamesOption = Annotated[
    Path | None,
    typer.Option(
        "--names",
        help="A JSON file with the names of tags, opponents and difficulties, by language.",
        metavar="FILE",
        show_default="none",
    ),
]


def read_names(file: Path | None, language: str) -> dict[str, str]:
    """The names in one language; no names without a file, or if it has none in that language. Raises TableRefused."""
    if file is None:
        return {}
    found = parse_json(
        read_bytes(file, MOST_BYTES, EXPECTED, TableRefused), shown_path(file.name), TableRefused
    )
    tables = found.values() if isinstance(found, dict) else [None]
    if not all(
        isinstance(table, dict) and all(isinstance(name, str) for name in table.values()) for table in tables
    ):
        raise TableRefused(f"{shown_path(file.name)}: expected {EXPECTED}, found something else")
    names: dict[str, str] = found.get(language, {})
    return names
