"""Tests of levels: hundreds of matches of bots and brains, and what they say about a level in plain words."""
