#!/usr/bin/env bash
# pyribs: DNSArchive throws its best solution away when the same one is found again
#
# Guess:  the best survives: a solution with no "strictly higher" neighbour has the score +inf, so say the documents.
# Really: an EQUAL objective counts as higher (>=). The best and its copy stand at distance 0 of each other, so both
#         have the score 0, the lowest, and both go. Two different solutions that share the highest objective (a win
#         rate of 1.0) and lie close together go too, and so does everything that is not spread out if all objectives are equal.
# Hurts:  with discrete solutions or an objective that has a ceiling the archive loses its best in 20 runs of 20.
#         A result_archive of another kind keeps it.
# Seen with ribs 0.12.0, numpy 2.4.6, Python 3.11.
# Output seen:
#   the best found again among 20 new ones: lost in 20 runs of 20; found once: lost in 0
#   two at 1.0 side by side, three weaker ones, three places: [0.1, 0.2, 0.3]
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check ribs==0.12.0 numpy==2.4.6
venv/bin/python - <<'PROOF'
import numpy as np
from ribs.archives import DNSArchive


def lost(seed, again):
    """Whether the best of 20 is gone after a batch of 20 weaker ones, one of which may be the best itself."""
    dice = np.random.default_rng(seed)
    archive = DNSArchive(solution_dim=1, measure_dim=1, capacity=20, k_neighbors=3)
    places, values = dice.random((2, 20, 1)), dice.random((2, 20)) * 0.9
    values[0, 0] = 1
    if again:
        places[1, 3], values[1, 3] = places[0, 0], 1
    for place, value in zip(places, values, strict=True):
        archive.add(place, value, place)
    return archive.stats.obj_max < 1


twice, once = (sum(lost(seed, again) for seed in range(20)) for again in (True, False))
print(f"the best found again among 20 new ones: lost in {twice} runs of 20; found once: lost in {once}")
archive = DNSArchive(solution_dim=1, measure_dim=1, capacity=3, k_neighbors=3)
archive.add(np.arange(5)[:, None], [1, 1, 0.2, 0.1, 0.3], [[0.5], [0.51], [0.0], [0.9], [0.2]])
kept = sorted(archive.data("objective").tolist())
print("two at 1.0 side by side, three weaker ones, three places:", kept)
assert (twice, once) == (20, 0)
assert kept == [0.1, 0.2, 0.3]
PROOF
