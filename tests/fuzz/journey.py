"""A journey: a user folder full of mutants taken through the game: list, set-up, play, end, save, and the next start.

The real `App` on dummy drivers opens the folder, visits its screens, plays a match on a level that the player brought
(a mutant that still reads, where there is one), rates it, saves, closes, and starts again. Whatever lies in the folder,
nothing is raised, no job of a worker ends in an error of ours, and what was acknowledged is there at the next start.
"""

import contextlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Final
from unittest import mock

import pygame

from game.app import worker
from game.app.app import App
from game.app.browse.level_library import LevelInfo
from game.app.browse.screen import FILTERS, LevelsScreen
from game.app.crash import WAITING_PREFIX
from game.app.foryou.screen import BeliefsScreen
from game.app.jukebox.screen import JukeboxScreen
from game.app.menu.settings_screen import PAGES, SettingsScreen
from game.app.menu.title import TitleScreen
from game.app.playing.launch import MatchChoice, open_match, settings_choice
from game.app.playing.results import ResultsScreen
from game.app.playing.setup_screen import SetupScreen
from game.app.window_options import AppOptions
from game.core import rules
from game.core.sim import state as st
from game.match.replay import ReplayRefused, load_replay
from game.player.paths import UserFolders
from game.player.settings import load_settings
from tests.fuzz import samples
from tests.fuzz.formats import FORMATS, Format
from tests.fuzz.samples import Files

NAME: Final = "journey"
SIZE: Final = (640, 360)
STARS: Final = 4
VOLUME: Final = 0.35
TICKS: Final = 15  # of each frame: what is drawn is looked at, not admired
FRAME: Final = TICKS / rules.TICKS_PER_SECOND
LONGEST_END: Final = 80  # frames until the results must be there
_NAMES: Final = (
    b"\xc4\xe3\xba\xc3",
    b"\xff\xfe",
    "关卡".encode(),
    b"a\x1b[31mb",
    b"a b'c\"d",
    b"-rf",
    "e\u0301\u202e".encode(),
    b"x" * 180,
    b"%s{0}",
)


class WrongTurn(AssertionError):
    """Something on the way that must not be."""


def packed(chance: Random) -> Files:
    """A user folder: mutants of everything that it may hold, and of each kind something sound."""
    files: Files = {}

    def put(name: str, place: str, where: str, *, sound: int = 0) -> None:
        """A mutant of a format under a name of its own; with a chance of sound / 8 the file as it was."""
        row = FORMATS[name]
        made = chance.choice(row.samples()) if chance.randrange(8) < sound else row.mutant(chance)
        for each, data in made.items():
            if each == where or where == "*":
                files[place.replace("*", each)] = data

    for number in range(3):
        put("level", f"levels/mutant{number}.tmj", "mutant.tmj", sound=number)
    put("tileset", "levels/set.tsj", "set.tsj")
    files["levels/own.tmj"] = samples.tilesets()[0]["mutant.tmj"]
    files["levels/sound.tmj"] = samples.levels()[0]["mutant.tmj"]
    brains = chance.choice((samples.brains()[:1], samples.brains()[1:2]))
    small = Format(NAME, lambda: brains, FORMATS["brain"].mutators, FORMATS["brain"].read)
    files["brains/first.onnx"] = small.mutant(chance)["mutant.onnx"]
    files["brains/second/brain.onnx"] = small.mutant(chance)["mutant.onnx"]
    files["brains/sound.onnx"] = samples.brains()[0]["mutant.onnx"]
    for number in range(2):
        put("piece", f"music/mutant{number}.piece.json", "mutant.piece.json", sound=number)
        put("midi", f"music/midi/mutant{number}.mid", "mutant.mid", sound=number)
        put("replay", f"replays/mutant{number}.bsr", "mutant.bsr", sound=2 * number)
    put("piece", "music/before/mutant1.0.json", "mutant.piece.json")
    put("choices", "music/levels.json", "levels.json", sound=2)
    put("settings", "settings.json", "settings.json", sound=2)
    put("results", "results.sqlite", "results.sqlite", sound=3)
    put("feedback", "feedback.sqlite", "feedback.sqlite", sound=3)
    put("mark", "cache/smoke-0.json", "mark.json")
    put("piece", "cache/music/calm-1-50-0.piece.json", "mutant.piece.json")
    files["crashes/20260101-000000/error.txt"] = b"\xff\x1b[31m"
    files["results.sqlite-wal" if chance.randrange(6) == 0 else "levels/notes.txt"] = Random(
        chance.getrandbits(32)
    ).randbytes(900)
    return files


