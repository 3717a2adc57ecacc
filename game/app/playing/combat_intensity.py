"""The intensity of a match, from the core's events: it controls the music, which also gets quieter for loud effects."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from game.core import rules
from game.core.sim import events as ev
from game.core.sim import state as st

if TYPE_CHECKING:
    from game.app.playing.session import Match

NEAR: Final = 9 * rules.SU_PER_TILE  # su: an enemy within this counts as near …
CLOSE: Final = 3 * rules.SU_PER_TILE  # … and within this as fully so
ENEMY_SHARE: Final = 0.35  # share of the intensity from near enemies
SHOT_SHARE: Final = 0.4  # share from shots in flight …
MANY_SHOTS: Final = 8  # … with this many shots
HEAT_FALL: Final = 0.0035  # per tick
HEAT_OF: Final = {
    ev.FIRED: 0.012,
    ev.TANK_HIT: 0.12,
    ev.TANK_DESTROYED: 0.25,
    ev.MINE_EXPLODED: 0.15,
    ev.CORE_HIT: 0.2,
    ev.WAVE_BEGAN: 0.3,
}
RISE: Final = 0.03  # share of the step to a higher intensity per tick: half of it in 23 ticks
FALL: Final = 0.006  # the same to a lower intensity: half of it in two seconds
# (share by which the music gets quieter, seconds) under the loudest effects
DUCKS: Final = {
    ev.TANK_DESTROYED: (0.4, 0.35),
    ev.MINE_EXPLODED: (0.3, 0.25),
    ev.MATCH_ENDED: (0.5, 1.2),
}


@dataclass
class CombatIntensity:
    """Measures one match, tick by tick."""

    intensity: float = 0.0  # smoothed, 0 calm to 1 fierce
    heat: float = 0.0  # from recent events, decaying
    boss: bool = False  # the last wave, or the last life: stays until the match ends
    duck: tuple[float, float] | None = None  # how much quieter the music should be after this tick

    def after_tick(self, match: "Match") -> None:
        """Take over the events of the tick."""
        self.heat = max(0.0, self.heat - HEAT_FALL)
        self.duck = None
        for row in match.event_rows():
            kind = row[0]
            self.heat = min(1.0, self.heat + HEAT_OF.get(kind, 0.0))
            wanted = DUCKS.get(kind)
            if wanted is not None and (self.duck is None or wanted > self.duck):
                self.duck = wanted
        head = match.world.head[match.w]
        shots = min(1.0, int(head[st.N_SHOTS]) / MANY_SHOTS)
        target = min(1.0, self.heat + SHOT_SHARE * shots + ENEMY_SHARE * nearness(match))
        share = RISE if target > self.intensity else FALL
        self.intensity += share * (target - self.intensity)
        self.boss = self.boss or is_last_stand(match)


def nearness(match: "Match") -> float:
    """Return the nearness of the nearest living enemy to the watched tank: 0 beyond NEAR, 1 within CLOSE."""
    tanks = match.world.tanks[match.w]
    own = tanks[match.watched_seat]
    if not own[st.TANK_ALIVE]:
        return 0.0
    enemies = (
        (tanks[:, st.TANK_ACTIVE] == 1)
        & (tanks[:, st.TANK_ALIVE] == 1)
        & (tanks[:, st.TANK_TEAM] != own[st.TANK_TEAM])
    )
    if not enemies.any():
        return 0.0
    distance = np.hypot(
        tanks[enemies, st.TANK_X] - own[st.TANK_X], tanks[enemies, st.TANK_Y] - own[st.TANK_Y]
    ).min()
    return float(np.clip((NEAR - distance) / (NEAR - CLOSE), 0.0, 1.0))


def is_last_stand(match: "Match") -> bool:
    """Return whether the last wave has begun, or the watched side has one life left of several."""
    head = match.world.head[match.w]
    objective = int(head[st.OBJECTIVE])
    if objective == rules.DEFEND:
        return bool(0 < head[st.GOAL] <= head[st.WAVE])
    lives = rules.OBJECTIVES[objective].lives_own
    tanks = match.world.tanks[match.w]
    own = (tanks[:, st.TANK_ACTIVE] == 1) & (tanks[:, st.TANK_TEAM] == 0)
    left = int(np.maximum(lives - tanks[own, st.TANK_DEATHS], 0).sum())
    return lives > 1 and left == 1
