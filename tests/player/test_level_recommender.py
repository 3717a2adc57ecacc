"""The recommender over this game's levels and this player's records."""

import math
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from game.core.levels.catalogue import LevelEntry, list_levels, load_level
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.grade import Counts
from game.match.grading.gradebook import GradeBook
from game.player.community import SHIPPED_FOLDER
from game.player.level_recommender import LevelRecommender
from game.player.paths import UserFolders
from game.player.profile import MatchRecord, Profile
from recommender.advisor.engine import Suggestion
from recommender.reasons import text
from recommender.records.kinds import Attempt

RECORD = MatchRecord(
    "foundry", "0" * 64, "eliminate", "Hunter, Sniper", "veteran", "ranger", "won", 300, 1800, 3, 0, 0
)


@pytest.fixture
def profile(tmp_path: Path) -> Iterator[Profile]:
    profile = Profile(UserFolders(tmp_path))
    yield profile
    profile.close()


@pytest.fixture
def advice(profile: Profile) -> Iterator[LevelRecommender]:
    advice = LevelRecommender(profile, list_levels, endless=False, seed=1)
    yield advice
    advice.close()


def play(profile: Profile, advice: LevelRecommender, record: MatchRecord) -> None:
    """What the window does after a match."""
    profile.record_match(record)
    advice.learn_match(record)


def test_a_new_player_gets_playable_levels_and_reasons(advice: LevelRecommender) -> None:
    suggestions = advice.suggestions(5)
    names = {entry.name for entry in list_levels()}
    assert len({each.item for each in suggestions}) == 5
    assert {each.item for each in suggestions} <= names
    assert all(1 <= each.stars <= 5 and 0 < each.chance < 1 for each in suggestions)
    assert advice.outlook("foundry") is not None
    assert advice.reason("foundry") is not None


def test_excluded_and_dismissed_levels_stay_away(advice: LevelRecommender) -> None:
    first, second = (each.item for each in advice.suggestions(2))
    advice.dismiss(first)
    assert {first, second}.isdisjoint(each.item for each in advice.suggestions(17, exclude=[second]))
    advice.dismiss(first, False)
    assert first in {each.item for each in advice.suggestions(17)}


def test_what_the_profile_knows_as_not_for_the_player_is_never_suggested(profile: Profile) -> None:
    profile.dismiss("foundry")
    profile.dismiss("canal_lock")
    profile.dismiss("canal_lock", False)
    advice = LevelRecommender(profile, list_levels, endless=False, seed=1)
    names = {each.item for each in advice.suggestions(17)}
    assert "foundry" not in names
    assert "canal_lock" in names
    advice.close()


def test_a_refit_that_failed_is_told_once(advice: LevelRecommender) -> None:
    advice._advisor._knowledge.refit.messages.append(
        "refit: the process ended with code 1; the earlier models stay"
    )
    assert advice.take_messages() == ["refit: the process ended with code 1; the earlier models stay"]
    assert advice.take_messages() == []


def test_stars_and_matches_are_learnt_at_once_and_stored_once(
    profile: Profile, advice: LevelRecommender
) -> None:
    before = advice.outlook("foundry")
    profile.rate("foundry", 1)
    advice.learn_rating("foundry", 1)
    play(profile, advice, RECORD)
    after = advice.outlook("foundry")
    assert before is not None
    assert after is not None
    assert after.stars < before.stars
    assert after.tries == before.tries + 1
    assert len(profile.repository.ratings()) == 1
    assert len(profile.repository.attempts()) == 1


def test_what_was_learnt_is_known_after_a_restart(profile: Profile, advice: LevelRecommender) -> None:
    for number in range(4):
        play(profile, advice, replace(RECORD, time=1_800_000_000.0 + number))
        profile.rate("foundry", 5)
        advice.learn_rating("foundry", 5)
    again = LevelRecommender(profile, list_levels, endless=False, seed=1)
    again.close()
    assert advice.beliefs().attempts == again.beliefs().attempts == 4
    before, after = advice.outlook("foundry"), again.outlook("foundry")
    assert before is not None
    assert after is not None
    assert (after.stars, after.chance) == pytest.approx((before.stars, before.chance), abs=0.01)


