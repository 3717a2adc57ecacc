"""What every command shares: refusals as one line, and packages that an extra brings."""

import functools
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from recommender.errors import RecommenderError, StoreRefused

Command = TypeVar("Command", bound=Callable[..., Any])
JsonOption = Annotated[Path | None, typer.Option("--json", help="Also write the result to this JSON file.")]
StoreOption = Annotated[
    Path, typer.Option("--store", envvar="RECOMMENDER_STORE", help="The file with the records (SQLite).")
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


def extra(name: str, hint: str = BENCH_HINT) -> Any:
    """Import a module of an extra; without it say what to install and exit 2."""
    try:
        return importlib.import_module(name)
    except ImportError:
        fail(f"this needs {name.partition('.')[0]}: {hint}", 2)
