"""Reads Tiled tilesets: what class each tile has. Images are named, never opened.

External tilesets may only lie in the level's own folder; the game's tileset is found from everywhere.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from game.core.levels.node import Node
from game.core.levels.problems import Findings, Place, Problem, label, quoted, say
from game.core.levels.safe_json import parse_json, read_bounded
from safefiles.messages import Message
from safefiles.text import shown

SHARED_TILESET: Final = Path(__file__).resolve().parent / "tileset" / "bankshot.tsj"
MAX_TILESETS: Final = 16
MAX_TILES: Final = 4096  # of one tileset

FLIPPED_X: Final = 0x80000000
FLIPPED_Y: Final = 0x40000000
GID_MASK: Final = 0x0FFFFFFF  # what Tiled's four flip flags leave
MAX_GID: Final = 0xFFFFFFFF
_MOST_PATH: Final = 160  # characters of a path that a message repeats: its beginning and its end


@dataclass(frozen=True)
class TileInfo:
    """What a level needs of one tile of a tileset."""

    tile_class: str  # empty: none given
    properties: dict[str, Any]


@dataclass(frozen=True)
class Tileset:
    """Tiles 0 to count - 1, without class where `tiles` has no entry; `alignment` is that of tile objects."""

    count: int
    tiles: dict[int, TileInfo]
    alignment: str = "unspecified"


@dataclass
class _Entry:
    """A tileset of a map: what could be read of it, and what is wrong with it."""

    first: int  # gid of its first tile
    tileset: Tileset | None  # None: nothing could be read
    place: Place
    name: str | Message  # as messages call it
    problems: tuple[Problem, ...] = ()  # not empty: broken, which matters where a tile of it is used
    used: bool = False


NO_INFO: Final = TileInfo("", {})
LOST: Final = TileInfo("", {})  # of a tile whose tileset cannot be read, told apart by identity


class TileTable:
    """All tiles of a map by global id (gid)."""

    def __init__(self) -> None:
        self._sets: list[_Entry] = []

    def add(self, entry: _Entry, findings: Findings) -> None:
        """Give a tileset the ids from its first on; overlapping ids are a problem."""
        for other in self._sets:
            if entry.tileset is None or other.tileset is None:
                continue
            low = max(entry.first, other.first)
            high = min(entry.first + entry.tileset.count, other.first + other.tileset.count) - 1
            if low <= high:
                findings.add("E028", entry.place, low=low, high=high)
        self._sets.append(entry)

    def find(self, gid: int) -> TileInfo | None:
        """Return a tile's information, LOST where its tileset cannot be read, None when no tileset has it.

        Flip flags must be masked off.
        """
        found = self._find(gid)
        if found is None:
            return None
        found.used = True
        if found.tileset is None:
            return LOST
        return found.tileset.tiles.get(gid - found.first, LOST if found.problems else NO_INFO)

    def alignment(self, gid: int) -> str:
        """Return the object alignment of a tile's set."""
        found = self._find(gid)
        return "unspecified" if found is None or found.tileset is None else found.tileset.alignment

    def _find(self, gid: int) -> _Entry | None:
        for entry in self._sets:
            if entry.tileset is not None and entry.first <= gid < entry.first + entry.tileset.count:
                return entry
        # How many tiles a lost set had nobody knows: it has the ids up to the next set's.
        below = [entry for entry in self._sets if entry.first <= gid]
        last = max(below, key=lambda entry: entry.first, default=None)
        return last if last is not None and last.tileset is None else None

    def settle(self, findings: Findings, *, all_used: bool) -> None:
        """Tell of the broken tilesets: their errors where a tile of them is used, else a warning for each."""
        for entry in self._sets:
            if not entry.problems:
                continue
            if entry.used or all_used:
                findings.extend(entry.problems)
                continue
            first = entry.problems[0]
            findings.add("W112", entry.place, found=entry.name, why=first.said)


