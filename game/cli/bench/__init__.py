"""`bankshot bench`: what this machine reaches, measured the same way everywhere, and beside another build."""

from game.cli.bench.run import run_against, run_bench

__all__ = ["run_against", "run_bench"]
