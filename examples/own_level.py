"""game: make a level by code, check it, write it and let bots play it. `python examples/own_level.py [FOLDER [MATCHES]]`."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from game.core import rules
from game.core.levels.model import Level, SeatPlan, Title
from game.core.levels.specs import check_entry
from game.core.levels.starter import support_files
from game.core.levels.writer import write_level
from game.core.sim.arena import Arena, PickupSpot, Spawn

WIDTH, HEIGHT = 20, 14  # tiles


def tiles() -> np.ndarray:
    """A grid of pillars with mirrors between them, fair to both sides: the right half is the left half rotated by 180 degrees."""
    made = np.full((HEIGHT, WIDTH), rules.FLOOR, np.uint8)
    made[2:-2:3, 3:-3:4] = rules.WALL
    made[HEIGHT // 2 - 1, 5:9] = rules.WATER
    made[3, 8] = made[6, 3] = rules.MIRROR_SLASH
    return np.maximum(made, made[::-1, ::-1])


arena = Arena(
    name="grid",
    tiles=tiles(),
    objective=rules.ELIMINATE,
    spawns=(Spawn(0, 6, team=0, facing=1), Spawn(WIDTH - 1, HEIGHT - 7, team=1, facing=5)),
    time_limit=90 * rules.TICKS_PER_SECOND,
    pickups=(PickupSpot(9, 0, rules.PICKUP_REPAIR), PickupSpot(WIDTH - 10, HEIGHT - 1, rules.PICKUP_REPAIR)),
)
level = Level("grid", Title("Grid", "网格"), arena, roster=(SeatPlan(player=True), SeatPlan()))

entry = check_entry(level)  # with the same checks as a file
for problem in entry.problems:
    print(problem.line("en"))
if entry.level is None:
    sys.exit("the level cannot be played")

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "grid")
folder.mkdir(parents=True, exist_ok=True)
for name, data in {"grid.tmj": write_level(level), **support_files()}.items():
    (folder / name).write_bytes(data)
matches = sys.argv[2] if len(sys.argv) > 2 else "60"
print(f"{folder / 'grid.tmj'}: {level.width} x {level.height} tiles, {len(level.roster)} tanks", flush=True)
test = ("levels", "test", str(folder / "grid.tmj"), "--matches", matches)
sys.exit(subprocess.run([sys.executable, "-m", "game", *test], check=False).returncode)
