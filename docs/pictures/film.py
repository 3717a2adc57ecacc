"""A moving picture: frames with the time that each is shown, written as an animated WebP of bounded size."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops

FRAME_MS: Final = 50  # of a frame as scenes give them
HELD_MS: Final = 1200  # of the last frame


@dataclass(frozen=True)
class Order:
    """What is asked of a scene. `work`: folder of what takes long to make and is used again; `most`: frames to stop after."""

    work: Path
    most: int | None = None


@dataclass(frozen=True)
class Written:
    """A file as it was written."""

    path: Path
    frames: int
    seconds: float
    size: int  # bytes

    def __str__(self) -> str:
        return f"{self.path}: {self.seconds:.1f} s, {self.frames} frames, {self.size:,} bytes"


def without_repeats(frames: Sequence[Image.Image], every: int = 1) -> tuple[list[Image.Image], list[int]]:
    """Return, of each `every`-th frame, those that differ from the one before, and for how many milliseconds each is shown."""
    kept, shown = [frames[0]], [every * FRAME_MS]
    for frame in frames[every::every]:
        if ImageChops.difference(frame, kept[-1]).getbbox() is None:
            shown[-1] += every * FRAME_MS
        else:
            kept.append(frame)
            shown.append(every * FRAME_MS)
    shown[-1] += HELD_MS
    return kept, shown


def write(path: Path, frames: Sequence[Image.Image], quality: int, most: int, every: int = 1) -> Written:
    """Write each `every`-th of 20 frames a second; `quality` of WebP, 0 to 100.

    Raises ValueError if the file has more than `most` bytes.
    """
    kept, shown = without_repeats(frames, every)
    kept[0].save(
        path,
        save_all=True,
        append_images=kept[1:],
        duration=shown,
        loop=0,
        quality=quality,
        method=4,
        kmax=0,  # no frame but the first is stored whole
    )
    size = path.stat().st_size
    if size > most:
        raise ValueError(f"{path}: expected at most {most:,} bytes, found {size:,} at quality {quality}")
    return Written(path, len(kept), round(sum(shown) / 1000, 3), size)
