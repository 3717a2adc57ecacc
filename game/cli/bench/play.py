"""Speed of play: NPC decisions, frames, the first compilation and the start."""

import os
import subprocess
import tempfile
import time
from typing import Any, Final

import numpy as np

from game.cli.bench.core import LEVEL
from game.cli.bench.report import Row, Skipped, Stopwatch
from game.core import rules
from game.core.levels.catalogue import load
from game.core.sim import arena as ar
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.jit import CACHE_VARIABLE
from game.core.sim.prebuilt import VARIABLE, prebuilt, why_not
from game.core.sim.tick import tick
from game.match.brain_library import BOT, BrainLibrary
from game.match.npc import NpcDriver, SeatPolicy
from game.player.paths import UserFolders
from safefiles.child import environment, python

DECISIONS: Final = 1500
WARM_DECISIONS: Final = 100
FRAMES: Final = 900
WARM_FRAMES: Final = 60
FRAME_SIZE: Final = (1280, 720)
CHILD_SECONDS: Final = 150.0  # after which a child process is given up


class _Match:
    """A match of eight NPCs that begins anew when it ends."""

    def __init__(self, policy: SeatPolicy, library: BrainLibrary) -> None:
        self.level = load(LEVEL)
        self.levels = ar.pack([self.level.arena])
        spawns = self.level.arena.spawns
        self.seats = len(spawns)
        self.world = st.new_world(1, self.seats, ar.terrain_of(self.level.arena).size)
        self._roster: IntArray = np.array([[(spawn.team, setup.LEVEL_CLASS) for spawn in spawns]], np.int64)
        self.actions: IntArray = np.zeros((1, self.seats, st.ACTION_SIZE), np.int64)
        self.begun = 0
        self.begin()
        # A generous budget: what is slow here is to be measured, not replaced.
        self.driver = NpcDriver(
            self.seats, dict.fromkeys(range(self.seats), policy), library=library, budget=1.0
        )

    def begin(self) -> None:
        self.begun += 1
        with np.errstate(over="ignore"):
            setup.begin_match(self.world, self.levels, 0, 0, self.begun, self._roster, 0)

    def tick(self) -> None:
        with np.errstate(over="ignore"):
            tick(self.world, self.levels, 0, self.actions)

    @property
    def living(self) -> int:
        return int((self.world.tanks[0, :, st.TANK_ALIVE] != 0).sum())


def npc_decisions() -> list[Row]:
    """Measure one decision of eight NPCs of one brain: observations, one onnxruntime call, sampling."""
    library = BrainLibrary(UserFolders.find().brains)
    names = [entry.name for entry in library.entries() if entry.kind != BOT and entry.usable]
    if not names:
        raise Skipped("no brain is shipped or in the brains folder")
    match = _Match(SeatPolicy(names[0]), library)
    watch = Stopwatch()
    warm = 0
    while watch.count < DECISIONS:
        decides = (
            int(match.world.head[0, st.TICK]) % rules.DECISION_PERIOD == 0 and match.living == match.seats
        )
        watch.start()
        match.driver.act(match.world, match.levels, 0, match.actions)
        watch.stop(keep=decides and warm >= WARM_DECISIONS)
        warm += decides
        match.tick()
        if match.world.head[0, st.DONE] or match.living < match.seats:
            match.begin()
    if match.driver.notices:
        raise Skipped(str(match.driver.notices[0]))
    return [watch.row("npc_decision_us", "us", 1e6, npcs=match.seats, brain=names[0], level=LEVEL)]


