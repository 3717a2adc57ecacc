"""What was read of level files is kept by content: the same level comes back, and nothing stale or damaged does."""

import dataclasses
import json
import os
import random
from pathlib import Path

import pytest

from game.core.levels.catalogue import LevelEntry, list_folder, new_level
from game.core.levels.generator import generate
from game.core.levels.model import arena_digest
from game.core.levels.starter import support_files
from game.core.levels.writer import write_level
from game.player import level_cache
from game.player.level_cache import NAME, YOUNG, LevelCache
from tests.core.levels.hostile import sound_map

LATER = 10 * YOUNG


class Shelf:
    """A folder of levels, the cache beside it, and a clock that runs ahead, so that no file is young."""

    def __init__(self, root: Path) -> None:
        self.levels, self.cache = root / "levels", root / "cache"
        self.levels.mkdir(parents=True)
        for name, data in support_files().items():
            (self.levels / name).write_bytes(data)
        self.ahead = LATER

    def write(self, name: str, data: bytes) -> Path:
        path = self.levels / name
        path.write_bytes(data)
        return path

    def open(self) -> LevelCache:
        return LevelCache(self.cache, clock=lambda: level_cache.time.time_ns() + self.ahead)

    def fill(self, *paths: Path) -> LevelCache:
        """Read the files in one run and open the cache in the next."""
        first = self.open()
        for path in paths:
            first.read(path, path.stem)
        first.save(paths)
        return self.open()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


CELLS = [
    {"id": 200 + n, "x": 900, "y": 5, "type": "cell", "point": True, "name": f"far {n}"} for n in range(70)
]
BROKEN = {  # of each kind of message: nested ones, places, hints, more than are listed
    "endless": {"infinite": True},
    "small": {"width": 3},
    "typo": {"properties": [{"name": "objective", "type": "string", "value": "defnd"}]},
    "far": {"layers": [*sound_map()["layers"], {"type": "objectgroup", "name": "众", "objects": CELLS}]},
    "empty": {"layers": []},
    "odd": {"layers": [{**layer, "visible": False, "offsetx": 3} for layer in sound_map()["layers"]]},
    "lost": {"tilesets": [{"firstgid": 1, "source": "gone.tsj"}]},
}


def same(one: LevelEntry, other: LevelEntry) -> None:
    """Assert that two lines are the same to the last text, in both languages."""
    assert (one.name, one.path, one.builtin, one.problems) == (
        other.name,
        other.path,
        other.builtin,
        other.problems,
    )
    for language in ("en", "zh"):
        assert [p.line(language) for p in one.problems] == [p.line(language) for p in other.problems]
    if one.level is None or other.level is None:
        assert one.level is other.level
        return
    for field in dataclasses.fields(one.level):
        if field.name != "arena":
            assert getattr(one.level, field.name) == getattr(other.level, field.name), field.name
    assert [plan.where for plan in one.level.roster] == [plan.where for plan in other.level.roster]
    assert one.level.digest == arena_digest(one.level.arena) == other.level.digest
    assert repr(one.level.arena) == repr(other.level.arena)
    assert not one.level.arena.tiles.flags.writeable


def test_the_very_same_levels_come_back(shelf: Shelf) -> None:
    for seed in range(12):
        shelf.write(f"level_{seed}.tmj", write_level(generate(seed)))
    text = write_level(generate(3)).decode()
    shelf.write(
        "noted.tmj", text.replace('"objective"', '"Objective"').replace('"licence"', '"license"').encode()
    )
    for name, changes in BROKEN.items():
        shelf.write(f"{name}.tmj", json.dumps({**sound_map(), **changes}).encode())
    shelf.write("half.tmj", text[:500].encode())
    read = {entry.path: entry for entry in list_folder(shelf.levels)}
    first = shelf.open()
    for path, entry in read.items():
        same(first.read(path, entry.name), entry)
    first.save(read)
    cache = shelf.open()
    known = {path: cache.known(path, entry.name) for path, entry in read.items()}
    found = {path: entry for path, entry in known.items() if entry is not None}
    assert len(found) == len(read) > 20
    assert sum(entry.level is not None for entry in found.values()) >= 13
    for path, entry in found.items():
        same(entry, read[path])


