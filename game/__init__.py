"""Bankshot: a neon arcade game for hover-tanks whose shots bank off walls."""

from gymnasium.envs.registration import register

__version__ = "0.1.0"

# game.env.setups says what they play; nothing of it is imported until one is made
for _name in ("Duel", "Eliminate", "Defend", "Collect", "Survive", "Arena"):
    register(
        id=f"Bankshot/{_name}-v0",
        entry_point="game.env.single:BankshotEnv",
        vector_entry_point="game.env.vector:make_vector",
        kwargs={"env_id": f"Bankshot/{_name}-v0"},
    )
