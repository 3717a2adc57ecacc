"""Levels: model, Tiled reader and writer, checks, generator, catalogue. Imports rules and sim alone."""
