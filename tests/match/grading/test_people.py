"""People's attempts correct the grades: towards what people find, as far as they tell, and not for a weak player's losses."""

import numpy as np
import pytest

from game.match.grading.grade import MIDDLE, Counts, Grade, PlayerSpread, normal_cdf
from game.match.grading.people import Correction, PersonAttempt, attempt_weights, corrections

UNLIKE = PlayerSpread(0.5, 0.25, 0.37)
OTHERS = 12
BEFORE = 40  # attempts at other levels


def graded(x: float) -> Grade:
    """A level whose panel stands at x at regular, as the shelf's are graded."""
    return Grade(
        "defend", Counts((9,) * 4, (18,) * 4), (x + 0.6, x, x - 0.5, x - 1), (0.25,) * 4, UNLIKE, "k"
    )


def trial(
    level: str, outcome: str, *, player: str = "p", seconds: float = 60.0, restarted: bool = False
) -> PersonAttempt:
    return PersonAttempt(player, level, "regular", outcome, seconds, restarted)


class Person:
    """A simulated person: plays levels at their true place for people."""

    def __init__(self, rng: np.random.Generator, shift: float) -> None:
        self.rng = rng
        self.grades = {f"other {n}": graded(rng.normal(0, 0.8)) for n in range(OTHERS)}
        self.grades["level"] = graded(rng.normal(0, 0.6))
        self.shift = {name: rng.normal(0, grade.doubt) for name, grade in self.grades.items()}
        self.shift["level"] = shift
        self.strength = rng.normal(0, 0.7)

    def plays(self, level: str, times: int) -> list[PersonAttempt]:
        chance = normal_cdf(
            self.grades[level].own_x(MIDDLE, "regular")[0] + self.shift[level] + self.strength
        )
        return [trial(level, "won" if self.rng.random() < chance else "lost") for _ in range(times)]

    def history(self) -> list[PersonAttempt]:
        return [row for _ in range(BEFORE) for row in self.plays(f"other {self.rng.integers(OTHERS)}", 1)]


def errors(shift: float, numbers: tuple[int, ...], people: int = 80) -> dict[int, tuple[float, float]]:
    """Mean error of x and of the win rate at regular after so many attempts, over people with levels of their own."""
    rng = np.random.default_rng(16)
    found: dict[int, list[tuple[float, float]]] = {number: [] for number in numbers}
    for _ in range(people):
        person = Person(rng, shift)
        before, attempts = person.history(), person.plays("level", max(numbers))
        grade = person.grades["level"]
        true = normal_cdf(grade.mode[1] + shift / UNLIKE.steep)
        for number in numbers:
            known = corrections([*before, *attempts[:number]], person.grades).get("level")
            one = (known or Correction(0.0, 1.0, 0)).of(grade)
            away = UNLIKE.steep * (one.mode[1] - grade.mode[1]) - shift
            found[number].append((abs(away), abs(one.rate() - true)))
    return {number: tuple(np.mean(rows, 0).tolist()) for number, rows in found.items()}  # type: ignore[misc]


@pytest.mark.parametrize("shift", [-1.0, 1.0])
def test_the_more_people_try_the_nearer_the_grade_comes(shift: float) -> None:
    found = errors(shift, (0, 5, 20, 100))
    places, rates = zip(*found.values(), strict=True)
    assert places[0] == pytest.approx(1.0)
    assert list(places) == sorted(places, reverse=True)
    assert places[1] < 0.8
    assert places[2] < 0.6
    assert places[3] < 0.45
    assert rates[3] < 0.4 * rates[0]


def test_a_level_that_is_to_people_as_to_the_panel_stays_where_it_is() -> None:
    found = errors(0.0, (0, 5, 20, 100), people=40)
    assert found[0] == pytest.approx((0.0, 0.0), abs=0.02)
    assert all(place < 0.3 and rate < 0.1 for place, rate in found.values())


def test_nobody_has_tried() -> None:
    assert corrections([], {"level": graded(0.0)}) == {}
    assert corrections([trial("another", "lost")], {"level": graded(0.0)}) == {}
    assert corrections([trial("level", "lost")._replace(difficulty="brutal")], {"level": graded(0.0)}) == {}


def test_a_weak_players_losses_say_less_than_a_strong_ones() -> None:
    grades = {name: graded(0.0) for name in ("level", *(f"other {n}" for n in range(OTHERS)))}

    def shift(elsewhere: str) -> float:
        before = [trial(f"other {n % OTHERS}", elsewhere) for n in range(BEFORE)]
        return corrections([*before, *[trial("level", "lost")] * 8], grades)["level"].shift

    assert shift("won") < shift("lost") - 0.3 < 0


def test_losses_of_several_people_say_more_than_one_persons() -> None:
    grades = {"level": graded(0.0)}
    one = corrections([trial("level", "lost")] * 8, grades)["level"]
    many = corrections([trial("level", "lost", player=f"p{n}") for n in range(8)], grades)["level"]
    assert many.shift < one.shift < 0
    assert many.share < one.share < 1


def test_a_quit_is_a_part_of_a_defeat() -> None:
    played = [trial("level", "lost", seconds=100.0)] * 2
    early, late = trial("level", "quit", seconds=20.0), trial("level", "quit", seconds=80.0)
    again = late._replace(restarted=True)
    long = trial("level", "quit", seconds=500.0)
    assert attempt_weights([*played, early, late, again, long]) == [
        1,
        1,
        0,
        pytest.approx(0.4),
        pytest.approx(0.6),
        0.5,
    ]
    grades = {"level": graded(0.0)}
    shifts = [
        corrections([*played, *[one] * 10], grades)["level"].shift for one in (early, late, again, played[0])
    ]
    assert shifts == sorted(shifts, reverse=True)
    assert shifts[-1] < shifts[0] - 0.05


def test_quits_of_somebody_who_never_finished_say_nothing() -> None:
    assert attempt_weights([trial("level", "quit")]) == [0.0]
    assert corrections([trial("level", "quit")], {"level": graded(0.0)}) == {}


def test_a_corrected_grade_says_so_and_is_surer() -> None:
    grade = graded(0.0)
    trials = [trial("level", "won", player=f"p{n}") for n in range(30)]
    one = corrections(trials, {"level": grade})["level"].of(grade)
    assert one.people == 30
    assert grade.people == 0
    assert one.rate() > grade.rate()
    assert one.difficulty < grade.difficulty
    assert one.uncertainty < grade.uncertainty
    low, high = one.interval()
    assert low < one.rate() < high
    assert one.attempts()[0] < grade.attempts()[0]
    assert grade.corrected(0.0, 1.0, 0).rate() == grade.rate()
