"""Bankshot: a neon arcade game for hover-tanks whose shots bank off walls."""

__version__ = "0.1.0"
