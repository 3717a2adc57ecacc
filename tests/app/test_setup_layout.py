"""The set-up in windows with little room: nothing lies on anything else, and nothing of what it says is lost."""

from typing import Any

import pygame
import pytest

from game.app.app import App
from game.app.strings import LANGUAGES
from tests.app.opened import in_small_window, open_setup


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scale", [0.8, 1.0, 1.4])
@pytest.mark.parametrize("mode", ["play", "watch"])
@pytest.mark.parametrize("warned", [False, True])
def test_nothing_lies_on_anything_else(
    app: App, language: str, scale: float, mode: str, warned: bool
) -> None:
    app.overrides["language"] = language
    app.settings.set("ui_scale", scale)
    app.settings.set("mode", mode)
    app.window.surface = pygame.display.set_mode((1280, 720))
    app.apply_settings()
    screen = open_setup(app)
    screen.problems.visible = warned
    screen.place()
    boxes = [widget.rect for widget in screen.widgets if widget.visible]
    boxes += [screen._picture, screen._panel, screen._note]
    gap = app.kit.px(5)
    for n, one in enumerate(boxes):
        for other in boxes[:n]:
            assert not one.inflate(gap, gap).colliderect(other), (one, other)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scale", [1.0, 1.4])
def test_all_that_is_known_is_told(
    app: App, monkeypatch: pytest.MonkeyPatch, language: str, scale: float
) -> None:
    in_small_window(app, language, scale)
    screen = open_setup(app)
    said: list[str] = []
    paragraph, text = app.kit.paragraph, app.kit.text

    def lines(target: pygame.Surface, told: str, box: pygame.Rect, size: float, *rest: Any) -> int:
        assert app.kit.paragraph_height(told, size, box.width) <= box.height
        said.append(told)
        return paragraph(target, told, box, size, *rest)

    def line(target: pygame.Surface, told: str, *args: Any, **options: Any) -> pygame.Rect:
        box = text(target, told, *args, **options)
        assert not box.colliderect(screen._picture), told
        said.append(told)
        return box

    monkeypatch.setattr(app.kit, "paragraph", lines)
    monkeypatch.setattr(app.kit, "text", line)
    screen.place()
    screen.draw_back(app.window.surface)
    assert app.kit.strings("stat.banks") in said
    assert any(app.kit.strings("grade.bots") in told for told in said)
