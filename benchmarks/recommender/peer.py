"""One model of another library, in its own environment: reads a training part as arrays, writes lists.

    python peer.py NAME part.npz lists.npz

This file imports nothing of this project. Input: `player`, `item` (n,), int32, the ratings in order of entry; `players` and
`items`, their numbers, counted from 0, each item with a rating; `asked` (m,), the players who need lists. Output: `twenty`
(m, 20), item numbers, best first, without items that the player has, filled up with -1; `seconds` of processor time;
`version` of the library. A rating counts as a play: the stars are not used, also not by our models.
"""

import importlib
import importlib.metadata
import os
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")  # before numpy

import numpy as np

LONG = 20
SEED = 0
Arrays = Any  # result of numpy.load


def play_matrix(part: Arrays) -> Any:
    """The matrix of plays, (players, items), float32."""
    ones = np.ones(len(part["player"]), np.float32)
    shape = int(part["players"]), int(part["items"])
    return import_library("scipy.sparse").csr_matrix((ones, (part["player"], part["item"])), shape=shape)


def top_unseen(scores: Any, part: Arrays) -> Any:
    """The twenty items with the highest scores (m, items) that each requested player does not have."""
    had = play_matrix(part)[part["asked"]].toarray() > 0
    scores = np.where(had, -np.inf, scores)
    found = np.argsort(-scores, axis=1, kind="stable")[:, :LONG]
    return np.where(np.isfinite(np.take_along_axis(scores, found, axis=1)), found, -1)


def import_library(name: str) -> Any:
    """Import a module of a library that only one environment has."""
    return importlib.import_module(name)


def pack_lists(found: Any, scores: Any, part: Arrays) -> Any:
    """Lists (m, 20) without items that the player has or without a score; filled up with -1.

    `implicit` pads short lists with items that it filtered out.
    """
    had = play_matrix(part)[part["asked"]].toarray() > 0
    twenty = np.full((len(found), LONG), -1)
    for row, (items, values) in enumerate(zip(found, scores)):
        kept = [item for item, value in zip(items, values) if value > -1e30 and not had[row, item]]
        kept = list(dict.fromkeys(kept))[:LONG]
        twenty[row, : len(kept)] = kept
    return twenty


def implicit_model(module: str, name: str, **settings: Any) -> Callable[[Arrays], Any]:
    """A model of `implicit`, which returns lists itself."""

    def run(part: Arrays) -> Any:
        played = play_matrix(part)
        model = getattr(import_library(f"implicit.{module}"), name)(num_threads=1, **settings)
        model.fit(played, show_progress=False)
        asked = part["asked"]
        found, scores = model.recommend(asked, played[asked], N=LONG, filter_already_liked_items=True)
        return pack_lists(found, scores, part)

    return run


def lenskit_model(name: str, settings: dict[str, Any]) -> Callable[[Arrays], Any]:
    """A scorer of LensKit in its usual pipeline."""

    def run(part: Arrays) -> Any:
        frame = import_library("pandas").DataFrame({"user_id": part["player"], "item_id": part["item"]})
        scorer = getattr(import_library("lenskit.knn"), name, None) or getattr(
            import_library("lenskit.als"), name
        )
        pipeline = import_library("lenskit.pipeline").topn_pipeline(scorer(**settings), n=LONG)
        pipeline.train(import_library("lenskit.data").from_interactions_df(frame))
        lists = import_library("lenskit.batch").recommend(pipeline, part["asked"].tolist(), n=LONG, n_jobs=1)
        twenty = np.full((len(part["asked"]), LONG), -1)
        for row, player in enumerate(part["asked"]):
            found = lists.lookup(user_id=int(player))
            ids = [] if found is None else found.ids()
            twenty[row, : len(ids)] = ids
        return twenty

    return run


def rectools_ease(part: Arrays) -> Any:
    """EASE of RecTools, penalty 250."""
    pd = import_library("pandas")
    frame = pd.DataFrame({"user_id": part["player"], "item_id": part["item"], "weight": 1.0})
    frame["datetime"] = pd.Timestamp("2000-01-01")  # it requires one and does not use it
    data = import_library("rectools.dataset").Dataset.construct(frame)
    ease = import_library("rectools.models").EASEModel(regularization=250.0, recommend_use_gpu_ranking=False)
    model = ease.fit(data)
    table = model.recommend(users=part["asked"], dataset=data, k=LONG, filter_viewed=True)
    place = {int(player): row for row, player in enumerate(part["asked"])}
    twenty = np.full((len(part["asked"]), LONG), -1)
    rows = table["user_id"].map(place).to_numpy()
    twenty[rows, table["rank"].to_numpy() - 1] = table["item_id"].to_numpy()
    return twenty


def cornac_model(name: str, settings: dict[str, Any]) -> Callable[[Arrays], Any]:
    """A model of Cornac, which numbers players and items in order of first appearance."""

    def run(part: Arrays) -> Any:
        rows = [(int(u), int(i), 1.0) for u, i in zip(part["player"], part["item"])]
        data = import_library("cornac.data").Dataset.from_uir(rows, seed=SEED)
        model = getattr(import_library("cornac.models"), name)(**settings)
        model.fit(data)
        order = np.array([data.iid_map[item] for item in range(int(part["items"]))])
        scores = [np.ravel(model.score(data.uid_map[int(player)]))[order] for player in part["asked"]]
        return top_unseen(np.stack(scores), part)

    return run


MULT_VAE = {  # the sizes of Liang et al., "Variational autoencoders for collaborative filtering", WWW 2018
    "k": 200,
    "autoencoder_structure": [600],
    "act_fn": "tanh",
    "likelihood": "mult",
    "beta": 0.2,
    "n_epochs": 60,
    "seed": SEED,
    "verbose": False,
}
PEERS: dict[str, tuple[str, Callable[[Arrays], Any]]] = {
    "implicit-als": (
        "implicit",
        implicit_model("cpu.als", "AlternatingLeastSquares", factors=32, alpha=10.0, random_state=SEED),
    ),
    "implicit-bpr": (
        "implicit",
        implicit_model("cpu.bpr", "BayesianPersonalizedRanking", factors=64, random_state=SEED),
    ),
    "implicit-bm25": ("implicit", implicit_model("nearest_neighbours", "BM25Recommender", K=20)),
    "implicit-cosine": ("implicit", implicit_model("nearest_neighbours", "CosineRecommender", K=20)),
    "lenskit-ease": ("lenskit", lenskit_model("EASEScorer", {"regularization": 250.0})),
    "lenskit-itemknn": ("lenskit", lenskit_model("ItemKNNScorer", {"max_nbrs": 20, "feedback": "implicit"})),
    "lenskit-implicitmf": ("lenskit", lenskit_model("ImplicitMFScorer", {})),
    "rectools-ease": ("rectools", rectools_ease),
    "cornac-ease": ("cornac", cornac_model("EASE", {"lamb": 250.0, "posB": False, "verbose": False})),
    "cornac-vaecf": ("cornac", cornac_model("VAECF", MULT_VAE)),
}  # name -> (package that must be installed, function that returns its lists)


def main() -> None:
    """Entry point."""
    name, source, target = sys.argv[1:]
    package, run = PEERS[name]
    with np.load(source, allow_pickle=False) as arrays:
        part = dict(arrays)
    start = time.process_time()
    twenty = run(part)
    seconds = time.process_time() - start
    version = importlib.metadata.version(package)
    np.savez(target, twenty=np.asarray(twenty, np.int32), seconds=seconds, version=version)


if __name__ == "__main__":
    main()
