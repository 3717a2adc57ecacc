"""`bankshot bench`: what this machine reaches, measured the same way everywhere."""

from game.cli.bench.run import run_bench

__all__ = ["run_bench"]
