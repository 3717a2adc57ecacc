"""Scripted opponents, the fixed yardsticks: kernels that decide from the slot table and nothing else."""
