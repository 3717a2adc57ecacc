"""Gymnasium and PettingZoo environments: thin wrappers of the core, with bots in all seats without a learner."""
