"""The version of `agents`."""

__version__ = "0.1.0"
