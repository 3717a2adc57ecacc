"""Pre-baked light: spots, rings and streaks for additive blits, made at the first use and then cached."""

from typing import Final

import numpy as np
import pygame

from game.view import sdf
from game.view.palette import Colour

LEVELS: Final = 8  # brightness steps of every light, LEVELS - 1 is full
ADD: Final = pygame.BLEND_RGB_ADD
Sprite = tuple[pygame.Surface, tuple[float, float]]  # an item of fblits: surface and top left corner


class GlowBank:
    """Keeps light sprites by colour, size and brightness. `strength` (0..1) scales the soft halos."""

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = strength
        self._spots: dict[tuple[Colour, int, int, bool], pygame.Surface] = {}
        self._rings: dict[tuple[Colour, int, int, int], pygame.Surface] = {}
        self._round: dict[
            int, tuple[sdf.FloatArray, sdf.FloatArray]
        ] = {}  # radius: soft and hot light of a spot
        self._bands: dict[
            tuple[int, int], tuple[sdf.FloatArray, sdf.FloatArray]
        ] = {}  # soft light and line of a ring

    def spot(self, colour: Colour, radius: int, level: int = LEVELS - 1, hot: bool = False) -> pygame.Surface:
        """Return a round glow of `radius` pixels; a hot one has a white centre."""
        key = (colour, radius, level, hot)
        found = self._spots.get(key)
        if found is None:
            found = self._spots[key] = self._bake_spot(colour, radius, level, hot)
        return found

    def _bake_spot(self, colour: Colour, radius: int, level: int, hot: bool) -> pygame.Surface:
        lights = self._round.get(radius)
        if lights is None:
            x, y = sdf.grid(2 * radius, 2 * radius, max(radius, 1))
            distance = np.hypot(x, y)
            centre = (sdf.halo(distance, 0.34, 1.8) * np.float32(190))[..., None]
            lights = self._round[radius] = sdf.halo(distance, 1.0, 2.2)[..., None], centre
        share = np.float32(level / (LEVELS - 1))
        rgb = lights[0] * (np.array(colour, np.float32) * np.float32(0.85 * (0.35 + 0.65 * self.strength)))
        if hot:
            rgb += lights[1]
        rgb *= share
        return sdf.rgb_surface(rgb)

    def ring(self, colour: Colour, radius: int, width: int, level: int = LEVELS - 1) -> pygame.Surface:
        """Return a glowing ring: `radius` pixels to its middle, fading out over `width` on both sides."""
        key = (colour, radius, width, level)
        found = self._rings.get(key)
        if found is None:
            found = self._rings[key] = self._bake_ring(colour, radius, width, level)
        return found

    def _bake_ring(self, colour: Colour, radius: int, width: int, level: int) -> pygame.Surface:
        lights = self._bands.get((radius, width))
        if lights is None:
            side = 2 * (radius + width) + 2
            x, y = sdf.grid(side, side, 1)
            distance = np.abs(np.hypot(x, y) - np.float32(radius))
            line = (sdf.fill(distance - np.float32(0.6), 1.0) * np.float32(150))[..., None]
            lights = self._bands[radius, width] = sdf.halo(distance, width, 2.0)[..., None], line
        share = np.float32(level / (LEVELS - 1))
        rgb = lights[0] * (np.array(colour, np.float32) * np.float32(0.4 + 0.4 * self.strength))
        rgb += lights[1]
        rgb *= share
        return sdf.rgb_surface(rgb)

    def trim(self, cap: int = 3000) -> None:
        """Drop all sprites if there are more than `cap`, to limit memory."""
        if len(self._spots) + len(self._rings) > cap:
            for kept in (self._spots, self._rings, self._round, self._bands):
                kept.clear()


def centre_on(surface: pygame.Surface, x: float, y: float) -> Sprite:
    """Return the surface with the corner that centres it on (x, y)."""
    return surface, (x - surface.get_width() / 2, y - surface.get_height() / 2)
