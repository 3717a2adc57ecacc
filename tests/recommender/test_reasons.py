import re

import numpy as np
import pytest

from recommender.advisor.engine import Advisor, AdvisorSettings
from recommender.advisor.opinions import LIKED
from recommender.reasons import FITS, KINDS, LANGUAGES, NOUNS, Nouns, Reason, text
from recommender.records.kinds import Attempt, Rating
from recommender.store import Store
from tests.recommender.made_advice import catalogue, community

VALUES = {
    "neighbours": {"items": ("a", "b"), "stars": 4.63, "count": 5},
    "near": {"item": "a", "own": 5.0},
    "taste": {"tag": "goal:defend", "effect": 0.7, "evidence": 4},
    "popular": {"stars": 4.4, "count": 23},
    "level": {},
    "again": {"tries": 2},
    "explored": {"count": 1},
    "little": {},
}
TITLES = {"a": "Foundry", "b": "Prism"}


def test_a_neighbours_reason_reads_as_in_the_design() -> None:
    reason = Reason("neighbours", VALUES["neighbours"])
    assert text(reason, "en", TITLES) == "players who liked *Foundry* and *Prism* gave it 4.6"
    assert text(reason, "zh", TITLES) == "喜欢《Foundry》和《Prism》的玩家给了它 4.6 星"


def test_a_new_item_says_what_it_is_close_to() -> None:
    reason = Reason("near", {**VALUES["near"], "new": True, "fit": "right", "chance": 0.704})
    assert (
        text(reason, "en", {"a": "Canal"})
        == "new: close to *Canal*, which you gave 5; about your level (70% to finish)"
    )
    assert (
        text(reason, "zh", {"a": "运河"}) == "新：与《运河》相近，你给过它 5 星；正合你的水平（通关概率 70%）"
    )


def test_simulated_players_are_called_so_in_every_language() -> None:
    for kind in ("neighbours", "popular"):
        reason = Reason(kind, {**VALUES[kind], "simulated": True})
        assert "simulated players" in text(reason, "en", TITLES)
        assert "模拟玩家" in text(reason, "zh", TITLES)
        assert "simulated" not in text(Reason(kind, VALUES[kind]), "en", TITLES)


