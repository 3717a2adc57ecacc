"""Ratings of players from results of matches, and the equilibrium mixture that no player beats.

`rate` is OpenSkill's Plackett-Luce model (Weng and Lin, JMLR 12, 2011) over every single match, in several passes in a fixed
random order, so that the order of results does not matter. Only differences of ratings count: they are shifted so that the
anchor, a scripted bot that training does not change, is at ANCHOR.

`nash` is the symmetric equilibrium of the payoffs by multiplicative weights (Freund and Schapire, 1999): a player that the
others can always beat has no weight, however many weak players it beats.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from openskill.models import PlackettLuce

Floats = NDArray[np.float64]

ANCHOR: Final = 25.0  # the anchor's rating: OpenSkill's own initial value
PASSES: Final = 4
MOST_MATCHES: Final = 400  # most matches of a pair that count; more are thinned out
EQUILIBRIUM_STEPS: Final = 20_000


@dataclass(frozen=True)
class Result:
    """Matches of one pair in one kind of match, from the first player's side."""

    first: str
    second: str
    kind: str
    wins: int
    losses: int
    draws: int  # including time-outs

    @property
    def matches(self) -> int:
        """How many matches were played."""
        return self.wins + self.losses + self.draws

    @property
    def points(self) -> float:
        """Share of the points: a draw is half a win."""
        return (self.wins + 0.5 * self.draws) / self.matches if self.matches else 0.5


@dataclass(frozen=True)
class Strength:
    """A player's estimated strength."""

    mu: float
    sigma: float
    matches: int


def pool_results(results: Iterable[Result]) -> dict[tuple[str, str, str], Result]:
    """Sums of results by pair and kind, with the names of each pair in one order."""
    sums: dict[tuple[str, str, str], list[int]] = {}
    for one in results:
        turned = one.second < one.first
        key = (one.second, one.first, one.kind) if turned else (one.first, one.second, one.kind)
        row = sums.setdefault(key, [0, 0, 0])
        row[0] += one.losses if turned else one.wins
        row[1] += one.wins if turned else one.losses
        row[2] += one.draws
    return {key: Result(key[0], key[1], key[2], *row) for key, row in sums.items()}


def rate(
    results: Iterable[Result], kind: str | None = None, anchor: str | None = None, seed: int = 0
) -> dict[str, Strength]:
    """Ratings by name, from matches of one kind or of all (None)."""
    model = PlackettLuce(tau=0.0)
    rows = sorted(
        (one for one in pool_results(results).values() if kind in (None, one.kind)),
        key=lambda one: (one.first, one.second, one.kind),
    )
    games: list[tuple[str, str, int]] = []
    played: dict[str, int] = {}
    for one in rows:
        share = min(1.0, MOST_MATCHES / max(one.matches, 1))
        for count, outcome in ((one.wins, 1), (one.losses, -1), (one.draws, 0)):
            games += [(one.first, one.second, outcome)] * round(count * share)
        for name in (one.first, one.second):
            played[name] = played.get(name, 0) + one.matches
    random = np.random.default_rng(seed)
    beliefs = {name: model.rating() for name in sorted(played)}
    for number in range(PASSES):
        for place in random.permutation(len(games)).tolist():
            first, second, outcome = games[place]
            ranks = [1.0, 1.0] if outcome == 0 else [1.0, 2.0] if outcome > 0 else [2.0, 1.0]
            [[after], [behind]] = model.rate([[beliefs[first]], [beliefs[second]]], ranks=ranks)
            if number:  # later passes change the mean, not the uncertainty
                after.sigma, behind.sigma = beliefs[first].sigma, beliefs[second].sigma
            beliefs[first], beliefs[second] = after, behind
    shift = ANCHOR - beliefs[anchor].mu if anchor in beliefs else 0.0
    return {name: Strength(held.mu + shift, held.sigma, played[name]) for name, held in beliefs.items()}


def win_chance(first: Strength, second: Strength) -> float:
    """The chance that the first beats the second, by the logistic curve of the model.

    OpenSkill's own `predict_win` (6.2) uses a normal curve of the same width and is overconfident: 0.86 when three of four are
    won.
    """
    width = math.sqrt(2 * PlackettLuce().beta ** 2 + first.sigma**2 + second.sigma**2)
    return 1.0 / (1.0 + math.exp((second.mu - first.mu) / width))


def payoffs(results: Iterable[Result], names: Sequence[str], kind: str | None = None) -> Floats:
    """Share of the points of each player (row) against each (column), nan if they never met, (n, n)."""
    place = {name: number for number, name in enumerate(names)}
    points, matches = np.zeros((2, len(names), len(names)))
    for one in pool_results(results).values():
        if kind in (None, one.kind) and one.first in place and one.second in place:
            a, b = place[one.first], place[one.second]
            points[a, b] += one.wins + 0.5 * one.draws
            points[b, a] += one.losses + 0.5 * one.draws
            matches[a, b] += one.matches
            matches[b, a] += one.matches
    found = np.full(matches.shape, np.nan)
    np.divide(points, matches, out=found, where=matches > 0)
    np.fill_diagonal(found, 0.5)
    return found


def nash(payoff: Floats) -> Floats:
    """Weights of the equilibrium, (n,), of payoffs (n, n) as `payoffs` gives them; pairs that never met count as even."""
    gain = np.where(np.isnan(payoff), 0.5, payoff) - 0.5
    count = len(gain)
    if not count:
        return np.zeros(0)
    step = np.sqrt(8 * np.log(max(count, 2)) / EQUILIBRIUM_STEPS)
    total, mean = np.zeros(count), np.zeros(count)
    for _ in range(EQUILIBRIUM_STEPS):
        weights = np.exp(step * (total - total.max()))
        weights /= weights.sum()
        mean += weights
        total += gain @ weights
    return np.asarray(mean / EQUILIBRIUM_STEPS)


def sampling_weights(shares: Mapping[str, float]) -> dict[str, float]:
    """Sampling weight of each opponent, from the learner's share of the points against it: (1 - share) squared, never 0."""
    return {name: (1.0 - share) ** 2 + 0.02 for name, share in shares.items()}
