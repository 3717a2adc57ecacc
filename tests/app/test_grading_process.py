"""The process that grades beside the game: what is not wanted is not begun, and it can be ended."""

import threading
import time
from collections.abc import Callable

import pytest

from game.app.grades.background import BackgroundGrader, ChildPlayer, SliceRefused
from game.core.levels.catalogue import load_level
from game.match.grading.graders import PANEL
from game.match.grading.grading_child import slice_request
from tests.app.fake_grader import FakePlayer


def test_a_slice_that_is_stopped_before_it_began_is_not_played() -> None:
    begun, go = threading.Event(), threading.Event()
    played = []

    class Slow(FakePlayer):
        def play(self, line: str, wanted: Callable[[], bool]) -> int:
            begun.set()
            assert go.wait(30)
            if not wanted():
                raise OSError("not wanted")
            played.append(line)
            return self.won

    grader = BackgroundGrader(Slow())
    grader.play(lambda: "{}", lambda _: None, lambda: None)
    assert begun.wait(30)
    grader.stop()
    go.set()
    while grader.busy:
        grader.poll()
        time.sleep(0.001)
    assert played == []
    grader.play(lambda: "{}", lambda _: None, lambda: None)
    while grader.busy:
        grader.poll()
        time.sleep(0.001)
    assert played == ["{}"]
    grader.close()


def test_a_process_that_is_not_wanted_is_not_begun() -> None:
    player = ChildPlayer()
    with pytest.raises(OSError, match="no longer wanted"):
        player.play("{}", lambda: False)
    assert player._child is None


def test_the_process_plays_and_can_be_ended() -> None:
    player = ChildPlayer()
    line = slice_request(load_level("first_light"), "ace", 100)
    try:
        won = player.play(line)
        assert 0 <= won <= len(PANEL)
        with pytest.raises(SliceRefused, match="JSONDecodeError"):
            player.play("nonsense\n")
        child = player._child
        assert child is not None
        player.end()
        assert child.wait(30) != 0
        assert player.play(line) == won  # another begins
        assert player._child is not None
        player._child.kill()
        player._child.wait()
        with pytest.raises(OSError, match="ended"):
            player.play(line)
    finally:
        player.end()