def frames() -> list[Row]:
    """Measure drawing a busy scene in software: eight marksmen with triple shots, every effect on."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    import pygame

    from game.view.renderer import Renderer

    pygame.font.init()
    match = _Match(SeatPolicy("marksman"), BrainLibrary())
    renderer = Renderer(FRAME_SIZE)
    surface = pygame.Surface(FRAME_SIZE)
    renderer.start(match.world, 0, match.levels, focus_seat=0)
    watch, shots = Stopwatch(), []
    for frame in range(WARM_FRAMES + FRAMES):
        match.world.tanks[0, :, st.TANK_TRIPLE] = 60
        match.world.tanks[0, :, st.TANK_HP] = np.maximum(match.world.tanks[0, :, st.TANK_HP], 2)
        match.driver.act(match.world, match.levels, 0, match.actions)
        match.actions[0, :, st.ACTION_FIRE] = 1
        match.tick()
        watch.start()
        renderer.after_tick(match.world, 0)
        renderer.draw(surface, match.world, 0, 1.0)
        watch.stop(keep=frame >= WARM_FRAMES)
        shots.append(int(match.world.head[0, st.N_SHOTS]))
        if match.world.head[0, st.DONE]:
            match.begin()
            renderer.start(match.world, 0, match.levels, focus_seat=0)
    facts: dict[str, Any] = {
        "size": list(FRAME_SIZE),
        "level": LEVEL,
        "shots_in_flight": round(float(np.mean(shots)), 1),
    }
    return [watch.row("frame_ms", "ms", 1e3, **facts)]


_FIRST: Final = """
import os, sys, time
from game.app import AppOptions, run_app
from game.app.playing.screen import PlayScreen

def first(self):
    tick(self)
    sys.stdout.write(repr(time.time()))
    sys.stdout.flush()
    os._exit(0)

tick = PlayScreen.tick
PlayScreen.tick = first
run_app(AppOptions(mode="play", level="first_light", mute=True))
"""


def first_tick() -> list[Row]:
    """Measure from starting Python to the first tick of a match on a machine that never ran it: no cache, no user folder."""
    with tempfile.TemporaryDirectory(prefix="bankshot-first-") as folder:
        settings = {
            "BANKSHOT_USER_DIR": f"{folder}/user",
            CACHE_VARIABLE: f"{folder}/kernels",
            "SDL_VIDEODRIVER": "dummy",
            "SDL_AUDIODRIVER": "dummy",
        }
        started = time.time()
        shown = _child(python("-c", _FIRST), settings)
        seconds = float(shown.strip().splitlines()[-1]) - started
    ships = prebuilt() is not None
    kernels = "machine code that ships" if ships else f"numba ({why_not() or 'it is of other sources'})"
    return [{"name": "first_tick_s", "value": round(seconds, 2), "unit": "s", "kernels": kernels}]


def cold_compile() -> list[Row]:
    """Measure numba compiling every kernel that the window uses, in a child process with an empty cache."""
    with tempfile.TemporaryDirectory(prefix="bankshot-cold-") as folder:
        started = time.perf_counter()
        _child(python("-m", "game.app.playing.warm"), {CACHE_VARIABLE: folder, VARIABLE: "0"})
        seconds = time.perf_counter() - started
    return [
        {"name": "cold_compile_s", "value": round(seconds, 2), "unit": "s", "what": "kernels of the window"}
    ]


_START: Final = """
import os, sys, time
from game.app import AppOptions, run_app
from game.app.app import App

def first(self, *arguments, **settings):
    draw(self, *arguments, **settings)
    sys.stdout.write(repr(time.time()))
    sys.stdout.flush()
    os._exit(0)

draw = App.draw
App.draw = first
run_app(AppOptions(mute=True))
"""


def startup() -> list[Row]:
    """Measure from starting Python to the first picture of the title, kernels compiled, without a display."""
    seconds = []
    with tempfile.TemporaryDirectory(prefix="bankshot-start-") as folder:
        settings = {"BANKSHOT_USER_DIR": folder, "SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}
        for _ in range(3):
            started = time.time()
            shown = _child(python("-c", _START), settings)
            seconds.append(float(shown.strip().splitlines()[-1]) - started)
    best = sorted(seconds[1:])[0]  # the first may still compile and decode
    return [{"name": "startup_s", "value": round(best, 2), "unit": "s", "first": round(seconds[0], 2)}]


def _child(command: list[str], settings: dict[str, str]) -> str:
    """Run a child process and return what it printed. Raises Skipped with its last words."""
    variables = environment({"PYGAME_HIDE_SUPPORT_PROMPT": "1", **settings})
    try:
        done = subprocess.run(
            command, env=variables, capture_output=True, text=True, timeout=CHILD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise Skipped(f"took longer than {CHILD_SECONDS:.0f} s") from None
    if done.returncode != 0:
        words = (done.stderr.strip() or "no message").splitlines()[-1]
        raise Skipped(f"the child process ended with code {done.returncode}: {words[:200]}")
    return done.stdout
