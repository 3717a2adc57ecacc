"""Bayesian matrix factors with implicit features: the most accurate rating model here, slow to fit, quick to predict.

    r(u, i) = m + U_u . V_i + e,                  e ~ N(0, 1 / (a a_u a_i))
    U_u ~ N(mean + A' x_u + B' f_u, L^-1)         x_u = what u rated, each 1 / sqrt(|N(u)|), and log(1 + |N(u)|)
    V_i ~ N(mean + C' y_i + D' g_i, M^-1)         y_i = who rated i, likewise; f, g: side data, if there is any

Fitted by Gibbs sampling; the prediction is the mean over draws of (U, V): the posterior mean. Sources: Salakhutdinov &
Mnih 2008 (BPMF); Rendle, Zhang & Koren 2019, "On the difficulty of evaluating baselines", section 3 (implicit features
of both sides); Simm et al. 2017, Macau (side data as links). The noise of each player and item, a_u and a_i ~
Gamma(4, 4), is as in Lakshminarayanan et al. 2011, "Robust Bayesian matrix factorisation".
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.errors import RatingsRefused, SettingRefused
from recommender.limits import Limit, within
from recommender.models.base import Model, Prediction, clipped
from recommender.models.gibbs import FactorMatrix, FeatureMap
from recommender.records.ratings import Floats, Ints, Ratings
from recommender.records.side_tables import FeatureRows, SideData

FORM: Final = 1  # version of the form of `arrays`
FOLD_STEP: Final = 2.0**-24  # step of the sums over a folded-in player's ratings
Progress = Callable[[int, int], None]  # sweeps done, sweeps in total
Singles = NDArray[np.float32]
DRAWN: Final = frozenset({
    "items", "players", "item_noise", "noise", "player_mean", "player_precision", "who_played", "player_count", "player_features",
})  # fmt: skip


@dataclass(frozen=True)
class FactorSettings:
    """Sizes of the sampler. Chosen on an inner tenth of the training part of MovieLens' first fold, never on a test fold."""

    rank: int = 16
    sweeps: int = 300
    burn: int = 80  # sweeps before the first kept draw
    every: int = 4  # sweeps from one kept draw to the next
    directions: int = 200  # principal directions of the implicit features that are used
    noise: float = 8.0  # degrees of freedom of the noise of a player and of an item
    seed: int = 0

    def __post_init__(self) -> None:
        within(
            "factors",
            self,
            rank=Limit(1, 1024, whole=True),
            sweeps=Limit(1, whole=True),
            burn=Limit(0, whole=True),
            every=Limit(1, whole=True),
            directions=Limit(0, whole=True),
            noise=Limit(0),
            seed=Limit(0, 2**63 - 1, whole=True),
        )
        if self.burn + self.every > self.sweeps:
            raise SettingRefused(
                f"factors: expected burn + every of at most the {self.sweeps} sweeps, so that a draw is kept, "
                f"found {self.burn} + {self.every}"
            )


