"""Decodes the cells of a Tiled tile layer without ever unpacking more than the layer has room for."""

import base64
import binascii
import struct
import zlib
from typing import Any, Final

from game.core.levels.node import Node
from game.core.levels.problems import quoted, say
from game.core.levels.tilesets import MAX_GID
from safefiles.causes import parser_message
from safefiles.messages import Message

_WINDOW_BITS: Final = {"zlib": zlib.MAX_WBITS, "gzip": zlib.MAX_WBITS | 16}


def read_gids(node: Node, width: int, height: int) -> list[int] | None:
    """Return the gids of a tile layer row by row, flip flags included; None after adding a problem."""
    encoding = node.text("encoding", "csv")
    compression = node.text("compression", "")
    if encoding is None or compression is None:
        return None
    if encoding == "csv":
        return _from_list(node, width, height)
    if encoding != "base64":
        node.findings.add(
            "E015", node.place("encoding"), expected="csv, base64", found=quoted(encoding), hint=""
        )
        return None
    if compression == "zstd":
        node.findings.add("E022", node.where)
        return None
    if compression and compression not in _WINDOW_BITS:
        node.findings.add(
            "E015", node.place("compression"), expected="zlib, gzip", found=quoted(compression), hint=""
        )
        return None
    return _from_base64(node, compression, width, height)


def _from_list(node: Node, width: int, height: int) -> list[int] | None:
    cells = node.items("data")
    if cells is None:
        return None
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
        place = cell_place(str(node.where), places[0], width)
        node.findings.add("E025", place, found=found, more=len(places) - 1)
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
        unpacker = zlib.decompressobj(_WINDOW_BITS[compression])
        try:
            raw = unpacker.decompress(packed, expected + 1)
        except zlib.error as error:
            node.findings.add(
                "E021",
                node.place("data"),
                compression=compression,
                expected=expected,
                found=say("damaged_data", why=parser_message(error).cut(80)),
            )
            return None
        if len(raw) > expected or not unpacker.eof:
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


def cell_place(layer: str, cell: int, width: int) -> str:
    """Return how messages name a cell of a layer."""
    return f"{layer} ({cell % width},{cell // width})"
