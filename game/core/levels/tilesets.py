"""Reads Tiled tilesets: the class of each tile. Image paths are checked, but images are never opened.

External tilesets must be inside the level's folder; the game's tileset is always available.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Final

from game.core.levels.beside import LevelFolder, is_local, named_within, parse_tiled_file
from game.core.levels.node import Located, Node, Props, line_of
from game.core.levels.problems import Findings, Location, Place, Problem, quoted, say
from game.core.levels.reads import record_read
from safefiles.messages import Message

SHARED_TILESET: Final = Path(__file__).resolve().parent / "tileset" / "bankshot.tsj"
MAX_TILESETS: Final = 16
MAX_TILES: Final = 4096  # per tileset

FLIPPED_X: Final = 0x80000000
FLIPPED_Y: Final = 0x40000000
GID_MASK: Final = 0x0FFFFFFF  # gid without Tiled's four flip flags
MAX_GID: Final = 0xFFFFFFFF
_OWN_NAMES: Final = (SHARED_TILESET.name, f"{SHARED_TILESET.stem}.tsx")  # in both Tiled formats


@dataclass(frozen=True)
class TileInfo:
    """The data of one tile of a tileset that a level needs."""

    tile_class: str  # empty: none given
    properties: Props


@dataclass(frozen=True)
class Tileset:
    """Tiles 0 to count - 1; those without an entry in `tiles` have no class; `alignment` is that of tile objects."""

    count: int
    tiles: dict[int, TileInfo]
    alignment: str = "unspecified"
    size: tuple[int, int] = (0, 0)  # of a tile, pixels; 0: not given
    offset: tuple[float, float] = (0.0, 0.0)  # offset in pixels at which Tiled draws each tile


@dataclass
class _Entry:
    """A tileset of a map: its data as far as they could be read, and its problems."""

    first: int  # gid of its first tile
    tileset: Tileset | None  # None: it could not be read
    place: Place
    name: str | Message  # its name in messages
    problems: tuple[Problem, ...] = ()  # not empty: broken, reported as errors if a tile of it is used
    used: bool = False


NO_INFO: Final = TileInfo("", {})
LOST: Final = TileInfo("", {})  # stands for a tile whose tileset cannot be read; compared by identity


class TileTable:
    """All tiles of a map by global id (gid)."""

    def __init__(self) -> None:
        self._sets: list[_Entry] = []
        self._lost = False  # whether a tileset could not be read

    def add(self, entry: _Entry, findings: Findings) -> None:
        """Add a tileset with its ids, beginning with its first; overlapping ids are a problem."""
        for other in self._sets:
            if entry.tileset is None or other.tileset is None:
                continue
            low = max(entry.first, other.first)
            high = min(entry.first + entry.tileset.count, other.first + other.tileset.count) - 1
            if low <= high:
                findings.add("E028", entry.place, low=low, high=high)
        self._sets.append(entry)
        self._lost = self._lost or entry.tileset is None

    def find(self, gid: int) -> TileInfo | None:
        """Return a tile's data, LOST if its tileset cannot be read, None if no tileset has it.

        Flip flags must be masked off.
        """
        found = self._find(gid)
        if found is None:
            return None
        found.used = True
        if found.tileset is None:
            return LOST
        return found.tileset.tiles.get(gid - found.first, LOST if found.problems else NO_INFO)

    def class_of(self, gid: int) -> str:
        """Return a tile's class without marking it as used; empty if it has none or it is not known."""
        found = self._find(gid)
        tileset = found.tileset if found is not None else None
        return (
            ""
            if found is None or tileset is None
            else tileset.tiles.get(gid - found.first, NO_INFO).tile_class
        )

    def gid_of(self, tile_class: str, values: Mapping[str, Any] = MappingProxyType({})) -> int:
        """Return the gid of the first tile of a class with these property values; 0 if there is none."""
        for entry in self._sets:
            for number, info in entry.tileset.tiles.items() if entry.tileset is not None else ():
                held = {name: prop.value for name, prop in info.properties.items()}
                if info.tile_class == tile_class and all(held.get(name) == values[name] for name in values):
                    return entry.first + number
        return 0

    @property
    def end(self) -> int:
        """The first id after those of all tilesets."""
        return max(
            (entry.first + (entry.tileset.count if entry.tileset else 1) for entry in self._sets), default=1
        )

    def alignment(self, gid: int) -> str:
        """Return the object alignment of a tile's tileset."""
        found = self._find(gid)
        return "unspecified" if found is None or found.tileset is None else found.tileset.alignment

    def size(self, gid: int) -> tuple[int, int]:
        """Return width and height of a tile, pixels; 0 if not known."""
        found = self._find(gid)
        return (0, 0) if found is None or found.tileset is None else found.tileset.size

    def offset(self, gid: int) -> tuple[float, float]:
        """Return the offset in pixels at which Tiled draws a tile."""
        found = self._find(gid)
        return (0.0, 0.0) if found is None or found.tileset is None else found.tileset.offset

    @property
    def has_lost(self) -> bool:
        """Return whether an unknown tile of a broken tileset is used."""
        return any(entry.used and entry.problems for entry in self._sets)

    def _find(self, gid: int) -> _Entry | None:
        for entry in self._sets:
            if entry.tileset is not None and entry.first <= gid < entry.first + entry.tileset.count:
                return entry
        # The size of a lost tileset is not known: it gets all ids up to the next tileset's.
        below = [entry for entry in self._sets if entry.first <= gid] if self._lost else []
        last = max(below, key=lambda entry: entry.first, default=None)
        return last if last is not None and last.tileset is None else None

    def report_broken(self, findings: Findings, *, all_used: bool) -> None:
        """Report the broken tilesets: their errors if one of their tiles is used, otherwise a warning for each."""
        for entry in self._sets:
            if not entry.problems:
                continue
            if entry.used or all_used:
                findings.extend(entry.problems)
                continue
            first = entry.problems[0]
            findings.add("W112", entry.place, found=entry.name, why=first.wording)


