"""A moving picture: frames with the time that each is shown, written as an animated WebP of bounded size."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops

FRAME_MS: Final = 50
HELD_MS: Final = 1200  # of the last frame
QUALITIES: Final = (88, 80, 72, 64, 56, 48)  # of WebP, 0 to 100


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
    quality: int
    size: int  # bytes

    def __str__(self) -> str:
        return f"{self.path}: {self.seconds:.1f} s, {self.frames} frames, quality {self.quality}, {self.size:,} bytes"


def without_repeats(frames: Sequence[Image.Image]) -> tuple[list[Image.Image], list[int]]:
    """Return the frames that differ from the one before, and for how many milliseconds each is shown."""
    kept, shown = [frames[0]], [FRAME_MS]
    for frame in frames[1:]:
        if ImageChops.difference(frame, kept[-1]).getbbox() is None:
            shown[-1] += FRAME_MS
        else:
            kept.append(frame)
            shown.append(FRAME_MS)
    shown[-1] += HELD_MS
    return kept, shown


def write(path: Path, frames: Sequence[Image.Image], most: int) -> Written:
    """Write the frames, 20 a second, in the best quality of which the file has at most so many bytes.

    Raises ValueError where the lowest quality gives a larger file.
    """
    kept, shown = without_repeats(frames)
    for quality in QUALITIES:
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
        if size <= most:
            return Written(path, len(kept), round(sum(shown) / 1000, 3), quality, size)
    raise ValueError(f"{path}: expected at most {most} bytes, found {size} at quality {quality}")
