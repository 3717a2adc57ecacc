"""A program that has run all day believes what it believes after a restart, whatever the clock says."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from recommender.advisor import learnt as knowledge
from recommender.advisor.engine import Advisor, AdvisorSettings
from recommender.advisor.fitting import QUICK, RefitResult, learn_all
from recommender.advisor.others import TermShares
from recommender.advisor.running import MANY, RunningSums, round_to_steps
from recommender.errors import UnknownName
from recommender.models.factors import FactorModel, FactorSettings
from recommender.reasons import Reason
from recommender.records.kinds import Attempt, Item, Play, Rating
from recommender.records.ratings import Floats, Ints
from recommender.store import Store
from tests.recommender.made import made_ratings
from tests.recommender.made_advice import catalogue, community
from tests.recommender.random_states import act, states

CALM = AdvisorSettings(exploration=0.0)


def fresh_of(state_advisor: Advisor, state_items: list[Item], store: Store, **more: object) -> Advisor:
    """Another advisor over the same records."""
    return Advisor(
        state_items, store, player=state_advisor.player, settings=state_advisor.settings, worker=False, **more
    )  # type: ignore[arg-type]


def arrays(rows: dict[int, float]) -> tuple[Ints, Floats]:
    """Items and values."""
    return np.array(list(rows), np.int32), np.array(list(rows.values()), np.float64)


def told(advisor: Advisor) -> list[tuple[object, ...]]:
    """All that an advisor answers: lists of two lengths with everything in them, and every outlook."""
    lists = [each for count in (3, 40) for each in advisor.suggest(count, now=1.0)]
    return [tuple(vars(each).values()) for each in lists] + [
        tuple(vars(advisor.outlook(name)).values()) for name in advisor._names
    ]


def same(one: object, other: object) -> bool:
    """Equal, numbers to 1e-9: the calibration of chances is solved step by step from its last solution."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) < 1e-9
    if isinstance(one, Reason) and isinstance(other, Reason):
        return one.kind == other.kind and same(dict(one.values), dict(other.values))
    if isinstance(one, dict) and isinstance(other, dict):
        return same(list(one.items()), list(other.items()))
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@pytest.mark.parametrize("seed", range(6))
def test_running_sums_are_bit_for_bit_those_of_a_fresh_start(seed: int) -> None:
    """Over ratings that come, change and go, some of them many at once, with factors and without."""
    ratings, _ = made_ratings(50, 40, 20, seed=seed)
    store, random = Store(None), np.random.default_rng(seed)
    names = list(ratings.items)
    store.put_ratings(
        [
            Rating(ratings.players[who], names[what], stars, 0.0)
            for who, what, stars in zip(ratings.player, ratings.item, ratings.stars.tolist(), strict=True)
        ]
    )
    advisor = Advisor([Item(name) for name in names], store, player="me", worker=False)
    if seed % 2:
        factors = FactorModel(FactorSettings(rank=3, sweeps=6, burn=2, every=2)).fit(ratings)
        advisor._knowledge.take_over(RefitResult(TermShares(0.5, 0.3, 0.5), factors))
    others = advisor._knowledge.others
    running, rated, taken = RunningSums(others), {}, {}
    changes = 0
    for _ in range(60):
        for _ in range(int(random.integers(1, MANY + 6)) if random.random() < 0.1 else 1):
            item, gone = int(random.integers(len(names))), random.random() < 0.2
            rated.pop(item, None)
            taken.pop(item, None)
            if not gone:
                rated[item] = float(round_to_steps(np.array([random.normal(0, 1.5)]))[0])
                taken[item] = float(random.integers(0, 5)) / 2
            changes += 1
        running.match(arrays(taken), arrays(rated))
        fresh = RunningSums(others)
        fresh.match(arrays(dict(sorted(taken.items()))), arrays(dict(sorted(rated.items()))))
        for name in ("together", "sums", "near"):
            assert np.array_equal(getattr(running, name), getattr(fresh, name)), name
        assert (running.folded() is None) == (seed % 2 == 0)
        if seed % 2:
            assert np.array_equal(running.folded(), fresh.folded())  # type: ignore[arg-type]
    assert changes > 80


