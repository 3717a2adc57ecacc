"""Processor time of the recommender for learning a rating and suggesting ten items, in this checkout and in another.

    python benchmarks/recommender/speed.py --against PATH [--players 943 --items 1682 --each 106] [--plays]

Each build runs in its own process with its own PYTHONPATH and is called through its package's public names: `Advisor.rate`
(with --plays: `Advisor.played`), then `Advisor.suggest(10)`, including the reasons; both write to a `Store` in memory. Short
rounds alternate, and the result is the median over the rounds of this build's time divided by the other's, so that other work
on the machine affects both. Processor time is that of the whole process, including its threads.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parents[2]
QUANTILES = (0.5, 0.99, 1.0)
NAMES = ("p50", "p99", "max")


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--against", type=Path, help="another checkout; default: measure only this one")
    parser.add_argument("--players", type=int, default=943)
    parser.add_argument("--items", type=int, default=1682)
    parser.add_argument("--each", type=int, default=106, help="mean number of ratings per player")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--calls", type=int, default=20, help="calls of each build per round")
    parser.add_argument("--plays", action="store_true", help="measure plays instead of ratings")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        run_child(chosen)
        return
    for name in ("players", "items", "each", "rounds", "calls"):
        if getattr(chosen, name) < 1:
            parser.error(f"--{name}: expected a number from 1, found {getattr(chosen, name)}")
    paths = [HERE] if chosen.against is None else [HERE, chosen.against.resolve()]
    for path in paths:
        if not (path / "recommender" / "__init__.py").is_file():
            parser.error(f"--against: expected a checkout with the package recommender, found none in {path}")
    report = measure_builds(paths, chosen)
    print("\n".join(report_lines(report)))
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def measure_builds(paths: list[Path], chosen: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds of processor time of all calls of each build, (rounds, calls), and of each build's start."""
    shape = ("players", "items", "each", "calls")
    options = [part for name in shape for part in (f"--{name}", str(getattr(chosen, name)))]
    options += ["--plays"] if chosen.plays else []
    children = []
    try:
        for path in paths:
            children.append(
                subprocess.Popen(
                    [sys.executable, "-P", str(Path(__file__).resolve()), "--child", *options],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=path,
                    env={
                        **os.environ,
                        "PYTHONPATH": str(path),
                        "OMP_NUM_THREADS": "1",
                        "OPENBLAS_NUM_THREADS": "1",
                    },
                )
            )
        begun = [read_answer(one) for one in children]
        times: list[list[list[float]]] = [[] for _ in children]
        for _ in range(chosen.rounds):
            for kept, one in zip(times, children, strict=True):
                kept.append(read_answer(one, "go\n"))
        return {"paths": [path.name for path in paths], "begun": begun, "ms": times, **shown_options(chosen)}
    finally:
        for one in children:
            one.kill()
            one.communicate()


def shown_options(chosen: argparse.Namespace) -> dict[str, Any]:
    """The options that a reader of the results needs."""
    return {name: getattr(chosen, name) for name in ("players", "items", "each", "rounds", "calls", "plays")}


def read_answer(one: "subprocess.Popen[str]", line: str = "") -> Any:
    """Send a line to a child and return its next line, parsed as JSON."""
    assert one.stdin is not None
    assert one.stdout is not None
    if line:
        one.stdin.write(line)
        one.stdin.flush()
    told = one.stdout.readline()
    if not told:
        raise SystemExit(f"error: a build ended with code {one.wait()}; its output is above")
    return json.loads(told)


def report_lines(report: dict[str, Any]) -> list[str]:
    """The table: each build's times, then the ratios."""
    times = [np.array(rows) for rows in report["ms"]]
    found = [
        f"{report['players']} x {report['items']}, {report['calls']} calls in each of {report['rounds']} rounds, "
        f"{'played' if report['plays'] else 'rate'} and suggest(10), ms of processor time"
    ]
    for name, begun, rows in zip(("this build", "the other"), report["begun"], times):
        figures = ", ".join(
            f"{label} {value:.2f}" for label, value in zip(NAMES, np.quantile(rows, QUANTILES), strict=True)
        )
        found.append(
            f"{name}: {figures}; ready after {begun['seconds']:.2f} s, first list {begun['first']:.2f} ms"
        )
    if len(times) == 2:
        mine, other = (np.quantile(rows, QUANTILES, axis=1) for rows in times)
        ratios = np.median(mine / other, axis=1)
        told = ", ".join(f"{label} {value:.4f}" for label, value in zip(NAMES, ratios, strict=True))
        found.append(f"this by the other, medians of {report['rounds']} paired rounds: {told}")
        slowest = np.median(mine[1] / other[2])
        found.append(f"p99 of this by the slowest call of the other in the same round: {slowest:.4f}")
    return found


def run_child(chosen: argparse.Namespace) -> None:
    """Create the advisor once, then do a round for every input line."""
    from recommender import Advisor, Item, Rating, Store

    random = np.random.default_rng(0)
    store, rows = Store(None), generate_ratings(chosen.players, chosen.items, chosen.each)
    names = [f"item {number}" for number in range(chosen.items)]
    store.put_items([Item(name) for name in names])
    store.put_ratings(
        [Rating(f"p{who}", names[what], stars, float(n)) for n, (who, what, stars) in enumerate(rows)]
    )
    began = time.process_time()
    advisor = Advisor(store.items(), store, player="p0", worker=False, seed=1)
    seconds = time.process_time() - began
    began = time.process_time()
    advisor.suggest(10)
    print(json.dumps({"seconds": seconds, "first": 1000 * (time.process_time() - began)}), flush=True)
    for _ in sys.stdin:
        times = []
        for _ in range(chosen.calls):
            item, stars = names[int(random.integers(len(names)))], float(random.integers(1, 6))
            began = time.process_time()
            advisor.played(item) if chosen.plays else advisor.rate(item, stars)
            advisor.suggest(10)
            times.append(1000 * (time.process_time() - began))
        print(json.dumps(times), flush=True)


def generate_ratings(players: int, items: int, each: int) -> list[tuple[int, int, float]]:
    """Ratings of simulated players in random order: some items are far more popular, stars follow two latent tastes."""
    random = np.random.default_rng(1)
    spread = random.lognormal(0.0, 0.5, players)
    counts = np.clip(np.round(each * spread / spread.mean()), 1, max(items // 2, 1)).astype(int)
    likes, has = random.normal(size=(players, 2)), random.normal(size=(items, 2))
    worth, popular = random.normal(3.4, 0.5, items), random.exponential(size=items) ** 2
    rows = []
    for player, count in enumerate(counts):
        for item in random.choice(items, count, replace=False, p=popular / popular.sum()).tolist():
            stars = worth[item] + 0.6 * likes[player] @ has[item] + 0.5 * random.normal()
            rows.append((player, item, float(np.clip(np.round(stars), 1, 5))))
    return [rows[place] for place in random.permutation(len(rows))]


if __name__ == "__main__":
    main()
