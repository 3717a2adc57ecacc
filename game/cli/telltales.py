"""What distinguishes brains within seconds of watching: distance to the enemy, kinds of hits, how often they use their special.

Measured in duels at full strength against the bot `marksman`, from what a spectator sees.
"""

from typing import Any, Final

import gymnasium
import numpy as np

import game.env  # noqa: F401  (registers the environments)
from game.core import rules
from game.core.sim import state as st
from game.core.sim.rewards import TERMS
from game.match.strengths import SeatStrength

OPPONENT: Final = "marksman"
WORLDS: Final = 64
_EVERY: Final = 64.0  # more than the events of a kind in one step, so that several counts fit into one reward
_COUNTED: Final = ("hit", "bank_hit", "special")
_STEPS_PER_MINUTE: Final = 60 * rules.TICKS_PER_SECOND / rules.DECISION_PERIOD


def measure_habits(
    player: str, strength: SeatStrength, levels: str, steps: int, seed: int
) -> dict[str, float]:
    """Measure a brain or a bot over `steps` decisions in each of WORLDS duels.

    Returns `distance` (mean tiles to its enemy while both live), `bank_share` (of its hits, 0 to 1), `hits` and `specials`
    (per minute alive).
    """
    weights = {term.name: 0.0 for term in TERMS}
    weights |= {name: _EVERY**n for n, name in enumerate(_COUNTED)}
    env: Any = gymnasium.make_vec(
        "Bankshot/Duel-v0",
        num_envs=WORLDS,
        levels=levels,
        seats="all",
        players={"team0": player, "team1": OPPONENT},
        brain_temperature=strength.temperature,
        reward=weights,
        stagger=True,
    )
    try:
        env.reset(seed=seed)
        mine = np.flatnonzero(env.unwrapped.team_of_row == 0)
        idle = np.zeros((env.unwrapped.num_envs, *env.single_action_space.shape), np.int64)
        counts = np.zeros(len(_COUNTED))
        lived, apart, met = 0, 0.0, 0
        for _ in range(steps):
            _, reward, *_ = env.step(idle)
            for n, events in enumerate(_decoded(reward[mine])):
                counts[n] += events.sum()
            tanks = env.unwrapped.engine.batch.world.tanks[:, :2]
            alive = tanks[:, :, st.TANK_ALIVE].all(1)
            gap = (tanks[:, 0] - tanks[:, 1])[:, [st.TANK_X, st.TANK_Y]] / rules.SU_PER_TILE
            lived += int(tanks[:, 0, st.TANK_ALIVE].sum())
            apart += float(np.hypot(*gap.T)[alive].sum())
            met += int(alive.sum())
    finally:
        env.close()
    hits, banked, specials = counts.tolist()
    minutes = max(lived, 1) / _STEPS_PER_MINUTE
    return {
        "distance": round(apart / max(met, 1), 2),
        "bank_share": round(banked / max(hits, 1), 3),
        "hits": round(hits / minutes, 2),
        "specials": round(specials / minutes, 2),
    }


def _decoded(reward: Any) -> list[Any]:
    """Return the counts of each of _COUNTED, (rows,), from rewards that hold them as digits to the base _EVERY."""
    left = np.rint(np.asarray(reward, np.float64)).astype(np.int64)
    counts = []
    for _ in _COUNTED:
        left, count = np.divmod(left, int(_EVERY))
        counts.append(count)
    return counts
