"""Measure a policy: by matches against bots and brains if a game has outcomes, otherwise by mean return."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.env_calls import reset_env, step_env
from agents.envs import assign_bots, make_env, read_seat_layout
from agents.errors import EnvRefused
from agents.evaluate import MatchReport, Player, duel, evaluate, reshape_actions, split_matches
from agents.infos import active_rows
from agents.masks import allowed_actions
from agents.plain import AnyVectorEnv
from agents.recipe import Recipe
from agents.sampling import make_streams
from agents.spaces import action_heads
from safefiles.text import clean

BRAIN_SUFFIX = ".onnx"
# Of an episode: a longer one counts with its return so far, and its row stops playing. Also of waiting for a resting row.
MAX_STEPS = 10_000


@dataclass(frozen=True)
class ReturnReport:
    """Results of a number of episodes: undiscounted sums of rewards."""

    player: str
    env: str
    episodes: int
    mean_return: float
    spread: float  # standard deviation over episodes
    lowest: float
    highest: float
    mean_length: float  # decisions
    cut_off: int  # episodes that had not ended after MAX_STEPS
    temperature: float
    seed: int
    seconds: float

    @property
    def interval(self) -> tuple[float, float]:
        """Student's 95 % interval of the mean return; unbounded for a single episode."""
        if self.episodes < 2:
            return -math.inf, math.inf
        half = student95(self.episodes - 1) * self.spread / math.sqrt(self.episodes)
        return self.mean_return - half, self.mean_return + half

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, with the interval (null for a single episode)."""
        low, high = (bound if math.isfinite(bound) else None for bound in self.interval)
        return asdict(self) | {"measure": "return", "return_low": low, "return_high": high}

    def line(self) -> str:
        """One line for the user."""
        low, high = self.interval
        return (
            f"{self.player} in {self.env}: mean return {self.mean_return:.2f} [{low:.2f}, {high:.2f}] in "
            f"{self.episodes} episodes (lowest {self.lowest:.2f}, highest {self.highest:.2f}, "
            f"{self.mean_length:.0f} steps"
            + (f", {self.cut_off} cut off at {MAX_STEPS:,})" if self.cut_off else ")")
        )


Report = MatchReport | ReturnReport


def student95(freedom: int) -> float:
    """Student's two-sided 95 % quantile."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))


