"""A command's arguments, options and examples for help pages, read from the function that runs it.

The help on the terminal and the reference document use the same rows, with any version of Typer.
"""

import inspect
import re
import types
import typing
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

HELP_ROW: Final = ("-h, --help", "Show this page and exit.")
FILLED_WORDS: Final = "the game's"  # the default shown for a parameter with the program's value
SEVERAL: Final = "..."  # after an argument that may be repeated
_WORDS: Final[Mapping[Any, str]] = {bool: "", int: "N", float: "X", str: "TEXT", Path: "PATH"}
_LARGE: Final = 2**31 - 1  # from the largest seed on: limits that are not shown
_SENTENCE: Final = re.compile(r"(.+?[.;])(?:\s|$)", re.DOTALL)


class Parameter(NamedTuple):
    """An argument or an option of a command."""

    name: str  # as the function calls it
    names: str  # as it is typed, with a word for its value: --seed N
    meaning: str
    default: str  # as it would be typed, or in words; "" for a switch and a required parameter
    required: bool
    positional: bool
    choices: tuple[str, ...]  # every value, if it takes no other

    @property
    def line(self) -> str:
        """The help text: its meaning, then its default in brackets."""
        end = "required" if self.required else f"default: {self.default}" if self.default else ""
        return f"{self.meaning}  [{end}]" if end else self.meaning


def examples_of(command: Any, filled: Collection[str] = ()) -> tuple[str, ...]:
    """Return the arguments of a command's examples."""
    name = "filled_examples" if filled else "examples"
    found: tuple[str, ...] = getattr(command.callback, name, ())
    return found


def parameters(command: Any, filled: Collection[str] = ()) -> list[Parameter]:
    """Return a row for each argument and option of a command; `filled` names those with the program's defaults."""
    if command.callback is None:
        return []
    hints = typing.get_type_hints(inspect.unwrap(command.callback), include_extras=True)
    return [
        _parameter(each, hints[each.name], each.name in filled)
        for each in command.params
        if each.name in hints  # all but --help
    ]


def _parameter(each: Any, hint: Any, filled: bool) -> Parameter:
    kind, *notes = typing.get_args(hint) if typing.get_origin(hint) is typing.Annotated else (hint,)
    info = next((note for note in notes if hasattr(note, "show_default")), None)
    positional = each.param_type_name == "argument"
    choices = tuple(getattr(getattr(info, "callback", None), "choices", tuple)())
    required = each.required and not filled
    default = "" if required else FILLED_WORDS if filled else _default(each, info, kind)
    several = _is_several(kind) or getattr(getattr(info, "callback", None), "several", False)
    meaning = _meaning(info, choices, several and bool(choices))
    return Parameter(
        each.name, _names(each, kind, positional), meaning, default, required, positional, choices
    )


def _names(each: Any, kind: Any, positional: bool) -> str:
    """Return how a parameter is typed."""
    if positional:
        word = (each.metavar or each.name.upper()).removesuffix(SEVERAL)
        return f"{word} {SEVERAL}" if _is_several(kind) else word
    word = "" if _is_switch(kind) else each.metavar or _value_word(kind)
    return f"{' / '.join([*each.opts, *each.secondary_opts])} {word}".strip()


def _default(each: Any, info: Any, kind: Any) -> str:
    """Return the default as it would be typed or, if it is computed later, in words."""
    if isinstance(getattr(info, "show_default", None), str):
        return str(info.show_default)
    value = each.default
    if _is_switch(kind) and each.secondary_opts and isinstance(value, bool):
        return str((each.opts if value else each.secondary_opts)[0])
    if value is None or value is False or value in ("", (), []) or callable(value):
        return ""
    if isinstance(value, tuple | list):
        return " ".join(str(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _meaning(info: Any, choices: Sequence[str], several: bool) -> str:
    """Return the help of a parameter, with its values or limits."""
    if info is None:
        return ""
    text = " ".join((info.help or "").split())
    if choices:
        return f"{text} {'Any of' if several else 'One of'} {', '.join(choices)}{'; several by commas' if several else ''}."
    low, high = info.min, info.max
    if low is not None and high is not None and high < _LARGE:
        text += f" From {_number(low)} to {_number(high)}."
    elif low:
        text += f" At least {_number(low)}."
    return text.strip()


def _is_several(kind: Any) -> bool:
    return any(typing.get_origin(part) in (list, tuple) for part in _parts(kind))


def _is_switch(kind: Any) -> bool:
    return bool in _parts(kind)


def _parts(kind: Any) -> tuple[Any, ...]:
    """Return the types of a union without None; for any other type, the type itself."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return tuple(part for part in typing.get_args(kind) if part is not types.NoneType)
    return (kind,)


def _value_word(kind: Any) -> str:
    """Return a word for the value of an option, none for a switch."""
    (part, *_) = _parts(kind)
    inner = typing.get_args(part)
    if typing.get_origin(part) is tuple:
        return " ".join(_WORDS.get(each, "TEXT") for each in inner)
    return _WORDS.get(inner[0] if inner else part, "TEXT")


def usage(rows: Iterable[Parameter], options: str = "[OPTIONS]") -> list[str]:
    """Return the pieces of a usage line; optional arguments are in brackets."""
    arguments = [row for row in rows if row.positional]
    return [options, *(row.names if row.required else f"[{row.names}]" for row in arguments)]


def first_sentence(text: str) -> str:
    """Return the first sentence of a command's help, for the list of its group."""
    flat = " ".join(text.split())
    found = _SENTENCE.match(flat)
    return found[1].replace(";", ".") if found else flat


def filled_in(context: Any) -> tuple[str, ...]:
    """Return the parameters of the context's command for which the mounting program has defaults."""
    tells = context.obj.get("filled") if isinstance(context.obj, dict) else None
    return tuple(tells(context.info_name)) if tells is not None else ()


def write_page(command: Any, context: Any, formatter: Any, shared: Sequence[Parameter] = ()) -> None:
    """Write the page below a command's text: arguments, options (also those `shared` by all commands), commands, examples."""
    filled = filled_in(context)
    rows = parameters(command, filled)
    options = [(row.names, row.line) for row in rows if not row.positional]
    options += [(row.names, row.line) for row in shared if row.name not in {own.name for own in rows}]
    sections = [
        ("Arguments", [(row.names, row.line) for row in rows if row.positional]),
        ("Options", [*options, HELP_ROW]),
    ]
    if hasattr(command, "list_commands"):
        below = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
        sections.append(("Commands", [(name, first_sentence(each.help or "")) for name, each in below]))
    for title, lines in sections:
        if lines:
            with formatter.section(title):
                formatter.write_dl(lines)
    shown = examples_of(command, filled)
    if shown:
        with formatter.section("Examples"):
            for line in shown:
                formatter.write(
                    f"{'':{formatter.current_indent}}{context.command_path} {line}".rstrip() + "\n"
                )