class FactorModel(Model):
    """`fit` takes minutes for 100,000 ratings; `fold_in` computes a new player's factors in milliseconds without a refit."""

    name: ClassVar[str] = "factors"

    def __init__(self, settings: FactorSettings = FactorSettings()) -> None:
        self.settings = settings
        self._kept: dict[str, NDArray[Any]] = {}

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of players and items that were fitted."""
        return self._kept["players"].shape[1], self._kept["items"].shape[1]

    def fit(self, ratings: Ratings, side: SideData | None = None, progress: Progress | None = None) -> Self:
        """Sample the posterior; `side` holds features of the players and items of `ratings`, in their order."""
        if not len(ratings):
            raise RatingsRefused("ratings: expected some to learn from, found none")
        side = side or SideData()
        for what, features, rows in (
            ("players", side.players, ratings.shape[0]),
            ("items", side.items, ratings.shape[1]),
        ):
            if features is not None and len(features.values) != rows:
                raise RatingsRefused(
                    f"side data of {what}: expected {rows} rows, those of the ratings, found {len(features.values)}"
                )
        sampler = _Sampler(ratings, side, self.settings)
        draws: list[dict[str, Any]] = []
        for sweep in range(1, self.settings.sweeps + 1):
            sampler.sweep()
            if sweep > self.settings.burn and (sweep - self.settings.burn) % self.settings.every == 0:
                draws.append(sampler.draw())
            if progress is not None:
                progress(sweep, self.settings.sweeps)
        self._kept = {key: np.stack([draw[key] for draw in draws]).astype(np.float32) for key in draws[0]}
        self._kept |= sampler.constants()
        return self

    def predict(self, players: Ints, items: Ints) -> Prediction:
        """Posterior means. Supported if both the player and the item had ratings; otherwise from the priors."""
        kept = self._kept
        total = np.zeros(len(players))
        for own, other in zip(kept["players"], kept["items"]):
            total += np.einsum("nd,nd->n", own[players], other[items])
        stars = clipped(total / len(kept["items"]) + float(kept["mean"]), self._scale)
        return Prediction(stars, (kept["player_counts"][players] > 0) & (kept["item_counts"][items] > 0))

    def scores(self, player: int) -> Prediction:
        """Stars of every item for one fitted player."""
        kept = self._kept
        total = np.einsum("smd,sd->m", kept["items"], kept["players"][:, player]) / len(kept["items"])
        supported = (kept["item_counts"] > 0) & bool(kept["player_counts"][player] > 0)
        return Prediction(clipped(total + float(kept["mean"]), self._scale), supported)

    def fold_in(self, items: Ints, stars: Floats, features: Floats | None = None) -> Singles:
        """The factors of a new player with these ratings (k,), in every draw, (draws, rank); see `Folding`.

        `features` (f,) of the player are in the order of the side data.
        """
        folding = self.folding(features)
        folding.add(np.asarray(items, np.int64), np.asarray(stars, np.float64), 1.0)
        return folding.factors()

    def folding(self, features: Floats | None = None) -> "Folding":
        """A new player without any rating yet."""
        kept = self._kept
        prior = kept["player_mean"].astype(np.float64)
        if features is not None and "player_features" in kept:
            own = (np.asarray(features) - kept["feature_centre"]) / kept["feature_spread"]
            prior = prior + np.einsum("f,sfd->sd", own, kept["player_features"])
        return Folding(kept, prior)

    def expect(self, factors: Singles, items: Ints | None = None) -> Floats:
        """Stars of some items, or of every item, for a player with these factors, (n,) within the scale."""
        rows = self._flat if items is None else self._flat[items]
        stars = rows @ (factors.reshape(-1) / len(factors))
        return clipped(stars.astype(np.float64) + float(self._kept["mean"]), self._scale)

    @cached_property
    def _flat(self) -> Singles:
        """Item factors of all draws side by side, (items, draws * rank)."""
        draws = self._kept["items"]
        return np.ascontiguousarray(np.swapaxes(draws, 0, 1)).reshape(draws.shape[1], -1)

    def thinned(self, draws: int) -> "FactorModel":
        """The same with at most `draws` draws, evenly spread: quicker, a little less exact."""
        every = len(self._kept["noise"])
        chosen = np.unique(np.linspace(0, every - 1, min(draws, every)).round().astype(np.int64))
        model = FactorModel(self.settings)
        model._kept = {
            key: value[chosen] if value.ndim and len(value) == every and key in DRAWN else value
            for key, value in self._kept.items()
        }
        return model

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The fitted model as plain arrays for `numpy.savez`."""
        sizes = {f"setting_{key}": np.array(value) for key, value in asdict(self.settings).items()}
        return {"form": np.array(FORM), **sizes, **self._kept}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "FactorModel":
        """The inverse of `arrays`. RatingsRefused for arrays of another form."""
        if "form" not in arrays or int(arrays["form"]) != FORM:
            raise RatingsRefused(
                f"factor model: expected arrays of form {FORM}, found {arrays.get('form', 'none')}"
            )
        sizes = {key[8:]: arrays[key].item() for key in arrays if key.startswith("setting_")}
        model = cls(FactorSettings(**sizes))
        model._kept = {key: arrays[key] for key in arrays if key != "form" and not key.startswith("setting_")}
        return model

    @property
    def _scale(self) -> tuple[float, float]:
        low, high = self._kept["scale"]
        return float(low), float(high)


