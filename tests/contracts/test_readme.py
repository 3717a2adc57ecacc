"""READMEs and pages tell the truth: commands and options exist, links lead somewhere, both languages agree."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.main

from tests.contracts.tree import ROOT

READMES = ("README.md", "README.zh-CN.md")
PAGES = sorted(
    str(page.relative_to(ROOT))
    for page in (*(ROOT / name for name in READMES), *(ROOT / "docs").rglob("*.md"))
)
TRANSLATED = sorted(page.name for page in (ROOT / "docs" / "zh").glob("*.md"))
MOST_LINES = 150  # of a README
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(bankshot(?: [^`]*)?)`")
LINK = re.compile(r"(?:\]\(|src=\")([^)#:\"]*)(#[^)\"]*)?[)\"]")


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
    options: set[str] = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    while words and hasattr(command, "list_commands") and not words[0].startswith(("-", "[")):
        word = words.pop(0)
        found = command.get_command(typer.Context(command), word)
        if found is None:
            return [word]
        command = found
        options |= {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    unknown += [
        word for word in words if word.startswith("--") and word.partition("=")[0] not in options | {"--help"}
    ]
    return unknown


def anchors(text: str) -> set[str]:
    """Where a link may lead within a page: its headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(text: str, page: Path) -> list[str]:
    """Relative links in the text of `page` that lead to no file, or to no heading of a page."""
    dead = []
    for target, anchor in LINK.findall(FENCE.sub("", text)):
        file = page.parent / target if target else page
        if not file.exists():
            dead.append(target)
        elif anchor and anchor[1:] not in anchors(file.read_text(encoding="utf-8") if target else text):
            dead.append(f"{target}{anchor}")
    return dead


@pytest.mark.parametrize("name", PAGES)
def test_every_command_and_option_exists(name: str) -> None:
    root = root_command()
    lines = command_lines((ROOT / name).read_text(encoding="utf-8"))
    assert {line: words for line in lines if (words := unknown_words(line, root))} == {}


def test_the_pages_name_many_commands() -> None:
    assert sum(len(command_lines((ROOT / name).read_text(encoding="utf-8"))) for name in PAGES) > 60


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


def test_every_command_is_in_the_reference() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")

    def paths(command: Any, prefix: str) -> list[str]:
        if not hasattr(command, "list_commands"):
            return [prefix]
        context = typer.Context(command)
        children = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
        return [path for name, child in children if child for path in paths(child, f"{prefix} {name}")]

    everything = paths(root_command(), "bankshot")
    assert len(everything) > 25
    assert [path for path in everything if f"`{path}" not in text or f"### {path}\n" not in text] == []


def shell_blocks(page: Path) -> list[str]:
    """The shell blocks of a page, without comments."""
    found = FENCE.findall(page.read_text(encoding="utf-8"))
    return [re.sub(r"\s+#.*", "", body) for language, body in found if language == "sh"]


@pytest.mark.parametrize(
    ("english", "chinese"),
    [READMES, *((f"docs/{name}", f"docs/zh/{name}") for name in TRANSLATED)],
    ids=lambda name: name,
)
def test_both_languages_have_the_same_commands_and_sections(english: str, chinese: str) -> None:
    assert shell_blocks(ROOT / english) == shell_blocks(ROOT / chinese)
    levels = [
        re.findall(r"^#+(?= )", FENCE.sub("", (ROOT / name).read_text(encoding="utf-8")), re.MULTILINE)
        for name in (english, chinese)
    ]
    assert levels[0] == levels[1]


def test_the_pages_for_people_are_translated() -> None:
    assert {
        "play.md", "train.md", "mod.md", "grades.md", "compose.md", "plugins.md", "user-folder.md", "troubleshooting.md",
    } <= set(TRANSLATED)  # fmt: skip


@pytest.mark.parametrize(
    "name", [*PAGES, "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "THIRD_PARTY.md", "agents/README.md",
             "music/README.md", "music/soundtrack/README.md", "recommender/README.md"]
)  # fmt: skip
def test_every_link_leads_somewhere(name: str) -> None:
    assert dead_links((ROOT / name).read_text(encoding="utf-8"), ROOT / name) == []


def test_a_dead_link_is_noticed() -> None:
    text = "# A map\n[the map](docs/nowhere.md) [licence](LICENSE) [here](#a-map) [gone](#the-map) [x](docs/play.md#jukebox)"
    assert dead_links(text, ROOT / "README.md") == ["docs/nowhere.md", "#the-map", "docs/play.md#jukebox"]
    assert dead_links('<img src="docs/images/gone.png" width="9">', ROOT / "README.md") == [
        "docs/images/gone.png"
    ]


@pytest.mark.parametrize("folder", ["docs", "docs/zh"])
def test_the_index_names_every_page(folder: str) -> None:
    pages = {page.name for page in (ROOT / folder).glob("*.md")} - {"README.md"}
    links = {target for target, _ in LINK.findall((ROOT / folder / "README.md").read_text(encoding="utf-8"))}
    assert pages - links == set()


def repeated(pages: dict[str, str]) -> dict[str, list[str]]:
    """Sentences of eight words or more that stand on two pages, or twice on one; code and tables are left out."""
    seen: dict[str, list[str]] = {}
    for name, text in pages.items():
        prose = " ".join(
            line for line in FENCE.sub("", text).splitlines() if not line.startswith(("|", "#", "<!--"))
        )
        for sentence in re.split(r"(?<=[.:;?!]) ", " ".join(prose.split())):
            if len(sentence.split()) >= 8:
                seen.setdefault(sentence, []).append(name)
    return {sentence: names for sentence, names in seen.items() if len(names) > 1}


def test_no_sentence_stands_twice() -> None:
    names = [name for name in PAGES if "zh" not in name]
    assert repeated({name: (ROOT / name).read_text(encoding="utf-8") for name in names}) == {}


def test_a_sentence_that_stands_twice_is_noticed() -> None:
    sentence = "One two three four five six seven eight nine."
    assert repeated({"a": f"First. {sentence}", "b": sentence}) == {sentence: ["a", "b"]}


@pytest.mark.parametrize("name", READMES)
def test_a_readme_is_short(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("name", READMES)
def test_the_first_screen_has_a_moving_picture_and_both_lines(name: str) -> None:
    screen = "\n".join((ROOT / name).read_text(encoding="utf-8").splitlines()[:30])
    assert "docs/images/play.webp" in screen
    assert "<!-- play-command -->\n```sh\npip install . && bankshot\n```" in screen
    tests = "pip install -c constraints.txt -e '.[test]' && pytest -n logical --dist worksteal"
    assert f"<!-- test-command -->\n```sh\n{tests}\n```" in screen


def test_the_moving_picture_moves_and_is_small() -> None:
    file = ROOT / "docs" / "images" / "play.webp"
    assert file.stat().st_size <= 3_000_000
    assert file.read_bytes().count(b"ANMF") >= 60, "frames of a WebP"
