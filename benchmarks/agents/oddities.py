"""Small environments with all kinds of spaces and one task: act on the observed cue.

Each observation is a sample of its space; its first number, scaled to 0..1, is the *cue*. With n choices, the right one is
the cue's n-th part; a bit is right if it says whether the cue is above the bit's own mark; a number of a box is right in
proportion to its closeness to the cue's place in the box. The reward of a decision is the right share, 0 to 1; an episode has
ten decisions.

Importing this module registers the ids; `MiniGridFlat-v0` needs the package `minigrid`.
"""

from typing import Any, Final

import gymnasium
import numpy as np
from gymnasium import spaces

DECISIONS: Final = 10


class CueEnv(gymnasium.Env[Any, Any]):
    """An environment as the module's docstring describes."""

    def __init__(self, observation_space: Any, action_space: Any) -> None:
        """`observation_space` must begin with a number."""
        self.observation_space, self.action_space = observation_space, action_space
        self._left = 0
        self._cue = 0.0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        super().reset(seed=seed)
        if seed is not None:
            self.observation_space.seed(seed)
        self._left = DECISIONS
        return self._next(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Reward the action and return the next sample."""
        reward = share_right(self.action_space, action, self._cue)
        self._left -= 1
        return self._next(), reward, self._left == 0, False, {}

    def _next(self) -> Any:
        sample = self.observation_space.sample()
        self._cue = cue_of(self.observation_space, sample)
        return sample


class MaskedCueEnv(CueEnv):
    """Half of the choices are locked and never rewarded; action masks show which."""

    def __init__(self, observation_space: Any, choices: int) -> None:
        """`choices`: number of choices."""
        super().__init__(observation_space, spaces.Discrete(choices))
        self._open = np.ones(choices, dtype=np.bool_)

    def _next(self) -> Any:
        sample = super()._next()
        size = len(self._open)
        wanted = min(int(self._cue * size), size - 1)
        self._open[:] = False
        self._open[self.np_random.permutation(size)[: size // 2]] = True
        self._open[wanted] = True
        return sample

    def action_masks(self) -> Any:
        """Return True for each choice that is not locked."""
        return self._open.copy()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Reward the action if it is not locked."""
        shut = not self._open[action]
        seen, reward, over, cut, info = super().step(action)
        return seen, 0.0 if shut else reward, over, cut, info


def cue_of(space: Any, sample: Any) -> float:
    """Return the first number of a sample, scaled to 0..1."""
    if isinstance(space, spaces.Dict):
        first = next(iter(space.spaces))
        return cue_of(space[first], sample[first])
    if isinstance(space, spaces.Tuple):
        return cue_of(space[0], sample[0])
    number = float(np.asarray(sample).reshape(-1)[0])
    if isinstance(space, spaces.Discrete):
        return (number - float(space.start)) / (int(space.n) - 1)
    if isinstance(space, spaces.MultiDiscrete):
        return number / (int(space.nvec.reshape(-1)[0]) - 1)
    if isinstance(space, spaces.MultiBinary):
        return number
    low, high = float(space.low.reshape(-1)[0]), float(space.high.reshape(-1)[0])
    if np.isfinite(low) and np.isfinite(high):
        return (number - low) / (high - low)
    return float(1.0 / (1.0 + np.exp(-number)))


def share_right(space: Any, action: Any, wanted: float) -> float:
    """Return the share of an action that is right for a cue."""
    numbers = np.asarray(action, dtype=np.float64).reshape(-1)
    if isinstance(space, spaces.Box):
        low, high = (np.asarray(side, np.float64).reshape(-1) for side in (space.low, space.high))
        return float(1.0 - np.abs((numbers - low) / (high - low) - wanted).mean())
    if isinstance(space, spaces.MultiBinary):
        marks = (np.arange(len(numbers)) + 1.0) / (len(numbers) + 1.0)
        return float(((numbers > 0) == (wanted > marks)).mean())
    sizes = np.array([space.n]) if isinstance(space, spaces.Discrete) else space.nvec.reshape(-1)
    starts = np.asarray(space.start, np.float64).reshape(-1)
    parts = np.minimum((wanted * sizes).astype(np.int64), sizes - 1)
    return float((numbers - starts == parts).mean())


def _box(low: float, high: float, shape: tuple[int, ...], kind: Any = np.float32) -> spaces.Box:
    return spaces.Box(low, high, shape, kind)


def _table(sizes: Any) -> Any:
    return spaces.MultiDiscrete(np.array(sizes))


SPACES: Final[dict[str, tuple[Any, Any]]] = {
    "Float64": (_box(-3, 3, (3,), np.float64), spaces.Discrete(4)),
    "Bytes": (_box(0, 255, (4,), np.uint8), spaces.Discrete(3)),
    "Int16": (_box(-300, 300, (2,), np.int16), spaces.MultiDiscrete([3, 2])),
    "Starts": (spaces.Discrete(6, start=-2), spaces.Discrete(6, start=5)),
    "Bits": (spaces.MultiBinary(5), spaces.MultiBinary(3)),
    "Tables": (_table([[4, 2], [3, 5]]), _table([[2, 4], [3, 2]])),
    "Dict": (
        spaces.Dict({"a": _box(-1, 1, (2, 2)), "b": spaces.Discrete(3)}),
        spaces.MultiDiscrete([4, 4]),
    ),
    "Tuple": (
        spaces.Tuple((spaces.Discrete(4), _box(0, 1, (2,), np.float64), spaces.MultiBinary(2))),
        spaces.Discrete(4),
    ),
    "Unbounded": (_box(-np.inf, np.inf, (3,)), _box(-1, 1, (2,))),
    "Scalar": (_box(-1, 1, ()), _box(-1, 1, ())),
    "Whole": (_box(-1, 1, (2,)), _box(-7, 7, (2, 2), np.int16)),
}


def _minigrid(**kwargs: Any) -> Any:
    """A MiniGrid room with a flat observation of bytes."""
    from minigrid.wrappers import FlatObsWrapper  # its package registers the ids

    return FlatObsWrapper(gymnasium.make("MiniGrid-Empty-5x5-v0", **kwargs))


for _name, (_seen, _done) in SPACES.items():
    gymnasium.register(
        f"Odd{_name}-v0",
        lambda seen=_seen, done=_done, **_: CueEnv(_copied(seen), done),
        max_episode_steps=None,
    )
gymnasium.register("OddMasks-v0", lambda **_: MaskedCueEnv(_box(-1, 1, (3,)), 6), max_episode_steps=None)
gymnasium.register("MiniGridFlat-v0", _minigrid)


def _copied(space: Any) -> Any:
    """A copy of a space with its own random state, for each env."""
    import copy

    return copy.deepcopy(space)
