"""Read a vector env's batched infos: a value for each row, and a mask of the rows that have it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.errors import EnvRefused

Bools = NDArray[np.bool_]


def batch_value(info: Mapping[str, Any], key: str, rows: int) -> tuple[NDArray[Any], Bools] | None:
    """`info[key]` and its mask `info["_key"]`, looked for in `info`, then in `final_info`.

    A missing mask means every row has the value. Accepts arrays of any dtype, and object arrays with None.
    """
    for source in (info, info.get("final_info")):
        if isinstance(source, Mapping) and key in source:
            values = np.asarray(source[key])
            if values.shape[:1] != (rows,):
                raise EnvRefused(f"info[{key!r}]: expected {rows} rows, found shape {values.shape}")
            mask = source.get(f"_{key}")
            if mask is None and values.dtype == object:
                mask = np.array([value is not None for value in values])
            return values, np.ones(rows, dtype=np.bool_) if mask is None else np.asarray(mask, dtype=np.bool_)
    return None


def one_per_row(values: NDArray[Any], key: str) -> NDArray[Any]:
    """The values if they are one number or boolean for each row, with None as 0; EnvRefused otherwise, for example for texts."""
    if values.ndim == 1 and values.dtype.kind in "biuf":
        return values
    try:
        if values.ndim == 1:
            return np.array([0.0 if value is None else float(value) for value in values])
    except (TypeError, ValueError):
        pass
    raise EnvRefused(
        f"info[{key!r}]: expected a number for each row, found {' '.join(repr(values.tolist()).split())[:60]}; "
        "a wrapper of the environment can give it another name"
    )


def active_rows(info: Mapping[str, Any], rows: int) -> Bools:
    """Which rows have a living seat in the observation that came with `info` (a copy)."""
    found = batch_value(info, "active", rows)
    if found is None:
        return np.ones(rows, dtype=np.bool_)
    return np.array(one_per_row(found[0], "active").astype(np.bool_) & found[1])