@pytest.mark.parametrize("seed", range(12))
def test_live_and_restarted_advisors_answer_alike(seed: int) -> None:
    """Stars to the last bit, lists with their reasons and chances to 1e-9, after every few records."""
    *_, state = states(seed)  # the end of the day
    advisor = state.advisor
    advisor.configure(replace(advisor.settings, exploration=0.0))
    advisor._knowledge.learn_all()  # the worlds' made-up weights go
    random = np.random.default_rng(seed)
    for _ in range(4):
        for _ in range(3):
            act(random, advisor, state.items)
        again = fresh_of(advisor, state.items, state.store, community=state.community)
        assert np.array_equal(advisor.stars(), again.stars())
        assert same(told(advisor), told(again))


def test_a_clock_that_goes_back_or_ahead_changes_nothing() -> None:
    """The same day by three clocks, live and after a restart; `now` of a list too."""
    items = catalogue(16)
    answers = []
    for clock in (lambda n: 1_000.0 + n, lambda n: 9e5 - n, lambda n: (0.0, 4e12)[n % 2]):
        store, moment = Store(None), 0
        for player in range(12):
            for place in range(0, 14, 2):
                item = items[(player + place) % 16].name
                moment += 1
                store.put_ratings([Rating(f"p{player}", item, 1.0 + (player * place) % 5, clock(moment))])
                store.put_attempts(
                    [Attempt(f"p{player}", item, ("finished", "failed")[place % 3 == 0], 30.0, clock(moment))]
                )
                store.put_plays([Play(f"p{player}", items[place].name, "played", 1.0, clock(moment))])
        advisor = Advisor(items, store, settings=CALM, worker=False)
        lists = []
        for place in range(10):
            moment += 1
            outcome = ("failed", "finished", "quit")[place % 3]
            advisor.attempt(Attempt("local", items[place % 4].name, outcome, 9.0 + place, clock(moment)))
            store.put_ratings(
                [rating := Rating("local", items[place % 5].name, 1.0 + place % 5, clock(moment))]
            )
            advisor.rate(rating.item, rating.stars, stored=True)
            lists.append([tuple(vars(each).values()) for each in advisor.suggest(6, now=clock(moment))])
        again = Advisor(items, store, settings=CALM, worker=False)
        assert np.array_equal(advisor.stars(), again.stars())
        advisor.use("p3")
        again.use("p3")
        answers.append((lists, told(advisor), told(again)))
        assert same(answers[-1][1], answers[-1][2])
    assert same(answers[0], answers[1])
    assert same(answers[0], answers[2])


def test_the_last_rating_entered_wins_whatever_its_time() -> None:
    store = Store(None)
    store.put_ratings([Rating("local", "level01", 5, 4e9), Rating("local", "level01", 1, 1.0)])
    one = Advisor(catalogue(8), store, settings=CALM, worker=False)
    plain = Advisor(catalogue(8), Store(None), settings=CALM, worker=False)
    plain.rate("level01", 1)
    assert np.array_equal(one.stars(), plain.stars())


def test_another_player_of_the_same_program_gets_what_a_restart_would_give_them() -> None:
    """Switching to and fro learns nothing twice, and forgets nothing."""
    items, store = catalogue(12), Store(None)
    one = Advisor(items, store, settings=CALM, worker=False, player="ann")
    for number in range(6):
        one.rate(items[number].name, 5 if number % 2 else 1)
        one.attempt(Attempt("ann", items[number].name, "finished", 60.0 - number, 0.0))
        one.attempt(Attempt("ann", items[number].name, "finished", 50.0, 0.0))
    before = told(one)
    one.use("bo")
    new = Advisor(items, Store(None), settings=CALM, worker=False, player="bo")
    assert np.array_equal(one.stars(), new.stars())  # nobody else was known when it began
    one.rate(items[0].name, 2)
    one.use("ann")
    assert same(told(one), before)
    one.use("ann")
    assert same(told(one), before)
    one.attempt(Attempt("ann", items[7].name, "failed", 10.0, 0.0))
    one.use("bo")
    assert one.beliefs().ratings == 1
    one.use("ann")
    live = one.outlook(items[7].name)
    one.use("ann")
    assert one.outlook(items[7].name) == live


