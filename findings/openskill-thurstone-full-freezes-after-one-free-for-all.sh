#!/usr/bin/env bash
# openskill: after one match of eight, or one draw of five, ThurstoneMostellerFull is certain for ever
#
# Guess:  one match narrows a new player's sigma from 8.33 to something like 7, a larger match to 5 or 6.
# Really: the model sums one term per opponent, and from about eight players on the sum takes the whole variance:
#         sigma falls to 0.083, a hundredth of the start, in ONE match, for every player in it. A draw does it from
#         five players on. Such a rating hardly moves again: twenty wins in a row over an equal move it by less than
#         1. BradleyTerryFull (6.2 after eight) and the other models do not do this.
# Hurts:  a ladder of free-for-alls is decided by its first match.
# Seen with openskill 6.2.0, Python 3.11.
# Output seen:
#   ThurstoneMostellerFull ranked {2: 7.631, 4: 5.984, 7: 1.471, 8: 0.083} draw {2: 7.203, 4: 4.092, 5: 0.083}
#   BradleyTerryFull ranked {2: 8.066, 4: 7.502, 7: 6.565, 8: 6.221} draw {2: 8.066, 4: 7.502, 5: 7.203}
#   PlackettLuce ranked {2: 8.066, 4: 8.264, 7: 8.314, 8: 8.319} draw {2: 8.066, 4: 8.264, 5: 8.291}
#   after twenty wins in a row: 25.21 from 25
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check openskill==6.2.0
venv/bin/python - <<'PROOF'
from openskill.models import BradleyTerryFull, PlackettLuce, ThurstoneMostellerFull


def sigma(model, players, ranks):
    return model.rate([[model.rating()] for _ in range(players)], ranks=ranks)[0][0].sigma


for kind in (ThurstoneMostellerFull, BradleyTerryFull, PlackettLuce):
    model = kind()
    print(kind.__name__, "ranked", {n: round(sigma(model, n, list(range(n))), 3) for n in (2, 4, 7, 8)},
          "draw", {n: round(sigma(model, n, [1] * n), 3) for n in (2, 4, 5)})
model = ThurstoneMostellerFull()
eight, five = sigma(model, 8, list(range(8))), sigma(model, 5, [1] * 5)
assert eight < 0.1 and five < 0.1
assert sigma(model, 7, list(range(7))) > 1 and sigma(model, 4, [1] * 4) > 4
assert sigma(BradleyTerryFull(), 8, list(range(8))) > 6 and sigma(PlackettLuce(), 8, list(range(8))) > 6
drawn = model.rate([[model.rating()] for _ in range(5)], ranks=[1] * 5)
[winner], [loser] = drawn[0], drawn[1]
for _ in range(20):
    [[winner], [loser]] = model.rate([[winner], [loser]], ranks=[1, 2])
print("after twenty wins in a row:", round(winner.mu, 2), "from 25")
assert winner.mu - 25 < 1
PROOF