def test_a_file_that_changes_is_read_again(shelf: Shelf) -> None:
    path = shelf.write("a.tmj", write_level(generate(1)))
    cache = shelf.fill(path)
    assert cache.known(path, "a") is not None
    assert cache.known(path, "user/a") is None
    path.write_bytes(write_level(generate(2)))
    assert cache.known(path, "a") is None
    level = cache.read(path, "a").level
    assert level is not None
    assert level.digest == generate(2).digest
    path.unlink()
    assert cache.known(path, "a") is None
    assert cache.read(path, "a").level is None


def test_a_tileset_that_changes_changes_the_level_while_the_map_does_not(shelf: Shelf) -> None:
    path = shelf.write("a.tmj", write_level(generate(1)))
    cache = shelf.fill(path)
    tileset = shelf.levels / "bankshot.tsj"
    tileset.write_bytes(tileset.read_bytes().replace(b'"wall"', b'"brick"'))
    assert cache.known(path, "a") is None
    level = cache.read(path, "a").level
    assert level is not None
    assert level.digest != generate(1).digest
    cache = shelf.fill(path)
    tileset.unlink()  # the game's own is used
    assert cache.known(path, "a") is None
    assert [problem.code for problem in cache.read(path, "a").problems] == ["N203"]
    cache = shelf.fill(path)
    assert cache.known(path, "a") is not None
    tileset.write_bytes(support_files()["bankshot.tsj"])  # a file that was missing comes
    assert cache.known(path, "a") is None


def test_the_same_bytes_are_known_whatever_their_stamp(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shelf.write("a.tmj", write_level(generate(1)))
    cache = shelf.fill(path)
    os.utime(path, ns=(1, 1))
    assert cache.known(path, "a") is None
    monkeypatch.setattr(level_cache, "read_entry", None)  # nothing is parsed
    assert cache.read(path, "a").level is not None
    assert cache.known(path, "a") is not None


def test_a_file_that_was_changed_just_before_is_not_trusted_by_its_stamp(shelf: Shelf) -> None:
    path = shelf.write("a.tmj", write_level(generate(1)))
    shelf.ahead = 0
    cache = shelf.fill(path)
    assert cache.known(path, "a") is None
    stamp = path.stat()
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"mood"', b'"moof"'))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert cache.read(path, "a").problems
    shelf.ahead = LATER
    assert shelf.fill(path).known(path, "a") is not None


def test_a_change_whose_time_is_set_back_is_seen(shelf: Shelf) -> None:
    path = shelf.write("a.tmj", write_level(generate(1)))
    cache = shelf.fill(path)
    stamp = path.stat()
    path.write_bytes(path.read_bytes().replace(b'"mood"', b'"moof"'))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert path.stat().st_size == stamp.st_size
    assert cache.known(path, "a") is None


def test_a_damaged_cache_is_no_cache(shelf: Shelf) -> None:
    path = shelf.write("a.tmj", write_level(generate(1)))
    assert shelf.fill(path).known(path, "a") is not None
    file = shelf.cache / NAME
    whole = file.read_bytes()
    dice = random.Random(7)
    for _ in range(60):
        spoilt = bytearray(whole)
        spoilt[dice.randrange(len(spoilt))] ^= 1 << dice.randrange(8)
        file.write_bytes(spoilt)
        assert shelf.open().known(path, "a") is None
    for junk in (b"", whole[:-1], whole[:100], b"{}", bytes(range(256))):
        file.write_bytes(junk)
        assert shelf.open().known(path, "a") is None
    file.write_bytes(whole)
    assert shelf.open().known(path, "a") is not None
    file.unlink()
    file.mkdir()
    cache = shelf.fill(path)  # cannot be written: no harm
    assert cache.known(path, "a") is None
    assert cache.read(path, "a").level is not None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("spawns", [[99, 1, 0, 0, 1]]), ("spawns", [[1, 1, 9, 0, 1]]), ("spawns", [[1, 1, 0, 7, 1]]), ("spawns", []),
        ("spawns", "x"), ("tiles", "z" * 64), ("tiles", ""), ("width", 0), ("width", "8"), ("pickups", [[1, 1, 50]]),
        ("cells", [[-1, 0]]), ("portals", [[[0, 0], [64, 64]]]), ("arena", [9, 1, 1, 1]), ("arena", [0, 0, 0, 1]), ("roster", []),
        ("roster", [[True, "", ["x", "levels.nowhere", {}]]] * 2), ("roster", [[True, "", ["x", "levels.object", {}]]] * 2),
        ("title", "T"), ("numbers", [1]),
    ],
)  # fmt: skip
def test_data_that_kernels_or_screens_could_not_take_is_refused(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, key: str, value: object
) -> None:
    """Even with a right checksum."""
    path = shelf.write("a.tmj", write_level(generate(1)))
    shelf.fill(path)
    file = shelf.cache / NAME
    rows = json.loads(file.read_bytes().partition(b"\n")[2])
    again = json.dumps(rows).encode()
    file.write_bytes(level_cache._head(again) + again)
    assert shelf.open().known(path, "a") is not None
    rows[0][3][key] = value
    body = json.dumps(rows).encode()
    file.write_bytes(level_cache._head(body) + body)
    assert shelf.open().known(path, "a") is None


