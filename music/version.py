"""The version of `music`."""

__version__ = "0.1.0"
