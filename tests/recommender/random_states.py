"""Random advisors in random states, small enough for thousands of them: catalogues, crowds, and a player's own day.

Everything is drawn from one seed: a world, and STATES moments of a player's day in it. Records lie in a store, so that a
check can read what the advisor was told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from recommender.advisor.community import Community
from recommender.advisor.engine import Advisor, AdvisorSettings
from recommender.advisor.fitting import RefitResult, _ratings
from recommender.advisor.others import TermShares
from recommender.advisor.ranker import RECENT, RankWeights
from recommender.advisor.running import RunningSums
from recommender.advisor.zone import Zone
from recommender.models.factors import FactorModel, FactorSettings
from recommender.records.kinds import OUTCOMES, SIMULATED, Attempt, Item, Play, Rating
from recommender.store import Store

LEVELS: Final = ("easy", "normal", "hard")
EVENTS: Final = ("played", "repeated", "skipped", "start")  # the last says nothing about taste
TINY: Final = FactorSettings(rank=2, sweeps=4, burn=2, every=1)
STATES: Final = 10  # of a world
FACTORS_IN: Final = 4  # one world of so many has factors, where there is a rating to learn from


@dataclass
class State:
    """An advisor and all that it was told."""

    seed: int
    moment: int
    advisor: Advisor
    store: Store
    community: Community
    items: list[Item]


def made_items(random: np.random.Generator) -> list[Item]:
    """Three to fourteen items, with tags, numbers and play-tests or without."""
    tags, numbers, tested = random.random(3) < (0.8, 0.6, 0.5)
    found = []
    for place in range(int(random.integers(3, 15))):
        own = {f"kind:{'abc'[int(random.integers(3))]}"} | ({"dark"} if random.random() < 0.4 else set())
        found.append(
            Item(
                f"i{place}",
                tags=frozenset(own if tags else ()),
                numbers={"size": float(random.integers(5))} if numbers and random.random() < 0.9 else {},
                finish_rate=float(random.uniform(0.05, 0.99)) if tested and random.random() < 0.8 else None,
            )
        )
    return found


def attempt_of(random: np.random.Generator, player: str, item: str, source: str = "real") -> Attempt:
    """One attempt, mostly to its end, at a moment that tells nothing of its order."""
    outcome = str(random.choice(OUTCOMES, p=(0.45, 0.4, 0.15)))
    against = str(random.choice(LEVELS)) if random.random() < 0.3 else ""
    return Attempt(
        player, item, outcome, float(random.uniform(1, 90)), float(random.integers(1_000_000)),
        against=against, source=source,
    )  # fmt: skip


def crowd(random: np.random.Generator, items: list[Item], store: Store) -> Community:
    """Other players' records into the store; the simulated ones are handed back."""
    likes = random.normal(3.2, 1.2, (2, len(items)))  # two tastes
    ratings: list[Rating] = []
    plays: list[Play] = []
    tries: list[Attempt] = []
    for number in range(int(random.integers(0, (4, 11, 30)[int(random.integers(3))]))):
        fake, taste, share = random.random() < 0.3, int(random.integers(2)), random.random()
        name, source = (f"sim{number}", SIMULATED) if fake else (f"p{number}", "real")
        drawn = random.random((2, len(items)))
        stars = np.clip(np.round(likes[taste] + random.normal(0, 0.6, len(items))), 1, 5)
        for item, given, rates, tried in zip(items, stars.tolist(), *drawn.tolist(), strict=True):
            if rates < share:
                ratings.append(Rating(name, item.name, given, 0.0, source))
            elif rates > 0.85 and not fake:
                plays.append(Play(name, item.name, str(random.choice(EVENTS)), 1.0, 0.0))
            if tried < 0.1:
                tries.append(attempt_of(random, name, item.name, source))
    store.put_ratings([one for one in ratings if one.source == "real"])
    store.put_plays(plays)
    store.put_attempts([one for one in tries if one.source == "real"])
    return Community(
        tuple(one for one in ratings if one.source == SIMULATED),
        tuple(one for one in tries if one.source == SIMULATED),
    )


def settings_of(random: np.random.Generator) -> AdvisorSettings:
    """Settings of every kind, the defaults among them."""
    if random.random() < 0.25:
        return AdvisorSettings()
    low = float(random.uniform(0.1, 0.8))
    return AdvisorSettings(
        zone=None if random.random() < 0.2 else Zone(low, float(random.uniform(low + 0.05, 0.99))),
        diversity=float(random.choice((0.0, 0.3, 1.0))),
        optimism=float(random.choice((0.0, 0.15))),
        exploration=float(random.choice((0.0, 0.2, 1.0))),
        repeats=(None, True, False)[int(random.integers(3))],
        rest=int(random.integers(6)),
        difficulties=LEVELS if random.random() < 0.3 else (),
        easy_first=int(random.random() < 0.1),
    )


def act(random: np.random.Generator, advisor: Advisor, items: list[Item]) -> None:
    """The player does one thing."""
    item = str(random.choice([one.name for one in items]))
    what = random.random()
    if what < 0.55:
        advisor.rate(item, float(random.integers(1, 6)))
    elif what < 0.8:
        losing = 0.3 if random.random() < 0.5 else 1.0
        one = attempt_of(random, advisor.player, item)
        advisor.attempt(one if random.random() < losing else replace(one, outcome="failed"))
    elif what < 0.95:
        advisor.played(item, str(random.choice(EVENTS[:3])))
    else:
        advisor.dismiss(item, bool(random.random() < 0.7))


def other_weights(random: np.random.Generator, advisor: Advisor, factors: bool) -> None:
    """Weights as a refit might find them, so that every kind of term is sometimes the largest."""
    others, shares = advisor._knowledge.others, TermShares(*random.uniform(0, 1.2, 3))
    if factors and len(others.everyone.given):
        model = FactorModel(TINY).fit(_ratings(others.everyone, others.features.items))
        advisor._knowledge.take_over(RefitResult(shares, model))
    elif random.random() < 0.5:  # few players are alike: what they say would never be the largest term
        shares = TermShares(*random.uniform(0, 20, 2))
    weights = RankWeights.of(
        random.uniform((0.1, 0.0, *(0.0 for _ in RECENT)), (2.0, 3.0, *(0.6 for _ in RECENT)))
    )
    advisor._knowledge.others = replace(advisor._knowledge.others, rank=weights, shares=shares)
    advisor._knowledge.running, advisor._knowledge._opinion = RunningSums(advisor._knowledge.others), None


def states(seed: int) -> Iterator[State]:
    """STATES moments in the world of a seed."""
    random = np.random.default_rng([14, seed])
    items, store = made_items(random), Store(None)
    community = crowd(random, items, store)
    advisor = Advisor(
        items, store, community=community, settings=settings_of(random), seed=seed, worker=False
    )
    if seed % 2:
        other_weights(random, advisor, seed % FACTORS_IN == 1)
    for moment in range(STATES):
        yield State(seed, moment, advisor, store, community, items)
        act(random, advisor, items)
        if random.random() < 0.5:
            act(random, advisor, items)