def measure_returns(
    player: Player,
    env_id: str,
    *,
    episodes: int,
    num_envs: int = 64,
    seed: int = 0,
    kwargs: Mapping[str, Any] | None = None,
    on_match: Callable[[int], None] | None = None,
) -> ReturnReport:
    """The mean return of `episodes` of `player`; each row plays a fixed number, so that short episodes are not favoured."""
    rows, quota = split_matches(episodes, num_envs)
    env = make_env(env_id, rows, kwargs)
    try:
        if env.num_envs != rows:  # every agent of a world is a row
            seats = read_seat_layout(env, env_id).seats_per_world
            quota = -(-episodes // (rows * seats))
        started = time.perf_counter()
        returns, lengths, cut_off = _episodes(env, player, episodes, quota, seed, on_match)
    finally:
        env.close()
    return ReturnReport(
        player=player.name,
        env=env_id.rpartition(":")[2],
        episodes=len(returns),
        mean_return=float(returns.mean()),
        spread=float(returns.std(ddof=1)) if len(returns) > 1 else 0.0,
        lowest=float(returns.min()),
        highest=float(returns.max()),
        mean_length=float(lengths.mean()),
        cut_off=cut_off,
        temperature=player.temperature,
        seed=seed,
        seconds=time.perf_counter() - started,
    )


def _episodes(
    env: AnyVectorEnv,
    player: Player,
    episodes: int,
    quota: int,
    seed: int,
    on_match: Callable[[int], None] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Returns and lengths of the first `quota` episodes of every row, `episodes` in total, and how many were cut off."""
    assert player.logits is not None
    heads, streams = action_heads(env.single_action_space, "environment"), make_streams(seed, env.num_envs)
    left = np.full(env.num_envs, quota, dtype=np.int64)
    left[len(left) - (int(left.sum()) - episodes) :] -= 1  # more than needed, by rounding up
    total, length = np.zeros(env.num_envs), np.zeros(env.num_envs)
    returns: list[float] = []
    lengths: list[float] = []
    observation, info = reset_env(env, seed)
    cut_off, resting = 0, np.zeros(env.num_envs, dtype=np.int64)
    while left.any():
        active = active_rows(info, env.num_envs)
        mask = allowed_actions(info, heads, active)
        actions = player.act(np.asarray(observation), mask, heads, streams)
        observation, reward, terminated, truncated, info = step_env(env, reshape_actions(actions, env))
        total += np.where(active, np.asarray(reward, dtype=np.float64), 0.0)
        length += active
        over = np.asarray(terminated, dtype=np.bool_) | np.asarray(truncated, dtype=np.bool_)
        late = ~over & (length >= MAX_STEPS) & (left > 0)
        counted = np.flatnonzero((over | late) & (left > 0))
        returns += total[counted].tolist()
        lengths += length[counted].tolist()
        left[counted] -= 1
        resting = np.where(active, 0, resting + 1)
        left[late | (resting >= MAX_STEPS)] = 0
        cut_off += int(late.sum())
        total[over] = length[over] = 0.0
        if len(counted) and on_match is not None:
            on_match(len(returns))
    if not returns:
        raise EnvRefused(f"environment: expected an episode to end, found none in {MAX_STEPS:,} steps")
    if not np.isfinite(returns).all():
        raise EnvRefused(
            "environment: expected finite rewards, found a return that is not a number or infinite"
        )
    return np.array(returns), np.array(lengths), cut_off


def measure(
    player: Player,
    env_id: str,
    opponent: str | None,
    *,
    matches: int,
    num_envs: int,
    seed: int,
    kwargs: Mapping[str, Any],
    rivals: Mapping[str, Player],
    on_match: Callable[[int], None] | None = None,
) -> Report:
    """Play matches against a bot, or against one of `rivals` by its name; without an opponent measure the mean return."""
    if opponent is None:
        return measure_returns(
            player, env_id, episodes=matches, num_envs=num_envs, seed=seed, kwargs=kwargs, on_match=on_match
        )
    rest = {key: value for key, value in kwargs.items() if key != "opponent"}
    if opponent in rivals:
        return duel(
            player,
            rivals[opponent],
            env_id,
            matches=matches,
            num_worlds=num_envs,
            seed=seed,
            kwargs=rest,
            on_match=on_match,
        )
    return evaluate(
        player,
        env_id,
        opponent,
        matches=matches,
        num_envs=num_envs,
        seed=seed,
        kwargs=rest,
        on_match=on_match,
    )


def evaluation_kwargs(recipe: Recipe) -> dict[str, Any]:
    """The keywords of the recipe's evaluations: the game's own reward, and the recipe's levels unless `[eval.kwargs]` overrides
    them.
    """
    return dict(recipe.env.kwargs) | recipe.eval.kwargs


def check_bots(
    names: Sequence[str], env_id: str, kwargs: Mapping[str, Any], brains: Sequence[str] = ()
) -> None:
    """Refuse a name that is no bot of an all-seats env; `brains` are names that are also allowed."""
    rest = {key: value for key, value in kwargs.items() if key != "opponent"}
    env = make_env(env_id, 1, {**rest, "seats": "all"})
    try:
        read_seat_layout(env, env_id)
        reset_env(env, 0)
        for name in names:
            with _naming_players(name, brains):
                assign_bots(env, np.arange(1), [name])
    finally:
        env.close()


@contextmanager
def _naming_players(name: str, brains: Sequence[str]) -> Iterator[None]:
    """Raise a message for a player that the environment refuses, with the names that a command line accepts."""
    try:
        yield
    except EnvRefused as error:
        known = f"a brain ({', '.join(brains)})" if brains else ""
        allowed = ", ".join(part for part in ("a bot of the environment", known) if part)
        said = clean(str(error.__cause__ or error).partition("\n")[0], 160)
        raise EnvRefused(
            f"opponent {clean(name, 60)!r}: expected {allowed} or an {BRAIN_SUFFIX} file; the environment says: {said}"
        ) from error


def check_opponents(
    names: Sequence[str],
    rivals: Sequence[str],
    env_id: str,
    kwargs: Mapping[str, Any],
    brains: Sequence[str] = (),
) -> None:
    """Refuse an opponent that is neither a bot of the env nor one of `rivals`, the policies for an all-seats env.

    Nothing is played: an env's constructor checks the names of bots. `brains` are the game's names of brains, for the message.
    """
    rest = {key: value for key, value in kwargs.items() if key != "opponent"}
    for name in names:
        if name not in rivals:
            with _naming_players(name, brains):
                make_env(env_id, 1, {**rest, "opponent": name}).close()
    if rivals:
        env = make_env(env_id, 1, {**rest, "seats": "all"})
        try:
            read_seat_layout(env, env_id)
        finally:
            env.close()
