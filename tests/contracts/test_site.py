"""The documentation site: whole in both languages, each link right, each public name in it once, nothing from elsewhere."""

import json
import os
import re
import shutil
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from docs.site.__main__ import main
from docs.site.builder import render
from docs.site.finder import BilingualSearch
from docs.site.interface import directive, entries
from docs.site.pages import CHINESE_INDEX, PAGES, SECTIONS, name_in_site, twin
from docs.site.public import REFERENCES
from docs.site.source_tree import Entry, class_entry, entry, exported, parse
from docs.site.sources import collect, repository_pages
from tests.contracts.tree import ROOT, run_python, walk

PLUGINS = ("agents", "music", "recommender")
SOURCES = {
    "img": "src",
    "script": "src",
    "link": "href",
    "source": "src",
    "iframe": "src",
}  # what a browser loads by itself


class Links(HTMLParser):
    """What a page links to, what it loads, and where in it a link may lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: list[str] = []
        self.language = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = found.get("lang", "")
        if "id" in found:
            self.anchors.append(found["id"])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if SOURCES.get(tag, "") in found and found.get("rel") not in (
            "alternate",
            "index",
            "search",
            "next",
            "prev",
        ):
            self.loaded.append(found[SOURCES[tag]])


def read(site: Path) -> dict[str, Links]:
    """Every page of a site by its address in it."""
    pages = sorted(site.rglob("*.html"))
    return {page.relative_to(site).as_posix(): Links(page.read_text(encoding="utf-8")) for page in pages}


def is_foreign(link: str) -> bool:
    return re.match(r"[a-z]+:|//", link) is not None


def dead(site: Path, pages: dict[str, Links]) -> list[str]:
    """Links within the site that lead to no file, or to nothing in a page."""
    faults = []
    for name, page in pages.items():
        for link in filter(lambda link: not is_foreign(link), [*page.links, *page.loaded]):
            target, _, anchor = unquote(link).partition("#")
            file = (site / name).parent / target.partition("?")[0] if target else site / name
            there = file.resolve().relative_to(site.resolve()).as_posix()
            if not file.exists() or (anchor and there in pages and anchor not in pages[there].anchors):
                faults.append(f"{name}: {link}")
    return faults


def unreached(site: Path, pages: dict[str, Links]) -> set[str]:
    """Pages to which no chain of links leads from the first one; search and index are reached by their boxes."""
    seen, waiting = {"search.html", "search.zh-CN.html"}, ["index.html"]
    while waiting:
        name = waiting.pop()
        if name not in pages or name in seen:
            continue
        seen.add(name)
        for link in pages[name].links:
            if not is_foreign(link):
                file = (site / name).parent / unquote(link).partition("#")[0]
                waiting.append(file.resolve().relative_to(site.resolve()).as_posix())
    return set(pages) - seen


def foreign(site: Path, pages: dict[str, Links]) -> list[str]:
    """What a browser would load from elsewhere: pictures, scripts, styles, fonts."""
    faults = [f"{name}: {each}" for name, page in pages.items() for each in page.loaded if is_foreign(each)]
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        faults += [f"{style.name}: {each}" for each in re.findall(r"(?:@import|url\()[^;)]*//[^;)]*", text)]
    return [each for each in faults if ": data:" not in each]


def without_switch(pages: dict[str, Links]) -> list[str]:
    """Pages that should lead to the other language and do not, or do not say theirs."""
    faults = []
    for page in repository_pages():
        other, name = twin(page), f"{name_in_site(page)}.html"
        chinese = page.startswith("docs/zh/") or page == "README.zh-CN"
        if pages[name].language != ("zh-CN" if chinese else "en"):
            faults.append(f"{name}: language {pages[name].language!r}")
        if other in repository_pages():
            goal = os.path.relpath(f"{name_in_site(other)}.html", Path(name).parent)
            if goal not in pages[name].links:
                faults.append(f"{name}: no link to {other}")
    return faults


@cache
def documented() -> dict[str, str]:
    """Every public name of the reference: where it is defined, and its anchor."""
    taken: set[str] = set()
    return {
        found.place: f"{name}.{found.name}"
        for reference in REFERENCES
        for group in reference.groups
        for name, found in entries(group, taken)
    }


def modules_with_names() -> Iterator[str]:
    """Modules of the plugins that say what is public in them, and those of the game that the reference names whole."""
    for plugin in PLUGINS:
        for file in walk(ROOT / plugin):
            if file.suffix == ".py" and re.search(
                r"^__all__ = ", file.read_text(encoding="utf-8"), re.MULTILINE
            ):
                parts = file.relative_to(ROOT).with_suffix("").parts
                yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    for reference in REFERENCES:
        for group in reference.groups:
            yield from (row for row in group.rows if ": " not in row and row.startswith("game."))


def test_the_site_is_whole(tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = run_python("-m", "docs.site", "--out", str(site), cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, ""), (
        "a warning is a fault: a broken link, a page in no table of contents"
    )
    pages = read(site)
    assert {f"{name_in_site(page)}.html" for page in repository_pages()} <= set(pages)
    assert dead(site, pages) == []
    assert unreached(site, pages) == set()
    assert foreign(site, pages) == []
    assert without_switch(pages) == []
    anchors = Counter(anchor for page in pages.values() for anchor in page.anchors)
    assert {name: anchors[name] for name in documented().values() if anchors[name] != 1} == {}
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert json.dumps("点唱") in index, "pairs of Chinese characters are found"


def test_every_public_name_is_in_the_reference_once() -> None:
    known = documented()
    assert len(known) > 100
    assert len(set(known.values())) == len(known)
    names = list(modules_with_names())
    assert {"agents", "agents.train", "music.soundtrack", "recommender.store", "game.match.replay"} <= set(
        names
    )
    missing = [
        f"{name}: {each}" for name in names for each in exported(name) if entry(name, each).place not in known
    ]
    assert missing == []


def test_every_page_of_the_repository_has_its_place() -> None:
    assert len(PAGES) == len(set(PAGES))
    on_disk = {f"docs/{page.stem}" for page in (ROOT / "docs").glob("*.md")}
    on_disk |= {
        file.relative_to(ROOT).with_suffix("").as_posix() for file in walk(ROOT) if file.name == "README.md"
    }
    chinese = {f"docs/zh/{page.stem}" for page in (ROOT / "docs" / "zh").glob("*.md")}
    assert {page for page in on_disk if not page.startswith("tests/")} - set(repository_pages()) == set()
    assert chinese - set(repository_pages()) == set()


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The repository's pages, which a test may damage, with all else as links."""
    root = tmp_path / "copy"
    root.mkdir()
    for each in ROOT.iterdir():
        if each.is_file():
            shutil.copyfile(each, root / each.name)
        elif each.name == "docs":
            shutil.copytree(each, root / "docs", ignore=shutil.ignore_patterns("__pycache__"))
        elif not each.name.startswith("."):
            (root / each.name).symlink_to(each)
    return root


