"""The recommender in the window: its service, its words and the page of what it thinks."""
