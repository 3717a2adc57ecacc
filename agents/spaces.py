"""Gymnasium's spaces in the form of a policy: one flat row of float32 numbers in, integers by head or a row of numbers out.

Observations keep the order and meaning of `gymnasium.spaces.flatten` (Discrete and MultiDiscrete as one-hot, boxes row
by row, Tuple and Dict one after the other), done for all rows at once. Numbers are cast to float32, not scaled.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from agents.contract import MAX_OBSERVATION, Slot, finite_or_none
from agents.errors import EnvRefused
from agents.sampling import BOX, Head

OPEN = 1e30  # bounds from this size on count as none
IMAGE_SIDE = 16  # pixels; numbers from 0 to 255 in two dimensions of at least this size are an image
Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class Leaf(NamedTuple):
    """One array of an observation."""

    name: str
    way: tuple[str | int, ...]  # keys and indices from the whole observation to it
    space: Any
    size: int  # floats in the row


class FlatObservations:
    """Turns batched observations of a space into rows of float32."""

    def __init__(self, space: Any, name: str) -> None:
        """Raises EnvRefused for an unsupported space; `name` is the environment's."""
        self.leaves = _leaves(space, "observation", (), name)
        self.size = sum(leaf.size for leaf in self.leaves)
        if self.size > MAX_OBSERVATION:  # before that much memory is allocated
            raise EnvRefused(
                f"environment {name!r}: expected 1 to {MAX_OBSERVATION:,} observation floats, as many as an exported model may "
                f"have, found {self.size:,}"
            )
        bounds = [_bounds(leaf.space, leaf.size) for leaf in self.leaves]
        low, high = (np.concatenate(side) if side else np.empty(0) for side in zip(*bounds, strict=True))
        with np.errstate(over="ignore"):  # a bound beyond float32 counts as none
            self.space = spaces.Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)
        self.slots = tuple(
            Slot(leaf.name, leaf.size, finite_or_none(least.min()), finite_or_none(most.max()))
            for leaf, (least, most) in zip(self.leaves, bounds, strict=True)
            if leaf.size
        )

    @property
    def plain(self) -> bool:
        """Whether the space needs no conversion: one row of float32."""
        first = self.leaves[0].space if self.leaves else None
        return (
            len(self.leaves) == 1
            and not self.leaves[0].way
            and isinstance(first, spaces.Box)
            and len(first.shape) == 1
            and first.dtype == np.float32
        )

    def rows(self, batch: Any, wanted: Ints) -> Floats:
        """(len(wanted), size) float32, a new array: these rows of a batch of observations.

        A batch may also be an object array with single observations at these rows, as in infos.
        """
        if isinstance(batch, np.ndarray) and batch.dtype == object:
            first = np.zeros(1, dtype=np.int64)
            rows = [self.rows(_batch_of_one(batch[row]), first) for row in wanted.tolist()]
            return np.concatenate(rows) if rows else np.zeros((0, self.size), dtype=np.float32)
        out = np.zeros((len(wanted), self.size), dtype=np.float32)
        at = 0
        for leaf in self.leaves:
            value = batch
            for step in leaf.way:
                value = value[step]
            _write(out[:, at : at + leaf.size], leaf.space, np.asarray(value)[wanted])
            at += leaf.size
        return out


class FlatActions:
    """Converts rows of actions, choices or numbers, to an action space."""

    def __init__(self, space: Any, name: str) -> None:
        """Raises EnvRefused for actions that are neither finite choices nor a box of numbers.

        `name` is the environment's.
        """
        self.original = space
        self.offset: Any = getattr(space, "start", 0)
        if isinstance(space, spaces.Discrete):
            self.space: Any = spaces.Discrete(int(space.n))
        elif isinstance(space, spaces.MultiDiscrete):
            self.space = spaces.MultiDiscrete(space.nvec.reshape(-1))
        elif isinstance(space, spaces.MultiBinary):
            self.space = spaces.MultiDiscrete(np.full(int(np.prod(space.shape)), 2))
        elif isinstance(space, spaces.Box):
            # stable-baselines3 needs a number even if a side has no bound.
            low, high = (
                np.clip(np.asarray(side, np.float64).reshape(-1), -OPEN, OPEN)
                for side in (space.low, space.high)
            )
            self.space = spaces.Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)
        else:
            mixed = isinstance(space, (spaces.Dict, spaces.Tuple))
            raise EnvRefused(
                f"environment {name!r}: expected Discrete, MultiDiscrete, MultiBinary or Box actions, found "
                f"{'a mixture, ' if mixed else ''}{_short(space)}"
                + (
                    "; a wrapper of the environment can make one MultiDiscrete or one Box of it"
                    if mixed
                    else ""
                )
            )

    @property
    def plain(self) -> bool:
        """Whether the space needs no conversion."""
        space = self.original
        if isinstance(space, spaces.Discrete):
            return int(space.start) == 0
        if isinstance(space, spaces.Box):
            finite = bool(np.isfinite(space.low).all() and np.isfinite(space.high).all())
            return len(space.shape) == 1 and space.dtype == np.float32 and finite
        return isinstance(space, spaces.MultiDiscrete) and space.nvec.ndim == 1 and not np.any(space.start)

    def values(self, actions: Any) -> NDArray[Any]:
        """The batch of actions for the env: of choices from zero, (rows,) or (rows, heads), or of numbers (rows, size)."""
        shape = (len(actions), *(self.original.shape or ()))
        values: NDArray[Any] = np.asarray(actions).reshape(shape)
        if isinstance(self.original, spaces.Box):
            if not np.issubdtype(self.original.dtype, np.floating):
                values = np.rint(values)
            clipped = np.clip(values, self.original.low, self.original.high)
            with np.errstate(invalid="ignore"):
                inside: NDArray[Any] = clipped.astype(self.original.dtype)
            if np.issubdtype(self.original.dtype, np.floating):
                return inside
            # the highest int64 is not a float64; it becomes 2**63
            return np.where(clipped >= self.original.high, self.original.high, inside)
        chosen: NDArray[Any] = (values + self.offset).astype(self.original.dtype)
        return chosen


