"""Checks the arguments of `gymnasium.make` and `make_vec` and converts them for the engine.

Every refusal is a ValueError of one line: argument, expected value, found value.
"""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from game.core import rules
from game.core.levels.catalogue import Spec, select
from game.core.levels.model import Level
from game.core.sim import setup as seats
from game.core.sim.arena import Arena
from game.core.sim.arrays import IntArray, RewardArray
from game.env.brains import player_id
from game.env.kernels import ANY_TEAM, MIXTURE_SCALE
from game.env.reaction import Delay, parse_delay
from game.env.rewards import reward_weights
from game.env.setups import CLASS_CHOICES, DEFAULT_LEVELS, DEFAULT_OPPONENT, RANDOM, Setup
from game.player.paths import UserFolders

Mixture = str | Mapping[str, float] | Sequence[str]

LEARNER: Final = "learner"
ALL: Final = "all"
SEATS_CHOICES: Final = (LEARNER, ALL)
MAX_MATCH_SECONDS: Final = 3600
MOST_HEAT: Final = 100.0  # highest sampling temperature of brains


@dataclass(frozen=True, eq=False)
class Arguments:
    """All settings of an environment except the number of worlds and the seeds."""

    setup: Setup
    levels: tuple[Level, ...]
    arenas: tuple[Arena, ...]  # arenas of the levels, with the requested time limit
    teams: tuple[int, ...]  # team of each seat
    level_roster: IntArray  # (L, S, 2)
    every_seat: bool  # a row for every seat: no learner's seat is drawn
    side: int  # the learner's team, or ANY_TEAM
    opponents: IntArray  # (K, 2): bot or brain, cumulative share; K = 0 with `every_seat`
    allies: IntArray
    players: IntArray  # (K, 2): seat, bot or brain that always plays it; only with `every_seat`
    brains: tuple[str, ...]  # brains of all of these, in the order of their ids (`env.brains`)
    brain_temperature: float
    delay: IntArray | None  # from `reaction.parse_delay`; None: no delay, and no delay slots
    weights: RewardArray
    preview: bool
    shuffle: bool
    stagger: bool
    masks: bool  # give action masks
    threads: int | None  # None: `default_threads`


def resolve_arguments(
    setup: Setup,
    *,
    levels: Spec | Sequence[Spec] = DEFAULT_LEVELS,
    opponent: Mixture | None = None,
    allies: Mixture | None = None,
    seats: str = LEARNER,
    players: Mapping[str, str] | None = None,
    side: int | str | None = None,
    tank_class: str = RANDOM,
    brain_temperature: float = 0.5,
    delay: Delay | None = None,
    team_sizes: Sequence[int] | None = None,
    level_size: Sequence[int] | None = None,
    reward: Mapping[str, Any] | None = None,
    match_seconds: float | None = None,
    preview: bool = True,
    shuffle: bool = False,
    stagger: bool = False,
    masks: bool = False,
    threads: int | None = None,
) -> Arguments:
    """Check the arguments of an environment; `game.env.describe` documents them.

    Raises ValueError (or its subclass LevelError) for the first invalid one.
    """
    _choose("seats", seats, SEATS_CHOICES)
    every_seat = seats == ALL
    for name, given in (("opponent", opponent), ("allies", allies), ("side", side)):
        if every_seat and given is not None:
            raise ValueError(
                f"{name}: expected None with seats='all' (see players and assign_bots), found {given!r}"
            )
    if players and not every_seat:
        raise ValueError(
            f"players: expected None without seats='all' (see opponent and allies), found {players!r}"
        )
    chosen = _levels(setup, levels, _pair("team_sizes", team_sizes), _pair("level_size", level_size))
    counts = [_team_counts(level, setup.team_size) for level in chosen]
    teams = _seat_layout(counts)
    no_bots = np.zeros((0, 2), np.int64)
    brains: list[str] = []
    opponents = no_bots if every_seat else parse_mixture("opponent", opponent or DEFAULT_OPPONENT, brains)
    mates = no_bots if every_seat or allies is None else parse_mixture("allies", allies, brains)
    return Arguments(
        setup=setup,
        levels=tuple(chosen),
        arenas=tuple(_arena(level.arena, match_seconds) for level in chosen),
        teams=teams,
        level_roster=_rosters(counts, teams, _class(tank_class)),
        every_seat=every_seat,
        side=ANY_TEAM if every_seat else _side(setup.side if side is None else side, chosen, counts),
        opponents=opponents,
        allies=mates,
        players=_parse_players(players or {}, teams, brains),
        brains=tuple(brains),
        brain_temperature=_heat(brain_temperature),
        delay=None if delay is None else parse_delay(delay),
        weights=reward_weights(reward),
        preview=_flag("preview", preview),
        shuffle=_flag("shuffle", shuffle),
        stagger=_flag("stagger", stagger),
        masks=_flag("masks", masks),
        threads=None if threads is None else _count("threads", threads),
    )


