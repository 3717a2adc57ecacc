"""Catalogues, players and communities for the tests of advice."""

import numpy as np

from recommender.advisor.community import Community
from recommender.records.kinds import SIMULATED, Attempt, Item, Rating


def catalogue(count: int = 24) -> list[Item]:
    """Half `open` and half `maze`, of rising difficulty."""
    return [
        Item(
            f"level{number:02d}",
            {"en": f"Level {number}", "zh": f"关卡{number}"},
            frozenset({"kind:open" if number % 2 else "kind:maze"}),
            {"length": float(number % 5)},
            finish_rate=0.95 - 0.9 * number / max(count - 1, 1),
        )
        for number in range(count)
    ]


def community(items: list[Item], players: int = 12, seed: int = 0, prefix: str = "sim") -> Community:
    """Half of the players love `open` and half `maze`; they rate and try half of the catalogue."""
    random = np.random.default_rng(seed)
    ratings, attempts = [], []
    for number in range(players):
        name, loves = f"{prefix}{number}", "kind:open" if number % 2 else "kind:maze"
        for item in random.permutation(len(items))[: len(items) // 2]:
            one = items[item]
            stars = float(np.clip((4.6 if loves in one.tags else 2.0) + random.normal(0, 0.4), 1, 5))
            finished = random.random() < (one.finish_rate or 0.5)
            attempts.append(
                Attempt(name, one.name, "finished" if finished else "failed", 60.0, 1.0, source=SIMULATED)
            )
            ratings.append(Rating(name, one.name, round(stars), 1.0, SIMULATED))
    return Community(tuple(ratings), tuple(attempts), {"what": "made for a test"})
