"""Which choices an env allows now, as one boolean array for all rows and heads.

Gymnasium's envs and PettingZoo's give `info["action_mask"]`, sb3-contrib's give `action_masks()`. A mask is a number or boolean
for each choice: (n,) for Discrete; for several heads one array of all choices, or a tuple with one array for each head.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv
from numpy.typing import NDArray

from agents.errors import EnvRefused
from agents.sampling import Head, box_head

MASK = "action_mask"
Bools = NDArray[np.bool_]


def mask_source(env: Any) -> Callable[[], Any] | None:
    """A function that returns the masks of all rows of a vector env by its method `action_masks`; None if it has none."""
    inner = env.unwrapped
    if hasattr(inner, "action_masks"):
        found: Callable[[], Any] = inner.action_masks
        return found
    if isinstance(inner, (SyncVectorEnv, AsyncVectorEnv)) and all(
        inner.call("has_wrapper_attr", "action_masks")
    ):
        return lambda: inner.call("action_masks")
    return None


def allowed_actions(
    info: Mapping[str, Any], heads: Sequence[Head], active: Bools, where: str = f"info[{MASK!r}]"
) -> Bools | None:
    """The masks of all rows, (rows, choices of all heads), a new array; None if the env gives none.

    A box of numbers has no choices, so its masks are ignored. Rows that are not `active` (rows,) may take any choice.
    EnvRefused for a mask of another shape, and for a living row without any allowed choice.
    """
    if MASK not in info or box_head(heads) is not None:
        return None
    rows, width = len(active), sum(head.size for head in heads)
    there = np.asarray(info.get(f"_{MASK}", np.ones(rows)), dtype=np.bool_)
    found = _table(info[MASK], rows, width, there, where)
    found[~(active & there)] = True
    at = 0
    for number, head in enumerate(heads):
        none = ~found[:, at : at + head.size].any(axis=1)
        at += head.size
        if none.any():
            raise EnvRefused(
                f"{where}: expected at least one allowed choice of action head {number} in every living row, found none "
                f"in row {int(np.flatnonzero(none)[0])}"
            )
    return found


def first_allowed(heads: Sequence[Head], mask: Bools | None, rows: int) -> NDArray[Any]:
    """An action that every row may take: the first allowed choice of each head (rows, heads); in a box 0 or the nearest bound."""
    box = box_head(heads)
    if box is not None:
        return box._replace(squash=False).inside(np.zeros((rows, box.size)))
    actions = np.zeros((rows, len(heads)), dtype=np.int64)
    at = 0
    for number, head in enumerate(heads):
        if mask is not None:
            actions[:, number] = mask[:, at : at + head.size].argmax(axis=1)
        at += head.size
    return actions


def _table(value: Any, rows: int, width: int, there: Bools, where: str) -> Bools:
    """Masks in any of their forms as (rows, width); rows that are not `there` are undefined."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        return _shaped(value, rows, width, where)
    if (isinstance(value, tuple) and len(value) != rows) or _by_head(value, rows):
        parts = [np.asarray(part).reshape(rows, -1) for part in value if len(part) == rows]
        return _shaped(np.concatenate(parts, axis=1) if parts else np.empty((rows, 0)), rows, width, where)
    found = np.ones((rows, width), dtype=np.bool_)
    for row, one in enumerate(value):
        if one is not None and there[row]:
            found[row] = _shaped(flat_mask(one)[None], 1, width, f"{where} of row {row}")[0]
    return found


def _by_head(value: Any, rows: int) -> bool:
    """Whether a tuple, as long as the number of rows, holds one array of all rows for each head."""
    return isinstance(value, tuple) and all(
        isinstance(part, np.ndarray) and part.ndim == 2 and len(part) == rows for part in value
    )


def flat_mask(mask: Any) -> NDArray[Any]:
    """One row's mask as one flat array."""
    if isinstance(mask, (tuple, list)) and any(np.ndim(part) for part in mask):
        return np.concatenate([np.asarray(part).reshape(-1) for part in mask])
    return np.asarray(mask).reshape(-1)


def _shaped(value: NDArray[Any], rows: int, width: int, where: str) -> Bools:
    if value.shape[:1] != (rows,) or value.size != rows * width:
        raise EnvRefused(
            f"{where}: expected a number for each of {width} choices, found shape {list(value.shape[1:])}"
        )
    return np.array(value.reshape(rows, width) != 0)
