"""Gymnasium and PettingZoo environments: thin views of the core, with bots in the seats nobody else takes."""
