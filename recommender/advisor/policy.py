"""From worths to a list: diverse, and with a little exploration whose probabilities are known exactly.

`choose_slate` takes the item of the best score, then again and again the one whose score, less a penalty for likeness to those
already taken, is greatest (maximal marginal relevance: J. Carbonell and J. Goldstein, SIGIR 1998).

`explore` then may put one item that is not on the list at one place of it, with the probability `share` / PLACES for each
place that is open to it: a single suggestion is rarely an exploration. Never open are the first of several places and those
past PLACES. Place and item are drawn independently, so the probability of each item at each place is plain:

    kept at an open place       1 - share / PLACES
    kept at another             1
    x from outside at open k    share / PLACES * q(x)
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from recommender.records.ratings import Floats

NO_PLACE: Final = -1
PLACES: Final = 5  # of a usual list: as many may explore with the whole share


class Slate(NamedTuple):
    """What is shown, first place first, and how likely the policy was to put each where it is."""

    items: list[int]
    propensity: list[float]
    explored: int  # the place that exploration filled, NO_PLACE: none


def choose_slate(score: Floats, likeness: Floats, count: int, diversity: float) -> list[int]:
    """Places of the chosen, best first. `score` (n,), `likeness` (n, n), `diversity` in logits at likeness 1."""
    value = score.copy()
    closest = np.zeros(len(value))
    taken: list[int] = []
    for _ in range(min(count, len(value))):
        best = int(np.argmax(value - diversity * closest))
        taken.append(best)
        value[best] = -np.inf
        np.maximum(closest, likeness[best], out=closest)
    return taken


def explore(
    taken: Sequence[int], others: Sequence[int], chances: Floats, share: float, random: np.random.Generator
) -> Slate:
    """Perhaps replace one of `taken` by one of `others`, drawn by `chances` (their probabilities, adding up to 1)."""
    items, propensity = list(taken), [1.0] * len(taken)
    first = 0 if len(taken) < 2 else 1
    open_places = range(first, min(len(taken), PLACES)) if len(others) and share > 0 else range(0)
    each = share / PLACES
    for place in open_places:
        propensity[place] = 1 - each
    if random.random() >= each * len(open_places):
        return Slate(items, propensity, NO_PLACE)
    place, which = int(random.choice(open_places)), int(random.choice(len(others), p=chances))
    items[place] = others[which]
    propensity[place] = each * float(chances[which])
    return Slate(items, propensity, place)
