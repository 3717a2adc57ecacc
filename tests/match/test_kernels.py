"""The compiled sampling: the actions and streams of `agents.sampling`, which stays the reference."""

import numpy as np
import pytest
from numpy.typing import NDArray

from agents.sampling import Head, make_streams, sample_actions
from game.core import rules
from game.match import kernels
from game.match.strengths import TRAINED, UNTRAINED

HEADS = tuple(Head(name, size) for name, size in rules.ACTION_HEADS)
TEMPERATURES = tuple(
    sorted(
        {0.0, 0.01, 100.0, *(row.temperature for ladder in (TRAINED, UNTRAINED) for row in ladder.values())}
    )
)
FORBIDDEN = (-1e9, -3.4e38, -60.0)  # how a network rules a choice out; logits are finite


def made_logits(random: np.random.Generator, rows: int) -> NDArray[np.float32]:
    """Logits mild and wild, with ties, choices ruled out, and rows that are all the same."""
    scale = 10.0 ** random.uniform(-2, 2, (rows, 1))
    logits = random.normal(size=(rows, kernels.N_LOGITS)) * scale
    logits[random.random(rows) < 0.1] = 0.0
    coarse = random.random(rows) < 0.2
    logits[coarse] = np.round(logits[coarse])
    out = (random.random(logits.shape) < 0.5) & (random.random((rows, 1)) < 0.3)
    logits[out] = random.choice(FORBIDDEN, int(out.sum()))
    return logits.astype(np.float32)


def differences(decisions: int, seed: int) -> int:
    """Count the rows of `decisions`, at every temperature, whose actions or stream are not the reference's."""
    random = np.random.default_rng(seed)
    rows = 1000
    table, seats = kernels.new_rows(2, rows), kernels.new_seats(rows // 8, 8)
    logits, place = table.logits[1], table.place[1]
    seats.streams[:] = make_streams(seed, rows).reshape(seats.streams.shape)
    wrong = 0
    for _ in range(decisions // rows):
        logits[:] = made_logits(random, rows)
        place[:] = random.permutation(rows)
        heat = random.choice(TEMPERATURES, rows)
        seats.temperature.reshape(-1)[:] = heat
        streams = seats.streams.reshape(-1, 2)[place]
        expected = sample_actions(logits, HEADS, heat[place], streams)
        with np.errstate(over="ignore"):
            assert kernels.choose(table, 1, rows, seats)
        same = (seats.chosen.reshape(-1, len(HEADS))[place] == expected).all(axis=1)
        same &= (seats.streams.reshape(-1, 2)[place] == streams).all(axis=1)
        wrong += rows - int(same.sum())
    return wrong


def test_the_compiled_sampling_draws_what_the_reference_draws() -> None:
    assert differences(100_000, seed=1) == 0


@pytest.mark.slow
def test_it_does_so_in_ten_million_decisions() -> None:
    assert sum(differences(1_000_000, seed) for seed in range(10)) == 0


def test_a_difference_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = sample_actions

    def other(*given: object) -> NDArray[np.int64]:
        found = reference(*given)  # type: ignore[arg-type]
        found[7, 1] = (found[7, 1] + 1) % HEADS[1].size
        return found

    monkeypatch.setattr("tests.match.test_kernels.sample_actions", other)
    assert differences(3000, seed=1) == 3


def test_the_exponential_is_within_one_unit_of_the_last_place() -> None:
    points = np.concatenate([-np.geomspace(1e-12, 700, 5000), -np.linspace(0, 700, 5001), [0.0]])
    plain = getattr(kernels.exp, "py_func", kernels.exp)
    found = np.array([plain(x) for x in points.tolist()])
    expected = np.exp(points)
    assert (np.abs(found - expected) <= np.spacing(expected)).all()
    assert found[-1] == 1.0
    for x in (-708.5, -745.1, -745.2, -1e300, -np.inf):
        assert (plain(x) > 0) == (np.exp(x) > 0)
        assert plain(x) < 1e-300


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_logit_that_is_not_finite_draws_nothing(bad: float) -> None:
    table, seats = kernels.new_rows(1, 2), kernels.new_seats(1, 2)
    table.place[0] = 0, 1
    seats.streams[0] = make_streams(4, 2)
    before = seats.streams.copy()
    table.logits[0, 1, -1] = bad
    assert not kernels.choose(table, 0, 2, seats)
    assert (seats.streams == before).all()
    assert kernels.choose(table, 0, 1, seats)  # a row that nobody asks for may hold anything
    assert (seats.streams != before).any()


def test_streams_begin_as_the_references() -> None:
    seats = kernels.new_seats(3, 8)
    with np.errstate(over="ignore"):
        kernels.start_seats(seats, 1, 2**62 + 5)
    assert (seats.streams[1] == make_streams(2**62 + 5, 8)).all()
    assert not seats.streams[[0, 2]].any()
