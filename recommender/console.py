"""What every command shares: refusals as one line, and packages that an extra brings."""

import functools
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from recommender.errors import RecommenderError, StoreRefused
from recommender.exchange import read_records
from recommender.records import Item
from recommender.store import Store

Command = TypeVar("Command", bound=Callable[..., Any])
JsonOption = Annotated[Path | None, typer.Option("--json", help="Also write the result to this JSON file.")]
StoreOption = Annotated[
    Path, typer.Option("--store", envvar="RECOMMENDER_STORE", help="The file with the records (SQLite).")
]
ItemsOption = Annotated[
    Path | None,
    typer.Option(
        "--items", help="A table of items (CSV or JSON, as `export` writes it) in place of the store's."
    ),
]
BENCH_HINT = "pip install 'bankshot[bench]'"


def clean(command: Command) -> Command:
    """Turn refusals into one line on stderr and exit code 1; interrupts into 130."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except RecommenderError as error:
            fail(str(error))
        except OSError as error:
            fail(f"{error.filename or 'file'}: {error.strerror or error}")
        except KeyboardInterrupt:
            fail("interrupted", 130)

    return wrapped  # type: ignore[return-value]


def fail(message: str, code: int = 1) -> None:
    """Print one line on stderr and leave."""
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(code)


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


def extra(name: str, hint: str = BENCH_HINT) -> Any:
    """Import a module of an extra; without it say what to install and exit 2."""
    try:
        return importlib.import_module(name)
    except ImportError:
        fail(f"this needs {name.partition('.')[0]}: {hint}", 2)
