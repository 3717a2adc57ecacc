"""Draw the pictures of the README: `python docs/picture.py`.

play.webp: some seconds of a match between brains that ship, drawn by the game's own renderer. The match is played once to find
the seconds in which the watched tank hits an opponent with a banked shot, and once more from what everybody did, to draw them.
level.png: a built-in level, on the left as Tiled shows its file, on the right as the game draws it.
Needs Pillow, which the extra `train` brings along (by way of matplotlib).
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pygame
from PIL import Image

from game.core import rules
from game.core.levels.catalogue import select
from game.core.levels.model import Level
from game.core.sim import arena as ar
from game.core.sim import events as ev
from game.core.sim import setup
from game.core.sim import state as st
from game.core.sim.arrays import IntArray
from game.core.sim.preview import sight_line
from game.core.sim.state import World
from game.core.sim.tick import tick
from game.match.npc import NpcDriver, SeatPolicy
from game.view.options import RenderOptions
from game.view.renderer import Renderer, SightLine

IMAGES: Final = Path(__file__).resolve().parent / "images"
LEVELS: Final = Path(setup.__file__).resolve().parents[1] / "levels"
SIZE: Final = (720, 528)  # px of a frame
UI_SCALE: Final = 0.75
FRAMES_PER_SECOND: Final = 20
WATCHED: Final = 0  # seat
FAR: Final = 4 * rules.SU_PER_TILE
BRAINS: Final = ("sniper", "hunter")  # of team 0 and of the others
TEMPERATURE: Final = 0.6
QUALITY: Final = 62  # of WebP, 0 to 100
MOST_BYTES: Final = 3_000_000


class Scene(NamedTuple):
    """A match as it was played, and the tick at which the picture begins."""

    level: Level
    seed: int
    actions: list[IntArray]
    begin: int
    hits: int


class Match:
    """A world of a level with every start taken, begun as the game begins it."""

    def __init__(self, level: Level, seed: int) -> None:
        spawns = level.arena.spawns
        self.levels = ar.pack_arenas([level.arena])
        self.world: World = st.new_world(1, len(spawns), ar.terrain_of(level.arena).size)
        self.teams = [spawn.team for spawn in spawns]
        roster = np.array([[(team, setup.LEVEL_CLASS) for team in self.teams]], np.int64)
        with np.errstate(over="ignore"):
            setup.begin_match(self.world, self.levels, 0, 0, seed, roster, 0)

    def tick(self, actions: IntArray) -> None:
        """Advance one tick."""
        with np.errstate(over="ignore"):
            tick(self.world, self.levels, 0, actions)

    def bank_hits(self) -> int:
        """Return how often the watched tank hit another team with a banked shot, from far, in the last tick."""
        found = self.world.events[0, : int(self.world.head[0, st.N_EVENTS])].tolist()
        own = self.world.tanks[0, WATCHED]
        return sum(
            kind == ev.TANK_HIT
            and b & ev.BANKED_FLAG != 0
            and b & ev.SEAT_MASK == WATCHED
            and self.teams[a] != self.teams[WATCHED]
            and max(abs(x - int(own[st.TANK_X])), abs(y - int(own[st.TANK_Y]))) >= FAR
            for kind, a, b, x, y in found
        )


def played(level: Level, seed: int, seconds: float) -> Scene:
    """Play a match and find the seconds of it with the most hits by banked shots."""
    match = Match(level, seed)
    policies = {
        seat: SeatPolicy(BRAINS[team != match.teams[WATCHED]], temperature=TEMPERATURE)
        for seat, team in enumerate(match.teams)
    }
    driver = NpcDriver(len(policies), policies, seed=seed, budget=float("inf"))
    actions: IntArray = np.zeros((1, len(policies), st.ACTION_SIZE), np.int64)
    kept, hits = [], []
    while not match.world.head[0, st.DONE]:
        driver.act(match.world, match.levels, 0, actions)
        kept.append(actions.copy())
        match.tick(actions)
        hits.append(match.bank_hits())
    if driver.notices:
        raise RuntimeError(str(driver.notices[0]))
    length = round(seconds * rules.TICKS_PER_SECOND)
    begins = range(0, max(1, len(hits) - length + rules.TICKS_PER_SECOND), rules.DECISION_PERIOD)
    # No hit in the first or the last second: one sees where the shot comes from, and what it did
    count, begin = max(
        (sum(hits[begin + rules.TICKS_PER_SECOND : begin + length - rules.TICKS_PER_SECOND]), -begin)
        for begin in begins
    )
    return Scene(level, seed, kept, -begin, count)


def frames(scene: Scene, seconds: float) -> Iterator[Image.Image]:
    """Draw the seconds of a match, with the sight line of the watched tank."""
    match = Match(scene.level, scene.seed)
    renderer = Renderer(SIZE, UI_SCALE, RenderOptions(shake=0.4), always_fit=True)
    surface = pygame.Surface(SIZE, 0, 32)
    names = [BRAINS[team != match.teams[WATCHED]].capitalize() for team in match.teams]
    renderer.start(match.world, 0, match.levels, focus_seat=WATCHED)
    renderer.forget_banner()
    every = rules.TICKS_PER_SECOND // FRAMES_PER_SECOND
    end = scene.begin + round(seconds * rules.TICKS_PER_SECOND)
    for n, actions in enumerate(scene.actions[:end]):
        match.tick(actions)
        renderer.after_tick(match.world, 0)
        if n < scene.begin or (n - scene.begin) % every:
            continue
        tank = match.world.tanks[0, WATCHED]
        sight = None
        if tank[st.TANK_ALIVE] and not match.world.head[0, st.DONE]:
            with np.errstate(over="ignore"):
                sight = SightLine(*sight_line(match.world, match.levels, 0, WATCHED, int(tank[st.TANK_AIM])))
        renderer.draw(surface, match.world, 0, 1.0, sight_line=sight, names=names)
        yield picture(surface)


def picture(surface: pygame.Surface) -> Image.Image:
    """Return a surface as an image of Pillow."""
    return Image.frombytes("RGB", surface.get_size(), pygame.image.tobytes(surface, "RGB"))


def in_tiled(name: str) -> Image.Image:
    """Return a built-in level as Tiled shows it: its tile layers and objects in the cells of the tileset."""
    document: dict[str, Any] = json.loads((LEVELS / "builtin" / f"{name}.tmj").read_text(encoding="utf-8"))
    sheet = Image.open(LEVELS / "tileset" / "bankshot.png").convert("RGBA")
    side = int(document["tilewidth"])
    columns = sheet.width // side
    shown = Image.new("RGBA", (document["width"] * side, document["height"] * side), (40, 40, 44, 255))

    def paint(gid: int, x: float, y: float) -> None:
        row, column = divmod(gid - 1, columns)
        cell = sheet.crop((column * side, row * side, (column + 1) * side, (row + 1) * side))
        shown.alpha_composite(cell, (round(x), round(y)))

    for layer in document["layers"]:
        for n, gid in enumerate(layer.get("data", ())):
            if gid:
                row, column = divmod(n, document["width"])
                paint(gid, column * side, row * side)
        for each in layer.get("objects", ()):
            if "gid" in each:
                paint(each["gid"], each["x"], each["y"] - each["height"])
    return shown.convert("RGB")


def level_picture(name: str, height: int = 360) -> Image.Image:
    """Return a built-in level twice: on the left as Tiled shows it, on the right as the game draws it."""
    (level,) = select(name)
    match = Match(level, 1)
    size = (round(height * level.width / level.height), height)
    renderer = Renderer(size, 0.5, RenderOptions(shake=0.0), hud=False, always_fit=True)
    surface = pygame.Surface(size, 0, 32)
    renderer.start(match.world, 0, match.levels)
    renderer.draw(surface, match.world, 0, 1.0)
    both = Image.new("RGB", (2 * size[0] + 16, height), (13, 17, 23))
    both.paste(in_tiled(name).resize(size, Image.Resampling.LANCZOS), (0, 0))
    both.paste(picture(surface), (size[0] + 16, 0))
    return both


def main() -> None:
    """Draw both pictures and say what is on them."""
    parser = argparse.ArgumentParser(description="Draw the pictures of the README.")
    parser.add_argument("--level", default="crossfire", help="the built-in level of the match")
    parser.add_argument("--seconds", type=float, default=6.0, help="of the moving picture")
    parser.add_argument("--seeds", type=int, default=6, help="how many matches are played to choose from")
    parser.add_argument("--folder", type=Path, default=IMAGES, help="where the pictures are written")
    chosen = parser.parse_args()
    (level,) = select(chosen.level)
    scene = max(
        (played(level, seed, chosen.seconds) for seed in range(chosen.seeds)), key=lambda one: one.hits
    )
    drawn = list(frames(scene, chosen.seconds))
    target = chosen.folder / "play.webp"
    drawn[0].save(
        target,
        save_all=True,
        append_images=drawn[1:],
        duration=1000 // FRAMES_PER_SECOND,
        loop=0,
        quality=QUALITY,
        method=4,
    )
    size = target.stat().st_size
    print(
        f"{target}: seed {scene.seed}, {len(drawn)} frames from second {scene.begin / rules.TICKS_PER_SECOND:.1f}, "
        f"{scene.hits} hits by banked shots, {size} bytes"
    )
    if size > MOST_BYTES:
        raise SystemExit(f"error: {target}: expected at most {MOST_BYTES} bytes, found {size}")
    level_picture("reservoir").save(chosen.folder / "level.png", optimize=True)
    print(f"{chosen.folder / 'level.png'}")


if __name__ == "__main__":
    main()