def read_tilesets(
    nodes: list[Node], level_folder: LevelFolder, findings: Findings, base: Path | None = None
) -> TileTable:
    """Return the tiles of the tilesets of a map, or of a template in the folder `base`.

    `TileTable.report_broken` reports the problems of single tilesets, when it is known which are used.
    """
    table = TileTable()
    for node in nodes:
        first = node.integer("firstgid", 1, GID_MASK)
        source = node.text("source", "")
        if first is None or source is None:
            continue
        inner = Findings(findings.file, findings.path)
        if source:
            tileset = _read_external(source, node.place("source"), level_folder, inner, base)
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
    _modernise(node)
    for tile in node.nodes("tiles", MAX_TILES, "tiles"):
        number = tile.integer("id", 0, MAX_TILES - 1)
        if number is None:
            continue
        if number in tiles:
            node.findings.add("E034", tile.where, found=number)
        tile_class = tile.text("class", "") or tile.text("type", "")  # `class` in Tiled 1.9
        if tile_class is not None:
            tiles[number] = TileInfo(tile_class, tile.properties(tile_class))
    width, height = (node.data.get(key) for key in ("tilewidth", "tileheight"))
    size = (width, height) if type(width) is int and type(height) is int else (0, 0)
    # Tilesets made of single images may have gaps in their ids.
    return Tileset(max(count, max(tiles, default=-1) + 1), tiles, alignment, size, _offset(node))


def _offset(node: Node) -> tuple[float, float]:
    aside = node.data.get("tileoffset")
    if not isinstance(aside, dict):
        return 0.0, 0.0
    inner = Node(aside, node.where.inside("tileoffset", line_of(aside)), node.findings)
    return inner.number("x", 0.0) or 0.0, inner.number("y", 0.0) or 0.0


def _modernise(node: Node) -> None:
    """Convert the tiles of Tiled 1.0 and 1.1, objects by their ids, into the list of later versions."""
    tiles, properties = node.data.get("tiles"), node.data.pop("tileproperties", None)
    if not isinstance(tiles, dict) and not isinstance(properties, dict):
        return
    listed: dict[str, Located] = {}
    for old in (tiles, properties):
        for key, value in old.items() if isinstance(old, dict) else ():
            number = int(key) if key.isascii() and key.isdigit() and len(key) < 10 else key
            entry = listed.setdefault(key, Located.at(getattr(value, "line", 0)))
            entry["id"] = number
            if old is properties:
                entry["properties"] = value
            elif isinstance(value, dict):
                entry |= {name: each for name, each in value.items() if name != "id"}
    others = tiles if isinstance(tiles, list) else []
    node.data["tiles"] = [*others, *listed.values()]


def _check_image(node: Node) -> None:
    image = node.text("image", "")
    if image and not is_local(image):
        node.findings.add("W109", node.place("image"), found=quoted(image))


def _read_external(
    source: str, where: Place, level_folder: LevelFolder, findings: Findings, base: Path | None
) -> Tileset | None:
    ours = PurePosixPath(source).name in _OWN_NAMES
    path = _resolve(source, level_folder, base)
    if path is None and not ours:
        findings.add("E026", where, what=say("a_tileset"), found=quoted(source))
        return None
    if path == SHARED_TILESET:
        return shared_tileset()
    if ours and (path is None or not _is_there(path)):
        if level_folder.has_folder:
            findings.add("N203", where)
        if path is not None:
            record_read(path, None)  # if the file appears, the level is a different one
        return shared_tileset()
    assert path is not None  # ours is not, and the rest has been refused
    inner = Findings(findings.file, findings.path)
    value = level_folder.document(path, "tileset", inner)
    if value is None:
        findings.extend(
            Problem(found.code, found.file, found.place if found.where else where, found.args, found.path)
            for found in inner.problems()
        )
        return None
    content = Findings(findings.file, findings.path)
    tileset = read_tileset(Node(value, Location(line=line_of(value)), content))
    named_within(findings, content, path)
    return tileset


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return True  # a file that cannot be accessed is reported when it is read


def _resolve(source: str, level_folder: LevelFolder, base: Path | None) -> Path | None:
    """Return the file of a tileset path, None if a level must not read it."""
    path = level_folder.resolve(source, base)
    if path is not None or level_folder.home is None or "\0" in source:
        return path
    try:
        far = ((base or level_folder.home) / source).resolve()
    except (OSError, RuntimeError, ValueError):
        return None
    return far if far == SHARED_TILESET else None


@lru_cache(maxsize=1)
def shared_tileset() -> Tileset:
    """Return the game's own tileset."""
    findings = Findings(SHARED_TILESET.name)
    value = parse_tiled_file(SHARED_TILESET.read_bytes(), findings)
    tileset = read_tileset(Node(value, "", findings)) if value is not None else None
    findings.raise_if_broken()
    assert tileset is not None  # a function that returns None has added a problem
    return tileset