def odd_places(chance: Random, folder: Path) -> None:
    """What no dictionary of names and bytes can tell: names that are no text, folders, links in a ring, a pipe."""
    name = chance.choice(_NAMES)
    level = (folder / "levels" / "sound.tmj").read_bytes()
    suffixes = {b"levels": b".tmj", b"brains": b".onnx", b"music/midi": b".mid", b"replays": b".bsr"}
    for place, suffix in suffixes.items():
        path = os.path.join(os.fsencode(folder), place, name + suffix)
        with contextlib.suppress(OSError), open(path, "wb") as stream:  # some systems know no such names
            stream.write(level if place == b"levels" else b"odd")
    if hasattr(os, "mkfifo") and chance.randrange(4) == 0:
        (folder / "crashes").mkdir(exist_ok=True)
        os.mkfifo(folder / "crashes" / f"{WAITING_PREFIX}1.txt")
    for place, suffix in suffixes.items():
        target = folder / os.fsdecode(place) / f"odd{os.fsdecode(suffix)}"
        with contextlib.suppress(OSError, NotImplementedError):
            kind = chance.randrange(4)
            if kind == 0:
                target.mkdir()
            elif kind == 1:
                target.symlink_to(target)
            elif kind == 2 and hasattr(os, "mkfifo"):
                os.mkfifo(target)
            else:
                target.symlink_to(folder / "nowhere")


