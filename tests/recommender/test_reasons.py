"""Reasons: their words, and that nothing in them is untrue.

The property is checked in some hundred random states here, and in 10,000 by

    python -m pytest tests/recommender/test_reasons.py -m slow
"""

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from recommender.advisor.answers import Suggestion
from recommender.advisor.engine import Advisor, AdvisorSettings
from recommender.reasons import FITS, KINDS, LANGUAGES, NOUNS, Nouns, Reason, tag_text, text
from recommender.records.kinds import Attempt, Item, Play, Rating
from recommender.store import Store
from tests.recommender.borne_out import Check, checked, listed
from tests.recommender.made_advice import catalogue, community
from tests.recommender.random_states import STATES, states

WORLDS = 40  # of STATES states each
MANY_WORLDS = 1000
VALUES = {
    "own": {"own": 4.0},
    "together": {"items": ("a", "b")},
    "taken": {"count": 23},
    "rated": {"stars": 4.4, "count": 23},
    "taste": {"tag": "goal:defend", "more": 0.7, "evidence": 4},
    "near": {"item": "a", "own": 5.0},
    "neighbours": {"stars": 4.63, "count": 5},
    "pattern": {"count": 31},
    "level": {},
    "fresh": {},
    "untried": {},
    "start": {"count": 2},
    "explored": {"count": 1},
    "little": {},
}
TITLES = {"a": "Foundry", "b": "Prism"}


@pytest.mark.parametrize(
    ("reason", "english", "chinese"),
    [
        (Reason("own", VALUES["own"]), "you gave it 4", "你给过它 4 星"),
        (Reason("together", VALUES["together"]), "often chosen together with *Foundry* and *Prism*",
         "选过《Foundry》和《Prism》的人也常选它"),
        (Reason("taken", VALUES["taken"]), "23 players chose it", "23 位玩家选择了它"),
        (Reason("taken", {"count": 1}), "1 player chose it", "1 位玩家选择了它"),
        (Reason("rated", VALUES["rated"]), "23 players gave it 4.4 on average", "23 位玩家平均给它 4.4 星"),
        (Reason("taste", VALUES["taste"]), "you like defend: 0.7 stars more than the rest",
         "你偏爱 defend：平均多给 0.7 星"),
        (Reason("taste", {"tag": "size:middle", "more": 1.0, "evidence": 2}), "you like a medium size: 1 star more than the rest",
         "你偏爱 size 适中：平均多给 1 星"),
        (Reason("taste", VALUES["near"]), "close to *Foundry*, which you gave 5",
         "与你给过 5 星的《Foundry》相近"),
        (Reason("near", VALUES["near"]), "liked by those who liked *Foundry*, which you gave 5",
         "喜欢《Foundry》（你给过 5 星）的人也喜欢它"),
        (Reason("neighbours", VALUES["neighbours"]), "5 players with a taste like yours gave it 4.6 on average",
         "5 位玩家与你口味相近，平均给它 4.6 星"),
        (Reason("pattern", VALUES["pattern"]), "your 31 ratings together point to it",
         "从你的 31 个评分看，它适合你"),
        (Reason("level", {"fit": "right", "chance": 0.7}), "about your level (70% to finish)",
         "正合你的水平（通关概率 70%）"),
        (Reason("little", {"nobody": True, "new": True}), "new to everyone", "还没有人选过"),
        (Reason("little", {"own": 2.0}), "you gave it 2", "你给过它 2 星"),
        (Reason("level", {"fit": "right", "chance": 0.8, "defeats": 4, "tries": 2, "against": "easy"}),
         "after 4 defeats in a row, something easier; you failed it twice so far (80% to finish at easy)",
         "连败 4 次后，换个容易些的；你在这里失败过 2 次（easy 难度下通关概率 80%）"),
        (Reason("own", {"own": 5.0, "fit": "hard", "chance": 0.003, "defeats": 90}),
         "you gave it 5; hard for you (under 1% to finish)", "你给过它 5 星；对你来说较难（通关概率不到 1%）"),
        (Reason("level", {"fit": "hard", "chance": 0.1, "defeats": 3, "ease": "easier"}),
         "after 3 defeats in a row, easier than most here (10% to finish)", "连败 3 次后，比这里的多数更容易（通关概率 10%）"),
        (Reason("start", {"fit": "hard", "chance": 0.1, "ease": "easiest"}),
         "one of the easiest there are (10% to finish)", "是这里最容易的之一（通关概率 10%）"),
        (Reason("start", {"fit": "hard", "chance": 0.1}),
         "hard for you (10% to finish)", "对你来说较难（通关概率 10%）"),
        (Reason("own", {"own": 5.0, "fit": "hard", "chance": 0.002, "defeats": 90, "ease": "easiest"}),
         "you gave it 5; after 90 defeats in a row, one of the easiest there are (under 1% to finish)", None),
        (Reason("pattern", {"count": 1}), "your 1 rating points to it", "从你的 1 个评分看，它适合你"),
        (Reason("taken", {"count": 66, "thin": 50}), "66 players chose it, 50 of whom chose little else",
         "66 位玩家选择了它，其中 50 位几乎没选过别的"),
        (Reason("rated", {"stars": 5.0, "count": 4, "thin": 3}),
         "4 players gave it 5 on average, 3 of whom rated little else", "4 位玩家平均给它 5 星，其中 3 位几乎没选过别的"),
    ],
)  # fmt: skip
def test_reasons_read_as_in_the_design(reason: Reason, english: str, chinese: str | None) -> None:
    assert text(reason, "en", TITLES) == english
    assert chinese is None or text(reason, "zh", TITLES) == chinese


