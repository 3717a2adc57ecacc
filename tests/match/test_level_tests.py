"""Tests of levels: who plays, what is counted, which places are of no use, and the verdicts on levels that deserve them."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from game.core import rules
from game.core.levels.catalogue import load_level
from game.core.levels.model import Level
from game.core.levels.tmj import read_level
from game.match.brain_library import BrainLibrary
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.panel_matches import panel_policies
from game.match.replay import parse_replay, verify
from game.match.simulation import MatchResult
from game.match.testing.examples import KINDS, Example, find_examples, record_examples, record_match
from game.match.testing.figures import (
    LevelStats,
    Proportion,
    ground_won,
    level_stats,
    to_dict,
    traced_matches,
)
from game.match.testing.findings import FEWEST, Finding, findings_of
from game.match.testing.maps import MAP_RARE, NEVER, maps_of
from game.match.testing.measuring import LevelMatches, play_levels
from game.match.testing.places import Region, entrance_width, out_of_reach, rarely_entered, reachable, regions
from game.match.testing.seating import (
    BOT,
    BRAIN,
    EVEN,
    USUAL,
    exchange_teams,
    has_even_sides,
    panel_players,
    plan_matches,
)
from game.match.trace_kernels import CONTACT_TICK
from tests.core.levels.arenas import arena
from tests.match.matches import random_brain

LEVELS = Path(__file__).parent / "levels"
LIBRARY = BrainLibrary()
MATCHES = 300


@cache
def played(name: str, matches: int = MATCHES) -> LevelMatches:
    path = LEVELS / f"{name}.tmj"
    level = read_level(path) if path.exists() else load_level(name)
    return play_levels([level], matches, 1, library=LIBRARY)[0]


@cache
def judged(name: str, matches: int = MATCHES) -> list[Finding]:
    return findings_of(played(name, matches), level_stats(played(name, matches)))


def codes(name: str) -> set[str]:
    return {finding.code for finding in judged(name)}


# verdicts on whole levels


def test_a_good_level_is_called_one() -> None:
    first = judged("crossfire")[0]
    assert (first.code, first.severity) == ("sound", "note")
    assert first.said.startswith("No problem was found: won ")
    assert all(finding.severity == "note" for finding in judged("crossfire"))


def test_an_unwinnable_level_is_called_one_and_a_good_one_is_not() -> None:
    first = judged("unwinnable", 120)[0]
    assert first.severity == "error"
    assert first.code in ("nobody_wins", "hardly_won")
    assert "unwinnable" in first.said.lower()
    assert {"nobody_wins", "hardly_won", "lost_at"} & codes("crossfire") == set()


def test_a_level_without_a_decided_match_says_so() -> None:
    """One second is too short for anybody."""
    level = load_level("crossfire")
    hasty = replace(level, arena=replace(level.arena, time_limit=rules.TICKS_PER_SECOND))
    found = play_levels([hasty], FEWEST, 1, library=LIBRARY)[0]
    figures = level_stats(found)
    first = findings_of(found, figures)[0]
    assert (first.code, first.severity) == ("no_end", "error")
    assert first.said == f"None of {FEWEST} matches was decided: nobody ever wins this level"
    assert figures.stalemates == figures.timed_out == Proportion(FEWEST, FEWEST)
    assert {kind for example in find_examples(found, figures) for kind in example.kinds} >= {"stalemate"}


def test_an_unfair_level_is_called_one_with_its_side_and_a_good_one_is_not() -> None:
    first = judged("unfair")[0]
    assert (first.code, first.severity) == ("unfair", "error")
    assert "the side of team 0 (start at 1,5) wins" in first.said
    assert first.tiles == ((1, 5),)
    assert {"unfair", "leaning"} & codes("crossfire") == set()


def test_a_dead_corner_is_named_with_its_place_and_a_good_level_has_none() -> None:
    first = judged("dead_corner")[0]
    assert first.severity == "warning"
    assert first.code in ("dead_corner", "quiet_corner")
    assert (8, 2) in first.tiles
    assert len(first.tiles) >= 25
    assert {"dead_corner", "quiet_corner"} & codes("crossfire") == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["first_light", "foundry", "hall_of_mirrors", "vaults", "exchange"])
def test_levels_with_the_same_ground_on_both_sides_are_not_called_unfair(name: str) -> None:
    assert {"unfair", "leaning"} & codes(name) == set()


# the programme


def test_players_and_difficulties_meet_equally_often() -> None:
    for name in ("crossfire", "vaults", "last_post"):
        level = load_level(name)
        count = len(panel_players(LIBRARY)) * len(DIFFICULTY_IDS)
        programme = plan_matches(level, 3 * count, 0, LIBRARY)
        pairs = [(s.player, s.difficulty) for s in programme.sittings if s.part == USUAL]
        assert len(set(pairs)) == count
        assert {pairs.count(pair) for pair in pairs} == {3}
        assert len({job.seed for job in programme.jobs}) == len(programme.jobs)


def test_the_panel_that_grades_levels_takes_the_persons_seat() -> None:
    players = panel_players(LIBRARY)
    assert [player.policy for player in players] == list(panel_policies(LIBRARY))
    assert not any(player.own for player in players)
    assert {player.kind for player in players} == {BOT, BRAIN}


def test_whole_rounds_of_the_panel_make_a_grade(tmp_path: Path) -> None:
    level, own = load_level("first_light"), str(random_brain(tmp_path, "mine"))
    players = len(panel_players(LIBRARY)) + 1
    played = play_levels(
        [level], 2 * players * 2 + 5, 3, library=LIBRARY, brains=[own], difficulties=["rookie", "ace"]
    )[0]
    counts = played.counts
    assert counts.matches == (
        18,
        0,
        0,
        18,
    )  # two rounds of nine; the user's brain and the five last matches are not counted
    mine = [n for n in played.usual[: 2 * players * 2] if not played.players[played.sittings[n].player].own]
    assert sum(counts.won) == sum(played.results[n].winner == level.own_team for n in mine)
    grade = level_stats(played).grade
    assert grade is not None
    assert grade.counts == counts
    few = play_levels([level], 9, 3, library=LIBRARY)[0]
    assert level_stats(few).grade is None


def test_even_matches_give_every_player_both_grounds_under_both_numbers() -> None:
    level = load_level("crossfire")
    programme = plan_matches(level, 72, 0, LIBRARY)
    grounds: dict[tuple[str, bool], set[str]] = {}
    even = [n for n, sitting in enumerate(programme.sittings) if sitting.part == EVEN]
    assert len(even) == 36
    for number in even:
        job, turned = programme.jobs[number], programme.sittings[number].exchanged
        assert (job.level.digest != level.digest) == turned
        for policy, spawn in zip(job.seats, job.level.arena.spawns, strict=True):
            grounds.setdefault((policy.brain, turned), set()).add(f"{spawn.x},{spawn.y}")
    assert len(grounds) == 6
    assert all(len(starts) == 2 for starts in grounds.values())


def test_exchanged_teams_stand_on_the_same_starts() -> None:
    level = load_level("vaults")
    turned = exchange_teams(level)
    places = [{(s.x, s.y, s.tank_class): s.team for s in each.arena.spawns} for each in (level, turned)]
    assert places[0].keys() == places[1].keys()
    assert all(places[0][place] == 1 - places[1][place] for place in places[0])
    home = level.arena.tiles == rules.HOME
    assert home.any()
    assert (turned.arena.tiles[home] == rules.HOME + 1).all()
    assert exchange_teams(turned).digest == level.digest
    assert turned.arena.spawns[0].team == 0, "team 0 comes first within a tick, whatever its ground"


def test_only_sides_with_the_same_part_are_compared() -> None:
    sides = {
        name: has_even_sides(load_level(name)) for name in ("crossfire", "vaults", "last_post", "cellar")
    }
    assert sides == {"crossfire": True, "vaults": True, "last_post": False, "cellar": False}
    level = load_level("crossfire")
    one = replace(level, arena=replace(level.arena, spawns=level.arena.spawns[:1]), roster=level.roster[:1])
    assert not has_even_sides(one)
    assert {s.part for s in plan_matches(load_level("cellar"), 8, 0, LIBRARY).sittings} == {USUAL}


def test_what_cannot_be_played_is_refused() -> None:
    level = load_level("first_light")
    for wrong, told in (
        ({"matches": 0}, "matches: expected 1 to 100000, found 0"),
        ({"brains": ["nobody"]}, "brain: expected one of "),
        ({"difficulties": ["hard"]}, "difficulty: expected one of rookie"),
    ):
        with pytest.raises(ValueError, match=told):
            play_levels([level], **wrong)  # type: ignore[arg-type]


# figures


def test_figures_follow_from_the_seed_and_not_from_threads() -> None:
    level = load_level("first_light")
    runs = [play_levels([level], 12, seed, threads=threads)[0] for seed, threads in ((5, 1), (5, 3), (6, 1))]
    one, two, other = (to_dict(run, level_stats(run)) for run in runs)
    assert one == two
    assert one != other


def test_shares_are_counted_by_player_difficulty_kind_and_team() -> None:
    found = played("crossfire")
    figures, results = level_stats(found), found.results
    usual = found.usual
    assert figures.won == Proportion(sum(results[n].winner == 0 for n in usual), MATCHES)
    for shares in (figures.by_player, figures.by_difficulty.values(), figures.by_kind.values()):
        assert sum(share.count for share in shares) == figures.won.count
        assert sum(share.of for share in shares) == MATCHES
    assert figures.by_team[0].count + figures.by_team[1].count + figures.undecided.count == MATCHES
    assert figures.stalemates.count + figures.draws.count == figures.undecided.count
    assert figures.seconds[0] <= figures.seconds[1] <= figures.seconds[2]
    side = figures.first_side
    assert side is not None
    assert side.of + figures.even_undecided == len(found.even)
    assert traced_matches(found) == MATCHES + len(found.even) // 2
    assert found.trace.entered.max() <= traced_matches(found)


def test_the_ground_of_a_win_is_told_whatever_its_number() -> None:
    found = played("crossfire")
    plain, turned = found.even[0], found.even[1]
    for winner, expected in ((0, (0, 1)), (1, (1, 0)), (-1, (-1, -1))):
        results = list(found.results)
        for number in (plain, turned):
            results[number] = results[number]._replace(winner=winner)
        changed = replace(found, results=tuple(results))
        assert (ground_won(changed, plain), ground_won(changed, turned)) == expected


def test_maps_have_the_ring_and_leave_out_what_never_happened() -> None:
    found = played("unwinnable", 120)
    maps = maps_of(found)
    assert {counts.shape for counts in maps.values()} == {(found.level.height + 2, found.level.width + 2)}
    assert all(counts.any() for counts in maps.values())
    hits = (found.facts[found.usual][:, CONTACT_TICK] >= 0).sum()
    assert maps["map_contact"].sum() == hits
    rare = maps_of(played("dead_corner"))[MAP_RARE][1:-1, 1:-1]
    entered = played("dead_corner").trace.entered
    assert (entered[rare == NEVER] == 0).all()


# places


def level_of(picture: str) -> Level:
    made = arena(picture)
    return replace(
        load_level("first_light"), arena=made, roster=load_level("first_light").roster[: len(made.spawns)]
    )


CORNERED = """
    .........#
    .A.....B.#
    .........#
    .........#
    ####.#####
    #.......#.
    #.......##
    ##########
