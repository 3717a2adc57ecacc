"""Quality of samples during training: z against validation windows, one number for the curve."""

import numpy as np

from music.metrics.comparison import z_score
from music.metrics.formulas import METRICS, measure
from music.windows import Windows

# The voices whose metrics measure each part.
VOICES = {
    "chords": {"harmony"},
    "lines": {"melody", "harmony", "bass"},
    "drums": {"drums"},
}


def quick_quality(windows: Windows, validation: Windows, part: str) -> dict[str, float]:
    """Return {"z": ...}: mean distance from validation over the metrics of the part's own voices."""
    of_part = np.array([set(metric.voices) <= VOICES[part] for metric in METRICS])
    real = measure(validation)[:, of_part]
    return {"z": z_score(measure(windows)[:, of_part], real)}
