import dataclasses

import numpy as np
import pytest

from recommender.advisor.community import HALF, TRUST, Community, simulated_weight
from recommender.advisor.engine import Advisor, AdvisorSettings
from recommender.advisor.zone import Zone
from recommender.errors import RatingsRefused
from recommender.records.kinds import Attempt, Item, Rating
from recommender.store import Store
from tests.recommender.made_advice import catalogue, community

CALM = AdvisorSettings(exploration=0.0)


def advisor(items: list[Item] | None = None, settings: AdvisorSettings = CALM, **more: object) -> Advisor:
    items = catalogue() if items is None else items
    more.setdefault("community", community(items))
    return Advisor(items, more.pop("repository", Store(None)), settings=settings, worker=False, **more)  # type: ignore[arg-type]


def attempt(item: str, outcome: str = "finished", time: float = 10.0) -> Attempt:
    return Attempt("local", item, outcome, 60.0, time)


def names(suggestions: list) -> list[str]:
    return [each.item for each in suggestions]


def test_it_learns_a_rating_before_the_next_list() -> None:
    one = advisor()
    before = one.outlook("level09").stars, one.outlook("level08").stars
    one.rate("level11", 5)  # open
    one.rate("level12", 1)  # maze
    after = one.outlook("level09").stars, one.outlook("level08").stars
    assert after[0] > before[0]
    assert after[1] < before[1]
    assert sum("kind:open" in item.tags for item in catalogue() if item.name in names(one.suggest(4))) >= 3


def test_it_learns_an_attempt_before_the_next_list() -> None:
    one = advisor()
    before = one.outlook("level12").chance
    for number in range(4):
        one.attempt(attempt(f"level{12 + number}", "failed"))
    assert one.outlook("level12").chance < before - 0.1
    assert len(one.beliefs().skill) == 4


def test_suggestions_lie_in_the_players_zone_and_the_zone_can_be_moved() -> None:
    one = advisor()
    easy, hard = Zone(0.8, 0.97), Zone(0.2, 0.4)
    chances = {}
    for zone in (easy, hard):
        one.configure(dataclasses.replace(CALM, zone=zone))
        chances[zone] = np.mean([each.chance for each in one.suggest(3)])
    assert chances[easy] > chances[hard] + 0.2


def test_nothing_in_the_zone_still_gives_the_nearest() -> None:
    items = [dataclasses.replace(item, finish_rate=0.03) for item in catalogue(8)]
    items[5] = dataclasses.replace(items[5], finish_rate=0.3)
    one = Advisor(items, Store(None), settings=CALM, worker=False)
    assert len(one.suggest(3)) == 3
    assert one.suggest(1)[0].item == "level05"


def test_what_was_played_rests_and_what_was_dismissed_never_comes() -> None:
    one = advisor()
    first = one.suggest(1)[0].item
    one.attempt(attempt(first, "failed"))
    assert first not in names(one.suggest(10))
    second = one.suggest(1)[0].item
    one.dismiss(second)
    assert second not in names(one.suggest(24))
    assert len(one.suggest(30)) == 23  # the resting one comes last
    assert names(one.suggest(30))[-1] == first
    one.dismiss(second, False)
    assert second in names(one.suggest(30))


def test_an_item_that_rested_comes_again() -> None:
    one = advisor(catalogue(6))
    first = one.suggest(1)[0].item
    one.attempt(attempt(first, "failed"))
    assert first not in names(one.suggest(5))
    for other in [item.name for item in catalogue(6) if item.name != first][:2]:
        one.attempt(attempt(other, "failed"))
    assert first in names(one.suggest(4))


def test_another_players_attempts_count_at_once_and_an_impossible_one_leaves_nothing() -> None:
    one = advisor()
    before = one.outlook("level12").chance
    for number in range(12):
        one.attempt(Attempt("other", "level12", "failed", 60.0, float(number)))
    assert one.outlook("level12").chance < before - 0.03
    tries, known = one.outlook("level12").tries, one.beliefs().attempts
    with pytest.raises(RatingsRefused):
        one.attempt(Attempt("local", "level12", "failed", float("nan"), 1.0))
    assert (one.outlook("level12").tries, one.beliefs().attempts) == (tries, known)


