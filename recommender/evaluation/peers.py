"""scikit-surprise for comparison with our models, on the same folds; it is in the extra `bench`."""

import importlib
import importlib.util
from typing import Any, Final

import numpy as np

from recommender.records.ratings import Floats, Ratings

NAMES: Final = ("surprise_knnwithmeans", "surprise_svdpp")


def installed() -> bool:
    """Whether scikit-surprise can be imported."""
    return importlib.util.find_spec("surprise") is not None


def predict(name: str, learned: Ratings, judged: Ratings) -> Floats:
    """Stars of `judged` by a model of scikit-surprise, fitted on `learned` with its defaults and seed 0, (n,).

    KNNWithMeans is user-based with Pearson similarity, 40 neighbours.
    """
    surprise: Any = importlib.import_module("surprise")
    dataset: Any = importlib.import_module("surprise.dataset")
    rows = [(int(u), int(i), float(r), None) for u, i, r in zip(learned.player, learned.item, learned.stars)]
    data = dataset.Dataset(surprise.Reader(rating_scale=learned.scale))
    data.raw_ratings = rows
    trainset = data.construct_trainset(rows)
    if name == NAMES[0]:
        model = surprise.KNNWithMeans(
            k=40, sim_options={"name": "pearson", "user_based": True}, verbose=False
        )
    else:
        model = surprise.SVDpp(random_state=0)
    model.fit(trainset)
    return np.array([model.predict(int(u), int(i)).est for u, i in zip(judged.player, judged.item)])
