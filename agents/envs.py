"""Open a Gymnasium vector env by id and read its batched infos; the interface between this package and any game.

What a game can offer (only the first is required; without outcomes a policy is measured by its return):
- `gymnasium.make_vec(id, num_envs=N, **kwargs)`; observations of Box, Discrete, MultiDiscrete, MultiBinary, Tuple and
  Dict, Discrete, MultiDiscrete, MultiBinary or Box actions, any autoreset mode (`plain` turns all of them into flat
  rows, heads and SAME_STEP).
- `info["action_mask"]`, or a method `action_masks()`: which choices are allowed now (`masks`). An env with `policy_contract()`
  declares there, by `masks`, that it gives them.
- `opponent=` and `levels=` keywords; when a match ended, `info["outcome"]` (+1 / 0 / -1) with the mask
  `info["_outcome"]`; optionally `score`, `ticks`.
- `info["active"]` (bool per row, from `reset` and `step`): the row has a living seat in the observation
  returned with it. If absent, every row is living.
- `seats="all"`: row = world x seats_per_world + seat, with attributes `worlds`, `seats_per_world`,
  `team_of_row`, and optionally `assign_bots(rows, names)`: a bot plays these rows from now on, `None` returns a row to the
  caller.
- `parts()`, called after a reset: vector envs over consecutive rows of this one, together all rows. Each may be stepped by its
  own thread and plays what its rows would have played here. If absent, one thread plays all rows.
- `demonstrations(paths, seats)`: for each chosen seat of recorded matches, arrays (observations (n, size), actions (n, heads),
  rewards (n,), over (n,): the episode ended there), in the order of time, with the observation slots that the env has now. The
  result may have an attribute `left_out`, a line for each file of a folder that is no match for this env.
- `keywords_for(slots)`: the keywords of `make_vec` that add these slots to the observations; `{}` if there are none.
- `policy_contract()`, `state_dict()` and `load_state_dict()`.
- `set_threads(n)`: n threads share the rows from now on; results must not depend on n. It is called with 2 if the process may
  use two processors, unless `threads` is among the keywords.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from agents.contract import MAX_HEADS, MAX_LOGITS, MAX_OBSERVATION, Contract, generic_contract
from agents.env_calls import reset_env
from agents.env_ids import registered_name
from agents.errors import EnvRefused, raised
from agents.infos import batch_value, one_per_row
from agents.masks import MASK
from agents.plain import AnyVectorEnv, observation_slots, plain_env
from agents.sampling import DISCRETE, Head, box_head
from agents.spaces import action_heads
from safefiles.errors import WorkFailed
from safefiles.text import clean

DEFAULT_THREADS = 2
Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def default_threads() -> int:
    """2 if this process may use two processors, otherwise 1."""
    try:
        there = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no such call
        there = os.cpu_count() or 1
    return min(DEFAULT_THREADS, there)


def make_env(
    env_id: str, num_envs: int, kwargs: Mapping[str, Any] | None = None, threads: int | None = None
) -> AnyVectorEnv:
    """`gymnasium.make_vec` of a registered id in the form of `plain`; any error becomes one clear line.

    Imports no module that the id names: see `env_ids`. `threads` are set if the env has `set_threads`.
    """
    name = registered_name(env_id)
    try:
        env: AnyVectorEnv = gymnasium.make_vec(name, num_envs=num_envs, **(kwargs or {}))
    except EnvRefused:
        raise
    except gymnasium.error.Error as error:
        raise EnvRefused(f"environment {env_id!r}: {_first_line(error)}") from error
    except (AssertionError, ImportError, TypeError, ValueError) as error:
        if isinstance(error, TypeError) and (kwargs or {}).get("seats") == "all" and "'seats'" in str(error):
            raise EnvRefused(
                f"environment {env_id!r}: expected one that seats several players, for matches of policies against each other, "
                'found none that takes seats="all"'
            ) from error
        raise EnvRefused(
            f"environment {env_id!r} refused {dict(kwargs or {})}: {_first_line(error)}"
        ) from error
    except (WorkFailed, MemoryError):
        raise
    except Exception as error:  # an environment's code may raise anything
        raise EnvRefused(f"environment {env_id!r} refused {dict(kwargs or {})}: {raised(error)}") from error
    if hasattr(env.unwrapped, "set_threads") and "threads" not in (kwargs or {}):
        env.unwrapped.set_threads(min(threads or default_threads(), env.num_envs))
    return plain_env(env, env_id)


def env_contract(env: AnyVectorEnv, name: str) -> Contract:
    """The env's own policy contract, or one derived from its spaces, which does not cover masks (see `contract_and_masks`).

    EnvRefused if a model could not hold it: more floats, heads or columns than a brain file may have.
    """
    env = plain_env(env, name)
    inner = env.unwrapped
    heads = action_heads(env.single_action_space, f"environment {name!r}")
    size = int(np.prod(env.single_observation_space.shape or ()))
    _check_limits(size, heads, name)
    if hasattr(inner, "policy_contract"):
        contract = Contract.from_dict(inner.policy_contract(), f"environment {name!r} > policy_contract()")
    else:
        contract = generic_contract(observation_slots(env, name), heads, name.rpartition(":")[2])
    own = [(head.kind, head.size) for head in heads]
    found = (contract.observation_size, [(head.kind, head.size) for head in contract.heads])
    if found != (size, own):
        raise EnvRefused(
            f"environment {name!r}: expected policy_contract() to match its spaces, {size} floats and "
            f"heads {_sizes_of(own)}, found {found[0]} and {_sizes_of(found[1])}"
        )
    return contract


def contract_and_masks(env: AnyVectorEnv, name: str, seed: int | None = None) -> Contract:
    """`env_contract`, including whether the env gives action masks; an env without `policy_contract()` is reset to find out."""
    contract = env_contract(env, name)
    if hasattr(env.unwrapped, "policy_contract") or box_head(contract.heads) is not None:
        return contract
    _, info = reset_env(env, seed)
    return replace(contract, masks=MASK in info)


def _sizes_of(heads: list[tuple[str, int]]) -> list[Any]:
    return [size if kind == DISCRETE else f"{kind} {size}" for kind, size in heads]


def _check_limits(size: int, heads: Sequence[Head], name: str) -> None:
    """Refuse, before training, sizes beyond those of a brain file."""
    for what, found, most in (
        ("observation floats", size, MAX_OBSERVATION),
        ("action heads", len(heads), MAX_HEADS),
        ("action choices of all heads", sum(head.columns for head in heads), MAX_LOGITS),
    ):
        if not 1 <= found <= most:
            raise EnvRefused(
                f"environment {name!r}: expected 1 to {most:,} {what}, as many as an exported model may have, "
                f"found {found:,}"
            )


@dataclass(frozen=True)
class EndedMatches:
    """Matches that ended in one step, one entry per row whose match ended."""

    rows: Ints
    outcome: Ints  # +1 won, 0 drawn, -1 lost
    ticks: Ints  # 0 if the env does not report it
    timed_out: Bools

    def select(self, chosen: Bools) -> "EndedMatches":
        """Only the matches selected by `chosen`."""
        return EndedMatches(
            self.rows[chosen], self.outcome[chosen], self.ticks[chosen], self.timed_out[chosen]
        )


def final_observations(info: Mapping[str, Any], wanted: Ints, rows: int, size: int) -> Floats:
    """The last observations of the episodes that ended in rows `wanted`, shape (len(wanted), size), copied.

    Accepts an array of observations and an object array of them; refuses a row without one.
    """
    found = batch_value(info, "final_obs", rows)
    if found is None:
        raise EnvRefused(
            "info: expected 'final_obs' when an episode was cut off, found none (SAME_STEP needs it)"
        )
    values, mask = found
    if not mask[wanted].all():
        missing = int(wanted[~mask[wanted]][0])
        raise EnvRefused(
            f"info['final_obs']: expected an observation for row {missing}, which ended; found none"
        )
    chosen = values[wanted]
    if chosen.dtype == object:
        chosen = np.stack([np.asarray(value) for value in chosen]) if len(chosen) else np.empty((0, size))
    return np.array(chosen, dtype=np.float32).reshape(len(wanted), size)


def ended_matches(info: Mapping[str, Any], truncated: Bools) -> EndedMatches | None:
    """The matches that ended in this step, or None if the env reports none."""
    rows = len(truncated)
    found = batch_value(info, "outcome", rows)
    if found is None or not found[1].any():
        return None
    values, mask = found
    chosen = np.flatnonzero(mask)
    ticks = batch_value(info, "ticks", rows)
    late = batch_value(info, "timed_out", rows)
    outcome = one_per_row(values, "outcome")[chosen]
    return EndedMatches(
        rows=chosen,
        outcome=np.sign(outcome).astype(np.int64),
        ticks=np.zeros(len(chosen), dtype=np.int64)
        if ticks is None
        else one_per_row(ticks[0], "ticks")[chosen].astype(np.int64),
        timed_out=truncated[chosen]
        if late is None
        else one_per_row(late[0], "timed_out")[chosen].astype(np.bool_),
    )


def env_parts(env: AnyVectorEnv) -> list[AnyVectorEnv]:
    """The parts of a reset env, in the order of their rows; the env itself if it has no parts."""
    inner: Any = env.unwrapped
    if env is not inner or not hasattr(inner, "parts"):
        return [env]
    parts: list[AnyVectorEnv] = list(inner.parts())
    rows = [part.num_envs for part in parts]
    if sum(rows) != env.num_envs:
        raise EnvRefused(f"environment › parts(): expected {env.num_envs} rows together, found {rows}")
    return parts


@dataclass(frozen=True)
class SeatLayout:
    """The layout of an all-seats env."""

    worlds: int
    seats_per_world: int
    team_of_row: Ints

    @property
    def rows(self) -> int:
        """Number of rows, one per seat."""
        return self.worlds * self.seats_per_world

    def world_of(self, rows: Ints) -> Ints:
        """The world each row belongs to."""
        return rows // self.seats_per_world


def read_seat_layout(env: AnyVectorEnv, name: str) -> SeatLayout:
    """Read an all-seats env's layout; EnvRefused if its attributes are missing or wrong."""
    inner = env.unwrapped
    missing = [key for key in ("worlds", "seats_per_world", "team_of_row") if not hasattr(inner, key)]
    if missing:
        raise EnvRefused(
            f"environment {name!r}: expected {', '.join(missing)} on the env made with seats='all'"
        )
    worlds, seats = int(inner.worlds), int(inner.seats_per_world)  # type: ignore[attr-defined]
    teams = np.array(inner.team_of_row, dtype=np.int64)  # type: ignore[attr-defined]
    if worlds * seats != env.num_envs or teams.shape != (env.num_envs,):
        raise EnvRefused(
            f"environment {name!r}: expected worlds x seats_per_world = {worlds} x {seats} rows "
            f"and as many teams, found {env.num_envs} rows and {teams.shape} teams"
        )
    return SeatLayout(worlds, seats, teams)


