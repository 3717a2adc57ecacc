"""Models that do not fit into memory are left out with a line."""

import os
import tracemalloc

import numpy as np
import pytest

from recommender.evaluation.lineup import FitSettings, RatingModels
from recommender.evaluation.memory_limit import GIB, likeness_bytes, memory_budget
from recommender.evaluation.run import evaluate
from recommender.records.ratings import Ratings
from recommender.records.side_tables import SideData
from tests.recommender.made import made_ratings

NEIGHBOURS = {"bare", "robust", "player-residuals", "article", "article-nearest"}


def many(players: int) -> Ratings:
    """One rating each, and two of the first."""
    rows = [
        (f"p{player}", f"i{player % 30}", float(1 + player % 5), float(player)) for player in range(players)
    ]
    return Ratings.of([*rows, ("p0", "i7", 3.0, 1e6)])


def test_players_too_many_for_likeness_leave_the_other_models() -> None:
    report = evaluate(
        many(14_000), "surprise5", name="many", fitting=FitSettings((), memory=2.0), product=False
    )
    found = {row.model for row in report.models}
    assert {"popularity", "biases", "item-residuals"} <= found
    assert not found & NEIGHBOURS
    (note,) = report.notes
    assert note.startswith(
        "left out: bare, article, article-nearest, robust, player-residuals: similarity of every two of 14,000"
    )
    assert "2.0 GiB may be taken (--memory allows more)" in note


def test_what_fits_is_fitted() -> None:
    assert (
        set(
            RatingModels(made_ratings()[0], SideData(), lambda _label, _units: None, FitSettings(()))
            .fit()
            .models
        )
        >= NEIGHBOURS
    )


def test_the_estimate_holds_the_peak_of_a_fit() -> None:
    ratings, _ = made_ratings(500, 120, 10)
    tracemalloc.start()
    RatingModels(ratings, SideData(), lambda _label, _units: None, FitSettings((), tuned=False)).fit()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.4 < peak / likeness_bytes(500, 120) < 1


def test_what_may_be_taken_is_what_was_asked_or_half_of_the_machines() -> None:
    assert memory_budget(0.5) <= 0.5 * GIB
    if hasattr(os, "sysconf"):
        assert 0 < memory_budget() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the limit of a process is POSIX")
def test_the_limit_of_the_process_counts() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (200 * GIB, before[1]))
    try:
        assert memory_budget(1000.0) == pytest.approx(100 * GIB)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert np.isfinite(memory_budget())
