"""Frame times of the level list with thousands of results: `python -m benchmarks.levels.list_frames`

Processor time of the frame's thread: when the list is shown again after a match, of the slowest frame after that, and of the
first frame after new grades on the page of endless levels. Drawn on SDL's dummy screen, 1280 x 720. Run it in two checkouts
in turns and compare their ratio.
"""

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from game.core.levels.catalogue import list_levels, load_level
from game.core.levels.generator import generate
from game.core.levels.writer import write_level
from game.match.grading.endless_kept import EndlessGrades
from game.match.grading.endless_shelf import shelf
from game.player.endless_levels import FitCriteria, choose_levels
from game.player.paths import UserFolders
from game.player.profile import MatchRecord
from game.player.settings import load_settings

FRAME: Final = 1 / 60
PAGE: Final = 24  # levels that the page of endless levels shows
RECORD: Final = MatchRecord(
    "", "0" * 64, "eliminate", "Hunter", "regular", "ranger", "won", 300, 1800, 3, 0, 0
)


def thread_milliseconds(work: Callable[[], object]) -> float:
    """Return the milliseconds of processor time that `work` takes in this thread."""
    start = time.thread_time()
    work()
    return 1000 * (time.thread_time() - start)


def frames(app: Any, count: int) -> list[float]:
    """Draw frames at 60 per second; return the milliseconds of each."""
    found = []
    for _ in range(count):
        start = time.perf_counter()
        found.append(thread_milliseconds(lambda: app.frame(FRAME)))
        time.sleep(max(0.0, FRAME - (time.perf_counter() - start)))
    return found


def measure_frames(results: int, own: int, folder: Path) -> dict[str, float]:
    """Return medians in milliseconds by name."""
    from game.app.app import App
    from game.app.browse.screen import LevelsScreen
    from game.app.menu.title import TitleScreen
    from game.app.window_options import AppOptions

    folders = UserFolders(folder)
    folders.create()
    for seed in range(own):
        (folders.levels / f"own_{seed:03d}.tmj").write_bytes(write_level(generate(seed)))
    kept = EndlessGrades(folders.cache)
    for place in range(400, 400 + PAGE):  # graded here, the best fit: shown first
        kept.add("defend", place, (10, 9, 5, 2))
    kept_names = {one.name for one in kept.levels[-PAGE:]}
    settings = load_settings(folders.settings)
    app = App(AppOptions(seed=1, language="en", size=(1280, 720)), folders, settings, real=False)
    app.warm.ready = True
    app.backdrop.give_up()
    app.push(TitleScreen(app))
    names = [entry.name for entry in list_levels()] + [one.name for one in shelf()[:400]]
    digests = {name: load_level(name).digest for name in names}
    dice = random.Random(1)

    def play(name: str, at: float) -> None:
        outcome = dice.choice(["won", "lost", "quit"])
        app.profile.record_match(
            replace(RECORD, level=name, level_hash=digests[name], outcome=outcome, time=at)
        )

    for match in range(results):
        play(dice.choice(names), 1000.0 + match)
    screen = LevelsScreen(app)
    app.push(screen)
    frames(app, 300)
    found: dict[str, list[float]] = {"back to the list": [], "slowest frame after": []}
    for match in range(8):
        play(names[match], 90_000.0 + match)
        found["back to the list"].append(thread_milliseconds(screen.opened))
        found["slowest frame after"].append(max(frames(app, 40)))
    screen._show("endless")
    screen.endless._choose("defend")
    frames(app, 100)
    found["endless: a usual frame"] = frames(app, 60)
    found["endless: frame after news"] = []
    for _ in range(8):
        app.grades._news()
        found["endless: frame after news"] += frames(app, 1)
        frames(app, 5)
    if not any(widget.name in kept_names for widget in screen.widgets):
        raise SystemExit(
            "error: --results: expected enough for the page of endless levels to show those graded here, found "
            f"{results}"
        )
    fit, levels = FitCriteria(25.0, "regular", 0.55, 0.85), list(shelf()) * 8
    found[f"choose among {len(levels):,}"] = [
        thread_milliseconds(lambda: choose_levels(fit, (), levels)) for _ in range(5)
    ]
    app.close()
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> None:
    """Measure, and print a line for each median."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--results", type=int, default=2000, help="number of stored matches")
    parser.add_argument("--own", type=int, default=40, help="number of the player's own levels")
    arguments = parser.parse_args()
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
    with tempfile.TemporaryDirectory() as folder:
        for name, value in measure_frames(arguments.results, arguments.own, Path(folder)).items():
            print(f"{name:<28} {value:7.1f} ms")


if __name__ == "__main__":
    main()