def assign_bots(env: AnyVectorEnv, rows: Ints, names: list[str | None]) -> None:
    """Set which rows of an all-seats env a scripted bot plays from now on; None returns a row to the caller.

    Refuses an env without bots, unless all names are None.
    """
    inner: Any = env.unwrapped
    if not hasattr(inner, "assign_bots"):
        wanted = [name for name in names if name is not None]
        if wanted:
            raise EnvRefused(f"bot {wanted[0]!r}: expected an env that offers assign_bots(rows, names)")
        return
    try:
        inner.assign_bots(rows, names)
    except (TypeError, ValueError, LookupError) as error:
        raise EnvRefused(f"assign_bots: {_first_line(error)}") from error


def bot_actions(env: AnyVectorEnv, names: list[str | None]) -> Ints:
    """Actions, (rows, heads), that the named bots, one for each row, would take now; EnvRefused if the env has none."""
    inner: Any = env.unwrapped
    if not hasattr(inner, "bot_actions"):
        raise EnvRefused("environment: expected bot_actions(names) for [imitation] bots, found none")
    try:
        return np.asarray(inner.bot_actions(names), dtype=np.int64).reshape(len(names), -1)
    except (ValueError, TypeError, KeyError) as error:
        raise EnvRefused(f"environment: {_first_line(error)}") from error


