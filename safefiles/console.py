"""Shared by all commands: clean output, errors in one line, exit codes, help, and messages about missing extras.

Exit codes, the same for every command: 0 success; 1 a check found a fault or the work failed; 2 bad input (an argument, a
file, a package that is not installed); 130 interrupted, also a training that was stopped before its end. Any code but 0
comes with a line `error: ...`, with two exceptions: `levels check` lists each problem instead, and a command whose output
is no longer read (`| head`) ends silently with 1.

Everything printed goes through `echo`, `make_table` or a `ProgressLabel`, so that no text from a file acts on the terminal.
This is the one module of `safefiles` that imports Typer and Rich; Rich only where a table or a bar is shown, because
the window needs none.
"""

import contextlib
import errno
import functools
import importlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer
import typer.core

from safefiles import interrupts
from safefiles.errors import Refused, WorkFailed
from safefiles.extras import MissingExtra, extra_of, missing_extra
from safefiles.interrupts import exit_process, interrupted, late_interrupts
from safefiles.messages import ENGLISH, LANGUAGES, Message, in_language
from safefiles.phrases import say
from safefiles.text import clean as clean_text
from safefiles.text import shown_path

if TYPE_CHECKING:
    from rich.progress import ProgressColumn, Task
    from rich.table import Table
    from rich.text import Text

    from safefiles.help_pages import Parameter

Command = TypeVar("Command", bound=Callable[..., Any])

FINE: Final = 0
FAILED: Final = 1
BAD_INPUT: Final = 2
INTERRUPTED: Final = interrupts.INTERRUPTED
EXIT_CODES: Final = {
    FINE: "success",
    FAILED: "a check found a fault (`levels check`, `levels test --strict`, `replay verify`), a part was left out (a broken "
    "level among others), or the work failed (a full disk, "
    "an export that differs)",
    BAD_INPUT: "bad input: an argument, a file, a package that is not installed",
    INTERRUPTED: "interrupted: Ctrl-C, or a training that SIGTERM or a closing terminal stopped (it keeps a checkpoint)",
}
HELP_NAMES: Final = ("-h", "--help")
FILLED: Final = "filled"  # key of a context's `obj`: function from a command's name to parameters with the program's defaults
# errors of a given path: missing, not a folder, a folder, too long
_BAD_PATH: Final = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.ELOOP)


def examples(*lines: str, filled: Sequence[str] = ()) -> Callable[[Command], Command]:
    """Set the examples of a command; `filled`: the examples if a program has defaults for the required parameters."""

    def given(function: Command) -> Command:
        function.examples = lines  # type: ignore[attr-defined]
        function.filled_examples = tuple(filled) or lines  # type: ignore[attr-defined]
        return function

    return given


def check_writable(option: str, *endings: str) -> Callable[[Path | None], Path | None]:
    """Return a callback that refuses, before the work begins, a path where no file with such a suffix can be written."""

    def check(path: Path | None) -> Path | None:
        if path is not None:
            from safefiles.targets import check_file

            check_file(option, path, endings)
        return path

    return check


# Typer's texts for a wrong number, in its versions, and our own form of them.
_OPTION_REFUSED: Final = re.compile(r"Invalid value for '(-[\w-]+)[^:]*: (.+)", re.DOTALL)
_NUMBER_WORDS: Final = (
    (re.compile(r"greater than or equal to (?P<low>\S+)"), "at_least"),
    (re.compile(r"less than or equal to (?P<high>\S+)"), "at_most"),
    (re.compile(r"not in the range (?P<low>\S+?)<=x<=(?P<high>\S+?)\.?$"), "within"),
    (re.compile(r"valid integer"), "whole_number"),
    (re.compile(r"valid (?:number|float)"), "any_number"),
)
_USAGE_WORDS: Final = (
    (re.compile(r"No such option: (?P<option>\S+)$"), "no_option"),
    (re.compile(r"Missing argument (?P<name>'[^']+')\.$"), "no_argument"),
    (re.compile(r"Option (?P<option>'[^']+') requires an argument\.$"), "no_value"),
)
_spoken: Final[ContextVar[str]] = ContextVar("language of refusals", default=ENGLISH)


def spoken() -> str:
    """Return the language of the command that is run, as its `--language` says; English without one."""
    return _spoken.get()


def _language_in(words: Sequence[str]) -> str:
    """Return the language that a command line names, before any of it is checked."""
    values = [after for word, after in pairwise(words) if word == "--language"]
    values += [word.partition("=")[2] for word in words if word.startswith("--language=")]
    named = values[-1].strip().lower() if values else ENGLISH
    return named if named in LANGUAGES else ENGLISH


