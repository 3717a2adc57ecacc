"""The value of the advice: personas follow it match by match, and are compared with popularity and random choice.

The regret of a match is the best enjoyment that any item would have given this persona at that moment, minus that of the chosen
one: both are the persona's true expectations, without luck. Personas are paired: the same persona, with the same random state
at the start, follows each policy from its first match. Intervals are 95 % bootstrap intervals over personas (percentiles).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from recommender.advisor.community import Community
from recommender.advisor.engine import Advisor, AdvisorSettings
from recommender.evaluation.simulated_players import TRUE_ZONE, SimulatedPlayer, SimulatedWorld
from recommender.records.kinds import SIMULATED, Attempt, Rating, Repository
from recommender.records.ratings import Floats

START: Final = 1_000_000_000.0  # seconds since 1970 at the first match
MINUTES: Final = 3.0  # minutes between two matches
Policy = Callable[[SimulatedPlayer], int]  # the number of the next item


@dataclass(frozen=True)
class Trajectory:
    """Matches of all personas under one policy, each (personas, matches)."""

    regret: Floats
    enjoyment: Floats
    in_zone: Floats  # 1 if the true chance of the chosen item is inside TRUE_ZONE


def community_of(
    world: SimulatedWorld, seed: int, players: int = 60, matches: int = 25, kind: str = "rules"
) -> Community:
    """Personas of other seeds who choose for themselves: mostly at random among items they have not played."""
    ratings, attempts = [], []
    for number in range(players):
        persona = SimulatedPlayer(world, [seed, 3, number], kind)
        name = f"simulated {number:03d}"
        for match in range(matches):
            fresh = np.flatnonzero(persona.played == persona.played.min())
            value = persona.enjoyment()[fresh] + persona.random.gumbel(0, 1.5, len(fresh))
            item = int(fresh[np.argmax(value)])
            now = START - 1e6 + 60 * MINUTES * (number * matches + match)
            finished, seconds, stars = persona.play(item)
            outcome = "finished" if finished else "failed"
            attempts.append(Attempt(name, world.items[item].name, outcome, seconds, now, source=SIMULATED))
            ratings.append(Rating(name, world.items[item].name, stars, now, SIMULATED))
    return Community(
        tuple(ratings),
        tuple(attempts),
        {"what": "personas of recommender.evaluation.simulated_players", "seed": seed},
    )


def simulate_policy(
    world: SimulatedWorld, seeds: Sequence[Sequence[int]], matches: int, choose: Callable[[SimulatedPlayer, int], int],
    learn: Callable[[int, int, bool, float, float], None] = lambda *_: None, start: Callable[[int], None] = lambda _: None,
    kind: str = "rules",
) -> Trajectory:  # fmt: skip
    """Let every persona play `matches` matches of the items that `choose` (persona, match) returns."""
    regret, enjoyed, inside = (np.zeros((len(seeds), matches)) for _ in range(3))
    for row, seed in enumerate(seeds):
        persona = SimulatedPlayer(world, seed, kind)
        start(row)
        for match in range(matches):
            item = choose(persona, match)
            enjoyment, chance = persona.enjoyment(), persona.chances()[item]
            regret[row, match] = enjoyment.max() - enjoyment[item]
            enjoyed[row, match] = enjoyment[item]
            inside[row, match] = TRUE_ZONE[0] <= chance <= TRUE_ZONE[1]
            learn(item, match, *persona.play(item))
    return Trajectory(regret, enjoyed, inside)


def simulate_advice(
    world: SimulatedWorld,
    community: Community | None,
    seeds: Sequence[Sequence[int]],
    matches: int,
    repository: Repository,
    settings: AdvisorSettings | None = None,
    *,
    rate_share: float = 1.0,
    kind: str = "rules",
    part: Collection[str] | None = None,
) -> Trajectory:
    """Personas take the first suggestion each time; a share of the matches is rated.

    part: names of the items that the advisor knows; None: all.
    """
    items = [item for item in world.items if part is None or item.name in part]
    advisor = Advisor(items, repository, community=community, settings=settings, worker=False)
    number = {item.name: k for k, item in enumerate(world.items)}
    rates = np.random.default_rng([7, len(seeds)])

    def choose(persona: SimulatedPlayer, match: int) -> int:
        return number[advisor.suggest(5, now=START + 60 * MINUTES * match)[0].item]

    def learn(item: int, match: int, finished: bool, seconds: float, stars: float) -> None:
        name, now = world.items[item].name, START + 60 * MINUTES * match
        outcome = "finished" if finished else "failed"
        advisor.attempt(Attempt(advisor.player, name, outcome, seconds, now))
        if rates.random() < rate_share:
            advisor.rate(name, stars)

    return simulate_policy(world, seeds, matches, choose, learn, lambda _: advisor.reset(), kind)


def simulate_omniscient(
    world: SimulatedWorld, seeds: Sequence[Sequence[int]], matches: int, kind: str = "rules"
) -> Trajectory:
    """Personas who know what they will enjoy most: the upper limit of any advice, match by match."""
    return simulate_policy(
        world, seeds, matches, lambda persona, _: int(np.argmax(persona.enjoyment())), kind=kind
    )


def simulate_popularity(
    world: SimulatedWorld,
    community: Community,
    seeds: Sequence[Sequence[int]],
    matches: int,
    kind: str = "rules",
) -> Trajectory:
    """Personas go through the list of the community's best rated items (damped means), again and again."""
    sums, counts = np.zeros(len(world.items)), np.zeros(len(world.items))
    number = {item.name: k for k, item in enumerate(world.items)}
    for rating in community.ratings:
        sums[number[rating.item]] += rating.stars
        counts[number[rating.item]] += 1
    middle = sums.sum() / max(counts.sum(), 1)
    order = np.argsort(-(sums + 5 * middle) / (counts + 5), kind="stable")
    return simulate_policy(world, seeds, matches, lambda _, match: int(order[match % len(order)]), kind=kind)


