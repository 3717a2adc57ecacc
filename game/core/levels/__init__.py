"""Levels: model, Tiled reader and writer, checks, generator, catalogue. Imports only `rules` and `sim`."""
