"""Whole matches: who drives each seat, recordings, simulations of many and play-tests."""