class Folding:
    """A new player's factors against the fixed item factors of every draw, while ratings are added one by one.

    For each draw they have the posterior of the sampler's own step (`FactorMatrix.draw`) against the draw's item factors, and
    its mean is used: no sampling, no refit. The sums over the player's ratings that this needs are kept in steps of FOLD_STEP,
    so that they are exact in any order of ratings.
    """

    def __init__(self, kept: Mapping[str, NDArray[Any]], prior: Floats) -> None:
        self._kept, self._prior, self._count = kept, prior, 0
        self._own = kept["player_precision"].astype(np.float64)
        self._precision = np.zeros_like(self._own)
        self._right, self._played = np.zeros_like(prior), np.zeros_like(prior)

    def add(self, items: NDArray[np.int64], stars: Floats, sign: float) -> None:
        """Add (1) or remove (-1) ratings (k,)."""
        kept = self._kept
        rated = kept["items"][:, items].astype(np.float64)
        weights = kept["noise"].astype(np.float64)[:, None] * kept["item_noise"][:, items]
        turned = rated * weights[:, :, None]
        right = turned * (stars - float(kept["mean"]))[:, None]
        self._right += sign * _stepped(right).sum(axis=1)
        self._played += sign * _stepped(kept["who_played"][:, items].astype(np.float64)).sum(axis=1)
        for place in range(len(items)):  # together they would be (draws, k, rank, rank)
            self._precision += sign * _stepped(turned[:, place, :, None] * rated[:, place, None, :])
        self._count += round(sign * len(items))

    def factors(self) -> Singles:
        """The factors from the ratings so far, (draws, rank)."""
        kept = self._kept
        count = (np.log1p(self._count) - float(kept["count_centre"])) / float(kept["count_spread"])
        prior = self._prior + kept["player_count"] * float(count)
        if self._count:
            prior = prior + self._played / np.sqrt(self._count)
        right = (self._own @ prior[:, :, None])[:, :, 0] + self._right
        return np.asarray(
            np.linalg.solve(self._own + self._precision, right[:, :, None])[:, :, 0], np.float32
        )


def _stepped(values: Floats) -> Floats:
    return np.asarray(np.rint(values / FOLD_STEP) * FOLD_STEP)


