"""A soak test: matches one after another in one process, with visits to every screen, and their use of resources.

    python -m tests.soak [--ticks 1_000_000] [--out soak]

The real `App` on dummy drivers, with its real library, jukebox, advice and profile, plays matches against brains and bots (a
random player at the keys) and watches others, on every built-in level in turn. After every fourth match it opens each screen,
draws it, and leaves it. At every hundredth of the ticks it records resident memory, handles, threads, and the size of the
user folder: replays, results and feedback, all other files. Writes OUT/soak.csv and OUT/soak.png. Exits 1 if memory, handles,
threads or the other files of the last fifth exceed those after the first tenth by more than 5 % (at least one handle or
thread), if there are more replays than the game keeps or larger write-ahead logs than `LOGS`, or if a match adds more than
`A_MATCH` to the stores (results and feedback are kept for ever).
"""

import argparse
import csv
import gc
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
os.environ.setdefault("MPLBACKEND", "Agg")

import psutil
import pygame

from game.app.app import App
from game.app.browse.screen import LevelsScreen
from game.app.foryou.screen import BeliefsScreen
from game.app.jukebox.compose_panel import ComposeScreen
from game.app.jukebox.edit import EditScreen
from game.app.jukebox.pick import PickScreen
from game.app.jukebox.rename import RenameScreen
from game.app.jukebox.screen import JukeboxScreen
from game.app.menu.settings_screen import PAGES, SettingsScreen
from game.app.menu.title import TitleScreen
from game.app.playing.launch import open_match, settings_choice
from game.app.playing.pause import PauseScreen
from game.app.playing.prepare import PrepareScreen
from game.app.playing.replay_shelf import KEPT_PLAYED, KEPT_WATCHED
from game.app.playing.screen import PlayScreen
from game.app.playing.setup_screen import SetupScreen
from game.app.ui.dialog import confirm
from game.app.ui.screen import Screen
from game.app.window_options import AppOptions
from game.core import rules
from game.core.levels.catalogue import BUILTIN_FOLDER
from game.player.paths import UserFolders
from game.player.settings import load_settings

BAND = 0.05  # allowed growth, as a share of the mean at the start
WARM_UP = 0.1  # share of the ticks in which caches fill
SAMPLES = 100
TICKS_PER_FRAME = 15
LONGEST_MATCH = 120 * rules.TICKS_PER_SECOND
SIZE = (640, 360)
VISIT_EVERY = 4  # matches
KEYS = ["w", "a", "s", "d", "space", "f", "q", "e"]
A_MATCH = 4.0  # kB that a match may add to the stores, including the visits to all screens
LOGS = 2 * 4.5 * 1024  # kB: SQLite restarts a log after 1,000 pages of 4 kB; there are two logs
COLUMNS = (
    "ticks", "matches", "screens", "memory_mb", "handles", "threads", "folder_kb", "stores_kb", "logs_kb", "replays",
    "replays_kb",
)  # fmt: skip
FLAT = ("memory_mb", "handles", "threads", "folder_kb")


@dataclass
class Sample:
    """The resources of the process after a number of ticks."""

    ticks: int
    matches: int
    screens: int
    memory_mb: float
    handles: int
    threads: int
    folder_kb: float  # of the user folder, without …
    stores_kb: float  # … results and feedback …
    logs_kb: float  # … their write-ahead logs …
    replays: int  # … and replays
    replays_kb: float


