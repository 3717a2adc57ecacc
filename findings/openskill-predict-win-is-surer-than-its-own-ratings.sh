#!/usr/bin/env bash
# openskill: predict_win of PlackettLuce and BradleyTerryFull does not say what their own ratings were fitted to
#
# Guess:  two players meet thousands of times and the first wins 75 %; once the ratings have settled, predict_win says 0.75.
# Really: it says 0.856, and 0.986 where the first wins 90 %. These models learn by a logistic curve, but predict_win lays the
#         normal one over their ratings, with the same width, for every model; that is steeper. ThurstoneMostellerFull learns
#         by the normal curve, and its forecasts are right (0.746, 0.903).
# Hurts:  matchmaking that asks for a chance of 60 % gets 56; forecasts score worse than plain Elo's from the same matches.
#         1 / (1 + exp(-(mu_a - mu_b) / sqrt(2 beta^2 + sigma_a^2 + sigma_b^2))) is what the ratings mean.
# Seen with openskill 6.2.0, Python 3.11.
# Output seen:
#   PlackettLuce {0.6: 0.671, 0.75: 0.856, 0.9: 0.986} by its own curve {0.6: 0.61, 0.75: 0.747, 0.9: 0.904}
#   BradleyTerryFull {0.6: 0.671, 0.75: 0.856, 0.9: 0.986} by its own curve {0.6: 0.61, 0.75: 0.747, 0.9: 0.904}
#   ThurstoneMostellerFull {0.6: 0.609, 0.75: 0.746, 0.9: 0.903}
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check openskill==6.2.0
venv/bin/python - <<'PROOF'
import math
import random

from openskill.models import BradleyTerryFull, PlackettLuce, ThurstoneMostellerFull


def settled(kind, share):
    model, dice = kind(), random.Random(3)
    first, second = model.rating(), model.rating()
    said, own = [], []
    for number in range(6000):
        [[first], [second]] = model.rate([[first], [second]], ranks=[1, 2] if dice.random() < share else [2, 1])
        if number > 1000:
            width = math.sqrt(2 * model.beta**2 + first.sigma**2 + second.sigma**2)
            said.append(model.predict_win([[first], [second]])[0])
            own.append(1 / (1 + math.exp((second.mu - first.mu) / width)))
    return round(sum(said) / len(said), 3), round(sum(own) / len(own), 3)


for kind in (PlackettLuce, BradleyTerryFull):
    found = {share: settled(kind, share) for share in (0.6, 0.75, 0.9)}
    said, own = ({share: pair[place] for share, pair in found.items()} for place in (0, 1))
    print(kind.__name__, said, "by its own curve", own)
    assert said[0.6] > 0.64 and said[0.75] > 0.82 and said[0.9] > 0.96
    assert all(abs(own[share] - share) < 0.02 for share in own)
said = {share: settled(ThurstoneMostellerFull, share)[0] for share in (0.6, 0.75, 0.9)}
print("ThurstoneMostellerFull", said)
assert all(abs(said[share] - share) < 0.02 for share in said)
PROOF
