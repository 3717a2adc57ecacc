import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from recommender.advisor import refit
from recommender.advisor.engine import Advisor, AdvisorSettings
from recommender.advisor.fitting import RefitJob, RefitResult, learn_all
from recommender.advisor.others import TermShares
from recommender.advisor.refit import BackgroundRefit, enough_ratings, pack_arrays
from recommender.store import Store
from tests.recommender.made_advice import catalogue, community

ITEMS = catalogue(16)


def job(players: int = 30) -> RefitJob:
    advisor = Advisor(ITEMS, Store(None), community=community(ITEMS, players), worker=False)
    return advisor._knowledge.job()


def done(one: BackgroundRefit, seconds: float = 60.0) -> RefitResult | None:
    end = time.monotonic() + seconds
    while one.running and time.monotonic() < end:
        found = one.poll()
        if found is not None:
            return found
        time.sleep(0.02)
    return None


def begun(one: BackgroundRefit, before: int = 0) -> tuple[int, Path]:
    """The process that a refit has started, another than `before`, and its folder."""
    end = time.monotonic() + 30
    while (one._process is None or one._process.pid == before) and time.monotonic() < end:
        time.sleep(0.005)
    assert one._process is not None
    arguments = one._process.args
    assert isinstance(arguments, list)
    (result,) = (Path(str(part)) for part in arguments if str(part).endswith("result.npz"))
    return one._process.pid, result.parent


@pytest.fixture(scope="module")
def learnt() -> RefitResult:
    found = learn_all(job())
    assert found is not None
    return found


def test_jobs_and_results_travel_as_plain_arrays(learnt: RefitResult, tmp_path: Path) -> None:
    one = job()
    (tmp_path / "job.npz").write_bytes(pack_arrays(one.arrays()))
    with np.load(tmp_path / "job.npz", allow_pickle=False) as arrays:
        again = RefitJob.from_arrays(dict(arrays))
    assert again.items == one.items
    assert one.chance is not None
    told, was = again.arrays(), one.arrays()
    assert set(told) == set(was)
    assert all(np.array_equal(told[name], was[name]) for name in was)
    assert again.content.names == one.content.names
    (tmp_path / "learnt.npz").write_bytes(pack_arrays(learnt.arrays()))
    with np.load(tmp_path / "learnt.npz", allow_pickle=False) as arrays:
        back = RefitResult.from_arrays(dict(arrays))
    assert (back.shares, back.rank, back.held_out) == (learnt.shares, learnt.rank, learnt.held_out)
    items, stars = np.array([0, 3], np.int32), np.array([5.0, 1.0])
    assert np.array_equal(back.factors.fold_in(items, stars), learnt.factors.fold_in(items, stars))


def test_shares_chosen_on_held_out_ratings_are_no_worse_there(learnt: RefitResult) -> None:
    assert learnt.held_out["all"] <= learnt.held_out["content"] + 0.01
    assert learnt.held_out["all"] <= learnt.held_out["start"] + 0.01
    assert all(0 <= share <= 1.5 for share in dataclasses.astuple(learnt.shares))


def test_factors_fold_in_a_new_player_without_a_refit(learnt: RefitResult) -> None:
    advisor = Advisor(
        ITEMS,
        Store(None),
        community=community(ITEMS, 30),
        settings=AdvisorSettings(exploration=0),
        worker=False,
    )
    advisor._knowledge.take_over(dataclasses.replace(learnt, shares=TermShares(0.5, 0.3, 0.5)))
    for number in range(6):
        advisor.rate(f"level{number:02d}", 5 if number % 2 else 1)
    assert "factors" in advisor.suggest(1)[0].models
    alone = advisor.outlook("level09").stars, advisor.outlook("level10").stars
    assert alone[0] > alone[1] + 0.5


def test_the_background_process_hands_over_and_the_advisor_takes_it_at_once() -> None:
    advisor = Advisor(ITEMS, Store(None), community=community(ITEMS, 30))
    try:
        before = advisor._knowledge.others
        assert before.factors is None
        end = time.monotonic() + 60
        while not advisor.poll() and time.monotonic() < end:
            time.sleep(0.02)
        assert advisor._knowledge.others is not before
        assert advisor._knowledge.others.factors is not None
        assert advisor.take_messages() == []
        assert not advisor.poll()
    finally:
        advisor.close()


def test_closing_while_the_process_begins_leaves_none() -> None:
    one = BackgroundRefit()
    given = job()
    with one._starting:
        assert one.start(given)
        threading.Timer(0.2, one.close).start()
    end = time.monotonic() + 30
    while one.running and time.monotonic() < end:
        time.sleep(0.01)
    assert not one.running
    assert one._process is None or one._process.poll() is not None
    assert one.messages == []


def test_too_few_players_start_nothing() -> None:
    assert enough_ratings(job(25).given)
    assert not enough_ratings(job(24).given)
    one = BackgroundRefit()
    assert not one.start(job(24))
    assert not one.running


def test_a_process_that_dies_leaves_the_models_and_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    one = BackgroundRefit()
    monkeypatch.setattr(refit, "pack_arrays", lambda arrays: b"no arrays at all")
    assert one.start(job())
    assert done(one) is None
    assert one.messages == ["refit: the process ended with code 1; the earlier models stay"]
    assert not one.running


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_killed_process_is_told_once_and_close_leaves_none_behind() -> None:
    one = BackgroundRefit()
    assert one.start(job())
    killed, _ = begun(one)
    os.kill(killed, signal.SIGKILL)
    assert done(one) is None
    assert one.messages == ["refit: the process ended with code -9; the earlier models stay"]
    assert one.start(job())
    pid, folder = begun(one, killed)
    one.close()
    assert not psutil.pid_exists(pid)
    assert not folder.exists()
    assert one.poll() is None


def test_the_command_refuses_other_arguments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refit.main([]) == 2
    assert "usage" in capsys.readouterr().err
    assert refit.main([str(tmp_path / "none.npz"), str(tmp_path / "out.npz")]) == 1
    assert not (tmp_path / "out.npz").exists()


STARTER = """
import sys, time
from recommender.advisor.refit import BackgroundRefit
from tests.recommender.test_refit import begun, job
one = BackgroundRefit()
assert one.start(job(60))
print(*begun(one), flush=True)
time.sleep(60)
"""


def test_a_process_whose_starter_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    place = tmp_path / "a place with spaces"
    place.mkdir()
    (place / "recommender").mkdir()  # not the package, though it lies where the program runs
    (place / "recommender" / "__init__.py").write_text("raise SystemExit('not me')")
    starter = subprocess.Popen(
        [sys.executable, "-P", "-c", STARTER],
        stdout=subprocess.PIPE,
        cwd=place,
        text=True,
        env={**os.environ, "TMPDIR": str(place), "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert starter.stdout is not None
    pid, _, folder = starter.stdout.readline().strip().partition(" ")
    child = psutil.Process(int(pid))
    starter.kill()
    starter.wait()
    starter.stdout.close()
    psutil.wait_procs([child], timeout=60)
    assert not child.is_running()
    assert not Path(folder).exists()


def test_a_refit_of_records_that_no_longer_count_is_dropped() -> None:
    advisor = Advisor(ITEMS, Store(None), community=community(ITEMS, 30))
    assert advisor._knowledge.refit.running
    advisor.configure(AdvisorSettings(community=False))
    assert not advisor._knowledge.refit.running
    advisor.configure(AdvisorSettings(community=True))
    assert advisor._knowledge.refit.running
    advisor.close()
