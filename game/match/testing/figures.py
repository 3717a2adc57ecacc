"""What the matches of a level come to in numbers: shares with intervals, lengths, contacts, pick-ups."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from game.core import rules
from game.match.grading.grade import Grade
from game.match.grading.graders import graders_key
from game.match.grading.measured_scales import scales
from game.match.grading.posterior import grade_of
from game.match.intervals import wilson
from game.match.simulation import MatchResult
from game.match.testing.measuring import LevelMatches
from game.match.testing.seating import BOT, BRAIN, EVEN, USUAL
from game.match.trace_kernels import BANKED_HITS, CONTACT_TICK, CORE_LEFT, HITS, SHOTS_FIRED, SHOTS_TURNED

PERCENTILES: Final = (10, 50, 90)
NOBODY: Final = -1
HALF: Final = 0.5  # share of the matches between equals that each ground should win


@dataclass(frozen=True)
class Proportion:
    """A proportion of matches: `count` of `of`."""

    count: int
    of: int

    @property
    def rate(self) -> float:
        """The proportion; 0 if there are no matches."""
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        return wilson(self.count, self.of)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data; the rate of no match is null."""
        low, high = self.interval
        rate = round(self.rate, 4) if self.of else None
        return {
            "count": self.count,
            "of": self.of,
            "rate": rate,
            "low": round(low, 4),
            "high": round(high, 4),
        }


@dataclass(frozen=True)
class LevelStats:
    """Statistics of one level, from the usual matches (`first_side`: from the even ones)."""

    won: Proportion  # by the player's team
    by_player: tuple[Proportion, ...]  # in the order of the players
    by_kind: dict[str, Proportion]  # BOT, BRAIN
    by_difficulty: dict[str, Proportion]
    by_team: dict[int, Proportion]  # won by this team
    undecided: Proportion  # nobody won: stalemates and draws
    stalemates: Proportion  # the clock ran out and nobody won
    draws: Proportion  # nobody won before the clock ran out
    timed_out: Proportion  # the clock ended it
    unhurt: Proportion  # nobody was hit
    seconds: tuple[float, float, float]  # 10 %, median, 90 %
    contact: float | None  # seconds until the first hit, median
    first_side: Proportion | None  # even matches won from the ground of team 0, of those that were decided
    even_undecided: int
    shots: int
    turned: int  # shots that banked or were mirrored
    hits: int
    banked_hits: int
    core_damage: float | None  # share of the core's hit points, mean; None without a core
    grade: Grade | None  # what the panel's matches make of it; None of too few for one round


def level_stats(played: LevelMatches) -> LevelStats:
    """Return the statistics of a level's matches."""
    usual, own = played.usual, played.level.own_team
    results, sittings = played.results, played.sittings

    def won(numbers: Sequence[int], team: int = own) -> Proportion:
        return Proportion(sum(results[n].winner == team for n in numbers), len(numbers))

    def chosen(**wanted: object) -> list[int]:
        return [n for n in usual if all(getattr(sittings[n], key) == value for key, value in wanted.items())]

    def lost_to(*, timed_out: bool) -> Proportion:
        nobody = [n for n in usual if results[n].winner == NOBODY]
        return Proportion(sum(results[n].timed_out == timed_out for n in nobody), len(usual))

    players = [chosen(player=number) for number in range(len(played.players))]
    kinds = {
        kind: [n for n in usual if played.players[sittings[n].player].kind == kind] for kind in (BOT, BRAIN)
    }
    facts = played.facts[usual]
    contacts = facts[:, CONTACT_TICK][facts[:, CONTACT_TICK] >= 0]
    teams = sorted({spawn.team for spawn in played.level.arena.spawns})
    low, middle, high = (
        float(each) for each in np.percentile([results[n].seconds for n in usual], PERCENTILES)
    )
    decided = [n for n in played.even if results[n].winner != NOBODY]
    return LevelStats(
        won=won(usual),
        by_player=tuple(map(won, players)),
        by_kind={kind: won(numbers) for kind, numbers in kinds.items() if numbers},
        by_difficulty={name: won(chosen(difficulty=name)) for name in played.difficulties},
        by_team={team: won(usual, team) for team in teams},
        undecided=won(usual, NOBODY),
        stalemates=lost_to(timed_out=True),
        draws=lost_to(timed_out=False),
        timed_out=Proportion(sum(results[n].timed_out for n in usual), len(usual)),
        unhurt=Proportion(int((facts[:, CONTACT_TICK] < 0).sum()), len(usual)),
        seconds=(low, middle, high),
        contact=float(np.median(contacts)) / rules.TICKS_PER_SECOND if contacts.size else None,
        first_side=Proportion(sum(ground_won(played, n) == 0 for n in decided), len(decided))
        if played.even
        else None,
        even_undecided=len(played.even) - len(decided),
        shots=int(facts[:, SHOTS_FIRED].sum()),
        turned=int(facts[:, SHOTS_TURNED].sum()),
        hits=int(facts[:, HITS].sum()),
        banked_hits=int(facts[:, BANKED_HITS].sum()),
        core_damage=_core_damage(played, facts[:, CORE_LEFT]),
        grade=_grade(played),
    )