"""


def test_regions_hang_together_by_sides() -> None:
    mask = np.array([[1, 0, 1], [1, 0, 0], [0, 1, 1]], np.bool_)
    assert [region.tiles for region in regions(mask)] == [
        ((0, 0), (0, 1)),
        ((1, 2), (2, 2)),
        ((2, 0),),
    ]


def test_places_out_of_reach_and_never_entered_are_told_apart() -> None:
    level = level_of(CORNERED)
    assert [region.tiles for region in out_of_reach(level)] == [((9, 5),)]
    assert not reachable(level)[5, 9]
    entered = np.full((level.height, level.width), 9, np.int64)
    entered[5:7, 1:8] = 0
    corner = rarely_entered(level, entered, 0)
    assert [(region.first, region.size) for region in corner] == [((1, 5), 14)]
    assert entrance_width(level, corner[0]) == 1
    assert rarely_entered(level, entered + 1, 0) == []
    open_side = Region(tuple((x, 0) for x in range(9)))
    assert entrance_width(level, open_side) == 9


# findings from made-up results


def made(**changed: object) -> list[Finding]:
    """What is said of the good level where its figures were others."""
    found = played("crossfire")
    figures: LevelStats = replace(level_stats(found), **changed)  # type: ignore[arg-type]
    return findings_of(found, figures)


@pytest.mark.parametrize(
    ("changed", "code", "severity"),
    [
        ({"won": Proportion(0, 300)}, "nobody_wins", "error"),
        ({"won": Proportion(3, 300)}, "hardly_won", "error"),
        ({"won": Proportion(2, 60)}, "hardly_won", "warning"),
        ({"won": Proportion(297, 300)}, "always_won", "warning"),
        ({"won": Proportion(0, 300), "undecided": Proportion(300, 300)}, "no_end", "error"),
        ({"stalemates": Proportion(93, 300)}, "run_out", "warning"),
        ({"unhurt": Proportion(120, 300)}, "no_contact", "warning"),
        ({"contact": 41.0}, "late_contact", "note"),
        ({"first_side": Proportion(234, 300)}, "unfair", "error"),
        ({"first_side": Proportion(66, 300)}, "unfair", "error"),
        ({"first_side": Proportion(200, 300)}, "leaning", "warning"),
        ({"first_side": Proportion(42, 60)}, "perhaps_leaning", "warning"),
        ({"by_difficulty": {"regular": Proportion(0, 75)}}, "lost_at", "warning"),
        ({"by_difficulty": {"regular": Proportion(9, 75), "ace": Proportion(0, 75)}}, "lost_at", "note"),
    ],
)
def test_a_figure_beyond_its_threshold_is_said(changed: dict[str, object], code: str, severity: str) -> None:
    assert (code, severity) in {(finding.code, finding.severity) for finding in made(**changed)}
    assert code not in codes("crossfire")


def test_words_of_a_finding_in_both_languages() -> None:
    said = made(first_side=Proportion(66, 300))[0].to_dict()["message"]
    assert said["en"] == (
        "Unfair: with equal players the side of team 1 (start at 19,7) wins 78 % [73 to 82] of 300 decided matches"
    )
    assert "78%" in said["zh"]
    ended = made(won=Proportion(0, 300), undecided=Proportion(300, 300))[0].said
    assert ended == "None of 300 matches was decided: nobody ever wins this level"
    run_out = [f.said for f in made(stalemates=Proportion(93, 300)) if f.code == "run_out"]
    assert run_out == ["31 % of the matches run out of time and nobody wins"]


def test_few_matches_give_no_verdict() -> None:
    found = played("first_light", FEWEST - 1)
    told = findings_of(found, level_stats(found))
    assert {"few_matches"} == {finding.code for finding in told}


def test_objects_that_nobody_uses_are_named() -> None:
    found = played("crossfire")
    pickups = found.trace.pickups.copy()
    pickups[1] = 0
    changed = replace(found, trace=found.trace._replace(pickups=pickups))
    told = [f.said for f in findings_of(changed, level_stats(changed)) if f.code == "pickup_unused"]
    assert told == ["Pick-up 2 (repair) at (1,4) was never taken"]
    assert "pickup_unused" not in codes("crossfire")


# examples


def test_examples_show_what_they_say() -> None:
    found = played("crossfire")
    figures = level_stats(found)
    by_kind = {kind: example.match for example in find_examples(found, figures) for kind in example.kinds}
    absent = {"favoured"} if figures.undecided.count else {"favoured", "stalemate"}
    assert set(by_kind) == set(KINDS) - absent
    lopsided = replace(figures, first_side=Proportion(10, 150))  # most are won from the ground of team 1
    (shown,) = [one.match for one in find_examples(found, lopsided) if "favoured" in one.kinds]
    assert ground_won(found, shown) == 1
    assert found.results[by_kind["win"]].winner == 0
    assert found.results[by_kind["loss"]].winner == 1
    lengths = [found.results[n].ticks for n in found.usual if found.results[n].winner >= 0]
    assert found.results[by_kind["fastest"]].ticks == min(lengths)
    assert found.results[by_kind["longest"]].ticks == max(lengths)


def test_an_example_is_recorded_as_it_was_measured() -> None:
    """Brains too, in usual and even matches: the recording's course and its result are those of the measured match."""
    for name in ("first_light", "orchard"):
        found = played(name, 40)
        examples = find_examples(found, level_stats(found))
        wanted = [Example(("favoured",), found.even[0]), *examples[:2]]
        for recording in record_examples(found, wanted, LIBRARY):
            replay, result = parse_replay(recording.data, name), found.results[recording.example.match]
            assert (replay.ticks, replay.winner, replay.timed_out) == (
                result.ticks,
                result.winner,
                result.timed_out,
            )
            assert verify(replay).ok


def test_a_match_that_goes_otherwise_has_no_recording() -> None:
    found = played("first_light", 40)
    wanted = find_examples(found, level_stats(found))[:1]
    results = list(found.results)
    number = wanted[0].match
    results[number] = results[number]._replace(ticks=results[number].ticks + 1)
    assert [r.data for r in record_examples(replace(found, results=tuple(results)), wanted, LIBRARY)] == [b""]


def test_a_recorded_job_stops_where_it_should() -> None:
    job = replace(plan_matches(load_level("first_light"), 1, 0, LIBRARY).jobs[0], stop=60)
    result, data = record_match(job, LIBRARY, {"test": "stop"})
    assert isinstance(result, MatchResult)
    assert (result.stopped, result.ticks) == (True, 60)
    assert parse_replay(data, "stop").info["test"] == "stop"
