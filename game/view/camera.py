"""The camera: it shows the whole arena if it fits, otherwise it follows a point; it shakes after hits."""

from typing import Final

import numpy as np

from game.core import rules

COMFORT_TILE: Final = 40  # px at scale 1 when the arena is larger than the view
SMALLEST_FIT: Final = (
    27  # px at scale 1; tiles are never smaller to fit an arena in, except with `always_fit`
)
LARGEST_TILE: Final = 60  # px at scale 1
LARGEST_LAYER: Final = 14_000_000  # px of an arena's picture, to limit memory
MARGIN: Final = 0.42  # tiles of the ring of wall that stay visible
FOLLOW_SHARE: Final = 0.11  # share of the way to its target that the camera moves each tick
SHAKE_REACH: Final = 0.42  # tiles at full shake
SHAKE_DECAY: Final = 0.055  # per tick

Point = tuple[float, float]


class Camera:
    """Maps su to pixels.

    `play` is the rectangle (x, y, w, h) px that the arena is shown in; `slack` (top, bottom) px are panels
    over it, below which the arena's edge can still be moved into sight.
    """

    def __init__(
        self,
        size: tuple[int, int],
        play: tuple[int, int, int, int],
        arena: tuple[int, int],
        ui_scale: float = 1.0,
        shake: float = 1.0,
        always_fit: bool = False,
        slack: tuple[int, int] = (0, 0),
    ) -> None:
        self.size = size
        self.play = play
        self.arena = arena  # tiles
        self.slack = (
            (0, 0),
            slack,
        )  # px by axis: how far the view may go beyond the arena's first and last edge
        self.shake_amount = shake
        self.tile_px = self._tile_size(ui_scale, always_fit)
        self.su_px = self.tile_px / rules.SU_PER_TILE
        wide, high = arena[0] * self.tile_px, arena[1] * self.tile_px
        margin = 2 * MARGIN * self.tile_px
        self.fits = wide + margin <= play[2] + 1 and high + margin <= play[3] - sum(slack) + 1
        self._target: Point = (wide / 2, high / 2)
        self._now: Point = self._clamp(self._target)
        self._before: Point = self._now
        self._trauma = 0.0
        self._tick = 0

    def _tile_size(self, ui_scale: float, always_fit: bool) -> int:
        columns, rows = self.arena[0] + 2 * MARGIN, self.arena[1] + 2 * MARGIN
        fit = int(min(self.play[2] / columns, (self.play[3] - sum(self.slack[1])) / rows))
        smallest, largest = SMALLEST_FIT * ui_scale, LARGEST_TILE * ui_scale
        if always_fit:
            return max(2, fit)
        tile = min(fit, int(largest)) if fit >= smallest else round(COMFORT_TILE * ui_scale)
        cap = int((LARGEST_LAYER / ((self.arena[0] + 2) * (self.arena[1] + 2))) ** 0.5)
        return max(4, min(tile, cap))

    def _clamp(self, point: Point) -> Point:
        """Return the point nearest to the wanted one at which no more than the margin is shown beyond the arena."""
        result = []
        for axis in (0, 1):
            span = self.arena[axis] * self.tile_px
            half = self.play[2 + axis] / 2
            margin = MARGIN * self.tile_px
            before, after = self.slack[axis]
            low, high = half - margin - before, span - half + margin + after
            result.append(span / 2 if low >= high else min(max(point[axis], low), high))
        return result[0], result[1]

    def look_at(self, x: float, y: float, now: bool = False) -> None:
        """Follow a point of the world (su); with `now` without a transition."""
        self._target = self._clamp((x * self.su_px, y * self.su_px))
        if now:
            self._now = self._before = self._target

    def shake(self, amount: float) -> None:
        """Add a shake, 0..1."""
        self._trauma = min(1.0, self._trauma + amount * self.shake_amount)

    def tick(self) -> None:
        """Advance by one tick."""
        self._before = self._now
        self._now = (
            self._now[0] + (self._target[0] - self._now[0]) * FOLLOW_SHARE,
            self._now[1] + (self._target[1] - self._now[1]) * FOLLOW_SHARE,
        )
        self._trauma = max(0.0, self._trauma - SHAKE_DECAY * (0.35 + self._trauma))
        self._tick += 1

    @property
    def trauma(self) -> float:
        """How much the view shakes, 0..1."""
        return self._trauma

    def offset(self, alpha: float) -> Point:
        """Return the pixel at which the world's point (0, 0) is drawn."""
        x = self._before[0] + (self._now[0] - self._before[0]) * alpha
        y = self._before[1] + (self._now[1] - self._before[1]) * alpha
        shake = self._trauma**2 * SHAKE_REACH * self.tile_px * min(self.shake_amount, 1.0)
        time = self._tick + alpha
        jolt_x = shake * float(np.sin(time * 1.9) + 0.6 * np.sin(time * 3.1 + 1.0))
        jolt_y = shake * float(np.cos(time * 2.3) + 0.6 * np.sin(time * 2.7 + 2.0))
        left = self.play[0] + self.play[2] / 2
        top = self.play[1] + self.play[3] / 2
        return left - x + jolt_x, top - y + jolt_y