def test_a_broken_link_and_a_page_that_nothing_lists_are_faults(copied: Path, tmp_path: Path) -> None:
    page = copied / "docs" / "compose.md"
    page.write_text(
        page.read_text(encoding="utf-8")
        + "\n[gone](nowhere.md) [old](../examples/gone.py) [no](#such) ![x](no.png)\n",
        encoding="utf-8",
    )
    everything, few = tmp_path / "everything", tmp_path / "few"
    collect(everything, copied)
    few.mkdir()
    shutil.copyfile(everything / "docs" / "compose.md", few / "compose.md")
    (few / "index.md").write_text("# Few\n\n```{toctree}\ncompose\n```\n", encoding="utf-8")
    (few / "lost.md").write_text("# Lost\n", encoding="utf-8")
    with warnings.catch_warnings(record=True):  # of Sphinx about its own extensions
        faults = render(few, tmp_path / "made")
    for fault in (
        "'nowhere.md'",
        "'../examples/gone.py'",
        "'such'",
        "no.png",
        "lost.md: WARNING: document isn't included",
    ):
        assert fault in faults


def test_a_fault_of_a_page_is_named(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<html lang="en"><a href="a.html#x"><a href="b.html"><img src="https://x.org/p.png"><a href="https://x.org">',
        encoding="utf-8",
    )
    (tmp_path / "a.html").write_text('<p id="y">', encoding="utf-8")
    (tmp_path / "c.html").write_text('<a href="index.html">', encoding="utf-8")
    (tmp_path / "s.css").write_text("@font-face { src: url(https://x.org/f.woff) }", encoding="utf-8")
    pages = read(tmp_path)
    assert dead(tmp_path, pages) == ["index.html: a.html#x", "index.html: b.html"]
    assert unreached(tmp_path, pages) == {"c.html"}
    assert foreign(tmp_path, pages) == ["index.html: https://x.org/p.png", "s.css: url(https://x.org/f.woff"]


def test_a_folder_with_other_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["site", "--out", str(tmp_path)])
    assert main() == 2
    expected = f"error: --out: expected a new or empty folder, or an earlier site, found {tmp_path}\n"
    assert capsys.readouterr().err == expected
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]


def test_the_search_finds_pairs_of_chinese_characters_and_words() -> None:
    words = BilingualSearch({}).split("在点唱机里 bankshot levels2")
    assert {"点唱", "唱机", "点", "bankshot", "levels2"} <= set(words)
    assert "点唱机 bankshot" not in words


def test_a_class_is_read_with_its_fields_signature_and_comments() -> None:
    source = '''
from dataclasses import dataclass, field

@dataclass(frozen=True)
class Shot:
    """A shot."""

    speed: int  # su per tick
    # Who is told
    # of a hit
    owner: "Tank | None" = None  # none: nobody
    marks: list[str] = field(default_factory=list)
    _own: int = 0

    @property
    def alive(self) -> bool:
        """Whether it flies."""

    def turn(self, angle: float, *, by: "str" = "wall") -> None:
        """Turn by an angle in radians."""

    def _hidden(self) -> None: ...
'''
    found = class_entry(parse("demo", source), "Shot")
    assert found.signature == "(speed, owner=None, marks=list())"
    rows = {each.name: (each.kind, each.signature, each.text) for each in found.members}
    assert rows == {
        "speed": ("attribute", "int", "su per tick"),
        "owner": ("attribute", "Tank | None", "Who is told of a hit\n\nnone: nobody"),
        "marks": ("attribute", "list[str]", ""),
        "alive": ("property", "bool", "Whether it flies."),
        "turn": ("method", "(angle: float, *, by: str='wall') -> None", "Turn by an angle in radians."),
    }
    text = directive(found, "demo")
    assert "{py:class} Shot(speed, owner=None, marks=list())" in text
    assert "{py:method} turn(angle: float" in text


def test_what_looks_like_markup_in_a_docstring_is_none() -> None:
    text = directive(Entry("function", "f", "m.f", "()", text="# Head\na <b> `<c>`"), "m")
    assert "**Head**\na \\<b> `<c>`" in text


def test_sections_have_both_languages() -> None:
    assert all(re.search(r"[\u3400-\u9fff]", section.chinese) for section in SECTIONS)
    assert twin("docs/README") == CHINESE_INDEX
    assert twin(twin("docs/play")) == "docs/play"
