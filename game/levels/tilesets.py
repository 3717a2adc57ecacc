"""Reads Tiled tilesets: what class each tile has. Images are named, never opened.

External tilesets may only lie in the level's own folder; the game's tileset is found from everywhere.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from game.levels.node import Node
from game.levels.problems import Findings, hint, label, quoted
from game.levels.safe_json import parse_json, read_bounded

SHARED_TILESET: Final = Path(__file__).resolve().parent / "tileset" / "bankshot.tsj"
MAX_TILESETS: Final = 16
MAX_TILES: Final = 4096  # of one tileset

FLIPPED_X: Final = 0x80000000
FLIPPED_Y: Final = 0x40000000
GID_MASK: Final = 0x0FFFFFFF  # what Tiled's four flip flags leave
MAX_GID: Final = 0xFFFFFFFF


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


NO_INFO: Final = TileInfo("", {})


class TileTable:
    """All tiles of a map by global id (gid)."""

    def __init__(self) -> None:
        self._sets: list[tuple[int, Tileset]] = []

    def add(self, first: int, tileset: Tileset, where: str, findings: Findings) -> None:
        """Give a tileset the ids from `first` on; overlapping ids are a problem."""
        for other_first, other in self._sets:
            low, high = max(first, other_first), min(first + tileset.count, other_first + other.count) - 1
            if low <= high:
                findings.add("E028", where, low=low, high=high)
        self._sets.append((first, tileset))

    def find(self, gid: int) -> TileInfo | None:
        """Return a tile's information, None when no tileset has it. Flip flags must be masked off."""
        found = self._find(gid)
        return None if found is None else found[0].tiles.get(found[1], NO_INFO)

    def alignment(self, gid: int) -> str:
        """Return the object alignment of a tile's set."""
        found = self._find(gid)
        return "unspecified" if found is None else found[0].alignment

    def _find(self, gid: int) -> tuple[Tileset, int] | None:
        for first, tileset in self._sets:
            if first <= gid < first + tileset.count:
                return tileset, gid - first
        return None

    def hint(self, gid: int) -> str:
        """Return the id of a known tile whose digits resemble `gid`, empty when there is none."""
        known = [str(first + tile) for first, tileset in self._sets for tile in list(tileset.tiles)[:100]]
        return hint(str(gid), known[:400])


def read_tilesets(nodes: list[Node], folder: Path | None, findings: Findings) -> TileTable:
    """Return the tiles of a map's tilesets; `folder` is the map's, None: only inline and shared sets."""
    table = TileTable()
    for node in nodes:
        first = node.integer("firstgid", 1, GID_MASK)
        source = node.text("source", "")
        if first is None or source is None:
            continue
        tileset = (
            _read_external(source, node.place("source"), folder, findings) if source else read_tileset(node)
        )
        if tileset is not None:
            table.add(first, tileset, node.where, findings)
    return table


def read_tileset(node: Node) -> Tileset | None:
    """Return the tileset of a JSON object; None after adding a problem."""
    count = node.integer("tilecount", 0, MAX_TILES, " tiles")
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


def _read_external(source: str, where: str, folder: Path | None, findings: Findings) -> Tileset | None:
    if source.lower().endswith(".tsx"):
        findings.add("E029", where, found=quoted(source))
        return None
    path = _resolve(source, folder)
    if path is None or (not path.exists() and path.name == SHARED_TILESET.name):
        if PurePosixPath(source).name != SHARED_TILESET.name:
            findings.add("E026", where, found=quoted(source))
            return None
        if folder is not None:
            findings.add("N203", where)
        path = SHARED_TILESET
    if path == SHARED_TILESET:
        return shared_tileset()
    inner = Findings(label(path.name))
    tileset = _load(path, inner)
    findings.extend(inner.problems())
    return tileset


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


def _load(path: Path, findings: Findings) -> Tileset | None:
    data = read_bounded(path, findings, "E027")
    value = None if data is None else parse_json(data, findings, "E029")
    if value is None:
        return None
    if not isinstance(value, dict):
        findings.add("E010", expected="an object", found=quoted(value))
        return None
    return read_tileset(Node(value, "", findings))


@lru_cache(maxsize=1)
def shared_tileset() -> Tileset:
    """Return the game's own tileset."""
    findings = Findings(SHARED_TILESET.name)
    tileset = _load(SHARED_TILESET, findings)
    findings.raise_if_broken()
    assert tileset is not None  # _load adds a problem whenever it returns None
    return tileset
