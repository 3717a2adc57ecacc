"""Play-tests: honest intervals, and measurements that belong to the levels and rules that ship."""

from dataclasses import replace

import pytest

from game.core.levels.catalogue import list_levels, load
from game.core.levels.generator import generate
from game.core.levels.starter import starter_level
from game.core.sim.contract import rules_hash
from game.match.brain_library import shipped_hashes
from game.match.play_test import finish_rate, play_test, play_tests, shipped, wilson
from game.match.simulation import MatchJob, MatchResult


def test_wilsons_interval_by_hand() -> None:
    low, high = wilson(8, 10)
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 20)[0] == 0
    assert wilson(20, 20)[1] == pytest.approx(1)


def test_a_play_test_follows_from_its_seed() -> None:
    level = load("first_light")
    first = play_test(level, 6, seed=5)
    assert first == play_test(level, 6, seed=5)
    assert first == play_test(level, 6, seed=5, threads=1) == play_test(level, 6, seed=5, threads=3)
    assert first != play_test(level, 6, seed=6)
    assert first.interval[0] <= first.rate <= first.interval[1]


def test_a_win_is_the_win_of_the_persons_team(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wins of team 1 count where the person sits there, and only there."""
    usual = starter_level("usual")
    one, other = usual.roster
    swapped = replace(usual, roster=(replace(one, player=False), replace(other, player=True)))
    seats = []

    def won_by_team_1(jobs: list[MatchJob], **_: object) -> list[MatchResult]:
        seats.extend([policy.brain for policy in job.seats] for job in jobs)
        return [MatchResult(1, False, False, 600, (0, 0), (0, 0), (0, 0)) for _ in jobs]

    monkeypatch.setattr("game.match.simulation.play_matches", won_by_team_1)
    found = play_tests([usual, swapped], 3, 0)
    assert [result.finished for result in found] == [0, 3]
    assert seats[0][0] == seats[3][1] == "marksman"


def test_no_matches_are_refused() -> None:
    with pytest.raises(ValueError, match="matches: expected at least 1, found 0"):
        play_test(load("first_light"), 0)


def test_every_built_in_level_was_measured_under_these_rules() -> None:
    content = shipped()
    assert content["rules"] == rules_hash(), f"rules changed: {content['recipe']['command']}"
    levels = {entry.level.digest: entry.name for entry in list_levels() if entry.level is not None}
    assert {digest: row["level"] for digest, row in content["levels"].items()} == levels, (
        f"levels changed: {content['recipe']['command']}"
    )


def test_the_brains_are_those_that_it_was_measured_with() -> None:
    assert shipped()["brains"] == shipped_hashes(), "a brain changed: python -m game.cli.remake"


def test_the_shipped_figures_are_true_to_themselves() -> None:
    for row in shipped()["levels"].values():
        assert row["matches"] >= 100
        assert row["rate"] == pytest.approx(row["finished"] / row["matches"], abs=1e-4)
        assert (row["low"], row["high"]) == pytest.approx(wilson(row["finished"], row["matches"]), abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["first_light", "crossfire", "cellar"])
def test_the_shipped_figures_can_be_measured_again(name: str) -> None:
    """On any number of threads. Where onnxruntime sums otherwise, a brain's match may go otherwise: `play_test`."""
    level, recipe = load(name), shipped()["recipe"]
    row = shipped()["levels"][level.digest]
    found = play_test(level, recipe["matches"], recipe["seed"])
    assert (found.finished, round(found.seconds, 1)) == (row["finished"], row["seconds"])


def test_a_level_that_nobody_measured_has_no_rate() -> None:
    assert finish_rate(generate(5).digest) is None
    assert finish_rate(load("first_light").digest) is not None