def test_exclude_and_empty_catalogues() -> None:
    one = advisor()
    assert "level03" not in names(one.suggest(24, exclude=["level03"]))
    assert Advisor([], Store(None), worker=False).suggest() == []
    assert names(Advisor([Item("only")], Store(None), worker=False).suggest(3)) == ["only"]


def test_what_is_shown_is_logged_with_its_propensity() -> None:
    store = Store(None)
    one = advisor(settings=AdvisorSettings(exploration=0.5), repository=store)
    explored = 0
    for round_ in range(40):
        given = one.suggest(4, now=float(round_))
        logged = store.shown("local")[-4:]
        assert [(each.item, each.place, each.propensity, each.explored) for each in logged] == [
            (each.item, place, each.propensity, each.explored) for place, each in enumerate(given)
        ]
        explored += sum(each.explored for each in given)
        assert given[0].propensity == 1.0
        assert {each.propensity for each in given[1:] if not each.explored} == {1 - 0.5 / 5}
    assert 4 <= explored <= 24


def test_the_same_seed_gives_the_same_lists() -> None:
    lists = [
        [names(one.suggest(5, now=0.0)) for _ in range(10)] for one in (advisor(seed=3), advisor(seed=3))
    ]
    assert lists[0] == lists[1]


def test_a_restart_believes_the_same() -> None:
    store = Store(None)
    one = advisor(repository=store)
    for number in range(6):
        one.attempt(attempt(f"level{number:02d}", "finished", float(number)))
        one.rate(f"level{number:02d}", 5 - number % 3)
    one.dismiss("level20")
    again = advisor(repository=store)
    for item in ("level07", "level08", "level20"):
        assert again.outlook(item).stars == pytest.approx(one.outlook(item).stars, abs=1e-9)
        assert again.outlook(item).chance == pytest.approx(one.outlook(item).chance, abs=1e-9)
    assert names(again.suggest(6, now=9.0)) == names(one.suggest(6, now=9.0))


def test_reset_forgets_the_player_only() -> None:
    store = Store(None)
    store.put_ratings([Rating("other", "level02", 4, 1.0)])
    one = advisor(repository=store)
    fresh = one.outlook("level07")
    one.rate("level05", 5)
    one.attempt(attempt("level05", "failed"))
    one.dismiss("level06")
    assert one.outlook("level07") != fresh
    one.reset()
    assert one.outlook("level07") == fresh
    assert (one.beliefs().ratings, one.beliefs().attempts, one.beliefs().real) == (0, 0, 1)
    assert store.ratings("local") == []


def test_fallbacks_are_told() -> None:
    alone = Advisor(catalogue(), Store(None), settings=CALM, worker=False)
    assert alone.suggest(1)[0].models == ("content",)  # nobody has rated anything
    one = advisor()
    assert one.suggest(1)[0].models == ("biases", "popularity")  # a new player
    for number in range(12):
        one.rate(f"level{number:02d}", 5 if number % 2 else 1)
    assert one.suggest(1)[0].models == ("neighbours", "together", "content", "biases")
    assert "factors" not in one.beliefs().models


def test_beliefs_say_what_they_rest_on() -> None:
    one = advisor()
    assert one.beliefs().taste == ()
    for number in range(8):
        one.rate(f"level{number:02d}", 5 if number % 2 else 1)
    beliefs = one.beliefs()
    effects = {tag: (effect, evidence) for tag, effect, evidence in beliefs.taste}
    assert effects["kind:open"][0] > 0.5 > -0.5 > effects["kind:maze"][0]
    assert effects["kind:open"][1] == effects["kind:maze"][1] == 4
    assert (beliefs.ratings, beliefs.real, beliefs.simulated) == (8, 8, 12 * 12)


def test_real_ratings_outweigh_the_community_which_can_be_switched_off() -> None:
    assert simulated_weight(0) == TRUST
    assert simulated_weight(int(HALF)) == TRUST / 2
    assert simulated_weight(100_000) < 0.001
    one = advisor()
    assert any(each.simulated for each in one.suggest(5))
    one.configure(dataclasses.replace(CALM, community=False))
    assert one.beliefs().simulated == 0
    assert not any(each.simulated for each in one.suggest(20))
    one.configure(CALM)
    assert one.beliefs().simulated == 12 * 12


