"""The commands as Markdown for `docs/commands.md`: names, help, options and examples, as the help pages show them."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import typer
import typer.main

from safefiles.console import EXIT_CODES
from safefiles.help_pages import SEVERAL, Parameter, examples_of, parameters, usage


class Command(NamedTuple):
    """A command that does something, with the words that call it."""

    words: str
    help: str
    parameters: tuple[Parameter, ...]
    examples: tuple[str, ...]  # whole command lines

    @property
    def usage(self) -> str:
        """The command with its arguments; optional ones are in brackets."""
        return _dots(" ".join(usage(self.parameters, self.words)))


def commands(group: Any = None, words: str = "bankshot") -> Iterator[Command]:
    """Yield every command of a group and its subgroups, by default all; first the group itself if it does something."""
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
    """Names of the parameters for which the game gives a plugin's command defaults."""
    from game.cli.mounted import PLUGINS
    from game.cli.recommender_defaults import filled_parameters

    return filled_parameters(command) if plugin in PLUGINS and PLUGINS[plugin].defaults else ()


def _command(command: Any, words: str, filled: Collection[str]) -> Command:
    """Return one command; `filled` names the parameters with defaults from the game."""
    lines = tuple(f"{words} {line}".strip() for line in examples_of(command, filled))
    rows = tuple(row._replace(names=_dots(row.names)) for row in parameters(command, filled))
    return Command(words, " ".join(command.help.split()), rows, lines)


def _dots(text: str) -> str:
    return text.replace(SEVERAL, "…")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _default(row: Parameter) -> str:
    return "" if row.required else _cell(row.default or "off")  # of a switch


def overview_markdown() -> str:
    """Return one row for each command: how it is called and what it does."""
    rows = [f"| [`{each.usage}`](#{_anchor(each.words)}) | {_cell(each.help)} |\n" for each in commands()]
    return "".join(["| command | what it does |\n| --- | --- |\n", *rows])


def options_markdown() -> str:
    """Return one section for each command: its arguments and options with their defaults, and its examples."""
    sections = []
    for each in commands():
        rows = [
            f"| `{_cell(row.names)}` | {_cell(row.meaning)}{' *Required.*' if row.required else ''} | {_default(row)} |\n"
            for row in each.parameters
        ]
        table = (
            "".join(["| | meaning | default |\n| --- | --- | --- |\n", *rows]) if rows else "No options.\n"
        )
        shown = "".join(f"{line}\n" for line in each.examples)
        sections.append(f"### {each.words}\n\n{each.help}\n\n{table}\n```sh\n{shown}```\n")
    return "\n".join(sections)


def exit_codes_markdown() -> str:
    """Return the table of exit codes."""
    rows = [f"| **{code}** | {meaning} |\n" for code, meaning in EXIT_CODES.items()]
    return "".join(["| exit code | meaning |\n| --- | --- |\n", *rows])


def _anchor(heading: str) -> str:
    return heading.replace(" ", "-")
