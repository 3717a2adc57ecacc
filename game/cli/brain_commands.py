"""`bankshot agents brains`: the brains that this game knows, and the user's folder of them."""

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from agents.card_text import card_markdown, result_line, table_lines
from agents.contract import Card
from agents.errors import BrainRefused
from game.cli.completion import brain_names
from game.match.brain_folder import add_brain, facts_of, own_brain, remove_brain
from game.match.brain_library import BrainEntry, BrainLibrary
from game.match.strengths import measured
from game.player.paths import UserFolders
from safefiles.console import JsonOption, command_group, echo, examples, fail, write_json
from safefiles.text import shown
from safefiles.writing import write_text

HEADINGS: Final = ("name", "whose", "title", "environment", "bytes", "wins by its card")

app = command_group("brains", "The brains that ship and your own: list, add, remove, card.")

NameArgument = Annotated[
    str, typer.Argument(help="A brain's name, as `list` prints it.", autocompletion=brain_names)
]


def _library() -> BrainLibrary:
    folders = UserFolders.find()
    return BrainLibrary(folders.brains, cache_dir=folders.cache)


@app.command("list")
@examples("", "--json brains.json")
def list_brains(json_file: JsonOption = None) -> None:
    """List the brains that ship and those of your brains folder, with what their cards say."""
    entries = [entry for entry in _library().entries() if entry.path is not None]
    facts = [_facts(entry) for entry in entries]
    write_json(json_file, {"schema": 1, "brains": facts})
    rows = [_row(fact) for fact in facts]
    widths = [max(len(row[n]) for row in [HEADINGS, *rows]) for n in range(len(HEADINGS))]
    for row in [HEADINGS, *rows]:
        echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def _facts(entry: BrainEntry) -> dict[str, Any]:
    """JSON-able facts of one brain; of a broken one its error."""
    found: dict[str, Any] = {
        "name": entry.name,
        "kind": entry.kind,
        "path": str(entry.path),
        "error": entry.error,
        "notes": list(entry.notes),
    }
    assert entry.path is not None
    if entry.error:
        return found
    try:
        facts = facts_of(entry.path)
    except BrainRefused as error:  # it changed meanwhile
        return found | {"error": str(error)}
    return found | {"bytes": facts.size, "sha256": facts.sha256, "card": facts.card.to_dict()}


def _row(fact: dict[str, Any]) -> tuple[str, ...]:
    if fact["error"]:
        return fact["name"], fact["kind"], fact["error"], "", "", ""
    card = Card.from_dict(fact["card"])
    whose = "yours" if fact["kind"] == "user" else fact["kind"]
    return fact["name"], whose, card.title[:40], card.env, f"{fact['bytes']:,}", result_line(card)


@app.command()
@examples("mine.onnx", "mine.onnx --name rival --replace")
def add(
    file: Annotated[Path, typer.Argument(help="An .onnx file.")],
    name: Annotated[str | None, typer.Option(help="Its name here.", show_default="the file's")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a brain of that name.")] = False,
) -> None:
    """Copy a brain into your brains folder, checked as a model from a stranger is."""
    folders = UserFolders.find()
    known = add_brain(file, folders.brains, folders.cache, name, replace=replace)
    echo(f"{known} is in {shown(folders.brains)}; watch it with: bankshot watch --brains {known}")


@app.command()
@examples("rival", "rival --yes")
def remove(
    name: NameArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete one of your own brains."""
    library = _library()
    path = own_brain(name, library).path
    if not yes:
        if not sys.stdin.isatty():
            fail("--yes: expected it where nobody can be asked, found none")
        if not typer.confirm(f"Delete {shown(path or name)}?"):
            echo(f"{name} is kept")
            return
    echo(f"deleted {shown(remove_brain(name, library))}")


def strength_lines(sha256: str) -> list[str]:
    """Return what was measured of a brain that ships, as Markdown; nothing for another."""
    row = measured().get(sha256)
    if row is None:
        return []
    seen = row["telltale"]
    steps = [
        (name, given["delay"], f"{given['temperature']:g}", f"{given['rating']:.1f}")
        for name, given in row["difficulties"].items()
    ]
    teams = [
        (
            name,
            f"{100 * team['share']:.1f} %",
            f"{100 * team['low']:.1f} % to {100 * team['high']:.1f} %",
            team["matches"],
        )
        for name, team in row["objectives"].items()
    ]
    lines = [
        "",
        "## In this game",
        "",
        *table_lines(("difficulty", "delay, ticks", "temperature", "rating"), steps),
        "",
        *table_lines(("objective", "its team against the marksman's", "95 % interval", "matches"), teams),
    ]
    return [
        *lines,
        "",
        f"At full strength against the marksman: {seen['distance']:.1f} tiles from its enemy, {100 * seen['bank_share']:.0f} % "
        f"of its hits banked, {seen['hits']:.1f} hits and {seen['specials']:.1f} specials a minute.",
    ]


@app.command()
@examples("hunter", "hunter --out hunter.md")
def card(
    name: Annotated[
        str, typer.Argument(help="A brain's name, or a path to an .onnx file.", autocompletion=brain_names)
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write it to this file (.md).", metavar="FILE", show_default="print it"),
    ] = None,
) -> None:
    """Print a brain's card as Markdown: what it is, how it was measured and trained, its licence."""
    entry = _library().find(name)
    if entry.path is None:
        raise ValueError(f"brain: expected a brain, which has a card, found the bot {name!r}")
    facts = facts_of(entry.path)
    text = card_markdown(facts.card, facts.contract, facts.sha256, facts.size, entry.name)
    text += "".join(f"{line}\n" for line in strength_lines(facts.sha256))
    if out is not None:
        write_text(out, text)
        return
    for line in text.splitlines():
        echo(line)
