"""The thread behind the suggestions: nothing waits for it, nothing is lost or counted twice; and the flow zone."""

import threading
from collections.abc import Callable, Sequence

import pytest

from game.app.foryou.service import READY, THINKING, ZONES, ForYou, widen_zone, zone_name
from game.core.levels.catalogue import LevelEntry, list_levels
from tests.app.fake_advice import RECORD, FakeAdvice, InlineWorker, fake_plan


class Slow(FakeAdvice):
    """Is built only when the test lets it, and counts how often."""

    gate = threading.Event()
    built = 0

    def __init__(self, levels: Callable[[], Sequence[LevelEntry]]) -> None:
        super().__init__(levels)
        type(self).built += 1
        assert self.gate.wait(30)


@pytest.fixture
def slow() -> type[Slow]:
    Slow.gate, Slow.built = threading.Event(), 0
    return Slow


def slow_for_you(kind: type[Slow]) -> ForYou:
    return ForYou(lambda levels: lambda: kind(levels), list_levels)


def answered(slow: type[Slow]) -> tuple[ForYou, Slow]:
    """One that has answered its first question, and its advice."""
    for_you = slow_for_you(slow)
    slow.gate.set()
    for_you.request()
    assert for_you.wait()
    assert isinstance(for_you._backend, Slow)
    return for_you, for_you._backend


def test_nothing_waits_for_the_thread(slow: type[Slow]) -> None:
    for_you = slow_for_you(slow)
    for_you.request()
    for_you.poll()
    before = for_you.state, len(for_you.suggestions)
    assert before == (THINKING, 0)
    slow.gate.set()
    assert for_you.wait()
    assert for_you.state == READY
    assert len(for_you.suggestions) == 5
    assert set(for_you.outlooks) == {entry.name for entry in list_levels()}
    for_you.close()


def test_what_is_stored_while_it_reads_is_neither_lost_nor_counted_twice(slow: type[Slow]) -> None:
    for_you = slow_for_you(slow)
    for_you.request()
    for_you.learn_match(RECORD)  # it may or may not have read this: it reads again
    slow.gate.set()
    assert for_you.wait()
    assert slow.built == 2
    assert isinstance(for_you._backend, Slow)
    assert not any(row[0] == "played" for row in for_you._backend.told)
    for_you.learn_match(RECORD)
    assert for_you.wait()
    assert sum(row[0] == "played" for row in for_you._backend.told) == 1
    for_you.close()


def test_a_setting_while_it_is_built_is_not_lost(slow: type[Slow]) -> None:
    for_you = slow_for_you(slow)
    for_you.request()
    for_you.set_zone(0.3, 0.6)
    slow.gate.set()
    assert for_you.wait()
    assert isinstance(for_you._backend, Slow)
    assert [row for row in for_you._backend.told if row[0] == "zone"] == [("zone", 0.3, 0.6)]
    for_you.close()


def test_a_dismissal_while_it_is_built_makes_it_read_again(slow: type[Slow]) -> None:
    for_you = slow_for_you(slow)
    for_you.request()
    for_you.dismiss("canal")  # the profile has it: the advice may or may not have read it
    slow.gate.set()
    assert for_you.wait()
    assert slow.built == 2
    for_you.close()


def test_of_many_questions_only_the_last_is_answered(slow: type[Slow]) -> None:
    for_you, advice = answered(slow)
    advice.told.clear()
    held = threading.Event()
    for_you._worker.submit(lambda: held.wait(30))
    for stars in (1, 2, 3):
        for_you.learn_rating("canal", stars)
        for_you.request(1, ("canal",))
    held.set()
    assert for_you.wait()
    assert [row[0] for row in advice.told] == ["rated", "rated", "rated", "asked"]
    for_you.close()


def test_a_question_answered_already_is_not_asked_again_until_something_was_learnt() -> None:
    for_you = ForYou(fake_plan, list_levels, InlineWorker())
    for_you.request()
    for_you.request()
    advice = for_you._backend
    assert isinstance(advice, FakeAdvice)
    assert len([row for row in advice.told if row[0] == "asked"]) == 1
    advice.changed = True  # a refit came in
    for_you.request()
    assert len([row for row in advice.told if row[0] == "asked"]) == 2


def test_what_a_refit_brought_is_not_lost_when_its_question_is_overtaken(slow: type[Slow]) -> None:
    for_you, advice = answered(slow)
    news = [True, False]
    advice.update = lambda: news.pop(0)  # type: ignore[method-assign]
    advice.low.add(for_you.suggestions[0].item)
    held = threading.Event()
    for_you._worker.submit(lambda: held.wait(30))
    before = for_you.suggestions
    for_you.request()
    for_you.request()
    held.set()
    assert for_you.wait()
    assert for_you.suggestions != before
    for_you.close()


def test_another_question_does_not_show_the_old_answer(slow: type[Slow]) -> None:
    for_you, _ = answered(slow)
    for_you.request(1, ("canal",))
    assert (len(for_you.suggestions), for_you.answered) == (0, False)
    assert for_you.wait()
    assert (len(for_you.suggestions), for_you.answered) == (1, True)
    for_you.close()


# The flow zone


@pytest.mark.parametrize(
    ("low", "high", "moved", "mended"),
    [
        (0.55, 0.85, "low", (0.55, 0.85)),
        (0.85, 0.85, "low", (0.85, 0.95)),
        (0.55, 0.4, "high", (0.3, 0.4)),
        (0.9, 0.15, "high", (0.05, 0.15)),
    ],
)
def test_the_zone_keeps_its_ends_apart(
    low: float, high: float, moved: str, mended: tuple[float, float]
) -> None:
    assert widen_zone(low, high, moved) == pytest.approx(mended)


def test_presets_have_names() -> None:
    assert [zone_name(*zone) for zone in ZONES.values()] == list(ZONES)
    assert zone_name(0.5, 0.6) == "own"


def test_an_advice_that_is_built_while_the_game_closes_is_closed_too(
    slow: type[Slow], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = threading.Event()
    monkeypatch.setattr(slow, "close", lambda self: closed.set())
    for_you = slow_for_you(slow)
    for_you.request()
    threading.Timer(0.2, slow.gate.set).start()
    for_you.close()
    assert closed.wait(30)