@dataclass(frozen=True)
class Demonstration:
    """Observations and actions of one seat in a recorded match, a row for each decision."""

    observations: Floats  # (n, size)
    actions: Ints  # (n, heads)
    rewards: NDArray[np.float64]  # (n,)
    over: Bools  # (n,): the episode ended there


def demonstrations(
    env: AnyVectorEnv, paths: Sequence[str], seats: str, left_out: list[str] | None = None
) -> Iterator[Demonstration]:
    """The env's demonstrations of these replays' seats. EnvRefused if it offers none, or if their arrays are malformed.

    The env's lines about files that it left out are added to `left_out`.
    """
    inner: Any = env.unwrapped
    if not hasattr(inner, "demonstrations"):
        raise EnvRefused(
            "[imitation] replays: expected an environment with demonstrations(paths, seats), found none"
        )
    sizes = np.array([head.size for head in action_heads(env.single_action_space, "environment")])
    width = int(np.prod(env.single_observation_space.shape or ()))
    try:
        all_given = inner.demonstrations(list(paths), seats)
        if left_out is not None:
            left_out += [clean(str(line), 300) for line in getattr(all_given, "left_out", ())]
        for given in all_given:
            observations, actions, rewards, over = (np.asarray(part) for part in given)
            one = Demonstration(
                observations.astype(np.float32),
                actions.astype(np.int64),
                rewards.astype(np.float64),
                over.astype(np.bool_),
            )
            _check_demonstration(one, width, sizes)
            yield one
    except (ValueError, TypeError, LookupError) as error:
        raise EnvRefused(f"[imitation] replays: {_first_line(error)}") from error


def _check_demonstration(one: Demonstration, width: int, sizes: Ints) -> None:
    rows = len(one.over)
    shapes = (one.observations.shape, one.actions.shape, one.rewards.shape, one.over.shape)
    expected = ((rows, width), (rows, len(sizes)), (rows,), (rows,))
    if shapes != expected:
        raise ValueError(f"demonstrations(): expected arrays of shapes {expected}, found {shapes}")
    if ((one.actions < 0) | (one.actions >= sizes)).any():
        raise ValueError(f"demonstrations(): expected actions below {sizes.tolist()}, found others")
    if not (np.isfinite(one.observations).all() and np.isfinite(one.rewards).all()):
        raise ValueError("demonstrations(): expected finite observations and rewards, found others")


def _first_line(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return text.splitlines()[0]
