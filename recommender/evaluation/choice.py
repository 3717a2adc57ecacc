"""Settings of the ranking models, chosen inside the training part; the outer protocol's test data is never used.

The inner split is of the same kind as the outer one: a cut in time (the newest tenth of the training part is the test), or each
player's last but one rating, which has the same leak as leave-last-out itself.
"""

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from recommender.evaluation.metrics import TOP, Lists, hits
from recommender.evaluation.protocols import LEAVE_LAST, Split, has_times, leave_last_part, time_windows
from recommender.evaluation.rankers import CHUNK, ItemHistories, ease_scores, lists_of, player_z_scores
from recommender.models.ranking import Ease, EaseSettings, cooccurrences
from recommender.records.ratings import Floats, Ints, Ratings

FIXED: Final = EaseSettings(
    penalty=250.0
)  # settings of the row `ease`: fixed, as other libraries use it on these tables
PENALTIES: Final = (30.0, 60.0, 120.0, 250.0, 500.0, 1000.0)
RECENT_PENALTIES: Final = (
    60.0,
    250.0,
)  # tried with nine pairs of decays: an inverse for each would take minutes
TOGETHER: Final = (5.0, 10.0, 20.0)
MEMORIES: Final = (5.0, 10.0, 20.0)
MIXES: Final = (
    0.0,
    0.1,
    0.2,
    0.4,
)  # shares of the expected stars relative to EASE, both z-scored for each player
NEWEST: Final = 0.9  # training share of an inner cut in time


def inner_part(learned: Ratings, protocol: str) -> Split:
    """The training part split again by the same kind of protocol; RatingsRefused if that is impossible."""
    return leave_last_part(learned) if protocol == LEAVE_LAST else time_windows(learned, (NEWEST,))[0]


def has_history(part: Split) -> Ints:
    """Tested players with an earlier rating; the others cannot measure the weight of a history."""
    return part.players[part.warm]


def inner_ndcg(part: Split, had: ItemHistories, players: Ints, scores: Callable[[Ints], Floats]) -> float:
    """NDCG@10 of scores on the inner split, 0 if no player can be tested."""
    if not len(players):
        return 0.0
    return float(hits(lists_of(had, players, scores), players, part.judged).ndcg10.mean())


def choose_settings(part: Split, *, recent: bool) -> EaseSettings:
    """The settings with the best inner NDCG@10; without `recent`, or without known times, only the penalty is chosen.

    FIXED if no player can be tested.
    """
    had, players = ItemHistories(part.learned), has_history(part)
    faded = recent and has_times(part.learned)
    best, chosen = 0.0, FIXED
    for near in TOGETHER if faded else (math.inf,):
        gram = cooccurrences(part.learned, near)
        for penalty in RECENT_PENALTIES if faded else PENALTIES:
            model = Ease(EaseSettings(penalty, near)).solve(gram)
            for memory in MEMORIES if faded else (math.inf,):

                def scores(some: Ints, model: Ease = model, memory: float = memory) -> Floats:
                    return ease_scores(model, had, some, memory)

                found = inner_ndcg(part, had, players, scores)
                if found > best:
                    best, chosen = found, EaseSettings(penalty, near, memory)
    return chosen


def choose_mix(part: Split, model: Ease, stars: Callable[[Ints], Floats]) -> float:
    """The share of the expected stars mixed with EASE that has the best inner NDCG@10; `model` and `stars` of the inner part."""
    had, players = ItemHistories(part.learned), has_history(part)
    gains = np.zeros(len(MIXES))
    for start in range(0, len(players), CHUNK):
        some = players[start : start + CHUNK]
        ranking, own = ease_scores(model, had, some, math.inf), stars(some)
        for place, share in enumerate(MIXES):
            twenty = had.offer(mix_scores(ranking, own, share), some)
            gains[place] += hits(Lists(twenty[:, :TOP], twenty), some, part.judged).ndcg10.sum()
    return MIXES[int(np.argmax(gains))]


def mix_scores(ranking: Floats, stars: Floats, share: float) -> Floats:
    """z-scored ranking scores plus `share` times z-scored stars, each within a player: (players, items)."""
    return player_z_scores(ranking) + share * player_z_scores(stars)


def settings_for_report(settings: EaseSettings) -> dict[str, Any]:
    """Settings for a report; infinite values become None."""
    return {key: value if math.isfinite(value) else None for key, value in vars(settings).items()}
