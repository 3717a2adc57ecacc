"""The READMEs tell the truth: commands and options exist, links lead somewhere, both languages agree."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.main

from tests.contracts.tree import ROOT

READMES = ("README.md", "README.zh-CN.md")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(bankshot(?: [^`]*)?)`")
LINK = re.compile(r"\]\(([^)#:]+)(#[^)]*)?\)")
OPTION = re.compile(r"`(--[a-z-]+)")


def command_lines(text: str) -> list[str]:
    """Every `bankshot …` line of the shell blocks and of the inline code, without its comment."""
    blocks = [body for language, body in FENCE.findall(text) if language == "sh"]
    rows = [row for block in blocks for row in block.splitlines()]
    rows += INLINE.findall(FENCE.sub("", text))
    return [
        part.strip()
        for row in rows
        for part in row.partition("#")[0].split("&&")
        if part.strip().startswith("bankshot")
    ]


def root_command() -> Any:
    """The `bankshot` command (Typer's own copy of click has no public types)."""
    from game.cli.root import app

    return typer.main.get_command(app)


def unknown_words(line: str, root: Any) -> list[str]:
    """Sub-commands and options in `line` that `root` does not know."""
    command, unknown = root, []
    words = shlex.split(line)[1:]
    options: set[str] = {name for option in command.params for name in option.opts}
    while words and hasattr(command, "list_commands") and not words[0].startswith(("-", "[")):
        word = words.pop(0)
        found = command.get_command(typer.Context(command), word)
        if found is None:
            return [word]
        command = found
        options |= {name for option in command.params for name in option.opts}
    unknown += [
        word for word in words if word.startswith("--") and word.partition("=")[0] not in options | {"--help"}
    ]
    return unknown


def dead_links(text: str, folder: Path) -> list[str]:
    """Relative links in `text` that lead to no file below `folder`."""
    return [target for target, _ in LINK.findall(text) if not (folder / target).exists()]


@pytest.mark.parametrize("name", READMES)
def test_every_command_and_option_exists(name: str) -> None:
    root = root_command()
    lines = command_lines((ROOT / name).read_text(encoding="utf-8"))
    assert len(lines) > 15
    assert {line: words for line in lines if (words := unknown_words(line, root))} == {}


@pytest.mark.parametrize(
    ("line", "unknown"),
    [
        ("bankshot fly", ["fly"]),
        ("bankshot levels paint x", ["paint"]),
        ("bankshot watch --backwards", ["--backwards"]),
    ],
)
def test_a_command_that_does_not_exist_is_noticed(line: str, unknown: list[str]) -> None:
    assert command_lines(f"```sh\n{line}  # comment\n```") == [line]
    assert unknown_words(line, root_command()) == unknown


def test_the_options_beside_a_command_exist() -> None:
    rows = [
        row
        for row in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
        if row.startswith("| `bankshot")
    ]
    root = root_command()
    for row in rows:
        line = INLINE.findall(row)[0].replace("[", "").replace("]", "")
        for option in OPTION.findall(row):
            assert unknown_words(f"{line} {option}", root) == [], row


def test_every_command_is_in_the_reference() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    def paths(command: Any, prefix: str) -> list[str]:
        if not hasattr(command, "list_commands"):
            return [prefix]
        context = typer.Context(command)
        children = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
        return [path for name, child in children if child for path in paths(child, f"{prefix} {name}")]

    missing = [path for path in paths(root_command(), "bankshot") if f"`{path}" not in text]
    assert missing == []


def test_both_languages_have_the_same_commands() -> None:
    blocks = [
        [
            re.sub(r"\s+#.*", "", body)
            for _, body in FENCE.findall((ROOT / name).read_text(encoding="utf-8"))
            if _ == "sh"
        ]
        for name in READMES
    ]
    assert blocks[0] == blocks[1]
    tables = [
        [
            INLINE.findall(row)[0]
            for row in (ROOT / name).read_text(encoding="utf-8").splitlines()
            if row.startswith("| `bankshot")
        ]
        for name in READMES
    ]
    assert tables[0] == tables[1]


@pytest.mark.parametrize(
    "name", [*READMES, "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "THIRD_PARTY.md"]
)
def test_every_link_leads_somewhere(name: str) -> None:
    assert dead_links((ROOT / name).read_text(encoding="utf-8"), ROOT) == []


def test_a_dead_link_is_noticed() -> None:
    assert dead_links("see [the map](docs/nowhere.md) and [licence](LICENSE)", ROOT) == ["docs/nowhere.md"]


@pytest.mark.parametrize("name", READMES)
def test_the_first_screen_has_a_picture_and_both_lines(name: str) -> None:
    screen = "\n".join((ROOT / name).read_text(encoding="utf-8").splitlines()[:30])
    assert "docs/images/screenshot.png" in screen
    assert "<!-- play-command -->\n```sh\npip install . && bankshot\n```" in screen
    tests = "pip install -c constraints.txt -e '.[test]' && pytest -n logical --dist worksteal"
    assert f"<!-- test-command -->\n```sh\n{tests}\n```" in screen