class Journey:
    """One folder, two starts."""

    def __init__(self, folder: Path, seed: int, *, advice: bool = True) -> None:
        """`advice`: let the real recommender suggest levels; it learns the shipped community only where settings say so."""
        self.folders = UserFolders(folder)
        self.chance = Random(seed)
        self.advice = advice
        self.troubles: list[str] = []

    def open(self) -> App:
        """A start of the game, as far as the title."""
        self.folders.create()
        options = AppOptions(
            seed=self.chance.randrange(99), language=self.chance.choice(("en", "zh")), size=SIZE
        )
        app = App(options, self.folders, load_settings(self.folders.settings), real=False)
        app.step.most = TICKS
        app.warm.ready = True
        app.backdrop.give_up()
        if not self.advice:
            from game.app.foryou.service import ForYou
            from tests.app.fake_advice import InlineWorker, fake_plan

            app.for_you = ForYou(
                fake_plan, lambda: [info.entry for info in app.library.playable], InlineWorker()
            )
            app.profile.follow(app.for_you)
        app.push(TitleScreen(app))
        self.frames(app, 3)
        return app

    def frames(self, app: App, count: int) -> None:
        for _ in range(count):
            app.frame(FRAME)

    def back(self, app: App) -> None:
        """To the title."""
        if len(app.stack) > 1:
            app.back(levels=len(app.stack) - 1)
        app.hub.release_all()
        self.frames(app, 1)

    # The way

    def run(self) -> str:
        """Go the whole way; return what was played. WrongTurn, or whatever is raised on the way."""
        with self._listening():
            app = self.open()
            try:
                self.list_levels(app)
                self.jukebox(app)
                self.other_screens(app)
                played = self.match(app)
                self.replays(app)
            finally:
                app.close()
            self.next_start(played)
        if self.troubles:
            raise WrongTurn("; ".join(self.troubles)[:2000])
        return played

    def list_levels(self, app: App) -> None:
        """Every tab of the list, then each level of the player's: its set-up, or what is wrong with it."""
        screen = LevelsScreen(app)
        app.push(screen)
        for name in FILTERS:
            screen._show(name)
            self.frames(app, 2)
        for info in self.brought(app):
            screen.choose(info)
            self.frames(app, 2)
            app.back()
        app.for_you._worker.wait()
        self.frames(app, 2)
        app.library.wait()
        self.back(app)

    def brought(self, app: App) -> list[LevelInfo]:
        """The levels that came with the folder."""
        return [info for info in app.library.levels if not info.entry.builtin]

    def jukebox(self, app: App) -> None:
        """Every piece chosen and drawn, every MIDI file imported."""
        from tests.music.fakes import fake_generators

        app.jukebox._load_generators = fake_generators
        screen = JukeboxScreen(app)
        app.push(screen)
        app.jukebox.worker.wait()
        for path in sorted((self.folders.music / "midi").glob("*.mid")):
            screen.change(lambda library, path=path: library.import_midi(path), lambda _: None)
        app.jukebox.worker.wait()
        self.frames(app, 2)
        for entry in [entry for entry in screen.entries if not entry.shipped][:6]:
            screen.chosen = entry.name
            self.frames(app, 1)
            screen.change(lambda library, name=entry.name: library.keep(name), lambda _: None)
        app.jukebox.worker.wait()
        self.frames(app, 2)
        self.back(app)

    def other_screens(self, app: App) -> None:
        """Beliefs, every page of the settings, and a setting changed and saved."""
        app.push(BeliefsScreen(app))
        app.for_you._worker.wait()
        self.frames(app, 3)
        app.back()
        screen = SettingsScreen(app)
        app.push(screen)
        for page in PAGES:
            screen._show(page)
            screen.place()
            self.frames(app, 1)
        app.change_setting("music_volume", VOLUME)
        app.save_settings()
        self.back(app)

    def match(self, app: App) -> str:
        """Set-up, a short match with whatever brain and level came along, its end, stars; return the level's item."""
        levels = [info for info in self.brought(app) if info.level is not None]
        info = self.chance.choice(levels)
        app.push(SetupScreen(app, info))
        self.frames(app, 2)
        rows = [row.id for row in app.opponents.rows if row.usable]
        choice = settings_choice(app, watch=False)
        brain = self.chance.choice(rows)
        open_match(app, info, replace(choice, brain=brain, own_brain=brain, seed=5))
        for key in ("w", "space", "f"):
            self._key(app, key, down=True)
            self.frames(app, 3)
            self._key(app, key, down=False)
        match = app.current_match()
        assert match is not None
        match.world.head[match.w, st.WINNER] = 0
        match.world.head[match.w, st.DONE] = 1
        for _ in range(LONGEST_END):
            if isinstance(app.top, ResultsScreen):
                break
            self.frames(app, 1)
        if not isinstance(app.top, ResultsScreen):
            raise WrongTurn(f"expected the results, found {app.top.name}")
        app.top._give(STARS)
        app.for_you._worker.wait()
        self.frames(app, 3)
        self.back(app)
        self.safe = app.profile.flush()
        return info.item

    def replays(self, app: App) -> None:
        """Each replay refused, or watched for a moment."""
        for path in sorted(self.folders.replays.glob("*.bsr")):
            try:
                replay = load_replay(path)
            except ReplayRefused:
                continue
            from game.app.browse.level_library import info_of

            open_match(app, info_of(replay.level), MatchChoice(watch=True, replay=replay))
            self.frames(app, 4)
            self.back(app)

    def next_start(self, played: str) -> None:
        """Start again: what was acknowledged is there."""
        app = self.open()
        try:
            app.push(LevelsScreen(app))
            self.frames(app, 3)
            kept = app.profile.rating(played), app.profile.best(played), app.settings.number("music_volume")
            if self.safe and kept[0] != STARS:
                self.troubles.append(
                    f"expected {STARS} stars for {played!a} at the next start, found {kept[0]}"
                )
            if self.safe and (kept[1] is None or kept[1].played < 1):
                self.troubles.append(f"expected a result of {played!a} at the next start, found none")
            if kept[2] != VOLUME:
                self.troubles.append(f"expected the volume {VOLUME} at the next start, found {kept[2]}")
            if not list(self.folders.replays.glob("*-*.bsr")):
                self.troubles.append("expected the match's replay, found none")
        finally:
            app.close()

    def _key(self, app: App, name: str, *, down: bool) -> None:
        code = pygame.key.key_code(name)
        scancode = getattr(pygame, f"KSCAN_{name.upper()}")
        kind = pygame.KEYDOWN if down else pygame.KEYUP
        app.post(pygame.event.Event(kind, key=code, mod=0, unicode="", scancode=scancode))

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        """Note what a worker's job or a list's reader raises that is no refusal: a line to the player, a fault to us."""
        outcome = worker._outcome

        def listened(job: Any) -> Callable[[], None]:
            work = job.work

            def heard() -> Any:
                try:
                    return work()
                except (OSError, ValueError):
                    raise
                except Exception as error:
                    self.troubles.append(f"a worker's job raised {type(error).__name__}: {error}")
                    raise

            return outcome(worker._Job(heard, job.then, job.failed))

        class Handler(logging.Handler):
            def emit(handler, record: logging.LogRecord) -> None:  # noqa: N805
                self.troubles.append(
                    f"{record.getMessage()}: {record.exc_info[1]!r}"
                    if record.exc_info
                    else record.getMessage()
                )

        log, handler = logging.getLogger("safefiles.listing"), Handler(logging.INFO)
        level = log.level
        log.setLevel(logging.INFO)
        log.addHandler(handler)
        try:
            with mock.patch.object(worker, "_outcome", listened):
                yield
        finally:
            log.removeHandler(handler)
            log.setLevel(level)


class _Row(Format):
    """The journey as a row for the long run: its mutant is a whole folder."""

    def mutant(self, chance: Random) -> Files:
        return packed(chance)


def _read(folder: Path) -> list[str]:
    """Go on a journey through a folder that is packed already; what is odd in its places follows from its files."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    sizes = [(folder / name).stat().st_size for name in names]
    if names:
        odd_places(Random(f"{NAME}-{sizes}"), folder)
        Journey(folder, sum(sizes)).run()
    return []


ROW: Final = _Row(NAME, lambda: ({},), {}, _read, seconds=60.0, megabytes=1024.0)


def travel(folder: Path, seed: int, *, advice: bool = True, files: Files | None = None) -> str:
    """Pack a folder by the seed (or with `files`), and go. Returns what was played."""
    chance = Random(f"{NAME}-{seed}")
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in (files if files is not None else packed(chance)).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    odd_places(chance, folder)
    return Journey(folder, seed, advice=advice).run()
