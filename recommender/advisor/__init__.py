"""The advisor and its parts: what a player should choose next, and why."""