def _grade(played: LevelMatches) -> Grade | None:
    counts, objective = played.counts, played.level.objective_name
    return grade_of(objective, counts, scales(), graders_key()) if sum(counts.matches) else None


def ground_won(played: LevelMatches, number: int) -> int:
    """Return from whose ground an even match was won, team 0's or 1's of the unchanged level; NOBODY for none."""
    winner = played.results[number].winner
    return 1 - winner if winner >= 0 and played.sittings[number].exchanged else winner


def _core_damage(played: LevelMatches, left: "np.ndarray[Any, np.dtype[np.int64]]") -> float | None:
    if played.level.objective != rules.DEFEND:
        return None
    whole = played.level.arena.core_hp
    return float(np.where(left < 0, 0, whole - left).mean()) / whole


def traced_matches(played: LevelMatches) -> int:
    """Return how many matches the level's trace counts: all but those with exchanged teams."""
    return sum(not sitting.exchanged for sitting in played.sittings)


def lengths(results: Iterable[MatchResult]) -> list[float]:
    """Return the lengths of matches in seconds, shortest first."""
    return sorted(result.seconds for result in results)


def to_dict(played: LevelMatches, figures: LevelStats) -> dict[str, Any]:
    """Return the statistics of a level as JSON-able data."""
    level, trace = played.level, played.trace
    side = figures.first_side
    return {
        "matches": {USUAL: len(played.usual), EVEN: len(played.even)},
        "won": figures.won.to_dict(),
        "players": [
            {
                "name": player.name,
                "kind": player.kind,
                "own": player.own,
                "delay": player.policy.delay,
                "temperature": player.policy.temperature,
                "won": share.to_dict(),
            }
            for player, share in zip(played.players, figures.by_player, strict=True)
        ],
        "kinds": {kind: share.to_dict() for kind, share in figures.by_kind.items()},
        "difficulties": {name: share.to_dict() for name, share in figures.by_difficulty.items()},
        "teams": {str(team): share.to_dict() for team, share in figures.by_team.items()},
        "fairness": None
        if side is None
        else {"team_0_ground": side.to_dict(), "undecided": figures.even_undecided},
        "undecided": figures.undecided.to_dict(),
        "stalemates": figures.stalemates.to_dict(),
        "draws": figures.draws.to_dict(),
        "timed_out": figures.timed_out.to_dict(),
        "without_a_hit": figures.unhurt.to_dict(),
        "seconds": dict(zip(("p10", "median", "p90"), (round(each, 2) for each in figures.seconds))),
        "first_hit_seconds": None if figures.contact is None else round(figures.contact, 2),
        "shots": {
            "fired": figures.shots,
            "banked_or_mirrored": figures.turned,
            "hits": figures.hits,
            "banked_hits": figures.banked_hits,
        },
        "core_damage": None if figures.core_damage is None else round(figures.core_damage, 4),
        "pickups": [
            {
                "x": spot.x,
                "y": spot.y,
                "kind": rules.PICKUP_NAMES[spot.kind],
                "own": int(taken[0]),
                "others": int(taken[1]),
            }
            for spot, taken in zip(level.arena.pickups, trace.pickups, strict=True)
        ],
        "cells": [
            {"x": x, "y": y, "taken": int(taken.sum()), "home": int(home.sum())}
            for (x, y), taken, home in zip(level.arena.cells, trace.cells, trace.homes, strict=True)
        ],
    }
