"""Packs the cells of a layer as Tiled does."""

import base64
import gzip
import struct
import zlib
from collections.abc import Sequence

from game.core.levels.tile_data import zstd


def packed(cells: Sequence[int], way: str) -> str:
    """Return gids as base64 text, compressed with zlib, gzip, zstd, or not at all."""
    raw = struct.pack(f"<{len(cells)}I", *cells)
    compress = {"zlib": zlib.compress, "gzip": gzip.compress, "zstd": zstd.compress}
    return base64.b64encode(compress[way](raw) if way else raw).decode()
