"""The single environment, made by `gymnasium.make("game:Bankshot/Duel-v0")`."""

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np

from game.core.sim import state as st
from game.core.sim.arrays import IntArray, SenseArray
from game.env.allowed import MASK, action_masks, contract_with_masks
from game.env.arguments import LEARNER, resolve_arguments
from game.env.describe import single_manual
from game.env.engine import Engine, Results
from game.env.kernels import Rows
from game.env.picture import RENDER_MODES, Picture, check_render_mode
from game.env.setups import find_setup
from game.env.spaces import STEPS_PER_SECOND, action_space, contract_with_reflexes, observation_space

Info = dict[str, Any]


class BankshotEnv(gymnasium.Env[Any, IntArray]):
    """One learner among bots; the text of `single_manual` replaces this line."""

    metadata: dict[str, Any] = {  # noqa: RUF012  (Gymnasium's own form)
        "render_modes": list(RENDER_MODES),
        "render_fps": STEPS_PER_SECOND,
    }

    def __init__(
        self,
        *,
        env_id: str = "Bankshot/Duel-v0",
        render_mode: str | None = None,
        **arguments: Any,
    ) -> None:
        """Make the environment; the docstring of the class lists the `arguments`."""
        check_render_mode(render_mode)
        if arguments.get("seats", LEARNER) != LEARNER:
            raise ValueError(
                f"seats: expected {LEARNER!r}, found {arguments['seats']!r}; make_vec has every seat"
            )
        self.setup = find_setup(env_id)
        self.engine = Engine(resolve_arguments(self.setup, **arguments), 1, auto_reset=False)
        self.render_mode = render_mode
        self.observation_space = observation_space(self.engine.reflexes)
        self.action_space = action_space()
        self._begun = False
        self._over = True
        self._picture: Picture | None = None
        self._masked = self.engine.arguments.masks
        self._seen: SenseArray = np.zeros((1, *self.observation_space.shape), np.float32)
        if self._masked:  # learners check for this method to find out whether there are masks
            self.action_masks = self._action_masks

    @property
    def level_names(self) -> tuple[str, ...]:
        """Names of the levels, in the order of `info["level"]`."""
        return tuple(level.name for level in self.engine.arguments.levels)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[SenseArray, Info]:
        """Begin a new match; a seed determines it and all later ones, without a seed the streams continue."""
        super().reset(seed=seed)
        if seed is None and not self._begun:
            seed = int(self.np_random.integers(1 << 62))
        self._begun, self._over = True, False
        rows = self.engine.begin(seed)
        if self.render_mode is not None:
            self._start_picture()
        return rows.observations[0], self._info(rows)

    def step(self, action: IntArray) -> tuple[SenseArray, float, bool, bool, Info]:
        """Step by one decision (DECISION_PERIOD ticks); action: five integers.

        Raises ResetNeeded if no match runs and ValueError for an action out of range.
        """
        if self._over:
            raise gymnasium.error.ResetNeeded("expected reset() before this step(): no match runs")
        rows = self.engine.step(np.asarray(action, np.int64).reshape(1, -1))
        terminated, truncated = bool(rows.terminated[0]), bool(rows.truncated[0])
        self._over = terminated or truncated
        if self._picture is not None:
            batch = self.engine.batch
            self._picture.follow(batch.world, batch.levels, batch.io.actions)
        info = self._info(rows)
        results = self.engine.results()
        if results is not None:
            info |= _scalars(results)
        return rows.observations[0], float(rows.rewards[0]), terminated, truncated, info

    def render(self) -> Any:
        """Return the current picture with `render_mode="rgb_array"`, uint8 (height, width, 3).

        In `human` mode every tick is shown automatically, and this returns None.
        """
        if self.render_mode is None:
            gymnasium.logger.warn("render() shows nothing: pass render_mode='human' or 'rgb_array' to make()")
            return None
        return None if self._picture is None else self._picture.rgb()

    def close(self) -> None:
        """Close the window and end the threads."""
        if self._picture is not None:
            self._picture.close()
            self._picture = None
        self.engine.close()

    def policy_contract(self) -> dict[str, Any]:
        """Return the policy contract of this game, JSON-able."""
        return contract_with_masks(contract_with_reflexes(self.engine.reflexes), self._masked)

    def state_dict(self) -> dict[str, Any]:
        """Return arrays and JSON-able values from which `load_state_dict` continues bit-identically."""
        return self.engine.state_dict() | {"env_id": self.setup.id, "over": self._over}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict` of an env made with the same arguments."""
        if state.get("env_id") != self.setup.id:
            raise ValueError(f"state › env_id: expected {self.setup.id}, found {state.get('env_id')!r}")
        if not isinstance(state.get("over"), bool):
            raise ValueError(f"state › over: expected true or false, found {state.get('over')!r}")
        self.engine.load_state_dict(state)
        self._begun, self._over = True, state["over"]
        if self.render_mode is not None:
            self._start_picture()

    def _action_masks(self) -> Any:
        """Return int8 (choices of all heads,), 1 where a choice is allowed now; only with `masks=True`."""
        return action_masks(self._seen)[0]

    def _start_picture(self) -> None:
        if self._picture is None:
            assert self.render_mode is not None
            self._picture = Picture(self.render_mode)
        batch = self.engine.batch
        self._picture.start(batch.world, batch.levels, int(self.engine.seating.row_seat[0, 0]))

    def _info(self, rows: Rows) -> Info:
        seat = int(self.engine.seating.row_seat[0, 0])
        world = self.engine.batch.world
        self._seen = rows.observations
        masks = {MASK: self._action_masks()} if self._masked else {}
        return masks | {
            "active": bool(rows.active[0]),
            "level": int(world.head[0, st.LEVEL]),
            "team": int(world.tanks[0, seat, st.TANK_TEAM]),
            "opponent": int(self.engine.seating.opponent[0]),
        }


def _scalars(results: Results) -> Info:
    """Return the results of the match that ended, as plain numbers."""
    return {name: getattr(results, name)[0].item() for name in ("outcome", "score", "ticks", "timed_out")}


BankshotEnv.__doc__ = single_manual()
