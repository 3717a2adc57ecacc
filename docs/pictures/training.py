"""train.webp: the learning curve of a real run, and its first and last brain in the same match.

The run is `bankshot agents train quick`, evaluated and saved more often. If the work folder has no run yet, it is trained first,
which takes five minutes of processor time. Both matches are recorded on the same level with the same seed, the first one with
which the first brain loses and the last one wins.
"""

import json
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image

from docs.pictures.film import FRAME_MS, Order
from docs.pictures.headless import HeadlessApp
from docs.pictures.learning_curve import CurvePainter
from docs.pictures.panels import beside, titled
from docs.pictures.recording import record
from game.app.window_options import AppOptions
from game.core import rules
from game.match.replay import SUFFIX
from safefiles.writing import write_atomic

EVALUATED: Final = ("eval.every=200_000", "checkpoint.every=100_000", "checkpoint.keep=100")
LEVEL: Final = "first_light"
OPPONENT: Final = "wanderer"
GAME: Final = (420, 400)  # px of the window; its foot, with the keys, is cut off
GAME_HEIGHT: Final = 360
CURVE_WIDTH: Final = 288
SCALE: Final = 2.1  # of the interface
BEFORE, AFTER = 2.2, 0.8  # seconds of a match before and after its end
GROWING: Final = 1.5  # seconds in which the curve grows
LONGEST: Final = 25 * rules.TICKS_PER_SECOND  # of the matches that may be shown
RED, GREEN = (255, 110, 120), (90, 235, 150)


class Clip(NamedTuple):
    """The end of a match of a brain."""

    replay: Path
    ticks: int
    samples: int  # that the brain had learned from


def trained(work: Path) -> Path:
    """Return the run's folder; train it if it does not exist."""
    run = work / "run"
    if not (run / "curve.json").exists():
        settings = [part for each in EVALUATED for part in ("--set", each)]
        _command("train", "quick", "--out", str(run), *settings)
    return run


def exported(run: Path, work: Path, name: str) -> Path:
    """Return the brain of a checkpoint as an .onnx file; export it if it does not exist."""
    brain = work / f"quick-{name}.onnx"
    if not brain.exists():
        _command("export", str(run), "--checkpoint", name, "--matches", "0", "--out", str(brain))
    return brain


def _command(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "game", "agents", *arguments], check=True)


def matches(brains: list[tuple[Path, int]], work: Path) -> list[Clip]:
    """Record the first seed with which the first brain loses and the last one wins, and return both."""
    outcomes = ("lost", "won")
    for seed in count():
        clips = []
        for (brain, samples), wanted in zip(brains, outcomes, strict=True):
            match, data = record(
                LEVEL,
                (str(brain), OPPONENT),
                seed,
                temperature=1.0,
                names={str(brain): "Quick"},
                most=LONGEST,
            )
            if match.outcome() != wanted:
                break
            path = work / f"quick-{wanted}{SUFFIX}"
            write_atomic(path, data)
            clips.append(Clip(path, match.ticks, samples))
        if len(clips) == len(outcomes):
            return clips
    raise AssertionError


def draw(order: Order) -> list[Image.Image]:
    """The end of the first brain's match, the curve that grows, and the end of the last brain's match."""
    run = trained(order.work)
    rows = json.loads((run / "curve.json").read_text(encoding="utf-8"))["rows"]
    names = sorted(path.stem for path in (run / "checkpoints").glob("*.safetensors"))
    brains = [(exported(run, order.work, name), int(name)) for name in (names[0], names[-1])]
    first, last = matches(brains, order.work)
    height = GAME_HEIGHT
    painter = CurvePainter(rows, OPPONENT, (CURVE_WIDTH, height))
    frames: list[Image.Image] = []

    def take(shot: Image.Image, samples: int, said: str, ink: tuple[int, int, int]) -> None:
        curve = titled(painter.paint(samples), "bankshot agents train quick")
        millions = f"after {samples / 1e6:.1f} million samples"
        frames.append(beside(curve, titled(shot, millions, said, ink)))

    for shot in shots(first, order.most):
        take(shot, first.samples, "loses", RED)
    steps = round(GROWING * 1000 / FRAME_MS)
    dark = Image.eval(shot, lambda value: value // 3)
    for step in range(1, steps + 1):
        take(dark, first.samples + (last.samples - first.samples) * step // steps, "learns", (226, 232, 255))
    for shot in shots(last, order.most):
        take(shot, last.samples, "wins", GREEN)
    return frames[: order.most]


def shots(clip: Clip, most: int | None) -> list[Image.Image]:
    """The end of a match as the replay player shows it, the camera on the brain's tank."""
    begin = max(0, clip.ticks - round(BEFORE * rules.TICKS_PER_SECOND))
    with HeadlessApp(AppOptions(mode="replay", replay=clip.replay, seed=0), GAME, SCALE, most=most) as window:
        window.play(begin)
        window.key("tab", taken=False)
        window.run(BEFORE + AFTER)
    return [frame.crop((0, 0, GAME[0], GAME_HEIGHT)) for frame in window.frames]
