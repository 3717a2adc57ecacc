"""The game as an environment: random actions in eight parallel matches; replace them by your learner's."""

import gymnasium

envs = gymnasium.make_vec("game:Bankshot/Duel-v0", num_envs=8, levels="crossfire", opponent="chaser")
envs.action_space.seed(1)
observations, info = envs.reset(seed=1)
total = 0.0
for _ in range(300):  # decisions: 20 seconds of play
    observations, rewards, terminated, truncated, info = envs.step(envs.action_space.sample())
    total += rewards.sum()
print(f"{observations.shape[1]} numbers observed, {total / 8:.2f} reward a row")
envs.close()
