"""Samples per second of our PPO learner and of other learners, which take turns, one iteration each.

Other work on the machine slows all of them equally, so the ratio of two learners is computed per round: the median over the
rounds of the time of one divided by the time of the other.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent
OURS = "agents"


class Peer:
    """One learner in its own process."""

    def __init__(self, name: str, python: str, arguments: list[str]) -> None:
        """Start the process and wait until it is ready."""
        self.name = name
        path = os.pathsep.join(part for part in (str(HERE), os.environ.get("PYTHONPATH", "")) if part)
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.peer", name, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        )
        self.versions = self._line()
        self.rounds: list[dict[str, float]] = []

    def iterate(self, *, counts: bool) -> None:
        """Do one iteration; the first is a warm-up and does not count."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        spent = self._line()
        if counts:
            self.rounds.append(spent)

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)

    def _line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"error: {self.name} ended with code {self.process.wait()}; its own message is above")
        found: dict[str, Any] = json.loads(line)
        return found


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default="agents,sb3,cleanrl", help="agents, sb3, cleanrl, pufferlib")
    parser.add_argument("--puffer-python", default=sys.executable, help="a Python with PufferLib 3.0")
    parser.add_argument("--env", choices=("free", "duel"), default="free")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--activation", choices=("relu", "tanh"), default="relu")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--clock", choices=("cpu", "wall"), default="cpu")
    parser.add_argument(
        "--threads", type=int, default=1, help="of `agents`; with more than one, use --clock wall"
    )
    chosen = parser.parse_args()
    arguments = [f"--{name}={getattr(chosen, name)}" for name in ("env", "epochs", "activation", "threads")]
    peers: list[Peer] = []
    try:
        for name in chosen.peers.split(","):
            python = chosen.puffer_python if name == "pufferlib" else sys.executable
            peers.append(Peer(name, python, arguments))
        before = _load()
        for turn in range(chosen.rounds + 1):
            for peer in peers if turn % 2 else reversed(peers):
                peer.iterate(counts=turn > 0)
        print(
            f"{platform.processor() or platform.machine()}, {os.cpu_count()} processors, {platform.platform()}"
        )
        print(f"Python {platform.python_version()}, load {before} before and {_load()} after")
        _table(peers, chosen.clock)
    finally:
        for peer in peers:
            peer.close()


def _table(peers: list[Peer], clock: str) -> None:
    """Rows of Markdown."""
    ours = next((peer for peer in peers if peer.name == OURS), peers[0])
    print(
        f"| learner | samples a second, median ({clock}) | best | {ours.name} by it | versions |\n|---|---|---|---|---|"
    )
    for peer in peers:
        rates = [spent["samples"] / spent[clock] for spent in peer.rounds]
        ratio = statistics.median(
            (own["samples"] / own[clock]) / rate for own, rate in zip(ours.rounds, rates, strict=True)
        )
        versions = ", ".join(f"{name} {version}" for name, version in peer.versions.items())
        print(
            f"| {peer.name} | {statistics.median(rates):,.0f} | {max(rates):,.0f} | {ratio:.2f} | {versions} |"
        )


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


if __name__ == "__main__":
    main()