def agent_names(teams: Sequence[int]) -> list[str]:
    """Return the agent name of each seat, from its team and its number within it: `team0_0`, `team1_0`, …"""
    return [f"team{team}_{list(teams[:seat]).count(team)}" for seat, team in enumerate(teams)]


def _parse_players(players: Any, teams: Sequence[int], brains: list[str]) -> IntArray:
    """Return (K, 2) int64: seat and the id of its player, in the order of seats; new brains are added to `brains`."""
    if not isinstance(players, Mapping):
        raise ValueError(f"players: expected a player by agent or team, found {players!r}")
    agents = agent_names(teams)
    found: dict[int, int] = {}
    for key in sorted(
        players, key=lambda key: (str(key) in agents, str(key))
    ):  # an agent's entry comes before its team's
        seats = [n for n, agent in enumerate(agents) if key in (agent, agent.partition("_")[0])]
        if not seats:
            raise ValueError(f"players: expected agents among {', '.join(agents)}, or a team, found {key!r}")
        if not isinstance(players[key], str):
            raise ValueError(f"players › {key}: expected a bot or a brain by name, found {players[key]!r}")
        try:
            found |= dict.fromkeys(seats, player_id(players[key], brains))
        except ValueError as error:
            raise ValueError(f"players › {key} › {error}") from error
    return np.array(sorted(found.items()), np.int64).reshape(-1, 2)


