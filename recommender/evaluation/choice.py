"""Settings of the ranking models, chosen inside the training part: on each player's last but one play.

`choose` splits the training part again by leave-last-out; what the outer protocol judges by is never looked at.
"""

import math
from typing import Final

import numpy as np

from recommender.evaluation.metrics import hits
from recommender.evaluation.protocols import leave_last
from recommender.models.ranking import Ease, EaseSettings, fading, histories, together
from recommender.records.ratings import Floats, Ratings

PENALTIES: Final = (30.0, 60.0, 120.0, 250.0, 500.0)
TOGETHER: Final = (5.0, 10.0, 20.0)
MEMORIES: Final = (5.0, 10.0, 20.0)
MIXES: Final = (0.0, 0.1, 0.2, 0.4)  # of the expected stars beside recent EASE, both z-scored for each player


def choose(learned: Ratings, *, recent: bool) -> EaseSettings:
    """The settings with the best inner NDCG@10; without `recent`, and where no time is known, of the penalty alone."""
    rows, last = leave_last(learned)
    inner, judged = learned[rows], learned[last]
    timed = recent and len(np.unique(learned.time)) > 1
    best, chosen = -1.0, EaseSettings()
    for near in TOGETHER if timed else (math.inf,):
        gram = together(inner, near)
        for penalty in PENALTIES:
            model = Ease(EaseSettings(penalty, near)).solve(gram)
            for memory in MEMORIES if timed else (math.inf,):
                found = hits(all_scores(model, inner, memory), inner, judged).ndcg10
                if found > best:
                    best, chosen = found, EaseSettings(penalty, near, memory)
    return chosen


def choose_mix(ranking: Floats, stars: Floats, learned: Ratings, judged: Ratings) -> float:
    """The share of the expected stars with the best inner NDCG@10; both scores (players, items)."""
    found = [hits(mixed(ranking, stars, share), learned, judged).ndcg10 for share in MIXES]
    return MIXES[int(np.argmax(found))]


def mixed(ranking: Floats, stars: Floats, share: float) -> Floats:
    """z-scored ranking scores plus `share` times z-scored stars, each within a player: (players, items)."""
    return _standard(ranking) + share * _standard(stars)


def all_scores(model: Ease, learned: Ratings, memory: float | None = None) -> Floats:
    """Scores of every item for every player of `learned`, (players, items)."""
    half = model.settings.memory if memory is None else memory
    history = np.zeros(learned.shape)
    for player, items in enumerate(histories(learned)):
        history[player, items] = fading(len(items), half)
    return history @ model.weights


def _standard(scores: Floats) -> Floats:
    spread = scores.std(axis=1, keepdims=True)
    standard: Floats = (scores - scores.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    return standard
