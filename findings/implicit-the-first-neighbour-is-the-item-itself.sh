#!/usr/bin/env bash
# implicit: CosineRecommender(K=20) keeps 19 neighbours of an item; the twentieth is the item itself
#
# Guess:  K is the number of OTHER items that an item is compared with.
# Really: every item is its own nearest neighbour (similarity 1) and takes one of the K places. With K=1 the similarities are the
#         identity matrix: nothing can be recommended, and the model answers with an item that the user HAS, at score 0. With K=2
#         each item has one neighbour.
# Hurts:  a sweep over K against another package is off by one, and its smallest value measures nothing.
# Seen with implicit 0.7.2, numpy 2.4.6, scipy 1.17.1, Python 3.11.
# Output seen:
#   K=1: other items kept for each item [0, 0, 0, 0]; for who has items 0, 1, 2: item 2 at 0.00
#   K=2: other items kept for each item [1, 1, 1, 1]; for who has items 0, 1, 2: item 3 at 0.82
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check implicit==0.7.2 numpy==2.4.6 scipy==1.17.1
OPENBLAS_NUM_THREADS=1 venv/bin/python -W ignore - <<'PROOF'
import numpy as np
from implicit.nearest_neighbours import CosineRecommender
from scipy.sparse import csr_matrix

plays = csr_matrix(np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [0, 1, 1, 1]], float))


def lists(k):
    """How many other items each item is compared with, and the first item for the user with items 0, 1 and 2."""
    model = CosineRecommender(K=k)
    model.fit(plays, show_progress=False)
    others = model.similarity.toarray()
    np.fill_diagonal(others, 0)
    (item,), (score,) = model.recommend(2, plays[2], N=1, filter_already_liked_items=True)
    counts = (others != 0).sum(axis=1).tolist()
    print(f"K={k}: other items kept for each item {counts}; for who has items 0, 1, 2: item {item} at {score:.2f}")
    return counts, int(item), round(float(score), 2)


assert lists(1) == ([0, 0, 0, 0], 2, 0.0)
assert lists(2) == ([1, 1, 1, 1], 3, 0.82)
PROOF
