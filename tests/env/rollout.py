"""Plays an environment from a seed and prints the SHA-256 of everything it returned.

Run it in two processes to see whether they agree; `--broken` lets the bots of the 50th step draw from the
process's own entropy, which they must not. The long proof: `python -m pytest tests/env/test_determinism.py
-m slow`.
"""

import argparse
import secrets

import numpy as np

from tests.env.builders import make_vec, seeded_actions, trajectory_digest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env", default="Arena")
    parser.add_argument("--envs", type=int, default=8)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seats", default="learner")
    parser.add_argument("--levels", default="train:8")
    parser.add_argument("--broken", action="store_true")
    chosen = parser.parse_args()
    more = {} if chosen.seats == "all" else {"opponent": "wanderer:1,chaser:1,marksman:1"}
    env = make_vec(
        chosen.env, chosen.envs, levels=chosen.levels, seats=chosen.seats, threads=chosen.threads, **more
    )
    begin = env.reset(seed=chosen.seed)
    actions = seeded_actions(env.num_envs, chosen.seed)
    steps = chosen.steps
    if chosen.broken:
        trajectory_digest(env, actions, 50)
        env.engine.bots.rng[:, :, 0] = np.uint64(secrets.randbits(64))
        steps -= 50
    print(trajectory_digest(env, actions, steps, begin))


if __name__ == "__main__":
    main()