def action_heads(space: Any, name: str) -> tuple[Head, ...]:
    """The heads of a flat action space, named by their numbers; EnvRefused for a space that is not of `FlatActions`' form."""
    if isinstance(space, spaces.Discrete) and space.start == 0:
        return (Head("action_0", int(space.n)),)
    if isinstance(space, spaces.MultiDiscrete) and space.nvec.ndim == 1 and not np.any(space.start):
        return tuple(Head(f"action_{index}", int(size)) for index, size in enumerate(space.nvec))
    if isinstance(space, spaces.Box) and len(space.shape) == 1:
        low, high = (
            tuple(None if abs(bound) >= OPEN else float(bound) for bound in side.tolist())
            for side in (space.low, space.high)
        )
        return (Head("action_0", int(space.shape[0]), BOX, low, high),)
    raise EnvRefused(
        f"{name}: expected Discrete or MultiDiscrete actions that start at 0, or a Box of one dimension, found {space}"
    )


def _leaves(space: Any, name: str, way: tuple[str | int, ...], env: str) -> list[Leaf]:
    if isinstance(space, spaces.Dict):
        parts: list[tuple[str | int, Any]] = list(space.spaces.items())
    elif isinstance(space, spaces.Tuple):
        parts = list(enumerate(space.spaces))
    elif isinstance(space, (spaces.Box, spaces.Discrete, spaces.MultiBinary, spaces.MultiDiscrete)):
        if _is_image(space):
            raise EnvRefused(
                f"environment {env!r}: expected numbers to sense, found an image, {name} of shape {space.shape}; policies "
                "here have no convolutions: let a wrapper of the environment give features, or few pixels as one flat row"
            )
        return [Leaf(name, way, space, int(spaces.flatdim(space)))]
    else:
        raise EnvRefused(
            f"environment {env!r}: expected an observation of Box, Discrete, MultiDiscrete, MultiBinary, or a Tuple "
            f"or Dict of these, found {_short(space)}"
        )
    return [leaf for key, part in parts for leaf in _leaves(part, f"{name}.{key}", (*way, key), env)]


def _is_image(space: Any) -> bool:
    """Whether a box looks like pixels: bytes, or numbers from 0 to 1 with a colour dimension."""
    if not isinstance(space, spaces.Box) or len(space.shape) not in (2, 3):
        return False
    if sum(side >= IMAGE_SIDE for side in space.shape) < 2:
        return False
    low, high = float(space.low.min()), float(space.high.max())
    colours = len(space.shape) == 3 and (space.shape[0] in (1, 3, 4) or space.shape[-1] in (1, 3, 4))
    return low == 0.0 and (high == 255.0 or (high == 1.0 and colours))


def _bounds(space: Any, size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest value of each float of a leaf."""
    if isinstance(space, spaces.Box):
        low, high = (np.asarray(side, dtype=np.float64).reshape(-1) for side in (space.low, space.high))
        return low, high
    return np.zeros(size), np.ones(size)


def _write(out: Floats, space: Any, values: NDArray[Any]) -> None:
    """Fill `out` (rows, size of the leaf) from a batch of its values."""
    rows = len(out)
    if isinstance(space, spaces.Discrete):
        _one_hot(out, values.reshape(rows).astype(np.int64) - int(space.start), int(space.n))
    elif isinstance(space, spaces.MultiDiscrete):
        sizes = space.nvec.reshape(-1)
        chosen = values.reshape(rows, len(sizes)).astype(np.int64) - np.reshape(space.start, -1)
        ends = np.cumsum(sizes)
        for head, (end, size) in enumerate(zip(ends.tolist(), sizes.tolist(), strict=True)):
            _one_hot(out[:, end - size : end], chosen[:, head], size)
    else:
        out[:] = values.reshape(out.shape)


def _one_hot(out: Floats, chosen: Ints, size: int) -> None:
    if np.any((chosen < 0) | (chosen >= size)):
        odd = int(chosen[(chosen < 0) | (chosen >= size)][0])
        raise EnvRefused(f"observation: expected a choice among {size}, found number {odd} of them")
    out[np.arange(len(out)), chosen] = 1.0


def _batch_of_one(value: Any) -> Any:
    """A single observation as a batch of one row."""
    if isinstance(value, Mapping):
        return {key: _batch_of_one(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(_batch_of_one(part) for part in value)
    return np.asarray(value)[None]


def _short(space: Any) -> str:
    text = " ".join(str(space).split())
    return text if len(text) <= 80 else f"{text[:77]}..."