@pytest.mark.parametrize("tried", [False, True])
def test_what_is_measured_later_counts_as_if_it_had_been_known_from_the_start(tried: bool) -> None:
    """Whether others have tried the item already or nobody has."""
    items, store = catalogue(12), Store(None)
    new = items[11].name
    items[11] = replace(items[11], finish_rate=None)
    steps: dict[str, tuple[float, float]] = {}
    settings = replace(
        CALM, difficulties=("easy", "hard"), steps=(0.0, 4.0), own_steps=lambda item: steps.get(item.name)
    )
    store.put_attempts(
        [Attempt("bo", items[n].name, "failed", 30.0, 0.0, against="hard") for n in (0, 5, *[11] * tried)]
    )
    store.put_ratings([Rating("bo", items[n].name, 4, 0.0) for n in range(4)])
    one = Advisor(items, store, settings=settings, worker=False, community=community(items[:8]))
    one.rate(items[2].name, 5)
    for number in (2, 11):
        one.attempt(Attempt("local", items[number].name, "finished", 30.0, 0.0, against="easy"))
    before = one.outlook(new)
    steps[new] = (-2.0, 9.0)
    one.test({new: 0.2})
    items[11] = replace(items[11], finish_rate=0.2)
    fresh = fresh_of(one, items, store, community=community(items[:8]))
    assert one.outlook(new) != before
    assert same(told(one), told(fresh))


def test_what_is_measured_later_leaves_what_others_did_meanwhile() -> None:
    items, store = catalogue(12), Store(None)
    new = items[11].name
    items[11] = replace(items[11], finish_rate=None)
    one = Advisor(items, store, settings=CALM, worker=False)
    for player, number in (("bo", 3), ("local", 4), ("bo", 5)):
        one.attempt(Attempt(player, items[number].name, "failed", 60.0, 0.0))
    skill = one._knowledge.skill
    hard = [skill.difficulty(items[number].name) for number in (3, 4, 5)]
    ratings = skill.rating("bo"), skill.rating("local")
    one.test({new: 0.2})
    skill = one._knowledge.skill
    assert [skill.difficulty(items[number].name) for number in (3, 4, 5)] == hard
    assert (skill.rating("bo"), skill.rating("local")) == ratings
    assert [point.value for point in one.beliefs().skill] == [ratings[1][0]]


def test_of_what_is_measured_nothing_is_taken_where_a_name_is_unknown() -> None:
    items = catalogue(12)
    one = Advisor(items, Store(None), settings=CALM, worker=False)
    before = told(one)
    with pytest.raises(UnknownName):
        one.test({items[3].name: 0.01, "nowhere": 0.5})
    assert told(one) == before


def test_a_player_among_the_others_is_taken_up_with_what_they_did_since() -> None:
    items, store = catalogue(12), Store(None)
    store.put_attempts([Attempt("ann", items[n].name, "finished", 30.0, 0.0) for n in range(4)])
    one = Advisor(items, store, settings=CALM, worker=False)
    one.use("ann")
    skill = one.beliefs().skill
    assert len(skill) == 4
    one.attempt(Attempt("ann", items[5].name, "failed", 30.0, 0.0))
    now = told(one)
    one.use("local")
    one.use("ann")
    assert len(one.beliefs().skill) == 5
    assert told(one) == now
    one.reset()
    assert (one.beliefs().attempts, len(one.beliefs().skill)) == (0, 0)


def test_a_reset_player_starts_anew_in_what_attempts_say_of_taste() -> None:
    items = catalogue(8)
    one, new = (Advisor(items, Store(None), settings=CALM, worker=False) for _ in range(2))
    for _ in range(6):
        one.attempt(Attempt("local", items[2].name, "finished", 60.0, 0.0))
    one.reset()
    for advisor in (one, new):
        advisor.attempt(Attempt("local", items[2].name, "finished", 60.0, 0.0))
    assert told(one) == told(new)


def test_relearning_is_taken_up_at_once_and_survives_further_ratings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        knowledge, "learn_all", partial(learn_all, settings=QUICK)
    )  # as long a chain as at the start
    items = catalogue(16)
    one = Advisor(items, Store(None), community=community(items, 30), settings=CALM, worker=False)
    for number in range(6):
        one.rate(items[number].name, 5 if number % 2 else 1)
    before = one.stars()
    assert one.relearn()
    assert not np.array_equal(one.stars(), before)
    assert "factors" in one.beliefs().models
    learnt = RefitResult(
        one._knowledge.others.shares, one._knowledge.others.factors, one._knowledge.others.rank
    )  # type: ignore[arg-type]
    one.rate(items[7].name, 5)
    again = Advisor(items, one._repository, community=community(items, 30), settings=CALM, worker=False)
    again._knowledge.take_over(learnt)
    assert same(told(one), told(again))


def test_relearning_from_too_little_says_so_and_changes_nothing() -> None:
    one = Advisor(catalogue(8), Store(None), settings=CALM, worker=False)
    one.rate("level01", 5)
    before = told(one)
    assert not one.relearn()
    assert same(told(one), before)