def _heat(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= MOST_HEAT:
        raise ValueError(f"brain_temperature: expected a number from 0 to {MOST_HEAT:g}, found {value!r}")
    return float(value)


def parse_mixture(name: str, mixture: Mixture, brains: list[str]) -> IntArray:
    """Return (K, 2) int64: bots and brains and their cumulative shares of MIXTURE_SCALE. New brains are added to `brains`.

    Accepted: "chaser", "chaser:1,marksman:2", {"chaser": 1, "marksman": 2} and ["chaser", "marksman"].
    """
    weights: dict[str, float] = {}
    for bot, weight in _mixture_items(name, mixture):
        if isinstance(weight, bool) or not isinstance(weight, (int, float)):
            raise ValueError(f"{name} › {bot}: expected a weight, found {weight!r}")
        if not (math.isfinite(weight) and weight >= 0):
            raise ValueError(f"{name} › {bot}: expected a weight of at least 0, found {weight}")
        weights[bot] = weights.get(bot, 0.0) + weight
    if not sum(weights.values()):
        raise ValueError(f"{name}: expected a bot with a weight above 0, found {mixture!r}")
    table = np.zeros((len(weights), 2), np.int64)
    try:
        table[:, 0] = [player_id(bot, brains) for bot in weights]
    except ValueError as error:
        raise ValueError(f"{name} › {error}") from error
    shares = np.cumsum(list(weights.values())) / sum(weights.values())
    table[:, 1] = np.rint(shares * MIXTURE_SCALE)
    return table


def _mixture_items(name: str, mixture: Mixture) -> Iterable[tuple[str, Any]]:
    if isinstance(mixture, Mapping):
        yield from mixture.items()
        return
    if not isinstance(mixture, str) and not (
        isinstance(mixture, Sequence) and all(isinstance(bot, str) for bot in mixture)
    ):
        raise ValueError(f"{name}: expected a bot's name or a mixture, found {mixture!r}")
    for part in mixture.split(",") if isinstance(mixture, str) else mixture:
        bot, colon, weight = part.strip().partition(":")
        try:
            yield bot, float(weight) if colon else 1.0
        except ValueError:
            raise ValueError(f"{name} › {bot}: expected a weight, found {weight!r}") from None


def _levels(
    setup: Setup,
    spec: Spec | Sequence[Spec],
    team_sizes: tuple[int, int] | None,
    size: tuple[int, int] | None,
) -> list[Level]:
    for team, count in enumerate(team_sizes or ()):
        if count > setup.team_size:
            raise ValueError(
                f"team_sizes › team {team}: expected at most {setup.team_size} for {setup.id}, found {count}"
            )
    chosen = select(
        spec,
        objective=setup.objective,
        team_sizes=team_sizes or setup.team_sizes,
        size=size,
        user_folder=UserFolders.find().levels,
    )
    for level in chosen:
        if setup.objective is not None and level.objective_name != setup.objective:
            raise ValueError(
                f"levels › {level.name}: expected a level of {setup.objective} for {setup.id}, "
                f"found one of {level.objective_name}; Bankshot/Arena-v0 plays them all"
            )
    return chosen


def _team_counts(level: Level, most: int) -> list[int]:
    """Return the number of seats of each team in `level`."""
    counts = [min(len(level.team_seats(team)), most) for team in range(rules.MAX_TEAMS)]
    if sum(count > 0 for count in counts) < 2:
        raise ValueError(f"levels › {level.name}: expected starts of two teams, found {counts}")
    return counts


def _seat_layout(counts: list[list[int]]) -> tuple[int, ...]:
    """Return the team of each seat: the teams in turn, each with as many seats as any level needs."""
    left = [max(column) for column in zip(*counts, strict=True)]
    layout: list[int] = []
    while any(left):
        for team, count in enumerate(left):
            if count:
                layout.append(team)
                left[team] -= 1
    if len(layout) > rules.MAX_SEATS:
        raise ValueError(f"levels: expected at most {rules.MAX_SEATS} seats together, found {len(layout)}")
    return tuple(layout)


def _rosters(counts: list[list[int]], teams: tuple[int, ...], tank_class: int) -> IntArray:
    """Return the roster of each level, (L, S, 2); a seat beyond its team's count stays empty."""
    table = np.zeros((len(counts), len(teams), seats.ROSTER_SIZE), np.int64)
    table[:, :, seats.ROSTER_CLASS] = tank_class
    number = [teams[:seat].count(team) for seat, team in enumerate(teams)]
    for row, of_level in zip(table, counts, strict=True):
        row[:, seats.ROSTER_TEAM] = [
            team if n < of_level[team] else -1 for team, n in zip(teams, number, strict=True)
        ]
    return table


def _arena(arena: Arena, match_seconds: float | None) -> Arena:
    if match_seconds is None:
        return arena
    if isinstance(match_seconds, bool) or not isinstance(match_seconds, (int, float)):
        raise ValueError(f"match_seconds: expected a number, found {match_seconds!r}")
    if not 1 <= match_seconds <= MAX_MATCH_SECONDS:
        raise ValueError(f"match_seconds: expected 1 to {MAX_MATCH_SECONDS}, found {match_seconds}")
    return dataclasses.replace(arena, time_limit=round(match_seconds * rules.TICKS_PER_SECOND))


def _class(tank_class: str) -> int:
    _choose("tank_class", tank_class, CLASS_CHOICES)
    if tank_class == RANDOM:
        return seats.RANDOM_CLASS
    if tank_class == "level":
        return seats.LEVEL_CLASS
    return [row.name for row in rules.TANK_CLASSES].index(tank_class)


def _side(side: int | str, levels: Sequence[Level], counts: list[list[int]]) -> int:
    if side == RANDOM:
        return ANY_TEAM
    if isinstance(side, bool) or not isinstance(side, int) or not 0 <= side < rules.MAX_TEAMS:
        raise ValueError(f"side: expected {RANDOM!r} or a team 0 to {rules.MAX_TEAMS - 1}, found {side!r}")
    for level, of_level in zip(levels, counts, strict=True):
        if not of_level[side]:
            raise ValueError(f"side: expected a team of every level, found {side}, not in {level.name!r}")
    return side


def _pair(name: str, value: Any) -> tuple[int, int] | None:
    if value is None:
        return None
    pair = list(value) if isinstance(value, (list, tuple)) else []
    if len(pair) != 2 or not all(isinstance(n, int) and not isinstance(n, bool) for n in pair):
        raise ValueError(f"{name}: expected two whole numbers, found {value!r}")
    return pair[0], pair[1]


def _choose(name: str, found: Any, choices: Sequence[str]) -> None:
    if found not in choices:
        raise ValueError(f"{name}: expected one of {', '.join(choices)}, found {found!r}")


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name}: expected true or false, found {value!r}")
    return value


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 256:
        raise ValueError(f"{name}: expected 1 to 256, found {value!r}")
    return value
