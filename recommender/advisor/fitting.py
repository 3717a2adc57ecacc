"""The slow parts of learning: Bayesian factors, the shares of the models in the stars, and the weights of the ranker.

quick_factors   at the start, in the caller's thread: a short chain, on at most QUICK_RATINGS ratings
learn_all       in the background (`recommender.advisor.refit`): a long chain, and shares chosen on a tenth of the ratings that
                the models of that run have not seen, by non-negative least squares with a prior weight of RIDGE ratings
                (stacked regressions: L. Breiman, Machine Learning 24, 1996)
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recommender.advisor.features import Features
from recommender.advisor.gathering import Interactions, OthersRecords, PlayerRecords, RatingArrays
from recommender.advisor.opinions import StarPredictor
from recommender.advisor.others import OthersModel, TermShares, learn_others
from recommender.advisor.own import PlayerHistory
from recommender.advisor.ranker import RankWeights
from recommender.advisor.running import RunningSums
from recommender.models.factors import FactorModel, FactorSettings
from recommender.records.ratings import STARS, Floats, Ratings

QUICK: Final = FactorSettings(rank=8, sweeps=40, burn=12, every=2)
QUICK_RATINGS: Final = 250_000
QUICK_LEAST: Final = 3_000  # fewest ratings for a short chain
LONG: Final = FactorSettings(rank=12, sweeps=200, burn=60, every=4)
DRAWS: Final = 12  # draws kept for predictions
FEWEST_PLAYERS: Final = 25  # with LEAST ratings each; below that factors are guesses
LEAST: Final = 5
FACTOR_SHARE: Final = 0.75
FACTOR_HALF: Final = 20_000.0  # ratings
INNER: Final = 10  # one of so many ratings is held out
RIDGE: Final = 30.0  # weight of the initial shares, in ratings with terms of TERM stars
TERM: Final = 0.5


def start_shares(ratings: int) -> TermShares:
    """Initial shares: the weight of factors grows with the number of ratings."""
    return TermShares(0.5, 0.3, FACTOR_SHARE * ratings / (ratings + FACTOR_HALF))


def quick_factors(everyone: OthersRecords, others: OthersModel) -> tuple[FactorModel | None, TermShares]:
    """A short chain, if there are enough ratings and not too many for the start of a program."""
    given = everyone.given
    if not QUICK_LEAST <= len(given) <= QUICK_RATINGS or not enough_ratings(given):
        return None, start_shares(0)
    ratings = _ratings(everyone, others.features.items)
    return FactorModel(QUICK).fit(ratings).thinned(DRAWS), start_shares(len(given))


def enough_ratings(given: RatingArrays) -> bool:
    """Whether factors can be learnt: FEWEST_PLAYERS players with LEAST ratings each."""
    return int((np.bincount(given.player, minlength=1) >= LEAST).sum()) >= FEWEST_PLAYERS


def _ratings(everyone: OthersRecords, items: tuple[str, ...]) -> Ratings:
    given = everyone.given
    return Ratings(everyone.players, items, given.player, given.item, given.stars, np.zeros(len(given)))


@dataclass(frozen=True)
class RefitJob:
    """The input of `learn_all`, as plain arrays."""

    items: tuple[str, ...]
    features: Mapping[str, NDArray[Any]]
    simulated: NDArray[np.bool_]
    given: RatingArrays
    taken: Interactions
    chance: Floats | None  # (n,)

    @classmethod
    def of(cls, others: OthersModel, chance: Floats | None) -> "RefitJob":
        """The job for these records."""
        features, everyone = others.features, others.everyone
        arrays: dict[str, NDArray[Any]] = {
            "values": features.values,
            "present": features.present,
            "family": features.family,
            "of_name": features.of_name,
            "names": np.array(features.names, np.str_),
            "families": np.array(features.families, np.str_),
        }
        return cls(features.items, arrays, everyone.simulated, everyone.given, everyone.taken, chance)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays; names as fixed-width text."""
        found: dict[str, NDArray[Any]] = {"items": np.array(self.items, np.str_), "simulated": self.simulated}
        found |= {f"features/{name}": value for name, value in self.features.items()}
        found |= {f"given/{name}": value for name, value in vars(self.given).items()}
        found |= {f"taken/{name}": value for name, value in vars(self.taken).items()}
        if self.chance is not None:
            found["chance"] = self.chance
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "RefitJob":
        """The inverse of `arrays`. KeyError for a missing array."""
        return cls(
            tuple(map(str, arrays["items"])),
            _part(arrays, "features/"),
            arrays["simulated"],
            RatingArrays(**_part(arrays, "given/")),
            Interactions(**_part(arrays, "taken/")),
            arrays.get("chance"),
        )

    @property
    def content(self) -> Features:
        """The features."""
        found = self.features
        return Features(
            self.items,
            tuple(map(str, found["names"])),
            found["values"],
            found["present"],
            tuple(map(str, found["families"])),
            found["family"],
            found["of_name"],
        )

    def everyone(self, rows: NDArray[np.bool_] | None = None) -> OthersRecords:
        """The records, or only some of the ratings."""
        players = tuple(map(str, range(len(self.simulated))))
        given = self.given if rows is None else self.given[rows]
        return OthersRecords(players, self.simulated, given, self.taken, (), False)


