"""Finding a level: the list, its cards, its details and the shelf of suggestions."""
