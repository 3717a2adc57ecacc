"""The scale of stars, and conversion of other scales to it."""

from typing import Final

Scale = tuple[float, float]  # the fewest and the most stars
STARS: Final = (1.0, 5.0)  # the usual scale, both ends included: every store holds it
HALF_STARS: Final = (0.5, 5.0)  # the scale of MovieLens's newer files


def rescale_stars(stars: float, scale: Scale) -> float:
    """Convert stars linearly from a scale to the usual one, the ends to the ends."""
    if scale == STARS:
        return stars
    share = (stars - scale[0]) / (scale[1] - scale[0])
    return min(max(STARS[0] + share * (STARS[1] - STARS[0]), STARS[0]), STARS[1])
