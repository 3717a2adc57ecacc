"""The version of `recommender`."""

__version__ = "0.1.0"
