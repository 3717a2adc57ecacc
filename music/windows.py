"""`Windows`: many four-bar windows of tokens in a few arrays, used by corpus, metrics and training."""

import io
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo
from music.archives import read_arrays
from music.errors import CorpusError
from safefiles.text import shown_path

Tokens = NDArray[np.uint8]
MAX_WINDOWS = 1_000_000
MAX_BYTES = MAX_WINDOWS * 256  # largest unpacked size of a file

# field: (columns or 0 for one number a window, dtype, one past the largest value)
COLUMNS: dict[str, tuple[int, Any, float]] = {
    "melody": (vo.STEPS, np.uint8, vo.LINE_TOKENS),
    "bass": (vo.STEPS, np.uint8, vo.LINE_TOKENS),
    "chords": (vo.BEATS, np.uint8, vo.CHORD_TOKENS),
    "drums": (vo.STEPS, np.uint8, vo.DRUM_TOKENS),
    "voices": (0, np.uint8, 1 << len(vo.VOICES)),
    "mode": (0, np.uint8, len(vo.MODES)),
    "style": (0, np.uint8, len(vo.STYLES)),
    "piece": (0, np.int32, 2**31 - 1),
    "bar": (0, np.int32, 2**31 - 1),
}


@dataclass(frozen=True)
class Windows:
    """N windows. A voice that a window's source lacks is all REST, NO_CHORD or 0, and its bit in `voices` is 0."""

    melody: Tokens  # (N, STEPS)
    bass: Tokens  # (N, STEPS)
    chords: Tokens  # (N, BEATS)
    drums: Tokens  # (N, STEPS)
    voices: Tokens  # (N,) bits of vocabulary.VOICE_BIT
    mode: Tokens  # (N,) index of MODES
    style: Tokens  # (N,) index of STYLES
    piece: NDArray[np.int32]  # (N,) number of the piece in the corpus manifest, from 1; 0 if there is none
    bar: NDArray[np.int32]  # (N,) the bar of the piece at which the window starts

    def __len__(self) -> int:
        return len(self.melody)

    def __getitem__(self, rows: Any) -> "Windows":
        """Return the windows chosen by a slice, mask or index array."""
        return Windows(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def having(self, *voices: str) -> NDArray[np.bool_]:
        """Return a mask (N,) of the windows whose source has all of these voices."""
        bits = sum(vo.VOICE_BIT[voice] for voice in voices)
        has: NDArray[np.bool_] = (self.voices & bits) == bits
        return has

    def check(self, where: str) -> None:
        """Raise CorpusError unless every array has its shape, type and range."""
        count = len(self.melody) if self.melody.ndim else 0
        for name, (columns, dtype, end) in COLUMNS.items():
            array = getattr(self, name)
            shape = (count, columns) if columns else (count,)
            if array.shape != shape or array.dtype != dtype:
                raise CorpusError(
                    f"{where}: expected {name} of shape {shape} and type {np.dtype(dtype)}, "
                    f"found {array.shape} {array.dtype}"
                )
            if len(array) and not (array.min() >= 0 and array.max() < end):
                found = array.min() if array.min() < 0 else array.max()
                raise CorpusError(f"{where}: expected {name} from 0 to {end - 1:.0f}, found {found}")


def join_windows(parts: list[Windows]) -> Windows:
    """Return all windows of `parts`, in order; an empty list gives no windows."""
    if not parts:
        return empty_windows(0)
    return Windows(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS})


def empty_windows(count: int) -> Windows:
    """Return `count` windows of silence."""
    return Windows(
        **{
            name: np.zeros((count, columns) if columns else count, dtype)
            for name, (columns, dtype, _) in COLUMNS.items()
        }
    )


def to_bytes(windows: Windows) -> bytes:
    """Return an .npz file's bytes."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **{name: getattr(windows, name) for name in COLUMNS})
    return stream.getvalue()


def read_windows(path: Path) -> Windows:
    """Read an .npz file of windows without unpickling. CorpusError: missing, another kind of file, too large or out of range."""
    try:
        arrays = read_arrays(path, "an .npz file of windows", MAX_BYTES, CorpusError)
    except FileNotFoundError as error:
        raise CorpusError(f"{shown_path(path)}: no such file; `music corpus` makes it") from error
    missing = sorted(set(COLUMNS) - set(arrays))
    if missing:
        raise CorpusError(
            f"{shown_path(path.name)}: expected arrays {', '.join(COLUMNS)}; {missing[0]} is missing"
        )
    windows = Windows(**{name: arrays[name] for name in COLUMNS})
    windows.check(shown_path(path.name))
    return windows
