"""Gain of each voice by intensity (vertical layering of an adaptive soundtrack)."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from music import vocabulary as vo

Points = Sequence[tuple[float, float]]  # (intensity 0..1, gain), rising in intensity; straight lines between
Layers = Mapping[str, Points]  # by voice

# Calm: the pad over a soft bass. Halfway the drums come in. In combat all voices have their composed level.
LAYERS: Final[Layers] = {
    "harmony": ((0.0, 1.0),),
    "bass": ((0.0, 0.45), (0.3, 0.8), (0.6, 1.0)),
    "drums": ((0.15, 0.0), (0.45, 0.85), (0.7, 1.0)),
    "melody": ((0.45, 0.0), (0.75, 1.0)),
}
ALWAYS: Final[Points] = ((0.0, 1.0),)  # a voice that is not in the table


def gains(layers: Layers, intensity: float) -> NDArray[np.float32]:
    """Return the gain of every voice of `vocabulary.VOICES` at an intensity."""
    values = []
    for voice in vo.VOICES:
        points = layers.get(voice, ALWAYS)
        values.append(np.interp(intensity, [point[0] for point in points], [point[1] for point in points]))
    return np.array(values, np.float32)