def test_real_players_move_an_item_more_the_more_they_are() -> None:
    items = catalogue()
    stars = []
    for real in (0, 3, 30):
        store = Store(None)
        store.put_ratings([Rating(f"real{number}", "level07", 1.0, 1.0) for number in range(real)])
        stars.append(advisor(items, repository=store).outlook("level07").stars)
    assert stars[0] > stars[1] > stars[2]


def test_a_hopeless_level_is_not_taken_for_a_disliked_one() -> None:
    """Stars given where the chance was tiny are cleared of challenge, as the others' ratings show it."""
    items, random = catalogue(), np.random.default_rng(0)
    simulated = community(items, players=40)
    ratings = []
    for rating in simulated.ratings:
        hard = int(rating.item[5:]) >= 16
        ratings.append(
            dataclasses.replace(rating, stars=max(1.0, 4.0 - 2.5 * hard + round(random.normal(0, 0.3))))
        )
    told = Community(tuple(ratings), simulated.attempts)
    liking = []
    for cleared in (True, False):
        one = advisor(items, community=told)
        if not cleared:
            one._knowledge.others.challenge.slopes[:] = 0.0
        one.rate("level21", 2)
        one.rate("level23", 2)
        liking.append(one.outlook("level09").stars)
    assert liking[0] > liking[1]


def test_stars_that_rest_on_simulated_players_say_so_whatever_the_reason() -> None:
    items = catalogue()
    one = advisor(items)
    one.rate("level11", 5)
    own_taste = [each for each in one.suggest(20) if not each.reason.simulated]
    assert own_taste
    rated = {rating.item for rating in community(items).ratings}
    assert all(each.simulated for each in own_taste if each.item in rated)
    assert all(one.outlook(item).simulated for item in rated)
    alone = advisor(items, community=None)
    alone.rate("level11", 5)
    assert not any(each.simulated for each in alone.suggest(20))
    assert not any(alone.outlook(item).simulated for item in rated)


def test_real_players_outweigh_simulated_ones_on_an_item() -> None:
    items = catalogue()
    store = Store(None)
    store.put_ratings([Rating(f"real{number}", "level03", 4.0, 1.0) for number in range(30)])
    one = advisor(items, repository=store)
    assert not one.outlook("level03").simulated
    assert one.outlook("level04").simulated


def test_stored_stars_outside_the_scale_do_not_stop_the_advice() -> None:
    store = Store(None)
    rows = [("local", "level01", 9.0), ("ann", "level02", 0.0)]  # as an older program wrote them
    store._file.write([("INSERT INTO ratings VALUES (?, ?, ?, 1.0, 'real')", rows)])
    one = advisor(repository=store)
    assert len(one.suggest(3)) == 3
    assert one.beliefs().ratings == 0


def test_nothing_explores_before_the_player_has_finished_enough() -> None:
    settings = AdvisorSettings(exploration=1.0, explore_after=3)
    one = advisor(settings=settings)
    for finished in range(4):
        lists = [one.suggest(4, now=float(number)) for number in range(12)]
        assert any(each.explored for given in lists for each in given) == (finished >= 3)
        assert all(each.propensity == 1.0 for given in lists for each in given) == (finished < 3)
        one.attempt(attempt(f"level{finished:02d}", "failed", 20.0 + finished))
        one.attempt(attempt(f"level{finished:02d}", "finished", 30.0 + finished))


def test_a_new_player_gets_what_most_finish_first() -> None:
    items = [
        dataclasses.replace(item, finish_rate=None if number == 5 else (number * 7 % 24) / 24)
        for number, item in enumerate(catalogue())
    ]
    rates = {item.name: item.finish_rate for item in items}
    new = advisor(items, AdvisorSettings(exploration=0.0, diversity=0.0, easy_first=1))
    shelf = new.suggest(5)
    chances = [each.chance for each in shelf]
    assert chances == sorted(chances, reverse=True), "a ladder"
    best = sorted((rate for rate in rates.values() if rate is not None), reverse=True)[:3]
    assert set(best) <= {rates[each.item] for each in shelf}
    assert None not in {rates[each.item] for each in shelf}, "of which nothing is known comes last"
    usual = advisor(items, AdvisorSettings(exploration=0.0, diversity=0.0))
    assert names(usual.suggest(5)) != names(new.suggest(5))
    for one in (new, usual):
        one.attempt(attempt("level00"))
    assert names(usual.suggest(5)) == names(new.suggest(5))