@dataclass(frozen=True)
class RefitResult:
    """The result of a refit."""

    shares: TermShares
    factors: FactorModel
    rank: RankWeights | None = None
    held_out: Mapping[str, float] = field(default_factory=dict)  # root mean square errors on the inner tenth

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays for an `.npz` file."""
        shares = self.shares
        found: dict[str, NDArray[Any]] = {
            "shares": np.array([shares.items, shares.players, shares.factors]),
            "held_out": np.array(list(self.held_out.values())),
            "held_out_names": np.array(list(self.held_out), np.str_),
        }
        if self.rank is not None:
            found |= {"rank": self.rank.array(), "choices": np.array(self.rank.choices)}
        return found | {f"factors/{key}": value for key, value in self.factors.arrays().items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "RefitResult":
        """The inverse of `arrays`. KeyError or ValueError for other arrays."""
        items, players, factors = map(float, arrays["shares"])
        names = map(str, arrays["held_out_names"])
        rank = RankWeights.of(arrays["rank"], int(arrays["choices"])) if "rank" in arrays else None
        model = FactorModel.from_arrays(_part(arrays, "factors/"))
        held_out = dict(zip(names, map(float, arrays["held_out"]), strict=True))
        return cls(TermShares(items, players, factors), model, rank, held_out)


def _part(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def learn_all(job: RefitJob, settings: FactorSettings = LONG) -> RefitResult | None:
    """Choose the shares on the inner tenth, then fit the factors to all ratings; None for too few ratings."""
    given = job.given
    if not enough_ratings(given):
        return None
    held = np.random.default_rng(0).permutation(len(given)) % INNER == 0
    chance = None if job.chance is None else job.chance[~held]
    part = job.everyone(~held)
    others = learn_others(part, job.content, chance)
    items = job.items
    others.factors = FactorModel(settings).fit(_ratings(part, items)).thinned(DRAWS)
    others.shares = TermShares(1.0, 1.0, 1.0)
    terms, target = _terms(others, job, held)
    start = start_shares(len(given))
    first = np.array([start.items, start.players, start.factors])
    shares = _stack(terms[:, 1:], target - terms[:, 0], first)
    errors = {
        "content": target - terms[:, 0],
        "start": target - terms[:, 0] - terms[:, 1:] @ first,
        "all": target - terms[:, 0] - terms[:, 1:] @ shares,
    }
    factors = FactorModel(replace(settings, seed=settings.seed + 1)).fit(_ratings(job.everyone(), items))
    rank = others.rank if others.rank.choices else None
    return RefitResult(
        TermShares(*map(float, shares)),
        factors.thinned(DRAWS),
        rank,
        {name: float(np.sqrt((error**2).mean())) for name, error in errors.items()},
    )


def _terms(others: OthersModel, job: RefitJob, held: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The terms at the held-out ratings (m, 4), and the liking in those ratings (m,)."""
    given = job.given
    order = np.argsort(given.player, kind="stable")
    ends = np.cumsum(np.bincount(given.player, minlength=len(job.simulated)))
    found, target = [], []
    for rows in np.split(order, ends[:-1]):
        judged, known = rows[held[rows]], rows[~held[rows]]
        if not len(judged):
            continue
        chance = None
        if job.chance is not None:
            chance = np.full(len(job.items), np.nan)
            chance[given.item[rows]] = job.chance[rows]
        own = PlayerHistory(
            {}, set(), PlayerRecords(dict(zip(given.item[known].tolist(), given.stars[known].tolist())))
        )
        terms = StarPredictor(RunningSums(others), others, own, chance).terms(given.item[judged])
        found.append(np.stack([terms.base + terms.taste, terms.items, terms.players, terms.factors], 1))
        cost = 0.0 if job.chance is None else others.challenge.cost(job.chance[judged])
        target.append(np.clip(given.stars[judged] + cost, *STARS))
    return np.concatenate(found), np.concatenate(target)


def _stack(terms: Floats, left: Floats, start: Floats) -> Floats:
    """Non-negative least squares drawn towards `start`."""
    nnls = importlib.import_module("scipy.optimize").nnls  # slow to import, and only a refit needs it
    pull = np.sqrt(RIDGE) * TERM
    shares, _ = nnls(np.vstack([terms, pull * np.eye(len(start))]), np.concatenate([left, pull * start]))
    return np.asarray(np.minimum(shares, 1.5))
