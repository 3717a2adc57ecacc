"""Models of the next play: popularity, and EASE with and without decay over time.

    B = argmin |X - X B|^2 + l |B|^2, diag(B) = 0    =>    P = (G + l I)^-1,   B_ij = -P_ij / P_jj,   G = X'X
    scores = h' B

Source: Steck, "Embarrassingly shallow autoencoders for sparse data" (WWW 2019), equations 8 and 9. X has the players' plays;
stars are not used. Recent EASE weights by order in time: G_ij sums 2^(-|p - q| / `together`) over the players who played i as
their p-th and j as their q-th (items played in one session belong together), and in the history h the item k places before the
newest has the weight 2^(-k / `memory`). If both are infinite, it is EASE itself. The decays are an idea of Choi et al.,
"Session-aware linear item-item models" (WWW 2021), section 3.3, adapted to EASE's closed form.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from recommender.errors import RatingsRefused
from recommender.limits import Limit, within
from recommender.records.ratings import Floats, Ints, Ratings

FORM: Final = 1  # version of the form of `arrays`


@dataclass(frozen=True)
class EaseSettings:
    """The regularisation of EASE and its decay over time; `recommender.evaluation.choice` picks them for given data."""

    penalty: float = 60.0  # l: ridge on each item, in plays
    together: float = math.inf  # distance in a player's sequence at which a common play counts half
    memory: float = math.inf  # places back in the history at which an item counts half

    def __post_init__(self) -> None:
        halves = Limit(0, open=True, endless=True)
        within("ease", self, penalty=Limit(0, open=True), together=halves, memory=halves)


class Popularity:
    """Every player gets the most played items."""

    name: ClassVar[str] = "popularity"

    def fit(self, played: Ratings) -> Self:
        """Count the plays of each item."""
        self.counts = np.bincount(played.item, minlength=played.shape[1]).astype(np.float64)
        return self

    def scores(self, history: Ints) -> Floats:
        """The counts, (items,), for any history."""
        return self.counts


class Ease:
    """Item-to-item weights in closed form; a new player, or a new play, needs no refit."""

    name: ClassVar[str] = "ease"

    def __init__(self, settings: EaseSettings = EaseSettings()) -> None:
        self.settings = settings
        self.weights: Floats = np.zeros((0, 0))  # B (items, items); row: was played, column: is suggested

    def fit(self, played: Ratings) -> Self:
        """Learn from who played what, in the order of `time`. RatingsRefused for none at all."""
        if not len(played):
            raise RatingsRefused("plays: expected some to learn from, found none")
        return self.solve(cooccurrences(played, self.settings.together))

    def solve(self, gram: Floats) -> Self:
        """Learn from the plays in common of every two items, (items, items), as `cooccurrences` counts them."""
        inverse = np.linalg.inv(gram + self.settings.penalty * np.eye(len(gram)))
        self.weights = -inverse / np.diag(inverse)
        np.fill_diagonal(self.weights, 0.0)
        return self

    def scores(self, history: Ints) -> Floats:
        """Scores of each item after this history (item numbers, oldest first), (items,); zeros without a history.

        Played items have scores too; the caller leaves them out if needed.
        """
        return (
            fading_weights(len(history), self.settings.memory) @ self.weights[np.asarray(history, np.int64)]
        )

    def because(self, history: Ints, item: int) -> Floats:
        """The contribution of each item of the history to the score of `item`, (len(history),)."""
        own: Floats = self.weights[np.asarray(history, np.int64), item]
        return fading_weights(len(history), self.settings.memory) * own

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The fitted model as plain arrays for `numpy.savez`."""
        sizes = {f"setting_{key}": np.array(value) for key, value in asdict(self.settings).items()}
        return {"form": np.array(FORM), "weights": self.weights.astype(np.float32), **sizes}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Ease":
        """The inverse of `arrays`. RatingsRefused for arrays of another form."""
        if "form" not in arrays or int(arrays["form"]) != FORM:
            raise RatingsRefused(f"ease: expected arrays of form {FORM}, found {arrays.get('form', 'none')}")
        model = cls(
            EaseSettings(**{key[8:]: arrays[key].item() for key in arrays if key.startswith("setting_")})
        )
        model.weights = arrays["weights"].astype(np.float64)
        return model


def histories(played: Ratings) -> list[Ints]:
    """Each player's items, oldest first; items with equal times in the order of rows."""
    order = np.lexsort((np.arange(len(played)), played.time, played.player))
    ends = np.cumsum(np.bincount(played.player, minlength=played.shape[0]))[:-1]
    return np.split(played.item[order], ends)


def cooccurrences(played: Ratings, half: float = math.inf) -> Floats:
    """Weighted plays in common of every two items, decaying with their distance in the players' sequences, (items, items)."""
    sequences = histories(played)
    gram = np.zeros((played.shape[1],) * 2)
    for items in sequences:
        if math.isinf(half):
            gram[np.ix_(items, items)] += 1.0
            continue
        fade = fading_weights(len(items), half)[::-1]
        places = np.arange(len(items))
        gram[np.ix_(items, items)] += fade[np.abs(places[:, None] - places[None, :])]
    return gram


def fading_weights(count: int, half: float) -> Floats:
    """Weights of `count` items, oldest first: the newest 1, the one `half` places back 1/2."""
    if math.isinf(half):
        return np.ones(count)
    weights: Floats = 0.5 ** (np.arange(count)[::-1] / half)
    return weights
