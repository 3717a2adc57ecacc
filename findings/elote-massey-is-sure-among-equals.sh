#!/usr/bin/env bash
# elote: MasseyCompetitor's chances do not shrink with the differences: 151 wins of 300 give 0.944, as 270 do
#
# Guess:  two players who win by turns have a chance of about 0.5; the more even the results, the nearer to it.
# Really: the difference of two ratings is divided by the spread of all ratings before it becomes a chance. So among equals the noise is
#         blown up until it fills the scale: with two players the chance is 0.056 or 0.944, whatever the results. Eight
#         coin-flippers after 1120 games: the first is said to beat the last with 0.99. The documents give the reason
#         for the division (points of any size); Bradley-Terry in the same package says 0.59.
# Hurts:  matchmaking and forecasts are surest where nothing is known; one more win turns 0.056 into 0.944.
# Seen with elote 1.5.1, Python 3.11.
# Output seen:
#   two players, first's wins of 300: {270: 0.944, 180: 0.944, 151: 0.944, 149: 0.056}
#   eight equals, first of the table against its last: Massey 0.988, Bradley-Terry 0.590
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check elote==1.5.1
venv/bin/python - <<'PROOF'
import random
from itertools import combinations

from elote import BradleyTerryCompetitor, MasseyCompetitor


def chance(wins):
    first, second = MasseyCompetitor(), MasseyCompetitor()
    for game in range(300):
        first.beat(second) if game < wins else second.beat(first)
    return round(first.expected_score(second), 3)


def widest(kind):
    dice = random.Random(2)
    players = [kind() for _ in range(8)]
    for first, second in list(combinations(players, 2)) * 40:
        first.beat(second) if dice.random() < 0.5 else second.beat(first)
    players.sort(key=lambda player: player.rating)
    return players[-1].expected_score(players[0])


said = {wins: chance(wins) for wins in (270, 180, 151, 149)}
massey, other = widest(MasseyCompetitor), widest(BradleyTerryCompetitor)
print("two players, first's wins of 300:", said)
print(f"eight equals, first of the table against its last: Massey {massey:.3f}, Bradley-Terry {other:.3f}")
assert said == {270: 0.944, 180: 0.944, 151: 0.944, 149: 0.056}
assert massey > 0.98 and other < 0.7
PROOF
