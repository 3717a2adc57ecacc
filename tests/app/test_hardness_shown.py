"""How hard a level is, on every screen: the measured stars and what they rest on, the author's wish where it is another."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pygame
import pytest

from game.app.app import App
from game.app.browse.fact_rows import Fact, fit_text_size
from game.app.browse.level_library import LevelInfo
from game.app.browse.screen import DETAIL_WIDTH
from game.app.grades.wording import basis_text, draw_hardness, hardness_rows, hardness_sentence, tries_text
from game.app.playing.setup_screen import SetupScreen
from game.app.strings import LANGUAGES, Strings
from game.app.ui.screen import Screen
from game.core.levels.catalogue import load_level
from game.core.levels.model import Title
from game.core.levels.tmj import read_level
from game.core.levels.writer import write_level
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.grade import Counts, PlayerSpread
from game.match.grading.gradebook import GradeBook
from game.player.hardness import GRADING, MEASURED, REGRADING, STALE, UNGRADED, Hardness, hardness_of
from tests.app.fake_advice import RECORD
from tests.app.opened import drawn, layout_faults_anywhere, open_levels, texts_outside

GRADE = hardness_of(load_level("foundry"), GradeBook()).grade
ENGLISH = Strings("en")


def texts(app: App, monkeypatch: pytest.MonkeyPatch, screen: Screen) -> str:
    """All that a screen says: its lines, and its paragraphs as they were before they were wrapped."""
    lines: list[str] = []

    def listening(draw: Callable[..., Any]) -> Callable[..., Any]:
        def listen(target: pygame.Surface, text: str, *args: Any, **options: Any) -> Any:
            lines.append(text)
            return draw(target, text, *args, **options)

        return listen

    with monkeypatch.context() as patch:
        for name in ("text", "paragraph"):
            patch.setattr(app.kit, name, listening(getattr(app.kit, name)))
        screen.draw_back(app.window.surface)
    return "\n".join(lines)


def own(app: App, name: str, spec: str, difficulty: int) -> None:
    (app.folders.levels / f"{name}.tmj").write_bytes(
        write_level(replace(load_level(spec), name=name, author="Ann", difficulty=difficulty))
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("difficulty", [*DIFFICULTY_IDS, "gone"])
def test_the_players_own_difficulty_is_told(language: str, difficulty: str) -> None:
    strings = Strings(language)
    assert GRADE is not None
    (won, rate), (_, attempts), (_, place) = hardness_rows(strings, Hardness(GRADE, 3, MEASURED), difficulty)
    against = difficulty if difficulty in DIFFICULTY_IDS else "regular"
    assert strings(f"difficulty.{against}") in won
    assert f"{100 * GRADE.rate(against):.0f}%" in rate
    low, high = (round(100 * end) for end in GRADE.interval(against))
    assert re.search(rf"\D{low}( 到 |–|%–){high}%", rate)
    assert str(round(GRADE.attempts(against)[0])) in attempts or "20" in attempts
    assert f"{GRADE.difficulty:.1f}" in place


@pytest.mark.parametrize(
    ("mean", "said"),
    [
        (1.0, "about 1 attempt"), (1.4, "about 1 attempt"), (2.6, "about 3 attempts"),
        (20.4, "more than 20 attempts"), (1e9, "more than 20 attempts"),
    ],
)  # fmt: skip
def test_tries(mean: float, said: str) -> None:
    assert tries_text(ENGLISH, mean) == said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Hardness(None, 4, UNGRADED), "Not graded yet. The author's estimate: 4 of 5."),
        (Hardness(None, 4, GRADING), "Being graded. The author's estimate: 4 of 5."),
        (Hardness(None, 4, STALE), "Edited since it was graded. The author's estimate: 4 of 5."),
        (Hardness(None, 4, REGRADING), "Edited since it was graded; being graded again. The author's estimate: 4 of 5."),
        (Hardness(None, 0, UNGRADED), "Not graded yet."),
        (Hardness(GRADE, 4, MEASURED), "Measured on bots and brains."),
        (Hardness(GRADE, 2, MEASURED), "Measured on bots and brains. The author's estimate: 2 of 5."),
        (Hardness(GRADE, 0, MEASURED), "Measured on bots and brains."),
        (Hardness(GRADE and GRADE.corrected(0, 1, 1), 4, MEASURED), "Measured on bots, brains and 1 attempt by a player."),
        (Hardness(GRADE and GRADE.corrected(0, 1, 9), 4, MEASURED), "Measured on bots, brains and 9 attempts by players."),
    ],
)  # fmt: skip
def test_what_it_rests_on(found: Hardness, said: str) -> None:
    assert basis_text(ENGLISH, found) == said
    assert hardness_sentence(ENGLISH, found, "regular").endswith(said)


def test_bars_are_filled_where_stars_were_measured_and_outlined_where_only_the_author_says(app: App) -> None:
    pictures = []
    for found in (Hardness(GRADE, 4, MEASURED), Hardness(None, 4, UNGRADED), Hardness(None, 0, UNGRADED)):
        target = pygame.Surface((80, 30))
        draw_hardness(target, app.kit, (70, 15), found, (255, 0, 0))
        pictures.append(sum(target.get_at((x, y))[0] > 200 for x in range(80) for y in range(30)))
    filled, outlined, empty = pictures
    assert filled > 1.3 * outlined > 0
    assert empty == 0


def test_the_details_say_what_is_known_of_each_level(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    own(app, "new", "caves-defend-900", 5)
    own(app, "copy", "foundry", 1)
    own(app, "edited", "caves-defend-901", 2)
    book = GradeBook(app.folders.cache)
    book.keep(
        replace(load_level("caves-defend-902"), source=app.folders.levels / "edited.tmj"),
        Counts((1,) * 4, (9,) * 4),
        (1,),
    )
    book.save()
    app.window.surface = pygame.display.set_mode((1280, 720))
    app._fit()
    screen = open_levels(app)
    screen._show("mine")

    def said(name: str) -> str:
        screen.focus_name(name)
        return texts(app, monkeypatch, screen)

    assert "Not graded yet. The author's estimate: 5 of 5." in said("new")
    assert "Edited since it was graded. The author's estimate: 2 of 5." in said("edited")
    assert "Measured on bots and brains. The author's estimate: 1 of 5." in said("copy")
    assert "Attempts of one player" in said("copy")
    assert "Attempts of one player" not in said("new")


def test_the_set_up_tells_it_at_the_difficulty_that_is_chosen(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = app.library.find("foundry")
    assert isinstance(info, LevelInfo)
    screen = SetupScreen(app, info)
    app.push(screen)
    told = {}
    for difficulty in ("rookie", "ace"):
        app.settings.set("difficulty", difficulty)
        app.kit.resize((1280, 720), 1.0)
        screen.place()
        told[difficulty] = texts(app, monkeypatch, screen)
    assert "% at Rookie." in told["rookie"].replace(")", "")
    assert "% at Ace." in told["ace"].replace(")", "")
    assert told["rookie"] != told["ace"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_endless_page_fits_every_window(app: App, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app.overrides["language"] = language
    app.apply_settings()
    screen = open_levels(app)
    screen._show("endless")
    assert texts_outside(app, monkeypatch) == []
    screen.focus_name("more")
    for _ in range(30):
        app.frame(1 / 60)
    assert texts_outside(app, monkeypatch) == []
    assert layout_faults_anywhere(screen) == {}


@pytest.mark.parametrize("scale", [1.0, 1.4])
def test_a_suggestion_is_told_at_the_difficulty_that_it_is_best_played_at(
    app: App, monkeypatch: pytest.MonkeyPatch, scale: float
) -> None:
    app.settings.set("ui_scale", scale)
    app.window.surface = pygame.display.set_mode((1280, 720))
    app._fit()
    screen = open_levels(app)
    screen.focus_name(screen.shelf.cards[0].name)
    card = screen.shelf.cards[0]
    for against in ("veteran", "rookie"):
        card.suggestion = replace(card.suggestion, against=against)
        assert f") at {ENGLISH(f'difficulty.{against}')}." in texts(app, monkeypatch, screen)


@pytest.mark.parametrize("scale", [1.0, 1.4])
def test_no_line_of_the_details_leaves_the_panel(
    app: App, monkeypatch: pytest.MonkeyPatch, scale: float
) -> None:
    own(app, "new", "caves-defend-900", 5)
    app.settings.set("ui_scale", scale)
    app.window.surface = pygame.display.set_mode((1280, 720))
    app._fit()
    screen = open_levels(app)
    panel, text, paragraph = screen.details.rect, app.kit.text, app.kit.paragraph
    below: list[str] = []

    def line(target: pygame.Surface, said: str, *args: Any, **options: Any) -> pygame.Rect:
        box = text(target, said, *args, **options)
        below.extend(
            [said] * (panel.left < box.left and box.bottom > panel.bottom and target.get_width() > 1)
        )
        return box

    def lines(target: pygame.Surface, said: str, rect: pygame.Rect, *args: Any, **options: Any) -> int:
        bottom = paragraph(target, said, rect, *args, **options)
        below.extend([said] * (panel.left < rect.left and bottom > panel.bottom))
        return bottom

    monkeypatch.setattr(app.kit, "text", line)
    monkeypatch.setattr(app.kit, "paragraph", lines)
    for widget in (screen.shelf.cards[0], *(w for w in screen.widgets if w.name in ("new", "foundry"))):
        screen.focus_name(widget.name)
        screen.draw_back(app.window.surface)
    assert below == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("x", [-6.0, -2.0, 0.0, 2.0, 6.0])
def test_every_figure_has_room_in_the_details(app: App, language: str, x: float) -> None:
    assert GRADE is not None
    app.window.surface = pygame.display.set_mode((1280, 720))
    app._fit()
    strings = Strings(language)
    grade = replace(GRADE, mode=(x,) * 4, spread=(0.9,) * 4, unlike=PlayerSpread(0.9, 0.9, 0.9))
    inner = app.kit.px(DETAIL_WIDTH - 32)
    for difficulty in DIFFICULTY_IDS:
        for name, value in hardness_rows(strings, Hardness(grade, 1, MEASURED), difficulty):
            size = fit_text_size(app.kit, Fact(name, value), inner, 15)
            widths = (
                app.kit.fonts.width(name, app.kit.px(size)),
                app.kit.fonts.width(value, app.kit.px(size), True),
            )
            assert size >= 13
            assert sum(widths) + app.kit.px(8) <= inner, value


ROWS = ("author", "size", "tanks", "best_time", "best_score", "won", "your_stars")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scale", [1.0, 1.4])
@pytest.mark.parametrize("warned", [False, True])
def test_a_graded_level_of_ones_own_keeps_every_row(
    app: App, monkeypatch: pytest.MonkeyPatch, language: str, scale: float, warned: bool
) -> None:
    level = replace(
        load_level("caves-defend-900"),
        name="own",
        author="Somebody With A Name",
        difficulty=5,
        title=Title("A Rather Long Title of a Level", "一个相当长的关卡标题"),
    )
    if warned:
        plan = replace(level.roster[-1], brain="nobody")
        level = replace(level, roster=(*level.roster[:-1], plan))
    path = app.folders.levels / "own.tmj"
    path.write_bytes(write_level(level))
    book = GradeBook(app.folders.cache)
    book.keep(read_level(path), Counts((35, 30, 20, 9), (36,) * 4), (1, 2, 3, 4))
    book.save()
    for n in range(12):
        record = replace(RECORD, level="own", level_hash=read_level(path).digest, score=12345, time=1.0 + n)
        app.profile.record_match(record)
    app.overrides["language"] = language
    app.settings.set("ui_scale", scale)
    app.window.surface = pygame.display.set_mode((1280, 720))
    app.apply_settings()
    app.for_you.request(3)
    screen = open_levels(app)
    screen.focus_name("own")
    info = app.library.find("own")
    assert info is not None
    assert bool(info.count("warning")) is warned
    panel, text = screen.details.rect, app.kit.text
    lines: list[tuple[str, str, pygame.Rect]] = []

    def line(target: pygame.Surface, said: str, *args: Any, **options: Any) -> pygame.Rect:
        box = text(target, said, *args, **options)
        if box.left >= panel.left and target.get_width() > 1:
            whole = options.get("width") is None or app.kit.fonts.fit(
                said, app.kit.px(args[1]), options["width"], options.get("bold", False)
            )
            lines.append((said, whole if isinstance(whole, str) else said, box))
        return box

    with monkeypatch.context() as patch:
        patch.setattr(app.kit, "text", line)
        screen.draw_back(app.window.surface)
    said = [row[0] for row in lines]
    strings = app.kit.strings
    found = app.grades.hardness(info.level)  # type: ignore[arg-type]
    expected = [strings(f"levels.{key}") for key in ROWS] + [strings("for_you.expected")]
    expected += [name for name, _ in hardness_rows(strings, found, app.settings.text("difficulty"))]
    expected += ["Somebody With A Name", "12345", "12 / 12"]
    assert [each for each in expected if each not in said] == []
    assert [each for each, shown, _ in lines if each != shown and each != info.title(language)] == []
    boxes = [box for _, _, box in lines]
    assert all(panel.contains(box) for box in boxes)
    crossed = [
        (lines[n][0], lines[k][0])
        for n, one in enumerate(boxes)
        for k, other in enumerate(boxes[:n])
        if one.inflate(0, -one.height * 2 // 5).colliderect(other.inflate(0, -other.height * 2 // 5))
    ]
    assert crossed == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_told_whose_number_is_which(app: App, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    app.overrides["language"] = language
    app.window.surface = pygame.display.set_mode((1280, 720))
    app.apply_settings()
    app.for_you.request(3)
    screen = open_levels(app)
    screen.focus_name("foundry")
    said = texts(app, monkeypatch, screen).splitlines()
    yours = {"en": "You", "zh": "你"}[language]
    others = {"en": "Standard player, Rookie", "zh": "标准玩家胜率（新手）"}[language]
    chance = app.kit.strings("for_you.chance", percent="66%")
    assert said.index(yours) < said.index(chance) < said.index(others)


def test_sentences_have_no_stray_space_in_chinese() -> None:
    strings = Strings("zh")
    for found in (Hardness(GRADE, 5, MEASURED), Hardness(GRADE and GRADE.corrected(0, 1, 9), 5, MEASURED)):
        for x in (-6.0, 0.0, 6.0):
            grade = found.grade and replace(found.grade, mode=(x,) * 4)
            said = hardness_sentence(strings, found._replace(grade=grade), "rookie")
            assert not re.search(r"[^\x00-\x7f] [^\x00-\x7f]", said), said


def test_the_card_says_that_a_level_was_edited(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    own(app, "edited", "caves-defend-901", 2)
    book = GradeBook(app.folders.cache)
    before = replace(load_level("caves-defend-902"), source=app.folders.levels / "edited.tmj")
    book.keep(before, Counts((1,) * 4, (9,) * 4), (1,))
    book.save()
    screen = open_levels(app)
    screen._show("mine")
    assert "edited" in drawn(app, monkeypatch)
    own(app, "edited", "caves-defend-902", 2)
    app.library.refresh()
    screen._build()
    assert "edited" not in drawn(app, monkeypatch)
