"""What every command shares: refusals as one line, packages that an extra brings, and options."""

import functools
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from music.errors import MusicError

Command = TypeVar("Command", bound=Callable[..., Any])
JsonOption = Annotated[Path | None, typer.Option("--json", help="Also write the result to this JSON file.")]
TRAIN_PACKAGES = ("torch", "onnx", "matplotlib", "sklearn")
TRAIN_HINT = "pip install 'bankshot[train]'"


def clean(command: Command) -> Command:
    """Turn refusals into one line on stderr and exit code 1; interrupts into 130."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except MusicError as error:
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


def module(name: str, packages: tuple[str, ...] = TRAIN_PACKAGES, hint: str = TRAIN_HINT) -> Any:
    """Import `music.NAME`; without its extra say what to install and exit 2."""
    try:
        return importlib.import_module(f"music.{name}")
    except ImportError as error:
        missing(error, packages, hint)
        raise


def missing(error: ImportError, packages: tuple[str, ...], hint: str) -> None:
    """Say what to install and exit 2 where one of `packages` is missing."""
    if (error.name or "").partition(".")[0] in packages:
        typer.echo(
            f"error: this needs packages that are not installed ({error.name} is missing): {hint}", err=True
        )
        raise typer.Exit(2) from error


def write_json(path: Path | None, value: object) -> None:
    """Write a JSON file where one was asked for."""
    if path is not None:
        from safefiles.writing import write_text

        write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
