"""Closing the mixer at any moment of a soundtrack's thread does not crash."""

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pygame
import pytest

from music.soundtrack.sinks import open_mixer
from music.soundtrack.turns import register_user, turn
from tests.contracts.tree import ROOT, run_python

MOMENT = 0.2  # seconds in which a close without waiting would finish
PATIENCE = 60.0


@pytest.fixture(autouse=True)
def _mixer() -> Iterator[None]:
    pygame.mixer.quit()
    yield
    pygame.mixer.quit()


def closes_in_the_middle(close: Callable[[], None], seconds: float) -> bool:
    """Return whether the mixer closes while one of our threads uses it."""
    closing = threading.Thread(target=close)
    with turn:
        closing.start()
        closing.join(seconds)
        closed = pygame.mixer.get_init() is None
    closing.join(PATIENCE)
    assert pygame.mixer.get_init() is None
    return closed


def test_the_mixer_closes_only_when_no_thread_of_ours_is_inside_it() -> None:
    sink, _ = open_mixer(None)
    assert sink is not None
    assert not closes_in_the_middle(pygame.mixer.quit, MOMENT)
    assert not sink.usable()


def test_a_closing_that_takes_no_turn_would_be_noticed() -> None:
    assert open_mixer(None)[0] is not None
    bare = pygame.mixer.quit.__wrapped__  # type: ignore[attr-defined]
    assert closes_in_the_middle(bare, PATIENCE)


def test_users_of_the_mixer_are_closed_first_and_once() -> None:
    happened: list[str] = []

    class User:
        def close(self) -> None:
            happened.append("user")

    mixer = SimpleNamespace(quit=lambda: happened.append("mixer"))
    users = [User(), User()]
    for user in users:
        register_user(mixer, user)
    mixer.quit()
    mixer.quit()
    assert happened == ["user", "user", "mixer", "mixer"]


def test_a_sink_never_plays_on_a_mixer_that_was_closed_and_opened_again() -> None:
    sink, _ = open_mixer(None)
    assert sink is not None
    settings = pygame.mixer.get_init()
    pygame.mixer.quit()
    pygame.mixer.init()
    assert pygame.mixer.get_init() == settings
    assert not sink.usable()


# The player polls without pause and threads switch as often as possible, so nearly every round closes in the middle.
HAMMER = """
import random, sys, time
import pygame
from music.soundtrack import Soundtrack, player
from tests.music.soundtrack.tones import small_piece, tone_render
sys.setswitchinterval(1e-6)
player.POLL_SECONDS = player.REOPEN_SECONDS = 0.0
player.LEAD_SECONDS = 9.0
track = Soundtrack(small_piece(2400.0), render=tone_render)
source = random.Random(1)
for _ in range(int(sys.argv[1])):
    pygame.mixer.init()
    track.start()
    end = time.monotonic() + source.uniform(0.0, 0.03)
    while time.monotonic() < end:
        track.set_intensity(source.random())
        track.cue("boss" if track.section == "theme" else "theme", "beat")
    pygame.mixer.quit()
track.close()
print("the end")
"""


@pytest.mark.parametrize("rounds", [50, pytest.param(500, marks=pytest.mark.slow)])
def test_closing_and_opening_the_mixer_repeatedly_does_not_crash(rounds: int) -> None:
    result = run_python("-c", HAMMER, str(rounds), cwd=ROOT)
    assert (result.returncode, result.stdout.strip().splitlines()[-1:]) == (0, ["the end"]), result.stderr
