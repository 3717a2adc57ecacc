"""Matches of a policy against named bots and other policies, counted without bias.

Everything goes through `make_vec` arguments (`opponent`, `levels`, `seats`) and `info["outcome"]`. Each row
plays a fixed number of matches and only those count: taking the first matches that end would favour short matches.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.contract import Contract
from agents.counting import MatchCounter, MatchProgress, quotas, run_parts
from agents.env_calls import reset_env, step_env
from agents.envs import (
    Bools,
    EndedMatches,
    Ints,
    assign_bots,
    ended_matches,
    make_env,
    read_seat_layout,
)
from agents.errors import EnvRefused
from agents.infos import active_rows
from agents.masks import allowed_actions
from agents.plain import AnyVectorEnv
from agents.sampling import Head, Streams, make_streams, no_actions, sample_actions
from agents.spaces import action_heads

Logits = Callable[
    ..., NDArray[np.floating]
]  # arguments: observations (rows, size) and, if a player takes masks, the masks

Z95 = 1.959963984540054  # two-sided 95 % quantile of the normal distribution
PATIENCE = 100_000  # steps without any match ending, after which an env counts as silent


@dataclass(frozen=True)
class Player:
    """A player: a policy (logits per observation), or a scripted bot that the env knows by name."""

    name: str
    logits: Logits | None = None
    temperature: float = 1.0
    parallel: bool = (
        False  # threads may call `logits` at the same time, each with its own rows; results are the same
    )
    heads: Sequence[Head] | None = (
        None  # the policy's own heads if they differ from the env's: a box that is squashed
    )
    masked: bool = False  # it takes masks

    def act(
        self, observations: NDArray[np.float32], mask: Bools | None, heads: Sequence[Head], streams: Streams
    ) -> NDArray[Any]:
        """Actions for these rows, drawn from their streams, which advance; `heads` are the env's."""
        assert self.logits is not None
        masks = (mask,) if self.masked and mask is not None else ()
        return sample_actions(
            self.logits(observations, *masks), self.heads or heads, self.temperature, streams
        )


def policy_player(
    name: str, logits: Logits, temperature: float, contract: Contract, *, parallel: bool = False
) -> Player:
    """A player from `logits` and a contract; if the contract has masks, `logits` takes them as its second argument."""
    return Player(name, logits, temperature, parallel=parallel, heads=contract.heads, masked=contract.masks)


@dataclass(frozen=True)
class MatchReport:
    """Results of a number of matches, from the first player's side."""

    player: str
    opponent: str
    levels: str
    matches: int
    wins: int
    draws: int  # matches without a winner that no time limit ended
    timeouts: int  # matches without a winner that a time limit ended
    losses: int
    mean_ticks: float
    temperature: float
    seed: int
    seconds: float

    @property
    def win_rate(self) -> float:
        """Wins divided by matches."""
        return self.wins / self.matches if self.matches else 0.0

    @property
    def decided(self) -> float:
        """The share of matches with a winner."""
        return (self.wins + self.losses) / self.matches if self.matches else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the win rate."""
        return wilson(self.wins, self.matches)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, with the derived numbers."""
        low, high = self.interval
        derived = {
            "win_rate": self.win_rate,
            "win_rate_low": low,
            "win_rate_high": high,
            "decided": self.decided,
        }
        return asdict(self) | derived

    def line(self) -> str:
        """One line for the user."""
        low, high = self.interval
        return (
            f"{self.player} vs {self.opponent} on {self.levels}: {100 * self.win_rate:.1f} % wins "
            f"[{100 * low:.1f}, {100 * high:.1f}] in {self.matches} matches "
            f"({self.losses} lost, {self.draws} drawn, {self.timeouts} timed out)"
        )


