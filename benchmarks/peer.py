"""One learner in its own process: does an iteration for every input line, and prints its cost.

`learners.py` starts these processes, so that each can run in the Python that has its packages. Output lines are JSON:
samples, seconds of processor time and of wall-clock time. The first line, before any iteration, has the versions.
"""

import argparse
import importlib
import importlib.metadata
import json
import sys
import time
from collections.abc import Callable

from benchmarks.task import Task, one_thread

PEERS = {
    "agents": ("agents", ("torch", "numpy")),
    "sb3": ("sb3", ("stable-baselines3", "torch")),
    "cleanrl": ("cleanrl", ("torch",)),
    "pufferlib": ("puffer", ("pufferlib", "torch")),
}  # name -> module of this folder (`PEER.make(task)`), and the packages whose versions matter


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=sorted(PEERS))
    parser.add_argument("--env", choices=("free", "duel"), default="free")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--activation", choices=("relu", "tanh"), default="relu")
    parser.add_argument("--threads", type=int, default=1, help="only `agents` uses more than one")
    chosen = parser.parse_args()
    one_thread()
    module, packages = PEERS[chosen.peer]
    task = Task(chosen.env, chosen.epochs, chosen.activation, chosen.threads)
    iterate: Callable[[], int] = importlib.import_module(f"benchmarks.{module}_peer").make(task)
    # Other output of a learner must not mix with our lines.
    out, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps({name: importlib.metadata.version(name) for name in packages}), file=out, flush=True)
    for _ in sys.stdin:
        cpu, wall = time.process_time(), time.perf_counter()
        samples = iterate()
        spent = {"samples": samples, "cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        print(json.dumps(spent), file=out, flush=True)


if __name__ == "__main__":
    main()