def _in_our_words(message: str, words: Sequence[str], own: object = None) -> str:
    """Return a usage error in the form of our refusals: `--count: expected at least 1, found '0'`; `own`: its message."""
    told = _OPTION_REFUSED.match(message)
    if told is None:
        found = ((form.match(message), key) for form, key in _USAGE_WORDS)
        return next((say(key, **match.groupdict()) for match, key in found if match is not None), message)
    option = told[1]
    if isinstance(own, Message) or told[2].startswith("expected "):
        return say("of_file", where=option, why=own if isinstance(own, Message) else told[2])
    for form, key in _NUMBER_WORDS:
        if numbers := form.search(told[2]):
            values = [after for word, after in pairwise(words) if word == option]
            values += [word.partition("=")[2] for word in words if word.startswith(f"{option}=")]
            expected = say(key, **numbers.groupdict())
            if not values:
                return say("option_needs", option=option, expected=expected)
            return say("option_number", option=option, expected=expected, found=shown_path(values[-1])[:40])
    return message


JsonOption = Annotated[
    Path | None,
    typer.Option(
        "--json",
        callback=check_writable("--json", ".json"),
        help="Also write the result to this JSON file.",
        show_default="none",
        metavar="FILE",
    ),
]


def choice(
    names: Sequence[str] | Callable[[], Iterable[str]],
    help: str,
    *declarations: str,
    word: str,
    several: bool = False,
    **settings: Any,
) -> Any:
    """Return an option that takes one of `names` (or of a function's result, if they are slow to load), ignoring case.

    The help lists the names, the shell completes them, and any other value is refused. `word` represents the value in
    help. With `several` the value may be several names separated by commas; if it is a list, the option may also be repeated.
    """

    def known() -> tuple[str, ...]:
        return tuple(names() if callable(names) else names)

    def one(text: str, option: str) -> str:
        found = text.strip().lower()
        if found in known():
            return found
        *most, last = known()
        near = get_close_matches(found, known(), 1)
        hint = say("choice_hint", name=near[0]) if near else ""
        raise typer.BadParameter(
            say("choice", known=", ".join(most), last=last, found=shown_path(text)[:40], hint=hint),
            param_hint=f"'{option}'",
        )

    def check(param: typer.CallbackParam, value: Any) -> Any:
        if not value:
            return value
        option = max(param.opts, key=len)
        if not several:
            return one(value, option)
        texts = [value] if isinstance(value, str) else value
        found = [one(part, option) for text in texts for part in text.split(",") if part.strip()]
        return ",".join(found) if isinstance(value, str) else found

    def complete(incomplete: str) -> list[str]:
        before, comma, _ = incomplete.rpartition(",") if several else ("", "", "")
        return [f"{before}{comma}{name}" for name in known()]

    check.choices = known  # type: ignore[attr-defined]
    check.several = several  # type: ignore[attr-defined]
    return typer.Option(
        *declarations, help=help, metavar=word, callback=check, autocompletion=complete, **settings
    )


def exit_line(error: BaseException, refusals: type[Exception] = Refused) -> tuple[str, int] | None:
    """Return the line and the exit code for the error that ended a command; None for an unexpected error.

    `refusals` is the class of errors whose messages can be printed.
    """
    if isinstance(error, (KeyboardInterrupt, _Interrupted)) or interrupted():
        return say("interrupted"), INTERRUPTED
    if isinstance(error, MissingExtra):
        return _told(error), BAD_INPUT
    if isinstance(error, WorkFailed):
        return _told(error), FAILED
    if isinstance(error, ModuleNotFoundError) and error.name and (extra := extra_of(error.name)):
        return str(missing_extra(error.name, extra)), BAD_INPUT
    if isinstance(error, refusals):
        return _told(error), BAD_INPUT
    if isinstance(error, MemoryError):
        return f"memory: expected enough for this, found too little ({error or 'none left'})", FAILED
    if isinstance(error, OSError):
        place = (
            shown_path(os.fsdecode(error.filename))
            if isinstance(error.filename, (str, bytes, Path))
            else "file"
        )
        code = BAD_INPUT if error.errno in _BAD_PATH else FAILED
        return say("of_file", where=place, why=_system_words(error)), code
    return None


def _told(error: BaseException) -> str:
    """Return an error's text: the message that it was made with, or its English."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, Message) and first == str(error) else str(error)


def _system_words(error: OSError) -> str:
    if spoken() == ENGLISH:
        return str(error.strerror or error)
    words: Message = importlib.import_module("safefiles.causes").system_message(error)
    return words


def clean_exit(command: Command) -> Command:
    """Turn the error that ends a command into one line on stderr and an exit code, also if another program mounts the command."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except BrokenPipeError:
            raise  # the output is no longer read: the group ends silently
        except (Exception, KeyboardInterrupt) as error:
            found = exit_line(error)
            if found is None:
                raise
            fail(*found)

    return wrapped  # type: ignore[return-value]


def fail(message: str, code: int = BAD_INPUT) -> None:
    """Print one line on stderr and exit."""
    print_error(message)
    raise typer.Exit(code)


def print_error(message: str) -> None:
    """Print `error: MESSAGE` on stderr, as one line, in the language that the command speaks."""
    echo(f"error: {in_language(message, spoken())}", err=True)


def echo(text: object = "", *, err: bool = False) -> None:
    """Print one clean line."""
    typer.echo(clean_text(str(text)), err=err)


def cell(value: object) -> "Text":
    """Return text for a table or terminal of Rich: clean, with markup escaped."""
    from rich.text import Text

    return Text(clean_text(str(value)))


