"""The old name of `music.generators.files`, kept for programs that import it."""

from music.generators.files import load_generators

__all__ = ["load_generators"]
