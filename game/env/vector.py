"""The vector environment, made by `gymnasium.make_vec("game:Bankshot/Duel-v0", num_envs=N)`."""

import copy
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from game.core.bots.table import PANEL
from game.core.sim.arrays import BoolArray, IntArray, RewardArray, SenseArray
from game.env.allowed import MASK, action_masks, contract_with_masks
from game.env.arguments import resolve_arguments
from game.env.autoreset import NextStep
from game.env.autoreset import autoreset_mode as find_mode
from game.env.brains import brain_file
from game.env.demonstrations import WINNER, ReplayedSeats, demonstrations
from game.env.describe import vector_manual
from game.env.engine import Engine, Results
from game.env.kernels import Rows
from game.env.setups import PANEL_LEVELS, SETUPS, find_setup
from game.env.spaces import STEPS_PER_SECOND, action_space, contract_with_reflexes, observation_space
from game.match.reflexes import REFLEX_SLOTS

Info = dict[str, Any]


class BankshotVectorEnv(VectorEnv[SenseArray, IntArray, Any]):
    """Many matches, stepped by one compiled call; the text of `vector_manual` replaces this line."""

    metadata: dict[str, Any] = {  # noqa: RUF012  (Gymnasium's own form)
        "autoreset_mode": AutoresetMode.SAME_STEP,
        "render_modes": ["rgb_array"],
        "render_fps": STEPS_PER_SECOND,
    }

    def __init__(
        self,
        num_envs: int = 1,
        *,
        env_id: str = "Bankshot/Duel-v0",
        render_mode: str | None = None,
        first_world: int = 0,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
        **arguments: Any,
    ) -> None:
        """Make the worlds; the docstring of the class lists the `arguments`."""
        mode = find_mode(autoreset_mode)
        if render_mode not in (None, "rgb_array"):
            raise ValueError(f"render_mode: expected None or rgb_array, found {render_mode!r}")
        self.setup = find_setup(env_id)
        self.engine = Engine(resolve_arguments(self.setup, **arguments), num_envs, first_world=first_world)
        self.num_envs = self.engine.rows
        self.worlds = self.engine.worlds
        self.seats_per_world = self.engine.rows_per_world
        self.render_mode = render_mode
        self.single_observation_space = observation_space(self.engine.reflexes)
        self.single_action_space = action_space()
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._begun = False
        self.metadata = self.metadata | {"autoreset_mode": mode}
        self._rest: NextStep | None = None
        if mode == AutoresetMode.NEXT_STEP:
            self._rest = NextStep(self.num_envs, self.single_observation_space.shape[0], self.worlds)
        self._masked = self.engine.arguments.masks
        self._seen: SenseArray = np.zeros(self.observation_space.shape or (), np.float32)
        if self._masked:  # learners check for this method to find out whether there are masks
            self.action_masks = self._action_masks

    @property
    def level_names(self) -> tuple[str, ...]:
        """Names of the levels, in the order of `info["level"]`."""
        return tuple(level.name for level in self.engine.arguments.levels)

    @property
    def team_of_row(self) -> IntArray:
        """Team of each row (num_envs,); with `seats="learner"` the team in the current match."""
        teams = np.array(self.engine.arguments.teams, np.int64)
        found: IntArray = teams[self.engine.seating.row_seat].reshape(-1)
        return found

    def reset(
        self, *, seed: int | Sequence[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[SenseArray, Info]:
        """Begin a new match in every world.

        seed: one for all (worlds differ by their number), or one for each world, which then plays the same as
        `gymnasium.make(id).reset(seed=...)`. Without a seed the random streams continue.
        """
        if seed is None and not self._begun:
            seed = int(self.np_random.integers(1 << 62))
        elif isinstance(seed, (int, np.integer)) and seed >= 0:
            super().reset(seed=int(seed))
        self._begun = True
        rows = self.engine.begin(seed)
        if self._rest is not None:
            self._rest.begin()
        return rows.observations, self._info(rows)

    def step(self, actions: IntArray) -> tuple[SenseArray, RewardArray, BoolArray, BoolArray, Info]:
        """Step every row by one decision (DECISION_PERIOD ticks); actions (num_envs, 5).

        All returned arrays are new.
        """
        if not self._begun:
            raise gymnasium.error.ResetNeeded("expected reset() before the first step()")
        table = np.require(actions, np.int64, ["C", "W"])
        rows = self.engine.step(table) if self._rest is None else self._rest.step(self.engine, table)
        info = self._info(rows)
        over: BoolArray = rows.terminated | rows.truncated
        if over.any():
            if self._rest is None:
                info["final_obs"] = self.engine.final_observations(over)
                info["_final_obs"] = over
            results = self.engine.results()
            if results is not None:
                _report(info, results)
        return rows.observations, rows.rewards, rows.terminated, rows.truncated, info

    def _info(self, rows: Rows) -> Info:
        everyone = np.ones(self.num_envs, np.bool_)
        info: Info = {"active": rows.active, "_active": everyone}
        if self._masked:
            self._seen = rows.observations
            info |= {MASK: self._action_masks(), f"_{MASK}": everyone}
        return info

    def _action_masks(self) -> Any:
        """Return int8 (num_envs, choices of all heads), 1 where a choice is allowed now; only with `masks=True`."""
        return action_masks(self._seen)

    def assign_bots(self, rows: Sequence[int] | IntArray, names: Sequence[str | None]) -> None:
        """With `seats="all"`: let bots play these rows from now on, also after resets; None gives a row back."""
        self.engine.assign_bots(rows, names)

    def bot_actions(self, names: Sequence[str | None]) -> IntArray:
        """Return the actions that bots of these names would choose now in each row, (num_envs, 5), zeros for None.

        These bots do not play and have their own memory: call this once per step, as imitation learning does.
        """
        return self.engine.bot_actions(names)

    def demonstrations(self, paths: Sequence[str | Path], seats: str = WINNER) -> ReplayedSeats:
        """Yield the demonstrations of the seats of recorded matches (`game.env.demonstrations`), with these slots.

        paths: replays, or folders of them. Raises ValueError in one line for a file that is no replay of such a match.
        """
        return demonstrations(self.engine.arguments, paths, seats)

    def brain_file(self, name: str) -> Path | None:
        """Return the model file of a shipped brain or one of the user's by its name; None for any other name."""
        return brain_file(name)

    def keywords_for(self, slots: Sequence[str]) -> dict[str, Any]:
        """Return the arguments of `make_vec` with which observations also have these slots; empty if there are none."""
        known = {slot.name for slot in REFLEX_SLOTS}
        return {"delay": 0} if known.intersection(slots) else {}

    def panel(self) -> list[dict[str, Any]]:
        """Return the evaluation panel of brains: each bot in each kind of match, on levels that no training uses.

        In `defend` and `survive` the brain plays team 0; a brain with delay slots plays without a delay.
        """
        at_once = {"delay": 0} if self.engine.reflexes else {}
        return [
            {
                "title": setup.id.partition("/")[2].removesuffix("-v0").lower(),
                "env": f"game:{setup.id}",
                "opponents": PANEL,
                "kwargs": {"levels": PANEL_LEVELS, **at_once},
                "side": setup.side if isinstance(setup.side, int) else None,
            }
            for setup in SETUPS
            if setup.objective is not None
        ]

    def parts(self) -> "list[BankshotVectorEnv]":
        """Return this environment, after a reset, in as many parts as it has threads: consecutive rows, on the same arrays.

        Each part can be stepped by a separate thread, at its own pace; its rows play the same as here.
        """
        count = self.engine.batch.threads.count
        bounds = [self.worlds * n // count for n in range(count + 1)]
        return [self._part(first, last) for first, last in pairwise(bounds)]

    def _part(self, first: int, last: int) -> "BankshotVectorEnv":
        other = copy.copy(self)
        other.engine = self.engine.part(first, last)
        other.num_envs, other.worlds = other.engine.rows, other.engine.worlds
        if self._rest is not None:
            other._rest = self._rest.part(first, last)
        if self._masked:
            other._seen = self._seen[first * self.seats_per_world : last * self.seats_per_world]
            other.action_masks = other._action_masks
        other.observation_space = batch_space(self.single_observation_space, other.num_envs)
        other.action_space = batch_space(self.single_action_space, other.num_envs)
        return other

    def set_threads(self, threads: int) -> None:
        """Change the number of threads that share the worlds; the results do not depend on it."""
        self.engine.set_threads(threads)

    def policy_contract(self) -> dict[str, Any]:
        """Return the policy contract of this game, JSON-able."""
        return contract_with_masks(contract_with_reflexes(self.engine.reflexes), self._masked)

    def state_dict(self) -> dict[str, Any]:
        """Return arrays and JSON-able values from which `load_state_dict` continues bit-identically."""
        rest = {} if self._rest is None else self._rest.state_dict()
        return self.engine.state_dict() | {"env_id": self.setup.id} | rest

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict` of an env made with the same arguments."""
        if state.get("env_id") != self.setup.id:
            raise ValueError(f"state › env_id: expected {self.setup.id}, found {state.get('env_id')!r}")
        if self._rest is not None:
            self._rest.load_state_dict(state)
        self.engine.load_state_dict(state)
        self._begun = True

    def render(self) -> tuple[Any, ...] | None:
        """Return a picture of every world, uint8 (height, width, 3), with `render_mode="rgb_array"`."""
        if self.render_mode is None:
            return None
        from game.view.offscreen import render_rgb

        batch = self.engine.batch
        return tuple(render_rgb(batch.world, w, batch.levels) for w in range(self.worlds))

    def close_extras(self, **kwargs: Any) -> None:
        """End the threads."""
        self.engine.close()


def _report(info: Info, results: Results) -> None:
    """Add the results of ended matches, as batched arrays with masks, to `info` and as `final_info`."""
    final: Info = {}
    for name in Results._fields[1:]:
        final[name] = getattr(results, name)
        final[f"_{name}"] = results.ended
    info.update(final)
    info["final_info"] = final
    info["_final_info"] = results.ended


BankshotVectorEnv.__doc__ = vector_manual()


def make_vector(num_envs: int = 1, **arguments: Any) -> BankshotVectorEnv:
    """Make a vector environment; the registry's `vector_entry_point`."""
    return BankshotVectorEnv(num_envs, **arguments)
