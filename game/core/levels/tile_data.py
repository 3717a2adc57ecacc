"""Decodes the cells of a Tiled tile layer; it never unpacks more than the layer can hold."""

import base64
import binascii
import struct
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from game.core.levels.node import Node
from game.core.levels.problems import Location, quoted, say
from game.core.levels.tilesets import MAX_GID
from safefiles.causes import parser_message
from safefiles.messages import Message

try:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
except ImportError:  # Python was built without it: such layers are refused, all others are read
    HAS_ZSTD = False
else:
    HAS_ZSTD = True

MAX_CHUNKS: Final = 1024  # per layer
MAX_CHUNK_SIDE: Final = 256  # tiles
MAX_CELLS: Final = (
    1 << 16
)  # most cells of a layer that is read: too many to be played, but its other problems are reported
MAX_DISTANCE: Final = 1_000_000  # tiles from the origin of an infinite map
_WINDOW_BITS: Final = {"zlib": zlib.MAX_WBITS, "gzip": zlib.MAX_WBITS | 16}
_COMPRESSIONS: Final = (*_WINDOW_BITS, *(["zstd"] if HAS_ZSTD else []))
_ZSTD_WINDOW: Final = 23  # bits, 8 MB: the most memory that a frame may request


@dataclass(frozen=True)
class Block:
    """Cells of a layer row by row, flip flags included; x, y: its top left cell, as Tiled counts."""

    x: int
    y: int
    width: int
    gids: list[int]
    source: dict[str, Any] = field(default_factory=dict, compare=False)  # the layer or chunk that holds them


def read_blocks(layer: Node, width: int, height: int) -> list[Block] | None:
    """Return the cells of a tile layer of that size, or its chunks; None after adding a problem."""
    encoding = layer.text("encoding", "csv")
    compression = layer.text("compression", "")
    if encoding is None or compression is None:
        return None
    if encoding not in ("csv", "base64"):
        layer.findings.add(
            "E015", layer.place("encoding"), expected="csv, base64", found=quoted(encoding), hint=""
        )
        return None
    if encoding == "base64" and compression and compression not in _COMPRESSIONS:
        known = ", ".join(_COMPRESSIONS)
        layer.findings.add(
            "E015", layer.place("compression"), expected=known, found=quoted(compression), hint=""
        )
        return None
    if "chunks" in layer.data:
        return _chunks(layer, encoding, compression)
    gids = _read_gids(layer, encoding, compression, Block(0, 0, width, []), height)
    return None if gids is None else [Block(0, 0, width, gids, layer.data)]


def _chunks(layer: Node, encoding: str, compression: str) -> list[Block] | None:
    """Return the chunks of a layer of an infinite map."""
    errors, cells, found = layer.findings.errors, 0, []
    for node in layer.nodes("chunks", MAX_CHUNKS, "chunks"):
        x, y = (node.integer(key, -MAX_DISTANCE, MAX_DISTANCE, say("in_tiles")) for key in ("x", "y"))
        width, height = (node.integer(key, 1, MAX_CHUNK_SIDE, say("in_tiles")) for key in ("width", "height"))
        if x is None or y is None or width is None or height is None:
            continue
        cells += width * height
        if cells > MAX_CELLS:
            what, many = say("chunk_cells"), say("more_found")
            layer.findings.add("E016", layer.place("chunks"), limit=MAX_CELLS, what=what, found=many)
            return None
        node.where = node.where._replace(layer=layer.where.layer)
        gids = _read_gids(node, encoding, compression, Block(x, y, width, []), height)
        if gids is not None:
            found.append(Block(x, y, width, gids, node.data))
    return found if layer.findings.errors == errors else None


def _read_gids(node: Node, encoding: str, compression: str, block: Block, height: int) -> list[int] | None:
    if encoding == "csv":
        return _from_list(node, block, height)
    return _from_base64(node, compression, block.width, height)


def _from_list(node: Node, block: Block, height: int) -> list[int] | None:
    cells = node.items("data")
    if cells is None:
        return None
    width = block.width
    if len(cells) != width * height:
        node.findings.add(
            "E018", node.where, expected=width * height, width=width, height=height, found=len(cells)
        )
        return None
    bad = [n for n, cell in enumerate(cells) if not _is_gid(cell)]
    by_value: dict[str | Message, list[int]] = {}
    for n in bad:
        by_value.setdefault(quoted(cells[n]), []).append(n)
    for found, places in by_value.items():
        x, y = block.x + places[0] % width, block.y + places[0] // width
        node.findings.add("E025", cell_place(node.where, x, y), found=found, more=len(places) - 1)
    return None if bad else cells


def _is_gid(cell: Any) -> bool:
    return type(cell) is int and 0 <= cell <= MAX_GID


def _from_base64(node: Node, compression: str, width: int, height: int) -> list[int] | None:
    text = node.text("data")
    if text is None:
        return None
    expected = width * height * 4
    try:
        packed = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        node.findings.add("E020", node.place("data"), found=say("damaged", why=parser_message(error).cut(80)))
        return None
    raw = packed
    if compression:
        try:
            raw, whole = _unpacked(packed, compression, expected + 1)
        except zlib.error as error:
            node.findings.add(
                "E021",
                node.place("data"),
                compression=compression,
                expected=expected,
                found=say("damaged_data", why=parser_message(error).cut(80)),
            )
            return None
        if len(raw) > expected or not whole:
            cut = len(raw) < expected
            found = say("cut_data", count=len(raw)) if cut else say("more_found")
            node.findings.add(
                "E021", node.place("data"), compression=compression, expected=expected, found=found
            )
            return None
    if len(raw) != expected:
        kind = compression or say("unpacked")
        node.findings.add("E021", node.place("data"), compression=kind, expected=expected, found=len(raw))
        return None
    return list(struct.unpack(f"<{width * height}I", raw))


def _unpacked(packed: bytes, compression: str, most: int) -> tuple[bytes, bool]:
    """Return at most `limit` bytes of the unpacked data, and whether that is all. Raises zlib.error."""
    if compression == "zstd":
        limits = {int(zstd.DecompressionParameter.window_log_max): _ZSTD_WINDOW}
        frame = zstd.ZstdDecompressor(options=limits)
        try:
            return frame.decompress(packed, most), frame.eof
        except zstd.ZstdError as error:
            raise zlib.error(str(error)) from error
    unpacker = zlib.decompressobj(_WINDOW_BITS[compression])
    return unpacker.decompress(packed, most), unpacker.eof


def cell_place(layer: Location, x: int, y: int) -> Location:
    """Return the name of a cell of a layer in messages."""
    return layer._replace(text=f"{layer} ({x},{y})", x=x, y=y)


def packed_gids(gids: Sequence[int], encoding: str, compression: str) -> list[int] | str:
    """Return cells encoded and compressed for a layer: the inverse of `read_blocks`."""
    if encoding != "base64":
        return list(gids)
    raw = struct.pack(f"<{len(gids)}I", *gids)
    if compression == "zstd":
        raw = zstd.compress(raw)
    elif compression:
        packer = zlib.compressobj(wbits=_WINDOW_BITS[compression])
        raw = packer.compress(raw) + packer.flush()
    return base64.b64encode(raw).decode("ascii")
