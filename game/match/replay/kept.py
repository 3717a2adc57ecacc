"""What a recorder keeps of a match while it runs: rows of small numbers in compressed chunks, within a bound."""

import zlib
from typing import Any, Final

import numpy as np

CHUNK: Final = 240  # rows that are compressed together: 4 seconds of play
LEVEL: Final = 6

Rows = np.ndarray[Any, np.dtype[Any]]


class CompressedRows:
    """Rows of `width` numbers. Full chunks are stored as compressed differences of neighbouring rows."""

    def __init__(self, width: int, dtype: "np.dtype[Any]") -> None:
        self._open: Rows = np.zeros((CHUNK, width), dtype)
        self._filled = 0
        self._chunks: list[bytes] = []
        self.bytes = self._open.nbytes

    def __len__(self) -> int:
        """How many rows are kept."""
        return len(self._chunks) * CHUNK + self._filled

    def append(self, row: Rows) -> None:
        """Append a row; a full chunk is compressed."""
        self._open[self._filled] = row
        self._filled += 1
        if self._filled == CHUNK:
            planes = self._open.T.copy()
            planes[:, 1:] -= self._open.T[:, :-1]
            self._chunks.append(zlib.compress(planes.tobytes(), LEVEL))
            self.bytes += len(self._chunks[-1])
            self._filled = 0

    def rows(self, count: int) -> Rows:
        """Return the first `count` rows, (count, width)."""
        width = self._open.shape[1]
        out = np.empty((count, width), self._open.dtype)
        for number, chunk in enumerate(self._chunks):
            at = number * CHUNK
            if at >= count:
                return out
            planes = np.frombuffer(zlib.decompress(chunk), self._open.dtype).reshape(width, CHUNK)
            rows = np.cumsum(planes, axis=1, dtype=self._open.dtype).T
            out[at : at + CHUNK] = rows[: count - at]
        at = len(self._chunks) * CHUNK
        out[at:] = self._open[: max(count - at, 0)]
        return out


class CompressedBlocks:
    """Large blocks by number (whole states by tick), each compressed."""

    def __init__(self) -> None:
        self._blocks: dict[int, bytes] = {}
        self.bytes = 0

    def __setitem__(self, number: int, block: bytes) -> None:
        """Keep a block."""
        self._blocks[number] = zlib.compress(block, LEVEL)
        self.bytes += len(self._blocks[number])

    def __getitem__(self, number: int) -> bytes:
        """Return a block as it was."""
        return zlib.decompress(self._blocks[number])

    def last(self) -> int:
        """Return the highest number kept."""
        return max(self._blocks)
