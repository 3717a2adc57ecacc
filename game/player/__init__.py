"""What is the player's own: folders, settings, records, and the recommender for this game's levels."""