def test_tags_of_numbers_keep_their_name() -> None:
    assert [tag_text(f"size:{amount}", "en", {}) for amount in ("low", "middle", "high")] == [
        "little size", "a medium size", "much size",
    ]  # fmt: skip
    assert tag_text("size:middle", "zh", {"size": "大小"}) == "大小适中"
    assert tag_text("size:middle", "en", {"size:middle": "middle-sized levels"}) == "middle-sized levels"
    assert (tag_text("goal:defend", "en", {}), tag_text("piano", "en", {})) == ("defend", "piano")


def test_a_new_item_says_what_it_is_close_to() -> None:
    reason = Reason("taste", {**VALUES["near"], "new": True, "fit": "right", "chance": 0.704})
    assert (
        text(reason, "en", {"a": "Canal"})
        == "new: close to *Canal*, which you gave 5; about your level (70% to finish)"
    )
    assert (
        text(reason, "zh", {"a": "运河"}) == "新：与你给过 5 星的《运河》相近；正合你的水平（通关概率 70%）"
    )


@pytest.mark.parametrize("kind", ["neighbours", "rated", "taken"])
def test_simulated_players_are_called_so_in_every_language(kind: str) -> None:
    count = int(str(VALUES[kind]["count"]))
    every, some = (Reason(kind, {**VALUES[kind], "simulated": many}) for many in (count, 2))
    assert text(every, "en", TITLES).startswith(f"{count} simulated players ")
    assert text(every, "zh", TITLES).startswith(f"{count} 位模拟玩家")
    assert text(some, "en", TITLES).startswith(f"{count} players (2 simulated) ")
    assert text(some, "zh", TITLES).startswith(f"{count} 位玩家（其中 2 位模拟）")
    assert "simulated" not in text(Reason(kind, VALUES[kind]), "en", TITLES)
    assert every.simulated


def test_another_program_uses_its_own_nouns() -> None:
    words = Nouns(players="readers", player="reader", simulated="made-up", finish="to finish")
    assert text(Reason("rated", VALUES["rated"]), "en", nouns=words) == "23 readers gave it 4.4 on average"
    assert text(Reason("taken", {"count": 1}), "en", nouns=words) == "1 reader chose it"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_words(kind: str, language: str) -> None:
    for fit in FITS:
        told = text(Reason(kind, {**VALUES[kind], "fit": fit, "chance": 0.5, "new": True}), language, TITLES)
        assert told
        assert "{" not in told
        assert bool(re.search("[一-鿿]", told)) == (language == "zh")
    assert set(NOUNS) == set(LANGUAGES)


def told_of(worlds: range) -> tuple[list[str], Counter[str]]:
    """Lies in all lists of some worlds, with their state, and how often each kind of reason came."""
    found, kinds = [], Counter[str]()
    for seed in worlds:
        for state in states(seed):
            lies, given = checked(state, 6)
            found += [f"states({seed}), moment {state.moment}: {lie}" for lie in lies]
            kinds.update(each.reason.kind for each in given)
    return found, kinds


def test_a_reason_is_the_largest_term_of_the_score_and_borne_out_by_the_records() -> None:
    lies, kinds = told_of(range(WORLDS))
    assert lies == []
    assert set(kinds) == set(KINDS)


@pytest.mark.slow
def test_the_same_in_ten_thousand_states() -> None:
    assert MANY_WORLDS * STATES == 10_000
    lies, kinds = told_of(range(MANY_WORLDS))
    print(dict(kinds))
    assert lies == []