def simulate_random(
    world: SimulatedWorld, seeds: Sequence[Sequence[int]], matches: int, kind: str = "rules"
) -> Trajectory:
    """Personas take a random one of the items they played least."""
    random = np.random.default_rng([9, len(seeds)])
    return simulate_policy(
        world,
        seeds,
        matches,
        lambda persona, _: int(random.choice(np.flatnonzero(persona.played == persona.played.min()))),
        kind=kind,
    )


def interval(values: Floats, seed: int = 0, rounds: int = 2000) -> tuple[float, float, float]:
    """Mean over personas and its 95 % bootstrap interval; `values` (personas,)."""
    random = np.random.default_rng(seed)
    means = values[random.integers(len(values), size=(rounds, len(values)))].mean(1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(values.mean()), float(low), float(high)


def join_trajectories(trajectories: Sequence[Trajectory]) -> Trajectory:
    """The personas of several worlds in one trajectory."""
    return Trajectory(
        np.concatenate([trajectory.regret for trajectory in trajectories]),
        np.concatenate([trajectory.enjoyment for trajectory in trajectories]),
        np.concatenate([trajectory.in_zone for trajectory in trajectories]),
    )


def summarise(trajectory: Trajectory, advice: Trajectory) -> dict[str, Any]:
    """Results of one policy, each as mean, low and high; `saved` is its regret minus that of the advice, paired."""
    early, late = trajectory.in_zone[:, :10], trajectory.in_zone[:, 10:]
    return {
        "regret": interval(trajectory.regret.mean(1)),
        "saved": interval((trajectory.regret - advice.regret).mean(1)),
        "regret_first_10": interval(trajectory.regret[:, :10].mean(1)),
        "regret_after_10": interval(trajectory.regret[:, 10:].mean(1)),
        "enjoyment": interval(trajectory.enjoyment.mean(1)),
        "in_zone_first_10": interval(early.mean(1)),
        "in_zone_after_10": interval(late.mean(1)),
    }
