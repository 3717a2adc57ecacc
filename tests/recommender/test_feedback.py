"""What attempts say about taste, and what they do not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.advisor.feedback import MOST, Preference, difficulty, preferences
from recommender.records.kinds import OUTCOMES, SIMULATED, Attempt

CROWD = [Attempt(f"other {n}", "keep", "finished", 60.0 + 10 * n, float(n)) for n in range(5)]


def tried(
    *outcomes: str, player: str = "ann", seconds: float = 80.0, deaths: int = 0, start: float = 100.0
) -> list[Attempt]:
    return [
        Attempt(player, "keep", outcome, seconds, start + n, deaths=deaths, retries=n)
        for n, outcome in enumerate(outcomes)
    ]


def like(attempts: list[Attempt], player: str = "ann") -> Preference:
    (found,) = [one for one in preferences([*CROWD, *attempts]) if one.player == player]
    return found


def test_what_is_played_again_after_a_finish_is_liked() -> None:
    once, twice = like(tried("finished")), like(tried("finished", "finished"))
    often = like(tried("finished", *["failed", "finished"] * 3))
    assert once.stars < twice.stars < often.stars
    assert twice.stars > 3.5
    assert once.confidence < twice.confidence < often.confidence < MOST


def test_what_is_left_early_and_never_finished_is_not_liked() -> None:
    left, stayed = like(tried("quit", seconds=5.0)), like(tried("failed", seconds=70.0))
    assert left.stars < 2.0 < stayed.stars


def test_leaving_late_or_to_start_over_or_after_a_finish_is_no_dislike() -> None:
    early = like(tried("quit", seconds=5.0))
    late = like(tried("quit", seconds=75.0))
    over = like([*tried("quit", seconds=5.0), Attempt("ann", "keep", "finished", 70.0, 101.0, retries=1)])
    after = like([*tried("finished", seconds=70.0), Attempt("ann", "keep", "quit", 5.0, 101.0)])
    for other in (late, over, after):
        assert other.stars > early.stars + 1.0


def test_deaths_and_retries_mean_difficulty_not_dislike() -> None:
    easy = tried("finished", seconds=80.0)
    deadly = tried("finished", seconds=80.0, deaths=9)
    retried = [replace(easy[0], retries=7)]
    assert like(deadly) == like(easy)
    assert like(retried) == like(easy)
    fought = like(tried(*["failed"] * 8, "finished", seconds=80.0, deaths=3))
    assert fought.stars >= like(easy).stars, "who fails eight times and comes back does not dislike it"
    hard, soft = difficulty(tried(*["failed"] * 8, "finished", deaths=3))["keep"], difficulty(easy)["keep"]
    assert hard.attempts[1] == 9.0
    assert soft.attempts[1] == 1.0
    assert hard.deaths == 3.0
    assert soft.deaths == 0.0


def test_time_is_measured_against_the_others_of_the_same_item() -> None:
    long = [replace(attempt, item="epic", seconds=attempt.seconds * 100) for attempt in CROWD]
    mine = [
        Attempt("ann", "keep", "finished", 200.0, 9.0),  # the longest of all there
        Attempt("ann", "epic", "finished", 3000.0, 10.0),  # the shortest there, though longer
    ]
    found = {one.item: one.stars for one in preferences([*CROWD, *long, *mine]) if one.player == "ann"}
    assert found["keep"] > 3.0 > found["epic"]


def test_the_formula_by_hand() -> None:
    # keep: seconds in all 60, 70, 80, 90, 100 of the others and 85 + 85 of ann, the most of six: q = 11/12.
    # One replay that ended well: p = .5 + .35/2 + .3(11/12 - .5) + .05 = .85; w = 2 + 1; c = .5 * 3/7
    found = like(tried("finished", "finished", seconds=85.0))
    assert found.stars == pytest.approx(1 + 4 * 0.85)
    assert found.confidence == pytest.approx(0.5 * 3 / 7)


def test_confidence_never_reaches_that_of_stars() -> None:
    assert like(tried(*["finished"] * 500)).confidence < MOST
    assert MOST < 1.0


def test_simulated_attempts_are_marked() -> None:
    assert not like(tried("finished")).simulated
    assert like([replace(attempt, source=SIMULATED) for attempt in tried("finished")]).simulated


def test_nothing_says_nothing() -> None:
    assert preferences([]) == []
    assert difficulty([]) == {}


def test_difficulty_counts_players_not_attempts() -> None:
    found = difficulty([*tried("failed", "failed", "finished"), *tried("quit", player="bob"), *CROWD])["keep"]
    assert found.players == 7
    assert found.finish_rate == pytest.approx(6 / 7)
    assert found.seconds == (77.5, 80.0, 82.5)


ATTEMPTS = st.lists(
    st.builds(
        Attempt, st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from(OUTCOMES), st.floats(0, 1e4),
        st.floats(0, 100), st.integers(0, 5), st.integers(0, 5),
    ),
    max_size=12,
)  # fmt: skip


@given(ATTEMPTS)
def test_likes_stay_on_the_scale_whatever_happened(attempts: list[Attempt]) -> None:
    found = preferences(attempts)
    assert {(one.player, one.item) for one in found} == {(one.player, one.item) for one in attempts}
    assert all(1.0 <= one.stars <= 5.0 and 0.0 < one.confidence < MOST for one in found)
    bloody = [replace(one, deaths=one.deaths + 7, score=-1.0) for one in attempts]
    assert preferences(bloody) == found, "deaths and scores never move a like"
