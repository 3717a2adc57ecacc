"""Tests of the music plugin; they do not depend on the game."""
