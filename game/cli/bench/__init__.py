"""`bankshot bench`: the game's speed on this machine, measured the same way everywhere, or compared with another build."""

from game.cli.bench.run import run_against, run_bench

__all__ = ["run_against", "run_bench"]
