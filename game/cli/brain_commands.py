"""`bankshot agents brains`: the shipped brains and the user's brains folder."""

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from agents.card_text import card_markdown, result_line, table_lines
from agents.contract import Card
from agents.errors import BrainRefused
from game.cli.completion import brain_names
from game.match.brain_folder import add_brain, find_own_brain, read_brain_facts, remove_brain
from game.match.brain_library import BrainEntry, BrainLibrary
from game.match.strengths import measured_strengths
from game.player.paths import UserFolders
from safefiles.console import JsonOption, command_group, echo, examples, fail, write_json
from safefiles.text import shown_path
from safefiles.writing import write_text

HEADINGS: Final = ("name", "whose", "title", "environment", "bytes", "wins on its card")

app = command_group("brains", "Shipped brains and your own: list, add, remove, card.")

NameArgument = Annotated[
    str, typer.Argument(help="A brain's name, as `list` prints it.", autocompletion=brain_names)
]


def _library() -> BrainLibrary:
    folders = UserFolders.find()
    return BrainLibrary(folders.brains, cache_dir=folders.cache)


@app.command("list")
@examples("", "--json brains.json")
def list_brains(json_file: JsonOption = None) -> None:
    """List the shipped brains and those in your brains folder, with the results on their cards."""
    entries = [entry for entry in _library().entries() if entry.path is not None]
    facts = [_facts(entry) for entry in entries]
    write_json(json_file, {"schema": 1, "brains": facts})
    rows = [_row(fact) for fact in facts]
    widths = [max(len(row[n]) for row in [HEADINGS, *rows]) for n in range(len(HEADINGS))]
    for row in [HEADINGS, *rows]:
        echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def _facts(entry: BrainEntry) -> dict[str, Any]:
    """Return facts of one brain as JSON-able data; of a broken one, its error."""
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
        facts = read_brain_facts(entry.path)
    except BrainRefused as error:  # the file changed in the meantime
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
    name: Annotated[
        str | None, typer.Option(help="Name of the brain in the game.", show_default="the file's")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace an existing brain of that name.")
    ] = False,
) -> None:
    """Check a model file as untrusted, and copy it into your brains folder."""
    folders = UserFolders.find()
    known = add_brain(file, folders.brains, folders.cache, name, replace=replace)
    echo(f"{known} is in {shown_path(folders.brains)}; watch it with: bankshot watch --brains {known}")


@app.command()
@examples("rival", "rival --yes")
def remove(
    name: NameArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Delete one of your own brains."""
    library = _library()
    path = find_own_brain(name, library).path
    if not yes:
        if not sys.stdin.isatty():
            fail("--yes: expected this option, as there is no terminal to ask on, found none")
        if not typer.confirm(f"Delete {shown_path(path or name)}?"):
            echo(f"{name} is kept")
            return
    echo(f"deleted {shown_path(remove_brain(name, library))}")


def strength_lines(sha256: str) -> list[str]:
    """Return the measurements of a shipped brain as Markdown lines; none for any other brain."""
    row = measured_strengths().get(sha256)
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
        typer.Option(
            "--out", help="Write the card to this file (.md).", metavar="FILE", show_default="print the card"
        ),
    ] = None,
) -> None:
    """Print a brain's card as Markdown: what it is, how it was measured and trained, its licence."""
    entry = _library().find(name)
    if entry.path is None:
        raise ValueError(f"brain: expected a brain (bots have no card), found the bot {name!r}")
    facts = read_brain_facts(entry.path)
    text = card_markdown(facts.card, facts.contract, facts.sha256, facts.size, entry.name)
    text += "".join(f"{line}\n" for line in strength_lines(facts.sha256))
    if out is not None:
        write_text(out, text)
        return
    for line in text.splitlines():
        echo(line)
