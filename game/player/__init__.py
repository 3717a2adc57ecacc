"""The player's folders, settings and records, and the recommender for this game's levels."""
