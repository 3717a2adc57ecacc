"""A sample sheet: windows as coloured piano rolls, to watch while a network trains."""

import io
from pathlib import Path

import numpy as np

from music import vocabulary as vo
from music.windows import Windows
from safefiles.writing import write_atomic

LOWEST, HIGHEST = 24, 96
MELODY, BASS, HARMONY, DRUMS = (1.0, 0.45, 0.1), (0.1, 0.65, 1.0), (0.32, 0.32, 0.42), (0.75, 0.75, 0.8)


def draw_sheet(windows: Windows, path: Path, rows: int = 4, columns: int = 4) -> None:
    """Write a PNG of the first rows × columns windows: chords grey, bass blue, melody orange, drums below."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4 * columns, 2.6 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    for index, axes in enumerate(figure.subplots(rows, columns, squeeze=False).ravel()):
        if index < len(windows):
            axes.imshow(roll(windows, index), aspect="auto", origin="lower", interpolation="nearest")
            mode, style = vo.MODES[windows.mode[index]], vo.STYLES[windows.style[index]]
            axes.set_title(f"{style}, {mode}", fontsize=8)
        axes.set_xticks(np.arange(0, vo.STEPS, vo.STEPS_PER_BAR) - 0.5, range(1, vo.BARS + 1), fontsize=6)
        axes.set_yticks([])
        axes.grid(axis="x", color="white", alpha=0.35)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=80)
    write_atomic(path, stream.getvalue())


def roll(windows: Windows, index: int) -> np.ndarray:
    """One window as an RGB picture (rows, STEPS, 3): DRUMS rows at the bottom, then pitches."""
    drums = len(vo.DRUMS)
    picture = np.zeros((drums + 1 + HIGHEST - LOWEST, vo.STEPS, 3))
    for step in range(vo.STEPS):
        chord = windows.chords[index, step // vo.STEPS_PER_BEAT]
        for pitch_class in np.flatnonzero(vo.CHORD_PITCH_CLASSES[chord]):
            picture[drums + 1 + 48 + pitch_class - LOWEST, step] = HARMONY
        for drum in np.flatnonzero(vo.DRUM_BITS[windows.drums[index, step]]):
            picture[drum, step] = DRUMS
    for line, low, colour in ((windows.bass, vo.BASS_LOW, BASS), (windows.melody, vo.MELODY_LOW, MELODY)):
        pitch = -1
        for step, token in enumerate(line[index]):
            if token != vo.HOLD:
                pitch = -1 if token == vo.REST else low + int(token) - vo.FIRST_PITCH
            if pitch >= 0:
                shade = 1.0 if token != vo.HOLD else 0.7
                picture[drums + 1 + pitch - LOWEST, step] = np.array(colour) * shade
    return picture
