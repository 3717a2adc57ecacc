"""How much each model adds: shares of their terms, chosen on ratings that the models have not seen.

    stars(u,i) = content(u,i) + s_n neighbours(u,i) + s_f (factors(u,i) - content(u,i)) + s_e ease(u,i)

`content` is the item's stars for an average player plus the player's own taste (`recommender.advisor.opinions`),
`neighbours` what they add to the biases, `ease` how much the item belongs next to what the player liked, in standard
deviations over the items. The shares are the non-negative least squares on an inner tenth of the ratings, drawn towards
the start by RIDGE ratings' worth: stacked regressions (L. Breiman, "Stacked Regressions", Machine Learning 24, 1996).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from recommender.advisor.features import Features
from recommender.advisor.opinions import LIKED, Mix, Opinions
from recommender.models.factors import FactorModel, FactorSettings
from recommender.models.ranking import Ease
from recommender.records.kinds import REAL, SIMULATED, Rating
from recommender.records.ratings import Floats, Ints, Ratings

INNER: Final = 10  # one of so many ratings is held out
RIDGE: Final = 30.0  # ratings' worth of belief in the start, at terms of half a star
TERM: Final = 0.5  # stars
FACTORS: Final = FactorSettings(rank=8, sweeps=160, burn=60, every=5)
USUAL_CHANCE: Final = 0.7  # inside the zone: costs nothing


@dataclass(frozen=True)
class Job:
    """All ratings of a catalogue, and what a refit needs to know beside; rows (n,)."""

    items: tuple[str, ...]
    names: tuple[str, ...]  # of features
    values: Floats  # (items, f)
    present: Floats  # (items, f)
    player: Ints
    item: Ints
    stars: Floats
    chance: Floats  # of the player who gave them to finish the item
    trust: Floats  # (players,)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays; names as fixed-width text."""
        return {
            "items": np.array(self.items, np.str_),
            "names": np.array(self.names, np.str_),
            **{name: getattr(self, name) for name in _ARRAYS},
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Job":
        """The job that the arrays came from. KeyError for one that is missing."""
        return cls(
            tuple(map(str, arrays["items"])),
            tuple(map(str, arrays["names"])),
            *(arrays[name] for name in _ARRAYS),
        )


_ARRAYS: Final = ("values", "present", "player", "item", "stars", "chance", "trust")


@dataclass(frozen=True)
class Learned:
    """What a refit hands back."""

    mix: Mix
    held_out: Mapping[str, float] = field(default_factory=dict)  # root mean square errors on the inner tenth

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays for an `.npz` file."""
        found: dict[str, NDArray[Any]] = {
            "shares": np.array([self.mix.neighbours, self.mix.factor_share, self.mix.ease_share]),
            "held_out": np.array(list(self.held_out.values())),
            "held_out_names": np.array(list(self.held_out), np.str_),
        }
        for name, model in (("factors", self.mix.factors), ("ease", self.mix.ease)):
            if model is not None:
                found |= {f"{name}/{key}": value for key, value in model.arrays().items()}
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Learned":
        """What the arrays came from. KeyError or ValueError for others."""
        neighbours, factors, ease = map(float, arrays["shares"])
        mix = Mix(
            neighbours,
            factors,
            ease,
            FactorModel.from_arrays(_part(arrays, "factors/")),
            Ease.from_arrays(_part(arrays, "ease/")),
        )
        names = map(str, arrays["held_out_names"])
        return cls(mix, dict(zip(names, map(float, arrays["held_out"]), strict=True)))


def _part(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def learn(job: Job) -> Learned:
    """Choose the shares on the inner tenth, then fit the models to everything."""
    held = np.random.default_rng(0).permutation(len(job.stars)) % INNER == 0
    opinions, mix = _models(job, ~held)
    terms, target = _terms(job, opinions, mix, held)
    start = np.array([Mix().neighbours, 0.0, 0.0])
    shares = _stack(terms[:, 1:], target - terms[:, 0], start)
    neighbours, factors, ease = map(float, shares)
    errors = {
        "content": target - terms[:, 0],
        "start": target - terms[:, 0] - terms[:, 1:] @ start,
        "all": target - terms[:, 0] - terms[:, 1:] @ shares,
    }
    _, whole = _models(job, np.ones(len(held), np.bool_))
    return Learned(
        Mix(neighbours, factors, ease, whole.factors, whole.ease),
        {name: float(np.sqrt((error**2).mean())) for name, error in errors.items()} if held.any() else {},
    )


def _models(job: Job, rows: NDArray[np.bool_]) -> tuple[Opinions, Mix]:
    players = [f"{number}" for number in range(len(job.trust))]
    opinions = Opinions(job.items, Features(job.items, job.names, job.values, job.present))
    player, item, stars = job.player[rows], job.item[rows], job.stars[rows]
    for u, i, s in zip(player, item, stars):
        source = SIMULATED if job.trust[u] < 1 else REAL
        opinions.rate(Rating(players[u], job.items[i], float(s), 0.0, source))
    trust = float(job.trust[job.trust < 1][0]) if (job.trust < 1).any() else 1.0
    # `others` goes player by player in order of first appearance, and so must the chances.
    given = opinions.others("", trust)
    chance_of = {(u, i): c for u, i, c in zip(job.player, job.item, job.chance)}
    chance = [chance_of[int(given.names[u]), i] for u, i in zip(given.player, given.item)]
    opinions.learn_others(given, np.array(chance, np.float64))
    ratings = Ratings(
        tuple(players), job.items, player.astype(np.int32), item.astype(np.int32), stars, np.zeros(len(stars))
    )
    return opinions, Mix(0, 0, 0, FactorModel(FACTORS).fit(ratings), Ease().fit(ratings[stars >= LIKED]))


def _terms(job: Job, opinions: Opinions, mix: Mix, held: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The terms at the held-out ratings (m, 4), and the liking they show (m,)."""
    found, target = [], []
    for player in np.unique(job.player[held]):
        mine = job.player == player
        chance = np.full(len(job.items), USUAL_CHANCE)
        chance[job.item[mine]] = job.chance[mine]
        terms = opinions.terms(f"{player}", opinions.evidence(f"{player}", {}, chance), chance, mix)
        rows = job.item[mine & held]
        found.append(
            np.stack([terms.content, terms.neighbours, terms.factors - terms.content, terms.ease], 1)[rows]
        )
        target.append(job.stars[mine & held] + opinions.challenge.cost(chance[rows]))
    if not found:
        return np.zeros((0, 4)), np.zeros(0)
    return np.concatenate(found), np.concatenate(target)


def _stack(terms: Floats, left: Floats, start: Floats) -> Floats:
    """Non-negative least squares drawn towards `start`."""
    pull = np.sqrt(RIDGE) * TERM
    shares, _ = nnls(np.vstack([terms, pull * np.eye(len(start))]), np.concatenate([left, pull * start]))
    return np.asarray(np.minimum(shares, 1.0))