def test_another_build_begins_anew(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shelf.write("a.tmj", write_level(generate(1)))
    shelf.fill(path)
    monkeypatch.setattr(level_cache, "_reader", lambda: "1.0 another")
    assert shelf.open().known(path, "a") is None


def test_the_file_is_bounded_and_forgets_what_is_gone(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [shelf.write(f"{n}.tmj", write_level(generate(n))) for n in range(6)]
    shelf.fill(*paths)
    size = (shelf.cache / NAME).stat().st_size
    cache = shelf.open()
    cache.save(paths[:3])
    assert (shelf.cache / NAME).stat().st_size < 0.7 * size
    monkeypatch.setattr(level_cache, "MOST_BYTES", 3 * size // 4)
    cache = shelf.fill(*paths)
    assert (shelf.cache / NAME).stat().st_size <= 3 * size // 4
    assert 1 < sum(cache.known(path, path.stem) is not None for path in paths) < 6


def test_nothing_is_written_where_nothing_is_new(shelf: Shelf) -> None:
    path = shelf.write("a.tmj", write_level(generate(1)))
    cache = shelf.fill(path)
    stamp = (shelf.cache / NAME).stat().st_mtime_ns
    cache.known(path, "a")
    cache.save([path])
    assert (shelf.cache / NAME).stat().st_mtime_ns == stamp


def test_a_level_whose_tileset_lies_outside_is_never_kept(shelf: Shelf, tmp_path: Path) -> None:
    """Where a link leads no stamp shows."""
    outside = tmp_path / "outside.tsj"
    outside.write_bytes(support_files()["bankshot.tsj"])
    (shelf.levels / "linked.tsj").symlink_to(outside)
    path = shelf.write("a.tmj", write_level(generate(1), "linked.tsj"))
    cache = shelf.open()
    assert cache.read(path, "a").level is None
    (shelf.levels / "linked.tsj").unlink()
    (shelf.levels / "linked.tsj").write_bytes(outside.read_bytes())
    assert cache.known(path, "a") is None
    assert cache.read(path, "a").level is not None


def test_without_a_folder_it_remembers_for_the_process(shelf: Shelf) -> None:
    path = new_level(shelf.levels, "mine")[0]
    cache = LevelCache(None, clock=lambda: level_cache.time.time_ns() + LATER)
    entry = cache.read(path, "mine")
    cache.save([path])
    assert cache.known(path, "mine") is entry
    assert cache.last(path, "mine") is entry


def test_the_brains_that_a_broken_level_names_are_kept(shelf: Shelf) -> None:
    data = sound_map() | {"width": 3}
    data["layers"][1]["objects"][0]["properties"] = [{"name": "brain", "value": "marksmen"}]
    path = shelf.write("bad.tmj", json.dumps(data).encode())
    again = shelf.fill(path).read(path, "bad")
    assert again.level is None
    assert [brain for brain, _where in again.brains] == ["marksmen"]
    (fresh,) = list_folder(shelf.levels)
    assert [where for _brain, where in again.brains] == [where for _brain, where in fresh.brains]
