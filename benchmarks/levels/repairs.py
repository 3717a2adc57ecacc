"""How well are damaged levels repaired? `python -m benchmarks.levels.repairs`.

The built-in levels are damaged as files, by seed, in the ways that `levels repair` can fix. For each kind of damage: the
share that is repaired (no error and no repairable warning left), the share that has all tiles and places of the original
again, the share that equals the original by digest and roster (with facings, tank classes, the order of seats and who plays),
and the mean numbers of tiles and objects that differ from the original, and that differ from both the original and the
damaged level. All built-in levels are symmetric; `--blind` hides the other side.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from game.core import rules
from game.core.levels.catalogue import builtin_levels
from game.core.levels.model import Level
from game.core.levels.problems import LevelError
from game.core.levels.reach import STANDING
from game.core.levels.repair import REPAIRABLE, REPAIRABLE_WARNINGS, repair_level
from game.core.levels.tileset.sheet import gid_of
from game.core.levels.tmj import parse_level, read_draft
from game.core.levels.updater import update_parts
from game.core.levels.writer import write_level

Random = np.random.Generator
Map = dict[str, Any]
TILE: Final = 32  # pixels
WALL: Final = gid_of("wall")
FLOOR: Final = gid_of("floor")
STARTS: Final = tuple(gid_of("spawn", str(team)) for team in range(4))
PICKUPS: Final = tuple(gid_of("pickup", name) for name in rules.PICKUP_NAMES)
CELL: Final = gid_of("cell", "")
HOMES: Final = tuple(gid_of(f"home_{team}") for team in range(4))
PORTALS: Final = tuple(gid_of("portal", letter) for letter in "ABCDEFGH")


class Canvas:
    """A map's JSON, edited with coordinates in tiles."""

    def __init__(self, level: Level, random: Random) -> None:
        self.level, self.random = level, random
        self.data: Map = json.loads(write_level(level))
        self.wide, self.high = level.width, level.height
        self.cells: list[int] = self.data["layers"][0]["data"]
        self.objects: list[Map] = self.data["layers"][1]["objects"]

    def objects_of(self, *gids: int) -> list[Map]:
        """Return the objects with these tile ids."""
        return [each for each in self.objects if each["gid"] in gids]

    def pick(self, found: Sequence[Any]) -> Any:
        """Return a random element; IndexError if there is none."""
        return found[int(self.random.integers(len(found)))] if len(found) else found[0]

    def tile_of(self, thing: Map) -> tuple[int, int]:
        """Return the tile of an object."""
        return thing["x"] // TILE, thing["y"] // TILE - 1

    def move(self, thing: Map, x: int, y: int) -> None:
        """Move an object."""
        thing |= {"x": x * TILE, "y": (y + 1) * TILE}

    def set_tile(self, x: int, y: int, gid: int) -> None:
        """Set a tile, if it is on the map."""
        if 0 <= x < self.wide and 0 <= y < self.high:
            self.cells[y * self.wide + x] = gid

    def tiles(self, *, standing: bool) -> list[tuple[int, int]]:
        """Return the tiles that a tank can stand on, or the solid ones."""
        tiles = self.level.arena.tiles
        return [(int(x), int(y)) for y, x in np.argwhere(np.isin(tiles, list(STANDING)) == standing)]

    def wall_in(self, x: int, y: int) -> None:
        """Surround a tile with walls."""
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            self.set_tile(x + dx, y + dy, WALL)


def start_buried(on: Canvas) -> None:
    """A wall is on a start."""
    on.set_tile(*on.tile_of(on.pick(on.objects_of(*STARTS))), WALL)


def start_in_wall(on: Canvas) -> None:
    """A start was moved into something solid."""
    on.move(on.pick(on.objects_of(*STARTS)), *on.pick(on.tiles(standing=False)))


