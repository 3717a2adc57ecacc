"""The moving pictures of README and guides: `python -m docs.pictures` makes them again from replays and the real game."""
