"""Messages that come and go: they leave the clock and long headings free, and the newest about a thing is the only one."""

from typing import Any

import pygame
import pytest

from game.app.app import App
from game.app.foryou.screen import BeliefsScreen
from game.app.toasts import Toasts
from game.app.ui import theme
from game.match.brain_library import BOT
from tests.app.opened import drawn, open_play

CLOCK = 48  # pt: the lower edge of the clock


def places(app: App, monkeypatch: pytest.MonkeyPatch) -> dict[str, pygame.Rect]:
    """Return where each paragraph of the next picture is."""
    found = {}
    paragraph = app.kit.paragraph

    def listen(target: pygame.Surface, text: str, rect: pygame.Rect, *args: Any, **options: Any) -> int:
        found[text] = rect.copy()
        return paragraph(target, text, rect, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(app.kit, "paragraph", listen)
        app.draw(1.0)
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_message_in_a_match_is_below_the_clock(
    app: App, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.change_setting("language", language)
    play = open_play(app)
    app.toasts.add("A message")
    app.toasts.update(1.0)
    assert places(app, monkeypatch)["A message"].top > app.kit.px(CLOCK)
    play.pause()
    assert places(app, monkeypatch)["A message"].top > app.kit.px(CLOCK)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_message_leaves_the_heading_of_the_beliefs_free(
    app: App, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.change_setting("language", language)
    app.push(BeliefsScreen(app))
    strings = app.kit.strings
    told = strings("beliefs.was_reset")
    app.toasts.add(told, theme.GREEN)
    app.toasts.update(1.0)
    found = places(app, monkeypatch)
    heading = app.kit.fonts.width(strings("beliefs.title"), app.kit.px(theme.SCREEN_TITLE), True)
    assert found[told].left > app.kit.px(theme.MARGIN) + heading
    assert found[told].right < app.kit.width


def test_a_message_replaces_the_one_about_the_same_thing() -> None:
    toasts = Toasts()
    toasts.add("level reloaded", about="file")
    toasts.add("screenshot saved")
    toasts.add("file restored", about="file")
    assert toasts.texts() == ["screenshot saved", "file restored"]
    toasts.withdraw("file")
    assert toasts.texts() == ["screenshot saved"]
    toasts.withdraw("")
    assert toasts.texts() == ["screenshot saved"]


def test_names_of_a_running_match_follow_the_language(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    play = open_play(app, watch=True)
    names = set(play.match.names)
    app.draw(1.0)
    assert any(name in play.opponent_text() for name in names)
    app.change_setting("language", "zh")
    drawn(app, monkeypatch)
    brains = play.match.brains
    assert brains
    assert {*play.match.names} == {app.opponents.label(brain) for brain in brains.values()}
    assert not names & {*play.match.names}
    assert any(name in play.opponent_text() for name in play.match.names)
    assert any(entry.kind != BOT for entry in app.opponents.brains.entries())
