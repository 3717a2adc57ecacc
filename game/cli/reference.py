"""The commands as Markdown for `docs/commands.md`: names, help and options, taken from the functions that run them."""

import inspect
import types
import typing
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import typer
import typer.main
from typer.models import ArgumentInfo, OptionInfo

from safefiles.console import EXIT_CODES

_VALUES: Final[Mapping[Any, str]] = {bool: "", int: "N", float: "X", str: "TEXT", Path: "PATH"}
_LARGE: Final = 2**31 - 1  # the largest seed: no limit that a reader wants to know


class Parameter(NamedTuple):
    """An argument or an option of a command."""

    names: str  # as it is typed, with a word for its value: --seed N
    meaning: str
    default: str
    required: bool
    positional: bool


class Command(NamedTuple):
    """A command that does something, by the words that call it."""

    words: str
    help: str
    parameters: tuple[Parameter, ...]

    @property
    def usage(self) -> str:
        """The command with its arguments; one that may be left out stands in brackets."""
        arguments = [
            each.names if each.required else f"[{each.names}]" for each in self.parameters if each.positional
        ]
        return " ".join([self.words, *arguments])


def commands(group: Any = None, words: str = "bankshot") -> Iterator[Command]:
    """Yield every command of a group and below, by default the whole tree, and first what the tree itself does."""
    if group is None:
        from game.cli.root import app

        group = typer.main.get_command(app)
        yield _command(group, words, ())
    context = typer.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if hasattr(command, "list_commands"):
            yield from commands(command, f"{words} {name}")
        else:
            yield _command(command, f"{words} {name}", _filled(words.partition(" ")[2], name))


def _filled(plugin: str, command: str) -> Collection[str]:
    """Names of the parameters that the game fills in for a command of a plugin."""
    from game.cli.mounted import PLUGINS
    from game.cli.recommender_defaults import filled

    return filled(command) if plugin in PLUGINS and PLUGINS[plugin].defaults else ()


def _command(command: Any, words: str, filled: Collection[str]) -> Command:
    """One command; `filled` names the parameters that have the game's values where nothing is given."""
    function = inspect.unwrap(command.callback)
    hints = typing.get_type_hints(function, include_extras=True)
    rows = []
    for each in command.params:
        if each.name not in hints:
            continue  # --help, which every command has
        kind, *notes = (
            typing.get_args(hints[each.name])
            if typing.get_origin(hints[each.name]) is typing.Annotated
            else (hints[each.name],)
        )
        info = next((note for note in notes if isinstance(note, ArgumentInfo | OptionInfo)), None)
        positional = each.param_type_name == "argument"
        names = _names(each, kind, positional)
        default = "the game's" if each.name in filled else _default(each.default)
        required = each.required and each.name not in filled
        rows.append(Parameter(names, _meaning(info), default, required, positional))
    return Command(words, " ".join(command.help.split()), tuple(rows))


def _names(parameter: Any, kind: Any, positional: bool) -> str:
    """How a parameter is typed."""
    if positional:
        word = (parameter.metavar or parameter.name.upper()).removesuffix("...")
        return f"{word} …" if _is_list(kind) else word
    return f"{' / '.join([*parameter.opts, *parameter.secondary_opts])} {_value_word(kind)}".strip()


def _default(value: object) -> str:
    """The default as it would be typed; nothing for one that says nothing."""
    if value in (None, "", False, (), []) or callable(value):
        return ""
    if isinstance(value, tuple):
        return f"`{' '.join(str(part) for part in value)}`"
    return "on" if value is True else f"`{value}`"


def _meaning(info: ArgumentInfo | OptionInfo | None) -> str:
    """The help of a parameter, with its limits."""
    if info is None:
        return ""
    text = " ".join((info.help or "").split())
    low, high = info.min, info.max
    if low is not None and high is not None and high < _LARGE:
        text += f" From {low:,} to {high:,}."
    elif low:
        text += f" At least {low:,}."
    return text.strip()


def _is_list(kind: Any) -> bool:
    return any(typing.get_origin(part) in (list, tuple) for part in _parts(kind))


def _parts(kind: Any) -> tuple[Any, ...]:
    """The types of a union without None; of any other type itself."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return tuple(part for part in typing.get_args(kind) if part is not types.NoneType)
    return (kind,)


def _value_word(kind: Any) -> str:
    """A word for the value of an option, none for a switch."""
    (part, *_) = _parts(kind)
    inner = typing.get_args(part)
    if typing.get_origin(part) is tuple:
        return " ".join(_VALUES.get(each, "TEXT") for each in inner)
    return _VALUES.get(inner[0] if inner else part, "TEXT")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def overview_markdown() -> str:
    """One row a command: how it is called and what it does."""
    rows = [f"| [`{each.usage}`](#{_anchor(each.words)}) | {_cell(each.help)} |\n" for each in commands()]
    return "".join(["| command | what it does |\n| --- | --- |\n", *rows])


def options_markdown() -> str:
    """One section a command: its arguments and options with their defaults."""
    sections = []
    for each in commands():
        rows = [
            f"| `{row.names}` | {_cell(row.meaning)}{' *Required.*' if row.required else ''} | {_cell(row.default)} |\n"
            for row in each.parameters
        ]
        table = (
            "".join(["| | meaning | default |\n| --- | --- | --- |\n", *rows]) if rows else "No options.\n"
        )
        sections.append(f"### {each.words}\n\n{each.help}\n\n{table}")
    return "\n".join(sections)


def exit_codes_markdown() -> str:
    """What each exit code says."""
    rows = [f"| **{code}** | {meaning} |\n" for code, meaning in EXIT_CODES.items()]
    return "".join(["| exit code | meaning |\n| --- | --- |\n", *rows])


def _anchor(heading: str) -> str:
    return heading.replace(" ", "-")