class _Sampler:
    """The chain's state: both factor matrices, the noise, and the ratings as sparse matrices in both orders."""

    def __init__(self, ratings: Ratings, side: SideData, settings: FactorSettings) -> None:
        self.settings, self.ratings, self.side = settings, ratings, side
        self.random = np.random.default_rng(settings.seed)
        self.mean = float(ratings.stars.mean())
        self.centred = ratings.stars - self.mean
        self.counts = (
            np.bincount(ratings.player, minlength=ratings.shape[0]),
            np.bincount(ratings.item, minlength=ratings.shape[1]),
        )
        self.by_player = _Grid(ratings.player, ratings.item, ratings.shape)
        self.by_item = _Grid(ratings.item, ratings.player, ratings.shape[::-1])
        self.players = self._side(self.by_player, self.counts[0], side.players)
        self.items = self._side(self.by_item, self.counts[1], side.items)
        self.noise = 1.5 / max(float(self.centred.var()), 1e-6)
        self.player_noise, self.item_noise = np.ones(ratings.shape[0]), np.ones(ratings.shape[1])

    def sweep(self) -> None:
        """Draw every variable once, each given all others."""
        player, item = self.ratings.player, self.ratings.item
        weight = self.noise * self.player_noise[player] * self.item_noise[item]
        weighted = weight * self.centred
        self.items.draw_prior(self.random)
        self.items.draw(self.random, self.by_item.of(weight), self.by_item.of(weighted), self.players.factors)
        self.players.draw_prior(self.random)
        self.players.draw(
            self.random, self.by_player.of(weight), self.by_player.of(weighted), self.items.factors
        )
        squares = (
            self.centred - np.einsum("nd,nd->n", self.players.factors[player], self.items.factors[item])
        ) ** 2
        scaled = float((squares * self.player_noise[player] * self.item_noise[item]).sum())
        self.noise = float(self.random.gamma(0.5 * len(squares) + 1) / (0.5 * scaled + 1))
        half = self.settings.noise / 2
        own = np.bincount(player, squares * self.item_noise[item], len(self.player_noise))
        self.player_noise = self.random.gamma(half + 0.5 * self.counts[0]) / (half + 0.5 * self.noise * own)
        own = np.bincount(item, squares * self.player_noise[player], len(self.item_noise))
        self.item_noise = self.random.gamma(half + 0.5 * self.counts[1]) / (half + 0.5 * self.noise * own)

    def draw(self) -> dict[str, Any]:
        """The content of a kept draw: item factors, the players' conditional means given them, and a new player's prior."""
        players = self.players
        kept = {
            "items": self.items.factors,
            "players": players.expected,
            "item_noise": self.item_noise,
            "noise": np.array(self.noise),
            "player_mean": players.mean,
            "player_precision": players.precision,
            "who_played": players.links[0].map,
            "player_count": players.links[1].map[0],
        }
        if self.side.players is not None:
            kept["player_features"] = players.links[2].map
        return kept

    def constants(self) -> dict[str, NDArray[Any]]:
        """The values that are the same in every draw."""
        log = np.log1p(self.counts[0])
        kept = {
            "mean": np.array(self.mean),
            "scale": np.array(self.ratings.scale),
            "player_counts": self.counts[0],
            "item_counts": self.counts[1],
            "count_centre": np.array(log.mean()),
            "count_spread": np.array(log.std() or 1.0),
        }
        if self.side.players is not None:
            values = self.side.players.values
            spread = values.std(axis=0)
            kept |= {
                "feature_centre": values.mean(axis=0),
                "feature_spread": np.where(spread > 0, spread, 1.0),
            }
        return kept

    def _side(self, grid: "_Grid", counts: NDArray[np.intp], features: FeatureRows | None) -> FactorMatrix:
        """One factor matrix with its feature maps: rated items, number of ratings, and side data."""
        rank, most = self.settings.rank, self.settings.directions
        scaled = sparse.diags(1 / np.sqrt(np.maximum(counts, 1))) @ grid.of(np.ones(len(self.ratings)))
        log = np.log1p(counts)
        count = ((log - log.mean()) / (log.std() or 1.0))[:, None]
        links = [FeatureMap.of(scaled.tocsr(), rank, most), FeatureMap.of(count, rank, 1)]
        if features is not None:
            links.append(FeatureMap.of(features.standardised(), rank, features.values.shape[1]))
        return FactorMatrix(self.random.standard_normal((len(counts), rank)) * 0.1, links)


class _Grid:
    """A sparse matrix whose cells stay while their values change."""

    def __init__(self, rows: Ints, columns: Ints, shape: tuple[int, int]) -> None:
        self._order = np.lexsort((columns, rows))
        self._columns, self._shape = columns[self._order], shape
        self._starts = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=shape[0]))))

    def of(self, values: Floats) -> Any:
        """The matrix with these values, given in the order of the ratings."""
        return sparse.csr_matrix((values[self._order], self._columns, self._starts), shape=self._shape)