def wilson(wins: int, matches: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval (Wilson 1927) of a proportion; (0, 1) without matches."""
    if matches == 0:
        return 0.0, 1.0
    rate = wins / matches
    middle = rate + z * z / (2 * matches)
    spread = z * math.sqrt(rate * (1 - rate) / matches + z * z / (4 * matches * matches))
    scale = 1 + z * z / matches
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def evaluate(
    player: Player,
    env_id: str,
    opponent: str,
    *,
    matches: int,
    num_envs: int = 64,
    seed: int = 0,
    kwargs: Mapping[str, Any] | None = None,
    on_match: Callable[[int], None] | None = None,
) -> MatchReport:
    """Play `matches` of `player` against the env's bot `opponent`; `on_match(n)` is called with the number that ended."""
    settings = {**(kwargs or {}), "opponent": opponent}
    rows, quota = split_matches(matches, num_envs)
    env = make_env(env_id, rows, settings)
    try:
        if env.num_envs != rows:
            raise EnvRefused(f"environment {env_id!r}: expected {rows} rows, found {env.num_envs}")
        return _evaluate_in(env, player, opponent, settings, matches, quota, seed, on_match)
    finally:
        env.close()


def _evaluate_in(
    env: AnyVectorEnv,
    player: Player,
    opponent: str,
    settings: Mapping[str, Any],
    matches: int,
    quota: int,
    seed: int,
    on_match: Callable[[int], None] | None,
) -> MatchReport:
    started = time.perf_counter()
    streams = make_streams(seed, env.num_envs)
    observation, info = reset_env(env, seed)
    heads = action_heads(env.single_action_space, "environment")
    mask = allowed_actions(info, heads, active_rows(info, env.num_envs))
    left = quotas(env.num_envs, quota, matches)
    tally = MatchProgress(on_match)

    def play(part: AnyVectorEnv, rows: slice) -> MatchCounter:
        begun = np.asarray(observation)[rows], None if mask is None else mask[rows]
        return _play_rows(part, player, begun, streams[rows], left[rows], tally)

    count = run_parts(env, player.parallel, tally, play)
    return _report(player, opponent, settings, count, seed, started)


def _play_rows(
    env: AnyVectorEnv,
    player: Player,
    begun: tuple[Any, Bools | None],
    streams: Streams,
    left: Ints,
    tally: "MatchProgress",
) -> MatchCounter:
    """Play the remaining matches, `left`, of each row of an env, from the observation and masks after its reset."""
    heads = action_heads(env.single_action_space, "environment")
    observation, mask = begun
    count = MatchCounter(left)
    silent = 0
    while not (count.done or tally.stopped):
        actions = player.act(np.asarray(observation), mask, heads, streams)
        observation, _, _, truncated, info = step_env(env, reshape_actions(actions, env))
        mask = allowed_actions(info, heads, active_rows(info, env.num_envs))
        ended = ended_matches(info, np.asarray(truncated, dtype=np.bool_))
        silent = _listen(ended, silent)
        if ended is not None:
            before = count.matches
            count.add(ended.rows, ended)
            tally.add(count.matches - before)
    return count


def duel(
    first: Player,
    second: Player,
    env_id: str,
    *,
    matches: int,
    num_worlds: int = 64,
    seed: int = 0,
    kwargs: Mapping[str, Any] | None = None,
    side: int | None = None,
    on_match: Callable[[int], None] | None = None,
) -> MatchReport:
    """Play `first` against `second` in the all-seats env: each holds every team equally often, from the same seeds.

    `side`: if given, the team that `first` holds in all matches.
    """
    started = time.perf_counter()
    settings = {**(kwargs or {}), "seats": "all"}
    totals = MatchCounter(np.zeros(0, dtype=np.int64))
    env = make_env(env_id, max(1, min(num_worlds, matches)), settings)
    try:
        layout = read_seat_layout(env, env_id)
        teams = np.unique(layout.team_of_row)
        if side is not None:
            if side not in teams:
                raise EnvRefused(f"environment {env_id!r}: expected teams {teams.tolist()}, found {side}")
            teams = np.array([side])
        per_team = -(-matches // len(teams))
        for team in teams.tolist():
            wanted = min(per_team, matches - totals.matches)
            _play_side(env, (first, second), team, wanted, seed, totals, on_match)
    finally:
        env.close()
    return _report(first, second.name, settings, totals, seed, started)


def _play_side(
    env: AnyVectorEnv,
    players: tuple[Player, Player],
    team: int,
    matches: int,
    seed: int,
    totals: MatchCounter,
    on_match: Callable[[int], None] | None,
) -> None:
    """Play `matches` in which the first player holds `team`, and add them to `totals`."""
    if matches <= 0:
        return
    layout = read_seat_layout(env, "duel")
    observation, info = reset_env(env, seed)
    for player, rows in zip(players, (layout.team_of_row == team, layout.team_of_row != team), strict=True):
        name = player.name if player.logits is None else None
        assign_bots(env, np.flatnonzero(rows), [name] * int(rows.sum()))
    streams = make_streams(seed, env.num_envs)
    living = active_rows(info, env.num_envs)
    mask = allowed_actions(info, action_heads(env.single_action_space, "duel"), living)
    left = quotas(layout.worlds, -(-matches // layout.worlds), matches)
    tally = MatchProgress(on_match, totals.matches)

    def play(part: AnyVectorEnv, rows: slice) -> MatchCounter:
        seats = layout.seats_per_world
        worlds = slice(rows.start // seats, rows.stop // seats)
        begun = np.asarray(observation)[rows], living[rows], None if mask is None else mask[rows]
        return _play_worlds(part, players, team, begun, streams[rows], left[worlds], tally)

    parallel = all(player.logits is None or player.parallel for player in players)
    totals.join(run_parts(env, parallel, tally, play))


def _play_worlds(
    env: AnyVectorEnv,
    players: tuple[Player, Player],
    team: int,
    begun: tuple[Any, Bools, Bools | None],
    streams: Streams,
    left: Ints,
    tally: MatchProgress,
) -> MatchCounter:
    """Play the remaining matches, `left`, of each world.

    begun: after the reset, the observations of the rows, which rows live, and their masks.
    """
    layout = read_seat_layout(env, "duel")
    heads = action_heads(env.single_action_space, "duel")
    mine = np.flatnonzero(layout.team_of_row == team)
    theirs = np.flatnonzero(layout.team_of_row != team)
    observation, living, mask = begun
    count = MatchCounter(left)
    silent = 0
    while not (count.done or tally.stopped):
        actions = no_actions(heads, env.num_envs)
        for player, rows in zip(players, (mine, theirs), strict=True):
            asked = rows[living[rows]]
            if player.logits is not None and len(asked):
                own = streams[asked]
                allowed = None if mask is None else mask[asked]
                actions[asked] = player.act(np.asarray(observation)[asked], allowed, heads, own)
                streams[asked] = own
        observation, _, _, truncated, info = step_env(env, reshape_actions(actions, env))
        living = active_rows(info, env.num_envs)
        mask = allowed_actions(info, heads, living)
        ended = ended_matches(info, np.asarray(truncated, dtype=np.bool_))
        silent = _listen(ended, silent)
        if ended is not None:
            # The first of the player's rows with a result decides for its world.
            held = ended.select(np.isin(ended.rows, mine))
            worlds, first = np.unique(layout.world_of(held.rows), return_index=True)
            spoken = np.zeros(len(held.rows), dtype=np.bool_)
            spoken[first] = True
            before = count.matches
            count.add(worlds, held.select(spoken))
            tally.add(count.matches - before)
    return count


def _listen(ended: EndedMatches | None, silent: int) -> int:
    """Count steps without a result; an env that never reports one would never end."""
    if ended is None and silent >= PATIENCE:
        raise EnvRefused(
            f"environment: expected info['outcome'] when a match ends, found none in {PATIENCE} steps"
        )
    return 0 if ended is not None else silent + 1


def split_matches(matches: int, num_envs: int) -> tuple[int, int]:
    """Number of rows and matches per row: at most `num_envs` rows, each with a match."""
    rows = max(1, min(num_envs, matches))
    return rows, -(-matches // rows)


def reshape_actions(actions: NDArray[Any], env: AnyVectorEnv) -> NDArray[Any]:
    """Actions (rows, heads) in the form of the env's action space."""
    return actions.reshape(env.num_envs, *(env.single_action_space.shape or ()))


def _report(
    player: Player, opponent: str, settings: Mapping[str, Any], count: MatchCounter, seed: int, started: float
) -> MatchReport:
    levels = settings.get("levels", "default")
    return MatchReport(
        player=player.name,
        opponent=opponent,
        levels=levels if isinstance(levels, str) else ",".join(map(str, levels)),
        matches=count.matches,
        wins=count.wins,
        draws=count.draws,
        timeouts=count.timeouts,
        losses=count.losses,
        mean_ticks=count.ticks / count.matches if count.matches else 0.0,
        temperature=player.temperature,
        seed=seed,
        seconds=time.perf_counter() - started,
    )


def describe(reports: Sequence[MatchReport]) -> list[dict[str, Any]]:
    """Reports as JSON-able rows."""
    return [report.to_dict() for report in reports]
