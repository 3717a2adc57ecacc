#!/usr/bin/env bash
# gymnasium: MaxAndSkipObservation shows an old picture, or none, when an episode ends within a skip
#
# Guess:  the last observation of an episode is the last one that the game gave, or the maximum of the last two.
# Really: the two pictures are kept only at the last two steps of a skip. An episode that ends before them returns
#         whatever lay in the buffer: zeros at first, later the pictures of the skip before.
# Hurts:  the terminal observation is wrong, so whatever learns from it (a value for a cut-off episode, a picture of the end) learns
#         from a state that was not there. The reward and the flags are right.
# Seen with gymnasium 1.4.0, numpy 2.4.6, Python 3.11.
# Output seen:
#   skip 8, (shown, true): [(0, 6)]
#   skip 4, (shown, true): [(4, 4), (4, 6)] then [(10, 10), (10, 12)]
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check gymnasium==1.4.0 numpy==2.4.6
venv/bin/python - <<'PROOF'
import gymnasium
import numpy as np


class Counter(gymnasium.Env):
    """Shows its step, counted on through its episodes; each ends after six steps."""

    observation_space = gymnasium.spaces.Box(0, 1000, (1,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)
    steps = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.left = 6
        return np.array([self.steps], np.float32), {}

    def step(self, action):
        self.steps += 1
        self.left -= 1
        return np.array([self.steps], np.float32), 1.0, self.left == 0, False, {}


def episode(env):
    env.reset(seed=1)
    ended, shown = False, []
    while not ended:
        observation, _, ended, _, _ = env.step(0)
        shown.append((int(observation[0]), env.unwrapped.steps))
    return shown


long = episode(gymnasium.wrappers.MaxAndSkipObservation(Counter(), skip=8))
env = gymnasium.wrappers.MaxAndSkipObservation(Counter(), skip=4)
first, second = episode(env), episode(env)
print("skip 8, (shown, true):", long)
print("skip 4, (shown, true):", first, "then", second)
assert long == [(0, 6)]
assert first == [(4, 4), (4, 6)] and second == [(10, 10), (10, 12)]
PROOF
