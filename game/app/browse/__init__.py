"""Choosing a level: the list, its cards, the details panel and the shelf of suggestions."""
