"""The page of a level's test: whole without anything else, safe against hostile texts, and it says the verdict first."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from game.core.levels.catalogue import load_level
from game.core.levels.model import Title
from game.match.brain_library import BrainLibrary
from game.match.testing.examples import Example, find_examples
from game.match.testing.figures import level_stats
from game.match.testing.findings import findings_of
from game.match.testing.maps import maps_of
from game.match.testing.measuring import play_levels
from game.match.testing.page import LevelSection, ReplayFile, report_page

LIBRARY = BrainLibrary()
HOSTILE = '</title><script>alert(1)</script><img src=x onerror="a()">\'&\u202e\x1b[31m'
VOID = {"meta", "rect", "path", "circle", "image", "br"}


@pytest.fixture(scope="module")
def section() -> LevelSection:
    found = play_levels([load_level("vaults")], 24, 1, library=LIBRARY)[0]
    figures = level_stats(found)
    replays = [
        ReplayFile(example, f"x_replays/{n}.bsr") for n, example in enumerate(find_examples(found, figures))
    ]
    maps = dict.fromkeys(maps_of(found), b"png")
    return LevelSection(found, figures, findings_of(found, figures), b"jpeg", 7 / 24, maps, replays)


class Reader(HTMLParser):
    """Checks that tags are balanced and keeps what they refer to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            if name in ("href", "src"):
                self.links.append(value or "")
            if name == "id":
                self.ids.add(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_needs_nothing_but_itself(section: LevelSection, language: str) -> None:
    page = report_page([section], language)
    read = Reader(page)
    assert {"script", "link", "iframe", "object", "embed", "base", "form"} & read.tags == set()
    outside = [link for link in read.links if not link.startswith(("data:image/", "#"))]
    assert outside == [file.link for file in section.replays]
    assert {link[1:] for link in read.links if link.startswith("#")} <= read.ids
    assert not re.search(r"https?:|//|@import|url\((?!data:)", page.replace("data:image/", "data:image"))


def test_the_verdict_comes_first(section: LevelSection) -> None:
    page = report_page([section], "en")
    worst = section.findings[0]
    assert page.index('<div class="verdict') < page.index("<table")
    assert Reader(page).texts.index(worst.said) < 20
    for finding in section.findings:
        assert finding.said in page


def test_every_replay_is_named_with_its_command_and_seed(section: LevelSection) -> None:
    page = report_page([section], "en")
    for file in section.replays:
        assert f"bankshot replay play {file.link}" in page
        assert f"seed {section.played.jobs[file.example.match].seed}" in page


def test_a_match_that_could_not_be_repeated_is_said_and_not_linked(section: LevelSection) -> None:
    lost = replace(section, replays=[ReplayFile(Example(("win",), 0), "")])
    page = report_page([lost], "en")
    assert "could not be played the same way again" in page
    assert ".bsr" not in page
    assert "#r1-1" not in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_texts_of_a_level_stay_texts(section: LevelSection, language: str) -> None:
    level = replace(section.played.level, name=HOSTILE, title=Title(HOSTILE, HOSTILE))
    players = tuple(player._replace(name=HOSTILE, own=True) for player in section.played.players)
    hostile = replace(section, played=replace(section.played, level=level, players=players))
    read = Reader(report_page([hostile, hostile], language))
    assert {"script", "img"} & read.tags == set()
    assert "<script>alert(1)</script>" in "".join(read.texts), "it is shown as the text that it is"
    assert "\u202e" not in "".join(read.texts)
    assert "\x1b" not in "".join(read.texts)


def test_several_levels_have_an_index(section: LevelSection) -> None:
    one, two = report_page([section], "en"), report_page([section, section], "en")
    assert '<a href="#level2">' in two
    assert '<a href="#level1">' not in one
    Reader(two)


def test_levels_of_one_title_and_name_are_told_apart_by_their_folders(section: LevelSection) -> None:
    played = section.played
    both = [
        replace(
            section, played=replace(played, level=replace(played.level, source=Path(f"/maps/{folder}/v.tmj")))
        )
        for folder in ("old", "new")
    ]
    texts = Reader(report_page(both, "en")).texts
    assert "Vaults · old/v.tmj" in texts
    assert "Vaults · new/v.tmj" in texts


@pytest.mark.parametrize("deep", ["", "a" * 30 + "/levels/final/", "/".join(["deep"] * 20) + "/"])
def test_levels_of_one_path_below_their_folders_are_told_apart(section: LevelSection, deep: str) -> None:
    played = section.played
    sources = [Path(f"/maps/{folder}/{deep}v.tmj") for folder in ("old", "new")]
    both = [
        replace(section, played=replace(played, level=replace(played.level, source=source)))
        for source in sources
    ]
    page = report_page(both, "en")
    told = re.findall(r'<a href="#level\d">([^<]*)</a>', page)
    assert [text.split("/")[0] for text in told] == ["Vaults · old", "Vaults · new"]
    assert all(text.endswith("/v.tmj") and len(text) <= len("Vaults · ") + 36 for text in told)


def test_the_page_is_the_same_each_time(section: LevelSection) -> None:
    assert report_page([section], "zh") == report_page([section], "zh")
