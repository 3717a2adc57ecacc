"""Players who always say the same, false players, and a player who only loses."""

from collections import Counter

import numpy as np
import pytest

from recommender.advisor.engine import Advisor, AdvisorSettings
from recommender.advisor.zone import Zone
from recommender.records.kinds import Attempt, Item, Rating
from recommender.store import Store
from tests.recommender.made_advice import catalogue, community

STILL = AdvisorSettings(exploration=0.0, diversity=0.0)
LEVELS = ("easy", "normal", "hard")


def levels(count: int = 18) -> list[Item]:
    """Levels that differ in kind and size and in nothing of their difficulty."""
    return [
        Item(f"level{n:02d}", tags=frozenset({f"kind:{'abc'[n % 3]}"}), numbers={"size": float(n % 5)}, finish_rate=0.7)
        for n in range(count)
    ]  # fmt: skip


def crowd(items: list[Item], seed: int) -> list[Rating]:
    """Twenty-five players rate ten levels each."""
    random = np.random.default_rng(seed)
    worth = np.clip(random.normal(3.4, 0.7, len(items)), 1.5, 4.8)
    return [
        Rating(
            f"p{player}", items[n].name, float(np.clip(np.round(worth[n] + random.normal(0, 0.7)), 1, 5)), 0.0
        )
        for player in range(25)
        for n in random.permutation(len(items))[:10]
    ]


def moved(fakes: int, seed: int) -> tuple[int, float]:
    """Places and stars that a poor level gains by so many players with a single rating, five stars."""
    items, rows, before, after = levels(), crowd(levels(), seed), [], []
    poor = ""
    for extra, told in ((0, before), (fakes, after)):
        store = Store(None)
        store.put_ratings([*rows, *(Rating(f"fake{n}", poor, 5.0, 0.0) for n in range(extra))])
        one = Advisor(items, store, settings=STILL, seed=0, worker=False)
        order = [each.item for each in one.suggest(len(items))]
        poor = poor or order[12]
        told += [order.index(poor), one.outlook(poor).stars]
    return int(before[0] - after[0]), float(after[1] - before[1])


@pytest.mark.parametrize(("fakes", "places", "stars"), [(3, 3.5, 0.2), (10, 6.5, 0.45), (50, 8.5, 0.6)])
def test_false_players_move_a_poor_level_little(fakes: int, places: float, stars: float) -> None:
    """Plain means would add .3, .7 and 1.4 stars and move it 3, 8 and 12 places."""
    found = [moved(fakes, seed) for seed in range(5)]
    assert np.mean([one for one, _ in found]) <= places
    assert max(gain for _, gain in found) <= 1.5 * stars
    assert np.mean([gain for _, gain in found]) <= stars


def test_the_words_say_from_how_many_stars_come() -> None:
    items, store = levels(), Store(None)
    rows = crowd(items, 0)
    store.put_ratings([*rows, *(Rating(f"fake{n}", "level04", 5.0, 0.0) for n in range(3))])
    one = Advisor(items, store, settings=STILL, worker=False)
    for each in one.suggest(18):
        if each.reason.kind == "rated":
            given = [row.stars for row in store.ratings() if row.item == each.item]
            assert each.reason.values["count"] == len(given)
            assert each.reason.values["stars"] == pytest.approx(np.mean(given))


@pytest.mark.parametrize("stars", [1, 5])
def test_who_always_says_the_same_still_gets_varied_lists(stars: int) -> None:
    """Always 5 and always 1: stars stay on the scale, everything comes up in time, nothing is praised by a lie."""
    items = catalogue(17)
    one = Advisor(
        items, Store(None), community=community(items, 20), settings=AdvisorSettings(), seed=1, worker=False
    )
    seen: Counter[str] = Counter()
    for moment in range(80):
        given = one.suggest(5, now=float(moment))
        for each in given:
            own = one._knowledge.own.mine.ratings.get(one._knowledge.numbers[each.item])
            if own is not None and own < 3 and not each.explored:
                assert each.reason.kind == "little"
        first = given[0].item
        seen[first] += 1
        one.attempt(Attempt("local", first, "finished" if moment % 3 else "failed", 60.0, 0.0))
        one.rate(first, stars)
    assert len(seen) >= 8
    assert max(seen.values()) <= 14
    found = one.stars()
    assert (found >= 1).all()
    assert (found <= 5).all()
    assert (found.mean() > 3.5) == (stars == 5)


@pytest.mark.parametrize("difficulties", [(), LEVELS])
def test_who_loses_two_hundred_times_is_offered_what_is_easier(difficulties: tuple[str, ...]) -> None:
    """After three defeats in a row the zone moves up; where the advice may choose it, the difficulty goes down."""
    items = catalogue(17)
    settings = AdvisorSettings(exploration=0.0, difficulties=difficulties, zone=Zone())
    one = Advisor(items, Store(None), community=community(items, 20), settings=settings, seed=1, worker=False)
    one.against = "normal" if difficulties else ""
    ease = {item.name: item.finish_rate or 0.0 for item in items}
    offered: list[list[str]] = []
    against: list[str] = []
    for moment in range(200):
        given = one.suggest(3, now=float(moment))
        offered.append([each.item for each in given])
        against.append(given[0].against)
        assert all(each.reason.values.get("defeats") == (moment if moment >= 3 else None) for each in given)
        if difficulties:
            for each in given:  # what is told is the chance at the difficulty that is told
                assert each.chance == pytest.approx(
                    one._knowledge.skill.chance("local", each.item, each.against)
                )
                if 3 <= moment < 12:  # later all of it is hopeless
                    assert each.chance > one._knowledge.skill.chance("local", each.item, "normal")
        one.attempt(Attempt("local", given[0].item, "failed", 60.0, 0.0, against=given[0].against))
    usual = np.mean(list(ease.values()))
    last = np.mean([ease[name] for part in offered[-20:] for name in part])
    assert last > usual + 0.15  # among the easiest, though one that was lost rests a while
    assert all(ease[part[0]] > usual for part in offered[8:])
    assert len({name for part in offered[-20:] for name in part}) >= 4  # and not one for ever
    if difficulties:
        assert against[0] == "normal"
        assert set(against[5:]) == {"easy"}


def test_to_whom_everything_is_hopeless_is_not_offered_one_item_for_ever() -> None:
    items = catalogue(17)
    settings = AdvisorSettings(exploration=0.0, offer=(0.05, 0.95), zone=Zone())
    one = Advisor(items, Store(None), community=community(items, 20), settings=settings, seed=1, worker=False)
    first: list[str] = []
    for moment in range(120):
        (given,) = one.suggest(1, now=float(moment))
        first.append(given.item)
        one.attempt(Attempt("local", given.item, "failed", 60.0, 0.0))
    chances = [one._knowledge.skill.chance("local", item.name, "") for item in items]
    assert max(chances) < 0.05
    assert len(set(first[-12:])) >= 4


def test_a_success_after_defeats_ends_the_help() -> None:
    items = catalogue(17)
    one = Advisor(items, Store(None), community=community(items, 20), settings=STILL, worker=False)
    for moment in range(6):
        one.attempt(Attempt("local", items[moment].name, "failed", 60.0, 0.0))
    assert one.suggest(1)[0].reason.values["defeats"] == 6
    one.attempt(Attempt("local", items[0].name, "quit", 5.0, 0.0))  # who leaves neither wins nor loses
    assert one.suggest(1)[0].reason.values["defeats"] == 6
    one.attempt(Attempt("local", items[0].name, "finished", 60.0, 0.0))
    assert "defeats" not in one.suggest(1)[0].reason.values
