"""Made ratings with a known structure, for tests: players' tastes and items' kinds in three dimensions."""

import numpy as np

from recommender.records.ratings import Ratings
from recommender.records.side_tables import FeatureRows, SideData


def made_ratings(
    players: int = 40, items: int = 30, each: int = 15, seed: int = 0, noise: float = 0.3
) -> tuple[Ratings, SideData]:
    """Ratings 1 to 5 of a bilinear model, each player's `each` items in random order of time, and true side data."""
    random = np.random.default_rng(seed)
    tastes, kinds = random.normal(size=(players, 3)), random.normal(size=(items, 3))
    rows = []
    for player in range(players):
        for place, item in enumerate(random.permutation(items)[:each]):
            stars = 3.2 + 0.7 * tastes[player] @ kinds[item] + noise * random.normal()
            rows.append(
                (
                    f"p{player}",
                    f"i{item}",
                    float(np.clip(np.round(stars), 1, 5)),
                    float(1000 * player + place),
                )
            )
    names = tuple(f"p{player}" for player in range(players)), tuple(f"i{item}" for item in range(items))
    ratings = Ratings.of(rows, players=names[0], items=names[1])
    side = SideData(FeatureRows(("t0", "t1", "t2"), tastes), FeatureRows(("k0", "k1", "k2"), kinds))
    return ratings, side
