"""The background of the arena: deep space with parallax, and drifting motes."""

from typing import Final

import numpy as np
import pygame

from game.view import sdf
from game.view.glow import GlowBank, Sprite, centre_on
from game.view.palette import Theme, mix, scale_colour

PARALLAX: Final = 0.12  # share of the camera's movement that deep space follows
OVERSIZE: Final = 0.10  # share of the view by which deep space is larger on each side
MOTES: Final = 34


class Starfield:
    """Deep space for one view size: gradient, nebula and stars."""

    def __init__(self, size: tuple[int, int], theme: Theme, seed: int = 7) -> None:
        self.size = size
        width, height = round(size[0] * (1 + 2 * OVERSIZE)), round(size[1] * (1 + 2 * OVERSIZE))
        small = max(2, width // 8), max(2, height // 8)
        x, y = sdf.grid(small[0], small[1], small[1] / 2)
        random = np.random.default_rng(seed)
        cloud = np.zeros(x.shape, np.float32)
        for _ in range(9):
            cx, cy = random.uniform(-1.8, 1.8), random.uniform(-1, 1)
            cloud += sdf.halo(np.hypot(x - cx, (y - cy) * 1.5), float(random.uniform(0.5, 1.3)), 1.6)
        rgb = np.array(theme.void, np.float32) + cloud[..., None] * np.array(
            theme.nebula, np.float32
        ) * np.float32(0.62)
        self.picture = pygame.transform.smoothscale(sdf.rgb_surface(rgb), (width, height))
        for _ in range(300):
            shade = mix(theme.nebula, (255, 255, 255), float(random.uniform(0.2, 0.8)))
            place = (int(random.integers(0, width)), int(random.integers(0, height)))
            self.picture.set_at(place, scale_colour(shade, float(random.uniform(0.25, 0.9))))
        self._places = random.uniform(0, 1, (MOTES, 2))
        self._depths = random.uniform(0.25, 0.9, MOTES)
        self._mote_colour = mix(theme.wall_edge, (255, 255, 255), 0.2)

    def draw(
        self, surface: pygame.Surface, offset: tuple[float, float], covered: pygame.Rect | None = None
    ) -> None:
        """Fill the view except `covered`; `offset` is the pixel of the world's origin."""
        reach_x, reach_y = self.size[0] * OVERSIZE, self.size[1] * OVERSIZE
        x = max(-2 * reach_x, min(0.0, offset[0] * PARALLAX - reach_x))
        y = max(-2 * reach_y, min(0.0, offset[1] * PARALLAX - reach_y))
        if covered is None:
            surface.blit(self.picture, (x, y))
            return
        whole, inner = surface.get_rect(), covered.clip(surface.get_rect())
        for strip in (
            (0, 0, whole.width, inner.top),
            (0, inner.bottom, whole.width, whole.bottom - inner.bottom),
            (0, inner.top, inner.left, inner.height),
            (inner.right, inner.top, whole.right - inner.right, inner.height),
        ):
            if strip[2] > 0 and strip[3] > 0:
                surface.blit(self.picture, strip[:2], pygame.Rect(strip).move(-round(x), -round(y)))

    def motes(self, bank: GlowBank, offset: tuple[float, float], time: float, scale: float) -> list[Sprite]:
        """Return dust that drifts at different depths, to blit additively."""
        width, height = self.size
        sprites = []
        for (px, py), depth in zip(self._places.tolist(), self._depths.tolist(), strict=True):
            x = (px * width + offset[0] * depth * 0.6 + time * depth * 0.12) % width
            y = (py * height + offset[1] * depth * 0.6 - time * depth * 0.07) % height
            sprites.append(
                centre_on(bank.spot(self._mote_colour, max(2, round(3.4 * depth * scale)), 1), x, y)
            )
        return sprites
