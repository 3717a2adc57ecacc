"""A killed process loses nothing that was acknowledged; the long proof is `python -m tests.recommender.store.kill_store 1000`."""

import json
import os
from pathlib import Path

import pytest

from recommender.records.kinds import Attempt, Rating
from recommender.store import Store
from tests.contracts.tree import ROOT, run_python
from tests.recommender.store import kill_store

POSIX = pytest.mark.skipif(not hasattr(os, "fork"), reason="the proof forks")


def run(kills: int, folder: Path) -> dict[str, int]:
    # A process of its own: forking one that has threads is not safe
    arguments = ("-m", "tests.recommender.store.kill_store", str(kills), "--folder", str(folder))
    done = run_python(*arguments, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    figures: dict[str, int] = json.loads(done.stdout)
    return figures


@POSIX
def test_fifteen_kills_lose_no_acknowledged_record(tmp_path: Path) -> None:
    figures = run(15, tmp_path)
    assert figures["kills"] == 15
    assert figures["acknowledged"] > 50


@POSIX
@pytest.mark.slow
def test_a_thousand_kills_lose_no_acknowledged_record(tmp_path: Path) -> None:
    figures = run(1000, tmp_path)
    assert figures["acknowledged"] > 5000
    assert figures["before the first"] > 50, "the opening is hit too"
    assert figures["unpromised"] > 50, "and the moment between a commit and its acknowledgement"


def written(*numbers: int, batch: int | None = None) -> Store:
    store = Store(None)
    for number in numbers:
        size = batch or kill_store.size_of(number)
        store.put_ratings([Rating("p", f"{number}.{n}", 3.0, float(number)) for n in range(size)])
        store.put_attempts([Attempt("p", str(number), "finished", 1.0, float(number))])
    return store


def test_the_check_passes_what_is_whole_and_counts_it() -> None:
    assert kill_store.check(written(0, 1, 2), "p", 2) == 3


def test_the_check_notices_a_lost_write_and_half_a_transaction() -> None:
    with pytest.raises(AssertionError, match=r"3 writes acknowledged, lost: \[1\]"):
        kill_store.check(written(0, 2), "p", 3)
    with pytest.raises(AssertionError, match=r"half a transaction: \[0\]"):
        kill_store.check(written(0, batch=2), "p", 0)


def test_the_check_notices_a_file_that_was_set_aside() -> None:
    store = written(0)
    store.messages.append("damaged")
    with pytest.raises(AssertionError, match="damaged"):
        kill_store.check(store, "p", 1)


def test_the_check_notices_a_row_of_the_first_form_that_is_lost() -> None:
    with pytest.raises(AssertionError, match="of 200 rows of each kind there are"):
        kill_store.check_old(written(0))
