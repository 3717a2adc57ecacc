#!/usr/bin/env bash
# perlin-noise: the terrain repeats itself, one cell down for every ten cells to the right
#
# Guess:  "unlimited coordinates space": each cell of the lattice has a direction of its own.
# Really: a corner's random direction comes from abs(x + 10 y + 1) alone (in three dimensions + 100 z). So noise at
#         (x + 10, y - 1) is noise at (x, y), everywhere. A map of 40 by 40 cells has 441 directions at its 1681 corners.
#         A corner's generator is seeded with seed times that number, so seeds share directions too: seed 6 has at
#         corner n what seed 3 has at corner 2 n + 1. And seed=0 means no seed: each run is another world.
# Hurts:  a map wider than ten cells is its first ten columns again, slid by a row; "held out" levels were seen in training.
# Seen with perlin-noise 1.14, Python 3.11.
# Output seen:
#   most that (x + 10, y - 1) differs from (x, y): 0.000000; that (x + 9, y - 1) does: 0.966
#   different directions at 1681 corners: 441
#   seed 6 at corner (0, 0) and seed 3 at (1, 0): the same direction True; seed 0 twice: the same value False
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check perlin-noise==1.14
venv/bin/python - <<'PROOF'
import random

from perlin_noise import PerlinNoise

dice = random.Random(5)
noise = PerlinNoise(seed=7)
places = [(dice.uniform(0, 30), dice.uniform(1, 30)) for _ in range(400)]


def differs(right):
    return max(abs(noise([x + right, y - 1]) - noise([x, y])) for x, y in places)


def direction(seed, x, y):
    return tuple(PerlinNoise(seed=seed).get_from_cache_of_create_new((x, y)).vec)


ten, nine = differs(10), differs(9)
print(f"most that (x + 10, y - 1) differs from (x, y): {ten:.6f}; that (x + 9, y - 1) does: {nine:.3f}")
corners = {direction(7, x, y) for x in range(41) for y in range(41)}
print("different directions at 1681 corners:", len(corners))
shared = direction(6, 0, 0) == direction(3, 1, 0)
again = len({PerlinNoise(seed=0)([0.3, 0.4]) for _ in range(5)}) == 1
print("seed 6 at corner (0, 0) and seed 3 at (1, 0): the same direction", f"{shared}; seed 0 twice: the same value", again)
assert ten < 1e-9 < 0.3 < nine
assert len(corners) == 441 and shared and not again
PROOF