def test_winning_raises_the_chance_and_losing_lowers_it_until_it_is_told_of_a_lower_difficulty(
    profile: Profile, advice: LevelRecommender
) -> None:
    outlook = advice.outlook("crossfire")
    assert outlook is not None
    chances = [outlook.chance]
    for outcome, matches in (("won", 6), ("lost", 3)):
        for _ in range(matches):
            play(profile, advice, replace(RECORD, difficulty="regular", outcome=outcome, time=time.time()))
        outlook = advice.outlook("crossfire")
        assert outlook is not None
        assert outlook.against == "regular"
        chances.append(outlook.chance)
    assert chances[0] < chances[1] > chances[2]
    for _ in range(3):
        play(profile, advice, replace(RECORD, difficulty="regular", outcome="lost", time=time.time()))
    outlook = advice.outlook("crossfire")
    assert outlook is not None
    assert outlook.against == "rookie"
    assert outlook.chance > chances[2]


def test_a_caption_in_any_language_is_no_opponent_of_its_own(profile: Profile) -> None:
    """What was stored with a caption counts by its difficulty alone."""
    chances = []
    for caption in ("", "猎手、守护者/", "hunter, guardian/"):
        advice = LevelRecommender(profile, list_levels, community=False, endless=False)
        for _ in range(3):
            attempt = Attempt(profile.player, "foundry", "failed", 9.0, 1.0, against=caption + "ace")
            advice._advisor.attempt(attempt, stored=True)
        advice.set_difficulty("ace")
        outlook = advice.outlook("foundry")
        assert outlook is not None
        chances.append(outlook.chance)
    assert chances[0] == chances[1] == chances[2]


def test_the_simulated_community_can_be_switched_off(profile: Profile, advice: LevelRecommender) -> None:
    assert advice.beliefs().simulated > 0
    advice.set_community(False)
    assert advice.beliefs().simulated == 0
    assert not any(each.simulated for each in advice.suggestions(17))
    assert LevelRecommender(profile, list_levels, community=False, endless=False).beliefs().simulated == 0


