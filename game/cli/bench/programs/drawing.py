"""Speed of drawing a frame in software."""

import time
from typing import Final

import numpy as np
import pygame

from game.view.renderer import Renderer

from .matches import LEVEL, NpcMatch, npc, st
from .timing import Row, Watch

WARM_FRAMES: Final = 60


def frames(size: list[int], frames: int = 600, seconds: float = 60.0) -> Row:
    """Measure drawing a busy scene in software: eight marksmen with triple shots, every effect on."""
    pygame.font.init()
    match = NpcMatch(npc.SeatPolicy("marksman"))
    renderer = Renderer((size[0], size[1]))
    surface = pygame.Surface(size)
    renderer.start(match.world, 0, match.levels, focus_seat=0)

    def draw() -> None:
        renderer.after_tick(match.world, 0)
        renderer.draw(surface, match.world, 0, 1.0)

    watch, shots = Watch(), []
    frame, until = 0, time.monotonic() + seconds
    while watch.count < frames and (time.monotonic() < until or not watch.count):
        match.world.tanks[0, :, st.TANK_TRIPLE] = 60
        match.world.tanks[0, :, st.TANK_HP] = np.maximum(match.world.tanks[0, :, st.TANK_HP], 2)
        match.driver.act(match.world, match.levels, 0, match.actions)
        match.actions[0, :, st.ACTION_FIRE] = 1
        match.tick()
        if frame >= WARM_FRAMES:
            watch.start()
            draw()
            watch.stop()
        else:
            draw()
        frame += 1
        shots.append(int(match.world.head[0, st.N_SHOTS]))
        if match.world.head[0, st.DONE]:
            match.begin()
            renderer.start(match.world, 0, match.levels, focus_seat=0)
    in_flight = round(float(np.mean(shots)), 1)
    return watch.spans("frame", "ms", 1e3, size=size, level=LEVEL, shots_in_flight=in_flight)
