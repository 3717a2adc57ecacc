import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from openskill.models import PlackettLuce
from scipy.special import expit, ndtr, ndtri

from recommender.advisor.engine import Advisor, AdvisorSettings
from recommender.advisor.skill import BETA, MEAN, Belief, Skill, SkillSettings, predict_win_z, split_against
from recommender.errors import SettingRefused
from recommender.records.kinds import SIMULATED, Attempt, Item
from recommender.store import Store

ITEMS = [Item("canal", finish_rate=0.9), Item("forge", finish_rate=0.1), Item("plain")]


def attempt(player: str, item: str, outcome: str = "finished", seconds: float = 60.0, **more: str) -> Attempt:
    return Attempt(player, item, outcome, seconds, 0.0, **more)


def attempts_of(seed: int, count: int) -> list[Attempt]:
    """Players p0..p19 of rising skill at items of rising difficulty; the chance is a logistic curve."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        player, item = int(random.integers(20)), int(random.integers(12))
        against = ("easy", "hard")[int(random.integers(2))]
        chance = expit((player - 9.5) / 4 - (item - 5.5) / 3 - (1.2 if against == "hard" else -0.2))
        outcome = "finished" if random.random() < chance else "failed"
        found.append(attempt(f"p{player}", f"i{item}", outcome, against=against))
    return found


def test_chance_is_openskills_before_any_calibration() -> None:
    skill = Skill(ITEMS)
    model = PlackettLuce(beta=BETA)
    mu, sigma = skill.difficulty("plain")
    expected = model.predict_win(
        [[model.rating(MEAN, MEAN / 3)], [model.rating(mu, sigma), model.rating(0, SkillSettings().against)]]
    )
    assert skill.chance("you", "plain", "hunter") == pytest.approx(expected[0], abs=1e-9)
    assert ndtr(predict_win_z(Belief(27, 2), [Belief(25, 3)])) == pytest.approx(
        model.predict_win([[model.rating(27, 2)], [model.rating(25, 3)]])[0], abs=1e-12
    )


def test_a_finish_moves_both_sides_as_openskill_does() -> None:
    skill = Skill(ITEMS, SkillSettings(learning=0.0))
    skill.attempt(attempt("you", "plain"))
    model = PlackettLuce(beta=BETA, tau=0.0)
    [[player], [item]] = model.rate([[model.rating(MEAN, MEAN / 3)], [model.rating(MEAN, MEAN / 3)]])
    assert skill.rating("you") == pytest.approx((player.mu, player.sigma))
    assert skill.difficulty("plain") == pytest.approx((item.mu, item.sigma))


def test_play_tests_order_items_that_nobody_played() -> None:
    skill = Skill(ITEMS)
    assert skill.chance("you", "canal") > skill.chance("you", "plain") > skill.chance("you", "forge")
    # An average player whose skill is known meets the rate of the play-test.
    mu, _ = skill.difficulty("canal")
    assert ndtr((MEAN - mu) / (math.sqrt(2) * BETA)) == pytest.approx(0.9)


def test_content_tells_the_start_of_an_item_without_a_play_test() -> None:
    items = [Item(f"easy{n}", tags=frozenset({"open"}), finish_rate=0.9) for n in range(6)]
    items += [Item(f"hard{n}", tags=frozenset({"maze"}), finish_rate=0.1) for n in range(6)]
    items += [Item("new open", tags=frozenset({"open"})), Item("new maze", tags=frozenset({"maze"}))]
    skill = Skill(items)
    assert skill.difficulty("new maze")[0] - skill.difficulty("new open")[0] > 5
    assert skill.difficulty("new maze")[1] <= SkillSettings().item
    assert skill.difficulty("easy0") == pytest.approx((MEAN - ndtri(0.9) * math.sqrt(2) * BETA, MEAN / 5))


def test_an_early_quit_says_nothing_and_a_late_one_little() -> None:
    def after(outcome: str, seconds: float) -> float:
        skill = Skill(ITEMS)
        for number in range(5):
            skill.attempt(attempt(f"other{number}", "plain", "finished"))
        skill.attempt(attempt("you", "plain", outcome, seconds))
        return skill.rating("you")[0]

    assert after("quit", 5) == MEAN
    assert after("failed", 60) < after("quit", 60) < MEAN


def test_an_opponent_is_learnt_once_for_all_items() -> None:
    skill = Skill(ITEMS)
    for number in range(40):
        skill.attempt(
            attempt(f"p{number}", "plain", "failed" if number % 4 else "finished", against="hunter/hard")
        )
        skill.attempt(attempt(f"p{number}", "plain", "finished", against="hunter/easy"))
    assert skill.chance("you", "canal", "hunter/hard") < skill.chance("you", "canal", "hunter/easy") - 0.1
    assert split_against("hunter/hard") == ["hunter", "hard"]
    assert split_against("") == []


def test_difficulties_stay_in_order_however_often_the_easy_one_is_lost() -> None:
    levels = ("easy", "normal", "hard")
    skill = Skill(ITEMS, difficulties=levels)
    first = [skill.chance("you", "plain", level) for level in levels]
    assert first[0] > first[1] > first[2]
    for number in range(60):
        skill.attempt(attempt("you", "plain", "failed", against="easy"))
        skill.attempt(attempt(f"p{number}", "plain", "finished", against="hard"))
        means = [skill._part(level).mu for level in levels]
        assert means == sorted(means)
    assert means[0] == pytest.approx(means[2])  # all that was seen speaks against the order


def log_loss(skill: Skill, attempts: list[Attempt], use_against: bool) -> float:
    """Mean surprise at each attempt before it is learnt, over the second half."""
    loss = []
    for number, one in enumerate(attempts):
        if number >= len(attempts) // 2:
            chance = skill.chance(one.player, one.item, one.against if use_against else "")
            loss.append(-math.log(chance if one.outcome == "finished" else 1 - chance))
        skill.attempt(one if use_against else Attempt(one.player, one.item, one.outcome, 60.0, 0.0))
    return float(np.mean(loss))


def test_rating_the_opponent_predicts_better_than_ignoring_it() -> None:
    items = [Item(f"i{number}") for number in range(12)]
    attempts = attempts_of(0, 1200)
    assert log_loss(Skill(items), attempts, True) < log_loss(Skill(items), attempts, False) - 0.02


def test_chances_are_calibrated() -> None:
    items = [Item(f"i{number}") for number in range(12)]
    skill = Skill.of(items, attempts_of(1, 2500))
    expected, happened = [], []
    for one in attempts_of(2, 1500):
        expected.append(skill.chance(one.player, one.item, one.against))
        happened.append(one.outcome == "finished")
    order = np.argsort(expected)
    for part in np.array_split(order, 5):
        assert np.mean(np.array(happened)[part]) == pytest.approx(np.mean(np.array(expected)[part]), abs=0.08)


def test_replay_is_deterministic_and_a_copy_learns_apart() -> None:
    attempts = attempts_of(3, 200)
    items = [Item(f"i{number}") for number in range(12)]
    first, second = Skill.of(items, attempts), Skill.of(items, attempts)
    assert first.history("p3") == second.history("p3")
    assert np.array_equal(first.outlook("p3").chance, second.outlook("p3").chance)
    other = first.copy()
    for _ in range(10):
        other.attempt(attempt("p3", "i5", "failed"))
    assert np.array_equal(first.outlook("p3").chance, second.outlook("p3").chance)
    assert other.chance("p3", "i5") < first.chance("p3", "i5")
    assert len(other.history("p3")) == len(first.history("p3")) + 10


def test_uncertainty_shrinks_and_the_interval_holds_the_chance() -> None:
    skill = Skill(ITEMS)
    before = skill.outlook("you")
    for _, item in zip(range(24), itertools.cycle(["canal", "plain", "forge"])):
        skill.attempt(attempt("you", item, "failed" if item == "forge" else "finished"))
    after = skill.outlook("you")
    assert np.all(after.high - after.low < before.high - before.low)
    assert np.all((after.low <= after.chance + 1e-9) & (after.chance <= after.high + 1e-9))


def test_simulated_attempts_count_less_in_the_calibration() -> None:
    def shift(source: str) -> float:
        skill = Skill(ITEMS)
        for number in range(60):
            skill.attempt(attempt(f"p{number}", f"i{number}", "finished", source=source))
        return skill.calibration[1]

    assert shift("real") > shift(SIMULATED) > 0


def test_words_that_are_no_difficulties_count_unless_that_is_switched_off() -> None:
    """Captions of whoever sat there, in the language of whoever played, tell nothing: the difficulty alone does."""
    tried = [
        attempt(f"p{who % 5}", "plain", ("failed", "finished")[who % 2], against=f"boss{who % 3}/hard")
        for who in range(60)
    ]
    plain = [replace(one, against="hard") for one in tried]
    told = Skill.of(ITEMS, tried, difficulties=("easy", "hard"), opponents=False)
    assert told.chance("p1", "plain", "boss0/hard") == told.chance("p1", "plain", "hard")
    bare = Skill.of(ITEMS, plain, difficulties=("easy", "hard"))
    assert told.chance("p1", "plain", "hard") == bare.chance("p1", "plain", "hard")
    with_opponents = Skill.of(ITEMS, tried, difficulties=("easy", "hard"))
    assert with_opponents.chance("p1", "plain", "boss0/hard") != bare.chance("p1", "plain", "hard")


def test_an_item_may_have_steps_of_its_own() -> None:
    levels = ("easy", "usual", "hard")
    two = [Item("same", finish_rate=0.5), Item("steep", finish_rate=0.5)]
    skill = Skill(two, difficulties=levels, steps=(-5, 0, 5), own_steps={"steep": (-10, 0, 12)})

    def gap(at: str) -> float:
        return skill.chance("me", "steep", at) - skill.chance("me", "same", at)

    assert gap("easy") > 0.05
    assert gap("usual") == 0
    assert gap("hard") < -0.05
    found = skill.outlook("me", "hard").chance
    assert found.tolist() == skill.chances("me", ["same", "steep"], "hard").chance.tolist()


def test_what_is_learnt_at_a_difficulty_counts_beside_the_items_own_step() -> None:
    levels = ("usual", "hard")
    settings = SkillSettings(player=1, against=0.01)
    two = [Item("same", finish_rate=0.5), Item("steep", finish_rate=0.5)]
    skill = Skill(two, settings, difficulties=levels, steps=(0, 5), own_steps={"steep": (0, 20)})
    before = skill.difficulty("same")[0]
    skill.attempt(Attempt("a", "same", "failed", 60, 0.0, against="hard"))
    skill.attempt(Attempt("b", "steep", "failed", 60, 1.0, against="hard"))
    moved = [skill.difficulty(name)[0] - before for name in ("same", "steep")]
    assert moved[0] > moved[1] > 0  # that the steep one is lost at hard was to be expected


def test_a_play_test_that_comes_later_counts_as_if_it_had_been_there_from_the_start() -> None:
    levels, own = ("easy", "hard"), {"plain": (-3.0, 9.0)}
    before = [attempt("a", "canal", against="hard"), attempt("b", "forge", "failed", against="easy")]
    skill = Skill.of(ITEMS, before, difficulties=levels, steps=(0, 4))
    tested = [*ITEMS[:2], Item("plain", finish_rate=0.3)]
    known = Skill.of(tested, before, difficulties=levels, steps=(0, 4), own_steps=own)
    names = [item.name for item in ITEMS]
    assert skill.chance("a", "plain", "hard") != known.chance("a", "plain", "hard")
    assert skill.test("plain", 0.3, own["plain"])
    for at in levels:
        assert skill.chances("a", names, at).chance.tolist() == known.chances("a", names, at).chance.tolist()
        assert skill.outlook("a", at).chance.tolist() == known.outlook("a", at).chance.tolist()
    assert [skill.difficulty(name) for name in names] == [known.difficulty(name) for name in names]


def test_a_play_test_of_what_was_tried_is_not_taken() -> None:
    skill = Skill.of(ITEMS, [attempt("a", "plain")], difficulties=("easy", "hard"))
    before = skill.difficulty("plain"), skill.chance("a", "plain", "hard")
    assert not skill.test("plain", 0.01, (-9.0, 9.0))
    assert (skill.difficulty("plain"), skill.chance("a", "plain", "hard")) == before


def test_a_play_test_without_steps_of_its_own_keeps_the_usual_ones() -> None:
    skill = Skill([Item("tested", finish_rate=0.5), Item("new")], difficulties=("easy", "hard"))
    assert skill.test("new", 0.5, None)
    for at in ("easy", "hard"):
        assert skill.chance("a", "new", at) == skill.chance("a", "tested", at)


def test_own_steps_of_another_length_are_refused() -> None:
    settings = AdvisorSettings(difficulties=("easy", "hard"), own_steps=lambda _: (1.0,))
    with pytest.raises(SettingRefused, match="advisor › own_steps › a: expected 2 numbers, found 1"):
        Advisor([Item("a", finish_rate=0.5)], Store(None), settings=settings, worker=False)
