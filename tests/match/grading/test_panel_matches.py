"""The panel's matches: they follow from their seed, and a win is the win of the person's team."""

from dataclasses import replace
from typing import Any

import pytest

from game.core.levels.catalogue import load_level
from game.core.levels.starter import starter_level
from game.match.brain_library import BrainLibrary
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.grade import GRADERS
from game.match.grading.graders import PANEL
from game.match.grading.panel_matches import count_wins, panel_counts, panel_policies, panel_seats
from game.match.simulation import MatchJob, MatchResult


def test_counts_follow_from_their_seed() -> None:
    level = load_level("first_light")
    first = panel_counts([level], 1, 5, difficulties=("rookie", "ace"))
    assert first == panel_counts([level], 1, 5, difficulties=("rookie", "ace"), threads=1)
    assert first[0].matches == (len(PANEL), 0, 0, len(PANEL))
    assert first[0].won[1:3] == (0, 0)


def test_a_win_is_the_win_of_the_persons_team(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = starter_level("usual")
    one, other = usual.roster
    swapped = replace(usual, roster=(replace(one, player=False), replace(other, player=True)))
    jobs_seen: list[MatchJob] = []

    def won_by_team_1(jobs: list[MatchJob], **_: Any) -> list[MatchResult]:
        jobs_seen.extend(jobs)
        return [MatchResult(1, False, False, 600, (0, 0), (0, 0), (0, 0)) for _ in jobs]

    monkeypatch.setattr("game.match.grading.panel_matches.play_matches", won_by_team_1)
    won = count_wins([usual, swapped], 2, 0)
    assert won.shape == (2, len(DIFFICULTY_IDS), len(PANEL))
    assert (won[0] == 0).all()
    assert (won[1] == 2).all()
    assert {job.seats[1].brain for job in jobs_seen if job.level is swapped} == {one.brain for one in PANEL}


def test_the_panel_is_nine_unlike_players_and_stays_when_the_opposition_changes() -> None:
    library = BrainLibrary()
    panel = panel_policies(library)
    assert len({one.brain for one in panel}) == len(PANEL) == GRADERS
    tables = panel_seats(load_level("first_light"), library)
    own = load_level("first_light").player_seat
    for name in DIFFICULTY_IDS:
        assert tuple(seats[own] for seats in tables[name]) == panel
    others = {name: tables[name][0][1 - own] for name in DIFFICULTY_IDS}
    assert others["rookie"].delay > others["ace"].delay


def test_no_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="rounds: expected at least 1, found 0"):
        panel_counts([load_level("first_light")], 0)
