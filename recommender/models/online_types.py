"""What the online model is told and what it answers."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.limits import Limit, scale_of, within
from recommender.records.ratings import STARS, Floats


@dataclass(frozen=True)
class OnlineSettings:
    """How evidence is weighed, and how large the state may get."""

    scale: tuple[float, float] = STARS
    item_damping: float = 5.0  # λ_i, in ratings
    player_damping: float = 5.0  # λ_u, in ratings
    shrinkage: float = 60.0  # β of players, in shared items
    item_shrinkage: float = 60.0  # β of items, in shared players
    damping: float = 1.0  # λ, in neighbours of weight 1
    item_share: float = 1.0  # γ, what an item's weight counts beside a player's
    nearest: int = 100  # players counted, of all reference players
    cohort: int = 2000  # reference players at most
    seats: int = 1024  # players whose neighbours are kept up to date
    catalogue: int = 1000  # items up to which items are compared with items

    def __post_init__(self) -> None:
        scale_of("online model", self.scale)
        dampings = ("item_damping", "player_damping", "shrinkage", "item_shrinkage", "damping", "item_share")
        within("online model", self, **dict.fromkeys(dampings, Limit(0)))
        within("online model", self, **dict.fromkeys(("nearest", "seats"), Limit(1, whole=True)))
        within("online model", self, **dict.fromkeys(("cohort", "catalogue"), Limit(0, whole=True)))


class OnlinePrediction(NamedTuple):
    """What the model says of every item for one player; all (items,)."""

    stars: Floats  # inside the scale
    supported: NDArray[np.bool_]  # whether any neighbour, player or item, has a say
    biases: Floats  # what the biases alone say, inside the scale
    players_weight: Floats  # Σ|w| of the neighbours who rated it
    items_weight: Floats  # Σ|w| of the player's own rated items that it is like
    known: NDArray[np.bool_]  # rated by the player
    raters: NDArray[np.int64]  # how many rated it
    plays: Floats  # how often it was played, weighted with trust


class Carrier(NamedTuple):
    """One neighbour, a player or one of the player's own items, and what it did to a prediction."""

    name: str
    stars: float  # what the neighbour gave the item, or the player gave their own item
    effect: float  # in stars: the effects of all carriers add up to prediction - biases
    share: float  # of the sum of all |effects|


class Because(NamedTuple):
    """Where a prediction comes from: the biases' stars, then the strongest carriers in the direction it moved."""

    item: str
    stars: float  # the prediction, before it is moved inside the scale
    biases: float  # the part that biases explain
    neighbours: tuple[Carrier, ...]  # players
    liked: tuple[Carrier, ...]  # the player's own items
    neighbour_stars: float | None  # what the neighbours who rated it gave it, weighted mean; None without any
    neighbour_count: int