class Soak:
    """Plays matches, visits screens, and takes samples."""

    def __init__(self, folder: Path, seed: int) -> None:
        folders = UserFolders(folder)
        folders.create()
        self.folder = folder
        self.random = random.Random(seed)
        self.app = App(
            AppOptions(seed=seed, language="en", size=SIZE),
            folders,
            load_settings(folders.settings),
            real=False,
        )
        self.app.push(TitleScreen(self.app))
        self.app.warm.start()
        while not self.app.warm.wait(1.0):
            pass
        self.app.step.most = TICKS_PER_FRAME
        self.process = psutil.Process()
        self.levels = sorted(file.stem for file in BUILTIN_FOLDER.glob("*.tmj"))
        self.ticks = self.matches = self.screens = 0

    def frame(self, ticks: int = TICKS_PER_FRAME) -> None:
        """Run one frame with the given ticks."""
        self.app.frame(ticks / rules.TICKS_PER_SECOND)

    def play(self, level: str, *, watch: bool) -> Iterator[int]:
        """Play one match up to its results; yield the ticks of each frame."""
        app = self.app
        info = app.library.find(level)
        assert info is not None, level
        open_match(app, info, settings_choice(app, watch=watch))
        screen = app.top
        assert isinstance(screen, PlayScreen), screen.name
        held: set[str] = set()
        while app.top is screen and screen.match.ticks < LONGEST_MATCH:
            if not watch:
                self._play_keys(held)
            before = screen.match.ticks
            self.frame()
            yield screen.match.ticks - before
            if watch and screen.match.over:
                break
        for name in held:
            self._key(name, down=False)
        for _ in range(3):
            self.frame(1)
        self.leave_all()
        self.matches += 1

    def _play_keys(self, held: set[str]) -> None:
        name = self.random.choice(KEYS)
        self._key(name, down=name not in held)
        held.symmetric_difference_update({name})
        spot = (self.random.randrange(SIZE[0]), self.random.randrange(SIZE[1]))
        self.app.post(pygame.event.Event(pygame.MOUSEMOTION, pos=spot, rel=(1, 1), buttons=(0, 0, 0)))

    def _key(self, name: str, *, down: bool) -> None:
        code = pygame.key.key_code(name)
        kind = pygame.KEYDOWN if down else pygame.KEYUP
        scancode = getattr(pygame, f"KSCAN_{name.upper()}")
        self.app.post(pygame.event.Event(kind, key=code, mod=0, unicode="", scancode=scancode))

    def visit_all(self) -> None:
        """Open, draw and leave every screen."""
        for opened in self._openers():
            screen = opened()
            for _ in range(4):
                self.frame(1)
            self.screens += 1
            if screen is not self.app.stack[0]:
                self.leave_all()

    def _openers(self) -> Iterator[Callable[[], Screen]]:
        app = self.app
        level = app.library.find("first_light")
        assert level is not None

        def pushed(screen: Screen) -> Screen:
            app.push(screen)
            return screen

        def settings(page: str) -> Screen:
            screen = SettingsScreen(app)
            app.push(screen)
            screen._show(page)
            screen.place()
            return screen

        def over_match(make: Callable[[PlayScreen], Screen]) -> Screen:
            open_match(app, level, settings_choice(app, watch=False))
            play = app.top
            assert isinstance(play, PlayScreen)
            return pushed(make(play))

        def over_jukebox(make: Callable[[JukeboxScreen], Screen]) -> Screen:
            jukebox = JukeboxScreen(app)
            app.push(jukebox)
            app.jukebox.worker.wait()
            self.frame(1)
            return pushed(make(jukebox))

        def edit(jukebox: JukeboxScreen) -> Screen:
            assert jukebox.entry is not None
            return EditScreen(app, jukebox, jukebox.entry)

        def rename(jukebox: JukeboxScreen) -> Screen:
            assert jukebox.entry is not None
            return RenameScreen(app, jukebox.entry.piece, lambda title: None)

        yield lambda: app.stack[0]
        yield lambda: pushed(LevelsScreen(app))
        yield lambda: pushed(SetupScreen(app, level))
        for page in PAGES:
            yield lambda page=page: settings(page)  # type: ignore[misc]
        yield lambda: pushed(BeliefsScreen(app))
        yield lambda: pushed(PrepareScreen(app, lambda: None))
        yield lambda: pushed(confirm(app, "Sure?", "Really sure?", "Yes", lambda: None))
        yield lambda: over_match(lambda play: PauseScreen(app, play))
        yield lambda: over_jukebox(lambda jukebox: ComposeScreen(app, lambda *_: None))
        yield lambda: over_jukebox(edit)
        yield lambda: over_jukebox(rename)
        yield lambda: over_jukebox(lambda jukebox: PickScreen(app, "Where?", list, lambda item: None))

    def leave_all(self) -> None:
        """Return to the title."""
        if len(self.app.stack) > 1:
            self.app.back(levels=len(self.app.stack) - 1)
        self.app.hub.release_all()
        self.frame(1)

    def sample(self) -> Sample:
        """Measure the process and its folder now."""
        gc.collect()
        sizes = {file: file.stat().st_size / 1024 for file in self.folder.rglob("*") if file.is_file()}
        replays = [size for file, size in sizes.items() if file.parent.name == "replays"]
        logs = sum(size for file, size in sizes.items() if file.name.endswith(("-wal", "-shm")))
        stores = sum(size for file, size in sizes.items() if file.suffix == ".sqlite")
        return Sample(
            self.ticks, self.matches, self.screens,
            self.process.memory_info().rss / 2**20, self.process.num_fds(), self.process.num_threads(),
            sum(sizes.values()) - stores - logs - sum(replays), stores, logs, len(replays), sum(replays),
        )  # fmt: skip

    def run(self, ticks: int, told: Callable[[Sample], None]) -> list[Sample]:
        """Play until the given ticks have passed; return the samples."""
        samples: list[Sample] = []
        every = max(1, ticks // SAMPLES)
        while self.ticks < ticks:
            level = self.levels[self.matches % len(self.levels)]
            for passed in self.play(level, watch=self.matches % 3 == 2):
                self.ticks += passed
            if self.matches % VISIT_EVERY == 0:
                self.visit_all()
            if self.ticks >= every * (len(samples) + 1):
                samples.append(self.sample())
                told(samples[-1])
        self.app.close()
        return samples


def verdict(samples: list[Sample]) -> list[str]:
    """Return a line for each limit exceeded, including growth by more than BAND after the warm-up; empty if there is none."""
    last = samples[-1].ticks
    kept = [sample for sample in samples if sample.ticks >= WARM_UP * last]
    faults = []
    for name in FLAT:
        values = [float(getattr(sample, name)) for sample in kept]
        # Compare the first with the last fifth: this detects a trend, not one high sample.
        part = max(1, len(values) // 5)
        begin, end = sum(values[:part]) / part, sum(values[-part:]) / part
        room = max(BAND * begin, 1.0 if name in ("handles", "threads") else 0.0)
        if end - begin > room:
            faults.append(f"{name}: expected at most {begin:.1f} + {room:.1f} at the end, found {end:.1f}")
    most = max(sample.replays for sample in samples)
    if most > KEPT_PLAYED + KEPT_WATCHED:
        faults.append(f"replays: expected at most {KEPT_PLAYED + KEPT_WATCHED}, found {most}")
    largest = max(sample.logs_kb for sample in samples)
    if largest > LOGS:
        faults.append(f"write-ahead logs: expected at most {LOGS:.0f} kB, found {largest:.0f}")
    matches = kept[-1].matches - kept[0].matches
    cost = (kept[-1].stores_kb - kept[0].stores_kb) / max(matches, 1)
    if cost > A_MATCH:
        faults.append(f"stores: expected at most {A_MATCH} kB a match, found {cost:.2f}")
    return faults


def write(samples: list[Sample], out: Path) -> None:
    """Write soak.csv and soak.png."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "soak.csv").open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(COLUMNS)
        rows.writerows([getattr(sample, name) for name in COLUMNS] for sample in samples)
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 12), layout="constrained")
    for axis, name in zip(figure.subplots(8, 1, sharex=True), COLUMNS[3:], strict=True):
        axis.plot([s.ticks / 1000 for s in samples], [getattr(s, name) for s in samples], color="#0a7")
        axis.axvspan(0, WARM_UP * samples[-1].ticks / 1000, color="#ccc", alpha=0.5)
        axis.set_ylabel(name.replace("_", " "))
        axis.set_ylim(bottom=0)
    axis.set_xlabel(
        f"thousand ticks; {samples[-1].matches} matches, {samples[-1].screens} screens; grey: warm-up"
    )
    figure.savefig(out / "soak.png", dpi=110)


def main() -> int:
    """Run the soak; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--ticks", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=Path("soak"))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    started = time.monotonic()

    def told(sample: Sample) -> None:
        rate = sample.ticks / (time.monotonic() - started)
        left = (arguments.ticks - sample.ticks) / rate / 60
        print(
            f"{sample.ticks:>9,} ticks  {sample.matches:>5} matches  {sample.screens:>6} screens  "
            f"{sample.memory_mb:7.1f} MB  {sample.handles:>3} handles  {sample.threads:>3} threads  "
            f"{sample.folder_kb:5.0f} kB + {sample.stores_kb:.0f} + {sample.replays} replays  "
            f"{rate:6.0f} ticks/s, {max(0.0, left):.0f} min left",
            flush=True,
        )

    with tempfile.TemporaryDirectory() as scratch:
        samples = Soak(Path(scratch) / "user", arguments.seed).run(arguments.ticks, told)
    write(samples, arguments.out)
    faults = verdict(samples)
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
