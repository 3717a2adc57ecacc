"""Training from scratch: a learner's win rates by minutes of processor time, against the same bots on the same levels for
all.

`train` runs another project's learner on the duels of one of our recipes (the same bots in the same shares and the same
rewards; tanks act without delay) with a network of equal width, and saves the weights every few minutes. It does not imitate
bots first, because those learners cannot. `measure` plays the bots with these weights, or with the checkpoints of a run of
`bankshot agents train`, and adds a row for each to a CSV file; `plot` draws that file.
"""

import argparse
import csv
import importlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import torch
from safetensors.torch import load_file, save_file

from agents.best import snapshot_logits
from agents.checkpoint import checkpoint_policy
from agents.curve import Curve
from agents.evaluate import Logits, Player, evaluate
from agents.recipe import Recipe
from agents.recipe_reading import load_recipe
from agents.runs import read_run
from benchmarks.task import GAME, Net, Task, one_thread

LEARNERS = {"cleanrl": "cleanrl_peer", "pufferlib": "puffer_peer"}
BOTS = ("idle", "fleeing", "camper", "chaser", "marksman")
LEVELS = "test:61000-61127"
SEED = 5
TEMPERATURE = 0.7
FIELDS = ("learner", "minutes", "samples", *BOTS)


class Point(NamedTuple):
    """A saved policy, and its cost up to then."""

    minutes: float
    samples: int
    logits: Logits
    env: dict[str, Any]


def duels(recipe: Recipe) -> dict[str, Any]:
    """The environment's arguments for another learner: the recipe's levels for one against one, its bots and rewards."""
    given = recipe.env.kwargs.get("levels", "train")
    parts = [given] if isinstance(given, str) else list(given)
    levels = parts if recipe.env.id == GAME else [part for part in parts if ":eliminate:1v1:" in part]
    if not levels:
        raise ValueError(
            f"levels: expected levels for one against one (train:eliminate:1v1:64), found {parts}"
        )
    bots = ",".join(f"{name}:{weight:g}" for name, weight in recipe.selfplay.bots.items())
    return {"levels": levels, "opponent": bots, "reward": recipe.env_kwargs().get("reward", {})}


def task_of(recipe: Recipe) -> Task:
    """The task for another learner."""
    return Task(
        "duel", recipe.ppo.n_epochs, recipe.net.activation, width=recipe.net.pi[0], game=duels(recipe)
    )


def train(learner: str, recipe: Recipe, minutes: float, every: float, folder: Path) -> None:
    """Train for some minutes of this process's processor time; save the weights at intervals, named by samples and seconds."""
    folder.mkdir(parents=True)
    one_thread()
    torch.manual_seed(1)
    task = task_of(recipe)
    net = Net(task)
    iterate = importlib.import_module(f"benchmarks.{LEARNERS[learner]}").make(task, net)
    samples, kept, spent, start = 0, 0, 0.0, time.process_time()
    while samples == 0 or spent < 60 * minutes:
        samples += iterate()
        spent = time.process_time() - start
        if spent >= min(60 * every * (kept + 1), 60 * minutes):
            kept += 1
            save_file(net.state_dict(), folder / f"{samples}-{spent:.0f}.safetensors")
            print(f"{learner}: {samples:,} samples in {spent:.0f} s", flush=True)


def kept_by(folder: Path, recipe: Recipe) -> Iterator[Point]:
    """The saved policies of another learner, oldest first."""
    for path in sorted(folder.glob("*.safetensors"), key=lambda path: int(path.stem.split("-")[0])):
        samples, seconds = map(int, path.stem.split("-"))
        net = Net(task_of(recipe))
        net.load_state_dict(load_file(path))

        def logits(seen: Any, net: Net = net) -> Any:
            with torch.inference_mode():
                return net.policy(torch.from_numpy(seen)).numpy()

        yield Point(seconds / 60, samples, logits, {})


