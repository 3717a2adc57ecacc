"""Default rewards of the environments: one table with a row of weights for each objective.

A recipe or a caller changes single weights: `reward={"win": 2.0, "collect.cell_home": 0.5}`. A term's plain
name changes it for every objective, `objective.term` for one; `{"collect": {"cell_home": 0.5}}` means the same.
`game.core.sim.rewards.TERMS` describes the terms.
"""

import difflib
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from game.core import rules
from game.core.sim.arrays import RewardArray
from game.core.sim.rewards import N_TERMS, TERMS

TERM_NAMES: Final = tuple(term.name for term in TERMS)

# Only win and loss (+1, -1) define success; the other terms shape learning, and in a usual match their sum is smaller
# than the reward of a win.
DEFAULTS: Final[Mapping[str, Mapping[str, float]]] = {
    # found by training duels: a hit must outweigh being hit, or policies learn to flee; time must cost, or they hide;
    # and a shot's sight line counts when it is fired, because the hit itself comes many decisions later
    "eliminate": {
        "win": 1.0,
        "loss": -1.0,
        "draw": -1.0,
        "hit": 0.3,
        "hurt": -0.2,
        "self_hurt": -0.2,
        "ally_hurt": -0.2,
        "pickup": 0.02,
        "fired": -0.015,
        "aimed": 0.05,
        "aimed_own": -0.05,
        "approach": 0.03,
        "second": -0.03,
    },
    "defend": {
        "win": 1.0,
        "loss": -1.0,
        "draw": -0.5,
        "kill": 0.1,
        "death": -0.2,
        "hit": 0.06,
        "hurt": -0.05,
        "self_hurt": -0.08,
        "ally_hurt": -0.08,
        "pickup": 0.02,
        "core_damage": 0.1,
        "core_lost": -0.1,
        "fired": -0.01,
        "aimed": 0.03,
        "aimed_own": -0.03,
    },
    "collect": {
        "win": 1.0,
        "loss": -1.0,
        "draw": -0.5,
        "kill": 0.1,
        "death": -0.15,
        "hit": 0.06,
        "hurt": -0.05,
        "self_hurt": -0.08,
        "ally_hurt": -0.08,
        "pickup": 0.02,
        "cell_taken": 0.1,
        "cell_home": 0.3,
        "cell_dropped": -0.1,
        "fired": -0.01,
        "aimed": 0.02,
        "aimed_own": -0.03,
        "approach": 0.01,
        "second": -0.005,
    },
    "survive": {
        "win": 1.0,
        "loss": -1.0,
        "draw": -0.5,
        "kill": 0.1,
        "death": -0.3,
        "hit": 0.06,
        "hurt": -0.12,
        "self_hurt": -0.12,
        "ally_hurt": -0.08,
        "pickup": 0.04,
        "fired": -0.01,
        "aimed": 0.03,
        "aimed_own": -0.03,
    },
}


def reward_weights(overrides: Mapping[str, Any] | None = None) -> RewardArray:
    """Return the weight table float64 (N_OBJECTIVES, N_TERMS) with the overrides applied in their order.

    Raises a ValueError that names an entry with an unknown objective or term, or a value that is no finite number.
    """
    weights = np.zeros((rules.N_OBJECTIVES, N_TERMS))
    for objective, row in DEFAULTS.items():
        for term, value in row.items():
            weights[rules.OBJECTIVE_NAMES.index(objective), TERM_NAMES.index(term)] = value
    for key, value in _flat(overrides or {}):
        objective, _, term = key.rpartition(".")
        if objective and objective not in rules.OBJECTIVE_NAMES:
            raise _unknown(key, "objective", objective, rules.OBJECTIVE_NAMES)
        if term not in TERM_NAMES:
            raise _unknown(key, "term", term, TERM_NAMES)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError(f"reward › {key}: expected a finite number, found {value!r}")
        rows = [rules.OBJECTIVE_NAMES.index(objective)] if objective else list(range(rules.N_OBJECTIVES))
        weights[rows, TERM_NAMES.index(term)] = value
    return weights


def reward_table_markdown() -> str:
    """Return the default table as Markdown, for the documentation; an empty cell is zero."""
    lines = ["| term | " + " | ".join(DEFAULTS) + " | meaning |", "|---" * (len(DEFAULTS) + 2) + "|"]
    for term in TERMS:
        cells = [f"{row[term.name]:g}" if term.name in row else "" for row in DEFAULTS.values()]
        lines.append(f"| `{term.name}` | " + " | ".join(cells) + f" | {term.meaning} |")
    return "\n".join(lines) + "\n"


def _flat(overrides: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield `objective.term` or `term` with its value; general terms first, so that specific ones override them."""
    if not isinstance(overrides, Mapping):
        raise ValueError(f"reward: expected a table of weights, found {overrides!r}")
    special: list[tuple[str, Any]] = []
    for key, value in overrides.items():
        if not isinstance(key, str):
            raise ValueError(f"reward: expected names of terms, found {key!r}")
        if isinstance(value, Mapping):
            if not value:
                raise ValueError(
                    f"reward › {key}: expected a weight, or weights by term, found an empty table"
                )
            special += [(f"{key}.{term}", inner) for term, inner in value.items()]
        elif "." in key:
            special.append((key, value))
        else:
            yield key, value
    yield from special


def _unknown(key: str, what: str, found: str, known: tuple[str, ...]) -> ValueError:
    near = difflib.get_close_matches(found, known, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return ValueError(f"reward › {key}: expected {what} one of {', '.join(known)}, found {found!r}{hint}")
