#!/usr/bin/env bash
# glicko2: a player's volatility, and so the deviation, depends on where on the scale the player stands
#
# Guess:  only differences of ratings count: the same results 500 points higher give the same volatility and deviation.
# Really: the volatility's formula takes the square of the RATING where Glickman's step 5 has the square of the deviation. Near 1500 it is
#         too lively; 500 points away it stands still, whatever happens. His worked example starts at 1500 and comes
#         out right (1464.05, 151.52, 0.05999), so a test against the paper sees nothing.
# Hurts:  of two players with one history the one at 2000 counts as surer (32 points) than the one at 1500 (48).
#         Away from 1500 the package is Glicko with a fixed volatility.
# Seen with glicko2 2.1.0 (PyPI), Python 3.11.
# Output seen:
#   the paper's example: 1464.05 151.52 0.05999
#   60 periods of twelve wins or twelve losses by turns, from 1000 deviation 31.7 volatility 0.0600
#   60 periods of twelve wins or twelve losses by turns, from 1500 deviation 47.7 volatility 0.1533
#   60 periods of twelve wins or twelve losses by turns, from 2000 deviation 31.7 volatility 0.0600
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check glicko2==2.1.0
venv/bin/python - <<'PROOF'
from glicko2 import Player

paper = Player(1500, 200, 0.06)
paper.update_player([1400, 1550, 1700], [30, 100, 300], [1, 0, 0])
print(f"the paper's example: {paper.rating:.2f} {paper.rd:.2f} {paper.vol:.5f}")
assert abs(paper.rating - 1464.06) < 0.02 and abs(paper.rd - 151.52) < 0.01 and abs(paper.vol - 0.05999) < 1e-5
found = {}
for start in (1000, 1500, 2000):
    player = Player(start, 50, 0.06)
    for period in range(60):
        player.update_player([start] * 12, [50] * 12, [(period + 1) % 2] * 12)
    found[start] = player.rd, player.vol
    print(f"60 periods of twelve wins or twelve losses by turns, from {start} deviation {player.rd:.1f} volatility {player.vol:.4f}")
assert found[1500][0] > 45 and found[1500][1] > 0.14
assert all(found[start][0] < 33 and abs(found[start][1] - 0.06) < 1e-4 for start in (1000, 2000))
PROOF
