"""The mixed squad: brains sit where they were measured to be worth it."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from game.core.levels.catalogue import select
from game.match.brain_library import BOT, BrainLibrary
from game.match.difficulty import DIFFICULTIES
from game.match.npc import SeatPolicy
from game.match.simulation import usual_seats
from game.match.squads import plays_at, squad_of
from tests.match.matches import random_brain


@pytest.fixture
def library(tmp_path: Path) -> BrainLibrary:
    for number, name in enumerate(("first", "second")):
        random_brain(tmp_path / name, "brain", widths=(32 + number,))  # another file, another hash
    return BrainLibrary(shipped_folder=tmp_path)


@pytest.fixture
def measure(library: BrainLibrary, monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, float]], None]:
    """Measure the brain `first`: the upper ends of the intervals by objective."""

    def put(highs: Mapping[str, float]) -> None:
        rows = {
            library.find("first").sha256: {
                "objectives": {name: {"high": high} for name, high in highs.items()}
            }
        }
        monkeypatch.setattr("game.match.squads.measured_strengths", lambda: rows)

    return put


def test_a_brain_sits_where_it_is_not_clearly_weaker_than_the_best_bot(
    library: BrainLibrary, measure: Callable[[Mapping[str, float]], None]
) -> None:
    measure({"eliminate": 0.49, "defend": 0.5, "collect": 0.9})
    first, second = library.find("first"), library.find("second")
    names = ("eliminate", "defend", "collect", "survive")
    assert [plays_at(first, name) for name in names] == [False, True, True, True]
    assert all(plays_at(second, name) for name in names)
    assert [squad_of(library, name, "regular") for name in ("eliminate", "defend")] == [
        ("second",),
        ("first", "second"),
    ]


def test_the_bot_of_the_difficulty_plays_where_no_brain_does(tmp_path: Path) -> None:
    nobody = BrainLibrary(shipped_folder=tmp_path)
    for difficulty in DIFFICULTIES:
        assert squad_of(nobody, "collect", difficulty.id) == (difficulty.bot,)
        assert nobody.find(difficulty.bot).kind == BOT
    with pytest.raises(ValueError, match="difficulty: expected one of"):
        squad_of(nobody, "collect", "hard")


def test_whoever_stays_on_the_bench_is_in_no_seat_of_the_usual_match(
    library: BrainLibrary, measure: Callable[[Mapping[str, float]], None]
) -> None:
    measure({"eliminate": 0.3})
    level = select("test:1", objective="eliminate", team_sizes=(2, 2))[0]
    seats = usual_seats(level, SeatPolicy("idle"), "regular", library)
    assert {seat.brain for seat in seats} == {"idle", "second"}