def test_lists_are_in_the_order_of_that_score() -> None:
    """Without diversity and exploration nothing but the score decides."""
    plain = AdvisorSettings(diversity=0.0, exploration=0.0, rest=0, repeats=True)
    compared = 0
    for seed in range(4, 12):
        for state in states(seed):
            state.advisor.configure(replace(plain, zone=state.advisor.settings.zone))
            scoring = state.advisor._scoring()
            given = state.advisor.suggest(20, now=0.0)
            numbers = scoring.candidates(state.advisor._allowed(()).nonzero()[0].astype("int32"), 20)
            scored = scoring.scored(numbers)
            score = dict(zip((state.items[n].name for n in numbers), scored.score, strict=True))
            values = [score[each.item] for each in given]
            assert values == pytest.approx(sorted(values, reverse=True), abs=1e-9)
            compared += len(values)
    assert compared > 300


def planted(each: Suggestion, name: str, wrong: object) -> Suggestion:
    return replace(each, reason=Reason(each.reason.kind, {**each.reason.values, name: wrong}))


def test_the_check_finds_every_lie_that_is_planted() -> None:
    """Each value of each kind, one by one; another kind; and praise for what the player rated low."""
    caught: Counter[tuple[str, str]] = Counter()
    wrong: dict[str, object] = {
        "own": 4.5, "items": ("nowhere",), "count": 99, "stars": 4.99, "more": 9.0, "evidence": 77, "item": "nowhere",
        "effect": 0.5, "tag": "no tag", "chance": 0.123, "fit": "none", "against": "nobody", "defeats": 1, "tries": 9,
        "new": True, "nobody": True, "simulated": None, "thin": 55, "ease": "hardest",
    }  # fmt: skip
    for seed in range(10):
        for state in states(seed):
            explainers, given = listed(state, 4)
            check = Check(state, explainers[0]) if explainers else None
            for each in given:
                if check is None or check.names.index(each.item) not in check.scored.numbers:
                    continue
                assert check.lies(each) == []
                for name in each.reason.values:
                    if name in ("new", "nobody") or (name == "simulated" and each.reason.kind == "taken"):
                        continue
                    assert check.lies(planted(each, name, wrong[name])), (each, name)
                    caught[each.reason.kind, name] += 1
                if "new" not in each.reason.values and (
                    each.item in check.records.own or check.records.takers[each.item]
                ):
                    assert check.lies(planted(each, "new", True))
                    assert check.lies(planted(each, "nobody", True))
                other = "level" if each.reason.kind != "level" else "fresh"
                assert check.lies(replace(each, reason=Reason(other, {**each.reason.values, "effect": 1.0})))
                caught["any", "kind"] += 1
                if check.records.own.get(each.item, 5) < 3 and each.reason.kind == "little":
                    praise = Reason("rated", {**each.reason.values, "stars": 4.5, "count": 7, "effect": 1.0})
                    assert check.lies(replace(each, reason=praise))
                    caught["any", "praise"] += 1
    assert {name for _, name in caught} >= {"kind", "praise", *wrong} - {
        "new",
        "nobody",
        "simulated",
        "item",
        "against",
        "thin",
    }
    assert min(caught.values()) >= 1


def test_the_check_finds_a_score_that_its_terms_do_not_make() -> None:
    for state in states(3):
        explainers, _ = listed(state, 3)
        check = Check(state, explainers[0])
        assert check.score_lies() == []
        if len(check.scored.numbers) < 2:
            continue
        more = check.scored.score.copy()
        more[0] += 0.1
        check.scored = replace(check.scored, score=more)
        assert check.score_lies() == ["the score", "the terms do not add up"]


def test_a_clear_taste_is_said_with_the_stars_that_show_it() -> None:
    one = Advisor(catalogue(30), Store(None), settings=AdvisorSettings(exploration=0), worker=False)
    for number in range(10):
        one.rate(f"level{number:02d}", 3 if number % 2 else 1)
    told = [each for each in one.suggest(10) if "tag" in each.reason.values]
    assert told
    assert any("you like open: 2 stars more than the rest" in text(each.reason) for each in told)
    for each in told:
        if each.reason.values["tag"] == "kind:open":
            assert (each.reason.values["more"], each.reason.values["evidence"]) == (2.0, 5)


def test_what_the_player_rated_is_not_new() -> None:
    settings = AdvisorSettings(exploration=0, repeats=True)
    one = Advisor(catalogue(3), Store(None), settings=settings, worker=False)
    one.rate("level00", 1)
    new = {each.item: bool(each.reason.values.get("new")) for each in one.suggest(3)}
    assert new == {"level00": False, "level01": True, "level02": True}


def test_what_was_only_tried_or_skipped_is_not_new_to_everyone() -> None:
    store = Store(None)
    one = Advisor(catalogue(4), store, settings=AdvisorSettings(exploration=0), worker=False)
    one.attempt(Attempt("local", "level01", "failed", 9.0, 1.0))
    one.played("level02", "skipped")
    store.put_attempts([Attempt("ann", "level03", "failed", 9.0, 1.0)])
    again = Advisor(catalogue(4), store, settings=AdvisorSettings(exploration=0), worker=False)
    new = {item.name: bool(again.explain(item.name).values.get("new")) for item in catalogue(4)}
    assert new == {"level00": True, "level01": False, "level02": False, "level03": False}