def start_outside(on: Canvas) -> None:
    """A start was moved off the map."""
    on.move(on.pick(on.objects_of(*STARTS)), on.wide + 1, on.high // 2)


def start_shared(on: Canvas) -> None:
    """Two starts are on one tile."""
    first, other = on.random.choice(len(on.objects_of(*STARTS)), 2, replace=False)
    starts = on.objects_of(*STARTS)
    on.move(starts[first], *on.tile_of(starts[other]))


def start_walled_in(on: Canvas) -> None:
    """Walls surround a start."""
    on.wall_in(*on.tile_of(on.pick(on.objects_of(*STARTS))))


def team_gone(on: Canvas) -> None:
    """A team has no start."""
    gone = on.objects_of(on.pick([gid for gid in STARTS[:2] if on.objects_of(gid)]))
    on.objects[:] = [each for each in on.objects if each not in gone]


def pickup_in_wall(on: Canvas) -> None:
    """A pick-up was moved into something solid."""
    on.move(on.pick(on.objects_of(*PICKUPS)), *on.pick(on.tiles(standing=False)))


def pickup_walled_in(on: Canvas) -> None:
    """Walls surround a pick-up."""
    on.wall_in(*on.tile_of(on.pick(on.objects_of(*PICKUPS))))


def cell_shared(on: Canvas) -> None:
    """Two energy cells are on one tile."""
    cells = on.objects_of(CELL)
    first, other = on.random.choice(len(cells), 2, replace=False)
    on.move(cells[first], *on.tile_of(cells[other]))


def cells_gone(on: Canvas) -> None:
    """There is no energy cell."""
    on.pick(on.objects_of(CELL))
    on.objects[:] = [each for each in on.objects if each["gid"] != CELL]


def home_gone(on: Canvas) -> None:
    """A team has no home."""
    gone = on.pick([gid for gid in HOMES if gid in on.cells])
    on.cells[:] = [FLOOR if gid == gone else gid for gid in on.cells]


def core_gone(on: Canvas) -> None:
    """There is no core."""
    on.cells[on.pick([n for n, gid in enumerate(on.cells) if gid == gid_of("core")])] = FLOOR


def core_twice(on: Canvas) -> None:
    """There is a second core."""
    on.pick([gid for gid in on.cells if gid == gid_of("core")])
    x, y = on.pick(on.tiles(standing=True))
    on.set_tile(x, y, gid_of("core"))


def portal_gone(on: Canvas) -> None:
    """A portal has no other end."""
    on.cells[on.pick([n for n, gid in enumerate(on.cells) if gid in PORTALS])] = FLOOR


def portal_thrice(on: Canvas) -> None:
    """A portal has three ends."""
    gid = on.pick([gid for gid in on.cells if gid in PORTALS])
    x, y = on.pick(on.tiles(standing=True))
    on.set_tile(x, y, gid)


def split(on: Canvas) -> None:
    """A wall goes through the middle."""
    middle = on.wide // 2 + int(on.random.integers(-2, 3))
    for y in range(on.high):
        on.set_tile(middle, y, WALL)


def corner_closed(on: Canvas) -> None:
    """Walls close a corner."""
    side = int(on.random.integers(2, 5))
    for n in range(side + 1):
        on.set_tile(side, n, WALL)
        on.set_tile(n, side, WALL)


DAMAGES: Final[tuple[Callable[[Canvas], None], ...]] = (
    start_buried, start_in_wall, start_outside, start_shared, start_walled_in, team_gone, pickup_in_wall, pickup_walled_in,
    cell_shared, cells_gone, home_gone, core_gone, core_twice, portal_gone, portal_thrice, split, corner_closed,
)  # fmt: skip


def repairable_codes(level_or_error: Level | LevelError) -> list[str]:
    """Return the codes of the problems that `levels repair` would fix."""
    problems = level_or_error.problems if isinstance(level_or_error, LevelError) else level_or_error.notes
    return [each.code for each in problems if each.code in REPAIRABLE | REPAIRABLE_WARNINGS]


def parse_damaged(data: bytes, name: str) -> Level | LevelError:
    """Return the level of a file, or the error of reading it."""
    try:
        return parse_level(data, name)
    except LevelError as error:
        return error


def difference(one: Level, other: Level) -> tuple[int, int]:
    """Return how many tiles and how many objects differ between two levels of one size."""
    tiles = int((one.arena.tiles != other.arena.tiles).sum())
    missing, added = placed_objects(one) - placed_objects(other), placed_objects(other) - placed_objects(one)
    return tiles, max(missing.total(), added.total())


def placed_objects(level: Level) -> Counter[tuple[Any, ...]]:
    """Return the starts, pick-ups and cells of a level."""
    found: Counter[tuple[Any, ...]] = Counter(("start", s.x, s.y, s.team) for s in level.arena.spawns)
    found += Counter(("pickup", p.x, p.y, p.kind) for p in level.arena.pickups)
    return found + Counter(("cell", *cell) for cell in level.arena.cells)


def invented_count(original: Level, damaged: Level, mended: Level) -> int:
    """Return how many tiles and objects differ from both the original and the damaged level."""
    new = (mended.arena.tiles != original.arena.tiles) & (mended.arena.tiles != damaged.arena.tiles)
    return (
        int(new.sum()) + (placed_objects(mended) - placed_objects(original) - placed_objects(damaged)).total()
    )


def run(count: int, seed: int, *, guided: bool = True) -> list[dict[str, Any]]:
    """Damage and repair levels; return a row for each."""
    levels = [entry.level for entry in builtin_levels() if entry.level is not None]
    random = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        while len(rows) < count:
            damage = DAMAGES[len(rows) % len(DAMAGES)]
            level = levels[int(random.integers(len(levels)))]
            canvas = Canvas(level, random)
            try:
                damage(canvas)
            except (IndexError, ValueError):  # the level has nothing of this kind to damage
                continue
            path = Path(folder) / f"{level.name}.tmj"
            path.write_bytes(json.dumps(canvas.data).encode())
            found = parse_damaged(path.read_bytes(), level.name)
            if not repairable_codes(found):
                continue
            _source, parts = read_draft(path, REPAIRABLE)
            mended = repair_level(parts.level, parts.letters, parts.names, guided=guided)
            row: dict[str, Any] = {
                "damage": damage.__name__,
                "level": level.name,
                "faults": sorted(set(repairable_codes(found))),
            }
            row |= {"changes": len(mended.changes), "left": [each.code for each in mended.left]}
            if not mended.left:
                again = parse_damaged(update_parts(parts, mended.level, Path(folder)), level.name)
                row["left"] = repairable_codes(again)
                if isinstance(again, Level):
                    row["tiles"], row["things"] = difference(level, again)
                    row["original"] = again.digest == level.digest and again.roster == level.roster
                    row["beyond"] = invented_count(level, parts.level, again)
            rows.append(row)
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Damage and repair levels, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.levels.repairs", description=main.__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--blind", action="store_true", help="do not use the other side of symmetric levels")
    parser.add_argument("--out", type=Path, help="write every row as JSON")
    chosen = parser.parse_args(arguments)
    rows = run(chosen.count, chosen.seed, guided=not chosen.blind)
    print(
        "| damage | levels | repaired | all tiles and places again | the original by digest and roster "
        "| differing tiles, objects | differing from original and damaged | changes |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name in [*dict.fromkeys(row["damage"] for row in rows), "all"]:
        mine = [row for row in rows if name in (row["damage"], "all")]
        fine = [row for row in mine if not row["left"] and "tiles" in row]
        same = sum(row["tiles"] + row["things"] == 0 for row in fine)
        original = sum(row["original"] for row in fine)
        keys = ("tiles", "things", "beyond", "changes")
        means = [np.mean([row[key] for row in fine]) if fine else float("nan") for key in keys]
        told = "{:.1f}, {:.1f} | {:.1f} | {:.1f}".format(*means)
        print(f"| {name} | {len(mine)} | {len(fine)} | {same} | {original} | {told} |")
    if chosen.out:
        chosen.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
