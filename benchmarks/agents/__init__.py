"""Our learner on environments that know nothing of it, beside stable-baselines3's PPO."""
