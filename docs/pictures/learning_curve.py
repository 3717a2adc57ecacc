"""Draws the learning curve of a run up to any number of samples, in the game's colours."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from agents.curve import EVALUATION_PREFIX, Row

DOTS: Final = 100  # an inch
BACK, INK, FAINT = "#0d1117", "#c9d1f0", "#303a66"
WON, TRAINED = "#46deff", "#7a83b5"


class CurvePainter:
    """The win rate over samples: in evaluations against a bot, and in training."""

    def __init__(self, rows: Sequence[Row], opponent: str, size: tuple[int, int]) -> None:
        """`size`: px of the picture."""
        column = EVALUATION_PREFIX + opponent
        self._evaluated = [(row["samples"], row[column]) for row in rows if column in row]
        self._trained = [(row["samples"], row["win_rate"]) for row in rows if "win_rate" in row]
        figure = Figure(
            figsize=(size[0] / DOTS, size[1] / DOTS), dpi=DOTS, facecolor=BACK, layout="constrained"
        )
        self._canvas = FigureCanvasAgg(figure)
        axes = figure.subplots()
        axes.set_facecolor(BACK)
        axes.set_xlim(0, rows[-1]["samples"] * 1.03 / 1e6)
        axes.set_ylim(0, 103)
        axes.set_title("matches won, %", color=INK, fontsize=10, loc="left")
        axes.set_xlabel("million samples", color=INK, fontsize=10)
        axes.tick_params(colors=INK, labelsize=10)
        axes.grid(color=FAINT, linewidth=0.6)
        for side in axes.spines.values():
            side.set_color(FAINT)
        self._training = axes.plot([], [], color=TRAINED, linewidth=1.2, label="in training")[0]
        self._evaluation = axes.plot(
            [], [], color=WON, linewidth=2, marker="o", markersize=4, label=f"against {opponent}"
        )[0]
        axes.legend(loc="lower right", fontsize=9, facecolor=BACK, edgecolor=FAINT, labelcolor=INK)

    def paint(self, samples: int) -> Image.Image:
        """Draw what is known after so many samples."""
        for line, points in ((self._training, self._trained), (self._evaluation, self._evaluated)):
            known = [(x / 1e6, 100 * y) for x, y in points if x <= samples]
            line.set_data(*zip(*known, strict=True)) if known else line.set_data([], [])
        self._canvas.draw()  # type: ignore[no-untyped-call]
        pixels = np.asarray(self._canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        return Image.fromarray(pixels).convert("RGB")
