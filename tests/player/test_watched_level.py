"""A level file that is being worked on: what an editor's ways of saving come to."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from game.core.levels.starter import starter_files, starter_level
from game.core.levels.tmj import read_level
from game.core.levels.writer import write_level
from game.player.watched_level import GONE, SETTLED, LevelFileChange, WatchedLevel


class Desk:
    """A level file, somebody who saves it, and a clock."""

    def __init__(self, folder: Path) -> None:
        for name, data in starter_files("canyon").items():
            (folder / name).write_bytes(data)
        self.path = folder / "canyon.tmj"
        self.tileset = folder / "bankshot.tsj"
        self.now = 0.0
        self.watched = WatchedLevel(self.path, read_level(self.path), clock=lambda: self.now)
        assert self.look() is None

    def look(self, seconds: float = 0.1) -> LevelFileChange | None:
        self.now += seconds
        return self.watched.look()

    def looks(self, seconds: float) -> list[LevelFileChange]:
        """What is told in so many seconds of looking ten times a second."""
        found = [self.look() for _ in range(round(seconds * 10))]
        return [change for change in found if change is not None]

    def save(self, data: bytes) -> None:
        """As Tiled does: a temporary file, renamed over the old one."""
        draft = self.path.with_suffix(".tmj.X")
        draft.write_bytes(data)
        draft.replace(self.path)

    def edited(self, title: str = "Gorge", x: int = 3) -> bytes:
        level = starter_level("canyon")
        spawn = replace(level.arena.spawns[0], x=x)
        arena = replace(level.arena, spawns=(spawn, *level.arena.spawns[1:]))
        return write_level(replace(level, title=replace(level.title, en=title), arena=arena))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_save_is_seen_at_the_next_look(desk: Desk) -> None:
    desk.save(desk.edited())
    change = desk.look()
    assert change is not None
    assert change.level is not None
    assert (change.level.title.en, change.level.arena.spawns[0].x) == ("Gorge", 3)
    assert desk.looks(1.0) == []


def test_a_file_written_over_in_parts_is_no_error(desk: Desk) -> None:
    data = desk.edited()
    told = []
    for part in (0, 1, len(data) // 2, len(data) - 10):
        desk.path.write_bytes(data[:part])
        told.append(desk.look())
    assert told == [None] * 4
    desk.path.write_bytes(data)
    change = desk.look()
    assert change is not None
    assert change.level is not None


def test_a_file_that_stays_broken_is_told_once_and_so_is_its_mending(desk: Desk) -> None:
    good = desk.path.read_bytes()
    desk.save(b"{")
    assert desk.looks(SETTLED - 0.15) == []
    (change,) = desk.looks(2.0)
    assert change.level is None
    assert [problem.code for problem in change.problems] == ["E005"]
    desk.save(good)
    (change,) = desk.looks(1.0)
    assert change.mended
    desk.save(b"[")
    desk.looks(1.0)
    desk.save(desk.edited())
    (change,) = desk.looks(1.0)
    assert change.level is not None


def test_other_errors_replace_the_first(desk: Desk) -> None:
    desk.save(b"{")
    desk.looks(1.0)
    desk.save(desk.edited(x=4).replace(b'"eliminate"', b'"x"').replace(b'"height": 12', b'"height": 11'))
    (change,) = desk.looks(1.0)
    assert "E005" not in {problem.code for problem in change.problems}


def test_a_file_that_vanishes_for_a_moment_is_no_error(desk: Desk) -> None:
    good = desk.path.read_bytes()
    desk.path.unlink()
    assert desk.looks(GONE - 0.3) == []
    desk.path.write_bytes(good)
    assert desk.looks(1.0) == []
    desk.path.unlink()
    (change,) = desk.looks(GONE + 1.0)
    assert "no such file" in str(change.problems[0])


def test_saving_the_same_bytes_is_no_change(desk: Desk) -> None:
    data = desk.path.read_bytes()
    desk.save(data)
    os.utime(desk.path, ns=(1, 1))
    desk.path.write_bytes(data)
    assert desk.looks(1.0) == []
    desk.save(desk.edited())
    desk.save(desk.edited())  # twice
    assert len(desk.looks(1.0)) == 1


def test_a_tileset_that_changes_changes_the_level(desk: Desk) -> None:
    desk.tileset.write_bytes(desk.tileset.read_bytes().replace(b'"brick"', b'"water"'))
    (change,) = desk.looks(1.0)
    assert change.level is not None
    assert change.level.digest != starter_level("canyon").digest
    desk.tileset.write_bytes(b"{")
    (change,) = desk.looks(1.0)
    assert change.problems
    assert change.level is None


def test_a_tileset_that_was_missing_counts_when_it_comes(desk: Desk) -> None:
    desk.tileset.unlink()
    (change,) = desk.looks(1.0)  # the game's own is used, with a note
    assert [problem.code for problem in change.problems] == ["N203"]
    changed = starter_files("canyon")["bankshot.tsj"].replace(b'"brick"', b'"water"')
    desk.tileset.write_bytes(changed)
    (change,) = desk.looks(1.0)
    assert change.level is not None
    assert change.problems == ()


def test_a_tileset_that_the_level_comes_to_name_is_watched(desk: Desk) -> None:
    data = json.loads(desk.edited())
    data["tilesets"].append({"firstgid": 500, "source": "mine.tsj"})
    (desk.path.parent / "mine.tsj").write_text('{"tilecount": 1, "tiles": [{"id": 0, "type": "wall"}]}')
    data["layers"][0]["data"][0] = 500
    desk.save(json.dumps(data).encode())
    (change,) = desk.looks(1.0)
    assert change.level is not None
    assert change.level.arena.tiles[0, 0] == 1
    (desk.path.parent / "mine.tsj").write_text('{"tilecount": 1, "tiles": [{"id": 0, "type": "water"}]}')
    (change,) = desk.looks(1.0)
    assert change.level is not None
    assert change.level.arena.tiles[0, 0] != 1


def test_a_change_between_the_list_and_the_match_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "canyon.tmj"
    path.write_bytes(starter_files("canyon")["canyon.tmj"])
    level = read_level(path)
    path.write_bytes(write_level(replace(level, title=replace(level.title, en="Gorge"))))
    change = WatchedLevel(path, level).look()
    assert change is not None
    assert change.level is not None


def test_a_brain_that_nobody_has_is_a_warning(desk: Desk) -> None:
    level = starter_level("canyon")
    roster = (level.roster[0], replace(level.roster[1], brain="huntr"))
    desk.save(write_level(replace(level, roster=roster)))
    (change,) = desk.looks(1.0)
    assert [problem.code for problem in change.problems] == ["W117"]


def test_a_change_while_the_file_is_read_is_seen_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    read: Callable[..., object] = WatchedLevel._read
    late = iter([desk.edited("Later", 5)])

    def slow(watched: WatchedLevel) -> object:
        found = read(watched)
        for data in late:
            desk.save(data)
        return found

    monkeypatch.setattr(WatchedLevel, "_read", slow)
    desk.save(desk.edited("Sooner", 4))
    titles = [change.level.title.en for change in desk.looks(1.0) if change.level is not None]
    assert titles == ["Later"]


TILED = shutil.which("tiled")


@pytest.mark.service
@pytest.mark.skipif(TILED is None, reason="needs Tiled: Debian's package tiled, or mapeditor.org")
def test_tiled_itself_saves_without_a_false_alarm(tmp_path: Path) -> None:
    """Looked at all the time while Tiled writes it three times over, a file is never told to be broken."""
    assert TILED is not None
    desk = Desk(tmp_path)
    told: list[LevelFileChange] = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            change = desk.look(0.0005)
            told.extend([change] if change is not None else [])

    looking = threading.Thread(target=look)
    looking.start()
    draft = tmp_path / "draft.tmj"
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)}
    for x in (3, 4, 5):
        draft.write_bytes(desk.edited(x=x))
        command = [TILED, "--export-map", "json", str(draft), str(desk.path)]
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    over.set()
    looking.join()
    last = desk.look(1.0)
    told.extend([last] if last is not None else [])
    assert [change.level.arena.spawns[0].x if change.level else change.problems for change in told] == [
        3,
        4,
        5,
    ]
