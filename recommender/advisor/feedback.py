"""Taste inferred from attempts: implied stars from 1 to 5, each with a confidence.

Stars are a player's explicit rating; attempts are implicit feedback. They stay separate: implied stars are never stored as a
rating, and a model that uses both weights them by their confidence c, after Hu, Koren & Volinsky 2008 ("Collaborative Filtering
for Implicit Feedback Datasets", section 3), who split an observation into a preference p and a confidence c = 1 + alpha r that
grows with the observation. Here, with c between 0 and 1:

    p = 1/2 + REPLAYED * (1 - 2^-(b/REPLAYS)) + STAYED * (q - 1/2) + RETURNED * [b > 0 and the last one ended well]
            - LEFT * e / n                                                                       clipped to 0..1
    c = MOST * w / (w + HALF),   w = n + b

of a player's n attempts at an item:

- **b, replayed**: attempts after a finished one. Nobody has to replay a finished item, so this is the strongest sign.
- **q, stayed**: the quantile, among all players of this item, of the total seconds that this player spent on it, 0..1 with ties
  in the middle (1/2 if nobody else played it). Items differ in length; quantiles do not.
- **e, quit early**: attempts that were left within the item's EARLY quantile of the seconds of complete attempts, counted only
  if the player never finished it and did not restart immediately.
- **Not in the formula: deaths, failures and retries.** They measure how hard an item is for a player, which
  `recommender.advisor.skill` models: somebody who fails eight times and returns for a ninth does not dislike the item. For the
  same reason finishing alone changes p little: only through q, which measures the time and not the success.

The implied stars are 1 + 4 p. `difficulty` computes how many attempts a finish takes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from recommender.records.kinds import SIMULATED, Attempt
from recommender.records.ratings import STARS

REPLAYED: Final = 0.35
REPLAYS: Final = 1.0  # replays that give half of it
STAYED: Final = 0.3
RETURNED: Final = 0.05
LEFT: Final = 0.45
EARLY: Final = 0.25  # quantile of the seconds of complete attempts, before which leaving is early
MOST: Final = 0.5  # upper limit of the confidence; stars have 1
HALF: Final = 4.0  # attempts that give half of it


@dataclass(frozen=True)
class Preference:
    """The preference implied by the attempts of one player at one item."""

    player: str
    item: str
    stars: float  # 1 to 5
    confidence: float  # 0 to MOST; given stars have 1
    simulated: bool = False  # whether any of it comes from a simulated player


@dataclass(frozen=True)
class ItemDifficulty:
    """How hard an item is, measured by all players' attempts, deaths and retries."""

    item: str
    players: int
    finish_rate: float  # share of the players who finished it
    attempts: tuple[
        float, float, float
    ]  # quartiles of the attempts up to the first finish, or of all without one
    seconds: tuple[float, float, float]  # quartiles of the seconds of complete attempts
    deaths: float  # mean per attempt


def preferences(attempts: Iterable[Attempt]) -> list[Preference]:
    """Return the preference of every player for every item tried, in the order of their first attempts."""
    pairs = _by_pair(attempts)
    early = {item: _quantiles(seconds, (EARLY,))[0] for item, seconds in _whole_seconds(pairs).items()}
    spent: dict[str, list[float]] = defaultdict(list)
    for (_, item), tries in pairs.items():
        spent[item].append(sum(one.seconds for one in tries))
    sorted_spent = {item: np.sort(np.array(values)) for item, values in spent.items()}
    found = []
    for (player, item), tries in pairs.items():
        stayed = _place(sorted_spent[item], sum(one.seconds for one in tries))
        again = _replays(tries)
        left = _early_quits(tries, early.get(item, 0.0))
        like = (
            0.5
            + REPLAYED * (1.0 - 0.5 ** (again / REPLAYS))
            + STAYED * (stayed - 0.5)
            + RETURNED * (again > 0 and tries[-1].outcome == "finished")
            - LEFT * left / len(tries)
        )
        like = min(max(like, 0.0), 1.0)
        weight = len(tries) + again
        found.append(
            Preference(
                player,
                item,
                STARS[0] + (STARS[1] - STARS[0]) * like,
                MOST * weight / (weight + HALF),
                any(one.source == SIMULATED for one in tries),
            )
        )
    return found


def difficulty(attempts: Iterable[Attempt]) -> dict[str, ItemDifficulty]:
    """Return the difficulty of each item from the attempts."""
    pairs = _by_pair(attempts)
    whole = _whole_seconds(pairs)
    tries_of: dict[str, list[Sequence[Attempt]]] = defaultdict(list)
    for (_, item), tries in pairs.items():
        tries_of[item].append(tries)
    found = {}
    for item, players in tries_of.items():
        needed = [float(_first_finish(tries) or len(tries)) for tries in players]
        every = [one for tries in players for one in tries]
        found[item] = ItemDifficulty(
            item,
            len(players),
            sum(_first_finish(tries) is not None for tries in players) / len(players),
            _quartiles(needed),
            _quartiles(whole.get(item, [])),
            sum(one.deaths for one in every) / len(every),
        )
    return found


def _by_pair(attempts: Iterable[Attempt]) -> Mapping[tuple[str, str], list[Attempt]]:
    """The attempts of each player at each item, in the order of entry; times are not used."""
    pairs: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        pairs[attempt.player, attempt.item].append(attempt)
    return pairs


def _whole_seconds(pairs: Mapping[tuple[str, str], Sequence[Attempt]]) -> dict[str, list[float]]:
    """Seconds of the attempts at each item, without those that were left."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for (_, item), tries in pairs.items():
        seconds[item] += [one.seconds for one in tries if one.outcome != "quit"]
    return seconds


def _first_finish(tries: Sequence[Attempt]) -> int | None:
    """Number of attempts up to and including the first finished one."""
    return next((n for n, one in enumerate(tries, 1) if one.outcome == "finished"), None)


def _replays(tries: Sequence[Attempt]) -> int:
    """Number of attempts after the first finish, without those that were left."""
    first = _first_finish(tries)
    return 0 if first is None else sum(one.outcome != "quit" for one in tries[first:])


def _early_quits(tries: Sequence[Attempt], early: float) -> int:
    """Number of attempts left before `early` seconds, if the player did not restart immediately and never finished."""
    if _first_finish(tries) is not None:
        return 0
    again = [later.retries > 0 for later in tries[1:]] + [False]
    return sum(one.outcome == "quit" and one.seconds <= early and not back for one, back in zip(tries, again))


def _place(ordered: np.ndarray, value: float) -> float:
    """The quantile of a value among sorted values that include it; ties share the middle."""
    low, high = np.searchsorted(ordered, value, "left"), np.searchsorted(ordered, value, "right")
    return float(low + high) / (2 * len(ordered))


def _quantiles(values: Sequence[float], at: Sequence[float]) -> list[float]:
    return [float(value) for value in np.quantile(values, at)] if values else [0.0] * len(at)


def _quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    low, middle, high = _quantiles(values, (0.25, 0.5, 0.75))
    return low, middle, high
