"""Scripted opponents, the fixed reference for policies: kernels that decide only from the observation slots."""
