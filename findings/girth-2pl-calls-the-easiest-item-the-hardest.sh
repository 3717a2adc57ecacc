#!/usr/bin/env bash
# girth: twopl_mml gives an item that everyone solved the difficulty of one that nobody solved
#
# Guess:  an item without a miss has no finite difficulty, so it stands at the lower bound, -6, as rasch_mml and onepl_mml put it.
# Really: it stands at +6 with the discrimination 0.2, and so does an item without a hit (with 5.0). One miss among 300 is enough
#         to be right: -3.5. There is no error and no NaN.
# Hurts:  the easiest level heads the list of the hardest; the fitted curve gives a chance of 0.23 for a level that all have won.
# Seen with girth 0.8.0, numpy 2.4.6, scipy 1.17.1, numba 0.68.1, Python 3.11.
# Output seen:
#   solved by 300 of 300: rasch -6.0 1PL -6.0 2PL 6.0 (0.2), chance at the mean 0.23
#   solved by 299 of 300: rasch -6.0 1PL -5.56 2PL -3.5 (2.4), chance at the mean 1.0
#   solved by 0 of 300: rasch 6.0 1PL 6.0 2PL 6.0 (5.0), chance at the mean 9.4e-14
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check girth==0.8.0 numpy==2.4.6 scipy==1.17.1 numba==0.68.1
venv/bin/python -W ignore - <<'PROOF'
import girth
import numpy as np

dice = np.random.default_rng(0)
skill = np.sort(dice.standard_normal(300))[::-1]
chance = 1 / (1 + np.exp(np.linspace(-1.5, 1.5, 12)[:, None] - skill))
others = (dice.random(chance.shape) < chance).astype(int)
found = {}
for solved in (300, 299, 0):
    answers = np.vstack([others, np.arange(300) < solved]).astype(int)
    rasch, one = (fit(answers)["Difficulty"][-1] for fit in (girth.rasch_mml, girth.onepl_mml))
    two = girth.twopl_mml(answers)
    hard, slope = two["Difficulty"][-1], two["Discrimination"][-1]
    mean = 1 / (1 + np.exp(slope * hard))
    found[solved] = hard, rasch, one, mean
    print(f"solved by {solved} of 300: rasch {rasch:.3} 1PL {one:.3} 2PL {hard:.3} ({slope:.2}), chance at the mean {mean:.2}")
assert found[300][0] > 5.9 and max(found[300][1:3]) < -5.9 and found[300][3] < 0.3
assert found[299][0] < -2 and found[0][0] > 5.9
PROOF