def test_skipping_is_not_choosing() -> None:
    items, store = catalogue(8), Store(None)
    for number in range(30):
        store.put_plays(
            [
                Play(f"p{number}", "level05", "skipped", 1.0, 1.0),
                Play(f"p{number}", "level06", "played", 1.0, 1.0),
            ]
        )
    settings = AdvisorSettings(zone=None, optimism=0.0, exploration=0.0)
    one = Advisor(items, store, settings=settings, worker=False)
    assert one._knowledge.others.plays.tolist() == [0, 0, 0, 0, 0, 0, 30, 0]
    reasons = {item.name: one.explain(item.name) for item in items}
    assert (reasons["level06"].kind, reasons["level06"].values["count"]) == ("taken", 30)
    assert reasons["level05"].kind != "taken"
    assert one.suggest(1)[0].item == "level06"


def test_neighbours_are_those_whose_stars_made_the_term() -> None:
    """No more players are named than count, and the mean is of their stars."""
    items = catalogue(12)
    ratings = [
        Rating(f"p{n}", items[m].name, 5.0 if (n + m) % 2 else 1.0, 1.0)
        for n in range(120)
        for m in range(12)
    ]
    store = Store(None)
    store.put_ratings(ratings)
    one = Advisor(items, store, settings=AdvisorSettings(exploration=0, zone=None), worker=False)
    for number in range(8):
        one.rate(items[number].name, 5 if number % 2 else 1)
    scoring = one._scoring()
    scored = scoring.scored(one._knowledge.others.plays.nonzero()[0].astype("int32"))
    found = one._explainer(scoring, scored, [9])._neighbours(9)
    assert found == {"stars": 5.0, "count": 48}


def test_simulated_players_behind_a_reason_are_told() -> None:
    items = catalogue(24)
    settings = AdvisorSettings(zone=None, exploration=0)
    one = Advisor(items, Store(None), community=community(items, 40), settings=settings, worker=False)
    rated = [each for each in one.suggest(12) if each.reason.kind in ("rated", "taken")]
    assert rated
    assert all(each.reason.simulated and each.simulated for each in rated)


def test_a_tie_is_called_the_easiest_as_a_whole_or_not_at_all() -> None:
    """Twenty items of which one was tried and failed: nineteen are equal, and none of them is one of two easiest."""
    items = [Item(f"N{number}") for number in range(20)]
    advisor = Advisor(items, Store(None), settings=AdvisorSettings(exploration=0), worker=False)
    for _ in range(4):
        advisor.attempt(Attempt("local", "N0", "failed", 60.0, 0.0))
    for each in advisor.suggest(10):
        assert "ease" not in each.reason.values
        assert "easiest" not in text(each.reason)


def test_odds_tell_apart_what_is_all_but_hopeless() -> None:
    items = catalogue(30)
    settings = AdvisorSettings(exploration=0, difficulties=("calm", "wild"))
    advisor = Advisor(items, Store(None), settings=settings, worker=False)
    advisor.against = "calm"
    for _ in range(200):
        top = advisor.suggest(1)[0]
        advisor.attempt(Attempt("local", top.item, "failed", 60.0, 0.0, against="calm"))
    odds = advisor._scoring().odds
    assert len(np.unique(odds)) == 30
    told = [advisor.explain(item.name).values.get("ease") for item in items]
    assert (told.count("easiest"), told.count("easier"), told.count(None)) == (3, 12, 15)


def test_what_was_had_lately_is_no_change() -> None:
    items = [Item(f"song{number:02d}") for number in range(25)]
    advisor = Advisor(items, Store(None), settings=AdvisorSettings(exploration=0, zone=None), worker=False)
    for number in [*range(20)] * 4 + [*range(20, 25)]:
        advisor.played(f"song{number:02d}")
    kinds = {each.item: each.reason.kind for each in advisor.suggest(25)}
    late = {f"song{number:02d}" for number in range(5, 25)}
    assert all(kind != "fresh" for item, kind in kinds.items() if item in late)
    assert "fresh" in kinds.values()


def test_close_content_is_likeness_and_not_its_opposite() -> None:
    items = [Item(f"i{number}", tags=frozenset({f"t:{number % 3}"})) for number in range(9)]
    advisor = Advisor(items, Store(None), settings=AdvisorSettings(exploration=0), worker=False)
    for item, stars in (("i0", 5), ("i3", 4), ("i1", 1)):
        advisor.rate(item, stars)
    for each in advisor.suggest(9):
        near = each.reason.values.get("item")
        if each.reason.kind == "taste" and near is not None:
            assert items[int(each.item[1:])].tags == items[int(near[1:])].tags
