"""Levels to a wish: candidates from the rule families, a forecast that sorts them, play-tests that decide."""
