"""`python -m docs.pictures [NAME …]`: make the moving pictures of README and guides; exit code 1 where one is too large.

Needs the extra `train` (Pillow comes with it, by way of matplotlib). Seeds are fixed, so the same build makes the same pictures;
only a training run, which ends by its processor time, gives other numbers on another machine.
"""

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Final, NamedTuple


class Picture(NamedTuple):
    """One moving picture and its file."""

    about: str
    module: str  # that draws it
    most: int  # bytes of the file
    quality: int  # of WebP, 0 to 100
    every: int = 1  # 1: all frames, 20 a second; 2: each second one


IMAGES: Final = Path(__file__).resolve().parents[1] / "images"
PICTURES: Final = {  # by name
    "play": Picture(
        "a recorded duel in which the watched tank hits around a corner", "bank_shot", 1_250_000, 72
    ),
    "train": Picture(
        "a learning curve grows; its first brain loses, its last one wins", "training", 1_000_000, 80
    ),
    "mod": Picture(
        "a map is drawn; the game begins again on it whenever it is saved", "modding", 1_050_000, 80
    ),
    "jukebox": Picture("a piece plays; a voice is muted, another generated again", "jukebox", 750_000, 78, 2),
    "foryou": Picture(
        "a suggested level is played and rated; the suggestions change", "suggestions", 900_000, 74, 2
    ),
}


def main() -> int:
    """Make the pictures that are named, each in a file of its name, and report size, length and time."""
    parser = argparse.ArgumentParser(
        prog="python -m docs.pictures", description="Make the moving pictures of README and guides."
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="pictures to make (default: all)")
    parser.add_argument("--list", action="store_true", help="list the pictures and exit")
    parser.add_argument(
        "--folder", type=Path, default=IMAGES, help="where the pictures are written (default: docs/images)"
    )
    parser.add_argument(
        "--work",
        type=Path,
        default=Path("out/pictures"),
        help="folder of the recorded replay and the training run, which are used again (default: out/pictures)",
    )
    chosen = parser.parse_args()
    if chosen.list:
        for name, picture in PICTURES.items():
            print(f"{name}.webp: {picture.about}")
        return 0
    unknown = [name for name in chosen.names if name not in PICTURES]
    if unknown:
        parser.error(f"NAME: expected one of {', '.join(PICTURES)}, found {unknown[0]}")
    return make(chosen.names or list(PICTURES), chosen.folder, chosen.work)


def make(names: list[str], folder: Path, work: Path) -> int:
    """Make pictures one after the other; return the exit code."""
    from docs.pictures.film import Order, write

    for place in (folder, work):
        place.mkdir(parents=True, exist_ok=True)
    code = 0
    for name in names:
        start, used = time.perf_counter(), time.process_time()
        picture = PICTURES[name]
        frames = import_module(f"docs.pictures.{picture.module}").draw(Order(work))
        try:
            written = write(folder / f"{name}.webp", frames, picture.quality, picture.most, picture.every)
        except ValueError as error:
            print(f"error: {error}", file=sys.stderr)
            code = 1
            continue
        took = f"{time.perf_counter() - start:.0f} s, {time.process_time() - used:.0f} s of processor time"
        print(f"{written} (made in {took})", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
