"""From scores to a list: diverse, and with a little exploration whose probabilities are known exactly.

`choose_slate` takes the item of the best score, then repeatedly the one with the greatest score minus a penalty for similarity
to those already taken (maximal marginal relevance: J. Carbonell and J. Goldstein, SIGIR 1998).

`explore` then may put one item that is not on the list at one place of it, with the probability `share` / PLACES for each open
place: a single suggestion is rarely an exploration. The first of several places and places beyond PLACES are never open. Place
and item are drawn independently, so the probability of each item at each place is simple:

    kept at an open place       1 - share / PLACES
    kept at another             1
    x from outside at open k    share / PLACES * q(x)
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from recommender.records.ratings import Floats

NO_PLACE: Final = -1
PLACES: Final = 5  # places of a usual list that together have the whole share


class Slate(NamedTuple):
    """The items shown, in order, and the probability with which the policy put each at its place."""

    items: list[int]
    propensity: list[float]
    explored: int  # the place that exploration filled; NO_PLACE: none


def choose_slate(score: Floats, similarity: Floats, count: int, diversity: float) -> list[int]:
    """Indices of the chosen items, best first. `score` (n,), `similarity` (n, n), `diversity` in logits at similarity
    1.
    """
    value = score.copy()
    closest = np.zeros(len(value))
    taken: list[int] = []
    for _ in range(min(count, len(value))):
        best = int(np.argmax(value - diversity * closest))
        taken.append(best)
        value[best] = -np.inf
        np.maximum(closest, similarity[best], out=closest)
    return taken


def explore(
    taken: Sequence[int], others: Sequence[int], chances: Floats, share: float, random: np.random.Generator
) -> Slate:
    """With a small probability replace one of `taken` by one of `others`, drawn by `chances` (probabilities with sum 1)."""
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