def make_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str = "",
    caption: str = "",
    right: bool = False,
) -> "Table":
    """Return a table for the terminal; with `right` the columns after the first are right-aligned."""
    from rich.table import Table

    made = Table(title=cell(title) if title else None, caption=cell(caption) if caption else None)
    for place, heading in enumerate(headings):
        made.add_column(cell(heading), justify="right" if right and place else "left")
    for row in rows:
        made.add_row(*map(cell, row))
    return made


def print_table(shown_table: "Table", *, width: int | None = None) -> None:
    """Print a table, in `width` characters if given, otherwise in the terminal's width."""
    from rich.console import Console

    Console(width=width, highlight=False).print(shown_table)


def ProgressLabel(width: int = 40) -> "ProgressColumn":  # noqa: N802 (used like the columns of Rich)
    """Return the column of a progress bar that describes its task: clean, at most `width` characters, not padded."""
    from rich.progress import ProgressColumn
    from rich.text import Text

    class _Label(ProgressColumn):
        def render(self, task: "Task") -> Text:
            return Text(clean_text(task.description, width), no_wrap=True)

    return _Label()


def write_json(path: Path | None, value: object) -> None:
    """Write a JSON file if a path was given. A value that is not finite is a bug of the caller."""
    if path is not None:
        from safefiles.writing import write_text

        write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


class _Interrupted(Exception):
    """Carries a Ctrl-C through Typer, which would turn it into an exit code without a message."""


@contextlib.contextmanager
def _interrupts(*, of_root: bool) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as error:
        if not of_root:
            raise
        raise _Interrupted from error


def _pages() -> Any:
    """Return the module that writes help; it is imported for a help page only."""
    return importlib.import_module("safefiles.help_pages")


class _Page:
    """The help of a command or a group, the same in every version of Typer."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, options, commands and examples."""
        _pages().write_page(self, ctx, formatter, getattr(ctx.find_root().command, "shared", ()))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what follows the command in its usage line."""
        pages = _pages()
        pieces: list[str] = pages.usage(pages.parameters(self, pages.filled_in(ctx)))
        return [*pieces, "COMMAND ..."] if hasattr(self, "list_commands") else pieces


class _Command(_Page, typer.core.TyperCommand):
    """A command with a help page like every other's."""


class Group(_Page, typer.core.TyperGroup):
    """A group of commands: alone it prints its help and exits 0; bad input ends in one line and exit code 2."""

    refusals: type[Exception] = Refused  # errors whose messages can be printed
    shared: "Sequence[Parameter]" = ()  # options that every command below also takes
    _words: tuple[str, ...] = ()  # of the command line that is run

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the arguments of this group."""
        with _interrupts(of_root=parent is None):
            return super().make_context(info_name, args, parent=parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        with _interrupts(of_root=ctx.parent is None):
            return super().invoke(ctx)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Print the help if no command was given."""
        if not args and self.no_args_is_help and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            ctx.exit()
        rest: list[str] = super().parse_args(ctx, args)
        return rest

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line (this process's own by default) and exit with its code, as every command of Click does.

        Without `standalone_mode` the error that ends the command is raised to the caller.
        """
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        exit_process(self.run(args, prog_name, **extra))

    def run(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> int:
        """Run the command line `args` and return its exit code."""
        self._words = tuple(sys.argv[1:] if args is None else args)
        _spoken.set(_language_in(self._words))
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(
                    errors="replace"
                )  # a console that lacks a character shows another instead of failing
        with late_interrupts():
            try:
                code = super().main(args, prog_name, **extra, standalone_mode=False)
            except BrokenPipeError:
                with contextlib.suppress(OSError, ValueError):
                    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                return FAILED
            except (Exception, KeyboardInterrupt) as error:
                message, code = self.ended(error)
                print_error(message)
            return code if isinstance(code, int) else FINE

    def ended(self, error: BaseException) -> tuple[str, int]:
        """Return the line and the exit code for the error that ended a command; an unexpected error is raised again."""
        if hasattr(error, "format_message"):  # a usage error of click, or of Typer's own copy of it
            return _in_our_words(
                error.format_message(), self._words, getattr(error, "message", None)
            ), BAD_INPUT
        if type(error).__name__ == "Abort":
            return say("interrupted"), INTERRUPTED
        found = exit_line(error, self.refusals)
        if found is None:
            raise error
        return found


class _Commands(typer.Typer):
    """A group of commands whose pages look alike."""

    def command(self, name: str | None = None, **settings: Any) -> Any:
        """Return a decorator that adds a function as a command."""
        return super().command(name, **{"cls": _Command, **settings})


def command_group(name: str | None, text: str, cls: type[Group] = Group, **settings: Any) -> typer.Typer:
    """Return a group of commands with the common look and exit codes; `text` is its help."""
    return _Commands(
        name=name,
        cls=cls,
        help=text,
        no_args_is_help=not settings.get("invoke_without_command", False),
        context_settings={"help_option_names": list(HELP_NAMES)},
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        add_completion=False,
        **settings,
    )