def checkpoints_of(folder: Path) -> Iterator[Point]:
    """The checkpoints of one of our runs, oldest first; its processor time includes demonstrations and imitation."""
    run = read_run(folder)
    spent = {int(row["samples"]): row["cpu_seconds"] for row in Curve.load(folder, 1 << 62).rows}
    for path in sorted(run.checkpoints.glob("*.safetensors"), key=lambda path: int(path.stem)):
        samples = int(path.stem)
        if samples in spent:
            logits = snapshot_logits(checkpoint_policy(path), run.recipe)
            late = {"delay": 0} if "delay" in run.recipe.env.kwargs else {}
            yield Point(spent[samples] / 60, samples, logits, late)


def row_of(name: str, point: Point, matches: int) -> dict[str, Any]:
    """Play the bots and return a row of results."""
    player = Player(name, point.logits, TEMPERATURE)
    row: dict[str, Any] = {"learner": name, "minutes": f"{point.minutes:.1f}", "samples": point.samples}
    for bot in BOTS:
        played = evaluate(
            player,
            GAME,
            bot,
            matches=matches,
            num_envs=min(matches, 128),
            seed=SEED,
            kwargs={"levels": LEVELS, **point.env},
        )
        row[bot] = f"{100 * played.win_rate:.1f}"
    return row


def plot(table: Path, picture: Path) -> None:
    """Plot wins by minutes, a panel for each bot; all seeds of a learner (`name seed`) have the same colour."""
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = sorted({row["learner"] for row in rows})
    kinds = sorted({name.split()[0] for name in names})
    figure, panels = plt.subplots(1, len(BOTS), figsize=(3 * len(BOTS), 3), sharey=True, layout="constrained")
    for panel, bot in zip(panels, BOTS, strict=True):
        for name in names:
            mine = [row for row in rows if row["learner"] == name]
            kind = name.split()[0]
            label = kind if name == next(one for one in names if one.split()[0] == kind) else None
            points = [(float(row["minutes"]), float(row[bot])) for row in mine]
            panel.plot(*zip(*points, strict=True), "o-", ms=3, color=f"C{kinds.index(kind)}", label=label)
        panel.set(title=f"against {bot}", xlabel="processor time, min", ylim=(0, 100))
    panels[0].set_ylabel("wins, %")
    panels[0].legend()
    figure.savefig(picture, dpi=110)


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    sub = parser.add_subparsers(dest="command", required=True)
    one = sub.add_parser("train")
    one.add_argument("learner", choices=sorted(LEARNERS))
    one.add_argument("--recipe", default="hunter")
    one.add_argument("--minutes", type=float, default=40)
    one.add_argument("--every", type=float, default=8)
    one.add_argument("--out", type=Path, required=True)
    two = sub.add_parser("measure")
    two.add_argument("folder", type=Path)
    two.add_argument("--name", required=True)
    two.add_argument("--recipe", default="hunter")
    two.add_argument("--ours", action="store_true", help="FOLDER is a run of bankshot agents train")
    two.add_argument("--every", type=int, default=1, help="measure every Nth checkpoint, and the last")
    two.add_argument("--matches", type=int, default=256)
    two.add_argument("--csv", type=Path, required=True)
    three = sub.add_parser("plot")
    three.add_argument("csv", type=Path)
    three.add_argument("picture", type=Path)
    chosen = parser.parse_args()
    if chosen.command == "plot":
        plot(chosen.csv, chosen.picture)
        return
    recipe = load_recipe(chosen.recipe)
    if chosen.command == "train":
        train(chosen.learner, recipe, chosen.minutes, chosen.every, chosen.out)
        return
    one_thread()
    points = list(checkpoints_of(chosen.folder) if chosen.ours else kept_by(chosen.folder, recipe))
    new = not chosen.csv.exists()
    with chosen.csv.open("a", newline="") as out:
        table = csv.DictWriter(out, FIELDS)
        if new:
            table.writeheader()
        for point in points[:: -chosen.every][::-1]:
            row = row_of(chosen.name, point, chosen.matches)
            table.writerow(row)
            out.flush()
            print(row, flush=True)


if __name__ == "__main__":
    main()
