"""Matches without a window: the same matches as the game's, whatever else runs beside them."""

import threading
from pathlib import Path

import pytest

from game.app.playing.launch import MatchChoice
from game.app.playing.opponents import Opponents
from game.core.levels.catalogue import list_levels, load_level
from game.core.sim import state as st
from game.match.brain_library import BrainLibrary
from game.match.npc import SeatPolicy
from game.match.simulation import MatchBatch, MatchJob, MatchResult, play_matches, usual_seats
from game.match.strengths import strength_of
from game.player.paths import UserFolders
from tests.match.matches import HeadlessMatch

LIBRARY = BrainLibrary()
BOTS = (SeatPolicy("marksman", 14), SeatPolicy("chaser", 7), SeatPolicy("wanderer"))


def jobs(name: str, seeds: range) -> list[MatchJob]:
    level = load_level(name)
    seats = tuple(BOTS[seat % len(BOTS)] for seat in range(len(level.arena.spawns)))
    return [MatchJob(level, seed, seats) for seed in seeds]


def as_in_the_game(job: MatchJob) -> MatchResult:
    """Play a job as the window does: one world, one driver, tick by tick."""
    match = HeadlessMatch(job.level, job.seed)
    match.drive(dict(enumerate(job.seats)), seed=job.seed, library=LIBRARY)
    match.run(job.stop or 100_000)
    head, tanks = match.world.head[0], match.world.tanks[0]
    columns = [tuple(tanks[:, c].tolist()) for c in (st.TANK_SCORE, st.TANK_KILLS, st.TANK_DEATHS)]
    return MatchResult(
        int(head[st.WINNER]), bool(head[st.TIMED_OUT]), not head[st.DONE], int(head[st.TICK]), *columns
    )


def test_a_match_is_the_games_own() -> None:
    job = jobs("cellar", range(1))[0]
    assert play_matches([job]) == [as_in_the_game(job)]


def test_a_brain_plays_as_in_the_game() -> None:
    level = load_level("first_light")
    job = MatchJob(level, 3, usual_seats(level, SeatPolicy("hunter", 7, 0.9), "regular", LIBRARY))
    assert play_matches([job], library=LIBRARY) == [as_in_the_game(job)]


def test_a_delay_changes_the_match() -> None:
    quick = jobs("first_light", range(4))
    slow = [MatchJob(job.level, job.seed, tuple(SeatPolicy(s.brain, 40) for s in job.seats)) for job in quick]
    assert play_matches(quick) != play_matches(slow)


def test_matches_do_not_depend_on_their_company() -> None:
    together = jobs("first_light", range(6)) + jobs("crossfire", range(3))
    alone = [play_matches([job])[0] for job in together]
    assert play_matches(together) == alone
    assert play_matches(together, worlds=2) == alone
    assert len(set(alone)) > 3, "different seeds give different matches"


def mixed(name: str, seeds: range) -> list[MatchJob]:
    """Matches of brains and bots at several strengths, cut short."""
    level = load_level(name)
    found = []
    for seed in seeds:
        seats = usual_seats(level, SeatPolicy("hunter", 7, 0.9), ("rookie", "ace")[seed % 2], LIBRARY)
        found.append(MatchJob(level, seed, seats, stop=240 + 100 * seed))
    return found


def test_threads_change_nothing() -> None:
    """Brains too: a row's logits do not depend on how many rows are asked."""
    together = mixed("foundry", range(4)) + mixed("first_light", range(6))
    one = play_matches(together, library=LIBRARY, threads=1)
    assert len(set(one)) > 4
    for threads in (2, 3, None):
        assert play_matches(together, library=LIBRARY, threads=threads) == one
    assert play_matches(together, library=LIBRARY, threads=2, worlds=2) == one


def test_every_processor_is_used_and_told_in_the_callers_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    played, told = set(), []
    step = MatchBatch.step
    both = threading.Barrier(2, timeout=60)  # each waits for the other's first step, or fails

    def noted(batch: MatchBatch) -> list[tuple[int, MatchResult]]:
        if threading.current_thread().name not in played:
            played.add(threading.current_thread().name)
            both.wait()
        return step(batch)

    monkeypatch.setattr(MatchBatch, "step", noted)
    monkeypatch.setattr("game.match.simulation.processors", lambda: 2)
    play_matches(jobs("first_light", range(6)), on_end=lambda: told.append(threading.current_thread()))
    assert len(played) == 2
    assert told == [threading.main_thread()] * 6


@pytest.mark.parametrize("name", ["worlds", "threads"])
def test_less_than_one_world_or_thread_is_refused(name: str) -> None:
    for value in (0, -1):
        with pytest.raises(ValueError, match=f"{name}: expected at least 1, found {value}"):
            play_matches(jobs("first_light", range(2)), **{name: value})  # type: ignore[arg-type]


def test_an_error_of_one_thread_ends_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = MatchBatch.begin

    def broken(batch: MatchBatch, w: int, job: MatchJob) -> None:
        if job.seed == 3:
            raise OSError("the brain's file is gone")
        begin(batch, w, job)

    monkeypatch.setattr(MatchBatch, "begin", broken)
    before = threading.active_count()
    with pytest.raises(OSError, match="the brain's file is gone"):
        play_matches(jobs("first_light", range(40)), worlds=2, threads=2)
    assert threading.active_count() == before


def test_who_stops_waiting_stops_the_threads() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        play_matches(jobs("first_light", range(40)), worlds=4, threads=2, on_end=stop)
    assert threading.active_count() == before


def test_a_step_is_one_inference_a_brain(monkeypatch: pytest.MonkeyPatch) -> None:
    import onnxruntime

    calls: list[int] = []
    run = onnxruntime.InferenceSession.run_with_iobinding

    def counted(*given: object) -> None:
        calls.append(1)
        run(*given)

    monkeypatch.setattr(onnxruntime.InferenceSession, "run_with_iobinding", counted)
    level = load_level("foundry")
    seats = tuple(
        SeatPolicy(("hunter", "guardian", "marksman")[n % 3]) for n in range(len(level.arena.spawns))
    )
    batch = MatchBatch([level], 3, LIBRARY)
    for w in range(3):
        batch.begin(w, MatchJob(level, w, seats))
    for _ in range(5):
        batch.step()
    assert len(calls) == 2 * 5


def test_a_player_who_leaves_ends_the_match() -> None:
    whole = jobs("first_light", range(1))[0]
    left = MatchJob(whole.level, whole.seed, whole.seats, stop=100)
    full, cut = play_matches([whole])[0], play_matches([left])[0]
    assert not full.stopped
    assert full.ticks > 100
    assert (cut.stopped, cut.ticks, cut.winner) == (True, 100, -1)


def test_seats_that_do_not_fit_are_refused() -> None:
    level = load_level("cellar")
    with pytest.raises(ValueError, match=r"seats: expected 3 for level 'cellar', found 1"):
        play_matches([MatchJob(level, 1, (SeatPolicy("chaser"),))])


def test_the_usual_opposition_is_what_the_window_seats(tmp_path: Path) -> None:
    opponents = Opponents(UserFolders(tmp_path), lambda: None)  # type: ignore[arg-type, return-value]
    for entry in list_levels():
        assert entry.level is not None
        human = entry.level.player_seat
        seats = opponents.assign(entry.level, MatchChoice(watch=False, difficulty="veteran"), human)
        usual = usual_seats(entry.level, SeatPolicy("idle"), "veteran", LIBRARY)
        assert usual[human].brain == "idle"
        for seat, brain in seats.items():
            assert usual[seat] == SeatPolicy(brain, *strength_of(LIBRARY, brain, "veteran"))
