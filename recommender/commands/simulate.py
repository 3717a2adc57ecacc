"""The command `simulate`: regret of the advice in simulated play, as JSON and as a picture."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer

from recommender.advisor.community import Community
from recommender.commands.console import BENCH, ItemsOption, PlotOption, stored_items
from recommender.errors import RecommenderError
from recommender.evaluation.simulate import (
    Trajectory,
    community_of,
    join_trajectories,
    simulate_advice,
    simulate_omniscient,
    simulate_popularity,
    simulate_random,
    summarise,
)
from recommender.evaluation.simulated_players import KINDS, TRUE_ZONE, SimulatedWorld
from recommender.store import Store
from safefiles.console import JsonOption, choice, clean_exit, echo, examples, write_json
from safefiles.extras import require
from safefiles.writing import write_atomic

WORLDS: Final = 4
POLICIES: Final = ("omniscient", "advisor", "advisor without community", "popularity", "random")
PARTIAL: Final = "advisor of the part"


@clean_exit
@examples("--personas 40 --matches 20", "--kind ideals --plot regret.png")
def simulate(
    personas: Annotated[
        int, typer.Option("--personas", min=1, help="How many simulated players there are, over all worlds.")
    ] = 200,
    matches: Annotated[
        int, typer.Option("--matches", min=11, help="How many matches each of them plays.")
    ] = 30,
    seed: Annotated[
        int,
        typer.Option(
            "--seed", min=0, help="Seed of worlds and personas; the same seed gives the same result."
        ),
    ] = 1,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store", help="Take the items of this store.", metavar="FILE", show_default="made items"
        ),
    ] = None,
    items: ItemsOption = None,
    part: Annotated[
        Path | None,
        typer.Option(
            "--part",
            help="A table with some of the items. One more advisor knows only these, which measures the gain from the others.",
            metavar="FILE",
            show_default="none",
        ),
    ] = None,
    made: Annotated[
        int, typer.Option("--made", min=2, help="Without --store: how many items are made for each world.")
    ] = 80,
    kind: Annotated[str, choice(KINDS, "What the personas like.", "--kind", word="KIND")] = KINDS[0],
    community: Annotated[
        Path | None,
        typer.Option(
            "--community",
            help="With --store: a folder with simulated players.",
            metavar="FOLDER",
            show_default="none",
        ),
    ] = None,
    json_file: JsonOption = None,
    plot: PlotOption = None,
) -> None:
    """Let simulated players choose by the suggestions, by popularity and at random; compare their enjoyment. Takes minutes.

    Regret is how much more enjoyment the best item would have given at that moment.
    """
    if community is not None and store is None:
        raise RecommenderError("--community: expected a --store with the items that it rates")
    if plot is not None:
        require("matplotlib", BENCH)
    names = None if part is None else _names(part, store)
    policies = POLICIES if names is None else (*POLICIES, PARTIAL)
    trajectories: dict[str, list[Trajectory]] = {name: [] for name in policies}
    for world, others, seeds in _worlds(personas, seed, store, items, community, made, kind):
        _check_part(part, names, world)
        found = [
            simulate_omniscient(world, seeds, matches, kind),
            simulate_advice(world, others, seeds, matches, Store(None), kind=kind),
            simulate_advice(world, None, seeds, matches, Store(None), kind=kind),
            simulate_popularity(world, others, seeds, matches, kind),
            simulate_random(world, seeds, matches, kind),
        ]
        if names is not None:
            found.append(simulate_advice(world, others, seeds, matches, Store(None), kind=kind, part=names))
        for name, trajectory in zip(policies, found, strict=True):
            trajectories[name].append(trajectory)
    whole = {name: join_trajectories(parts) for name, parts in trajectories.items()}
    rows = [{"policy": name, **summarise(trajectory, whole["advisor"])} for name, trajectory in whole.items()]
    best = rows[0]["enjoyment"][0]
    for row in rows:
        mean, low, high = row["regret"]
        zone = 100 * row["in_zone_first_10"][0], 100 * row["in_zone_after_10"][0]
        echo(
            f"{row['policy']:26s} enjoyment {row['enjoyment'][0]:.3f}, "
            f"{100 * row['enjoyment'][0] / best:.0f} % of the omniscient's; "
            f"regret {mean:.3f} [{low:.3f}, {high:.3f}] stars a match, "
            f"in the flow zone {zone[0]:.0f} % of the first 10 matches, {zone[1]:.0f} % after"
        )
    facts = {"personas": len(whole["advisor"].regret), "matches": matches, "seed": seed, "zone": TRUE_ZONE}
    facts |= {"items": f"{made} made" if store is None else str(store), "kind": kind}
    curves = {name: trajectory.regret.mean(0).tolist() for name, trajectory in whole.items()}
    write_json(json_file, {"schema": 1, **facts, "policies": rows, "regret_by_match": curves})
    if plot is not None:
        _draw(whole, plot, f"{facts['personas']} personas that the recommender never saw (simulated)")


def _names(part: Path, store: Path | None) -> frozenset[str]:
    """Names of the items of a table. Raises RecommenderError without the store that has these items."""
    if store is None:
        raise RecommenderError("--part: expected a --store with the items that it is a part of")
    source, items = stored_items(store, part)
    source.close()
    return frozenset(item.name for item in items)


def _check_part(part: Path | None, names: frozenset[str] | None, world: SimulatedWorld) -> None:
    strange = (names or frozenset()) - {item.name for item in world.items}
    if strange:
        raise RecommenderError(f"{part}: expected items of the whole table, found {min(strange)!r:.60}")


def _worlds(
    personas: int,
    seed: int,
    store: Path | None,
    table: Path | None,
    community: Path | None,
    made: int,
    kind: str,
) -> Iterator[tuple[SimulatedWorld, Community, list[list[int]]]]:
    """Worlds with the community and the seeds of the personas in each."""
    if store is None:
        for number in range(min(WORLDS, personas)):
            world = SimulatedWorld.made(1000 * seed + number, made)
            many = len(range(number, personas, WORLDS))
            seeds = [[1000 * seed + number, 50, persona] for persona in range(many)]
            yield world, community_of(world, 1000 * seed + number, kind=kind), seeds
        return
    source, items = stored_items(store, table)
    source.close()
    world = SimulatedWorld.around(items, seed)
    others = community_of(world, seed, kind=kind) if community is None else Community.read(community)
    yield world, others, [[seed, 50, persona] for persona in range(personas)]


def _draw(trajectories: dict[str, Trajectory], path: Path, title: str) -> None:
    """Regret by match with 95 % bands, and the share inside the true flow zone."""
    from matplotlib.figure import Figure

    page = Figure(figsize=(10, 4.2), dpi=120, layout="constrained")
    left, right = page.subplots(1, 2)
    for name, trajectory in trajectories.items():
        x = np.arange(1, trajectory.regret.shape[1] + 1)
        for axis, values in ((left, trajectory.regret), (right, 100 * _smooth(trajectory.in_zone))):
            mean, error = values.mean(0), 1.96 * values.std(0) / np.sqrt(len(values))
            (line,) = axis.plot(x, mean, label=name)
            axis.fill_between(x, mean - error, mean + error, alpha=0.15, color=line.get_color())
    left.set(xlabel="match", ylabel="regret (stars)", ylim=(0, None), title="Regret of the chosen item")
    right.set(
        xlabel="match", ylabel="% (mean of 5 matches)", ylim=(0, 100), title="Inside the true flow zone"
    )
    left.legend(frameon=False)
    page.suptitle(title, fontsize=10)
    picture = io.BytesIO()
    page.savefig(picture, format="png")
    write_atomic(path, picture.getvalue())


def _smooth(values: np.ndarray, width: int = 5) -> np.ndarray:
    """Running means along the matches, shorter at the ends."""
    kernel = np.ones(width)
    ones = np.convolve(np.ones(values.shape[1]), kernel, "same")
    return np.array([np.convolve(row, kernel, "same") / ones for row in values])
