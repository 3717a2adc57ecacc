"""Our learner compared with stable-baselines3's PPO on third-party environments."""
