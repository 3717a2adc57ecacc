"""How hard levels are, in the window: grades measured in the background, endless levels to choose from, and the texts."""
