"""Tests of the music plugin; nothing here knows a game."""
