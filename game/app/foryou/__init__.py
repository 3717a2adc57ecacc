"""The recommender in the window: its service, its texts and the page of its beliefs about the player."""
