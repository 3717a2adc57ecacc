"""Wrapping and shortening of texts, in English and Chinese."""

import pygame
import pytest

from game.app.ui.fonts import Fonts
from game.view.text import TextCache


@pytest.fixture
def fonts() -> Fonts:
    return Fonts()


ENGLISH = "Keep your core alive through every wave of attackers, and come back after a while."
CHINESE = "在一波又一波的进攻中保住核心。你会复活，核心不会。"

BRACKETS = "对你来说较难（通关概率 31%），换《孤城》（两局）试试，或者（稍后）再来"


@pytest.mark.parametrize("text", [ENGLISH, CHINESE, "a" * 200, "你好 world " * 12])
@pytest.mark.parametrize("width", [60, 150, 400])
def test_no_line_is_wider_than_asked_and_nothing_is_lost(fonts: Fonts, text: str, width: int) -> None:
    lines = fonts.wrap(text, 18, width)
    assert max(fonts.width(line, 18) for line in lines) <= width
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_english_breaks_between_words_and_chinese_never_before_a_stop(fonts: Fonts) -> None:
    words = set(ENGLISH.split())
    assert {word for line in fonts.wrap(ENGLISH, 18, 150) for word in line.split()} == words
    for width in range(60, 300, 7):
        assert not any(line.startswith(("，", "。")) for line in fonts.wrap(CHINESE, 18, width))
        lines = fonts.wrap(BRACKETS, 18, width + 90)  # wide enough for the longest run that must not break
        assert not any(
            line.startswith(("）", "》", "，")) or line.endswith(("（", "《")) for line in lines
        ), lines


def test_paragraphs_stay_apart(fonts: Fonts) -> None:
    assert fonts.wrap("one\ntwo", 18, 400) == ["one", "two"]


def test_a_long_text_is_shortened_to_fit(fonts: Fonts) -> None:
    short = fonts.fit(ENGLISH, 18, 200)
    assert short.endswith("…")
    assert fonts.width(short, 18) <= 200
    assert fonts.width(short[:-1] + ENGLISH[len(short) - 1] + "…", 18) > 190
    assert fonts.fit("ok", 18, 200) == "ok"


def test_rendered_texts_are_kept(fonts: Fonts) -> None:
    assert fonts.render("x", 18, (255, 255, 255)) is fonts.render("x", 18, (255, 255, 255))
    assert fonts.render("x", 18, (255, 255, 255)) is not fonts.render("x", 19, (255, 255, 255))


def test_a_zero_byte_in_a_strangers_title_does_no_harm(fonts: Fonts) -> None:
    assert fonts.render("a\0b", 18, (255, 255, 255)).get_width() > 0
    assert fonts.width("a\0b", 18) > 0


def test_texts_are_drawn_after_pygame_was_quit(fonts: Fonts) -> None:
    width = fonts.width("before", 18)
    pygame.quit()
    assert fonts.width("before", 18) == width
    assert fonts.render("after", 18, (255, 255, 255)).get_width() > 0


@pytest.mark.parametrize(
    "text", ["lone \ud800", "\x1b[31mred", "\u202eturned", "a\nb\tc", "", "\U0010ffff", "wide " * 50_000]
)
def test_any_text_at_all_is_drawn(fonts: Fonts, text: str) -> None:
    assert fonts.render(text, 18, (255, 255, 255)).get_height() > 0
    assert fonts.width(text, 18) >= 0
    assert fonts.fit(text[:2000], 18, 200) is not None
    assert TextCache(None, 1.0).render(text, 18, (255, 255, 255)).get_width() > 0
