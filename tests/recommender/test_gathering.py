"""What is gathered from the records of all players: in which order, by whom, and when again."""

from itertools import pairwise

import numpy as np
import pytest

from recommender.advisor.engine import Advisor, AdvisorSettings
from recommender.advisor.gathering import Interactions, RatingArrays, interaction_weight
from recommender.advisor.gathering import _taken as taken_of
from recommender.errors import SettingRefused
from recommender.records.kinds import PLAYED, SKIPPED, Attempt, Item, Play, Rating
from recommender.store import Store
from tests.recommender.made_advice import catalogue, community

NUMBER = {f"i{place}": place for place in range(20)}


def gathered(ratings: int, plays: list[Play], attempts: list[Attempt]) -> Interactions:
    """`ratings` of items i0, i1, … by one player, and what others played and tried."""
    names = {"rater": 0}
    rows = np.zeros(ratings, np.int32), np.arange(ratings, dtype=np.int32)
    return taken_of(RatingArrays(*rows, np.full(ratings, 3.0)), names, NUMBER, plays, attempts)


def test_kinds_of_records_are_put_side_by_side_by_their_shares() -> None:
    """The middle of the ratings stands beside the middle of the plays, whatever their times and numbers are."""
    plays = [Play("ann", f"i{place}", PLAYED, 1.0, 9e8 - place) for place in range(10)]
    attempts = [Attempt("bob", f"i{place}", "failed", 1.0, 5.0) for place in range(2)]
    found = gathered(4, plays, attempts)
    assert len(found) == 16
    for who, many in enumerate((4, 10, 2)):
        places = np.flatnonzero(found.player == who)
        assert found.item[places].tolist() == list(range(many)), "a kind keeps its own order"
        assert abs(places.mean() - 7.5) <= 1.5


def test_a_pair_has_one_row_by_its_stars_else_its_plays_else_its_attempts() -> None:
    plays = [Play("rater", "i0", SKIPPED, 1.0, 0.0), Play("ann", "i1", SKIPPED), Play("ann", "i1", PLAYED)]
    attempts = [Attempt("ann", "i1", "failed", 1.0, 0.0), Attempt("ann", "i2", "failed", 1.0, 0.0)]
    found = gathered(1, plays, attempts)
    rows = sorted(zip(found.player.tolist(), found.item.tolist(), found.weight.tolist(), strict=True))
    assert rows == [(0, 0, 1.0), (1, 1, 1.0), (1, 2, 1.0)]


def test_weights_of_stars_rise_in_steps_whose_sums_are_exact() -> None:
    stars = np.linspace(1, 5, 4001)
    weights = interaction_weight(stars)
    assert (weights[0], weights[2000], weights[-1]) == (0.0, 1.0, 2.0)
    assert all(a <= b for a, b in pairwise(weights.tolist()))
    total = sum(weights.tolist())
    assert (
        total
        == sum(reversed(weights.tolist()))
        == sum(np.random.default_rng(0).permutation(weights).tolist())
    )


def test_those_who_chose_an_item_are_real_players_where_there_are_three() -> None:
    items = catalogue(8)
    made = community(items, 12)
    store = Store(None)
    store.put_ratings([Rating(f"real{who}", items[0].name, 4, float(who)) for who in range(3)])
    store.put_ratings([Rating("real0", items[1].name, 4, 9.0)])
    others = Advisor(items, store, community=made, worker=False)._knowledge.others
    counts, simulated, _ = others.taker_counts
    simulators = [{one.player for one in made.ratings if one.item == item.name} for item in items]
    assert (counts[0], simulated[0]) == (3, 0)
    assert (counts[1], simulated[1]) == (len(simulators[1]) + 1, len(simulators[1]))
    assert counts[2:].tolist() == [len(each) for each in simulators[2:]]


def test_what_others_entered_meanwhile_counts_after_relearn() -> None:
    items = [Item(f"i{place}") for place in range(6)]
    store = Store(None)
    store.put_ratings([Rating(f"p{who}", f"i{who % 6}", 1 + who % 5, 0.0) for who in range(30)])
    advisor = Advisor(items, store, player="me", settings=AdvisorSettings(exploration=0), worker=False)
    before = advisor.outlook("i2").stars
    advisor.use("other")
    for item, stars in (("i2", 1), ("i3", 3), ("i1", 3)):
        advisor.rate(item, stars)
    advisor.use("me")
    assert advisor.outlook("i2").stars == before
    advisor.relearn()
    assert advisor.outlook("i2").stars < before


@pytest.mark.parametrize("count", [-1, 2.5, True, "3"])
def test_a_wrong_count_is_refused(count: object) -> None:
    advisor = Advisor(catalogue(3), Store(None), worker=False)
    with pytest.raises(SettingRefused, match="suggest › count: expected a whole number from 0, found"):
        advisor.suggest(count)  # type: ignore[arg-type]
    with pytest.raises(SettingRefused, match="exclude: expected names of items, found one text 'level01'"):
        advisor.suggest(3, exclude="level01")


@pytest.mark.parametrize("names", [("calm", "calm"), ("a/b",), ("",)])
def test_difficulties_have_different_names_without_a_slash(names: tuple[str, ...]) -> None:
    with pytest.raises(
        SettingRefused, match="advisor › difficulties: expected different names without a slash"
    ):
        AdvisorSettings(difficulties=names)


@pytest.mark.parametrize("name", ["explore_after", "easy_first"])
@pytest.mark.parametrize("value", [-1, 1.5])
def test_counts_among_the_settings_are_whole(name: str, value: float) -> None:
    with pytest.raises(SettingRefused, match=f"advisor › {name}"):
        AdvisorSettings(**{name: value})  # type: ignore[arg-type]