def read_tilesets(nodes: list[Node], folder: Path | None, findings: Findings) -> TileTable:
    """Return the tiles of a map's tilesets; `folder` is the map's, None: only inline and shared sets.

    What is wrong with a single set is told by `TileTable.settle`, when it is known which are used.
    """
    table = TileTable()
    for node in nodes:
        first = node.integer("firstgid", 1, GID_MASK)
        source = node.text("source", "")
        if first is None or source is None:
            continue
        inner = Findings(findings.file)
        if source:
            tileset = _read_external(source, node.place("source"), folder, inner)
            entry = _Entry(first, tileset, node.place("source"), quoted(source))
        else:
            tileset = read_tileset(Node(node.data, node.where, inner))
            entry = _Entry(first, tileset, node.where, quoted(node.data.get("name", "")))
        if inner.errors:
            entry.problems = inner.problems()
        else:
            findings.extend(inner.problems())
        table.add(entry, findings)
    return table


def read_tileset(node: Node) -> Tileset | None:
    """Return the tileset of a JSON object; None after adding a problem."""
    count = node.integer("tilecount", 0, MAX_TILES, say("in_tiles"))
    alignment = node.text("objectalignment", "unspecified")
    if count is None or alignment is None:
        return None
    _check_image(node)
    tiles: dict[int, TileInfo] = {}
    for tile in node.nodes("tiles", MAX_TILES, "tiles"):
        number = tile.integer("id", 0, MAX_TILES - 1)
        if number is None:
            continue
        if number in tiles:
            node.findings.add("E034", tile.where, found=number)
        tile_class = tile.text("class", "") or tile.text("type", "")  # `class` in Tiled 1.9
        if tile_class is not None:
            tiles[number] = TileInfo(tile_class, tile.properties())
    # Tilesets of single images may have gaps in their ids.
    return Tileset(max(count, max(tiles, default=-1) + 1), tiles, alignment)


def _check_image(node: Node) -> None:
    image = node.text("image", "")
    if image and not _is_local(image):
        node.findings.add("W109", node.place("image"), found=quoted(image))


def _is_local(source: str) -> bool:
    """Tell whether a path from a file is relative on every platform and stays below its folder."""
    windows = PureWindowsPath(source)
    parts = PurePosixPath(source).parts
    return not (windows.drive or windows.root or "\\" in source or "\0" in source or ".." in parts)


def _read_external(source: str, where: Place, folder: Path | None, findings: Findings) -> Tileset | None:
    if source.lower().endswith(".tsx"):
        findings.add("E029", where, found=quoted(source))
        return None
    ours = PurePosixPath(source).name == SHARED_TILESET.name
    path = _resolve(source, folder)
    if path is None and not ours:
        findings.add("E026", where, found=quoted(source))
        return None
    data = say("no_file") if path is None else b"" if path == SHARED_TILESET else read_bounded(path)
    if ours and data == say("no_file"):
        if folder is not None:
            findings.add("N203", where)
        path = SHARED_TILESET
    if path is None or path == SHARED_TILESET:
        return shared_tileset()
    if isinstance(data, Message):
        findings.add("E027", where, found=data, path=_ends_of(shown(path)))
        return None
    name = label(path.name)
    inner = Findings(findings.file)
    tileset = _parse(data, inner)
    findings.extend(
        Problem(found.code, found.file, f"{name} › {found.where}" if found.where else name, found.args)
        for found in inner.problems()
    )
    return tileset


def _ends_of(path: str) -> str:
    half = _MOST_PATH // 2
    return path if len(path) <= _MOST_PATH else f"{path[:half]}…{path[-half:]}"


def _resolve(source: str, folder: Path | None) -> Path | None:
    """Return the file that a tileset path means, None when it lies where a level must not look."""
    if folder is None or "\0" in source:
        return None
    try:
        home = folder.resolve()
        path = (home / source).resolve()
    except (OSError, RuntimeError, ValueError):
        return None
    if path == SHARED_TILESET:
        return path
    return path if _is_local(source) and path.is_relative_to(home) else None


def _parse(data: bytes, findings: Findings) -> Tileset | None:
    value = parse_json(data, findings, "E029")
    if isinstance(value, dict):
        return read_tileset(Node(value, "", findings))
    if not findings.errors:
        findings.add("E010", expected=say("object_value"), found=quoted(value))
    return None


@lru_cache(maxsize=1)
def shared_tileset() -> Tileset:
    """Return the game's own tileset."""
    findings = Findings(SHARED_TILESET.name)
    tileset = _parse(SHARED_TILESET.read_bytes(), findings)
    findings.raise_if_broken()
    assert tileset is not None  # _parse adds a problem whenever it returns None
    return tileset