@pytest.mark.parametrize("harm", ["missing", "empty", "damaged"])
def test_without_the_shipped_players_suggestions_go_on(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    folder = tmp_path / "shipped players"
    if harm != "missing":
        shutil.copytree(SHIPPED_FOLDER, folder)
        (folder / "ratings.csv").write_bytes(b"" if harm == "empty" else b"player,item\n\xff\n")
    monkeypatch.setattr("game.player.level_recommender.SHIPPED_FOLDER", folder)
    advice = LevelRecommender(profile, list_levels, endless=False, seed=1)
    assert len(advice.suggestions(5)) == 5
    assert advice.beliefs().simulated == 0
    (message,) = advice.take_messages()
    assert message.startswith("simulated players: not used (")
    assert str(tmp_path) not in message
    assert advice.take_messages() == []
    advice.close()


def test_exploration_is_drawn_anew_in_each_session(profile: Profile) -> None:
    draws = []
    for _ in range(2):
        advice = LevelRecommender(profile, list_levels, community=False, endless=False)
        draws.append(advice._advisor._random.random())
        advice.close()
    assert draws[0] != draws[1]


def test_a_new_player_gets_easy_levels_and_no_exploration_until_three_wins(
    profile: Profile, advice: LevelRecommender
) -> None:
    """By the play-test and the author's stars: either alone sends a newcomer to The Exchange (4 of 5) or Maelstrom."""
    levels = {entry.name: entry.level for entry in list_levels() if entry.level is not None}
    shelf = [each.item for each in advice.suggestions(5)]
    assert "first_light" in shelf
    assert all(levels[name].difficulty <= 3 for name in shelf), shelf
    assert all(levels[name].difficulty <= 2 for name in shelf[:3]), shelf
    first = shelf[:3]
    for wins in range(5):
        lists = [advice.suggestions(5) for _ in range(30)]
        assert any(each.explored for given in lists for each in given) == (wins >= 3)
        assert wins >= 3 or max(levels[each.item].difficulty for each in lists[0][:3]) <= 2
        play(profile, advice, replace(RECORD, level=first[wins % 3], difficulty="rookie", time=50.0 + wins))


def test_a_player_who_wants_it_hard_is_given_that_from_the_start(advice: LevelRecommender) -> None:
    easy = [each.item for each in advice.suggestions(3)]
    advice.set_zone(0.35, 0.65)
    assert [each.item for each in advice.suggestions(3)] != easy


def test_the_zone_decides_what_is_suggested(advice: LevelRecommender) -> None:
    def mean_chance(low: float, high: float) -> float:
        advice.set_zone(low, high)
        found = advice.suggestions(4)
        return sum(each.chance for each in found) / len(found)

    assert mean_chance(0.85, 0.99) > mean_chance(0.05, 0.3)


def test_a_reset_forgets_the_player(profile: Profile, advice: LevelRecommender) -> None:
    fresh = advice.outlook("foundry")
    play(profile, advice, RECORD)
    profile.rate("foundry", 5)
    advice.learn_rating("foundry", 5)
    profile.forget()
    profile.rate("canal", 4)  # before the advice has its turn: it belongs to the new beginning
    advice.reset()
    after = advice.outlook("foundry")
    assert fresh is not None
    assert after is not None
    assert after.tries == fresh.tries
    assert advice.beliefs().attempts == 0
    assert profile.all_ratings() == {"canal": 4}


def test_an_unknown_level_has_no_outlook(advice: LevelRecommender) -> None:
    assert advice.outlook("nowhere") is None
    assert advice.reason("nowhere") is None


# A new player, and one who only loses


def lists_agree(shown: Sequence[Suggestion]) -> bool:
    """Whether a list rises: no level has a better chance than the one before it."""
    return all(one.chance >= two.chance for one, two in pairwise(shown))


@pytest.mark.parametrize("zone", [(0.55, 0.85), (0.7, 0.95)])
@pytest.mark.parametrize("difficulty", DIFFICULTY_IDS)
def test_a_new_players_list_is_a_ladder(
    difficulty: str, zone: tuple[float, float], advice: LevelRecommender
) -> None:
    """Whoever asks for harder levels is new too, but gets what was asked for."""
    advice.set_difficulty(difficulty)
    advice.set_zone(*zone)
    shelf = advice.suggestions(5)
    assert lists_agree(shelf)
    assert [each.item for each in shelf[:3]] == [each.item for each in advice.suggestions(3)]
    assert shelf[0].item == advice.suggestions(1)[0].item
    assert {each.reason.kind for each in shelf} == {"start"}
    assert {each.against for each in shelf} == {difficulty}, "what was chosen"


@pytest.mark.parametrize(("difficulty", "wins"), [("rookie", 0), ("ace", 3)])
def test_a_player_who_only_loses_is_helped(
    difficulty: str, wins: int, profile: Profile, advice: LevelRecommender
) -> None:
    advice.set_difficulty(difficulty)
    last, steps, said = "", [], []
    for match in range(wins + 60):
        (top,) = advice.suggestions(1, exclude=[last] if last else [])
        assert top.item != last
        assert match % 20 or len(advice.suggestions(5)) == 5
        if match >= wins:
            steps.append(DIFFICULTY_IDS.index(top.against))
            said.append(text(top.reason))
        last, outcome = top.item, "won" if match < wins else "lost"
        play(
            profile,
            advice,
            replace(RECORD, level=last, difficulty=top.against, outcome=outcome, time=100.0 + match),
        )
    assert set(steps[:3]) <= set(range(DIFFICULTY_IDS.index(difficulty) + 1))
    assert set(steps[3:]) == {0}, "the lowest, unless that were too easy"
    assert all(f"after {defeats} defeats in a row" in said[defeats] for defeats in range(3, 60)), said
    levels = {entry.name: entry.level for entry in list_levels()}
    tried = Counter(attempt.item for attempt in profile.repository.attempts()[wins + 9 :])
    assert len(tried) >= 3, "not the same two again and again"
    if not wins:
        assert all(level.difficulty <= 3 for name, level in levels.items() if name in tried and level)


def test_a_win_ends_the_help(profile: Profile, advice: LevelRecommender) -> None:
    for match in range(4):
        play(profile, advice, replace(RECORD, outcome="lost", difficulty="rookie", time=100.0 + match))
    assert "defeats" in advice.suggestions(1)[0].reason.values
    play(profile, advice, replace(RECORD, difficulty="rookie", time=200.0))
    assert "defeats" not in advice.suggestions(1)[0].reason.values


def test_whoever_loves_to_collect_gets_to_collect(profile: Profile, advice: LevelRecommender) -> None:
    """Sixty matches of a player whose stars and skill no model of the recommender has made."""
    levels = {entry.name: entry.level for entry in list_levels() if entry.level is not None}
    stars = {"collect": 5, "eliminate": 3, "survive": 3, "defend": 1}
    skill = dict(zip(DIFFICULTY_IDS, (1.5, 0.5, -0.3, -1.0), strict=True))
    random = Random(3)
    given, last = [], ""
    for match in range(60):
        (top,) = advice.suggestions(1, exclude=[last] if last else [])
        last, level = top.item, levels[top.item]
        given.append(stars[level.objective_name])
        odds = math.exp(skill[top.against] + 0.7 * (3 - level.difficulty))
        outcome = "won" if random.random() < odds / (1 + odds) else "lost"
        played = replace(RECORD, level=last, difficulty=top.against, outcome=outcome, time=100.0 + match)
        play(profile, advice, played)
        profile.rate(last, given[-1])
        advice.learn_rating(last, given[-1])
    everywhere = sum(stars[level.objective_name] for level in levels.values()) / len(levels)
    assert sum(given[:20]) / 20 > everywhere
    assert sum(given[-20:]) / 20 >= max(4.2, sum(given[:20]) / 20)
    assert given[-20:].count(1) <= 1
    taste = {tag: effect for tag, effect, _ in advice.beliefs().taste}
    assert taste["objective:collect"] > 1 > -1 > taste["objective:defend"]


def test_stars_and_matches_of_a_level_that_is_gone_are_no_error(
    profile: Profile, advice: LevelRecommender
) -> None:
    before = advice.beliefs()
    play(profile, advice, replace(RECORD, level="user/gone"))
    for learn in (lambda: advice.learn_rating("user/gone", 5), lambda: advice.dismiss("user/gone")):
        learn()
    assert advice.beliefs().ratings == before.ratings
    assert advice.beliefs().attempts == before.attempts + 1, "it tells of the player's skill"
    assert len(advice.suggestions(5)) == 5


def test_a_level_that_is_graded_meanwhile_is_expected_as_after_a_restart(
    profile: Profile, tmp_path: Path
) -> None:
    source = UserFolders(tmp_path).levels / "own.tmj"
    own = replace(load_level("caves-defend-900"), name="own", source=source)
    levels = [*list_levels(), LevelEntry("own", source, False, own, ())]
    record = replace(RECORD, level="own", level_hash=own.digest, difficulty="rookie")
    for n, name in enumerate(["foundry", "own", "canal_lock", "own"]):
        profile.record_match(replace(record, level=name, time=1_800_000_000.0 + n))
    advice = LevelRecommender(profile, lambda: levels, folder=tmp_path, difficulty="rookie", seed=1)
    before = advice.outlook("own", own=True)
    book = GradeBook(tmp_path)
    grade = book.keep(own, Counts((3, 2, 1, 0), (36,) * 4), (1, 2, 3, 4))
    book.save()
    advice.learn_grade("own", grade)
    after = advice.outlook("own", own=True)
    again = LevelRecommender(profile, lambda: levels, folder=tmp_path, difficulty="rookie", seed=1)
    fresh = again.outlook("own", own=True)
    assert before is not None
    assert after is not None
    assert fresh is not None
    assert after.chance < before.chance - 0.05
    assert after.chance == pytest.approx(fresh.chance, abs=1e-6)
    other, told = again.outlook("foundry"), advice.outlook("foundry")
    assert other is not None
    assert told is not None
    assert told.chance == pytest.approx(other.chance, abs=1e-6)
    advice.learn_grade("gone", grade)  # a level that was deleted since
    advice.close()
    again.close()


def test_what_is_expected_is_told_at_the_players_own_difficulty(advice: LevelRecommender) -> None:
    chances = []
    for difficulty in DIFFICULTY_IDS:
        advice.set_difficulty(difficulty)
        outlook = advice.outlook("foundry", own=True)
        assert outlook is not None
        assert outlook.against == difficulty
        chances.append(outlook.chance)
    assert chances[0] > chances[2] + 0.2


@pytest.mark.parametrize(("won", "least", "most"), [((0, 0, 0, 0), 0.0, 0.35), ((36, 36, 36, 36), 0.75, 1.0)])
def test_what_nobody_wins_or_everybody_is_so_at_every_difficulty(
    profile: Profile, tmp_path: Path, won: tuple[int, ...], least: float, most: float
) -> None:
    source = UserFolders(tmp_path).levels / "own.tmj"
    own = replace(load_level("caves-defend-900"), name="own", source=source)
    levels = [*list_levels(), LevelEntry("own", source, False, own, ())]
    book = GradeBook(tmp_path)
    book.keep(own, Counts(won, (36,) * 4), (1, 2, 3, 4))
    book.save()
    advice = LevelRecommender(profile, lambda: levels, folder=tmp_path, difficulty="rookie", seed=1)
    for difficulty in DIFFICULTY_IDS:
        advice.set_difficulty(difficulty)
        outlook = advice.outlook("own", own=True)
        assert outlook is not None
        assert least <= outlook.chance <= most, difficulty
    advice.close()
