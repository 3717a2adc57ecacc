"""Endless levels among the suggestions: they fit the player, those met stay, and nothing hopeless or sure is offered."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from game.core import rules
from game.core.levels.catalogue import list_levels, load_level
from game.core.levels.generator import by_name
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.endless_shelf import shelf
from game.match.grading.grade import OFFERED
from game.player.endless_levels import (
    EACH,
    LEFT,
    EndlessCriteria,
    EndlessPool,
    FitCriteria,
    choose_levels,
    has_offered_chance,
    measured_steps,
    met_levels,
)
from game.player.level_items import items_of
from game.player.level_recommender import LevelRecommender
from game.player.paths import UserFolders
from game.player.profile import MatchRecord, Profile
from recommender.records.kinds import Attempt

WON = MatchRecord("", "0" * 64, "eliminate", "Hunter", "regular", "ranger", "won", 300, 1800, 3, 0, 0)


@pytest.fixture
def profile(tmp_path: Path) -> Iterator[Profile]:
    profile = Profile(UserFolders(tmp_path))
    yield profile
    profile.close()


@pytest.mark.parametrize("strength", [15.0, 25.0, 38.0])
def test_what_is_chosen_fits_the_player(strength: float) -> None:
    fit = FitCriteria(strength, "regular", 0.55, 0.85)
    found = choose_levels(fit, ())
    for objective in rules.OBJECTIVE_NAMES:
        mine = [one for one in found if one.objective == objective]
        assert len(mine) == EACH
        inside = [one for one in mine if 0.55 <= one.grade.chance(strength, "regular") <= 0.85]
        if strength == 25:
            assert inside == mine
        for one in mine:
            assert any(one.grade.may_be_offered(strength, name) for name in DIFFICULTY_IDS)


def test_a_stronger_player_gets_harder_levels() -> None:
    def middle(strength: float) -> float:
        found = choose_levels(FitCriteria(strength, "regular", 0.55, 0.85), ())
        return sum(one.grade.difficulty for one in found) / len(found)

    assert middle(18) < middle(25) < middle(32)


def test_what_was_tried_gives_way_to_the_next() -> None:
    fit = FitCriteria(25.0, "regular", 0.55, 0.85)
    first = choose_levels(fit, ())
    again = choose_levels(fit, {one.name for one in first})
    assert {one.name for one in first}.isdisjoint(one.name for one in again)
    assert len(again) == len(first)


def test_nobody_is_offered_what_everybody_loses() -> None:
    """Of 18 matches at each difficulty none was won, or all: by any reckoning the level is no match for anybody."""
    hopeless = [one for one in shelf() if not any(one.grade.counts.won)]
    sure = [one for one in shelf() if one.grade.counts.won == one.grade.counts.matches]
    assert hopeless
    for one in hopeless:
        assert not has_offered_chance(one, FitCriteria(25.0, "regular", 0.55, 0.85)), one.name
    for one in sure:
        assert not has_offered_chance(one, FitCriteria(40.0, "regular", 0.55, 0.85)), one.name


def test_a_level_comes_for_a_difficulty_at_which_it_may_be_offered() -> None:
    """Wide grades may lie within at one difficulty by their middle alone: that is not enough."""
    known = shelf()[0]
    unsure = replace(known.grade, mode=(0.4, 2.5, -3.0, -4.0), spread=(1.5, 0.01, 0.01, 0.01))
    surer = replace(known.grade, mode=(3.0, 0.3, -3.0, -4.0), spread=(0.05,) * 4)
    levels = [
        known._replace(name="unsure", grade=unsure),
        known._replace(name="sure", grade=surer),
    ]
    assert [one.name for one in choose_levels(FitCriteria(25.0, "rookie", 0.3, 0.85), (), levels)] == ["sure"]


def test_names_of_other_things_are_no_endless_levels() -> None:
    assert [
        level.name for level in met_levels(["foundry", "rings-defend-17", "rings-defend-17", "user/x"])
    ] == ["rings-defend-17"]


def test_difficulties_stand_apart_as_was_measured() -> None:
    steps = measured_steps()
    assert len(steps) == len(DIFFICULTY_IDS)
    assert steps[DIFFICULTY_IDS.index("regular")] == 0
    assert list(steps) == sorted(steps)
    assert steps[-1] - steps[0] > 3


def drawn() -> set[str]:
    return {entry.name for entry in list_levels()}


def won(profile: Profile, names: Iterable[str], start: float = 0.0) -> None:
    for match, name in enumerate(names):
        profile.record_match(replace(WON, level=name, time=start + match))


def test_a_new_player_begins_with_levels_that_people_drew(profile: Profile) -> None:
    advice = LevelRecommender(profile, list_levels, seed=1)
    assert {each.item for each in advice.suggestions(40)} == drawn()
    advice.close()


def test_after_the_first_wins_generated_levels_come_too(profile: Profile) -> None:
    advice = LevelRecommender(profile, list_levels, seed=1)
    for match, name in enumerate(["first_light", "orchard", "last_post"]):
        record = replace(WON, level=name, time=float(match))
        profile.record_match(record)
        advice.learn_match(record)
    found = [each.item for each in advice.suggestions(40)]
    endless = [name for name in found if name not in drawn()]
    assert len(found) == 40
    assert len(endless) >= 20
    assert all(by_name(name) is not None for name in endless)
    advice.close()


def test_a_player_who_asks_for_hard_levels_is_not_treated_as_new(profile: Profile) -> None:
    advice = LevelRecommender(profile, list_levels, seed=1, zone=(0.2, 0.5))
    assert not {each.item for each in advice.suggestions(40)} <= drawn()
    advice.close()


def test_levels_used_up_are_replaced(profile: Profile) -> None:
    won(profile, ["first_light", "orchard", "last_post"])
    advice = LevelRecommender(profile, list_levels, seed=1)
    first = {each.item for each in advice.suggestions(80)} - drawn()
    for match, name in enumerate(
        sorted(first)
    ):  # won and lost by turns: the player stays as strong as before
        outcome = ("won", "lost")[match % 2]
        record = replace(
            WON, level=name, level_hash=load_level(name).digest, outcome=outcome, time=10.0 + match
        )
        profile.record_match(record)
        advice.learn_match(record)
    later = {each.item for each in advice.suggestions(120)} - drawn()
    assert len(later - first) >= len(rules.OBJECTIVE_NAMES) * LEFT
    advice.close()


def want(
    strength: float, attempts: int, touched: tuple[str, ...] = (), *, new: bool = False
) -> EndlessCriteria:
    outcome = "finished" if strength > 25 else "failed"
    tried = [Attempt("me", "foundry", outcome, 60, float(k), against="regular") for k in range(attempts)]
    return EndlessCriteria("me", tried, touched, "regular", 0.55, 0.85, new)


@pytest.mark.parametrize(("later", "worn"), [
    (want(40, 30), False),
    (want(40, 31), False),  # one match more hardly moves what is known of a player's strength
    (want(15, 30), True),
    (want(40, 30)._replace(difficulty="hard"), True),
    (want(40, 30)._replace(low=0.3), True),
    (want(40, 30, new=True), True),
])  # fmt: skip
def test_when_other_levels_are_chosen(later: EndlessCriteria, worn: bool) -> None:
    pool = EndlessPool()
    assert pool.is_worn(want(40, 30))
    pool.renew(items_of(list_levels()), {}, want(40, 30), shelf())
    if later.attempts[0].outcome == "failed":
        later = later._replace(attempts=[*want(40, 30).attempts, *later.attempts])
    assert pool.is_worn(later) is worn


def test_nothing_is_suggested_outside_of_what_is_offered(profile: Profile) -> None:
    won(profile, ["foundry"] * 12)
    advice = LevelRecommender(profile, list_levels, seed=1)
    for each in advice.suggestions(20):
        assert OFFERED[0] <= each.chance <= OFFERED[1]
    advice.close()


def test_a_level_that_was_met_stays_known(profile: Profile) -> None:
    name = choose_levels(FitCriteria(25.0, "regular", 0.55, 0.85), ())[0].name
    profile.record_match(replace(WON, level=name, level_hash=load_level(name).digest))
    advice = LevelRecommender(profile, list_levels, seed=1)
    outlook = advice.outlook(name)
    assert outlook is not None
    assert outlook.tries == 1
    advice.close()


def test_who_loses_everywhere_is_offered_what_is_nearest(profile: Profile) -> None:
    for match in range(40):
        profile.record_match(
            replace(WON, level="first_light", outcome="lost", difficulty="rookie", time=100.0 + match)
        )
    advice = LevelRecommender(profile, list_levels, endless=False, seed=1)
    found = advice.suggestions(5)
    chances = {name: advice.outlook(name).chance for name in drawn()}  # type: ignore[union-attr]
    assert sum(chance >= OFFERED[0] for chance in chances.values()) < 5, "fewer are within than are asked for"
    assert min(each.chance for each in found) >= min(sorted(chances.values())[-8:])
    advice.close()


@pytest.mark.parametrize("strength", [8.0, 18.0, 25.0, 33.0, 45.0])
def test_what_is_chosen_is_what_comparing_all_would_choose(strength: float) -> None:
    fit = FitCriteria(strength, "veteran", 0.55, 0.85)
    tried = {one.name for one in shelf()[::7]}
    middle, expected = 0.7, []
    for objective in rules.OBJECTIVE_NAMES:
        open_ = [one for one in shelf() if one.objective == objective and one.name not in tried]
        open_ = [one for one in open_ if has_offered_chance(one, fit)]
        inside = [
            one
            for one in open_
            if 0.55 <= one.grade.chance(strength, "veteran") <= 0.85
            and one.grade.may_be_offered(strength, "veteran")
        ]
        names = {one.name for one in inside}
        others = [one for one in open_ if one.name not in names]
        others.sort(
            key=lambda one: min(
                abs(one.grade.chance(strength, name) - middle)
                for name in DIFFICULTY_IDS
                if one.grade.may_be_offered(strength, name)
            )
        )
        expected += (inside + others)[:EACH]
    assert choose_levels(fit, tried) == expected
