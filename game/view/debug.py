"""The debug overlay (F3): a brain's senses and outputs, from arrays that the caller passes."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pygame

from game.view.palette import Palette, scale_colour
from game.view.sdf import FloatArray
from game.view.text import TextCache

Floats = Sequence[float]
PANEL_WIDTH: Final = 250  # px
BAR_HEIGHT: Final = 34


class DebugInfo(NamedTuple):
    """What to show; fields without data keep their defaults."""

    rays: Sequence[tuple[float, float]] = ()  # ends (su) of an NPC's rays
    origin: tuple[float, float] = (0.0, 0.0)  # where the rays begin (su)
    path: Sequence[tuple[float, float]] = ()  # way-points (su)
    logits: Sequence[tuple[str, Floats, int]] = ()  # per action head: name, logits, the chosen index
    value: float | None = None  # the value estimate of the brain
    tick_ms: float | None = None
    frame_ms: float | None = None
    lines: Sequence[str] = ()  # other facts, a line each


class DebugOverlay:
    """Draws a DebugInfo over the finished picture."""

    def __init__(self, texts: TextCache, palette: Palette) -> None:
        self._texts = texts
        self._palette = palette

    def draw(
        self, surface: pygame.Surface, info: DebugInfo, su_px: float, offset: tuple[float, float]
    ) -> None:
        """Draw rays and way-points into the world, and the numbers into a panel on the left."""

        def screen(point: tuple[float, float]) -> tuple[float, float]:
            return point[0] * su_px + offset[0], point[1] * su_px + offset[1]

        origin = screen(info.origin)
        for ray in info.rays:
            pygame.draw.aaline(surface, scale_colour(self._palette.good, 0.6), origin, screen(ray))
            pygame.draw.circle(surface, self._palette.good, screen(ray), 3)
        if len(info.path) > 1:
            pygame.draw.aalines(surface, self._palette.warning, False, [screen(point) for point in info.path])
        self._draw_panel(surface, info)

    def _draw_panel(self, surface: pygame.Surface, info: DebugInfo) -> None:
        lines = []
        if info.tick_ms is not None:
            lines.append(f"tick {info.tick_ms:.3f} ms")
        if info.frame_ms is not None:
            lines.append(f"frame {info.frame_ms:.2f} ms")
        if info.value is not None:
            lines.append(f"value {info.value:+.3f}")
        lines += list(info.lines)
        height = 16 + 18 * len(lines) + len(info.logits) * (BAR_HEIGHT + 24)
        x, y = 12, 84
        shade = pygame.Surface((PANEL_WIDTH, height), pygame.SRCALPHA, 32)
        shade.fill((4, 6, 14, 205))
        surface.blit(shade, (x, y))
        y += 8
        for line in lines:
            surface.blit(self._texts.render(line, 14, self._palette.text), (x + 10, y))
            y += 18
        for name, logits, chosen in info.logits:
            self._draw_head(surface, name, np.asarray(logits, np.float64), chosen, (x + 10, y))
            y += BAR_HEIGHT + 24

    def _draw_head(
        self,
        surface: pygame.Surface,
        name: str,
        logits: FloatArray,
        chosen: int,
        at: tuple[int, int],
    ) -> None:
        """Draw the probabilities of an action head as bars; the chosen one is bright."""
        surface.blit(self._texts.render(f"{name} {chosen}", 13, self._palette.text_dim), at)
        if not logits.size:
            return
        weights = np.exp(logits - logits.max())
        shares = weights / weights.sum()
        width = (PANEL_WIDTH - 20) / shares.size
        base = at[1] + 18 + BAR_HEIGHT
        for n, share in enumerate(shares.tolist()):
            tall = max(1, round(share * BAR_HEIGHT))
            colour = self._palette.warning if n == chosen else self._palette.shield
            left = at[0] + round(n * width)
            surface.fill(colour, (left, base - tall, max(1, round(width) - 1), tall))