def test_another_program_uses_its_own_nouns() -> None:
    words = Nouns(players="readers", liked="loved", simulated="made-up", finish="to finish")
    assert text(Reason("neighbours", VALUES["neighbours"]), "en", TITLES, nouns=words).startswith(
        "readers who loved *Foundry* and *Prism*"
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_words(kind: str, language: str) -> None:
    for fit in FITS:
        told = text(Reason(kind, {**VALUES[kind], "fit": fit, "chance": 0.5, "new": True}), language, TITLES)
        assert told
        assert "{" not in told
        assert bool(re.search("[一-鿿]", told)) == (language == "zh")
    assert set(NOUNS) == set(LANGUAGES)


def advisor() -> tuple[Advisor, Store]:
    items, store = catalogue(30), Store(None)
    store.put_ratings(
        [Rating(f"real{n}", f"level{m:02d}", 3.0 + (n + m) % 3, 1.0) for n in range(4) for m in range(n, 20)]
    )
    one = Advisor(
        items,
        store,
        community=community(items[:26], 14),
        settings=AdvisorSettings(exploration=1.0),
        seed=1,
        worker=False,
    )
    for number in range(0, 14, 2):
        outcome = "failed" if number % 3 else "finished"
        one.attempt(Attempt("local", f"level{number:02d}", outcome, 30.0, float(number)))
        one.rate(f"level{number:02d}", 1 + number % 5)
    return one, store


def lies(one: Advisor, store: Store, ratings: list[Rating], item: str, reason: Reason) -> list[str]:
    """What a reason claims and the records do not bear out."""
    given = {(rating.player, rating.item): rating for rating in ratings}
    found, values = [], reason.values
    of_item = [rating for rating in ratings if rating.item == item and rating.player != "local"]
    if reason.kind == "neighbours":
        who = [
            rating
            for rating in of_item
            if all((r := given.get((rating.player, other))) and r.stars >= LIKED for other in values["items"])
        ]
        real = [rating for rating in who if rating.source == "real"]
        told = real if len(real) >= 3 else who
        if (
            not np.isclose(values["stars"], np.mean([rating.stars for rating in told]))
            or len(told) != values["count"]
        ):
            found.append("stars of the neighbours")
        if values["simulated"] != any(rating.source != "real" for rating in told):
            found.append("simulated")
        if any(given["local", other].stars < LIKED for other in values["items"]):
            found.append("liked items")
    if reason.kind == "near" and values["own"] != given["local", values["item"]].stars:
        found.append("own stars")
    if reason.kind == "popular":
        real = [rating for rating in of_item if rating.source == "real"]
        told = real if len(real) >= 3 else of_item
        if (
            not np.isclose(values["stars"], np.mean([rating.stars for rating in told]))
            or len(told) != values["count"]
        ):
            found.append("popular stars")
    if reason.kind == "again":
        tries = [attempt.outcome for attempt in store.attempts("local") if attempt.item == item]
        if tries[-values["tries"] :] != ["failed"] * values["tries"]:
            found.append("tries")
    if reason.kind == "taste":
        tagged = {tag: (effect, evidence) for tag, effect, evidence in one.beliefs().taste}
        if tagged[values["tag"]] != (values["effect"], values["evidence"]) or values["effect"] <= 0:
            found.append("taste")
    if reason.kind == "explored" and values["count"] != len(of_item):
        found.append("count")
    if bool(values.get("new")) and of_item:
        found.append("new")
    if values["chance"] != one.outlook(item).chance:
        found.append("chance")
    return found


def test_no_reason_claims_what_the_records_do_not_bear_out() -> None:
    one, store = advisor()
    ratings = [*community(catalogue(30)[:26], 14).ratings, *store.ratings()]
    kinds = set()
    for round_ in range(12):
        for each in one.suggest(28 if round_ % 2 else 6, now=float(round_)):
            kinds.add(each.reason.kind)
            assert lies(one, store, ratings, each.item, each.reason) == []
            assert each.simulated or not each.reason.simulated
    assert kinds >= {"neighbours", "near", "popular", "again", "explored"}


def test_the_check_of_reasons_finds_a_lie() -> None:
    one, store = advisor()
    ratings = [*community(catalogue(30)[:26], 14).ratings, *store.ratings()]
    told = {each.reason.kind: each for each in one.suggest(28)}
    for kind, value, wrong in (("neighbours", "stars", 4.99), ("near", "own", 1.5), ("popular", "count", 99)):
        each = told[kind]
        false = Reason(kind, {**each.reason.values, value: wrong})
        assert lies(one, store, ratings, each.item, false)


def test_a_clear_taste_is_said_where_no_neighbour_speaks() -> None:
    one = Advisor(catalogue(30), Store(None), settings=AdvisorSettings(exploration=0), worker=False)
    for number in range(10):
        one.rate(f"level{number:02d}", 3 if number % 2 else 1)  # nothing liked enough to be "close to"
    told = [each for each in one.suggest(10) if each.reason.kind == "taste"]
    assert told
    for each in told:
        assert each.reason.values["evidence"] >= 3
        assert each.reason.values["effect"] >= 0.3
    assert any("you like open" in text(each.reason) for each in told)


def test_what_the_player_rated_is_not_new() -> None:
    one = Advisor(catalogue(3), Store(None), settings=AdvisorSettings(exploration=0), worker=False)
    one.rate("level00", 1)
    new = {each.item: bool(each.reason.values.get("new")) for each in one.suggest(3)}
    assert new == {"level00": False, "level01": True, "level02": True}
