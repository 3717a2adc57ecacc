"""Honest measurement: fixed protocols, the usual figures, and popularity and biases always beside everything else."""
